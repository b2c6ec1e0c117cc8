"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option, table
from station.commands import Command
from station.commands.derived import (
    AddRedaction,
    ApproveRedaction,
    ChangeRedaction,
    CutClip,
    Derive,
    ListDerivatives,
    ListRedactions,
    MakeRedaction,
    RemoveDerivative,
    TakeStill,
)
from station.messages import plain

_clip = click.argument("clip", metavar="CLIP")
_redaction = click.argument("redaction", metavar="REDACTION")
_mark = click.option(
    "--mark", "burn_in", is_flag=True, help="Write the original's digest into the picture. 在画面中标明原件摘要。"
)


@click.group()
def derive() -> None:
    """Make a viewing copy of a clip. 制作浏览副本。"""


def _standing(makes: Literal["proxy", "filmstrip", "waveform", "working-copy", "pts-index"], told: str) -> None:
    @derive.command(makes, help=told)
    @_clip
    @json_option
    @click.pass_obj
    def _made(context: Context, clip: str, as_json: bool) -> Exit:
        return context.ask(Derive(clip, makes), as_json=as_json, tell=_tell_made)


_standing("proxy", "A small copy that streams. 可流式播放的小尺寸副本。")
_standing("filmstrip", "Small pictures all along it, with their time stamps. 缩略图条及其时间戳。")
_standing("waveform", "Peaks of its sound. 声音波形。")
_standing("working-copy", "What frame-exact review of a transport stream needs. 供逐帧审看的工作副本。")
_standing("pts-index", "The time stamp of every frame. 每一帧的时间戳。")


@derive.command("still")
@_clip
@click.option("--at", required=True, metavar="PLACE", help="12.5s, 12500ms, pts:N, start or end. 位置。")
@_mark
@json_option
@click.pass_obj
def derive_still(context: Context, clip: str, at: str, burn_in: bool, as_json: bool) -> Exit:
    """One frame, as a picture without loss. 单帧无损图片。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        _tell_made(answer, voice)
        voice.line("derived-frame", frame=answer["frame"], at=answer["at_ms"])

    return context.ask(TakeStill(clip, at, burn_in), as_json=as_json, tell=tell)


@derive.command("clip")
@_clip
@click.option("--from", "first", default="start", show_default=True, metavar="PLACE", help="First frame. 首帧。")
@click.option("--to", "last", default="end", show_default=True, metavar="PLACE", help="Last frame. 末帧。")
@_mark
@json_option
@click.pass_obj
def derive_clip(context: Context, clip: str, first: str, last: str, burn_in: bool, as_json: bool) -> Exit:
    """The frames between two places. 截取片段。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        _tell_made(answer, voice)
        voice.line("derived-cut", frames=answer["frames"], at=answer["at_ms"])

    return context.ask(CutClip(clip, first, last, burn_in), as_json=as_json, tell=tell)


@click.group()
def derivatives() -> None:
    """What was made of originals. 衍生件。"""


@derivatives.command("list")
@click.option("--clip", help="Of this clip only. 仅此片段。")
@json_option
@click.pass_obj
def derivatives_list(context: Context, clip: str | None, as_json: bool) -> Exit:
    """All of them, and what could not be made. 全部衍生件, 以及未能生成者。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        rows = [
            [one["id"][:16], voice(f"makes-{one['makes']}"), one["original"][:16], human_bytes(one["size"]), _state(one, voice)]
            for one in answer["derivatives"]
        ]
        table(rows, [voice(head) for head in ("id", "derived-kind", "derived-of", "size", "derived-state")])

    return context.ask(ListDerivatives(clip), as_json=as_json, tell=tell)


@derivatives.command("remove")
@click.argument("derivative", metavar="ID")
@json_option
@click.pass_obj
def derivatives_remove(context: Context, derivative: str, as_json: bool) -> Exit:
    """Let go of one. 移除衍生件。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("derived-removed", makes=voice(f"makes-{answer['makes']}"), bytes=human_bytes(answer["bytes"]))

    return context.ask(RemoveDerivative(derivative), as_json=as_json, tell=tell)


@click.group()
def redactions() -> None:
    """What is hidden in copies for others. 遮蔽方案与副本。"""


_boxes = click.option("--box", "boxes", multiple=True, metavar="BOX", help="black|grey PLACE:x,y,w,h … 遮挡框 (黑或灰)。")
_mutes = click.option("--mute", "mutes", multiple=True, metavar="PLACE-PLACE", help="Silence. 静音。")
_sound = click.option("--sound/--no-sound", "sound", default=None, help="Leave the sound in or out. 保留或去除声音。")
_burn = click.option("--mark/--no-mark", "burn_in", default=None, help="Original's digest in the picture. 画面中的原件摘要。")
_note = click.option("--note", help="Why. 理由。")


@redactions.command("list")
@click.option("--clip", help="Of this clip only. 仅此片段。")
@json_option
@click.pass_obj
def redactions_list(context: Context, clip: str | None, as_json: bool) -> Exit:
    """All of them. 全部遮蔽方案。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["redactions"]:
            _tell_redaction(one, voice)

    return context.ask(ListRedactions(clip), as_json=as_json, tell=tell)


@redactions.command("add")
@_clip
@_boxes
@_mutes
@_sound
@_burn
@_note
@json_option
@click.pass_obj
def redactions_add(  # as many as the command line has options
    context: Context,
    clip: str,
    boxes: tuple[str, ...],
    mutes: tuple[str, ...],
    sound: bool | None,
    burn_in: bool | None,
    note: str | None,
    as_json: bool,
) -> Exit:
    """Write down what is to be hidden. 登记遮蔽方案。"""
    command = AddRedaction(clip, boxes, mutes, sound is not False, burn_in is not False, note)
    return _ask(context, command, as_json=as_json)


@redactions.command("change")
@_redaction
@_boxes
@_mutes
@_sound
@_burn
@_note
@click.option("--version", type=click.IntRange(min=1), help="The version it is thought to have. 预期版本。")
@json_option
@click.pass_obj
def redactions_change(
    context: Context,
    redaction: str,
    boxes: tuple[str, ...],
    mutes: tuple[str, ...],
    sound: bool | None,
    burn_in: bool | None,
    note: str | None,
    version: int | None,
    as_json: bool,
) -> Exit:
    """Write it down anew: boxes, or silences, in place of all before. 更改遮蔽方案。"""
    command = ChangeRedaction(redaction, boxes or None, mutes or None, sound, burn_in, note, version)
    return _ask(context, command, as_json=as_json)


@redactions.command("make")
@_redaction
@json_option
@click.pass_obj
def redactions_make(context: Context, redaction: str, as_json: bool) -> Exit:
    """Make the copy, and ask for a second person's word. 制作遮蔽副本并申请批准。"""
    return _ask(context, MakeRedaction(redaction), as_json=as_json)


@redactions.command("approve")
@_redaction
@click.option("--note", help="What you looked at. 审看说明。")
@json_option
@click.pass_obj
def redactions_approve(context: Context, redaction: str, note: str | None, as_json: bool) -> Exit:
    """Say that the copy may be given away. 批准遮蔽副本。"""
    return _ask(context, ApproveRedaction(redaction, note), as_json=as_json)


def _ask(context: Context, command: Command, *, as_json: bool) -> Exit:
    return context.ask(command, as_json=as_json, tell=_tell_redaction)


def _tell_made(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["made"]:
        voice.line("derived-made", makes=voice(f"makes-{one['makes']}"), bytes=human_bytes(one["size"]), file=plain(one["file"]))


def _state(one: Mapping[str, Any], voice: Voice) -> str:
    if one["reason"] is not None:
        return voice("derived-none", reason=plain(one["reason"]))
    return voice("derived-gone") if one["file"] is None else plain(one["file"])


def _tell_redaction(one: Mapping[str, Any], voice: Voice) -> None:
    state = voice("redaction-drafted" if one["state"] == "drafted" else f"redaction-state-{one['state']}")
    counts = {"boxes": len(one["recipe"]["boxes"]), "mutes": len(one["recipe"]["mutes"])}
    voice.line("redaction-line", id=one["redaction"], version=one["version"], state=state, clip=one["clip"], **counts)
    if one.get("file"):
        voice.line("derived-made", makes=voice("makes-redacted"), bytes=human_bytes(one["size"]), file=plain(one["file"]))


COMMANDS: tuple[click.Command, ...] = (derive, derivatives, redactions)
