"""Commands about sending: upload, uploads, receipts; and time stamps: stamp, stamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option
from station.commands import Cosign, ListReceipts, ListStamps, ListUploads, Stamp, Upload
from station.messages import plain


@click.command()
@click.option("--until-idle", is_flag=True, help="Go on until nothing is due. 持续上传直到没有待办。")
@json_option
@click.pass_obj
def upload(context: Context, until_idle: bool, as_json: bool) -> Exit:
    """Send what waits: the index first, then footage. 上传待办: 先索引, 后录像。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("upload-done", received=answer["received"], bytes=human_bytes(answer["bytes"]))
        if answer["trial"]:
            voice.line("upload-trial")
        _tell_witnesses(answer["cosignatures"], voice)
        for one in answer["waiting"]:
            voice.line("upload-waits", key=plain(one["object_key"]), reason=plain(one["reason"] or "–"), next=one["next_try_at"])
        if any(answer["stamps"][name] for name in ("attested", "waiting")):
            voice.line("stamp-done", **answer["stamps"])

    return context.ask(Upload(until_idle), as_json=as_json, tell=tell)


@click.command()
@json_option
@click.pass_obj
def cosign(context: Context, as_json: bool) -> Exit:
    """Have the witnesses cosign the current head of the log. 请见证方会签当前日志头。"""
    return context.ask(Cosign(), as_json=as_json, tell=lambda answer, voice: _tell_witnesses(answer["cosignatures"], voice))


@click.command()
@json_option
@click.pass_obj
def uploads(context: Context, as_json: bool) -> Exit:
    """What waits to be sent, and why. 待上传项目及原因。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["uploads"]:
            voice.line(
                "upload-waits", key=plain(one["object_key"]), reason=plain(one["reason"] or one["state"]), next=one["next_try_at"]
            )

    return context.ask(ListUploads(), as_json=as_json, tell=tell)


@click.command()
@click.option("--until-idle", is_flag=True, help="Go on until nothing is due. 持续获取直到没有待办。")
@json_option
@click.pass_obj
def stamp(context: Context, until_idle: bool, as_json: bool) -> Exit:
    """Fetch the time stamps that wait. 获取待办的时间戳。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("stamp-done", attested=answer["attested"], waiting=answer["waiting"])
        for one in (*answer["faults"], *answer["warnings"]):
            click.echo(f"  ! {plain(one['message'])}")

    return context.ask(Stamp(until_idle), as_json=as_json, tell=tell)


@click.command()
@click.option("--docking", help="Only those over this docking. 仅此接入的时间戳。")
@json_option
@click.pass_obj
def stamps(context: Context, docking: str | None, as_json: bool) -> Exit:
    """Time stamps: given and awaited, with how late each came. 时间戳: 已获得与待获取, 及其间隔。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["stamps"]:
            if one["state"] == "attested":
                voice.line("stamp-attested", **one)
            else:
                voice.line("stamp-waits", **{**one, "reason": plain(one["reason"] or "–")})

    return context.ask(ListStamps(docking), as_json=as_json, tell=tell)


@click.command()
@click.option("--clip", help="Only receipts of this clip. 仅此片段的回执。")
@json_option
@click.pass_obj
def receipts(context: Context, clip: str | None, as_json: bool) -> Exit:
    """What the store confirmed. 存储回执。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["receipts"]:
            voice.line("receipt-line", **{**one, "trial": voice("trial") if one["kind"] == "trial" else ""})

    return context.ask(ListReceipts(clip), as_json=as_json, tell=tell)


def _tell_witnesses(cosignatures: Sequence[Mapping[str, Any]], voice: Voice) -> None:
    for one in cosignatures:
        if one["result"] == "cosigned":
            voice.line("witness-cosigned", witness=plain(one["witness"]), size=one["size"])
        elif one["result"] in {"unreachable", "refused"}:
            voice.line("witness-soft", detail=plain(one["detail"]))
        else:
            voice.line("witness-contradicts", witness=plain(one["witness"]), result=one["result"], detail=plain(one["detail"]))


COMMANDS = (upload, cosign, uploads, receipts, stamp, stamps)
