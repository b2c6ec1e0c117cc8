"""The clerk's desk: tags, categories, cases, incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.access import Permission
from station.commands.base import Command


@dataclass(frozen=True, slots=True)
class Untag:
    """Take a tag back. ``entry``: where it stands in the log, as ``EPOCH/NUMBER`` or the number in the newest log.

    ``whole``: with everything else that its command tagged. ``anyway``: also where something else changed the field since.
    """

    permission: ClassVar[Permission] = Permission.TAG
    handler: ClassVar[str] = "tagging:untag"
    entry: str
    whole: bool = False
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Everything that was ever said of a clip, field by field."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "tagging:history"
    clip: str


@dataclass(frozen=True, slots=True)
class ListCategories:
    """The tree of categories, with how many clips bear each; and those that clips bear and the tree does not have."""

    permission: ClassVar[Permission] = Permission.READ_CLIPS
    handler: ClassVar[str] = "categories:list_categories"


@dataclass(frozen=True, slots=True)
class AddCategory:
    """Another category. ``keep``: ``permanent``, or a duration as ``P6M``."""

    permission: ClassVar[Permission] = Permission.MANAGE_CATEGORIES
    handler: ClassVar[str] = "categories:add"
    category: str
    en: str
    zh: str
    parent: str | None = None
    keep: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeCategory:
    """Change a category. None leaves a member alone; an empty ``parent`` or ``keep`` clears it. ``retired``: it is given no more."""

    permission: ClassVar[Permission] = Permission.MANAGE_CATEGORIES
    handler: ClassVar[str] = "categories:change"
    category: str
    en: str | None = None
    zh: str | None = None
    parent: str | None = None
    keep: str | None = None
    retired: bool | None = None


@dataclass(frozen=True, slots=True)
class AdoptCategories:
    """Take into the tree what clips bear and the tree does not have: free text of before. It is named by its own text."""

    permission: ClassVar[Permission] = Permission.MANAGE_CATEGORIES
    handler: ClassVar[str] = "categories:adopt"
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class ListCases:
    """Cases, the newest first, in pages; ``state``: ``open``, ``closed`` or ``merged``."""

    permission: ClassVar[Permission] = Permission.READ_CASES
    handler: ClassVar[str] = "cases:list_cases"
    state: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowCase:
    """The page of a case: its people, incidents, footage on one time line (in pages), holds, packages, history."""

    permission: ClassVar[Permission] = Permission.READ_CASES
    handler: ClassVar[str] = "cases:show"
    case: str
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open a case. ``people``: ``ROLE:NAME`` each; ``unit``: the station's own, unless another is named."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "cases:open_case"
    number: str
    title: str
    unit: str | None = None
    sensitivity: str | None = None
    people: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeCase:
    """Change a case. None leaves a member alone. ``number``: another one; its clips get it, too. ``version``: the one that it is thought to have."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "cases:change"
    case: str
    number: str | None = None
    title: str | None = None
    unit: str | None = None
    sensitivity: str | None = None
    people: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    reason: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class CloseCase:
    """A case is at rest."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "cases:close"
    case: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReopenCase:
    """A closed case goes on."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "cases:reopen"
    case: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MergeCase:
    """A case becomes part of another, its clips with it."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "cases:merge"
    case: str
    into: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SplitCase:
    """Some clips of a case become a case of their own."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "cases:split"
    case: str
    number: str
    title: str
    clips: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ListIncidents:
    """Incidents that begin from ``since`` on and not after ``until`` (RFC 3339 or local), oldest first, in pages."""

    permission: ClassVar[Permission] = Permission.READ_CASES
    handler: ClassVar[str] = "incidents:list_incidents"
    since: str | None = None
    until: str | None = None
    officer: str | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ShowIncident:
    """The page of an incident: the dispatch record beside all its footage from all cameras on one time line (in pages)."""

    permission: ClassVar[Permission] = Permission.READ_CASES
    handler: ClassVar[str] = "incidents:show"
    incident: str
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class AddIncident:
    """Enter a dispatch record by hand. Moments are of the station's zone where they have no offset."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "incidents:add"
    number: str
    begins_at: str
    ends_at: str | None = None
    location: str | None = None
    officers: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    category: str | None = None
    text: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeIncident:
    """Correct a dispatch record. None leaves a member alone, an empty text clears it; officers and devices replace those of before."""

    permission: ClassVar[Permission] = Permission.MANAGE_CASES
    handler: ClassVar[str] = "incidents:change"
    incident: str
    number: str | None = None
    begins_at: str | None = None
    ends_at: str | None = None
    location: str | None = None
    officers: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    category: str | None = None
    text: str | None = None
    unit: str | None = None
    reason: str | None = None
    version: int | None = None


COMMANDS: tuple[type[Command], ...] = (
    Untag,
    ShowHistory,
    ListCategories,
    AddCategory,
    ChangeCategory,
    AdoptCategories,
    ListCases,
    ShowCase,
    OpenCase,
    ChangeCase,
    CloseCase,
    ReopenCase,
    MergeCase,
    SplitCase,
    ListIncidents,
    ShowIncident,
    AddIncident,
    ChangeIncident,
)
