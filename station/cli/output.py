"""What the command line says: one JSON document for programs, plain lines for people, progress on stderr."""

from __future__ import annotations

import os
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from evidence.access import Permission
from evidence.errors import Exit
from station import sessionfile
from station.commands import Answer, Command, Progress
from station.home import Home, NoHome
from station.messages import phrase, plain

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document. 输出一个 JSON 文档。")

PROGRESS_SECONDS = 0.2
"""At most five lines of progress a second."""


Tell = Callable[[Mapping[str, Any], "Voice"], None]
"""Says an answer's document to a person."""


class Context:
    """What a command needs from the command line: the home and the language, which the home's settings may decide."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.chosen = os.environ.get("EVIDENCE_STATION_LANGUAGE")
        self.language = self.chosen or "en"

    @property
    def home(self) -> Home:
        """The home that was named."""
        if self.folder is None:
            raise NoHome(home="EVIDENCE_STATION_HOME")
        return Home(self.folder.absolute())

    def fetch(self, command: Command) -> tuple[Answer, Voice]:
        """Carry out a command, in this process or by the service that has the home; returns its answer and the voice to tell it with.

        Everything goes through the service while it runs, but ``verify`` of somebody who may read the home himself: it writes nothing, and
        its verdict is worth more when the process it judges does not speak it.
        """
        home = self.home
        if _judges(command) and _readable_home(home):
            return self._here(command)
        from station.httpclient import HttpClient, occupied

        with occupied(home) as service:
            if service is None:
                return self._here(command)
            voice = Voice(self.language)

            def heard(language: str) -> None:
                self.language = voice.language = self.chosen or language

            client = HttpClient(home, service, self.chosen, heard, sessionfile.found(home))
            return client.call(command, Meter(voice).report), voice

    def _here(self, command: Command) -> tuple[Answer, Voice]:
        from station.client import InProcess  # loads the catalogue, which a client of the service does without
        from station.engine import Engine
        from station.rooms import Rooms
        from station.signing_in import actor_of

        rooms = Rooms.open(self.home)
        try:
            self.language = self.chosen or rooms.settings.language
            voice = Voice(self.language)
            signing_in = command.permission is Permission.SIGN_IN
            # Who may read every byte of a home may judge it, and judging writes nothing: not even what looking for a session would.
            actor = rooms.operator if _judges(command) else actor_of(rooms, sessionfile.found(self.home), signing_in=signing_in)
            return InProcess(Engine(rooms), actor).call(command, Meter(voice).report), voice
        finally:
            rooms.close()

    def ask(self, command: Command, *, as_json: bool, tell: Tell) -> Exit:
        """Carry out a command, say its answer, and return the exit status."""
        answer, voice = self.fetch(command)
        return say(answer, as_json=as_json, tell=tell, voice=voice)


def _judges(command: Command) -> bool:
    """Whether it is ``verify``; asked without loading what that is."""
    return command.handler == "proof:verify"


def _readable_home(home: Home) -> bool:
    """Whether this user may read everything that ``verify`` looks at."""
    folders = (home.root, home.vault, home.keys)
    return all(os.access(path, os.R_OK | os.X_OK) for path in folders) and os.access(home.settings, os.R_OK)


def say(answer: Answer, *, as_json: bool, tell: Tell, voice: Voice) -> Exit:
    """Print an answer the way it was asked for."""
    if as_json:
        print_json(answer.document)
    else:
        tell(answer.document, voice)
    return answer.status


def print_json(document: object) -> None:
    """One JSON document on stdout. A file name that is not UTF-8 stands in it as text and, exactly, as ``<member>_b64``."""
    try:
        data = msgspec.json.encode(document)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_readable(document))
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.flush()


def _readable(value: object) -> object:
    if isinstance(value, str):
        return os.fsencode(value).decode(errors="replace")
    if isinstance(value, Mapping):
        exact = {f"{key}_b64": _exact(inner) for key, inner in value.items() if _readable(inner) != inner and _exact(inner)}
        return {**{key: _readable(inner) for key, inner in value.items()}, **exact}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_readable(one) for one in value]
    return value


def _exact(value: object) -> object:
    if isinstance(value, str):
        return b64encode(os.fsencode(value)).decode()
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return [_exact(one) for one in value]
    return None


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
