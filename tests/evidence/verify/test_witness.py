"""The log against checkpoints that were kept elsewhere: what only they can show."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evidence.verify import Kind, NoteKind, Verdict
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.sample import Sample, keys, note, standard

LOG = "log:evidence-station/S-1/1"


class Rolled:
    """A home, its state of yesterday, and the heads that were sent away in between."""

    def __init__(self, home: Path) -> None:
        self.made = standard(home)
        self.first = self.made.head()
        self._yesterday = home.parent / "yesterday"
        shutil.copytree(home, self._yesterday)
        self._state = (self.made.tree.size, list(self.made.tree.stack), dict(self.made.last), self.made.now)
        self.made.deliver(self.clip)
        self.second = self.made.head()
        self.made.deliver(self.clip)
        self.third = self.made.head()

    @property
    def clip(self) -> str:
        return self.made.clip(b"DCIM/0001.MP4")

    def roll_back(self) -> Station:
        """Vault, rows and log as they were: nothing inside shows it."""
        self.made.engine.dispose()
        shutil.rmtree(self.made.home)
        shutil.copytree(self._yesterday, self.made.home)
        self.made.tree.size, self.made.tree.stack, self.made.last, self.made.now = self._state
        return Station(self.made.home, self.made)


@pytest.fixture
def rolled(tmp_path: Path) -> Rolled:
    return Rolled(tmp_path / "home")


def named(verdict: Verdict) -> list[tuple[Kind, str]]:
    return [(problem.kind, problem.subject) for problem in verdict.problems]


def test_every_head_of_the_past_agrees(rolled: Rolled) -> None:
    verdict = Station(rolled.made.home, rolled.made).verify(rolled.first, rolled.second, rolled.third)
    assert verdict.problems == ()
    assert NoteKind.UNWITNESSED not in {one.kind for one in verdict.notes}


def test_an_older_witness_leaves_the_rest_unwitnessed(rolled: Rolled) -> None:
    verdict = Station(rolled.made.home, rolled.made).verify(rolled.first)
    assert verdict.ok
    assert verdict.witnessed_until is not None
    assert [one.detail[:9] for one in verdict.notes if one.kind is NoteKind.UNWITNESSED] == ["4 entries"]


def test_rolled_back_is_found_by_a_witness_only(rolled: Rolled) -> None:
    station = rolled.roll_back()
    assert station.verify().ok
    assert NoteKind.UNWITNESSED in {one.kind for one in station.verify().notes}
    assert station.verify(rolled.first).ok
    assert named(station.verify(rolled.first, rolled.second, rolled.third)) == [(Kind.ROLLED_BACK, LOG)]


def test_rolled_back_and_gone_on_is_forked(rolled: Rolled) -> None:
    station = rolled.roll_back()
    for _ in range(3):
        rolled.made.deliver(rolled.clip)
    assert station.verify().ok
    assert named(station.verify(rolled.first, rolled.second, rolled.third)) == [(Kind.FORKED, LOG)]


def test_rolled_back_and_gone_on_a_little_is_forked_once(rolled: Rolled) -> None:
    station = rolled.roll_back()
    rolled.made.deliver(rolled.clip)
    assert named(station.verify(rolled.first, rolled.second, rolled.third)) == [(Kind.FORKED, LOG)]
    assert named(station.verify(rolled.third)) == [(Kind.ROLLED_BACK, LOG)]


def test_recovery_that_names_the_gap_explains_it(rolled: Rolled) -> None:
    station = rolled.roll_back()
    lost = {"origin": rolled.made.origin, "size": rolled.made.tree.size + 4, "root": _root(rolled.third)}
    rolled.made.recover(lost)
    rolled.made.deliver(rolled.clip)
    verdict = station.verify(rolled.first, rolled.second, rolled.third, rolled.made.head())
    assert verdict.problems == ()
    assert NoteKind.RECOVERED in {one.kind for one in verdict.notes}


def test_recovery_that_names_less_than_was_witnessed(rolled: Rolled) -> None:
    station = rolled.roll_back()
    rolled.made.recover({"origin": rolled.made.origin, "size": rolled.made.tree.size + 2, "root": _root(rolled.second)})
    assert named(station.verify(rolled.third)) == [(Kind.ROLLED_BACK, LOG)]


def test_recovery_that_names_no_gap(rolled: Rolled) -> None:
    station = rolled.roll_back()
    rolled.made.recover(None)
    assert station.verify().ok
    assert named(station.verify(rolled.third)) == [(Kind.ROLLED_BACK, LOG)]


def test_an_epoch_rolled_back(rolled: Rolled) -> None:
    rolled.made.recover(None)
    later = rolled.made.head()
    station = rolled.roll_back()
    assert named(station.verify(later)) == [(Kind.ROLLED_BACK, "log:evidence-station/S-1/2")]


def test_a_lost_epoch_that_the_next_recovery_names(rolled: Rolled) -> None:
    rolled.made.recover(None)
    later, size, root = rolled.made.head(), rolled.made.tree.size, rolled.made.tree.root().hex()
    station = rolled.roll_back()
    rolled.made.epoch = 1
    lost = {"origin": "evidence-station/S-1/2", "size": size, "root": root}
    rolled.made.recover({"origin": rolled.made.origin, "size": rolled.made.tree.size + 4, "root": _root(rolled.third)}, (lost,))
    assert rolled.made.epoch == 3
    verdict = station.verify(rolled.third, later)
    assert verdict.problems == ()
    named_gaps = {one.subject for one in verdict.notes if one.kind is NoteKind.RECOVERED}
    assert named_gaps == {"log:evidence-station/S-1/1", "log:evidence-station/S-1/2"}


def test_a_lost_epoch_that_nobody_names(rolled: Rolled) -> None:
    rolled.made.epoch = 2
    rolled.made.recover(None)
    station = Station(rolled.made.home, rolled.made)
    assert (Kind.LOG_MISSING, "entry:2") in station.problems()


def test_an_epoch_that_went_on_after_it_was_left(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    whole = made.tree.size
    made.recover(None)
    station = Station(made.home, made)
    station.sql("DELETE FROM custody_entry WHERE epoch = 1 AND seq >= ?", whole - 2)
    station.sql("DELETE FROM checkpoint WHERE epoch = 1 AND size > ?", whole - 2)
    assert station.problems() == [(Kind.LOG_MISSING, f"entry:1/{whole - 2}-{whole - 1}")]


def test_an_epoch_deleted(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    made.recover(None)
    station = Station(made.home, made)
    station.sql("DELETE FROM custody_entry WHERE epoch = 1")
    station.sql("DELETE FROM checkpoint WHERE epoch = 1")
    found = station.problems()
    assert (Kind.LOG_MISSING, "entry:1") in found


def test_log_and_rows_truncated_together(rolled: Rolled) -> None:
    """By hand rather than from a backup: entries, heads and the rows they explain."""
    station = Station(rolled.made.home, rolled.made)
    size = rolled.made.tree.size - 2
    with station.database() as connection:
        ids = [found for (found,) in connection.execute("SELECT id FROM custody_entry WHERE seq >= ?", (size,))]
        connection.execute("DELETE FROM custody_entry WHERE seq >= ?", (size,))
        connection.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
        connection.execute("DELETE FROM receipt WHERE id = (SELECT max(id) FROM receipt)")
        assert ids
    assert station.problems() == []
    assert station.problems(rolled.third) == [(Kind.ROLLED_BACK, LOG)]


# -- witnesses that are none --


def test_a_forged_head_under_our_key_s_name_witnesses_nothing(station: Station, pattern: Sample) -> None:
    head = pattern.head().decode()
    size = pattern.tree.size
    forged = head.replace(f"\n{size}\n", f"\n{size + 5}\n").encode()
    verdict = station.verify(forged)
    assert verdict.ok
    assert verdict.witnessed_until is None
    assert NoteKind.CHECKPOINT_UNPROVEN in {one.kind for one in verdict.notes}


def test_a_head_of_ours_under_a_key_that_is_not(station: Station, pattern: Sample) -> None:
    head = note(pattern.origin, pattern.tree.size, pattern.tree.root(), keys("stranger").log).encode()
    assert [kind for kind, _ in station.problems(head)] == [Kind.FOREIGN_KEY]


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 50, b"hello\n", b"x" * 100_000])
def test_what_is_no_checkpoint_is_a_note(station: Station, garbage: bytes) -> None:
    verdict = station.verify(garbage)
    assert verdict.ok
    assert NoteKind.CHECKPOINT_UNREADABLE in {one.kind for one in verdict.notes}


def test_a_checkpoint_of_another_station_is_a_note(station: Station) -> None:
    verdict = station.verify(note("evidence-station/S-2/1", 3, bytes(32), keys("stranger").log).encode())
    assert verdict.ok
    assert NoteKind.CHECKPOINT_ELSEWHERE in {one.kind for one in verdict.notes}


def _root(head: bytes) -> str:
    from base64 import b64decode

    return b64decode(head.split(b"\n")[2]).hex()
