"""Faults planted in the registry of devices and in the alarms: each is named rightly, and the second verifier agrees."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from evidence.verify import Kind
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.registering import ISSUED_TO, KEY, issue, registered
from tests.evidence.verify.sample import Sample, committed, moment, standard


@dataclass(frozen=True)
class Kept:
    """The ids of what the registry of the pattern holds."""

    device: str
    alarm: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, Kept]:
    """The standard home with a registry; nobody writes to it."""
    made = standard(tmp_path_factory.mktemp("registry") / "home")
    ids = Kept(*registered(made))
    made.engine.dispose()
    return made, ids


@pytest.fixture
def ids(kept: tuple[Sample, Kept]) -> Kept:
    return kept[1]


@pytest.fixture
def copied(kept: tuple[Sample, Kept], tmp_path: Path) -> Station:
    """A copy to plant faults in."""
    shutil.copytree(kept[0].home, tmp_path / "home")
    return Station(tmp_path / "home", kept[0])


@pytest.fixture
def made(tmp_path: Path) -> Sample:
    """A home of the test's own, for logs that say what no station would."""
    return standard(tmp_path / "own")


def test_a_registry_as_the_log_has_it_is_clean(copied: Station) -> None:
    assert copied.problems() == []
    assert copied.verify().checked["devices"] == 1
    assert copied.verify().checked["alarms"] == 1


@pytest.mark.parametrize(
    "column",
    ["key", "make", "model", "serial", "kind", "state", "assigned_to", "issued_to", "issued_at", "registered_at", "note"],
)
def test_every_column_of_a_device(copied: Station, ids: Kept, column: str) -> None:
    copied.sql(f"UPDATE device SET {column} = 'x' WHERE id = ?", ids.device)
    assert copied.problems() == [(Kind.CATALOGUE_DIFFERS, f"device:{ids.device}")]


@pytest.mark.parametrize("column", ["kind", "subject", "fields", "raised_at", "acknowledged_at", "acknowledged_by", "note"])
def test_every_column_of_an_alarm(copied: Station, ids: Kept, column: str) -> None:
    copied.sql(f"UPDATE alarm SET {column} = 'x' WHERE id = ?", ids.alarm)
    assert copied.problems() == [(Kind.CATALOGUE_DIFFERS, f"alarm:{ids.alarm}")]


@pytest.mark.parametrize("table", ["device", "alarm"])
def test_a_row_that_is_gone_and_one_that_nobody_entered(copied: Station, ids: Kept, table: str) -> None:
    other = "00000000-0000-7000-8000-000000000000"
    copied.sql(f"UPDATE {table} SET id = ?", other)
    assert sorted(copied.problems()) == [
        (Kind.CATALOGUE_EXTRA_ROW, f"{table}:{other}"),
        (Kind.CATALOGUE_MISSING_ROW, f"{table}:{getattr(ids, table)}"),
    ]


def test_an_issue_entry_left_out(copied: Station) -> None:
    """With its personal value and the row as if it had not been; the log remembers that there was an entry."""
    (entry, seq) = last_issue(copied)
    copied.sql("DELETE FROM custody_entry WHERE id = ?", entry)
    copied.sql("DELETE FROM personal_value WHERE entry = ?", entry)
    copied.sql("UPDATE device SET issued_to = NULL, issued_at = NULL")
    assert copied.problems() == [(Kind.LOG_MISSING, f"entry:1/{seq}")]


def test_another_officer_put_in_the_place_of_the_one_it_was_issued_to(copied: Station, ids: Kept) -> None:
    entry, _ = last_issue(copied)
    copied.sql("UPDATE device SET issued_to = '000001'")
    copied.sql("UPDATE personal_value SET value = '000001' WHERE entry = ? AND field = 'officer'", entry)
    assert copied.problems() == [(Kind.CATALOGUE_DIFFERS, f"personal_value:{entry}/officer")]
    copied.sql("UPDATE personal_value SET value = ? WHERE entry = ? AND field = 'officer'", ISSUED_TO, entry)
    assert copied.problems() == [(Kind.CATALOGUE_DIFFERS, f"device:{ids.device}")]


def last_issue(copied: Station) -> tuple[str, int]:
    with copied.database() as connection:
        found: tuple[str, int] = connection.execute(
            "SELECT id, seq FROM custody_entry WHERE type = 'device-issued' ORDER BY seq DESC"
        ).fetchone()
    return found


def test_where_a_device_was_seen_last_proves_nothing(copied: Station) -> None:
    copied.sql("UPDATE device SET last_seen_at = '2030-01-01T00:00:00.000000Z', last_slot = 7")
    assert copied.problems() == []


def test_an_issue_that_was_never_logged(made: Sample) -> None:
    """The log was written anew without the return between two issues: heads, links and rows follow, what they say does not."""
    device, _ = registered(made)
    issue(made, device, "444")
    made.change("device", {"id": device}, issued_to="444", issued_at=moment(made.now))
    made.commit()
    assert Station(made.home, made).found() == [(Kind.LOG_MISSING, f"device:{device}")]


def test_a_return_of_what_nobody_had(made: Sample) -> None:
    device, _ = registered(made)
    for _ in range(2):
        made.entry("device-returned", f"device:{device}", {"clock": None}, person="clerk")
        made.change("device", {"id": device}, issued_to=None, issued_at=None)
        made.commit()
    assert Station(made.home, made).found() == [(Kind.LOG_MISSING, f"device:{device}")]


def test_a_change_that_found_something_else_than_was_left(made: Sample) -> None:
    device, _ = registered(made)
    changes = [{"field": "state", "old": "retired", "new": "quarantined"}]
    made.entry("device-changed", f"device:{device}", {"changes": changes}, person="clerk")
    made.change("device", {"id": device}, state="quarantined")
    made.commit()
    assert Station(made.home, made).found() == [(Kind.LOG_MISSING, f"device:{device}")]


def test_an_alarm_that_nobody_raised(made: Sample) -> None:
    alarm, salt = made.id(), made.salt()
    heard = {"note": committed("note", "nothing", salt)}
    made.entry("alarm-acknowledged", f"alarm:{alarm}", heard, person="clerk", personal=[("note", "nothing", salt)])
    made.commit()
    assert Station(made.home, made).found() == [(Kind.LOG_MISSING, f"alarm:{alarm}")]


@pytest.mark.parametrize("subject", ["device:x", "alarm:1", f"device:{KEY}"])
def test_a_subject_is_an_id(made: Sample, subject: str) -> None:
    made.entry("clock-measured", subject, {"device": KEY, "clock": {}})
    made.commit()
    assert [kind for kind, _ in Station(made.home, made).found()] == [Kind.LOG_ALTERED]
