"""Commands about disposals: asked for, approved, undone, carried out, checked, certified."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option
from station.commands.keeping import (
    ApproveDisposal,
    AskDisposal,
    CheckDisposals,
    ListDisposals,
    PrintCertificate,
    RunDisposals,
    ShowDisposal,
    UndoDisposal,
)
from station.messages import plain

_disposal = click.argument("disposal")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def disposals(context: click.Context, as_json: bool) -> Exit | None:
    """Removing every copy of what is due, on the word of two people. 处置销毁 (双人)。"""
    return _list(context.obj, open_only=False, as_json=as_json) if context.invoked_subcommand is None else None


@disposals.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those of which something may still come. 仅未完结的。")
@json_option
@click.pass_obj
def disposals_list(context: Context, open_only: bool, as_json: bool) -> Exit:
    """Disposals, newest first. 全部处置。"""
    return _list(context, open_only=open_only, as_json=as_json)


@disposals.command("show")
@_disposal
@json_option
@click.pass_obj
def disposals_show(context: Context, disposal: str, as_json: bool) -> Exit:
    """One disposal with every copy that it names. 处置详情与全部副本。"""
    return context.ask(ShowDisposal(disposal), as_json=as_json, tell=_tell_whole)


@disposals.command("ask")
@click.argument("clips", nargs=-1)
@click.option("--due", "all_due", type=click.IntRange(1, 500), help="So many of the oldest that are due. 最早到期的若干段。")
@click.option("--reason", required=True, help="Why. 理由。")
@click.option("--waiver", help="Who takes it upon himself, and why, that no store holds it. 无回执时由谁负责及理由。")
@json_option
@click.pass_obj
def disposals_ask(
    context: Context, clips: tuple[str, ...], all_due: int | None, reason: str, waiver: str | None, as_json: bool
) -> Exit:
    """Ask for a disposal; somebody else approves it. 提出处置。"""
    return context.ask(AskDisposal(clips, reason, all_due or 0, waiver), as_json=as_json, tell=_tell_whole)


@disposals.command("approve")
@_disposal
@json_option
@click.pass_obj
def disposals_approve(context: Context, disposal: str, as_json: bool) -> Exit:
    """Agree as the second person. 第二人批准。"""
    return context.ask(ApproveDisposal(disposal), as_json=as_json, tell=_tell_whole)


@disposals.command("undo")
@_disposal
@click.option("--reason", required=True, help="Why. 理由。")
@json_option
@click.pass_obj
def disposals_undo(context: Context, disposal: str, reason: str, as_json: bool) -> Exit:
    """Take it back before its first copy goes. 撤销处置。"""
    return context.ask(UndoDisposal(disposal, reason), as_json=as_json, tell=_tell_whole)


@disposals.command("run")
@json_option
@click.pass_obj
def disposals_run(context: Context, as_json: bool) -> Exit:
    """Carry out those whose time has come; finish what was interrupted. 执行到期的处置。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("disposals-ran", count=len(answer["carried_out"]), waiting=len(answer["waiting"]))
        for one in answer["waiting"]:
            voice.line("disposal-waits", id=one["id"], why=voice(f"waits-{one['why']}"), about=plain(one["about"]))

    return context.ask(RunDisposals(), as_json=as_json, tell=tell)


@disposals.command("check")
@json_option
@click.pass_obj
def disposals_check(context: Context, as_json: bool) -> Exit:
    """Hold every disposal in the log against the rules. 依规核查全部处置。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["problems"]:
            click.echo(f"  ✖ {voice(one['kind'])} {one['subject']}: {plain(one['detail'])}")
        voice.line("disposals-checked", count=answer["checked"], problems=len(answer["problems"]))

    return context.ask(CheckDisposals(), as_json=as_json, tell=tell)


@disposals.command("certificate")
@_disposal
@click.option("--out", type=click.Path(path_type=bytes), help="The PDF file; by default certificate-ID.pdf here. 输出文件。")
@json_option
@click.pass_obj
def disposals_certificate(context: Context, disposal: str, out: bytes | None, as_json: bool) -> Exit:
    """The certificate of a disposal that was carried out. 处置销毁证明。"""
    target = os.path.abspath(out or os.fsencode(f"certificate-{disposal}.pdf".replace("/", "_")))
    return context.ask(
        PrintCertificate(disposal, target),
        as_json=as_json,
        tell=lambda answer, voice: voice.line("exported", path=plain(answer["file"])),
    )


def _list(context: Context, *, open_only: bool, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["disposals"]:
            _tell(one, voice)

    return context.ask(ListDisposals(open_only), as_json=as_json, tell=tell)


def _tell(one: Mapping[str, Any], voice: Voice) -> None:
    state = voice(f"disposal-{one['state']}")
    voice.line("disposal-line", id=one["id"], state=state, count=one["clips"], size=human_bytes(one["bytes"]), at=one["at"])
    if one["state"] == "pending":
        voice.line("disposal-until", at=one["not_before"])


def _tell_whole(one: Mapping[str, Any], voice: Voice) -> None:
    _tell(one, voice)
    for content in one["named"]:
        clips = ", ".join(clip["id"] for clip in content["clips"])
        click.echo(f"  {clips}  {content['rule']} ({content['rule_version']}): {plain(content['clause'])}, {content['until']}")
        for copy in content["copies"]:
            place = " ".join(plain(part) for part in (copy["name"], copy["object_key"]) if part)
            outcome = "" if copy["outcome"] is None else f"  {voice('copy-' + copy['outcome'])}"
            click.echo(f"    {voice('copy-at-' + copy['kind'])}  {place}{outcome}")
    for stayed in one["left_out"]:
        voice.line("disposal-kept-back", sha256=stayed["sha256"], why=voice(f"not-{stayed['reason']}"))
    for step in one["history"]:
        click.echo(f"  {step['at']}  {voice('disposal-' + step['did'])}  {plain(step['by'] or '–')}")


COMMANDS = (disposals,)
