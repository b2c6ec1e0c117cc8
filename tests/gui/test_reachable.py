"""Every page by keyboard and by what a screen reader is told: each control has a name, and Tab comes to each of them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTableView, QWidget
from pytestqt.qtbot import QtBot

from gui.desk.window import Desk
from gui.pages import PAGES
from tests.gui.windows import WAIT_MS

CONTROLS = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QTableView)


def controls(window: QWidget) -> list[QWidget]:
    """What can be worked with, as far as it is shown and of our own making."""
    return [
        one
        for kind in CONTROLS
        for one in window.findChildren(kind)
        if one.isVisibleTo(window)
        and one.isEnabled()
        and not one.objectName().startswith("qt_")
        and type(one).__name__ != "QTableCornerButton"
    ]


@pytest.mark.parametrize("page", [one.name for one in PAGES])
def test_each_control_says_what_it_is(page: str, desk: Desk, qtbot: QtBot) -> None:
    desk.go(page)
    qtbot.waitUntil(lambda: not desk.link._open, timeout=WAIT_MS)  # what it shows has come
    nameless = []
    for one in controls(desk):
        told = QAccessible.queryAccessibleInterface(one)
        if not told.text(QAccessible.Text.Name):
            nameless.append(f"{type(one).__name__} {one.objectName()} in {type(one.parent()).__name__}")
    assert nameless == []


@pytest.mark.parametrize("page", [one.name for one in PAGES])
def test_tab_comes_to_each_control(page: str, desk: Desk, qtbot: QtBot) -> None:
    desk.go(page)
    qtbot.waitUntil(lambda: not desk.link._open, timeout=WAIT_MS)  # what it shows has come
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow)
    wanted = {one for one in controls(desk) if one.focusPolicy() & Qt.FocusPolicy.TabFocus}
    reached = set()
    for _ in range(4 * len(wanted) + 20):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert [f"{type(one).__name__} {one.accessibleName()}" for one in wanted - reached if not beside(one, reached)] == []


def beside(one: QWidget, reached: set[QWidget]) -> bool:
    """Whether it is of a choice of one out of several that Tab comes to: within it the arrows go."""
    group = one.group() if isinstance(one, QAbstractButton) else None
    return group is not None and group.exclusive() and not reached.isdisjoint(group.buttons())
