"""Cases as values: nobody in what is said, moves by their table, and the way back from a sheet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.canonical import canonical
from evidence.cases import (
    PEOPLE,
    Case,
    CaseMoveRefused,
    CaseState,
    CaseUnfit,
    Party,
    PartyRole,
    case_of,
    checked,
    differences,
    moved,
    party,
    renamed,
    with_people,
)
from evidence.reach import Reach

SUSPECT = Party(PartyRole.SUSPECT, "Person Nine")
MADE = Case("A-17", "Dispute at the mill", "310101", sensitivity="minors", people=(SUSPECT,), earlier=("A-16",))


def test_what_the_log_says_names_nobody_and_a_sheet_leads_back() -> None:
    said = canonical(MADE.said).decode()
    for private in ("A-17", "A-16", "mill", "Nine"):
        assert private not in said
    assert case_of(dict(MADE.said), dict(MADE.kept)) == MADE
    assert case_of(dict(MADE.said), None) == replace(MADE, number="", title="", people=(), earlier=())


def test_it_is_found_by_every_number_that_it_bore() -> None:
    found = renamed(renamed(MADE, "B-1"), "A-17")
    assert found.numbers == ("A-17", "B-1", "A-16")
    assert [value for name, value in found.found_by if name == "number"] == ["A-17", "B-1", "A-16"]
    assert renamed(MADE, "A-17") == MADE


@pytest.mark.parametrize("before", CaseState)
@pytest.mark.parametrize("after", CaseState)
def test_a_merged_case_is_at_its_end_and_the_others_go_to_and_fro(before: CaseState, after: CaseState) -> None:
    allowed = before is not CaseState.MERGED and before is not after
    if allowed:
        assert moved(replace(MADE, state=before), after).state is after
    else:
        with pytest.raises(CaseMoveRefused) as caught:
            moved(replace(MADE, state=before), after)
        assert caught.value.fields == {"case": "A-17", "before": before.value, "after": after.value}


def test_people_come_and_go_and_nobody_twice() -> None:
    witness = party("witness: Person Ten ")
    assert witness == Party(PartyRole.WITNESS, "Person Ten")
    found = with_people(MADE, [witness, SUSPECT], [])
    assert found.people == (SUSPECT, witness)
    assert with_people(found, [], [SUSPECT]).people == (witness,)
    with pytest.raises(CaseUnfit):
        with_people(MADE, [], [witness])


@pytest.mark.parametrize("text", ["", "Person", "thief:Person", "suspect:", "suspect: ", "suspect:a\nb", "suspect:" + "x" * 129])
def test_somebody_has_a_role_and_a_name(text: str) -> None:
    with pytest.raises(CaseUnfit) as caught:
        party(text)
    assert caught.value.fields["name"] == "people"


@pytest.mark.parametrize(
    ("case", "name"),
    [
        (replace(MADE, title=" "), "title"),
        (replace(MADE, title="t" * 257), "title"),
        (replace(MADE, title="a\0b"), "title"),
        (replace(MADE, unit=""), "unit"),
        (replace(MADE, people=tuple(Party(PartyRole.OTHER, str(at)) for at in range(PEOPLE + 1))), "people"),
    ],
)
def test_what_cannot_be_kept_is_named(case: Case, name: str) -> None:
    with pytest.raises(CaseUnfit) as caught:
        checked(case)
    assert caught.value.fields["name"] == name


def test_a_change_names_each_member() -> None:
    after = replace(MADE, title="Assault", people=())
    assert [(one.name, one.old, one.new) for one in differences(MADE, after)] == [
        ("title", "Dispute at the mill", "Assault"),
        ("people", [{"role": "suspect", "name": "Person Nine"}], []),
    ]


def test_who_may_know_of_it() -> None:
    cleared = frozenset({"minors"})
    assert MADE.seen(None)
    assert MADE.seen(Reach(units=frozenset({"310101"}), sensitivities=cleared))
    assert MADE.seen(Reach(cases=frozenset({"A-16"}), sensitivities=cleared)), "a grant of the number of before still counts"
    assert not MADE.seen(Reach(units=frozenset({"310101"})))
    assert not MADE.seen(Reach(units=frozenset({"320000"}), sensitivities=None))
