"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option
from station.commands.joining import ListWebhooks, RetryWebhooks, TryWebhook
from station.messages import plain


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def webhooks(context: click.Context, as_json: bool) -> Exit | None:
    """What another system is told. 通知外部系统。"""
    return _list(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@webhooks.command("list")
@json_option
@click.pass_obj
def webhooks_list(context: Context, as_json: bool) -> Exit:
    """What waits, and what is dead. 待发及已放弃的通知。"""
    return _list(context, as_json=as_json)


@webhooks.command("test")
@json_option
@click.pass_obj
def webhooks_test(context: Context, as_json: bool) -> Exit:
    """Send a notice that nothing caused. 发送测试通知。"""
    return context.ask(TryWebhook(), as_json=as_json, tell=_tell_tried)


@webhooks.command("retry")
@click.argument("notice", required=False)
@json_option
@click.pass_obj
def webhooks_retry(context: Context, notice: str | None, as_json: bool) -> Exit:
    """Try again at once: one notice, or all. 立即重试一条或全部。"""
    return context.ask(RetryWebhooks(notice), as_json=as_json, tell=_tell_tried)


def _list(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        if answer["url"] is None:
            voice.line("webhooks-none")
        else:
            voice.line("webhooks-to", url=answer["url"], events=", ".join(answer["events"]))
        _tell_notices(answer, voice)

    return context.ask(ListWebhooks(), as_json=as_json, tell=tell)


def _tell_tried(answer: Mapping[str, Any], voice: Voice) -> None:
    voice.line("webhooks-tried", taken=answer["taken"], failed=answer["failed"])
    _tell_notices(answer, voice)


def _tell_notices(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["notices"]:
        told = {name: one[name] for name in ("id", "event", "attempts")}
        voice.line("webhook-line", **told, state=voice(f"webhook-{one['state']}"), next=one["next_try_at"])
        if one["reason"]:
            click.echo(f"  {plain(one['reason'])}")


COMMANDS = (webhooks,)
