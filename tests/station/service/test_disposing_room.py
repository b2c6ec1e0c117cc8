"""The room that carries out disposals: nothing before its time, a few at once, and whatever cut it off is finished by the next turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evidence.catalogue.derivatives import Derivatives
from evidence.ids import Digest
from station import disposing as work
from station.derived.recipes import Makes
from station.derived.shelf import Shelf
from station.rooms import Rooms
from station.service.disposing import LOOK_SECONDS, DisposalKept, Disposing
from station.service.service import WITHOUT_DISPOSING
from tests.station.confirmed import clips_of, confirm
from tests.station.disposing import acting, approved, blob, check_proof, fill, passing
from tests.station.papers.reading import need_font
from tests.station.stations import Station

WAIVED = ("--waiver", "Superintendent 000009: the store was never built")


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    need_font()
    return passing(monkeypatch)


@pytest.fixture
def ids(station: Station, tmp_path: Path, days: Callable[[int], None]) -> dict[str, str]:
    """Footage of which all is over its time."""
    found = fill(station, tmp_path / "card")
    days(200)
    return found


@pytest.fixture
def rooms(station: Station, ids: dict[str, str]) -> Iterator[Rooms]:
    made = station.rooms()
    yield made
    made.close()


class Asides:
    """Which rooms were asked to stand aside."""

    def __init__(self) -> None:
        self.named: list[str] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.named.append(name)
        yield


def turned(rooms: Rooms, stop: threading.Event | None = None) -> tuple[float, list[str]]:
    """A turn of a room that has just begun: what the service was before it does not matter."""
    asides = Asides()
    seconds = Disposing(rooms, asides, WITHOUT_DISPOSING).turn(stop or threading.Event())
    return seconds, asides.named


def test_it_carries_out_what_nobody_can_undo_any_more_and_says_that_the_station_did(
    station: Station, ids: dict[str, str], rooms: Rooms, days: Callable[[int], None]
) -> None:
    disposal = approved(station, ids["patrol"], *WAIVED)
    assert turned(rooms) == (LOOK_SECONDS, [])
    assert blob(station, "patrol").exists()
    days(8)
    assert turned(rooms) == (LOOK_SECONDS, list(WITHOUT_DISPOSING))
    assert not blob(station, "patrol").exists()
    shown = station.json("disposals", "show", disposal)
    assert shown["state"] == "carried-out"
    assert [(step["did"], step["by"]) for step in shown["history"]][-2:] == [("begun", None), ("carried-out", None)]
    assert (station.folder / "certificates" / f"{disposal}.json").exists()
    check_proof(station, "disposed")
    assert turned(rooms) == (LOOK_SECONDS, [])


def test_stopped_between_two_commits_the_next_turn_finishes(
    station: Station, ids: dict[str, str], rooms: Rooms, days: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    disposal = approved(station, ids["patrol"], ids["theft"], *WAIVED)
    days(8)
    monkeypatch.setattr(work, "AT_ONCE", 1)
    stop, real = threading.Event(), work._Disposal._let_go

    def let_go(self: work._Disposal, *given: object) -> object:
        stop.set()
        return real(self, *given)  # type: ignore[arg-type]  # what it was given is passed on

    monkeypatch.setattr(work._Disposal, "_let_go", let_go)
    turned(rooms, stop)
    assert station.json("disposals", "show", disposal)["state"] == "begun"
    assert [blob(station, name).exists() for name in ("patrol", "theft")].count(True) == 1
    check_proof(station, "disposed")
    monkeypatch.setattr(work._Disposal, "_let_go", real)
    turned(rooms)
    assert station.json("disposals", "show", disposal)["state"] == "carried-out"
    assert not blob(station, "patrol").exists()
    assert not blob(station, "theft").exists()
    check_proof(station, "disposed")


def derived(station: Station, rooms: Rooms, of: str, tmp_path: Path) -> list[Path]:
    """Viewing copies of a clip: their files."""
    shelf = Shelf(rooms)
    for makes in (Makes.PROXY, Makes.WAVEFORM):
        (tmp_path / "draft").write_bytes(makes.value.encode())
        shelf.place(f"{makes.value}-1", Digest(blob(station, of).name), makes, tmp_path / "draft")
    return [shelf.path(row) for row in shelf.rows.of(blob(station, of).name)]


@pytest.mark.parametrize("struck", ["unlink", "forget", None])
def test_what_was_made_from_it_for_viewing_goes_too_wherever_the_power_goes(
    station: Station,
    ids: dict[str, str],
    rooms: Rooms,
    days: Callable[[int], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    struck: str | None,
) -> None:
    files = derived(station, rooms, "patrol", tmp_path)
    disposal = approved(station, ids["patrol"], *WAIVED)
    named = station.json("disposals", "show", disposal)["named"][0]["copies"]
    assert [copy["kind"] for copy in named].count("derivative") == 2
    days(8)

    def gone(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if struck is not None:
        with monkeypatch.context() as patch:
            where: type[object] = Path if struck == "unlink" else Derivatives
            patch.setattr(where, "unlink" if struck == "unlink" else "remove", gone)
            with pytest.raises(KeyboardInterrupt):
                turned(rooms)
        assert station.json("disposals", "show", disposal)["state"] == "begun"
        assert Derivatives(rooms.catalogue, rooms.station).of(blob(station, "patrol").name), "what is left is still known"
    turned(rooms)
    assert [path for path in files if path.exists()] == []
    assert Derivatives(rooms.catalogue, rooms.station).of(blob(station, "patrol").name) == []
    copies = station.json("disposals", "show", disposal)["named"][0]["copies"]
    assert [copy["outcome"] for copy in copies if copy["kind"] == "derivative"] == ["removed"] * 2
    check_proof(station, "disposed")


def test_a_copy_in_another_store_keeps_it_and_the_room_says_so(
    station: Station, ids: dict[str, str], rooms: Rooms, days: Callable[[int], None]
) -> None:
    station.json("upload", "--until-idle")
    confirm(rooms, [clips_of(rooms)["patrol.mp4"]])
    disposal = approved(station, ids["patrol"])
    days(8)
    with pytest.raises(DisposalKept) as caught:
        turned(rooms)
    assert (caught.value.fields["disposal"], caught.value.fields["why"]) == (disposal, "other-store")
    assert blob(station, "patrol").exists()
    with acting("000003"):
        assert station.json("disposals", "undo", disposal, "--reason", "the store was changed")["state"] == "undone"
