"""The catalogue as a clerk works with it: by keyboard, over a real station that decides what came of it."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from gui.desk.window import Desk
from gui.work import typed
from gui.work.clip import Clip
from gui.work.clips import Clips
from tests.gui.windows import WAIT_MS, Served


@pytest.fixture
def catalogue(desk: Desk, qtbot: QtBot) -> Clips:
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow)
    desk.go("clips")
    screen = desk.screen_now
    assert isinstance(screen, Clips)
    qtbot.waitUntil(lambda: screen.stage.state == "content" and bool(screen.categories.keys()), timeout=WAIT_MS)
    settled(screen, qtbot)
    return screen


def settled(screen: Clips, qtbot: QtBot) -> None:
    qtbot.waitUntil(
        lambda: not any(map(screen.asks.asking, ("page", "tag", "counts", "chosen"))) and not screen._settle.isActive(),
        timeout=WAIT_MS,
    )


def press(desk: Desk, key: Qt.Key, *, with_: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or desk, key, with_)


def typed_in(desk: Desk, text: str) -> None:
    QTest.keyClicks(QApplication.focusWidget() or desk, text)
    press(desk, Qt.Key.Key_Return)


def station_has(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.client.get("/v1/clips")["items"]
    return found


def test_what_is_typed_is_found_and_a_filter_types_for_one(catalogue: Clips, desk: Desk, served: Served, qtbot: QtBot) -> None:
    every = station_has(served)
    press(desk, Qt.Key.Key_Slash)
    typed_in(desk, "officer:nobody")
    qtbot.waitUntil(lambda: catalogue.stage.state == "empty", timeout=WAIT_MS)
    press(desk, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: catalogue.model.rowCount() == len(every), timeout=WAIT_MS)
    settled(catalogue, qtbot)
    chip = catalogue.finder._wanting["missing", "category"]
    assert f"({len(every)})" in chip.text()
    chip.click()
    assert catalogue.finder.text == "missing:category"
    typed_in(desk, " offi:3")
    qtbot.waitUntil(lambda: "offi" in catalogue.finder.wrong.text(), timeout=WAIT_MS)


def test_many_are_tagged_at_once_by_keys_and_taken_back_together(
    catalogue: Clips, desk: Desk, served: Served, qtbot: QtBot
) -> None:
    catalogue.table.setFocus()
    press(desk, Qt.Key.Key_Down, with_=Qt.KeyboardModifier.ShiftModifier)
    chosen = {one["id"] for one in catalogue.table.chosen()}
    assert len(chosen) == 2
    press(desk, Qt.Key.Key_B, with_=Qt.KeyboardModifier.ControlModifier)
    assert "2 clips chosen" in {one.text() for one in catalogue.panel.findChildren(QLabel)}
    typed_in(desk, "A2026-000017")
    settled(catalogue, qtbot)
    assert {one["id"] for one in station_has(served) if one["case"] == "A2026-000017"} == chosen
    assert [one["case"] for one in catalogue.table.chosen()] == ["A2026-000017"] * 2, "shown where it stands"
    catalogue.table.setFocus()
    press(desk, Qt.Key.Key_2)
    settled(catalogue, qtbot)
    given = catalogue.categories.keys()[1]
    assert {one["id"] for one in station_has(served) if one["category"] == given} == chosen
    for _ in range(2):
        press(desk, Qt.Key.Key_Z, with_=Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: not desk.here.undo._busy, timeout=WAIT_MS)
    assert {(one["case"], one["category"]) for one in station_has(served)} == {(None, "unclassified")}
    press(desk, Qt.Key.Key_Y, with_=Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not desk.here.undo._busy, timeout=WAIT_MS)
    assert {one["id"] for one in station_has(served) if one["case"] == "A2026-000017"} == chosen


def test_the_panel_counts_what_the_chosen_have(catalogue: Clips, desk: Desk, served: Served, qtbot: QtBot) -> None:
    press(desk, Qt.Key.Key_F2)
    typed_in(desk, "black sedan")
    settled(catalogue, qtbot)
    press(desk, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is catalogue.table
    press(desk, Qt.Key.Key_A, with_=Qt.KeyboardModifier.ControlModifier)
    rest = len(station_has(served)) - 1
    qtbot.waitUntil(lambda: catalogue.panel._values["note"].text() == f"empty ({rest}), black sedan (1)", timeout=WAIT_MS)


@pytest.mark.parametrize(
    ("text", "field", "value", "then"),
    [
        ("", "missing", "case", "missing:case"),
        ("missing:case 酒驾", "missing", "category", "missing:case,category 酒驾"),
        ("officer:1 缺:case", "missing", "case", "officer:1"),
        ('officer:1 "a b"', "case", "A 1", 'officer:1 "a b" case:"A 1"'),
        ("-state:empty", "state", "empty", "-state:empty state:empty"),
    ],
)
def test_a_filter_changes_its_own_condition_and_nothing_else(text: str, field: str, value: str, then: str) -> None:
    assert typed.switched(text, field, value) == then


def test_enter_opens_the_clip_with_its_history_and_its_custody(
    catalogue: Clips, desk: Desk, served: Served, qtbot: QtBot
) -> None:
    catalogue.table.setFocus()
    press(desk, Qt.Key.Key_3)
    settled(catalogue, qtbot)
    press(desk, Qt.Key.Key_Return)
    page = desk.screen_now
    assert isinstance(page, Clip)
    qtbot.waitUntil(lambda: page.stage.state == "content", timeout=WAIT_MS)
    told = {one.text() for one in page.tabs.findChildren(QLabel)}
    name = catalogue.categories.name(catalogue.categories.keys()[2])
    assert {f"– → {name}", "copied", "tagged", "viewed"} <= told
