"""Faults planted in the sheets of case work: each is named rightly, and the second verifier agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.canonical import canonical
from evidence.verify import Kind
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.registering import case_sheet
from tests.evidence.verify.sample import Sample, committed, moment, standard


@pytest.fixture
def made(tmp_path: Path) -> Sample:
    """The standard home; each test writes its own sheet."""
    return standard(tmp_path / "home")


def found(made: Sample) -> list[tuple[Kind, str]]:
    return Station(made.home, made).found()


def test_a_sheet_as_the_log_has_it_is_clean(made: Sample) -> None:
    case_sheet(made)
    station = Station(made.home, made)
    assert station.problems() == []
    assert station.verify().checked["sheets"] == 1


@pytest.mark.parametrize("column", ["kind", "version", "at", "said", "kept"])
def test_every_column_of_a_sheet(made: Sample, column: str) -> None:
    sheet = case_sheet(made)
    station = Station(made.home, made)
    station.sql(f"UPDATE sheet SET {column} = 'x'")
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"sheet:{sheet}")]


def test_a_sheet_that_is_gone_and_one_that_nobody_wrote(made: Sample) -> None:
    sheet, other = case_sheet(made), "00000000-0000-7000-8000-000000000000"
    station = Station(made.home, made)
    station.sql("UPDATE sheet SET id = ?", other)
    assert sorted(station.problems()) == [
        (Kind.CATALOGUE_EXTRA_ROW, f"sheet:{other}"),
        (Kind.CATALOGUE_MISSING_ROW, f"sheet:{sheet}"),
    ]


def test_the_version_before_in_the_place_of_the_newest(made: Sample) -> None:
    sheet = case_sheet(made)
    station = Station(made.home, made)
    with station.database() as connection:
        (kept,) = connection.execute("SELECT value FROM personal_value WHERE field = 'kept' ORDER BY entry LIMIT 1").fetchone()
    station.sql("UPDATE sheet SET version = 1, said = ?, kept = ?", canonical({"state": "open", "category": None}).decode(), kept)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"sheet:{sheet}")]


@pytest.mark.parametrize(("version", "kind"), [(2, "case"), (4, "case"), (3, "hold")])
def test_a_version_that_does_not_follow(made: Sample, version: int, kind: str) -> None:
    sheet, salt = case_sheet(made), made.salt()
    what = {"kind": kind, "did": "open", "version": version, "said": {}, "kept": committed("kept", "{}", salt), "reason": None}
    made.entry("recorded", f"sheet:{sheet}", what, person="clerk", personal=[("kept", "{}", salt)])
    made.change("sheet", {"id": sheet}, kind=kind, version=version, at=moment(made.now), said="{}", kept="{}")
    made.commit()
    assert found(made) == [(Kind.LOG_MISSING, f"sheet:{sheet}")]


def test_the_personal_part_erased_lawfully(made: Sample) -> None:
    sheet = case_sheet(made)
    for entry in [row[0] for row in _entries(made, sheet)]:
        made.entry("erased", f"sheet:{sheet}", {"entry": entry, "field": "kept"})
    made.commit()
    station = Station(made.home, made)
    station.sql("DELETE FROM personal_value WHERE field = 'kept'")
    station.sql("UPDATE sheet SET kept = NULL")
    assert station.problems() == []
    station.sql("UPDATE sheet SET kept = 'x'")
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"sheet:{sheet}")]


def test_where_to_look_for_sheets_proves_nothing(made: Sample) -> None:
    sheet = case_sheet(made)
    station = Station(made.home, made)
    station.sql("INSERT INTO sheet_index SELECT station, 'case', 'number', 'A-1', ? FROM log", sheet)
    assert station.problems() == []


@pytest.mark.parametrize("what", [{}, {"did": 1}, {"did": "signed-in", "x": 1.5}])
def test_a_note_has_its_form(made: Sample, what: dict[str, object]) -> None:
    made.entry("noted", "station", what)
    made.commit()
    assert [kind for kind, _ in found(made)] == [Kind.LOG_ALTERED]


def test_who_a_note_names_stands_beside_the_log(made: Sample) -> None:
    salt = made.salt()
    made.entry(
        "noted", "station", {"did": "refused", "badge": committed("badge", "012345", salt)}, personal=[("badge", "012345", salt)]
    )
    made.commit()
    station = Station(made.home, made)
    assert station.problems() == []
    station.sql("UPDATE personal_value SET value = '543210' WHERE field = 'badge'")
    assert [kind for kind, _ in station.problems()] == [Kind.CATALOGUE_DIFFERS]


def _entries(made: Sample, sheet: str) -> list[tuple[str]]:
    with Station(made.home, made).database() as connection:
        return list(connection.execute("SELECT id FROM custody_entry WHERE subject = ?", (f"sheet:{sheet}",)))
