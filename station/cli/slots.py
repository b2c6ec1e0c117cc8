"""Commands about the slots of the dock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, table
from station.commands import ForgetSlot, LearnSlot, ListSlots

if TYPE_CHECKING:
    from ingest.docks.facts import Arrivals

LOOK_SECONDS = 3600.0


@click.group()
def slots() -> None:
    """Which USB port is which slot of the dock. 采集坞插槽与 USB 端口的对应关系。"""


@slots.command("list")
@json_option
@click.pass_obj
def slots_list(context: Context, as_json: bool) -> Exit:
    """The learned slots. 列出已登记的插槽。"""
    return context.ask(ListSlots(), as_json=as_json, tell=_tell_list)


@slots.command("learn")
@click.option("--slot", type=int, help="Number of the slot; the next free one otherwise. 插槽编号。")
@click.option("--port", help="The port, when it is known; otherwise plug a device in. USB 端口。")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many slots. 登记多少个后结束。")
@json_option
@click.pass_obj
def slots_learn(context: Context, slot: int | None, port: str | None, count: int | None, as_json: bool) -> Exit:
    """Plug a device into slot 1, then slot 2, and so on: each port becomes that slot. 依次将设备插入各插槽以登记端口。"""
    if port is not None:
        return context.ask(LearnSlot(port, slot), as_json=as_json, tell=_tell_learned)
    if as_json or not sys.stdin.isatty():
        raise click.UsageError("without a terminal, name the port: slots learn --port PORT [--slot N]")
    from ingest.docks.monitor import DockMonitor

    answer, voice = context.fetch(ListSlots())
    taken = [int(one["slot"]) for one in answer.document["slots"]]  # type: ignore[union-attr,index,call-overload,arg-type]  # as the handler makes it
    first = slot if slot is not None else max(taken, default=0) + 1

    def learn(number: int, found: str) -> None:
        _tell_learned(context.fetch(LearnSlot(found, number))[0].document, voice)

    monitor = DockMonitor()
    try:
        with suppress(KeyboardInterrupt):  # that is how a person says that there are no more
            for _ in zip(learn_by_plugging(monitor, first, learn, voice), range(count or sys.maxsize), strict=False):
                pass
    finally:
        monitor.close()
    return context.ask(ListSlots(), as_json=False, tell=_tell_list)


@slots.command("forget")
@click.argument("slot", type=int)
@json_option
@click.pass_obj
def slots_forget(context: Context, slot: int, as_json: bool) -> Exit:
    """A slot is no slot any more. 删除一个插槽。"""
    return context.ask(ForgetSlot(slot), as_json=as_json, tell=_tell_forgotten)


def learn_by_plugging(arrivals: Arrivals, first: int, learn: Callable[[int, str], None], voice: Voice) -> Iterator[int]:
    """Learn slot after slot from what is plugged in; what was there before is no answer, nor is a port that was just learned.

    Yields each slot once it is learned.
    """
    from ingest.docks.facts import Arrived

    number, before = first, ""
    voice.line("slots-plug", slot=number)
    while True:
        for event in arrivals.next(LOOK_SECONDS):
            if not isinstance(event, Arrived) or event.at_start or event.plugged.port == before:
                continue
            before = event.plugged.port
            learn(number, before)
            yield number
            number += 1
            voice.line("slots-plug", slot=number)


def _tell_list(answer: Mapping[str, Any], voice: Voice) -> None:
    if not answer["slots"]:
        voice.line("slots-none")
        return
    table([[str(one["slot"]), one["port"]] for one in answer["slots"]], [voice("slot"), voice("port")])


def _tell_learned(answer: Mapping[str, Any], voice: Voice) -> None:
    voice.line("slots-learned", **answer["learned"])


def _tell_forgotten(answer: Mapping[str, Any], voice: Voice) -> None:
    voice.line("slots-forgotten", slot=answer["forgotten"])


COMMANDS = (slots,)
