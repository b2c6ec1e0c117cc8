"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class ListWebhooks:
    """What another system was not told yet: what waits, and what is dead."""

    permission: ClassVar[Permission] = Permission.READ_SETTINGS
    handler: ClassVar[str] = "hooks:list_webhooks"


@dataclass(frozen=True, slots=True)
class TryWebhook:
    """Send a notice that nothing caused, at once."""

    permission: ClassVar[Permission] = Permission.CHANGE_SETTINGS
    handler: ClassVar[str] = "hooks:try_webhook"


@dataclass(frozen=True, slots=True)
class RetryWebhooks:
    """Try one notice again at once, or everything that waits or is dead."""

    permission: ClassVar[Permission] = Permission.SEND
    handler: ClassVar[str] = "hooks:retry_webhooks"
    notice: str | None = None


COMMANDS: tuple[type[Command], ...] = (ListWebhooks, TryWebhook, RetryWebhooks)
