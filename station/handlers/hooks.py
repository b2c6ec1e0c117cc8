"""Webhooks: what waits, a try, trying again."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.hookbox import HookBox, Notice
from evidence.custody.entry import Actor
from evidence.errors import Exit
from station import hooks
from station.commands import Answer, Report
from station.commands.joining import ListWebhooks, RetryWebhooks, TryWebhook
from station.rooms import Rooms


def list_webhooks(rooms: Rooms, _command: ListWebhooks, _actor: Actor, _report: Report) -> Answer:
    """Everything that was not taken yet, oldest first."""
    notices: list[Json] = [notice_json(one) for one in _box(rooms).all()]
    settings = rooms.settings
    events: list[Json] = [*settings.webhook_events.replace(",", " ").split()]
    return Answer({"url": settings.webhook_url or None, "events": events, "notices": notices})


def try_webhook(rooms: Rooms, _command: TryWebhook, _actor: Actor, _report: Report) -> Answer:
    """A notice that nothing caused, and what came of it. Raises ``NoWebhook``, ``WebhookSecretUnusable``."""
    rooms.prepare_to_write()
    hooks.secret_of(rooms)
    return _tried(rooms, hooks.make_trial(rooms).id)


def retry_webhooks(rooms: Rooms, command: RetryWebhooks, _actor: Actor, _report: Report) -> Answer:
    """Everything, or one notice, at once. Raises ``NoWebhook``, ``WebhookSecretUnusable``, ``NoSuchNotice``."""
    rooms.prepare_to_write()
    hooks.secret_of(rooms)
    while _box(rooms).behind():
        hooks.collect(rooms)
    if not _box(rooms).again(command.notice, rooms.clock().utc) and command.notice is not None:
        raise hooks.NoSuchNotice(notice=command.notice)
    return _tried(rooms, command.notice)


def _tried(rooms: Rooms, notice: str | None) -> Answer:
    taken, failed = hooks.deliver(rooms)
    left = [one for one in _box(rooms).all() if notice in (None, one.id)]
    notices: list[Json] = [notice_json(one) for one in left]
    return Answer({"taken": taken, "failed": failed, "notices": notices}, Exit.UNREACHABLE if failed and left else Exit.OK)


def notice_json(one: Notice) -> dict[str, Json]:
    """A notice as every answer shows it."""
    return {
        "id": one.id,
        "event": one.event,
        "state": one.state.value,
        "attempts": one.attempts,
        "next_try_at": one.next_try_at,
        "reason": one.reason,
        "queued_at": one.queued_at,
    }


def _box(rooms: Rooms) -> HookBox:
    return HookBox(rooms.catalogue, rooms.station)
