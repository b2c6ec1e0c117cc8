"""How long the store has to keep what it has: as long as the longest rule says, and under a legal hold while anything suspends.

A date can only be moved further away, so it is given only as far as a rule reaches that ends; what is kept for ever, and what a case or a hold
suspends, lies under a legal hold, which is taken off when nothing asks for it any more.
"""

from __future__ import annotations

from datetime import datetime

from evidence.catalogue import outbox
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.keeping import Keeping
from evidence.custody.entry import STATION, subject_clip
from evidence.ids import ClipId
from evidence.retention import Fate, judge
from evidence.uploads import QueuedUpload
from station.receipted import receipts_of
from station.rooms import Rooms
from uploader.stores import Lock


class StationKeeper:
    """What the courier asks about locks."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def wanted(self, upload: QueuedUpload, store: str) -> tuple[str | None, Lock] | None:
        """The version that was received, and what is to keep it at this moment."""
        with self._rooms.keeping() as keeping, self._rooms.queries() as queries:
            lock = wanted_lock(keeping, upload.sha256, self._rooms.clock().utc)
            clips = [ClipId(one.facts.id) for one in keeping.clips_with(upload.sha256)]
            found = [one for each in receipts_of(queries, clips).values() for one in each]
        receipt = next((one for one in found if (one.store, one.object_key) == (store, upload.object_key)), None)
        return None if receipt is None or lock is None else (receipt.version, lock)

    def kept(self, upload: QueuedUpload, version: str | None, made: Lock) -> None:
        """An entry says what the store answered; the row is done."""
        until = None if made.until is None else made.until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        with self._rooms.ledger.commit() as commit:
            if made != Lock():
                what = {"object_key": upload.object_key, "version": version, "retain_until": until, "legal_hold": made.hold}
                clip = ClipId(upload.subject.removeprefix("clip:"))
                noted(commit, subject_clip(clip), "locked-at-store", STATION, what=what)
            outbox.done(commit.connection, commit.station, upload.id)


def wanted_lock(keeping: Keeping, sha256: str, now: str) -> Lock | None:
    """What is to keep a content: of all its clips the longest. None where every one was disposed of."""
    clips = [one for one in keeping.clips_with(sha256) if one.disposed_at is None]
    if not clips:
        return None
    rules, holds = keeping.rules(), keeping.holds()
    judged = [judge(one.facts, rules, holds, now) for one in clips]
    ends = [datetime.fromisoformat(one.until) for one in judged if one.until is not None and one.until > now]
    hold = any(one.fate in (Fate.SUSPENDED, Fate.PERMANENT, Fate.NO_RULE) for one in judged)
    return Lock(max(ends, default=None), hold)
