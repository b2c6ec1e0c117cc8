"""What may be erased from a card: a function of the listing, the records and what lies there now. No disk, no clock.

Rules it keeps:

* a file goes only when it is the one that was taken (path, size, time as listed), its copy was verified whole, and a store's
  receipt for these very bytes is on record that is neither of a trial store nor proven by samples;
* with the rule ``after-vault`` a verified copy in each of two vaults does instead, under a waiver that somebody put his name to;
* what is damaged, changed, protected, or was never taken stays, and so does what the listing does not know;
* an empty file stays: it holds no footage, frees no room, and no store can confirm it. It keeps nothing else from going;
* a structure that is kept whole goes whole or not at all: one file in it that has to stay keeps all of it;
* directories stay.

It plans anew every time, from records: so what was interrupted is finished by planning again, and a file that is gone is no error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum

from evidence.canonical import canonical, digest
from evidence.facts import ClipState
from evidence.ids import Digest
from evidence.inventory import Inventory, Item, Kind


class EraseRule(StrEnum):
    """When a card may be erased (setting ``erase``)."""

    NEVER = "never"
    AFTER_RECEIPT = "after-receipt"
    AFTER_VAULT = "after-vault"


class Stays(StrEnum):
    """Why a file stays on its card. The codes are stable: they stand in the log."""

    SKIPPED = "skipped"
    """A written rule left it out when the card was listed."""
    NOT_TAKEN = "not-taken"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    EMPTY = "empty"
    CHANGED = "changed"
    PROTECTED = "protected"
    NO_RECEIPT = "no-receipt"
    TRIAL_RECEIPT = "trial-receipt"
    SAMPLE_RECEIPT = "sample-receipt"
    STRUCTURE = "structure"
    """Something else of the structure it belongs to has to stay."""
    DIFFERS = "differs"
    """Read again, it has another digest than the record."""
    NOT_REREAD = "not-reread"
    """It could not be read again from below the page cache."""
    NOT_REMOVED = "not-removed"
    """The card's file system refused."""


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """A store's receipt, as its entry and its body both say it."""

    id: str
    sha256: str
    size: int
    proof: str
    trial: bool

    @property
    def stays(self) -> Stays | None:
        """Why nothing may lean on it; None when it allows erasing."""
        if self.trial:
            return Stays.TRIAL_RECEIPT
        return None if self.proof in {"composite", "full"} else Stays.SAMPLE_RECEIPT


@dataclass(frozen=True, slots=True)
class TakenFile:
    """What the records say of one file of the docking. ``safe_vaults``: vaults whose copy was found whole just now."""

    position: int
    state: str
    sha256: str | None
    size: int
    changed: bool
    receipts: tuple[ReceiptFacts, ...] = ()
    safe_vaults: int = 0


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that is to go: what must be found when it is read again. ``receipt`` is None where two vaults do instead."""

    position: int
    path: bytes
    size: int
    mtime_ns: int
    sha256: Digest
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to go from a card, and what stays. ``together`` are runs of ``files`` that go whole or not at all."""

    rule: EraseRule
    waiver: str | None
    together: tuple[tuple[PlannedFile, ...], ...]
    kept: Mapping[Stays, tuple[int, ...]]
    gone: tuple[int, ...]
    """Files that were taken and lie there no more."""
    unlisted: tuple[bytes, ...]
    """Files that the listing does not know."""

    @property
    def files(self) -> tuple[PlannedFile, ...]:
        """Every file that is to go, in position order."""
        return tuple(sorted((one for group in self.together for one in group), key=lambda one: one.position))

    @property
    def bytes(self) -> int:
        """Bytes that this would free."""
        return sum(one.size for one in self.files)

    @property
    def sha256(self) -> Digest:
        """Digest of the plan: position, content, size and receipt of each file, as canonical JSON."""
        return digest(canonical([[one.position, one.sha256, one.size, one.receipt] for one in self.files]))


@dataclass(slots=True)
class Erased:
    """How erasing went. Positions, in the order in which they went."""

    removed: list[int] = field(default_factory=list)
    freed: int = 0
    kept: dict[Stays, list[int]] = field(default_factory=lambda: defaultdict(list))
    gone: list[int] = field(default_factory=list)
    unlisted: tuple[bytes, ...] = ()


def plan(
    rule: EraseRule,
    waiver: str | None,
    listed: Inventory,
    now: Inventory,
    taken: Mapping[int, TakenFile],
    *,
    protected: AbstractSet[bytes] = frozenset(),
    whole: Sequence[bytes] = (),
) -> Plan:
    """What of a card may go. ``listed``: as logged when it was docked; ``now``: as it lies there; ``whole``: folders kept whole."""
    there = {item.path: item for item in now.items if item.kind is not Kind.DIRECTORY}
    known = {item.path for item in listed.items}
    alone: list[PlannedFile] = []
    kept: dict[Stays, list[int]] = defaultdict(list)
    gone: list[int] = []
    structures: dict[bytes, list[PlannedFile]] = defaultdict(list)
    broken = {folder for item in there.values() if item.path not in known and (folder := _within(item.path, whole)) is not None}
    for item in listed.items:
        if item.kind is not Kind.FILE:
            continue
        lies, facts, folder = there.get(item.path), taken.get(item.position), _within(item.path, whole)
        if lies is None:
            gone.append(item.position)
            continue
        judged = _judge(rule, item, lies, facts, protected=item.path in protected)
        if isinstance(judged, Stays):
            kept[judged].append(item.position)
            broken |= {folder} if folder is not None and judged is not Stays.EMPTY else set()
        elif folder is None:
            alone.append(judged)
        else:
            structures[folder].append(judged)
    for folder in broken & structures.keys():
        kept[Stays.STRUCTURE] += [one.position for one in structures.pop(folder)]
    return Plan(
        rule=rule,
        waiver=waiver if rule is EraseRule.AFTER_VAULT else None,
        together=(*((one,) for one in alone), *(tuple(structures[folder]) for folder in sorted(structures))),
        kept={reason: tuple(sorted(positions)) for reason, positions in kept.items()},
        gone=tuple(gone),
        unlisted=tuple(path for path in there if path not in known),
    )


def _judge(rule: EraseRule, item: Item, lies: Item, facts: TakenFile | None, *, protected: bool) -> PlannedFile | Stays:
    if item.reason is not None:
        return Stays.SKIPPED
    if facts is None:
        return Stays.NOT_TAKEN
    if facts.state != ClipState.VERIFIED:
        known = {ClipState.EMPTY: Stays.EMPTY, ClipState.DAMAGED: Stays.DAMAGED}
        return known.get(ClipState(facts.state), Stays.UNREADABLE) if facts.state in set(ClipState) else Stays.UNREADABLE
    same = (lies.kind, lies.size, lies.mtime_ns) == (Kind.FILE, item.size, item.mtime_ns)
    if not same or facts.changed or facts.size != item.size or facts.sha256 is None:
        return Stays.CHANGED
    if protected:
        return Stays.PROTECTED
    planned = PlannedFile(item.position, item.path, item.size, item.mtime_ns, Digest(facts.sha256), None)
    fitting = [one for one in facts.receipts if (one.sha256, one.size) == (facts.sha256, facts.size)]
    allowing = next((one for one in fitting if one.stays is None), None)
    if allowing is not None:
        return replace(planned, receipt=allowing.id)
    if rule is EraseRule.AFTER_VAULT and facts.safe_vaults > 1:
        return planned
    return (fitting[0].stays if fitting else None) or Stays.NO_RECEIPT


def _within(path: bytes, folders: Sequence[bytes]) -> bytes | None:
    return next((folder for folder in folders if path.startswith(folder + b"/")), None)


def runs(positions: Iterable[int]) -> list[list[int]]:
    """Positions as runs: the first of each, and how many follow one another."""
    return list(_runs(sorted(positions)))


def _runs(ascending: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for position in ascending:
        if run and position == run[0] + run[1]:
            run[1] += 1
        else:
            if run:
                yield run
            run = [position, 1]
    if run:
        yield run
