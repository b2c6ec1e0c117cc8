"""Looking a window over: what of it is cut, empty, left in the other language, or too pale. The screenshots fail by it, and so do tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QTextLayout
from PySide6.QtWidgets import QAbstractButton, QHeaderView, QLabel, QLineEdit, QPushButton, QWidget

from gui.parts.drawing import watched
from gui.theme import contrast
from gui.words import COUNTED, WORDS
from gui.words.words import Words

BOTH = frozenset({"language-next", "language-en", "language-zh"})
"""Texts that stand in the other language on purpose: whoever wants it has to find it."""


@contextmanager
def drawn_texts() -> Iterator[list[tuple[str, bool]]]:
    """The texts that parts draw themselves meanwhile, and whether each was cut."""
    found: list[tuple[str, bool]] = []
    end = watched(lambda text, cut: found.append((text, cut)))
    try:
        yield found
    finally:
        end()


def shown(window: QWidget) -> Iterator[tuple[QWidget, str, bool]]:
    """Every text that a widget shows: the widget, the text, whether it is cut."""
    for one in window.findChildren(QWidget):
        if not one.isVisible() or one.width() <= 1 or _covered(window, one):
            continue
        if isinstance(one, QLabel) and one.text():
            yield one, one.text(), _label_cut(one)
        elif isinstance(one, QPushButton) and one.text():
            yield one, one.text(), one.width() < one.minimumSizeHint().width() or one.height() < one.fontMetrics().height()
        elif isinstance(one, QAbstractButton) and one.text():
            yield one, one.text(), one.width() < one.minimumSizeHint().width()
        elif isinstance(one, QLineEdit) and one.placeholderText() and not one.text():
            room = one.contentsRect().width() - 12
            yield one, one.placeholderText(), one.fontMetrics().horizontalAdvance(one.placeholderText()) > room
        elif isinstance(one, QHeaderView) and one.orientation() is Qt.Orientation.Horizontal:
            yield from _header(one)


def _covered(window: QWidget, one: QWidget) -> bool:
    """Whether a sheet lies over it."""
    top = window.childAt(one.mapTo(window, one.rect().center()))
    return one.window() is window and top is not None and top is not one and not (one.isAncestorOf(top) or top.isAncestorOf(one))


def _label_cut(one: QLabel) -> bool:
    room = one.contentsRect()
    if one.wordWrap():
        return one.heightForWidth(one.width()) > one.height() + 1
    metrics = QFontMetrics(one.font())
    return metrics.horizontalAdvance(one.text()) > room.width() + 1 or metrics.height() > room.height() + 2


def _header(header: QHeaderView) -> Iterator[tuple[QWidget, str, bool]]:
    model = header.model()
    font = QFont(header.font())
    font.setBold(True)
    for section in range(header.count()):
        if not header.isSectionHidden(section):
            text = str(model.headerData(section, Qt.Orientation.Horizontal) or "")
            yield header, text, QFontMetrics(font).horizontalAdvance(text) > header.sectionSize(section) - 8


def cut(window: QWidget) -> list[str]:
    """Texts that do not fit."""
    return [f"cut: {text!r} ({type(widget).__name__})" for widget, text, is_cut in shown(window) if is_cut]


@cache
def has_glyphs(text: str, font: QFont) -> bool:
    """Whether there is a glyph for every character; the font's number 0 is the empty box."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(1e6)
    layout.endLayout()
    return all(0 not in run.glyphIndexes() for run in layout.glyphRuns())


def empty_glyphs(window: QWidget, drawn: list[tuple[str, bool]]) -> list[str]:
    """Texts with a character that no font has."""
    found = [text for widget, text, _ in shown(window) if not has_glyphs(text.replace("\n", " "), widget.font())]
    found += [text for text, _ in drawn if not has_glyphs(text, window.font())]
    return [f"empty glyph in {text!r}" for text in found]


@cache
def _other(language: str) -> frozenset[str]:
    """Texts that only the other language says so."""
    mine, other = (0, 1) if language == "en" else (1, 0)
    own = {pair[mine] for pair in WORDS.values()}
    found = {pair[other] for code, pair in WORDS.items() if code not in BOTH and "{" not in pair[other]}
    found |= {pair[other] for code, pair in COUNTED.items() if "{" not in pair[other]}
    return frozenset(found - own - {WORDS[code][0] for code in BOTH})


def left_over(window: QWidget, drawn: list[tuple[str, bool]], words: Words) -> list[str]:
    """Texts that stand in the other language still."""
    other = _other(words.language)
    texts = [text for _, text, _ in shown(window)] + [text for text, _ in drawn]
    return [f"not in {words.language}: {text!r}" for text in texts if text in other]


def pale(window: QWidget, image: QImage, least: float = 4.5) -> list[str]:
    """Texts of labels and buttons whose colour is too near to the ground's. What is disabled may be."""
    found = []
    for widget, text, _ in shown(window):
        if isinstance(widget, QHeaderView) or not widget.isEnabled() or isinstance(widget, QLineEdit):
            continue
        at = widget.mapTo(window, QPoint(0, 0))
        area = QRect(at, widget.size()).intersected(image.rect())
        seen = measured(image, area)
        if seen is not None and seen < least - 0.05:
            found.append(f"contrast {seen:.1f}: {text!r} ({type(widget).__name__})")
    return found


def measured(image: QImage, area: QRect) -> float | None:
    """Contrast of the ground of an area, its most frequent colour, and what differs most from it there. None where nothing does."""
    colours: Counter[str] = Counter()
    inner = area.adjusted(4, 4, -4, -4)
    for y in range(inner.top(), inner.bottom() + 1):
        for x in range(inner.left(), inner.right() + 1):
            colours[image.pixelColor(x, y).name()] += 1
    if len(colours) < 2:
        return None
    ground = colours.most_common(1)[0][0]
    return max(contrast(ground, one) for one in colours)
