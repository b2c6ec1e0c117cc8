"""The desk's window over a real station."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from gui.desk.keycard import KeyCard
from gui.desk.window import KEYS, Desk
from gui.link import LinkState
from gui.work.clips import Clips
from tests.gui.windows import WAIT_MS, Served


def texts(desk: Desk) -> set[str]:
    return {one.text() for one in desk.findChildren(QLabel) if one.isVisible()}


def shown_clips(desk: Desk, qtbot: QtBot) -> Clips:
    desk.go("clips")
    screen = desk.screen_now
    assert isinstance(screen, Clips)
    qtbot.waitUntil(lambda: screen.stage.state == "content" and screen.model.rowCount() > 0, timeout=WAIT_MS)
    return screen


def test_the_first_page_shows_what_the_station_took(desk: Desk, served: Served, qtbot: QtBot) -> None:
    screen = shown_clips(desk, qtbot)
    rows = [screen.model.row(at) for at in range(screen.model.rowCount())]
    assert {row and row["id"] for row in rows} == {one["id"] for one in served.client.get("/v1/clips")["items"]}
    moments = [row["recorded_at"] or "" for row in rows if row]
    assert moments == sorted(moments, reverse=True), "the newest first"
    assert screen.model.count_known


def test_the_language_is_switched_while_running(desk: Desk, qtbot: QtBot) -> None:
    screen = shown_clips(desk, qtbot)
    assert "Clips" in texts(desk)
    header = screen.model.headerData(0, Qt.Orientation.Horizontal)
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow, timeout=WAIT_MS)
    QTest.keyClick(desk, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert {"片段", "工作站就绪"} <= texts(desk)
    assert (header, screen.model.headerData(0, Qt.Orientation.Horizontal)) == ("Recorded", "录制时间")
    assert any(button.text() == "列" for button in desk.findChildren(QPushButton))
    assert not {"Clips", "Station ready"} & texts(desk)


def test_every_key_has_an_entry_in_a_menu(desk: Desk, qtbot: QtBot) -> None:
    shown_clips(desk, qtbot)
    entries = {action.shortcut().toString() for menu in desk.menuBar().findChildren(QMenu) for action in menu.actions()}
    assert {key.keys for key in (*KEYS, *Clips.KEYS)} <= entries


def test_the_key_card_is_shown_and_closed_by_keys(desk: Desk, qtbot: QtBot) -> None:
    shown_clips(desk, qtbot)
    desk.show_keys()
    card = desk.findChild(KeyCard)
    assert card is not None
    assert {"Ctrl+K", "Ctrl+Z"} <= {one.text() for one in card.findChildren(QLabel)}
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_it_goes_on_by_itself_when_the_station_was_started_again(desk: Desk, served: Served, qtbot: QtBot) -> None:
    screen = shown_clips(desk, qtbot)
    served.end()
    qtbot.waitUntil(lambda: desk.link.state is not LinkState.CONNECTED, timeout=WAIT_MS)
    assert any("restarts" in text for text in texts(desk))
    screen.back()
    served.begin()
    qtbot.waitUntil(lambda: desk.link.state is LinkState.CONNECTED, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: screen.stage.state == "content" and not screen.asks.asking("page"), timeout=WAIT_MS)
    assert screen.model.rowCount() == len(served.client.get("/v1/clips")["items"])


def test_a_page_that_the_role_does_not_have_is_not_listed_and_not_reached(desk: Desk, served: Served, qtbot: QtBot) -> None:
    served.begin("officer", "012345")
    desk.link.who(lambda _person: None)
    qtbot.waitUntil(lambda: desk.link.person is not None and desk.link.person.role == "officer", timeout=WAIT_MS)
    assert desk.here.person is not None
