"""The board over a real socket: a newcomer sees everything first, then what changes, and never too much of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from station import holding, httpclient
from station.api.server import Server
from station.board import PER_SECOND, Board, Flag, SlotState, SlotView
from station.commands import Status
from station.home import Home
from station.messages import PHRASES
from station.rooms import Rooms
from station.service.service import Service, ServiceStopping
from tests.station.stations import Station, call


@dataclass
class House:
    """A service in this process, whose board a test writes on."""

    folder: Path
    board: Board
    service: Service
    client: httpclient.HttpClient
    stop: threading.Event


@pytest.fixture
def house(station: Station) -> Iterator[House]:
    home = Home(station.folder)
    with holding.alone(home, 0):
        rooms = Rooms.open(home)
        board = Board(3)
        service = Service(rooms, board, duties=())
        stop, ready = threading.Event(), threading.Event()
        thread = threading.Thread(
            target=lambda: service.run(Server(home, service, "127.0.0.1", 0), stop, ready=ready.set), name="service"
        )
        thread.start()
        assert ready.wait(60)
        found = httpclient.address(home)
        assert found is not None
        yield House(station.folder, board, service, httpclient.HttpClient(home, found), stop)
        stop.set()
        thread.join(60)
        rooms.close()


def followed(house: House) -> SimpleQueue[tuple[str, Any] | None]:
    """Every event, as it comes; None at the end."""
    heard: SimpleQueue[tuple[str, Any] | None] = SimpleQueue()

    def follow() -> None:
        for event in house.client.events():
            heard.put(event)
        heard.put(None)

    threading.Thread(target=follow, daemon=True).start()
    return heard


COPYING = SlotView(
    2,
    SlotState.COPYING,
    frozenset({Flag.IMPORTANT, Flag.CHARGING}),
    officer="张伟 012345",
    device="dsj:DSJ0042",
    bytes_total=4_000_000_000,
    bytes_left=3_100_000_000,
    seconds_left=160,
)


def test_a_newcomer_sees_every_slot_and_then_what_changes(house: House) -> None:
    house.board.show(COPYING)
    heard = followed(house)
    first = heard.get(timeout=60)
    assert first is not None
    name, document = first
    assert name == "snapshot"
    assert [(slot["slot"], slot["state"]) for slot in document["slots"]] == [(1, "empty"), (2, "copying"), (3, "empty")]
    house.board.change(3, state=SlotState.ERROR, reason="card-gone", fields={"path": "/x", "error": "EIO"})
    second = heard.get(timeout=60)
    assert second is not None
    assert second[0] == "slot"
    assert (second[1]["slot"], second[1]["state"], second[1]["fields"]) == (3, "error", {"path": "/x", "error": "EIO"})
    assert house.client.get("/slots")["slots"][2] == second[1]


def test_a_slot_that_changes_all_the_time_is_shown_five_times_a_second_and_its_last_word_always(house: House) -> None:
    heard = followed(house)
    heard.get(timeout=60)
    for left in range(500, 0, -1):
        house.board.show(SlotView(1, SlotState.COPYING, bytes_left=left))
    house.board.show(SlotView(1, SlotState.SAFE_TO_TAKE))
    shown: list[Any] = []
    while not shown or shown[-1]["state"] != "safe-to-take":
        event = heard.get(timeout=60)
        assert event is not None
        shown.append(event[1])
    assert len(shown) <= PER_SECOND, "five hundred changes in a moment"


def test_the_stream_ends_with_the_service(house: House) -> None:
    heard = followed(house)
    heard.get(timeout=60)
    house.stop.set()
    assert heard.get(timeout=60) is None


def test_a_service_that_stops_takes_no_more_commands(house: House) -> None:
    house.stop.set()
    while not house.service.stopping:
        threading.Event().wait(0.01)
    with pytest.raises(ServiceStopping):
        house.service.carry_out(Status(), None, "en", print)


def test_the_terminal_shows_words_and_what_is_left(house: House, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    house.board.show(COPYING)
    house.board.change(3, state=SlotState.UNKNOWN, reason="card-unreadable", fields={"path": "/x\x1b[2J", "error": "EIO"})
    lines = call(capsysbinary, "--home", house.folder, "watch", "--board", "--once").out.decode().splitlines()
    assert lines[0] == "slot  1  empty"
    assert lines[1] == "slot  2  copying  charging  important  张伟 012345  dsj:DSJ0042  3.1 GB to go  about 2:40"
    assert lines[2].startswith("slot  3  unknown device  /x\\x1b[2J cannot be read")


def test_every_word_of_the_board_is_there() -> None:
    words = {f"slot-{state.value}" for state in SlotState} | {f"flag-{flag.value}" for flag in Flag}
    assert {code for code in PHRASES if code.startswith(("slot-", "flag-"))} == words
