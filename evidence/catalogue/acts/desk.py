"""Acts on clips that are already evidence: tagged, viewed, exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from sqlalchemy import Connection, select, update

from evidence.canonical import Json
from evidence.catalogue import outbox, schema
from evidence.catalogue.ledger import Commit
from evidence.commitments import Personal
from evidence.custody.entry import Act, Actor, Draft, subject_clip, subject_docking
from evidence.errors import EvidenceError, Exit
from evidence.facts import check_text
from evidence.ids import ClipId, DockingId, StationId

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


Wanted = Mapping[Field, str | None]
Each = Callable[[ClipId, list["Amendment"]], None]
"""Who is told what changes of each clip."""

KEEPING: frozenset[Field] = frozenset({"case_number", "category", "importance", "incident", "recorded_by"})
"""On which it depends how long the store has to keep a clip."""
CHUNK = 500
"""Clips that are looked at in one question."""


def tagged(commit: Commit, clip: ClipId, wanted: Wanted, actor: Actor) -> list[Amendment]:
    """Change what is known about a clip; the manifest is never touched. A field that has the value already is left out.

    Raises :class:`NoSuchClip`, :class:`~evidence.facts.TextUnfit`.
    """
    found: list[Amendment] = []
    tagged_all(commit, [clip], wanted, actor, lambda _, amendments: found.extend(amendments))
    return found


def tagged_all(commit: Commit, clips: Sequence[ClipId], wanted: Wanted, actor: Actor, each: Each) -> None:
    """The same for many clips, each with an entry of its own; ``each`` is told of every one, also of those that change nothing.

    Raises as :func:`tagged`.
    """
    table = schema.clip
    for chunk, found in _amendments(commit.connection, commit.station, clips, wanted):
        changing = [clip for clip in chunk if found[clip]]
        if len(changing) > 1:
            commit.foresee([subject_clip(clip) for clip in changing])
        for clip in chunk:
            if found[clip]:
                amended(commit, clip, found[clip], actor)
            each(clip, found[clip])
        if changing:
            mine = (table.c.station == commit.station) & table.c.id.in_(changing)
            commit.connection.execute(update(table).where(mine).values(dict(wanted)))
            if KEEPING & wanted.keys():
                outbox.review_locks(commit.connection, commit.station, changing, commit.utc, commit.new_id)


def would_tag(connection: Connection, station: StationId, clips: Sequence[ClipId], wanted: Wanted, each: Each) -> None:
    """What :func:`tagged_all` would change; nothing is written. Raises as it does."""
    for chunk, found in _amendments(connection, station, clips, wanted):
        for clip in chunk:
            each(clip, found[clip])


def _amendments(
    connection: Connection, station: StationId, clips: Sequence[ClipId], wanted: Wanted
) -> Iterator[tuple[list[ClipId], dict[ClipId, list[Amendment]]]]:
    """Clips a chunk at a time, in the order they were named and once each, with what changes of each."""
    table = schema.clip
    for field, new in wanted.items():
        check_text(field, new or "", schema.CATEGORY_CHARACTERS if field == "category" else None)
    for chunk in _chunks(dict.fromkeys(clips)):
        mine = (table.c.station == station) & table.c.id.in_(chunk)
        rows = connection.execute(select(table.c.id, *(table.c[name] for name in wanted)).where(mine)).mappings()
        found = {
            row["id"]: [Amendment(field, row[field], new) for field, new in wanted.items() if row[field] != new] for row in rows
        }
        for clip in chunk:
            if clip not in found:
                raise NoSuchClip(clip=clip)
        yield chunk, found


def _chunks(clips: Iterable[ClipId]) -> Iterator[list[ClipId]]:
    rest = iter(clips)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def amended(commit: Commit, clip: ClipId, amendments: list[Amendment], actor: Actor) -> None:
    """The entry that says what changed of a clip; the row is the caller's to change, in the same commit."""
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


def viewed(commit: Commit, clip: ClipId, actor: Actor, purpose: str | None = None) -> None:
    """Somebody looked at what is known about a clip."""
    _used(commit, Act.VIEWED, clip, actor, purpose)


def played(commit: Commit, clip: ClipId, of: str, actor: Actor, purpose: str | None = None) -> None:
    """Somebody was given footage to look at. ``of``: ``original``, or what was made of it (``proxy``, ``working-copy`` …)."""
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
