"""What a verification says: problems by kind, notes, and how much was checked.

Rules kept here: a problem is named once, where it began. What could only repeat an earlier finding is kept back by
:class:`Doubt`: rows whose entry is itself altered are not compared with it, and a log that lacks entries explains no rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN_OF_A_KIND = 1000
"""Problems of one kind that are listed; a note counts the rest."""

DOUBTED_SUBJECTS = 100_000
"""Beyond this many doubted subjects nothing in the log is good enough to compare rows with."""


class Kind(StrEnum):
    """What can be wrong."""

    VAULT_DIGEST = "vault-digest"
    VAULT_MISSING = "vault-missing"
    VAULT_EXTRA = "vault-extra"
    CATALOGUE_DIFFERS = "catalogue-differs"
    CATALOGUE_MISSING_ROW = "catalogue-missing-row"
    CATALOGUE_EXTRA_ROW = "catalogue-extra-row"
    LOG_ALTERED = "log-altered"
    LOG_MISSING = "log-missing"
    LOG_ORDER = "log-order"
    MANIFEST_ALTERED = "manifest-altered"
    MANIFEST_SIGNATURE = "manifest-signature"
    FOREIGN_KEY = "foreign-key"
    CERTIFICATE_CHAIN = "certificate-chain"
    SETTINGS_UNEXPLAINED = "settings-unexplained"
    STAMP_FOREIGN = "token-foreign"
    STAMP_INVALID = "token-invalid"
    ROLLED_BACK = "rolled-back"
    FORKED = "forked"


class NoteKind(StrEnum):
    """What is worth knowing and nobody's fault."""

    OPEN_DOCKING = "open-docking"
    UNANCHORED = "unanchored"
    UNWITNESSED = "unwitnessed"
    RECOVERED = "recovered"
    ERASED = "erased"
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    CHECKPOINT_UNPROVEN = "checkpoint-unproven"
    CHECKPOINT_ELSEWHERE = "checkpoint-elsewhere"
    COSIGNATURE_UNPROVEN = "cosignature-unproven"
    CLOCK_DOUBTED = "clock-doubted"
    CATALOGUE_NOT_COMPARED = "catalogue-not-compared"
    MORE_PROBLEMS = "more-problems"
    NOT_YET_IN_LOG = "not-yet-in-log"
    EVICTED = "evicted"
    EVICTED_STILL_THERE = "evicted-still-there"
    DISPOSED = "disposed"
    ERASE_UNFINISHED = "erase-unfinished"
    SETTINGS_PENDING = "settings-pending"
    TIME_STAMPED = "time-stamped"
    AUTHORITY_NOT_TRUSTED = "authority-not-trusted"
    SEAL_UNPROVEN = "seal-unproven"
    SECOND_SEAL_UNPROVEN = "second-seal-unproven"
    HEADS_UNPROVEN = "heads-unproven"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and which rule it breaks."""

    kind: Kind
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know."""

    kind: NoteKind
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A head of this log that a witness vouches for: when it signed, and the moment of the last entry below that head."""

    witness: str
    origin: str
    size: int
    cosigned_at: str
    until: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome.

    ``anchored``: every key that counts leads to a fingerprint given from outside. ``witnessed_until``: moment of the last
    entry that a checkpoint kept elsewhere covers, None without one; ``witnessed_by``: the newest such head of each witness that was given. ``checked`` counts what was looked at, by name.
    """

    ok: bool
    anchored: bool
    witnessed_until: str | None
    witnessed_by: tuple[Cosigned, ...]
    checked: dict[str, int]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class Doubt:
    """What earlier findings took the ground from."""

    subjects: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    leaves: set[bytes] = field(default_factory=set)
    """Leaf hashes of entries that once stood in the log and are unreadable now: naming one as ``prev`` is right."""
    log: str | None = None
    """Why the log as a whole explains no rows; None when it does."""

    def cast_on(self, subject: str, entry: str | None = None) -> None:
        """Rows of this subject are no longer explained."""
        self.subjects.add(subject)
        if entry is not None:
            self.entries.add(entry)
        if len(self.subjects) > DOUBTED_SUBJECTS:
            self.cast_on_log("too much of it is altered")

    def cast_on_log(self, why: str) -> None:
        """No row is explained any more."""
        if self.log is None:
            self.log = why


class Findings:
    """Collects what the checks find."""

    def __init__(self) -> None:
        self.checked: Counter[str] = Counter()
        self.doubt = Doubt()
        self._problems: dict[tuple[Kind, str], Problem] = {}
        self._by_kind: Counter[Kind] = Counter()
        self._notes: list[Note] = []
        self._cosigned: dict[str, Cosigned] = {}

    def problem(self, kind: Kind, subject: str, detail: str) -> None:
        """Something is wrong. The first finding about a subject stays; a second of the same kind adds nothing."""
        if (kind, subject) in self._problems:
            return
        self._by_kind[kind] += 1
        if self._by_kind[kind] <= SHOWN_OF_A_KIND:
            self._problems[kind, subject] = Problem(kind, subject, detail)

    def note(self, kind: NoteKind, subject: str, detail: str) -> None:
        """Something to know."""
        self._notes.append(Note(kind, subject, detail))

    def has(self, kind: Kind) -> bool:
        """Whether a problem of this kind was found."""
        return self._by_kind[kind] > 0

    def named(self, subject: str) -> bool:
        """Whether a problem was found with this very subject."""
        return any((kind, subject) in self._problems for kind in Kind)

    def cosigned(self, one: Cosigned) -> None:
        """A witness vouches for a head; given in ascending order, so the last of each witness is its newest."""
        self._cosigned[one.witness] = one

    def verdict(self, *, anchored: bool, witnessed_until: str | None) -> Verdict:
        """Everything found, in one value."""
        notes = list(self._notes)
        for kind, count in self._by_kind.items():
            if count > SHOWN_OF_A_KIND:
                notes.append(Note(NoteKind.MORE_PROBLEMS, kind.value, f"{count - SHOWN_OF_A_KIND} more"))
        problems = tuple(self._problems.values())
        by = tuple(self._cosigned[name] for name in sorted(self._cosigned))
        return Verdict(not problems, anchored, witnessed_until, by, dict(sorted(self.checked.items())), problems, tuple(notes))


def runs(numbers: list[int]) -> list[str]:
    """Ascending numbers as text, neighbours joined: ``3``, ``5-9``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]
