"""Acts on clips that are already evidence: tagged, viewed, exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import select, update

from evidence.canonical import Json
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.commitments import Personal
from evidence.custody.entry import Act, Actor, Draft, subject_clip, subject_docking
from evidence.errors import EvidenceError, Exit
from evidence.facts import check_text
from evidence.ids import ClipId, DockingId

Field = Literal["case_number", "category", "note", "recorded_by", "incident", "importance", "sensitivity", "place"]
FIELDS: tuple[Field, ...] = get_args(Field)
OPEN: frozenset[Field] = frozenset({"category", "incident", "importance", "sensitivity"})
"""What the log says in plain; the others may name somebody, and are only committed to."""


class NoSuchClip(EvidenceError):
    """No clip of this station has that id. Fields: ``clip``."""

    code = "no-such-clip"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Amendment:
    """One field of one clip before and after."""

    field: Field
    old: str | None
    new: str | None


def tagged(commit: Commit, clip: ClipId, wanted: dict[Field, str | None], actor: Actor) -> list[Amendment]:
    """Change what is known about a clip; the manifest is never touched. A field that has the value already is left out.

    Raises :class:`NoSuchClip`, :class:`~evidence.facts.TextUnfit`.
    """
    table = schema.clip
    check_text("category", wanted.get("category") or "", schema.CATEGORY_CHARACTERS)
    mine = (table.c.station == commit.station) & (table.c.id == clip)
    row = commit.connection.execute(select(*(table.c[name] for name in FIELDS)).where(mine)).mappings().first()
    if row is None:
        raise NoSuchClip(clip=clip)
    amendments = [Amendment(field, row[field], new) for field, new in wanted.items() if row[field] != new]
    if not amendments:
        return []
    personal: list[Personal] = []
    changes: list[Json] = [
        {
            "field": one.field,
            "old": _told(commit, one, "old", one.old, personal),
            "new": _told(commit, one, "new", one.new, personal),
        }
        for one in amendments
    ]
    commit.append(Draft(Act.TAGGED, subject_clip(clip), {"changes": changes}, actor, tuple(personal)))
    commit.connection.execute(update(table).where(mine).values({one.field: one.new for one in amendments}))
    return amendments


def viewed(commit: Commit, clip: ClipId, actor: Actor, purpose: str | None = None) -> None:
    """Somebody looked at what is known about a clip."""
    _used(commit, Act.VIEWED, clip, actor, purpose)


def played(commit: Commit, clip: ClipId, of: str, actor: Actor, purpose: str | None = None) -> None:
    """Somebody was given footage to look at. ``of``: ``original`` or ``proxy``."""
    _used(commit, Act.VIEWED, clip, actor, purpose, how="played", of=of)


def exported(commit: Commit, clip: ClipId, actor: Actor, purpose: str | None = None) -> None:
    """A copy left the vault."""
    _used(commit, Act.EXPORTED, clip, actor, purpose)


def papers_exported(commit: Commit, docking: DockingId, actor: Actor, purpose: str | None = None) -> None:
    """A docking's manifest, records and listing left the station."""
    _told_purpose(commit, Act.EXPORTED, subject_docking(docking), actor, purpose)


def paper_printed(commit: Commit, subject: str, paper: str, actor: Actor) -> None:
    """A paper about a docking or about the station was printed: ``slip`` or ``shift``."""
    commit.append(Draft(Act.EXPORTED, subject, {"purpose": None, "paper": paper}, actor))


def _used(commit: Commit, act: Act, clip: ClipId, actor: Actor, purpose: str | None, **details: str) -> None:
    table = schema.clip
    if commit.connection.execute(select(table.c.id).where(table.c.station == commit.station, table.c.id == clip)).first() is None:
        raise NoSuchClip(clip=clip)
    _told_purpose(commit, act, subject_clip(clip), actor, purpose, **details)


def _told_purpose(commit: Commit, act: Act, subject: str, actor: Actor, purpose: str | None, **details: str) -> None:
    personal = (commit.personal("purpose", purpose),) if purpose else ()
    what: dict[str, Json] = {"purpose": personal[0].committed() if personal else None, **details}
    commit.append(Draft(act, subject, what, actor, personal))


def _told(commit: Commit, amendment: Amendment, side: str, value: str | None, personal: list[Personal]) -> Json:
    if value is None or amendment.field in OPEN:
        return value
    made = commit.personal(f"{amendment.field}.{side}", value)
    personal.append(made)
    return made.committed()
