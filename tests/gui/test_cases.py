"""Cases and incidents at the desk, by keyboard, on a real station: what the station says afterwards decides."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from gui.desk.window import Desk
from gui.parts.asking import Asking
from gui.parts.timeline import Band, Bar, TimeLine, seconds_of
from gui.theme import Theme
from gui.words import Words
from gui.work.casefile import CaseFile
from gui.work.incident import Incident
from station.commands import Command
from station.commands.clips import Tag
from station.commands.desk import AddIncident, OpenCase, ShowCase
from station.commands.keeping import ListHolds
from station.commands.matching import ListMatches
from tests.gui.windows import WAIT_MS, Served

NUMBER = "A1"


@pytest.fixture
def case(served: Served) -> str:
    """A case that all clips of the station belong to."""
    clips = tuple(one["id"] for one in served.client.get("/v1/clips")["items"])
    made = told(served, OpenCase(NUMBER, "A bicycle", people=("witness:W",)))
    told(served, Tag(clips, case_number=NUMBER))
    return str(made["id"])


def told(served: Served, command: Command) -> dict[str, Any]:
    """What the station answers to a command."""
    return dict(served.client.call(command).document)


def shown_case(desk: Desk, case: str, qtbot: QtBot) -> CaseFile:
    desk.go("case", case=case)
    screen = desk.screen_now
    assert isinstance(screen, CaseFile)
    qtbot.waitUntil(lambda: screen.stage.state == "content", timeout=WAIT_MS)
    return screen


def test_a_case_shows_its_footage_its_people_and_its_history(case: str, desk: Desk, served: Served, qtbot: QtBot) -> None:
    screen = shown_case(desk, case, qtbot)
    said = told(served, ShowCase(case))
    clips = {one["clip"] for one in said["footage"]}
    assert clips
    assert {one["clip"] for one in screen.footage.model.rows()} == clips
    assert {one.key for one in screen.footage.line.bars} <= clips
    assert [one["name"] for one in screen.parts["people"].model.rows()] == ["W"]
    assert [one["did"] for one in screen.parts["history"].model.rows()] == [one["did"] for one in said["history"][::-1]]
    assert screen.parts["holds"].stage.state == "empty"


def test_a_hold_is_placed_by_keys_and_stands_on_the_page(case: str, desk: Desk, served: Served, qtbot: QtBot) -> None:
    screen = shown_case(desk, case, qtbot)
    screen.place_hold()
    asking = desk.findChild(Asking)
    assert asking is not None
    clause = asking.findChildren(QLineEdit)[0]
    QTest.keyClicks(clause, "Art. 7")
    QTest.keyClicks(asking.findChildren(QPlainTextEdit)[0], "asked for by the court")
    QTest.keyClick(asking.yes, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(screen.parts["holds"].model.rows()), timeout=WAIT_MS)
    (hold,) = told(served, ListHolds())["holds"]
    assert (hold["on"], hold["value"], hold["clause"], hold["reason"]) == ("case", NUMBER, "Art. 7", "asked for by the court")
    assert screen._held.isVisible()


def test_an_incident_without_footage_says_so_beside_its_record(desk: Desk, served: Served, qtbot: QtBot) -> None:
    made = told(served, AddIncident("I-1", "2026-11-20T10:00:00+08:00", location="East gate", officers=("012345",)))
    desk.go("incident", incident="I-1")
    screen = desk.screen_now
    assert isinstance(screen, Incident)
    qtbot.waitUntil(lambda: screen.stage.state == "content", timeout=WAIT_MS)
    assert screen._form["place"].text() == "East gate"
    assert screen._bare.state == "empty"
    assert told(served, ListMatches(incident=made["id"]))["matches"] == screen.matches.model.rows()
    assert not screen.accept_button.isEnabled()


def test_a_case_that_is_not_there_is_said_in_the_stations_words(desk: Desk, qtbot: QtBot) -> None:
    desk.go("case", case="nowhere")
    screen = desk.screen_now
    assert isinstance(screen, CaseFile)
    qtbot.waitUntil(lambda: screen.stage.state == "error", timeout=WAIT_MS)


@pytest.fixture
def line(words: Words, theme: Theme, qtbot: QtBot) -> TimeLine:
    class Looks:
        def __init__(self) -> None:
            self.words, self.theme = words, theme

    made = TimeLine(Looks(), "casefile-line")
    qtbot.addWidget(made)
    made.resize(900, 300)
    begin = seconds_of("2026-11-20T10:00:00Z")
    assert begin is not None
    bars = [
        Bar("one", "A", begin, begin - 2, begin + 2, 60.0, lambda: "one of A"),
        Bar("two", "B", begin + 30, None, begin + 900, 60.0, lambda: "two of B"),
        Bar("three", "A", begin + 300, begin + 400, begin + 500, 60.0, lambda: "three of A"),
        Bar("four", "C", None, None, None, 60.0, lambda: "four of C"),
    ]
    made.show_bars(bars, [Band("I-1", begin, None, lambda: "the incident")])
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_the_time_line_is_walked_by_keys(line: TimeLine, qtbot: QtBot) -> None:
    stood = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Down):
        QTest.keyClick(line, key)
        stood.append(line.now)
    assert stood == ["one", "two", "one", "three", "two"]
    assert line.accessibleDescription() == "two of B"
    with qtbot.waitSignal(line.opened) as opened:
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert opened.args == ["two"]


def test_a_clip_is_drawn_within_what_the_clock_allows_and_not_where_nothing_is_known(line: TimeLine) -> None:
    at = {one.key: one.at for one in line.bars}
    assert at["three"] == line.bars[-1].low
    assert "four" not in at
