"""Rules for the window as a whole: the bindings that are used, the texts, the colours, the pages."""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication, QLabel

from gui.pages import PAGES
from gui.parts.icons import PATHS, path_of
from gui.theme import DARK, LIGHT, PAIRS, contrast
from gui.words import COUNTED, WORDS
from station.messages import PHRASES

ROOT = Path(__file__).resolve().parents[2]


def test_a_call_that_returns_nothing_takes_no_reference_to_nothing(qapp: QApplication) -> None:
    # PySide6 6.12.0 does on Python 3.11, and the window dies with "none_dealloc" after some seconds.
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    label, timer = QLabel(), QTimer()
    timer.setInterval(10_000)
    before = sys.getrefcount(None)
    painter = QPainter(image)
    for _ in range(200):
        painter.setPen(QPen())
        painter.save()
        painter.restore()
        label.setText("x")
        label.update()
        label.setToolTip("x")
        label.setEnabled(True)
        label.resize(8, 8)
        timer.start()
        timer.stop()
    painter.end()
    assert abs(sys.getrefcount(None) - before) < 50


def test_qt_is_known_to_the_window_alone() -> None:
    named = re.compile(r"^\s*(?:from|import) (?:PySide6|shiboken6)", re.MULTILINE)
    below = [path for package in ("station", "ingest", "uploader", "evidence") for path in (ROOT / package).rglob("*.py")]
    assert len(below) > 100
    assert [path for path in below if named.search(path.read_text(encoding="utf-8"))] == []


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", sorted(WORDS))
def test_each_text_says_the_same_in_both_languages(code: str) -> None:
    en, zh = WORDS[code]
    assert en
    assert zh
    assert fields(en) == fields(zh)
    assert code not in PHRASES, "the station has a word for it"


@pytest.mark.parametrize("code", sorted(COUNTED))
def test_each_counted_text_has_its_number_in_every_form(code: str) -> None:
    assert len(COUNTED[code]) == 3
    assert all("n" in fields(form) for form in COUNTED[code])
    assert code not in WORDS


def test_texts_stand_in_tables_and_not_in_code() -> None:
    shown = re.compile(
        r"(?:setText|setToolTip|setWindowTitle|setPlaceholderText|setAccessibleName|QLabel|QPushButton|QAction)\(f?\"[A-Za-z]"
    )
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "gui").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if shown.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_colours_are_far_enough_apart(tokens: object, front: str, ground: str, least: float) -> None:
    assert contrast(getattr(tokens, front), getattr(tokens, ground)) >= least


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page_has_its_screen_its_words_and_its_icon(page: object) -> None:
    from gui.pages import Page

    assert isinstance(page, Page)
    screen = page.kind()
    assert {page.word, f"{page.word}-about"} <= WORDS.keys()
    assert page.picture in PATHS
    for key in screen.KEYS:
        assert key.word in WORDS
        assert callable(getattr(screen, key.does))


@pytest.mark.parametrize("name", sorted(PATHS))
def test_each_icon_can_be_drawn(name: str) -> None:
    stroke, filled = path_of(name)
    whole = stroke.boundingRect().united(filled.boundingRect())
    assert not whole.isNull()
    assert whole.left() >= 0
    assert whole.top() >= 0
    assert whole.right() <= 24
    assert whole.bottom() <= 24
