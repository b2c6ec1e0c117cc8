"""The kiosk over a real service whose slots are told by hand: what an officer sees, touches and leaves behind."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.kiosk.badge import BadgeSheet
from gui.kiosk.slot import SlotSheet
from gui.kiosk.sound import LOOK, RATE, tones
from gui.kiosk.window import Kiosk
from gui.parts.pad import Pad
from gui.parts.tiles import LOOKS
from station.board import SlotState
from tests.gui.looked_over import drawn_texts
from tests.gui.windows import CARD, CLERK, OFFICER, PIN, WAIT_MS, Shown

FINGER = 44
"""Pixels that a finger needs at least (WCAG 2.2, 2.5.5)."""


def texts(window: QWidget) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


def drawn(kiosk: Kiosk, slot: int) -> list[str]:
    with drawn_texts() as found:
        kiosk.tiles.tiles[slot].grab()
    return [text for text, _ in found]


def sheet(kiosk: Kiosk) -> SlotSheet:
    assert isinstance(kiosk._sheet, SlotSheet)
    return kiosk._sheet


def badge_sheet(kiosk: Kiosk) -> BadgeSheet:
    assert isinstance(kiosk._sheet, BadgeSheet)
    return kiosk._sheet


def touch(pad: Pad, text: str) -> None:
    keys = {one.accessibleName(): one for one in pad.findChildren(QAbstractButton)}
    for character in text:
        QTest.mouseClick(keys[character], Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("state", list(SlotState))
def test_each_state_of_a_slot_has_an_icon_and_a_colour_of_its_own_and_a_word(state: SlotState, kiosk: Kiosk) -> None:
    assert state.value in LOOKS
    assert kiosk.words.known(f"tile-{state.value}")


def test_a_tile_says_whose_camera_what_it_does_and_how_long_still(kiosk: Kiosk) -> None:
    said = drawn(kiosk, 1)
    assert said[:2] == ["01", "Copying"]
    assert {"012345", "3.1 GB left · about 2:40"} <= set(said)
    assert not any("%" in text for text in said)


def test_the_board_follows_the_station(kiosk: Kiosk, shown: Shown, qtbot: QtBot) -> None:
    shown.slot(20, state="copying", officer="031415", bytes_total=1000, bytes_left=900)
    qtbot.waitUntil(lambda: "Copying" in drawn(kiosk, 20), timeout=WAIT_MS)
    shown.slot(20, state="safe-to-take", bytes_left=0)
    qtbot.waitUntil(lambda: "Take it" in drawn(kiosk, 20), timeout=WAIT_MS)
    shown.slot(20, state="empty", officer=None, bytes_total=None, bytes_left=None)
    qtbot.waitUntil(lambda: "Free" in drawn(kiosk, 20), timeout=WAIT_MS)


def test_what_needs_somebody_flashes_and_is_counted(kiosk: Kiosk, qtbot: QtBot) -> None:
    assert "2 need you" in texts(kiosk)
    plain = kiosk.tiles.tiles[4].grab().toImage()
    qtbot.waitUntil(lambda: kiosk.tiles.tiles[4].grab().toImage() != plain, timeout=WAIT_MS)
    calm = kiosk.tiles.tiles[2].grab().toImage()
    assert all(kiosk.tiles.tiles[2].grab().toImage() == calm for _ in range(3))


def test_pulled_too_early_says_what_is_missing(kiosk: Kiosk) -> None:
    QTest.mouseClick(kiosk.tiles.tiles[4], Qt.MouseButton.LeftButton)
    assert "pulled too early: 3 files, 120000000 bytes are still on it" in texts(sheet(kiosk))


def test_a_visitor_sees_the_slot_and_no_file(kiosk: Kiosk) -> None:
    QTest.mouseClick(kiosk.tiles.tiles[1], Qt.MouseButton.LeftButton)
    assert "Hold your card to the reader" in texts(sheet(kiosk))
    assert "DCIM" not in texts(sheet(kiosk))


def test_a_sheet_goes_back_by_its_button_by_escape_and_by_a_tap_beside_it(kiosk: Kiosk, qtbot: QtBot) -> None:
    def gone() -> bool:
        return kiosk._sheet is None

    kiosk.show_slot(1)
    QTest.mouseClick(sheet(kiosk).close_button, Qt.MouseButton.LeftButton)
    assert gone()
    kiosk.show_slot(1)
    QTest.keyClick(sheet(kiosk), Qt.Key.Key_Escape)
    assert gone()
    kiosk.show_slot(1)
    QTest.mouseClick(sheet(kiosk), Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert gone()


def test_badge_and_pin_are_touched_and_who_is_there_sees_the_files_and_leaves_nothing(kiosk: Kiosk, qtbot: QtBot) -> None:
    QTest.mouseClick(kiosk.badge, Qt.MouseButton.LeftButton)
    entry = badge_sheet(kiosk)
    touch(entry.pad, CLERK)
    entry.go_on()
    touch(entry.pad, PIN)
    assert (entry.badge.text(), entry.secret.text()) == (CLERK, PIN)
    entry.go_on()
    qtbot.waitUntil(lambda: kiosk.link.person is not None and kiosk._sheet is None, timeout=WAIT_MS)
    assert kiosk.link.person is not None
    assert kiosk.link.person.badge == CLERK
    kiosk.show_slot(1)
    qtbot.waitUntil(lambda: "no incident matched" in texts(sheet(kiosk)), timeout=WAIT_MS)
    kiosk._idle.timeout.emit()  # a minute without a touch
    assert kiosk._sheet is None
    assert kiosk.link.session is None
    assert kiosk.link.person is None


def test_a_wrong_pin_is_refused_in_the_language_spoken(kiosk: Kiosk, qtbot: QtBot) -> None:
    kiosk.switch_language()
    kiosk.ask_badge()
    entry = badge_sheet(kiosk)
    entry.badge.setText(CLERK)
    entry.secret.setText("999999")
    entry.go_on()
    qtbot.waitUntil(entry.said.isVisible, timeout=WAIT_MS)
    assert any("\u4e00" <= character <= "\u9fff" for character in entry.said.text())
    assert entry.secret.text() == ""
    assert kiosk.link.person is None


def test_a_card_reader_is_heard_wherever_the_focus_is(kiosk: Kiosk, qtbot: QtBot) -> None:
    kiosk.activateWindow()
    qtbot.waitUntil(kiosk.isActiveWindow)
    kiosk.tiles.tiles[3].setFocus()
    QTest.keyClicks(kiosk.tiles.tiles[3], CARD)
    QTest.keyClick(kiosk.tiles.tiles[3], Qt.Key.Key_Return)
    entry = badge_sheet(kiosk)
    assert not entry.badge.isVisible()
    qtbot.waitUntil(entry.said.isVisible, timeout=WAIT_MS)
    qtbot.waitUntil(entry.enter.isEnabled, timeout=WAIT_MS)
    entry.secret.setText(PIN)
    entry.go_on()
    qtbot.waitUntil(lambda: kiosk.link.person is not None or bool(entry.said.text().startswith("that")), timeout=WAIT_MS)
    assert kiosk.link.person is not None
    assert kiosk.link.person.badge == OFFICER


def test_what_is_touched_is_as_large_as_a_finger(kiosk: Kiosk, qtbot: QtBot) -> None:
    def nothing() -> None:
        """The board alone."""

    for opened in (nothing, kiosk.ask_badge, kiosk.show_help, partial(kiosk.show_slot, 1)):
        opened()
        small = [
            (type(one).__name__, one.accessibleName(), one.width(), one.height())
            for kind in (QAbstractButton, QLineEdit)
            for one in kiosk.findChildren(kind)
            if one.isVisible()
            and min(one.width(), one.height()) < FINGER
            and one.window() is kiosk
            and not kiosk.toast.isAncestorOf(one)
        ]
        assert small == []


def test_the_head_says_how_the_station_is(kiosk: Kiosk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "unit-1 · s1" in texts(kiosk.head), timeout=WAIT_MS)
    assert " free" in texts(kiosk.head)
    assert "clock" in texts(kiosk.head)


def test_a_sound_is_made_of_samples_that_do_not_click() -> None:
    made = memoryview(tones(LOOK)).cast("h")
    assert len(made) == pytest.approx(RATE * sum(seconds for _, seconds in LOOK), abs=len(LOOK))
    assert made[0] == 0
    assert abs(made[-1]) < 2000
    assert max(made) > 10_000
