"""Disposals on their way: asked for by one person with every copy named, approved by another, undone while there is time.

Only what is due, or came up for review, can be asked for; each clip with the same bytes has to be, since equal bytes lie there once. A content
that no store holds for good needs a waiver, with a name to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from evidence.access import Guarded
from evidence.canonical import Json
from evidence.catalogue import outbox
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.sheets import NoSuchSheet, Sheet, written
from evidence.catalogue.derivatives import Derivatives
from evidence.catalogue.keeping import Keeping, KeptClip
from evidence.catalogue.ledger import Commit
from evidence.catalogue.logged import Logged
from evidence.catalogue.queries import Queries
from evidence.catalogue.reaching import check_clip
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import STATION, Act, Actor, subject_clip, subject_sheet
from evidence.disposal import DISPOSAL, Content, Copy, CopyKind, DisposalState, Named, check_move
from evidence.errors import Exit
from evidence.facts import ClipState, DockingState
from evidence.ids import ClipId, SheetId
from evidence.retention import Judgement, judge
from station import approvals
from station.home import StationError
from station.receipted import receipts_of
from station.rooms import Rooms
from station.seconding import agreed

AT_ONCE = 500
"""Contents that one disposal may name: what a person can look through, and an entry can hold."""
APPROVAL_HOURS = 14 * 24


class NotDisposable(StationError):
    """A clip may not be disposed of as things are. Fields: ``clip``, ``reason`` (a word of the vocabulary)."""

    code = "not-disposable"
    status = Exit.REFUSED


class NoSecondPerson(StationError):
    """Whoever asked for a disposal does not approve it; nor does anybody once the question is over. Fields: ``disposal``."""

    code = "no-second-person"
    status = Exit.REFUSED


class NothingToDispose(StationError):
    """Nothing was named, or nothing is due. Fields: ``limit``."""

    code = "nothing-to-dispose"
    status = Exit.USAGE


def ask(rooms: Rooms, actor: Actor, clips: Sequence[str], *, all_due: int, reason: str, waiver: str | None) -> SheetId:
    """Ask for a disposal of clips, or of as many contents as are due: its id.

    Raises :class:`NotDisposable` for the first that may not go, :class:`NothingToDispose`, and what a look at a clip would.
    """
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        keeping = Keeping(commit.connection, commit.station)
        named = list(dict.fromkeys(clips)) or _due(commit, actor, min(all_due, AT_ONCE))
        vaults = [CopyKind.VAULT, *([CopyKind.SECOND_VAULT] if rooms.settings.second_vault else [])]
        made = Derivatives(rooms.catalogue, rooms.station)
        contents = _contents(commit, keeping, actor, named, waiver=waiver, strict=bool(clips), vaults=vaults, made=made)
        if not contents or len(contents) > AT_ONCE:
            raise NothingToDispose(limit=AT_ONCE)
        said: dict[str, Json] = {
            "state": DisposalState.ASKED.value,
            "contents": [one.document() for one in contents],
            "kept_back": [],
        }
        said |= {"not_before": None, "approval": None, "waived": waiver is not None}
        kept: dict[str, Json] = {"reason": reason, "waiver": waiver, "asked_by": actor.person, "approved_by": None}
        disposal = written(commit, sheet_of(said, kept), "asked", actor, reason=reason)
        approvals.ask(commit, Guarded.DISPOSE.value, subject_sheet(disposal), actor, reason, hours=APPROVAL_HOURS)
    return disposal


def approve(rooms: Rooms, actor: Actor, disposal: str) -> None:
    """Agree as the second person; the time in which it can be undone begins.

    Raises :class:`NoSecondPerson` and the faults of :mod:`station.approvals`.
    """
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = row_of(commit, disposal)
        check_move(disposal, DisposalState(row.said["state"]), DisposalState.PENDING)
    subject = subject_sheet(row.id)
    word = agreed(rooms, actor, Guarded.DISPOSE, subject)
    if word is None:
        raise NoSecondPerson(disposal=disposal)
    with rooms.ledger.commit() as commit:
        row = row_of(commit, disposal)
        check_move(disposal, DisposalState(row.said["state"]), DisposalState.PENDING)
        spent = approvals.spend(commit, Guarded.DISPOSE.value, subject, STATION)
        until = datetime.fromisoformat(commit.utc) + timedelta(days=rooms.settings.disposal_undo_days)
        said: dict[str, Json] = {
            "state": DisposalState.PENDING.value,
            "approval": spent,
            "not_before": until.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        change(commit, row, "approved", actor, said, {"approved_by": word.decided_by})


def undo(rooms: Rooms, actor: Actor, disposal: str, reason: str) -> None:
    """Nothing is to come of it. Raises ``DisposalMoved`` once the first copy was about to go."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = row_of(commit, disposal)
        check_move(disposal, DisposalState(row.said["state"]), DisposalState.UNDONE)
        change(commit, row, "undone", actor, {"state": DisposalState.UNDONE.value}, {}, reason=reason)


def row_of(commit: Commit, disposal: str) -> SheetRow:
    """A disposal in a commit. Raises ``NoSuchSheet``."""
    row = Sheets(commit.connection, commit.station).sheet(DISPOSAL, disposal)
    if row is None:
        raise NoSuchSheet(kind=DISPOSAL, id=disposal)
    return row


def change(
    commit: Commit,
    row: SheetRow,
    did: str,
    actor: Actor,
    said: dict[str, Json],
    kept: dict[str, Json],
    *,
    reason: str | None = None,
) -> None:
    """The next version of a disposal's sheet."""
    sheet = sheet_of({**row.said, **said}, {**(row.kept or {}), **kept})
    written(commit, sheet, did, actor, of=row.id, version=row.version, reason=reason)


def sheet_of(said: dict[str, Any], kept: dict[str, Json]) -> Sheet:
    """A disposal's sheet: found by its state, and by its clips."""
    clips = [named["id"] for one in said["contents"] for named in one["clips"]]
    return Sheet(DISPOSAL, said, kept, (("state", said["state"]), *(("clip", clip) for clip in clips)))


def flaw(commit: Commit, keeping: Keeping, content: Content) -> str | None:
    """Why a content may not go although it was asked for: what changed since, as a word of the vocabulary; None when nothing did."""
    clips = keeping.clips_with(content.sha256)
    if [clip.facts.id for clip in clips] != [named.id for named in content.clips]:
        return "shared"
    queries, logged = Queries(commit.connection, commit.station), Logged(commit.connection, commit.station)
    rules, holds = keeping.rules(), keeping.holds()
    for clip, named in zip(clips, content.clips, strict=True):
        judgement = judge(clip.facts, rules, holds, commit.utc)
        if clip.disposed_at is not None or not judgement.removable:
            return "disposed" if clip.disposed_at is not None else judgement.fate.value
        if _tagged(queries, clip.facts.id) != named.tagged:
            return "changed"
        said, facts = logged.tags(ClipId(clip.facts.id)), clip.facts
        if (said.taken_at, said.category, said.importance, said.incident, said.cased) != (
            *(facts.taken_at, clip.category, facts.importance, facts.incident),
            facts.case_number is not None,
        ):
            return "doubted"
    return None


def _due(commit: Commit, actor: Actor, limit: int) -> list[str]:
    """The oldest clips that are due by rule; what comes up for review is for people to look at, one by one."""
    keeping = Keeping(commit.connection, commit.station, actor.reach)
    rules = keeping.rules()
    page = keeping.page(keeping.due_spans(rules, commit.utc), rules, commit.utc, limit=max(limit, 1))
    return [one.clip.facts.id for one in page if one.judgement.fate.value == "due"]


def _contents(
    commit: Commit,
    keeping: Keeping,
    actor: Actor,
    named: Sequence[str],
    *,
    waiver: str | None,
    strict: bool,
    vaults: Sequence[CopyKind],
    made: Derivatives,
) -> list[Content]:
    """The contents of clips with all their copies. ``strict``: one that may not go is a fault; otherwise it is left out."""
    found: dict[str, Content] = {}
    for clip in named:
        row = keeping.clip(clip)
        if row is None:
            raise NoSuchClip(clip=clip)
        if row.sha256 in found:
            continue
        try:
            found[row.sha256] = _content(commit, keeping, actor, row, waiver, vaults, made)
        except NotDisposable:
            if strict:
                raise
    return list(found.values())


def _content(
    commit: Commit,
    keeping: Keeping,
    actor: Actor,
    row: KeptClip,
    waiver: str | None,
    vaults: Sequence[CopyKind],
    made: Derivatives,
) -> Content:
    queries, sheets = Queries(commit.connection, commit.station), Sheets(commit.connection, commit.station)
    rules, holds = keeping.rules(), keeping.holds()
    clips, judged = keeping.clips_with(row.sha256), list[Judgement]()
    states = dict(queries.clips_of(row.sha256))
    for clip in clips:
        mine = ClipId(clip.facts.id)
        check_clip(commit.connection, commit.station, mine, actor.reach)
        judgement = judge(clip.facts, rules, holds, commit.utc)
        if (reason := _hinders(clip, judgement, states[mine])) is not None:
            raise NotDisposable(clip=mine, reason=reason)
        if any(DisposalState(one.said["state"]).open for one in sheets.found(DISPOSAL, "clip", mine)):
            raise NotDisposable(clip=mine, reason="asked")
        judged.append(judgement)
    last = max(judged, key=lambda one: one.until or "")
    assert last.rule is not None
    assert last.until is not None
    receipts = [one for each in receipts_of(queries, [ClipId(clip.facts.id) for clip in clips]).values() for one in each]
    fitting = [one for one in receipts if (one.sha256, one.size) == (row.sha256, row.size)]
    real = next((one for one in fitting if one.permits_release()), None)
    waiting = outbox.unsent(commit.connection, commit.station, row.sha256)
    if waiver is None and (real is None or waiting):
        raise NotDisposable(clip=row.facts.id, reason="no-receipt" if real is None else "waiting")
    copies = [Copy(one, one.value) for one in vaults]
    at_stores = {(one.store, one.object_key): one for one in fitting}
    copies += [Copy(CopyKind.STORE, store, key, one.version) for (store, key), one in sorted(at_stores.items())]
    copies += [Copy(CopyKind.COURIER, one.id, one.object_key) for one in waiting]
    copies += [Copy(CopyKind.DERIVATIVE, one.id) for one in made.of(row.sha256) if one.present]
    return Content(
        sha256=row.sha256,
        size=row.size,
        clips=tuple(Named(clip.facts.id, _tagged(queries, clip.facts.id)) for clip in clips),
        fate=max(one.fate.value for one in judged),
        rule=last.rule.name,
        rule_version=last.rule.version,
        clause=last.rule.clause,
        until=last.until,
        receipt=None if real is None else real.id,
        copies=tuple(copies),
    )


def _hinders(clip: KeptClip, judgement: Judgement, docking_state: str) -> str | None:
    if clip.disposed_at is not None:
        return "disposed"
    if clip.state == ClipState.EMPTY.value:
        return "empty"
    if docking_state != DockingState.SEALED:
        return "open-docking"
    return None if judgement.removable else judgement.fate.value


def _tagged(queries: Queries, clip: str) -> str | None:
    entry = queries.newest_entry(subject_clip(ClipId(clip)), Act.TAGGED.value)
    return None if entry is None else str(entry["id"])
