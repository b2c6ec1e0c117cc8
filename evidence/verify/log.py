"""The custody log against itself: every entry, its place, the tree over all of them, every signed head.

* Every body is hashed again; the hashes stored with it must follow, and each signed root must follow from them.
* Where they do not, the next signed root decides which side is genuine, so the finding names the entry that was changed.
* Entries bear the number of their row; columns that repeat the body say the same.
* Each commit left a checkpoint, and the newest covers everything (``heads.py``).

Held in memory: the right edge of the tree and the subjects since the last signed root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from evidence.ids import StationId, origin
from evidence.verify import tree
from evidence.verify.entries import Entry, Malformed, When, parse, said_seq
from evidence.verify.heads import Heads, Row
from evidence.verify.keys import Keyring
from evidence.verify.rows import Rows
from evidence.verify.verdict import DOUBTED_SUBJECTS, Findings, Kind, runs

ENTRY_COLUMNS = ("epoch", "seq", "id", "type", "subject", "at", "body", "hashes")
LARGEST = 1 << 44
"""More entries than a station will ever write; a number beyond it was never one of ours."""

Fold = Callable[[int, int, Entry | None, str, bytes], None]
"""Takes ``(epoch, seq, entry or None when it is doubted, subject, leaf hash)``."""


@dataclass(slots=True)
class EpochEnd:
    """What the log of one epoch came to."""

    size: int = 0
    root: bytes | None = tree.EMPTY
    roots: dict[int, bytes | None] = field(default_factory=dict)
    """Roots at the sizes that were asked for."""
    moments: dict[int, str] = field(default_factory=dict)
    """Moment of the last entry of each size that was asked for, and of the one after it under ``-size``."""
    first_at: str | None = None
    last_at: str | None = None
    opening: Entry | None = None
    proven: int | None = None
    """How many entries stand before the first trouble; None without any."""


@dataclass(slots=True)
class _Suspect:
    seq: int
    leaf: bool
    """The stored leaf hash is not the body's."""
    bodies: bool
    """What is stored contradicts the tree over all bodies."""
    first: int
    """First entry under the stored hash that disagrees."""


class EpochLog:
    """Reads the entries of one epoch in order."""

    def __init__(
        self, station: StationId, epoch: int, heads: Heads, keyring: Keyring, fold: Fold, findings: Findings, wanted: set[int]
    ) -> None:
        self.epoch = epoch
        self.end = EpochEnd()
        self._origin = origin(station, epoch)
        self._heads = heads
        self._keyring = keyring
        self._fold = fold
        self._findings = findings
        self._wanted = wanted
        self._edge = tree.Edge()
        self._bodies: tree.Edge | None = None  # a second edge, from bodies only, while stored hashes disagree
        self._suspects: list[_Suspect] = []
        self._proven = 0
        self._failing = False
        self._recent: list[tuple[str, str]] = []
        self._altered: dict[int, str] = {}
        self._missing: list[int] = []
        self._displaced: dict[int, int] = {}
        self._disagreeing: set[int] = set()
        self._when: When | None = None

    def entry(self, row: tuple[Any, ...]) -> None:
        """One row of ``custody_entry``; numbers ascend."""
        _, seq, entry_id, act, subject, at, body, hashes = row
        if not isinstance(body, bytes):
            body = b""  # what is no entry is an altered one: its stored hash tells
        if type(seq) is not int or not 0 <= seq < LARGEST or not isinstance(subject, str):
            self._findings.problem(Kind.LOG_ALTERED, f"entry:{self.epoch}/{seq!r}", "a row that is no entry")
            self._findings.doubt.cast_on_log("a row of the log is unreadable")
            return
        if seq != self._edge.size:
            self._gap(seq)
        self._recent.append((subject, entry_id))
        leaf = tree.leaf(body)
        sound = (self._bodies is None and self._edge.append(leaf, hashes)) or self._weigh(seq, leaf, hashes)
        parsed = self._parsed(seq, body, sound)
        if parsed is None:
            if seq in self._displaced:
                self._edge.forget_from(seq)  # what belongs here is not known, and its neighbours' hashes may tell
            self._doubt(seq, subject, entry_id, {leaf, hashes[: tree.WIDTH] if isinstance(hashes, bytes) else leaf})
        else:
            self._check_columns(parsed, (entry_id, act, subject, at))
            self._read(parsed, leaf)
        for checkpoint in self._heads.upto(self.epoch, self._edge.size):
            self._head(checkpoint)

    def close(self) -> EpochEnd:
        """Everything of this epoch was read; names what only the whole shows."""
        size = self.end.size = self._edge.size
        self.end.root = self._edge.root()
        beyond = self._heads.beyond(self.epoch, size)
        self._settle_suspects(genuine=None)
        moved_down = self._name_displaced()
        for run in runs(sorted(self._altered)):
            self._findings.problem(Kind.LOG_ALTERED, f"entry:{self.epoch}/{run}", self._altered[int(run.partition("-")[0])])
        if beyond is not None:
            self._missing += range(size + moved_down, min(beyond, size + DOUBTED_SUBJECTS))
        elif self._heads.claimed > size:
            span = f"entry:{self.epoch}/{size}-{self._heads.claimed - 1}"
            self._findings.problem(Kind.LOG_MISSING, span, "heads claim them that no key of this log explains")
            self._findings.doubt.cast_on_log("heads claim more entries than there are")
        for run in runs(self._missing):
            self._findings.problem(Kind.LOG_MISSING, f"entry:{self.epoch}/{run}", "signed heads cover it, and it is not there")
        if self._missing:
            self._findings.doubt.cast_on_log("entries are missing")
        if not self._heads.close(self.epoch, size):
            for subject, entry_id in self._recent:
                self._findings.doubt.cast_on(subject, entry_id)
        if self._altered or self._displaced or self._missing:
            self.end.proven = min((*self._altered, *self._displaced, *self._missing))
        if (unproven := self._heads.unproven_from.get(self.epoch)) is not None:
            self.end.proven = min(unproven - 1, size if self.end.proven is None else self.end.proven)
        return self.end

    def _parsed(self, seq: int, body: bytes, sound: bool) -> Entry | None:
        """The entry if it can be read where it stands; what is wrong with it is remembered."""
        if not sound:
            said = said_seq(body)
            self._disagreeing.add(seq)
            if said is not None and said != seq:
                self._displaced[seq] = said
            return None
        try:
            found = parse(body)
        except Malformed as error:
            said = said_seq(body)
            if said is not None and said != seq:
                self._displaced[seq] = said
            else:
                self._altered[seq] = f"not an entry of this format: {error}"
            return None
        if found.seq != seq:
            self._displaced[seq] = found.seq
            return None
        return found

    def _check_columns(self, entry: Entry, columns: tuple[Any, ...]) -> None:
        if columns == (entry.id, entry.type, entry.subject, entry.when.utc):
            return
        names = ("id", "type", "subject", "at")
        said = (entry.id, entry.type, entry.subject, entry.when.utc)
        differing = [name for name, column, value in zip(names, columns, said, strict=True) if column != value]
        self._altered[entry.seq] = f"columns that do not say what the entry says: {', '.join(differing)}"

    def _read(self, entry: Entry, leaf: bytes) -> None:
        end, seq = self.end, entry.seq
        if self._when is not None and self._when != entry.when:
            self._heads.commit_ended(self.epoch, seq)
        self._when = entry.when
        if seq == 0:
            end.first_at, end.opening = entry.when.utc, entry
            self._check_opening(entry)
        end.last_at = entry.when.utc
        if self._wanted:
            if seq in self._wanted:
                end.moments[-seq] = entry.when.utc
            if seq + 1 in self._wanted:
                end.moments[seq + 1] = entry.when.utc
                end.roots[seq + 1] = self._edge.root()
        if entry.type == "key-introduced":
            key = entry.subject.removeprefix("key:")
            self._keyring.introduce((self.epoch, seq), key, entry.what["role"], entry.what["certificate_sha256"], entry.when.utc)
        elif entry.type == "key-revoked":
            key = entry.subject.removeprefix("key:")
            self._keyring.revoke((self.epoch, seq), key, entry.what["reason"], entry.when.utc)
        self._findings.checked["entries"] += 1
        self._fold(self.epoch, seq, entry, entry.subject, leaf)

    def _check_opening(self, entry: Entry) -> None:
        expected = "initialised" if self.epoch == 1 else "recovered"
        what = entry.what
        if entry.type != expected or what["epoch"] != self.epoch or what["origin"] != self._origin:
            self._findings.problem(
                Kind.LOG_ALTERED, f"entry:{self.epoch}/0", f"the log of an epoch begins with {expected} and its origin"
            )

    # -- the tree --

    def _weigh(self, seq: int, leaf: bytes, hashes: object) -> bool:
        """Take in an entry whose stored hashes do not follow, or follow from nothing known. Whether its leaf hash agrees."""
        levels = (~seq & seq + 1).bit_length()  # trailing zero bits of seq + 1, and one
        whole = isinstance(hashes, bytes) and len(hashes) == levels * tree.WIDTH
        stored = (
            [hashes[at : at + tree.WIDTH] for at in range(0, len(hashes), tree.WIDTH)]
            if isinstance(hashes, bytes) and whole
            else []
        )
        before = self._edge.copy()
        agrees = bool(stored) and stored[0] == leaf
        contradicted = self._edge.put(stored[0] if stored else leaf, stored)
        if self._bodies is None and (not agrees or contradicted is not None):
            self._bodies = before
        against_bodies = None if self._bodies is None else self._bodies.put(leaf, stored)
        if not agrees or contradicted is not None:
            level = 0 if contradicted is None else contradicted
            first = max(self._proven, seq + 1 - (1 << level))
            self._suspects.append(_Suspect(seq, stored != [] and not agrees, against_bodies is not None or not stored, first))
        return agrees or not stored

    def _head(self, row: Row) -> None:
        """A checkpoint of exactly this size."""
        root = self._edge.root()
        signed = self._heads.check(row, self._origin, root, self._at(), certain=bool(self._suspects) or root is None)
        if signed is None or root is None:
            return
        if root != signed and self._bodies is not None and self._bodies.root() == signed:
            self._edge = self._bodies
            self._settle_suspects(genuine="bodies")
        elif root != signed:
            self._unresolved()
            return
        elif self._suspects:
            self._settle_suspects(genuine="stored")
        self._proven, self._failing = self._edge.size, False
        self._recent.clear()

    def _settle_suspects(self, genuine: str | None) -> None:
        for suspect in self._suspects:
            if suspect.seq in self._displaced:
                continue
            if suspect.leaf and genuine != "bodies":
                self._altered[suspect.seq] = "its bytes are not those that were logged"
            elif genuine == "bodies" and not suspect.bodies:
                continue
            elif genuine is None:
                for seq in range(suspect.first, suspect.seq + 1):
                    self._altered.setdefault(seq, "its bytes or the stored hashes over it were changed")
            else:
                self._altered[suspect.seq] = "its stored hashes were changed"
        self._suspects, self._bodies = [], None

    def _unresolved(self) -> None:
        """A good signature over a root that neither bodies nor stored hashes lead to."""
        first, last = self._proven, self._edge.size
        explained = self._failing or any(first <= seq < last for seq in (*self._displaced, *self._missing))
        if self._suspects and not explained:
            self._settle_suspects(genuine=None)
        elif not explained:
            for seq in range(first, min(last, first + DOUBTED_SUBJECTS)):
                self._altered.setdefault(seq, "these entries do not lead to the signed root over them")
        self._suspects, self._bodies = [], None
        self._failing = True
        for subject, entry_id in self._recent:
            self._findings.doubt.cast_on(subject, entry_id)
        if len(self._recent) > DOUBTED_SUBJECTS:
            self._findings.doubt.cast_on_log("too much of it is altered")
        self._recent.clear()
        self._edge.forget_from(first)

    def _gap(self, seq: int) -> None:
        size = self._edge.size
        self._missing += range(size, min(seq, size + DOUBTED_SUBJECTS))
        self._edge.skip_to(seq)
        self._bodies = self._when = None
        for row in self._heads.upto(self.epoch, seq):
            self._heads.check(row, self._origin, None, None, certain=True)

    # -- what could not be read --

    def _doubt(self, seq: int, subject: str, entry_id: object, leaves: set[bytes]) -> None:
        self._when = None
        self._findings.doubt.cast_on(subject, entry_id if isinstance(entry_id, str) else None)
        self._findings.doubt.leaves |= leaves
        if subject.startswith("key:"):
            self._keyring.presume((self.epoch, seq), subject.removeprefix("key:"))
        self._fold(self.epoch, seq, None, subject, b"")

    def _name_displaced(self) -> int:
        """Entries that bear another number: changed places, moved down over a hole, or pushed up by an insertion.

        Returns by how much entries moved down.
        """
        swapped = set(self._displaced)
        while not all(self._displaced[place] in swapped for place in swapped):
            swapped = {place for place in swapped if self._displaced[place] in swapped}
        if swapped:
            named = ",".join(runs(sorted(swapped)))
            self._findings.problem(Kind.LOG_ORDER, f"entry:{self.epoch}/{named}", "entries stand in each other's place")
        moved: dict[int, int] = {}
        tail = self._edge.size - 1
        while tail in self._displaced:
            tail -= 1
        for place, number in sorted(self._displaced.items()):
            if place in swapped:
                continue
            if place > tail and place not in self._disagreeing:
                moved.setdefault(number - place, place)
            else:
                self._altered[place] = "its bytes are not those that were logged"
        for shift, first in moved.items():
            if shift > 0:
                self._missing += range(first, first + min(shift, DOUBTED_SUBJECTS))
            else:
                self._altered[first + shift] = f"an entry was put in: those from {first} on bear the numbers before their own"
        return max((0, *moved))

    def _at(self) -> tuple[str, str] | None:
        return None if self._when is None else (self._when.utc, self._when.clock)


def read_log(
    rows: Rows, station: StationId, keyring: Keyring, heads: Heads, fold: Fold, findings: Findings, wanted: dict[int, set[int]]
) -> dict[int, EpochEnd]:
    """Read the whole log, epoch after epoch. ``wanted`` are tree sizes whose roots somebody else knows."""
    ends: dict[int, EpochEnd] = {}
    current: EpochLog | None = None
    for row in _entries(rows):
        epoch = row[0]
        if current is None or epoch != current.epoch:
            if current is not None:
                ends[current.epoch] = current.close()
            if type(epoch) is not int:
                findings.problem(Kind.LOG_ALTERED, f"entry:{epoch!r}", "a row that is of no epoch")
                current = None
                continue
            current = EpochLog(station, epoch, heads, keyring, fold, findings, wanted.get(epoch, set()))
        current.entry(row)
    if current is not None:
        ends[current.epoch] = current.close()
    if not ends:
        findings.problem(Kind.LOG_MISSING, "entry:1", "there is no log of this station")
        findings.doubt.cast_on_log("entries are missing")
    for epoch in heads.epochs_without_entries(ends):
        findings.problem(Kind.LOG_MISSING, f"entry:{epoch}", "there are signed heads of this epoch and no entries")
        findings.doubt.cast_on_log("entries are missing")
    _check_epochs(station, ends, findings)
    return ends


def _entries(rows: Rows) -> Iterator[tuple[Any, ...]]:
    return rows.each("custody_entry", ENTRY_COLUMNS)


def _check_epochs(station: StationId, ends: dict[int, EpochEnd], findings: Findings) -> None:
    """Each epoch after the first names how the one before it ended, and those between them that were lost."""
    last = 0
    for epoch, end in sorted(ends.items()):
        opening = end.opening if end.opening is not None and end.opening.type == "recovered" else None
        lost = {one["origin"] for one in opening.what.get("lost", [])} if opening is not None and last else set()
        first, final = last + 1, epoch - 1  # a forged epoch may be any number, so nothing here counts up to it
        while origin(station, first) in lost:
            first += 1
        while final > first and origin(station, final) in lost:
            final -= 1
        if first < epoch:
            span = f"{first}" if first == final else f"{first}-{final}"
            findings.problem(Kind.LOG_MISSING, f"entry:{span}", "there is no log of this epoch, and later ones exist")
            findings.doubt.cast_on_log("entries are missing")
        elif opening is not None and last:
            _check_end(station, last, ends[last], opening.what["previous"], f"log:{origin(station, epoch)}", findings)
        last = epoch


def _check_end(station: StationId, epoch: int, end: EpochEnd, said: dict[str, Any], by: str, findings: Findings) -> None:
    if said["origin"] != origin(station, epoch):
        findings.problem(Kind.FORKED, by, f"it names {said['origin']} as the log before it")
    elif said["size"] > end.size:
        findings.problem(Kind.LOG_MISSING, f"entry:{epoch}/{end.size}-{said['size'] - 1}", "the next epoch counts it")
        findings.doubt.cast_on_log("entries are missing")
    elif said["size"] < end.size or (end.root is not None and end.root.hex() != said["root"]):
        findings.problem(Kind.FORKED, f"entry:{epoch}/{said['size']}", "the next epoch names another end of this one")
