"""Commands that print papers for people: slip, shift."""

from __future__ import annotations

import os

import click

from evidence.errors import Exit
from station.cli.output import Context, json_option
from station.commands import PrintShift, PrintSlip
from station.messages import plain


@click.command()
@click.argument("docking")
@click.option("--out", type=click.Path(path_type=bytes), help="The PDF file; by default slip-DOCKING.pdf here. 输出文件。")
@json_option
@click.pass_obj
def slip(context: Context, docking: str, out: bytes | None, as_json: bool) -> Exit:
    """Print a docking's slip for the officer. 打印接入凭单。"""
    target = os.path.abspath(out or os.fsencode(f"slip-{docking}.pdf".replace("/", "_")))
    return context.ask(
        PrintSlip(docking, target),
        as_json=as_json,
        tell=lambda answer, voice: voice.line("exported", path=plain(answer["file"])),
    )


@click.command()
@click.option(
    "--out", type=click.Path(path_type=bytes), default=b"shift.pdf", help="The PDF file; by default shift.pdf here. 输出文件。"
)
@json_option
@click.pass_obj
def shift(context: Context, out: bytes, as_json: bool) -> Exit:
    """Print the head of the log, to be signed at the end of a shift. 打印交班日志头。"""
    return context.ask(
        PrintShift(os.path.abspath(out)),
        as_json=as_json,
        tell=lambda answer, voice: voice.line("exported", path=plain(answer["file"])),
    )


COMMANDS = (slip, shift)
