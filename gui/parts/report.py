"""Reports: a table as CSV and as PDF. A PDF has its fonts in it, a head on every page, and says when and of which station it was made.

Written whole or not at all, over nothing that is there, on a thread of the caller's.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODeviceBase, QMarginsF, QSizeF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from evidence.errors import Fault
from gui.theme import FAMILIES

RESOLUTION = 96
"""Dots an inch that the document is laid out in; letters are curves and stay sharp."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says. ``head``: lines below the title; ``foot``: a line at the end."""

    title: str
    head: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    foot: str = ""


def csv_bytes(report: Report) -> bytes:
    """As CSV (RFC 4180) in UTF-8 with a mark, which spreadsheets want. What a spreadsheet would run as a formula gets an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_inert(one) for one in report.columns])
    writer.writerows([_inert(one) for one in row] for row in report.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def pdf_bytes(report: Report, *, sideways: bool = True) -> bytes:
    """As PDF, A4. ``sideways``: landscape."""
    return html_pdf(_html(report), report.title, sideways=sideways)[0]


class CardTooLong(Fault):
    """A card is no single page. Fields: ``card``, ``pages``."""


def html_pdf(html: str, title: str, *, sideways: bool = False, points: float = 8.5) -> tuple[bytes, int]:
    """A document of ours (its untrusted parts escaped) as PDF, and how many pages it has."""
    buffer = QBuffer()
    buffer.open(QIODeviceBase.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(RESOLUTION)
    writer.setTitle(title)
    writer.setCreator("evidence-station")
    turn = QPageLayout.Orientation.Landscape if sideways else QPageLayout.Orientation.Portrait
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), turn, QMarginsF(12, 12, 12, 14), QPageLayout.Unit.Millimeter)
    )
    document = QTextDocument()
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPointSizeF(points)
    document.setDefaultFont(font)
    document.documentLayout().setPaintDevice(writer)
    document.setPageSize(QSizeF(writer.pageLayout().paintRectPixels(RESOLUTION).size()))
    document.setHtml(html)
    document.print_(writer)
    del writer  # it writes the end of the file when it goes
    return bytes(buffer.data().data()), document.pageCount()


def _html(report: Report) -> str:
    head = "".join(f"<p>{escape(line)}</p>" for line in report.head)
    columns = "".join(f'<th align="left">{escape(one)}</th>' for one in report.columns)
    rows = "".join("<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in report.rows)
    table = f'<table border="1" cellspacing="0" cellpadding="3" width="100%"><thead><tr>{columns}</tr></thead>{rows}</table>'
    return f"<h2>{escape(report.title)}</h2>{head}{table}<p>{escape(report.foot)}</p>"


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all. Raises ``OSError``; ``FileExistsError`` where something is there."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(new, path)
    finally:
        new.unlink()
