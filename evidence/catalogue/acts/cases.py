"""Acts on cases: opened, changed, closed and opened again, renamed, merged, split.

Rules kept here: where a case gets another number, its clips are tagged with it in the same commit, each with an entry of its own; a hold on the
number of before is placed on the new one, too, so that nothing slips out of a hold by a change of name; the number of before leads to the
case for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from evidence import cases
from evidence.canonical import Json
from evidence.cases import Case, CaseState, case_of, checked, differences, moved, renamed
from evidence.catalogue import schema
from evidence.catalogue.acts.desk import Amendment, tagged_all
from evidence.catalogue.acts.sheets import Sheet, SheetChanged, written
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.errors import EvidenceError, Exit
from evidence.ids import ClipId, SheetId
from evidence.incidents import Difference

HOLD = "hold"
IN_FORCE = "in-force"
ON_CASE = "case"


class CaseKnown(EvidenceError):
    """A case bears that number, or bore it. Fields: ``number``, ``id``."""

    code = "case-known"
    status = Exit.REFUSED


class NoSuchCase(EvidenceError):
    """No case has that number or id. Fields: ``case``."""

    code = "no-such-case"
    status = Exit.USAGE


class NotInCase(EvidenceError):
    """A clip is not of the case. Fields: ``clip``, ``case``."""

    code = "not-in-case"
    status = Exit.USAGE


class MergedWithItself(EvidenceError):
    """A case cannot be merged into itself. Fields: ``case``."""

    code = "merged-with-itself"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Done:
    """What an act did: to which case, what changed of it, how many clips got another number."""

    id: SheetId
    changes: tuple[Difference, ...]
    clips: int = 0


def case_sheet(sheets: Sheets, named: str) -> SheetRow:
    """The case of an id, of a number, or of a number that it bore before. Raises :class:`NoSuchCase`."""
    found = sheets.sheet(cases.KIND, named)
    if found is None:
        rows = sheets.found(cases.KIND, "number", named)
        found = next((row for row in rows if (row.kept or {}).get("number") == named), next(iter(rows), None))
    if found is None:
        raise NoSuchCase(case=named)
    return found


def opened(commit: Commit, wanted: Case, actor: Actor, reason: str | None = None) -> SheetId:
    """A new case. Raises :class:`CaseKnown`, :class:`~evidence.cases.CaseUnfit`."""
    _check_number(commit, wanted.number, None)
    return _write(commit, checked(wanted), "opened", actor, None, reason)


def changed(
    commit: Commit, row: SheetRow, wanted: Case, actor: Actor, *, version: int | None = None, reason: str | None = None
) -> Done:
    """A case is changed, or gets another number, and its clips with it. A merged one is at its end.

    Raises :class:`CaseKnown`, :class:`~evidence.cases.CaseUnfit`, :class:`~evidence.cases.CaseMoveRefused`,
    :class:`~evidence.catalogue.acts.sheets.SheetChanged`.
    """
    before = case_of(row.said, row.kept)
    if version is not None and version != row.version:
        raise SheetChanged(kind=cases.KIND, id=row.id, version=row.version)
    if before.state is CaseState.MERGED:
        moved(before, CaseState.OPEN)
    wanted = checked(wanted)
    if wanted.number != before.number:
        _check_number(commit, wanted.number, row.id)
        wanted = replace(wanted, earlier=renamed(before, wanted.number).earlier)
    changes = tuple(differences(before, wanted))
    if not changes:
        return Done(row.id, ())
    did = "changed" if wanted.number == before.number else "renamed"
    _write(commit, wanted, did, actor, row, reason)
    clips = 0 if wanted.number == before.number else _moved(commit, [before.number], wanted.number, actor)
    return Done(row.id, changes, clips)


def closed(commit: Commit, row: SheetRow, actor: Actor, reason: str | None = None) -> Done:
    """A case is at rest. Raises :class:`~evidence.cases.CaseMoveRefused`."""
    return _move(commit, row, CaseState.CLOSED, "closed", actor, reason)


def reopened(commit: Commit, row: SheetRow, actor: Actor, reason: str | None = None) -> Done:
    """A closed case goes on. Raises :class:`~evidence.cases.CaseMoveRefused`."""
    return _move(commit, row, CaseState.OPEN, "reopened", actor, reason)


def merged(commit: Commit, row: SheetRow, into: SheetRow, actor: Actor, reason: str | None = None) -> Done:
    """A case becomes part of another, its clips with it. Raises :class:`~evidence.cases.CaseMoveRefused`, :class:`MergedWithItself`."""
    before, target = case_of(row.said, row.kept), case_of(into.said, into.kept)
    if row.id == into.id:
        raise MergedWithItself(case=before.number)
    if target.state is CaseState.MERGED:
        moved(target, CaseState.OPEN)
    after = replace(moved(before, CaseState.MERGED), merged_into=into.id)
    _write(commit, after, "merged", actor, row, reason)
    _write(commit, replace(target, merged_from=(*target.merged_from, row.id)), "joined", actor, into, reason)
    return Done(row.id, tuple(differences(before, after)), _moved(commit, [before.number], target.number, actor))


def split(commit: Commit, row: SheetRow, wanted: Case, clips: Sequence[ClipId], actor: Actor, reason: str | None = None) -> Done:
    """Some clips of a case become a case of their own. The id is the new one's.

    Raises :class:`NotInCase`, :class:`CaseKnown`, :class:`~evidence.cases.CaseUnfit`, :class:`~evidence.cases.CaseMoveRefused`.
    """
    before = case_of(row.said, row.kept)
    if before.state is CaseState.MERGED:
        moved(before, CaseState.OPEN)
    for clip in clips:
        if _number_of(commit, clip) not in before.numbers:
            raise NotInCase(clip=clip, case=before.number)
    made = opened(commit, replace(wanted, split_from=row.id), actor, reason)
    after = replace(before, split_into=(*before.split_into, made))
    _write(commit, after, "split", actor, row, reason)
    _holds_follow(commit, before.numbers, wanted.number, actor)
    counted = _tagged(commit, clips, wanted.number, actor)
    return Done(made, tuple(differences(before, after)), counted)


def _move(commit: Commit, row: SheetRow, state: CaseState, did: str, actor: Actor, reason: str | None) -> Done:
    before = case_of(row.said, row.kept)
    after = moved(before, state)
    _write(commit, after, did, actor, row, reason)
    return Done(row.id, tuple(differences(before, after)))


def _write(commit: Commit, wanted: Case, did: str, actor: Actor, row: SheetRow | None, reason: str | None) -> SheetId:
    sheet = Sheet(cases.KIND, wanted.said, wanted.kept, wanted.found_by)
    if row is None:
        return written(commit, sheet, did, actor, reason=reason)
    return written(commit, sheet, did, actor, of=row.id, version=row.version, reason=reason)


def _check_number(commit: Commit, number: str, own: SheetId | None) -> None:
    for row in Sheets(commit.connection, commit.station).found(cases.KIND, "number", number):
        if row.id != own:
            raise CaseKnown(number=number, id=row.id)


def _moved(commit: Commit, numbers: Sequence[str], number: str, actor: Actor) -> int:
    """The clips of some numbers get another, and the holds on them are placed on it, too; how many clips."""
    _holds_follow(commit, numbers, number, actor)
    table = schema.clip
    mine = (table.c.station == commit.station) & table.c.case_number.in_(numbers)
    clips = [ClipId(one) for one in commit.connection.execute(select(table.c.id).where(mine).order_by(table.c.id)).scalars()]
    return _tagged(commit, clips, number, actor)


def _tagged(commit: Commit, clips: Sequence[ClipId], number: str, actor: Actor) -> int:
    changed_clips = 0

    def count(_clip: ClipId, amendments: list[Amendment]) -> None:
        nonlocal changed_clips
        changed_clips += bool(amendments)

    tagged_all(commit, clips, {"case_number": number}, actor, count)
    return changed_clips


def _holds_follow(commit: Commit, numbers: Sequence[str], number: str, actor: Actor) -> None:
    sheets = Sheets(commit.connection, commit.station)
    there = [_ground(row) for row in sheets.found(HOLD, ON_CASE, number) if row.said["state"] == IN_FORCE]
    for before in numbers:
        for row in sheets.found(HOLD, ON_CASE, before):
            if row.said["state"] == IN_FORCE and _ground(row) not in there:
                kept: dict[str, Json] = {**(row.kept or {}), "value": number}
                written(commit, Sheet(HOLD, row.said, kept, (("state", IN_FORCE), (ON_CASE, number))), "placed", actor)


def _ground(row: SheetRow) -> tuple[Json, Json]:
    """What a hold rests on."""
    return row.said.get("clause"), (row.kept or {}).get("reason")


def _number_of(commit: Commit, clip: ClipId) -> str | None:
    table = schema.clip
    mine = (table.c.station == commit.station) & (table.c.id == clip)
    return commit.connection.execute(select(table.c.case_number).where(mine)).scalar()
