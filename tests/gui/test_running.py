"""Running the station from the desk: what needs somebody, alarms, devices."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from evidence.facts import SourceKind
from gui.desk.window import Desk
from gui.parts.asking import Asking
from gui.running.alarms import Alarms
from gui.running.device import Device
from gui.running.overview import Overview
from station.commands import AddDevice, IssueDevice, ListAlarms
from tests.gui.windows import WAIT_MS, Served

CAMERA = "serial:TEST-7"


def said(screen: QWidget) -> str:
    return "\n".join(one.text() for one in screen.findChildren(QLabel) if one.isVisibleTo(screen))


def a_camera_with_a_wrong_clock(served: Served) -> None:
    served.client.call(AddDevice(CAMERA, SourceKind.BODY_CAMERA, serial="TEST-7"), lambda _progress: None)
    served.client.call(IssueDevice(CAMERA, "012345", clock="2001-01-01T00:00:00"), lambda _progress: None)


def test_the_overview_says_what_needs_somebody_and_leads_there(desk: Desk, served: Served, qtbot: QtBot) -> None:
    desk.go("overview")
    screen = desk.screen_now
    assert isinstance(screen, Overview)
    qtbot.waitUntil(lambda: screen.stage.state == "content", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "No checkpoint of the log lies anywhere else" in said(screen), timeout=WAIT_MS)

    def entries() -> int:
        return int(said(screen).partition(" entries")[0].rpartition("\n")[2])

    before = entries()
    a_camera_with_a_wrong_clock(served)  # registered, issued, and an alarm
    screen.back()
    qtbot.waitUntil(lambda: entries() >= before + 3, timeout=WAIT_MS)
    desk.switch_language()
    qtbot.waitUntil(lambda: "日志在异地没有任何检查点" in said(screen), timeout=WAIT_MS)
    assert "No checkpoint" not in said(screen)


def test_a_camera_is_issued_with_what_its_display_shows(desk: Desk, served: Served, qtbot: QtBot) -> None:
    served.client.call(AddDevice(CAMERA, SourceKind.BODY_CAMERA), lambda _progress: None)
    desk.go("registry")
    desk.go("device", device=CAMERA)
    screen = desk.screen_now
    assert isinstance(screen, Device)
    qtbot.waitUntil(lambda: screen.stage.state == "content", timeout=WAIT_MS)
    assert (screen.issue.isVisible(), screen.back_in.isVisible(), screen.admit.isVisible()) == (True, False, False)
    screen.hand_over()
    asking = desk.findChild(Asking)
    assert asking is not None
    assert not asking.yes.isEnabled()
    officer, clock = asking.findChildren(QLineEdit)
    QTest.keyClicks(officer, "012345")
    QTest.keyClick(officer, Qt.Key.Key_Return)
    QTest.keyClicks(clock, "2001-01-01 00:00:00")
    QTest.keyClick(clock, Qt.Key.Key_Return)
    qtbot.waitUntil(screen.back_in.isVisible, timeout=WAIT_MS)
    told = served.client.get(f"/v1/devices/{CAMERA}")
    assert (told["issued_to"], told["clock"]["wrong"]) == ("012345", True)
    assert "wrong: ahead by" in said(screen)
    assert screen.history.rowCount() == len(told["history"])


def test_an_alarm_is_acknowledged_with_a_note_by_keyboard(desk: Desk, served: Served, qtbot: QtBot) -> None:
    a_camera_with_a_wrong_clock(served)
    desk.go("alarms")
    screen = desk.screen_now
    assert isinstance(screen, Alarms)
    qtbot.waitUntil(lambda: screen.stage.state == "content" and screen.table.current() is not None, timeout=WAIT_MS)
    rows = [screen.model.row(at) for at in range(screen.model.rowCount())]
    at = next(at for at, one in enumerate(rows) if one and one["fields"].get("device") == CAMERA)
    desk.activateWindow()
    screen.table.selectRow(at)
    assert "A clock may be wrong by 60 s" in said(screen.detail)
    QTest.keyClick(screen.table, Qt.Key.Key_Return)
    screen.detail.note.setPlainText("set by hand")
    qtbot.waitUntil(desk.isActiveWindow, timeout=WAIT_MS)
    QTest.keyClick(desk, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def seen() -> list[Any]:
        found: Any = served.client.call(ListAlarms(), lambda _progress: None).document
        return [one["note"] for one in found["alarms"] if one["fields"].get("device") == CAMERA and one["acknowledged_at"]]

    qtbot.waitUntil(lambda: seen() == ["set by hand"], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: screen.model.rowCount() == len(rows) - 1, timeout=WAIT_MS)
