"""A document on paper: pages with header, footer and numbers, bilingual text, facts, tables, QR codes, lines to sign.

Rules kept here:

* The same calls with the same moment give the same bytes: nothing is read from the clock or the environment.
* Nothing is cut off: a text that is too wide goes on in the next line, a row that is too high on the next page.
* Nothing that was given disappears or looks like something else: a character that the font lacks, and one that is invisible
  or turns the direction of writing, is printed as its code, ``<U+202E>``. File names and names of foreign servers are hostile.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

import segno
from fpdf import FPDF
from fpdf.enums import MethodReturnValue
from fpdf.fonts import TTFFont

from station.papers.font import font_file

Language = Literal["en", "zh"]
_FAMILY = "paper"
_GREY = 110
_PALE = 200


@dataclass(frozen=True, slots=True)
class Bilingual:
    """What a paper says in both languages."""

    en: str
    zh: str

    def ordered(self, first: Language) -> tuple[str, str]:
        """Both texts, the reader's own language first."""
        return (self.en, self.zh) if first == "en" else (self.zh, self.en)

    def inline(self, first: Language) -> str:
        """Both in one line; once where they are the same."""
        return self.en if self.en == self.zh else "  ".join(self.ordered(first))


@dataclass(frozen=True, slots=True)
class _Measures:
    """Lengths in millimetres, type in points."""

    width: float
    height: float
    margin: float
    size: float
    label: float


class Sheet(Enum):
    """Paper sizes (ISO 216), and the type that suits them."""

    A4 = _Measures(210, 297, 18, 9.5, 48)
    A5 = _Measures(148, 210, 11, 8, 36)
    A6 = _Measures(105, 148, 7, 6.5, 27)


class Paper:
    """One document, written from top to bottom."""

    def __init__(self, sheet: Sheet, title: Bilingual, running: str, made_at: datetime, first: Language = "en") -> None:
        """``running`` stands at the head of every page, ``made_at`` (with a zone) in the file. Raises ``FontMissing``."""
        self._sheet = sheet.value
        self._first = first
        self._pages = _Pages(self._sheet, made_at)
        self._pages.running = (self._shown(title.inline(first)), self._shown(running))
        self._pages.set_title(title.inline(first))
        self._pages.set_lang(first)
        self._pages.add_page()
        self._line(title.inline(first), self._sheet.size * 1.6)
        self.gap()

    def data(self) -> bytes:
        """The document as PDF. It cannot be written to any further."""
        subsetting = logging.getLogger("fontTools.subset")
        before = subsetting.level
        subsetting.setLevel(logging.ERROR)  # it warns of the bitmaps in this font, which a PDF does not use
        try:
            return bytes(self._pages.output())
        finally:
            subsetting.setLevel(before)

    def gap(self, lines: float = 0.5) -> None:
        """Empty room."""
        self._pages.ln(lines * self._height())

    def new_page(self) -> None:
        """Go on at the top of the next page."""
        self._pages.add_page()

    def heading(self, words: Bilingual) -> None:
        """A heading that stays with at least two lines of what follows."""
        self._room(self._height(1.25) + 2.5 * self._height())
        self.gap()
        self._line(words.inline(self._first), self._sheet.size * 1.25)
        self._rule()

    def text(self, words: Bilingual) -> None:
        """A paragraph in both languages, one below the other."""
        for one in dict.fromkeys(words.ordered(self._first)):
            self._line(one)
        self.gap(0.4)

    def plain(self, text: str, *, small: bool = False) -> None:
        """A paragraph in one language, or none: digests, names, lines of a note."""
        self._line(text, self._sheet.size * (0.8 if small else 1))

    def facts(self, facts: Sequence[tuple[Bilingual, str]]) -> None:
        """Label and value, one below the other."""
        rows = [(label.inline(self._first), value) for label, value in facts]
        self._rows(rows, [self._sheet.label, self._inside() - self._sheet.label], None, grey_first=True)
        self.gap(0.4)

    def table(self, heads: Sequence[Bilingual], rows: Sequence[Sequence[str]], shares: Sequence[float]) -> None:
        """A table; its heads stand on every page that it goes on to. ``shares``: widths of the columns, relative."""
        widths = [self._inside() * share / sum(shares) for share in shares]
        self._rows(rows, widths, ["\n".join(dict.fromkeys(head.ordered(self._first))) for head in heads])
        self.gap(0.4)

    def bars(self, values: Sequence[tuple[str, int]]) -> None:
        """A chart: a bar for each label, as long as its value by the largest, which is at least 1."""
        pages = self._pages
        most = max([1, *(value for _, value in values)])
        label, number = self._sheet.label, 14.0
        room = self._inside() - label - number
        for name, value in values:
            lines = self._broken([name], [label])
            self._room(self._height() * max(1, len(lines)))
            top, left = pages.get_y(), pages.l_margin
            pages.set_fill_color(_GREY)
            length = room * value / most
            pages.rect(left + label, top + 0.2 * self._height(), max(length, 0.3), 0.6 * self._height(), style="F")
            pages.set_xy(left + label + length + 1, top)
            self._cells([str(value)], [number], 0)
            pages.set_xy(left, top)
            for one in lines:
                self._cells(one, [label], 0)
        self.gap(0.4)

    def qr(self, content: str, side: float, caption: Bilingual) -> None:
        """A QR code (ISO/IEC 18004, level M) of ``side`` millimetres with its quiet zone, and what it is beside it."""
        pages = self._pages
        self._room(side)
        top, left = pages.get_y(), pages.l_margin
        matrix = segno.make(content, error="m", micro=False, boost_error=False).matrix_iter(scale=1, border=4)
        grid = [bytes(row) for row in matrix]
        module = side / len(grid)
        pages.set_fill_color(0)
        for y, row in enumerate(grid):
            for first, length in _runs(row):
                pages.rect(left + first * module, top + y * module, length * module, module, style="F")
        pages.set_left_margin(left + side)
        pages.set_y(top + 4 * module)
        for words in dict.fromkeys(caption.ordered(self._first)):
            self._line(words)
        pages.set_left_margin(left)
        pages.set_y(max(top + side, pages.get_y()))

    def signatures(self, labels: Sequence[Bilingual]) -> None:
        """A line to sign on, and one for the date, for each label."""
        height = 3.2 * self._height()
        for label in labels:
            self._room(height)
            self._pages.ln(height - self._height())
            top, left = self._pages.get_y(), self._pages.l_margin
            split = left + self._inside() * 0.68
            self._pages.set_draw_color(0)
            self._pages.line(left, top, split - 4, top)
            self._pages.line(split, top, left + self._inside(), top)
            widths = [split - left, self._inside() - (split - left)]
            self._rows([[label.inline(self._first), Bilingual("date", "日期").inline(self._first)]], widths, None, ruled=False)

    # ---- what everything above is made of --------------------------------------------------------------------------

    def _inside(self) -> float:
        return self._pages.w - self._pages.l_margin - self._pages.r_margin

    def _height(self, scale: float = 1.0) -> float:
        """Of a line, in millimetres: a point is 1/72 inch."""
        return self._sheet.size * scale * 1.45 * 25.4 / 72

    def _room(self, height: float) -> None:
        if self._pages.will_page_break(height):
            self._pages.add_page()

    def _line(self, text: str, size: float | None = None) -> None:
        size = size or self._sheet.size
        self._pages.set_font(_FAMILY, size=size)
        self._pages.set_text_color(0)
        height = size * 1.45 * 25.4 / 72
        self._pages.multi_cell(0, height, self._shown(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _rule(self) -> None:
        self._pages.set_draw_color(_PALE)
        self._pages.line(self._pages.l_margin, self._pages.get_y(), self._pages.w - self._pages.r_margin, self._pages.get_y())

    def _shown(self, text: str) -> str:
        return "".join(one if self._pages.has(one) else f"<U+{ord(one):04X}>" for one in text)

    def _rows(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        heads: Sequence[str] | None,
        *,
        grey_first: bool = False,
        ruled: bool = True,
    ) -> None:
        """Rows of cells, line by line, so that even one that is higher than a page goes on overleaf."""
        if heads is not None:
            self._room(5 * self._height())
            self._row(heads, widths, _GREY)
            self._rule()
        for row in rows:
            for lines in self._broken(row, widths):
                if self._pages.will_page_break(self._height()):
                    self._pages.add_page()
                    if heads is not None:
                        self._row(heads, widths, _GREY)
                        self._rule()
                self._cells(lines, widths, _GREY if grey_first else 0)
            if ruled:
                self._rule()

    def _row(self, cells: Sequence[str], widths: Sequence[float], grey: int) -> None:
        for lines in self._broken(cells, widths):
            self._pages.set_font(_FAMILY, size=self._sheet.size)
            self._cells(lines, widths, grey, all_grey=True)

    def _broken(self, cells: Sequence[str], widths: Sequence[float]) -> list[list[str]]:
        """The lines of a row, each a text for every column."""
        self._pages.set_font(_FAMILY, size=self._sheet.size)
        columns: list[list[str]] = []
        for cell, width in zip(cells, widths, strict=True):
            found = self._pages.multi_cell(
                width, self._height(), self._shown(cell), align="L", dry_run=True, output=MethodReturnValue.LINES
            )
            assert isinstance(found, list)
            columns.append(found)
        count = max(map(len, columns), default=0)
        return [[column[at] if at < len(column) else "" for column in columns] for at in range(count)]

    def _cells(self, lines: Sequence[str], widths: Sequence[float], grey: int, *, all_grey: bool = False) -> None:
        self._pages.set_font(_FAMILY, size=self._sheet.size)
        for place, (text, width) in enumerate(zip(lines, widths, strict=True)):
            self._pages.set_text_color(grey if all_grey or place == 0 else 0)
            self._pages.cell(width, self._height(), text)
        self._pages.ln(self._height())


class _Pages(FPDF):
    """The pages of a document, with what stands on each."""

    def __init__(self, measures: _Measures, made_at: datetime) -> None:
        super().__init__(format=(measures.width, measures.height))
        self._measures = measures
        self.running = ("", "")
        self.set_creation_date(made_at)
        self.set_creator("evidence-station")
        self.set_margins(measures.margin, measures.margin + 4, measures.margin)
        self.set_auto_page_break(auto=True, margin=measures.margin + 5)
        self.c_margin = 0.6
        self.add_font(_FAMILY, fname=font_file())
        self.set_font(_FAMILY, size=measures.size)
        font = self.fonts[_FAMILY]
        assert isinstance(font, TTFFont)
        self._known = frozenset(font.cmap)

    def has(self, character: str) -> bool:
        """Whether a character can be printed and seen as what it is."""
        return character == "\n" or (ord(character) in self._known and unicodedata.category(character)[0] not in "CM")

    def header(self) -> None:
        """Title and what the document is about."""
        self.set_y(self._measures.margin - 2)
        self._edge(*self.running)
        self.set_y(self._measures.margin + 4)

    def footer(self) -> None:
        """The number of the page, and of how many."""
        self.set_y(-self._measures.margin)
        self._edge("", f"{self.page_no()} / {{nb}}")

    def _edge(self, left: str, right: str) -> None:
        self.set_font(_FAMILY, size=self._measures.size * 0.8)
        self.set_text_color(_GREY)
        half = (self.w - self.l_margin - self.r_margin) / 2
        self.cell(half, 4, left, align="L")
        self.cell(half, 4, right, align="R")


def _runs(row: bytes) -> list[tuple[int, int]]:
    """``(first, length)`` of the dark modules that lie side by side: a rectangle each, and no hair lines between them."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found
