"""The board in a terminal: every slot first, then a line for each change; with ``--json`` one document a line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, print_json
from station.messages import FAULTS, PHRASES, fault_text, phrase, plain

if TYPE_CHECKING:
    from station.httpclient import Address


def show_board(context: Context, service: Address, *, once: bool, as_json: bool) -> Exit:
    """Show the board until interrupted, or once. Raises ``ServiceUnreachable`` when the service ends."""
    from station.httpclient import HttpClient, ServiceUnreachable

    voice = Voice(context.language)

    def heard(language: str) -> None:
        context.language = voice.language = context.chosen or language

    try:
        for _, document in HttpClient(context.home, service, context.chosen, heard).events():
            if as_json:
                print_json(document)
            else:
                _tell(document, voice)
                sys.stdout.flush()
            if once:
                return Exit.OK
    except KeyboardInterrupt:
        return Exit.OK  # that is how one leaves it
    raise ServiceUnreachable(home=str(context.home.root), rule="it has stopped")


def _tell(document: Mapping[str, Any], voice: Voice) -> None:
    if "slots" not in document:
        click.echo(_line(document, voice))
        return
    if not document["slots"]:
        voice.line("board-empty")
    for slot in document["slots"]:
        click.echo(_line(slot, voice))


def _line(slot: Mapping[str, Any], voice: Voice) -> str:
    parts = [voice("board-slot", slot=f"{slot['slot']:2}", state=voice(f"slot-{slot['state']}"))]
    parts += [voice(f"flag-{flag}") for flag in slot["flags"]]
    parts += [plain(slot[name]) for name in ("officer", "device") if slot[name] is not None]
    if slot["bytes_left"] is not None:
        parts.append(voice("board-left", left=human_bytes(slot["bytes_left"])))
    if slot["seconds_left"] is not None:
        minutes, seconds = divmod(int(slot["seconds_left"]), 60)
        parts.append(voice("board-time", time=f"{minutes}:{seconds:02}"))
    if slot["reason"] is not None:
        parts.append(_reason(slot["reason"], slot["fields"], voice.language))
    return "  ".join(parts)


def _reason(code: str, fields: Mapping[str, Any], language: str) -> str:
    if code in FAULTS:
        return fault_text(code, fields, language)
    return phrase(code, language, **{name: plain(value) for name, value in fields.items()}) if code in PHRASES else plain(code)
