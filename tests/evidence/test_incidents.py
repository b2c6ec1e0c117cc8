"""Dispatch records as values: moments in UTC and never guessed, nobody in what is said, the way back from a sheet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from evidence.canonical import canonical
from evidence.errors import Exit
from evidence.incidents import PEOPLE, Incident, IncidentUnfit, differences, incident, incident_of, moment

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MADE = Incident(
    "2026112100017",
    "2026-11-21T02:00:03.000000Z",
    "2026-11-21T02:40:00.000000Z",
    "12 Canal Road",
    ("004567", "004568"),
    ("dsj:T000123",),
    "dispute",
    "two people quarrel",
    "310101",
    "cad",
)


def test_a_local_time_is_of_the_zone_and_one_with_an_offset_is_not() -> None:
    assert moment("begins_at", "2026-11-21T10:00:03", SHANGHAI) == "2026-11-21T02:00:03.000000Z"
    assert moment("begins_at", " 2026-11-21 10:00:03.25+01:00 ", SHANGHAI) == "2026-11-21T09:00:03.250000Z"
    assert moment("begins_at", "2026-11-21T02:00:03Z", SHANGHAI) == "2026-11-21T02:00:03.000000Z"


@pytest.mark.parametrize(
    "text",
    ["2026-10-25T02:30:00", "2026-03-29T02:30:00", "2026-11-21", "10:00", "yesterday", "", "0001-01-01T00:00:00+10:00"],
    ids=["twice", "never", "no-time", "no-day", "words", "nothing", "before-the-first-year"],
)
def test_a_time_that_is_not_one_moment_is_refused(text: str) -> None:
    with pytest.raises(IncidentUnfit) as caught:
        moment("begins_at", text, BERLIN)
    assert (caught.value.fields["name"], caught.value.fields["text"], caught.value.status) == ("begins_at", text, Exit.USAGE)


def test_an_incident_is_trimmed_and_what_is_empty_is_none() -> None:
    made = incident(
        " 17 ", "2026-11-21T10:00", SHANGHAI, ends_at=" ", place="", officers=[" 004567", "", "004567"], text="\n a \n b "
    )
    assert made == Incident("17", "2026-11-21T02:00:00.000000Z", officers=("004567",), text="a \n b")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("number", {"number": "  "}),
        ("number", {"number": "9" * 65}),
        ("number", {"number": "1\n2"}),
        ("ends_at", {"ends_at": "2026-11-21T09:59:59"}),
        ("place", {"place": "a\0b"}),
        ("officers", {"officers": [str(at) for at in range(PEOPLE + 1)]}),
        ("devices", {"devices": ["d" * 129]}),
        ("text", {"text": "t" * 10_001}),
        ("source", {"source": ""}),
    ],
)
def test_what_cannot_be_kept_is_named(name: str, given: dict[str, Any]) -> None:
    with pytest.raises(IncidentUnfit) as caught:
        incident(**{"number": "17", "begins_at": "2026-11-21T10:00:00", "zone": SHANGHAI, **given})
    assert caught.value.fields["name"] == name
    assert caught.value.fields["rule"]


def test_what_the_log_says_names_nobody_and_a_sheet_leads_back() -> None:
    said = canonical(MADE.said).decode()
    for private in (MADE.number, "Canal Road", "004567", "quarrel"):
        assert private not in said
    assert incident_of(dict(MADE.said), dict(MADE.kept)) == MADE
    assert incident_of(dict(MADE.said), None) == replace(MADE, number="", place=None, officers=(), text=None)


def test_it_is_found_by_number_begin_source_unit_and_each_officer_and_device() -> None:
    assert ("officer", "004568") in MADE.found_by
    assert {name for name, _ in MADE.found_by} == {"number", "begins_at", "source", "unit", "officer", "device"}
    assert {name for name, _ in Incident("1", MADE.begins_at).found_by} == {"number", "begins_at", "source"}


def test_a_correction_names_each_member_that_it_changes() -> None:
    after = replace(MADE, ends_at=None, officers=("004567",))
    found = [(one.name, one.old, one.new) for one in differences(MADE, after)]
    assert found == [("ends_at", MADE.ends_at, None), ("officers", ["004567", "004568"], ["004567"])]
    assert differences(MADE, MADE) == []
