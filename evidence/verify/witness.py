"""The log against checkpoints that were kept where the station cannot reach them.

* Fewer entries than a witnessed head counts: ``rolled-back``, unless a later epoch names that gap (``recovered``).
* Another root at a witnessed size: ``forked``, also when the log was rolled back and then went on.
* A head of our origin under a key that this log never introduced: ``foreign-key``.
* A cosignature of a witness that was given vouches for a head whatever became of the log's own line; a line in a witness's
  name that it did not make over this head witnesses nothing, and is named.
* Without any witness nothing is wrong; a note says since when the log stands alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evidence.ids import StationId, origin
from evidence.verify.cosignatures import Signed, Unproven, WitnessKey, judge
from evidence.verify.keys import Keyring
from evidence.verify.log import EpochEnd
from evidence.verify.signednote import Checkpoint, NotACheckpoint, parse
from evidence.verify.verdict import Cosigned, Findings, Kind, NoteKind

_ORIGIN = re.compile(r"evidence-station/(?P<station>[^/]+)/(?P<epoch>[1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True)
class Untrusted:
    """A checkpoint file as it came back from far away. ``label`` says from where."""

    label: str
    note: bytes


@dataclass(frozen=True, slots=True)
class _Witness:
    label: str
    epoch: int
    checkpoint: Checkpoint
    cosigned: tuple[Signed, ...]


class Witnesses:
    """The checkpoints that were given."""

    def __init__(
        self, station: StationId, given: tuple[Untrusted, ...], keys: tuple[WitnessKey, ...], findings: Findings
    ) -> None:
        """``given``: checkpoints from far away; ``keys``: the witnesses that are believed."""
        self._station = station
        self._findings = findings
        self._heads: list[_Witness] = []
        for one in given:
            try:
                checkpoint = parse(one.note, cosigned=True)
            except NotACheckpoint as error:
                findings.note(NoteKind.CHECKPOINT_UNREADABLE, one.label, str(error))
                continue
            found = _ORIGIN.fullmatch(checkpoint.origin)
            if found is None or found["station"] != station:
                findings.note(NoteKind.CHECKPOINT_ELSEWHERE, one.label, f"of another log: {checkpoint.origin}")
                continue
            judged = judge(checkpoint, keys)
            for line in judged:
                if isinstance(line, Unproven):
                    findings.note(NoteKind.COSIGNATURE_UNPROVEN, one.label, f"in the name of {line.witness}: {line.reason}")
            genuine = tuple(line for line in judged if isinstance(line, Signed))
            self._heads.append(_Witness(one.label, int(found["epoch"]), checkpoint, genuine))

    def sizes(self) -> dict[int, set[int]]:
        """By epoch, the tree sizes whose roots are needed."""
        wanted: dict[int, set[int]] = {}
        for head in self._heads:
            wanted.setdefault(head.epoch, set()).add(head.checkpoint.size)
        return wanted

    def check(self, ends: dict[int, EpochEnd], keyring: Keyring) -> str | None:
        """Compare; returns the moment up to which the log is witnessed."""
        until: tuple[int, int, str] | None = None
        by_epoch: dict[int, list[_Witness]] = {}
        for head in self._heads:
            if self._proven(head, keyring):
                by_epoch.setdefault(head.epoch, []).append(head)
        for epoch, heads in sorted(by_epoch.items()):
            heads.sort(key=lambda head: head.checkpoint.size)
            agreed = self._epoch(epoch, heads, ends)
            if agreed is not None:
                until = max(until or agreed, agreed)
        self._unwitnessed(until, ends)
        return None if until is None else until[2]

    def _proven(self, head: _Witness, keyring: Keyring) -> bool:
        self._findings.checked["witnesses"] += 1
        if keyring.any_key(head.checkpoint) is not None:
            return True
        named = [key for key in keyring.log_keys() if key.named_in(head.checkpoint)]
        if named or keyring.lacks_certificate("log"):
            if head.cosigned:
                return True  # a witness saw the log's signature when it was whole
            self._findings.note(NoteKind.CHECKPOINT_UNPROVEN, head.label, "its signature does not hold, so it witnesses nothing")
        else:
            subject = keyring.stored_name(head.checkpoint)
            self._findings.problem(
                Kind.FOREIGN_KEY, subject, f"signed the checkpoint {head.label}, and the log never introduced it"
            )
        return False

    def _epoch(self, epoch: int, heads: list[_Witness], ends: dict[int, EpochEnd]) -> tuple[int, int, str] | None:
        end = ends.get(epoch, EpochEnd())
        agreed: tuple[int, int, str] | None = None
        subject = f"log:{origin(self._station, epoch)}"
        for head in heads:
            size = head.checkpoint.size
            if size > end.size:
                continue
            root = end.root if size == end.size else end.roots.get(size)
            if end.proven is not None and size > end.proven:
                continue  # what the log lacks there is already named
            if root is not None and size and root != head.checkpoint.root:
                if not self._explained(epoch, heads, ends):
                    self._findings.problem(Kind.FORKED, subject, f"another root at size {size} than {head.label} witnessed")
                return agreed
            if root is not None and size in end.moments:
                agreed = (epoch, size, end.moments[size])
                for one in head.cosigned:
                    origin_line = head.checkpoint.origin
                    self._findings.cosigned(Cosigned(one.witness, origin_line, size, _moment(one.seconds), end.moments[size]))
        beyond = [head for head in heads if head.checkpoint.size > end.size]
        if beyond and not self._explained(epoch, beyond, ends):
            last = beyond[-1]
            if end.proven is None:
                self._findings.problem(
                    Kind.ROLLED_BACK, subject, f"{end.size} entries, and {last.label} witnessed {last.checkpoint.size}"
                )
        return agreed

    def _explained(self, epoch: int, beyond: list[_Witness], ends: dict[int, EpochEnd]) -> bool:
        """Whether the opening of the epoch that followed names what was lost."""
        following = min((one for one in ends if one > epoch), default=0)
        opening = ends[following].opening if following else None
        if opening is None or opening.type != "recovered":
            return False
        last = beyond[-1].checkpoint
        heads = (opening.what["witnessed"], *opening.what.get("lost", []))
        named = next((one for one in heads if one is not None and one["origin"] == last.origin), None)
        if named is None or named["size"] < last.size:
            return False
        if named["size"] == last.size and named["root"] != last.root.hex():
            return False
        detail = f"entries up to {named['size']} were lost and named when the station recovered"
        self._findings.note(NoteKind.RECOVERED, f"log:{last.origin}", detail)
        return True

    def _unwitnessed(self, until: tuple[int, int, str] | None, ends: dict[int, EpochEnd]) -> None:
        if not ends:
            return
        newest = max(ends)
        end = ends[newest]
        subject = f"log:{origin(self._station, newest)}"
        if until is None or until[0] != newest:
            if end.size:
                self._findings.note(NoteKind.UNWITNESSED, subject, f"all {end.size} entries, since {end.first_at}")
        elif until[1] < end.size:
            since = end.moments.get(-until[1], end.last_at)
            self._findings.note(NoteKind.UNWITNESSED, subject, f"{end.size - until[1]} entries, since {since}")


def _moment(seconds: int) -> str:
    """RFC 3339; the end of the year 9999 for what lies beyond it: a witness's clock is its own affair."""
    latest = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    moment = latest if seconds >= (latest - begin) // timedelta(seconds=1) else begin + timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")
