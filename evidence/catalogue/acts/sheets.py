"""Acts on sheets: what case work knows of one thing, in versions. And acts that change no row, and are remembered all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select, update

from evidence.canonical import Json, JsonObject, canonical
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import STATION, Act, Actor, Draft, subject_sheet
from evidence.errors import EvidenceError, Exit
from evidence.ids import SheetId


class NoSuchSheet(EvidenceError):
    """Nothing of that kind has that id. Fields: ``kind``, ``id``."""

    code = "no-such-sheet"
    status = Exit.USAGE


class SheetChanged(EvidenceError):
    """Somebody else changed it meanwhile. Fields: ``kind``, ``id``, ``version`` (the one it has now)."""

    code = "sheet-changed"
    status = Exit.REFUSED


class IndexTooLong(EvidenceError):
    """A value by which a sheet is to be found is longer than it may be. Fields: ``name``, ``limit``."""

    code = "index-too-long"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to stand on a sheet.

    ``said`` goes into the log as it is, so it names nobody; ``kept`` is what the log only commits to. ``found_by``: names and values by which
    the sheet is looked for; a name may have many values.
    """

    kind: str
    said: JsonObject
    kept: JsonObject | None = None
    found_by: tuple[tuple[str, str], ...] = field(default=())


def written(
    commit: Commit,
    sheet: Sheet,
    did: str,
    actor: Actor,
    *,
    of: SheetId | None = None,
    version: int | None = None,
    reason: str | None = None,
) -> SheetId:
    """Write a new sheet, or the next version of one: its id.

    ``did``: what was done, as a word of the vocabulary (``<kind>-<did>``). ``of``: the sheet that gets another version; ``version``: the one it
    is thought to have. ``reason``: why, in a person's words. Raises :class:`NoSuchSheet`, :class:`SheetChanged`, :class:`IndexTooLong`,
    :class:`~evidence.facts.TextUnfit`.
    """
    table = schema.sheet
    found = SheetId(commit.new_id()) if of is None else of
    mine = (table.c.station == commit.station) & (table.c.id == found)
    number = 1 if of is None else _next(commit, sheet.kind, of, version)
    kept = None if sheet.kept is None else canonical(sheet.kept).decode()
    personal = [] if kept is None else [commit.personal("kept", kept)]
    why = None if reason is None else commit.personal("reason", reason)
    what: dict[str, Json] = {
        "kind": sheet.kind,
        "did": did,
        "version": number,
        "said": sheet.said,
        "kept": personal[0].committed() if personal else None,
        "reason": None if why is None else why.committed(),
    }
    personal += [] if why is None else [why]
    commit.append(Draft(Act.RECORDED, subject_sheet(found), what, actor, tuple(personal), fresh=of is None))
    values = {"kind": sheet.kind, "version": number, "at": commit.utc, "said": canonical(sheet.said).decode(), "kept": kept}
    if of is None:
        commit.connection.execute(insert(table).values(station=commit.station, id=found, **values))
    else:
        commit.connection.execute(update(table).where(mine).values(**values))
    index(commit, sheet, found)
    return found


def index(commit: Commit, sheet: Sheet, of: SheetId) -> None:
    """Have a sheet found by what it says, and by nothing else. Raises :class:`IndexTooLong`."""
    table = schema.sheet_index
    for name, value in sheet.found_by:
        if len(value) > schema.INDEX_CHARACTERS:
            raise IndexTooLong(name=name, limit=schema.INDEX_CHARACTERS)
    commit.connection.execute(delete(table).where(table.c.station == commit.station, table.c.sheet == of))
    rows = [
        {"station": commit.station, "kind": sheet.kind, "name": name, "value": value, "sheet": of}
        for name, value in dict.fromkeys(sheet.found_by)
    ]
    if rows:
        commit.connection.execute(insert(table), rows)


def noted(
    commit: Commit,
    subject: str,
    did: str,
    actor: Actor = STATION,
    *,
    what: Mapping[str, Json] | None = None,
    people: Mapping[str, str] | None = None,
) -> None:
    """Something happened that changes no row: a sign-in, a refusal, a play, a figure that was drawn.

    ``did`` is a word of the vocabulary (``noted-<did>``); ``what`` goes into the log as it is; the values of ``people`` are only committed to.
    Raises :class:`~evidence.facts.TextUnfit`.
    """
    personal = [commit.personal(name, value) for name, value in (people or {}).items()]
    told: dict[str, Json] = {**(what or {}), "did": did, **{one.field: one.committed() for one in personal}}
    commit.append(Draft(Act.NOTED, subject, told, actor, tuple(personal)))


def _next(commit: Commit, kind: str, of: SheetId, version: int | None) -> int:
    table = schema.sheet
    row = commit.connection.execute(
        select(table.c.version).where(table.c.station == commit.station, table.c.id == of, table.c.kind == kind)
    ).first()
    if row is None:
        raise NoSuchSheet(kind=kind, id=of)
    if version is not None and row.version != version:
        raise SheetChanged(kind=kind, id=of, version=row.version)
    return int(row.version) + 1
