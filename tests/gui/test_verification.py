"""The page of verification over a real station: sound, then with one byte of one entry turned over."""

from __future__ import annotations

import sqlite3

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.desk.window import Desk
from gui.proof.custody import CustodyLog
from gui.proof.verifying import Verification, place_of
from tests.gui.windows import WAIT_MS, Served


def verified(desk: Desk, qtbot: QtBot) -> Verification:
    desk.go("verify")
    screen = desk.screen_now
    assert isinstance(screen, Verification)
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow)
    QTest.keyClick(desk, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert screen._long.asking("verify")
    qtbot.waitUntil(lambda: not screen._long.asking("verify"), timeout=WAIT_MS)
    return screen


def test_a_sound_station_is_told_so_and_a_planted_fault_is_named_and_gone_to(desk: Desk, served: Served, qtbot: QtBot) -> None:
    screen = verified(desk, qtbot)
    assert screen._heading.text() == "All is as it was"
    assert screen.go_button.isHidden()
    with sqlite3.connect(served.home / "catalogue.sqlite3") as database:
        ((epoch, seq),) = database.execute("select epoch, seq from custody_entry where type = 'copied' order by seq limit 1")
        database.execute(
            "update custody_entry set body = cast(replace(cast(body as text), 'copied', 'copeid') as blob) where epoch = ? and seq = ?",
            (epoch, seq),
        )
    database.close()
    screen = verified(desk, qtbot)
    assert screen.verdict is not None
    first = screen.verdict["problems"][0]
    assert place_of(first["subject"]) == {"place": (epoch, seq)}
    assert screen.problems.rows[0] == first
    QTest.keyClick(desk, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    log = desk.screen_now
    assert isinstance(log, CustodyLog)
    qtbot.waitUntil(lambda: log.sheet.entry is not None and log.sheet.proof is not None, timeout=WAIT_MS)
    assert log.sheet.entry is not None
    assert (log.sheet.entry["epoch"], log.sheet.entry["seq"]) == (epoch, seq)
    assert log.sheet._verdict.text() == "NOT proven"
