"""Disposals carried out: every copy that was named goes, and what changed since it was asked for stays.

Rules it keeps:

* nothing goes before the time to undo is over, while the log was turned back, or while rules or holds are not what the log says of them;
* an entry says that the disposal has begun before the first copy goes, and with it which contents;
* whether a hold, a case, a tag or a rule forbids it is asked once more in the very commit that takes a content out of the catalogue; its
  copies go after that commit, so a power cut leaves some lying, and the next run finishes;
* an object goes from the store only after its lock has ended: until then the whole disposal waits;
* the courier stands still meanwhile: nothing is sent of what is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from evidence.canonical import Json
from evidence.catalogue import outbox
from evidence.catalogue.acts import keeping as acts
from evidence.catalogue.keeping import Keeping
from evidence.catalogue.sheets import SheetRow
from evidence.custody.entry import Actor
from evidence.disposal import DISPOSAL, Content, Copy, CopyKind, DisposalState, contents_of
from evidence.errors import Exit
from evidence.ids import Digest, SheetId
from station.commands import Progress, Report
from station.delivering import only_courier
from station.derived.shelf import Shelf
from station.disposals import change, flaw, row_of
from station.handlers.intake import vaults_of
from station.home import StationError
from station.rooms import Rooms
from station.space import remove_let_go
from station.startup import check_not_turned_back
from station.storing import open_store
from uploader.errors import ObjectMissing, UploadError

if TYPE_CHECKING:
    from uploader.stores import Store

AT_ONCE = 64
"""Contents that leave in one commit: what a power cut may leave lying."""


class KeepingDoubted(StationError):
    """Rules, holds or disposals in the catalogue are not what the log says: nothing is disposed of. Fields: ``sheets`` (how many)."""

    code = "keeping-doubted"
    status = Exit.TAMPERED


@dataclass(slots=True)
class Ran:
    """What a run came to: disposals that ended, and those that wait, with why."""

    carried_out: list[SheetId] = field(default_factory=list)
    waiting: list[dict[str, Json]] = field(default_factory=list)

    def waits(self, disposal: SheetId, why: str, about: str) -> None:
        self.waiting.append({"id": disposal, "why": why, "about": about})


def due(rooms: Rooms) -> tuple[list[SheetRow], list[SheetRow]]:
    """Disposals that are to be carried out now, those that were begun first; and those that can still be undone."""
    now = rooms.clock().utc
    with rooms.sheets() as sheets:
        begun = sheets.found(DISPOSAL, "state", DisposalState.BEGUN.value)
        pending = sheets.found(DISPOSAL, "state", DisposalState.PENDING.value)
    ready = [row for row in pending if row.said["not_before"] <= now]
    return [*begun, *ready], [row for row in pending if row.said["not_before"] > now]


def run(
    rooms: Rooms,
    actor: Actor,
    report: Report,
    *,
    only: Collection[SheetId] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Ran:
    """Carry out what was approved and whose time to undo is over, and finish what was interrupted.

    ``only``: these and no others. ``stop``: asked between two commits; what was begun is finished by the next run. Raises
    :class:`KeepingDoubted`, ``LogTurnedBack``, ``CourierBusy`` and faults of the store's settings.
    """
    rooms.prepare_to_write()
    ran = Ran()
    rows, early = due(rooms)
    for row in early:
        ran.waits(row.id, "undo-window", row.said["not_before"])
    rows = [row for row in rows if only is None or row.id in only]
    if not rows:
        return ran
    with only_courier(rooms), open_store(rooms) as store:
        check_not_turned_back(rooms)
        _check_undoubted(rooms)
        for row in rows:
            if stop():
                break
            _Disposal(rooms, store, actor, ran, report, stop).carry_out(row)
    return ran


def _check_undoubted(rooms: Rooms) -> None:
    with rooms.keeping() as keeping:
        differing = keeping.differing()
    if differing:
        raise KeepingDoubted(sheets=len(differing))


class _Disposal:
    """One disposal in one run."""

    def __init__(self, rooms: Rooms, store: Store, actor: Actor, ran: Ran, report: Report, stop: Callable[[], bool]) -> None:
        self._rooms = rooms
        self._store = store
        self._actor = actor
        self._ran = ran
        self._report = report
        self._stop = stop

    def carry_out(self, row: SheetRow) -> None:
        """From where it stands to its end, or as far as it goes."""
        contents = contents_of(row.said)
        if row.said["state"] == DisposalState.PENDING.value:
            if (why := self._locked(contents)) is not None:
                self._ran.waits(row.id, *why)
                return
            contents = self._begin(row, contents)
        gone: list[Content] = []
        for first in range(0, len(contents), AT_ONCE):
            if self._stop():
                return
            some = self._let_go(row.id, contents[first : first + AT_ONCE])
            try:
                gone += [self._removed(one) for one in some]
            except UploadError as fault:
                self._ran.waits(row.id, fault.code, str(fault.fields.get("object_key", "")))
                return
            self._report(Progress("dispose", row.id, min(first + AT_ONCE, len(contents)), len(contents)))
        self._end(row.id, gone)

    def _locked(self, contents: Sequence[Content]) -> tuple[str, str] | None:
        """What keeps copies at the store from being removed: a word for it, and about which object."""
        for content in contents:
            for copy in content.copies:
                if copy.kind is not CopyKind.STORE:
                    continue
                if copy.name != self._store.name:
                    return "other-store", copy.name
                try:
                    lock = self._store.locked(str(copy.object_key), copy.version)
                except ObjectMissing:
                    continue
                except UploadError as fault:
                    return fault.code, str(copy.object_key)
                if lock.keeps(datetime.fromisoformat(self._rooms.clock().utc)):
                    return "locked", "hold" if lock.hold else str(lock.until)
        return None

    def _begin(self, row: SheetRow, contents: Sequence[Content]) -> tuple[Content, ...]:
        """Say that it begins: with what has not changed since it was asked for."""
        with self._rooms.ledger.commit() as commit:
            now = row_of(commit, row.id)
            keeping = Keeping(commit.connection, commit.station)
            flaws = {one.sha256: flaw(commit, keeping, one) for one in contents}
            going = tuple(one for one in contents if flaws[one.sha256] is None)
            kept_back: list[Json] = [{"sha256": one.sha256, "reason": flaws[one.sha256]} for one in contents if flaws[one.sha256]]
            said: dict[str, Json] = {
                "state": DisposalState.BEGUN.value,
                "contents": [one.document() for one in going],
                "kept_back": kept_back,
            }
            change(commit, now, "begun", self._actor, said, {})
        return going

    def _let_go(self, disposal: SheetId, contents: Sequence[Content]) -> list[Content]:
        """Take contents out of the catalogue that nothing forbids at this moment; those that are out, also by an earlier run."""
        found = []
        with self._rooms.ledger.commit() as commit:
            keeping = Keeping(commit.connection, commit.station)
            for one in contents:
                clips = keeping.clips_with(one.sha256)
                if clips and all(clip.disposed_at is not None for clip in clips):
                    found.append(one)
                elif flaw(commit, keeping, one) is None:
                    acts.disposed(commit, disposal, Digest(one.sha256), one.size, self._actor)
                    outbox.withdraw(commit.connection, commit.station, one.sha256)
                    found.append(one)
        for kind, vault in zip((CopyKind.VAULT, CopyKind.SECOND_VAULT), vaults_of(self._rooms), strict=False):
            there = set(remove_let_go(self._rooms, vault, [one.sha256 for one in found]))
            found = [_looked_for(one, kind, one.sha256 in there) for one in found]
        return found

    def _removed(self, content: Content) -> Content:
        """Every copy elsewhere goes, too. Raises the faults of the store."""
        shelf = Shelf(self._rooms)
        made = {row.id for row in shelf.rows.of(content.sha256) if row.present}
        for row in shelf.rows.of(content.sha256):
            shelf.remove(row)
        named = {copy.name for copy in content.copies if copy.kind is CopyKind.DERIVATIVE}
        since = tuple(Copy(CopyKind.DERIVATIVE, one) for one in sorted(made - named))  # made after it was asked for
        content = msgspec.structs.replace(content, copies=(*content.copies, *since))
        for copy in content.copies:
            if copy.kind is CopyKind.DERIVATIVE:
                content = _looked_for(content, copy.kind, copy.name in made, name=copy.name)
            elif copy.kind is CopyKind.STORE:
                there = self._store.remove(str(copy.object_key)) > 0
                content = _looked_for(content, copy.kind, there, copy.object_key)
            elif copy.kind is CopyKind.COURIER:
                content = _looked_for(content, copy.kind, True, copy.object_key)  # it was withdrawn with the commit
        return content

    def _end(self, disposal: SheetId, gone: Sequence[Content]) -> None:
        with self._rooms.ledger.commit() as commit:
            row = row_of(commit, disposal)
            left = {one.sha256 for one in gone}
            stayed: list[Json] = [
                {"sha256": one.sha256, "reason": "changed"} for one in contents_of(row.said) if one.sha256 not in left
            ]
            said: dict[str, Json] = {
                "state": DisposalState.CARRIED_OUT.value,
                "contents": [one.document() for one in gone],
                "kept_back": [*row.said["kept_back"], *stayed],
            }
            change(commit, row, "carried-out", self._actor, said, {})
        self._ran.carried_out.append(disposal)


def _looked_for(
    content: Content, kind: CopyKind, there: bool, object_key: str | None = None, name: str | None = None
) -> Content:  # what was found
    outcome = "removed" if there else "gone"
    copies = tuple(
        msgspec.structs.replace(copy, outcome=outcome)
        if copy.kind is kind and object_key in (None, copy.object_key) and name in (None, copy.name)
        else copy
        for copy in content.copies
    )
    return msgspec.structs.replace(content, copies=copies)
