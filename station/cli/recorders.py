"""Command about recorders that can be controlled: recorders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, table
from station.commands import ListRecorders


@click.command()
@json_option
@click.pass_obj
def recorders(context: Context, as_json: bool) -> Exit:
    """Which recorders can be controlled, and how that was tried. 可控制的记录仪及其验证方式。"""
    return context.ask(ListRecorders(), as_json=as_json, tell=_tell)


def _tell(answer: Mapping[str, Any], voice: Voice) -> None:
    table(
        [
            [
                one["title"],
                " ".join(one["usb"]) or "–",
                one["route"],
                voice(f"proof-{one['proof']}"),
                ", ".join(voice(f"can-{name}") for name in one["can"]) or voice("recorder-no-driver"),
            ]
            for one in answer["recorders"]
        ],
        [voice(head) for head in ("recorder-family", "recorder-usb", "recorder-route", "recorder-proof", "recorder-can")],
    )
    voice.line("recorder-by-hand")


COMMANDS = (recorders,)
