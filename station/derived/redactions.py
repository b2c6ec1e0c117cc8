"""Redactions: what is hidden in a copy, written down, changed, made and approved; each step is a version of one sheet.

Rules kept here:

* a recipe is changed only in a new version, and what was made by the one before is no longer the redaction's copy;
* making a copy asks for a second person's word (:mod:`station.approvals`, act ``disclose``); nobody gives it who wrote any version of the
  recipe or made the copy; it is spent on one digest: a copy that would be made again differently is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from evidence.access import Guarded
from evidence.canonical import Json, JsonObject
from evidence.catalogue.acts.sheets import NoSuchSheet, Sheet, written
from evidence.catalogue.derivatives import DerivativeRow
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import STATION, Actor, subject_sheet
from evidence.errors import Exit
from evidence.ids import ClipId, SheetId
from station import approvals
from station.approvals import ApprovalState
from station.derived.making import Workshop
from station.derived.records import on_clip
from station.home import StationError
from station.rooms import Rooms
from station.software import software as program

KIND = "redaction"


class NothingMade(StationError):
    """A redaction has no copy that could be approved or given away. Fields: ``redaction``."""

    code = "redaction-not-made"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redaction as its newest version has it. ``state``: ``drafted``, ``made`` or ``approved``."""

    id: SheetId
    version: int
    at: str
    clip: ClipId
    original: str
    state: str
    recipe: JsonObject
    software: JsonObject | None
    name: str | None
    sha256: str | None
    size: int | None
    note: str | None

    def sheet(self) -> Sheet:
        """As it is written."""
        said: JsonObject = {
            "clip": self.clip,
            "original": self.original,
            "state": self.state,
            "recipe": self.recipe,
            "software": self.software,
            "id": self.name,
            "sha256": self.sha256,
            "size": self.size,
        }
        kept: JsonObject | None = None if self.note is None else {"note": self.note}
        return Sheet(KIND, said, kept, (("clip", self.clip), ("state", self.state)))

    def document(self) -> dict[str, Json]:
        """As every answer shows it."""
        return {
            "redaction": self.id,
            "version": self.version,
            "at": self.at,
            "clip": self.clip,
            "original": self.original,
            "state": self.state,
            "recipe": self.recipe,
            "software": self.software,
            "id": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "note": self.note,
        }


def drafted(clip: ClipId, original: str, recipe: JsonObject, note: str | None) -> Redacted:
    """One that was just written down, and is not a sheet yet."""
    return Redacted(SheetId(""), 0, "", clip, original, "drafted", recipe, None, None, None, None, note)


def read(row: SheetRow) -> Redacted:
    """A redaction from its sheet."""
    said: Any = row.said
    return Redacted(
        *(row.id, row.version, row.at, ClipId(said["clip"]), said["original"], said["state"], said["recipe"], said["software"]),
        *(said["id"], said["sha256"], said["size"], None if row.kept is None else row.kept.get("note")),
    )


def one(rooms: Rooms, redaction: str) -> Redacted:
    """A redaction. Raises :class:`~evidence.catalogue.acts.sheets.NoSuchSheet`."""
    with rooms.sheets() as sheets:
        row = sheets.sheet(KIND, redaction)
        if row is not None and not sheets.is_logged(row):
            row = None  # what decides is what the log says: a row that somebody edited is none
    if row is None:
        raise NoSuchSheet(kind=KIND, id=redaction)
    return read(row)


def several(rooms: Rooms, clip: str | None) -> list[Redacted]:
    """All of a clip, or all there are, oldest first."""
    with rooms.sheets() as sheets:
        rows = list(sheets.sheets(KIND)) if clip is None else sheets.found(KIND, "clip", clip)
        return [read(row) for row in rows if sheets.is_logged(row)]


def approved(rooms: Rooms, clip: ClipId) -> Redacted | None:
    """The newest redaction of a clip whose copy was approved; by the moment of its newest version."""
    found = [one for one in several(rooms, clip) if one.state == "approved"]
    return max(found, key=lambda one: (one.at, one.id), default=None)


def write(rooms: Rooms, redacted: Redacted, did: str, actor: Actor, *, row: DerivativeRow | None = None) -> Redacted:
    """A new redaction, or the next version of one. ``row``: the copy that was made, for which somebody's word is asked. Raises as ``sheets.written``."""
    of = redacted.id or None
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        version = redacted.version if of else None
        found = written(commit, redacted.sheet(), did, actor, of=of, version=version)
        if row is not None:
            on_clip(commit, redacted.clip, found, "redacted", row, actor)
            if actor.person is not None:
                hands = _hands(Sheets(commit.connection, commit.station), found)
                approvals.ask(
                    *(commit, Guarded.DISCLOSE.value, subject_sheet(found), actor, f"sha256 {row.sha256}"),
                    hours=rooms.settings.approval_hours,
                    not_by={one for one in hands if one is not None},
                )
    return one(rooms, found)


def make(rooms: Rooms, workshop: Workshop, redacted: Redacted, actor: Actor) -> Redacted:
    """The copy. Made already with this software, it is the same. Raises as :meth:`~station.derived.making.Workshop.made`."""
    original = workshop.original(redacted.original)
    row = workshop.made(original, redacted.recipe)
    software: JsonObject = {**workshop.software_of(redacted.recipe), "station": str(program()["version"])}
    if redacted.sha256 == row.sha256 and redacted.state == "approved":
        return redacted
    made = replace(redacted, state="made", software=software, name=row.id, sha256=row.sha256, size=row.size)
    return write(rooms, made, "made", actor, row=row)


def approve(rooms: Rooms, redacted: Redacted, actor: Actor, note: str | None) -> Redacted:
    """Somebody else looked at the copy, and it may be given away.

    Either this one gives his word, or he completes what another gave (``approvals give``). Raises :class:`NothingMade`, and as
    :func:`station.approvals.give`.
    """
    if redacted.state == "drafted":
        raise NothingMade(redaction=redacted.id)
    if redacted.state == "approved":
        return redacted
    subject = subject_sheet(redacted.id)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        if not approvals.given(commit, Guarded.DISCLOSE.value, subject, STATION):
            _give(commit, redacted, subject, actor, note)
    with rooms.ledger.commit() as commit:  # one of its own: what was given is held against the log before it is spent
        approvals.spend(commit, Guarded.DISCLOSE.value, subject, STATION)
        approved = replace(redacted, state="approved")
        written(commit, approved.sheet(), "approved", actor, of=redacted.id, version=redacted.version)
    return one(rooms, redacted.id)


def _give(commit: Commit, redacted: Redacted, subject: str, actor: Actor, note: str | None) -> None:
    """Give this one's word for what was asked when the copy was made."""
    sheets = Sheets(commit.connection, commit.station)
    waiting = [
        one
        for one in approvals.approvals_about(sheets, Guarded.DISCLOSE.value, subject)
        if one.state is ApprovalState.ASKED and not one.over(commit.utc)
    ]
    if not waiting:
        raise approvals.ApprovalMissing(act=Guarded.DISCLOSE.value, subject=subject)
    if actor.person in _hands(sheets, redacted.id):
        raise approvals.ApprovalOwn(approval=waiting[-1].id)
    approvals.give(commit, waiting[-1].id, actor, note)


def _hands(sheets: Sheets, redaction: SheetId) -> set[str | None]:
    """Everybody who wrote a version of it; None among them is one whose name was erased, or the station."""
    return {entry.personal.get("actor") for entry in sheets.history(redaction)}
