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


@dataclass(frozen=True, slots=True)
class IndexBatch:
    """A signed batch of the index: what the city's platform does not have, and what changed. ``everything``: whatever it has."""

    permission: ClassVar[Permission] = Permission.GIVE_INDEX
    handler: ClassVar[str] = "cityindex:make_batch"
    limit: int = 1000
    everything: bool = False


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """What the platform answered to a batch: the numbers of the records that it took, knew already, or refused."""

    permission: ClassVar[Permission] = Permission.GIVE_INDEX
    handler: ClassVar[str] = "cityindex:take_answer"
    batch: str
    accepted: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowLink:
    """The link to a clip, and what it leads to. ``clip``: its id, or a link in either form."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "cityindex:show_link"
    clip: str


@dataclass(frozen=True, slots=True)
class ImportFolder:
    """Take footage of an older system with what that system said of it. ``path``: its table (CSV); ``mapping``: TOML, how its columns are called."""

    permission: ClassVar[Permission] = Permission.COLLECT
    handler: ClassVar[str] = "bringing:import_folder"
    folder: bytes
    path: bytes
    mapping: bytes
    dry_run: bool = False


COMMANDS: tuple[type[Command], ...] = (ListWebhooks, TryWebhook, RetryWebhooks, IndexBatch, IndexAnswer, ShowLink, ImportFolder)
