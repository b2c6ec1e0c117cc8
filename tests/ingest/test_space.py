"""Room on the vault's disk: what one visit was promised is not promised to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SpaceMissing
from ingest.space import Reservations
from ingest.vault import Vault

RESERVE = 100


class Disk(Vault):
    """A vault on a disk with so many free bytes."""

    def __init__(self, root: Path, free: int) -> None:
        super().__init__(root)
        self.free = free

    def free_bytes(self) -> int:
        return self.free


def test_two_visits_that_fit_only_one_by_one_do_not_both_begin(tmp_path: Path) -> None:
    space, disk = Reservations(), Disk(tmp_path, 1000)
    with space.opened() as one, space.opened() as other:
        one.ask(600, RESERVE, [disk])
        with pytest.raises(SpaceMissing) as caught:
            other.ask(400, RESERVE, [disk])
        assert caught.value.fields == {"vault": str(tmp_path), "needed": 1100, "promised": 600, "free": 1000, "missing": 100}
        other.ask(300, RESERVE, [disk])
        assert space.promised == 900


def test_what_was_written_is_no_longer_promised_and_the_end_of_a_visit_gives_back_the_rest(tmp_path: Path) -> None:
    space, disk = Reservations(), Disk(tmp_path, 1000)
    with space.opened() as one:
        one.ask(600, RESERVE, [disk])
        disk.free -= 500
        one.left(100)
        with space.opened() as other:
            other.ask(300, RESERVE, [disk])
        one.left(-5)
        assert space.promised == 0


def test_a_visit_that_failed_gives_back_what_it_was_promised(tmp_path: Path) -> None:
    space, disk = Reservations(), Disk(tmp_path, 1000)

    def fail() -> None:
        with space.opened() as one:
            one.ask(300, RESERVE, [disk])
            assert space.promised == 300
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert space.promised == 0


def test_every_vault_has_to_have_the_room(tmp_path: Path) -> None:
    space = Reservations()
    with space.opened() as one, pytest.raises(SpaceMissing) as caught:
        one.ask(600, RESERVE, [Disk(tmp_path / "a", 1000), Disk(tmp_path / "b", 650)])
    assert caught.value.fields["vault"] == str(tmp_path / "b")
