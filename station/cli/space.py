"""Commands about room: erase, evict, recall, forecast."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option, table
from station.commands import Erase, Evict, Forecast, Recall
from station.messages import plain


@click.command()
@click.argument("docking")
@click.argument("path", type=click.Path(path_type=bytes))
@click.option("--dry-run", is_flag=True, help="Only show the plan, as without --yes. 仅显示计划。")
@click.option("--yes", is_flag=True, help="Erase what the plan shows. 确认清空。")
@json_option
@click.pass_obj
def erase(context: Context, docking: str, path: bytes, dry_run: bool, yes: bool, as_json: bool) -> Exit:
    """Erase what was taken and confirmed from a card that is mounted for writing. 清空已确认的存储卡文件。"""
    command = Erase(docking, os.path.abspath(path), confirmed=yes and not dry_run)
    return context.ask(command, as_json=as_json, tell=_tell_erased)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would go. 仅显示将移除的内容。")
@json_option
@click.pass_obj
def evict(context: Context, dry_run: bool, as_json: bool) -> Exit:
    """Let go of local copies that the store holds, until there is room. 移除存储端已有的本地副本以腾出空间。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        code = "evict-room" if not answer["missing_bytes"] else "evict-plan" if answer["dry_run"] else "evict-done"
        counts = {name: human_bytes(answer[f"{name}_bytes"]) for name in ("low", "free", "freed", "missing")}
        voice.line(code, count=len(answer["evicted"]), **counts)
        for one in answer["evicted"]:
            click.echo(f"  {one['sha256']}  {human_bytes(one['size'])}")
        for reason, count in answer["kept"].items():
            voice.line("evict-kept", count=count, reason=voice(f"evict-{reason}"))
        for one in answer["problems"]:
            click.echo(f"  ✖ [{one['kind']}] {one['subject']}: {plain(one['detail'])}")

    return context.ask(Evict(dry_run), as_json=as_json, tell=tell)


@click.command()
@click.argument("clips", nargs=-1, required=True)
@json_option
@click.pass_obj
def recall(context: Context, clips: tuple[str, ...], as_json: bool) -> Exit:
    """Fetch clips whose bytes lie in the store alone. 从存储端取回片段。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["recalled"]:
            voice.line("recall-done" if one["fetched"] else "recall-there", id=one["id"], size=human_bytes(one["size"]))

    return context.ask(Recall(clips), as_json=as_json, tell=tell)


@click.command()
@json_option
@click.pass_obj
def forecast(context: Context, as_json: bool) -> Exit:
    """When cameras and the vault are full, and whether the line catches up. 预测存储卡与保管库何时存满。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = [voice(code) for code in ("device", "forecast-free", "forecast-rate", "forecast-full")]
        table([[plain(one["device"]), *_figures(one, one["bytes_a_day"], voice)] for one in answer["devices"]], heads)
        station = answer["station"]
        free, rate, full = _figures(station, station["intake_a_day"], voice)
        voice.line("forecast-station", free=free, rate=rate, full=full)
        waiting = human_bytes(station["waiting_bytes"])
        line = "–" if station["line_a_day"] is None else human_bytes(station["line_a_day"])
        at = (station["caught_up_at"] or "–")[:10]
        voice.line(f"line-{station['line']}", waiting=waiting, line=line, at=at)

    return context.ask(Forecast(), as_json=as_json, tell=tell)


def _figures(one: Mapping[str, Any], rate: int | None, voice: Voice) -> tuple[str, str, str]:
    free = "–" if one["free_bytes"] is None else human_bytes(one["free_bytes"])
    full = one["full_at"][:10] if one["full_at"] else voice(f"outlook-{one['outlook']}")
    return free, "–" if rate is None else human_bytes(rate), full


def _tell_erased(answer: Mapping[str, Any], voice: Voice) -> None:
    if answer["dry_run"]:
        voice.line("erase-plan", count=len(answer["planned"]), bytes=human_bytes(answer["planned_bytes"]))
        for one in answer["planned"]:
            click.echo(f"  {plain(one['path'])}")
    else:
        voice.line("erase-done", count=len(answer["removed"]), bytes=human_bytes(answer["removed_bytes"]))
    for one in answer["kept"]:
        voice.line("erase-kept", path=plain(one["path"]), reason=voice(f"stays-{one['reason']}"))
    for one in answer["unlisted"]:
        voice.line("erase-kept", path=plain(one["path"]), reason=voice("stays-unlisted"))
    if answer["gone"]:
        voice.line("erase-gone", count=answer["gone"])
    if answer["dry_run"] and answer["planned"]:
        voice.line("erase-confirm")


COMMANDS = (erase, evict, recall, forecast)
