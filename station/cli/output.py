"""What the command line says: one JSON document for programs, plain lines for people, progress on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from evidence.errors import Exit
from station.client import InProcess
from station.commands import Answer, Command, Progress
from station.engine import Engine
from station.home import Home, NoHome
from station.messages import phrase
from station.rooms import Rooms

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document. 输出一个 JSON 文档。")

PROGRESS_SECONDS = 0.2
"""At most five lines of progress a second."""


Tell = Callable[[Mapping[str, Any], "Voice"], None]
"""Says an answer's document to a person."""


class Context:
    """What a command needs from the command line: the home and the language."""

    def __init__(self, home: Path | None) -> None:
        self._home = home

    @property
    def home(self) -> Home:
        """The home that was named."""
        if self._home is None:
            raise NoHome(home="EVIDENCE_STATION_HOME")
        return Home(self._home.absolute())

    def fetch(self, command: Command) -> tuple[Answer, Voice]:
        """Carry out a command; returns its answer and the voice to tell it with."""
        rooms = Rooms.open(self.home)
        try:
            voice = Voice(os.environ.get("EVIDENCE_STATION_LANGUAGE", rooms.settings.language))
            return InProcess(Engine(rooms), rooms.operator).call(command, Meter(voice).report), voice
        finally:
            rooms.close()

    def ask(self, command: Command, *, as_json: bool, tell: Tell) -> Exit:
        """Carry out a command, say its answer, and return the exit status."""
        answer, voice = self.fetch(command)
        return say(answer, as_json=as_json, tell=tell, voice=voice)


def say(answer: Answer, *, as_json: bool, tell: Tell, voice: Voice) -> Exit:
    """Print an answer the way it was asked for."""
    if as_json:
        print_json(answer.document)
    else:
        tell(answer.document, voice)
    return answer.status


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.flush()


class Voice:
    """Speaks to a person in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, code: str, **fields: object) -> str:
        """A phrase in this language."""
        return phrase(code, self.language, **fields)

    def line(self, code: str, **fields: object) -> None:
        """Print a phrase as a line."""
        click.echo(self(code, **fields))


class Meter:
    """Progress on stderr: rewritten in place on a terminal, a line at the end of a stage elsewhere."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._next = 0.0
        self._live = sys.stderr.isatty()

    def report(self, progress: Progress) -> None:
        """Show how far it is."""
        finished = progress.done >= progress.total
        now = time.monotonic()
        if not finished and (not self._live or now < self._next):
            return
        self._next = now + PROGRESS_SECONDS
        text = self._voice(
            f"progress-{progress.what}",
            subject=progress.subject,
            done=human_bytes(progress.done),
            total=human_bytes(progress.total),
            left=human_bytes(max(0, progress.total - progress.done)),
            done_items=progress.done,
            total_items=progress.total,
        )
        if self._live:
            share = 1.0 if progress.total == 0 else min(1.0, progress.done / progress.total)
            bar = "█" * round(share * 24) + "░" * (24 - round(share * 24))
            click.echo(f"\r\x1b[K{bar} {text}", err=True, nl=finished)
        else:
            click.echo(text, err=True)


def human_bytes(count: int) -> str:
    """A number of bytes as people read it."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def plain(text: object) -> str:
    """Untrusted text for a terminal: control characters shown, not obeyed."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in str(text))


def table(rows: list[list[str]], heads: list[str]) -> None:
    """Columns as wide as their widest cell."""
    cells = [heads, *([plain(cell) for cell in row] for row in rows)]
    widths = [max(width(row[index]) for row in cells) for index in range(len(heads))]
    for row in cells:
        click.echo("  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)).rstrip())


def width(text: str) -> int:
    """Columns that a text takes on a terminal; Chinese characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
