"""Quick cards: one page each for the kiosk and for every desk, in one language, as PDF: what one does there, and the keys.

Keys come from the pages themselves, so a card does not promise one that there is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PySide6.QtGui import QKeySequence

from evidence.access import PERMISSIONS, Role
from gui.desk.window import KEYS
from gui.pages import PAGES
from gui.parts.report import CardTooLong, html_pdf, write_new
from gui.words import LANGUAGES, Words


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk: the code of its texts, and for whose role its pages and keys are; None: the kiosk."""

    name: str
    role: Role | None


DESKS = (
    Desk("kiosk", None),
    Desk("clerk", Role.CLERK),
    Desk("supervisor", Role.SUPERVISOR),
    Desk("auditor", Role.AUDITOR),
    Desk("administrator", Role.ADMINISTRATOR),
)
LINES = 6
"""Sentences of a card at most."""
POINTS = (10.5, 9.0, 8.0, 7.0, 6.5)
"""Sizes of type, the largest that fits on a page is taken; smaller ones nobody reads on a wall."""


def card(desk: Desk, words: Words) -> bytes:
    """The card as PDF. Raises :class:`~gui.parts.report.CardTooLong` where it is no single page."""
    said = [words(f"card-{desk.name}-{number}") for number in range(1, LINES + 1) if words.known(f"card-{desk.name}-{number}")]
    steps = "".join(f"<li>{escape(one)}</li>" for one in said)
    text = f"<h1>{escape(words(f'card-{desk.name}'))}</h1><ol>{steps}</ol>"
    if desk.role is not None:
        text += f"<h2>{escape(words('card-pages'))}</h2><table cellpadding='2' width='100%'>{''.join(_pages(desk.role, words))}</table>"
        text += (
            f"<h2>{escape(words('card-keys'))}</h2><table cellpadding='2' width='100%'>{''.join(_keys(desk.role, words))}</table>"
        )
    pages = 0
    for points in POINTS:
        made, pages = html_pdf(text, words(f"card-{desk.name}"), points=points)
        if pages == 1:
            return made
    raise CardTooLong(card=desk.name, pages=pages)


def write_cards(folder: Path) -> list[Path]:
    """Every card in both languages, into a folder; returns what was written. Raises ``OSError`` where something is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in LANGUAGES:
        words = Words(language)
        for desk in DESKS:
            path = folder / f"quick-card-{desk.name}-{language}.pdf"
            write_new(path, card(desk, words))
            written.append(path)
    return written


def _pages(role: Role, words: Words) -> Iterator[str]:
    for page in PAGES:
        if page.listed and (page.permission is None or page.permission in PERMISSIONS[role]):
            yield f"<tr><td><b>{escape(words(page.word))}</b></td><td>{escape(words(f'{page.word}-about'))}</td></tr>"


def _keys(role: Role, words: Words) -> Iterator[str]:
    shown = [(key.keys, words(key.word)) for key in KEYS]
    for page in PAGES:
        if page.permission is None or page.permission in PERMISSIONS[role]:
            shown += [(key.keys, f"{words(page.word)}: {words(key.word)}") for key in page.kind().KEYS]
    cells = [
        f"<td><code>{escape(QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText))}</code></td><td>{escape(text)}</td>"
        for keys, text in shown
    ]
    third = -(-len(cells) // 3)
    for at in range(third):
        yield "<tr>" + "".join(cells[at::third]) + "</tr>"
