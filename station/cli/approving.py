"""Commands about what needs a second person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.access import Guarded
from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option
from station.commands.people import AskApproval, GiveApproval, ListApprovals, RefuseApproval
from station.messages import plain

_note = click.option("--note", help="What there is to say. 说明。")


@click.group()
def approvals() -> None:
    """What needs a second person. 双人批准。"""


@approvals.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too. 包括已结束的。")
@json_option
@click.pass_obj
def approvals_list(context: Context, everything: bool, as_json: bool) -> Exit:
    """Those that wait for somebody, newest first. 待处理的批准。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["approvals"]:
            _tell(one, voice)

    return context.ask(ListApprovals(everything), as_json=as_json, tell=tell)


@approvals.command("ask")
@click.argument("act", type=click.Choice([one.value for one in Guarded]))
@click.argument("subject")
@click.option("--reason", required=True, help="What for. 理由。")
@json_option
@click.pass_obj
def approvals_ask(context: Context, act: str, subject: str, reason: str, as_json: bool) -> Exit:
    """Ask somebody else to agree. 申请批准。"""
    return context.ask(AskApproval(act, subject, reason), as_json=as_json, tell=_tell)


@approvals.command("give")
@click.argument("approval")
@_note
@json_option
@click.pass_obj
def approvals_give(context: Context, approval: str, note: str | None, as_json: bool) -> Exit:
    """Agree to what somebody else asked for. 批准他人的申请。"""
    return context.ask(GiveApproval(approval, note), as_json=as_json, tell=_tell)


@approvals.command("refuse")
@click.argument("approval")
@_note
@json_option
@click.pass_obj
def approvals_refuse(context: Context, approval: str, note: str | None, as_json: bool) -> Exit:
    """Decline, or take your own question back. 拒绝申请, 或撤回本人申请。"""
    return context.ask(RefuseApproval(approval, note), as_json=as_json, tell=_tell)


def _tell(one: Mapping[str, Any], voice: Voice) -> None:
    state = voice(f"approval-{one['state']}")
    told = {name: plain(one[name]) for name in ("id", "act", "subject", "asked_by")}
    voice.line("approval-line", **told, state=state, until=one["expires_at"][:19] + "Z")
    voice.line("approval-why", reason=plain(one["reason"]))
    if one["decided_by"] is not None:
        voice.line("approval-decided", decided_by=plain(one["decided_by"]), note=plain(one["note"] or "–"))
