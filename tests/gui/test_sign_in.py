"""Signing in at the desk of a station with accounts, and a session that ends."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from evidence.errors import Fault
from gui.desk.window import Desk
from station.commands.people import SignOut
from tests.gui.windows import CLERK, PIN, WAIT_MS, Shown


def sign_in(door: Desk, qtbot: QtBot, badge: str = CLERK, pin: str = PIN) -> None:
    door.sign_in.badge.setText(badge)
    door.sign_in.secret.setText(pin)
    QTest.keyClick(door.sign_in.secret, Qt.Key.Key_Return)


def inside(door: Desk) -> bool:
    return door.screen_now is not None and door.screen_now.isVisible()


def test_badge_and_pin_open_the_pages_of_the_role(door: Desk, qtbot: QtBot) -> None:
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: inside(door), timeout=WAIT_MS)
    assert door.link.person is not None
    assert (door.link.person.badge, door.link.person.role) == (CLERK, "clerk")
    assert door.sign_in.secret.text() == ""


def test_a_wrong_pin_opens_nothing_and_says_so(door: Desk, qtbot: QtBot) -> None:
    sign_in(door, qtbot, "nobody", "123123")
    qtbot.waitUntil(door.sign_in.wrong.isVisible, timeout=WAIT_MS)
    assert door.screen_now is None
    assert door.link.session is None
    assert door.menuBar().isHidden()


def test_a_session_that_is_over_asks_for_the_pin_and_goes_on_at_the_same_page(door: Desk, shown: Shown, qtbot: QtBot) -> None:
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: inside(door), timeout=WAIT_MS)
    before = door.screen_now
    session = door.link.session
    assert session is not None
    ended = door.link.asker()
    ended.ask("end", SignOut(session), lambda _answer: door.reload())
    qtbot.waitUntil(door.sign_in.isVisible, timeout=WAIT_MS)
    assert door.sign_in.badge.text() == CLERK
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: inside(door), timeout=WAIT_MS)
    assert door.screen_now is before


def test_keys_of_the_window_count_before_anybody_is_signed_in(door: Desk) -> None:
    QTest.keyClick(door, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert door.words.language == "zh"
    QTest.keyClick(door, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not door.isVisible()


def test_signing_out_leaves_nothing_on_the_screen(door: Desk, qtbot: QtBot) -> None:
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: inside(door), timeout=WAIT_MS)
    door.sign_out()
    assert door.sign_in.isVisible()
    assert door.screen_now is None
    assert door.sign_in.badge.text() == ""


def test_whoever_walks_away_finds_his_page_behind_his_pin(door: Desk, shown: Shown, qtbot: QtBot) -> None:
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: inside(door), timeout=WAIT_MS)
    before, session = door.screen_now, door.link.session
    door._idle.timeout.emit()  # as long without a touch as a session may be idle
    assert door.sign_in.isVisible()
    qtbot.waitUntil(lambda: not door.link._open, timeout=WAIT_MS)
    with pytest.raises(Fault) as caught:
        shown.client(session).get("/v1/me")
    assert caught.value.code in {"not-signed-in", "permission-denied"}
    sign_in(door, qtbot)
    qtbot.waitUntil(lambda: inside(door), timeout=WAIT_MS)
    assert door.screen_now is before
