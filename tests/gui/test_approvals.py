"""The inbox of approvals over a real station: another's is agreed to by keys, one's own only taken back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from gui.desk.window import Desk
from gui.parts.asking import Asking
from gui.proof.approvals import Approvals
from station.commands.people import AskApproval, ListApprovals
from tests.gui.windows import WAIT_MS, Served


def states(served: Served) -> dict[str, tuple[str, str | None]]:
    found: Any = served.client.call(ListApprovals(everything=True)).document
    return {one["act"]: (one["state"], one["decided_by"]) for one in found["approvals"]}


def test_anothers_is_agreed_to_and_ones_own_is_taken_back(desk: Desk, served: Served, qtbot: QtBot) -> None:
    served.begin("supervisor", "100101")
    served.client.call(AskApproval("rotate-key", "key:log", "once a year"))
    served.begin("administrator", "operator")
    served.client.call(AskApproval("weaken-setting", "setting:session_hours", "long nights"))
    desk.go("approvals")
    screen = desk.screen_now
    assert isinstance(screen, Approvals)
    qtbot.waitUntil(lambda: screen.stage.state == "content", timeout=WAIT_MS)

    def stand_on(act: str) -> None:
        screen.list.setCurrentCell([one["act"] for one in screen.list.rows].index(act), 0)

    stand_on("weaken-setting")
    assert screen.give_button.isHidden()
    stand_on("rotate-key")
    assert screen.give_button.isEnabled()
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow)
    QTest.keyClick(desk, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    asking = desk.findChild(Asking)
    assert asking is not None
    asking.yes.click()
    qtbot.waitUntil(lambda: states(served)["rotate-key"] == ("given", "operator"), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not screen.asks.asking("list") and not screen.asks.asking("decide"), timeout=WAIT_MS)
    stand_on("weaken-setting")
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow)
    QTest.keyClick(desk, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    asking = next(one for one in desk.findChildren(Asking) if one.isVisible())
    assert not asking.yes.isEnabled()
    reason = asking.findChild(QPlainTextEdit)
    assert reason is not None
    QTest.keyClicks(reason, "not needed")
    asking.yes.click()
    qtbot.waitUntil(lambda: states(served)["weaken-setting"] == ("refused", "operator"), timeout=WAIT_MS)
