"""Commands about clips and dockings: clips, show, dockings, export."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option, table
from station.commands import Export, ListClips, ListDockings, ShowClip
from station.messages import plain


@click.command()
@click.option("--case", "case_number", help="Only clips of this case. 仅此案件。")
@click.option("--category", help="Only clips of this category. 仅此类别。")
@click.option("--docking", help="Only clips first taken in this docking. 仅此次接入。")
@click.option("--limit", type=click.IntRange(1, 1000), help="A page of so many; without it all. 每页条数; 不填则全部。")
@click.option("--after", help="Go on where a page said so. 续页位置。")
@json_option
@click.pass_obj
def clips(
    context: Context,
    case_number: str | None,
    category: str | None,
    docking: str | None,
    limit: int | None,
    after: str | None,
    *,
    as_json: bool,
) -> Exit:
    """List clips. 列出片段。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = [voice(code) for code in ("id", "recorded", "path", "size", "state", "category", "case", "sent", "kept_in")]
        table([clip_row(clip, voice) for clip in answer["clips"]], heads)
        if answer.get("next") is not None:
            voice.line("list-next", after=answer["next"])

    return context.ask(ListClips(case_number, category, docking, after, limit), as_json=as_json, tell=tell)


@click.command()
@click.argument("clip")
@json_option
@click.pass_obj
def show(context: Context, clip: str, as_json: bool) -> Exit:
    """Everything known about one clip. 显示一个片段的全部信息。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for key in (
            "id",
            "path",
            "device",
            "officer",
            "size",
            "sha256",
            *(["sm3"] if answer["sm3"] is not None else []),
            "state",
            "taken_at",
            "recorded_at",
            "duration",
            "category",
            "case",
            "note",
            *(name for name in ("recorded_by", "incident", "importance", "sensitivity", "place") if answer[name] is not None),
            "kept_in",
        ):
            click.echo(f"{voice(key)}: {plain(answer[key] if answer[key] is not None else '–')}")
        for sighting in answer["sightings"]:
            voice.line("seen-in", **{**sighting, "outcome": plain(sighting["outcome"])})
        for receipt in answer["receipts"]:
            voice.line("receipt-line", **{**receipt, "trial": voice("trial") if receipt["kind"] == "trial" else ""})

    return context.ask(ShowClip(clip), as_json=as_json, tell=tell)


@click.command()
@json_option
@click.pass_obj
def dockings(context: Context, as_json: bool) -> Exit:
    """List dockings. 列出接入记录。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = [voice(code) for code in ("id", "opened", "state", "device", "profile", "officer")]
        rows = [
            [one["id"], one["opened_at"][:19] + "Z", one["state"], one["device"], one["profile"], one["officer"] or "–"]
            for one in answer["dockings"]
        ]
        table(rows, heads)

    return context.ask(ListDockings(), as_json=as_json, tell=tell)


@click.command()
@click.argument("subject")
@click.argument("folder", type=click.Path(path_type=bytes))
@click.option("--purpose", help="What the copy is for. 用途。")
@json_option
@click.pass_obj
def export(context: Context, subject: str, folder: bytes, purpose: str | None, as_json: bool) -> Exit:
    """Write a clip, or a docking's manifest and signature, into a folder. 导出片段, 或某次接入的清单与签名。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for path in answer["files"]:
            voice.line("exported", path=plain(path))

    return context.ask(Export(subject, os.path.abspath(folder), purpose), as_json=as_json, tell=tell)


def clip_row(clip: Mapping[str, Any], voice: Voice) -> list[str]:
    """A clip as a line of a list."""
    recorded = (clip["recorded_at"] or clip["taken_at"])[:19] + "Z"
    sent = voice("yes") if clip["received"] else voice("no")
    return [
        clip["id"],
        recorded,
        clip["path"],
        human_bytes(clip["size"]),
        clip["state"],
        clip["category"],
        clip["case"] or "–",
        sent,
        voice(f"kept-in-{clip['kept_in']}"),
    ]


COMMANDS = (clips, show, dockings, export)
