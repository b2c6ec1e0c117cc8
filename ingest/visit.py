"""One visit of a source: from the open card to a sealed docking.

Order, and what each step leaves behind when the power goes: the whole card is listed and the listing is in the log before
the first byte is copied; each file counts once its copy was re-read from the medium, placed, and committed with its entry;
the manifest is sealed when every file has its outcome. The next visit of the same card goes on where this one stopped.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from evidence import numbering
from evidence.canonical import Json, JsonObject, canonical, digest
from evidence.devices import Concern
from evidence.facts import EMPTY_DIGEST, EMPTY_SM3, ClipState, SourceKind, Taken, Unread
from evidence.ids import DeviceKey, Digest, DockingId
from evidence.inventory import Inventory, Kind
from ingest.copying.client import CopyWorker
from ingest.copying.facts import CopyJob, CopyTask, FileOutcome, JobEnded, Placed, Progress, State
from ingest.describing import Described, Kept, Probing, describe
from ingest.docks.facts import Plugged
from ingest.errors import DockingBusy, DockingStopped, SpaceMissing
from ingest.identity import Candidate, candidate
from ingest.probe import Prober
from ingest.profiles.belonging import numbered
from ingest.profiles.choice import best_readings, choose, identify
from ingest.profiles.schema import Profile
from ingest.source import Acquisition, AcquisitionKind, Mount
from ingest.sources import Source, open_source
from ingest.space import Reservation, Reservations
from ingest.times import TimeReading
from ingest.vault import Vault, make_folder


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person who docks says: where the source is, and what is known beforehand.

    ``only`` restricts the visit to some files (what one drop brought); everything else of the source is somebody else's visit.
    ``plugged`` is the device in the port, when the source came by a dock.
    """

    path: bytes
    officer: str | None
    source: SourceKind | None
    device: str | None
    only: frozenset[bytes] | None = None
    plugged: Plugged | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a docking. ``officer`` is who recorded, as far as it is known.

    What it was judged by comes with it: ``named`` is the officer that the person who docks named, ``card_officer`` the one that the
    card names; ``found`` the device that it seems to be of; ``mount`` how the source is mounted, None for a folder of a disk;
    ``written`` the modification times of what shall be taken (nanoseconds since 1970), with the time that the name says, if one does.
    ``concerns`` are alarms to be raised when it opens.
    """

    device: DeviceKey
    source: SourceKind
    profile: Profile
    acquisition: JsonObject
    officer: str | None
    inventory: Inventory
    card_sha256: Digest
    breaks: tuple[JsonObject, ...]
    found: Candidate
    named: str | None = None
    card_officer: str | None = None
    mount: Mount | None = None
    written: tuple[tuple[int, TimeReading | None], ...] = ()
    concerns: tuple[Concern, ...] = ()


class DockingBook(Protocol):
    """What a visit needs of the ledger. Every method returns only when its facts are durable."""

    def interrupted(self, card_sha256: Digest) -> DockingId | None:
        """The open docking of a card with exactly this content, if there is one."""

    def taken_before(self, card_sha256: Digest) -> bool:
        """Whether a sealed docking held exactly this content."""

    def open(self, opening: Opening) -> DockingId:
        """``docked`` and ``inventory`` in one commit."""

    def refuse(self, reason: str, numbers: dict[str, int]) -> None:
        """Nothing is taken."""

    def opened_at(self, docking: DockingId) -> datetime:
        """When the docking was opened, by the station's clock."""

    def inventory(self, docking: DockingId) -> Inventory:
        """The listing that was logged when the docking was opened."""

    def kept(self, docking: DockingId) -> list[Kept]:
        """The files that have their outcome."""

    def files(self, docking: DockingId, taken: Sequence[Taken], unread: Sequence[Unread], repaired: Sequence[Digest]) -> None:
        """Outcomes of a group of files, in one commit."""

    def seal(self, docking: DockingId, profile: Profile, described: Described, skipped: Sequence[tuple[int, str]]) -> None:
        """Sign the manifest and queue what is to be sent, in one commit."""

    def new_id(self) -> str:
        """A fresh id."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a station lends to a visit."""

    book: DockingBook
    worker: CopyWorker
    vaults: tuple[Vault, ...]
    reserve: int
    space: Reservations
    """What the visits of this process were promised of the vaults' disks."""
    double_read: bool
    sm3: bool
    """Whether each file gets this digest beside SHA-256."""
    profiles: tuple[Profile, ...]
    prober: Prober
    zone: ZoneInfo
    now: Callable[[], str]
    """The station's clock, RFC 3339 UTC."""
    copied: Callable[[DockingId, int, int], None]
    """Progress: bytes done, bytes in all."""
    probed: Callable[[DockingId, int, int], None]
    """Progress: files done, files in all."""
    judged: Callable[[Opening], Opening]
    """Asked once the card is listed and identified, before anything is taken: the opening as it shall be, or a fault that refuses."""
    begun: Callable[[DockingId], None]
    """Told the docking's id before the first byte is copied."""


def visit(asked: Asked, means: Means, *, again: bool = True) -> DockingId | None:
    """Take everything on a source and seal it. Raises the faults of reading, of the vault and of the ledger.

    Without ``again`` a source whose content a sealed docking already holds is left alone, and there is no docking.
    """
    with open_source(asked.path) as source:
        source.lock()
        opening = means.judged(_look(asked, source, means))
        if not again and means.book.taken_before(opening.card_sha256):
            return None
        with means.space.opened() as room:
            docking = _begin(opening, means, room)
            means.begun(docking)
            source.hand_over()
            with _occupied(docking, means), _probing(means) as probing:
                _copy(source, docking, means, probing, room)
                _seal(docking, opening.profile, means, probing, None)
    return docking


def seal_interrupted(docking: DockingId, profile: Profile, means: Means) -> None:
    """Seal an open docking whose card does not come back, with what was taken. Files without an outcome are listed as such.

    Copies that were proved and about to be placed when it was interrupted are taken, too. Raises :class:`DockingBusy` while a
    visit is at it.
    """
    with means.space.opened() as room, _occupied(docking, means), _probing(means) as probing:
        _copy(None, docking, means, probing, room)
        _seal(docking, profile, means, probing, INTERRUPTED)


INTERRUPTED = "interrupted"
"""Reason in the manifest for a file that was listed and never came to be copied."""


@contextmanager
def _occupied(docking: DockingId, means: Means) -> Iterator[None]:
    """Hold a docking's work in progress for this process alone. Raises :class:`DockingBusy`."""
    vault = means.vaults[0]
    with vault.faults():
        make_folder(vault.docking_folder(docking))
        folder = os.open(vault.docking_folder(docking), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DockingBusy(docking=docking) from error
        yield
    finally:
        os.close(folder)


@contextmanager
def _probing(means: Means) -> Iterator[Probing]:
    probing = Probing(means.prober, lambda sha256: Path(os.fsdecode(means.vaults[0].blob_path(sha256))))
    try:
        yield probing
    finally:
        probing.close()


def _seal(docking: DockingId, profile: Profile, means: Means, probing: Probing, unfinished: str | None) -> None:
    inventory, kept = means.book.inventory(docking), means.book.kept(docking)
    for one in kept:
        if one.state != State.EMPTY:
            probing.ask(one.position, inventory.items[one.position].path, one.sha256)
    media = probing.answers(lambda done, total: means.probed(docking, done, total))
    described = describe(
        inventory, kept, media, profile, zone=means.zone, docked_at=means.book.opened_at(docking), new_id=means.book.new_id
    )
    skipped = [
        (item.position, item.reason) for item in inventory.items if item.kind is not Kind.DIRECTORY and item.reason is not None
    ]
    settled = {one.position for one in kept}
    if unfinished is not None:
        skipped += [(item.position, unfinished) for item in inventory.wanted if item.position not in settled]
    means.book.seal(docking, profile, described, skipped)


def _begin(opening: Opening, means: Means, room: Reservation) -> DockingId:
    docking = means.book.interrupted(opening.card_sha256)
    if docking is None:
        _admit(opening.inventory, means, room)
        docking = means.book.open(opening)
    return docking


def _look(asked: Asked, source: Source, means: Means) -> Opening:
    inventory = source.listing(means.now())
    source.check_present()
    if asked.only is not None:
        inventory = _restricted(inventory, asked.only)
    chosen = choose(means.profiles, inventory, source.read_head)
    names = best_readings(chosen.profile, inventory.wanted)
    identity = identify(chosen.profile, inventory, source.read_head, names)
    how = source.provenance()
    device = candidate(asked.plugged, identity, how, asked.device)
    facts = {**how.document(), "device_key_from": device.basis.value, "profile_signs": [sign.rule for sign in chosen.evidence]}
    card_officer = identity.officer if identity else None
    listed: list[Json] = [[item.path.hex(), item.kind.value, str(item.size), str(item.mtime_ns)] for item in inventory.items]
    content = digest(canonical([device.key, listed, *([source.fingerprint] if source.fingerprint else [])]))
    return Opening(
        device=device.key,
        source=asked.source or SourceKind(chosen.profile.source),
        profile=chosen.profile,
        acquisition=facts,
        officer=asked.officer if asked.officer is not None else card_officer,
        inventory=inventory,
        card_sha256=content,
        breaks=tuple(one.document() for one in numbering.numbering(numbered(chosen.profile, inventory.wanted, names))),
        found=device,
        named=asked.officer,
        card_officer=card_officer,
        mount=how.mount if isinstance(how, Acquisition) and how.kind is AcquisitionKind.BLOCK_DEVICE else None,
        written=tuple(
            (item.mtime_ns, names[item.position].time if item.position in names else None) for item in inventory.wanted
        ),
    )


def _restricted(inventory: Inventory, only: frozenset[bytes]) -> Inventory:
    items = [item for item in inventory.items if item.path in only]
    return replace(inventory, items=tuple(replace(item, position=position) for position, item in enumerate(items)))


def _admit(inventory: Inventory, means: Means, room: Reservation) -> None:
    """Refuse before the first byte when a vault's disk cannot hold everything beside what others were promised.

    Raises :class:`SpaceMissing`.
    """
    try:
        room.ask(inventory.wanted_bytes, means.reserve, means.vaults)
    except SpaceMissing as missing:
        told = ("needed", "promised", "free")
        means.book.refuse("space", {f"{name}_bytes": number for name in told if isinstance(number := missing.fields[name], int)})
        raise


def _copy(source: Source | None, docking: DockingId, means: Means, probing: Probing, room: Reservation) -> None:
    """Take what is not settled yet; without a source, only what lies in the vaults already."""
    listed, settled = means.book.inventory(docking), {one.position for one in means.book.kept(docking)}
    tasks = tuple(
        CopyTask(item.position, item.path, item.size, item.mtime_ns) for item in listed.wanted if item.position not in settled
    )
    before = sum(item.size for item in listed.wanted if item.position in settled)
    total = listed.wanted_bytes
    room.left(total - before)
    root = None if source is None else source.root
    stream = means.worker.submit(CopyJob(docking, root, tasks, means.double_read, means.sm3))
    for event in stream:
        match event:
            case Progress():
                room.left(total - before - event.job_bytes)
                means.copied(docking, min(before + event.job_bytes, max(total - 1, 0)), total)
            case Placed():
                fresh = [file for file in event.files if file.position not in settled]
                settled.update(file.position for file in fresh)
                _commit(docking, fresh, means)
                stream.acknowledge(event.group)
                for file in fresh:
                    if file.state in {State.VERIFIED, State.DAMAGED}:
                        probing.ask(file.position, file.path, Digest(file.sha256 or ""), file.media)
            case JobEnded():
                if event.fault is not None:
                    raise event.fault
                if event.stopped:
                    raise DockingStopped(docking=docking)
    if source is not None:
        means.copied(docking, total, total)


def _commit(docking: DockingId, files: Sequence[FileOutcome], means: Means) -> None:
    taken = [_taken(file, means) for file in files if file.state is not State.UNREADABLE]
    unread = [
        Unread(file.position, file.path, file.error or (file.reason.value if file.reason else "unreadable"))
        for file in files
        if file.state is State.UNREADABLE
    ]
    repaired = [Digest(file.sha256) for file in files if file.replaced_damaged and file.sha256 is not None]
    if taken or unread:
        means.book.files(docking, taken, unread, repaired)


def _taken(file: FileOutcome, means: Means) -> Taken:
    sha256 = EMPTY_DIGEST if file.state is State.EMPTY else Digest(file.sha256 or "")
    sm3 = None if file.sm3 is None else Digest(file.sm3)
    if file.state is State.EMPTY and means.sm3:
        sm3 = EMPTY_SM3
    reason = None if file.reason is None else file.reason.value
    if file.second_sha256 is not None and file.second_sha256 != file.sha256:
        reason = f"{reason}: {file.second_sha256}"
    return Taken(
        position=file.position,
        path=file.path,
        size=file.size,
        sha256=sha256,
        state=ClipState(file.state.value),
        medium=None if file.medium is None else file.medium.value,
        vaults=file.vaults,
        resumed_at=file.resumed_at,
        changed=None if file.changed is None else file.changed.value,
        ranges=file.unreadable,
        reason=reason,
        sm3=sm3,
    )
