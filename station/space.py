"""Room in the vault: local copies are let go of while the store holds the bytes, and fetched again when somebody needs them.

Rules it keeps:

* a copy goes only while the disk has less than ``vault_low_bytes`` free, the least important and oldest first;
* never the last copy: every clip of the content has a receipt that allows it (no trial, no samples), and the store is asked once more,
  now, whether it still holds these very bytes;
* the local copy is read from the medium first: one that is gone or altered is a finding, and letting go of it would cover it up;
* the entry stands in the log before the file goes. One that a crash left lying is removed by the next eviction;
* what comes back is hashed, read back, placed as any blob, and an entry says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evidence.canonical import Json
from evidence.catalogue.acts import space as acts
from evidence.catalogue.acts.space import LetGo
from evidence.catalogue.queries import ClipRow, HeldContent
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.facts import DockingState
from evidence.ids import Digest
from ingest.copying.medium import Resident, aligned_block, digest_from_medium
from ingest.recalling import bring_back
from ingest.vault import Vault
from station.commands import Answer, Progress, Report
from station.handlers.intake import vaults_of
from station.home import StationError
from station.receipted import receipts_of
from station.rooms import Rooms
from station.startup import check_not_turned_back
from station.storing import open_store
from uploader.errors import ObjectFault
from uploader.stores import StoreKind

if TYPE_CHECKING:
    from uploader.receipts import Receipt
    from uploader.stores import Store

AT_ONCE = 64
"""Contents that are let go of in one commit: what a power cut may leave lying."""


class NowhereToRecall(StationError):
    """The store of the settings is not the one that holds the bytes. Fields: ``clip``, ``store`` (of the settings), ``held_by``."""

    code = "nowhere-to-recall"
    status = Exit.REFUSED


class ClipDisposed(StationError):
    """Every copy of a clip was removed, on the word of two people. Fields: ``clip``, ``at``."""

    code = "clip-disposed"
    status = Exit.REFUSED


@dataclass(slots=True)
class _Eviction:
    """One run: what went, and why the rest stays."""

    missing: int
    evicted: list[Json] = field(default_factory=list)
    freed: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    problems: list[Json] = field(default_factory=list)
    swept: int = 0

    def keep(self, reason: str) -> None:
        self.kept[reason] = self.kept.get(reason, 0) + 1

    def answer(self, *, low: int, free: int, dry_run: bool) -> Answer:
        document: dict[str, Json] = {
            "low_bytes": low,
            "free_bytes": free,
            "missing_bytes": self.missing,
            "freed_bytes": self.freed,
            "evicted": self.evicted,
            "kept": dict(sorted(self.kept.items())),
            "swept": self.swept,
            "dry_run": dry_run,
            "problems": self.problems,
        }
        short = self.freed < self.missing
        return Answer(document, Exit.TAMPERED if self.problems else Exit.PARTIAL if short else Exit.OK)


def evict(rooms: Rooms, actor: Actor, *, dry_run: bool, report: Report) -> Answer:
    """Let go of local copies until the disks have ``vault_low_bytes`` free; ``dry_run`` says which would go, and asks no store."""
    low, vaults = rooms.settings.vault_low_bytes, vaults_of(rooms)
    for vault in vaults:
        vault.create()
    run = _Eviction(0)
    if not dry_run:
        run.swept = sweep(rooms, vaults)
    free = min(vault.free_bytes() for vault in vaults)
    run.missing = max(0, low - free)
    if run.missing:
        with rooms.queries() as queries:
            held = queries.contents_by_importance()
        if dry_run:
            _go_through(rooms, run, held, None, actor, report)
        else:
            with open_store(rooms) as store:
                check_not_turned_back(rooms)
                _go_through(rooms, run, held, store, actor, report)
    return run.answer(low=low, free=free, dry_run=dry_run)


def sweep(rooms: Rooms, vaults: Sequence[Vault]) -> int:
    """Remove what lies in a vault although it was let go of: a crash came between the entry and the removal. How many."""
    with rooms.queries() as queries:
        gone = queries.evicted()
    return sum(len(remove_let_go(rooms, vault, [one for one in gone if vault.has(one)])) for vault in vaults)


def _go_through(
    rooms: Rooms, run: _Eviction, held: Iterable[HeldContent], store: Store | None, actor: Actor, report: Report
) -> None:
    """Contents in their order until there is room enough. Without a store nothing is changed."""
    vaults, block = vaults_of(rooms), aligned_block()
    waiting: list[LetGo] = []
    planned = 0
    for content in held:
        if planned >= run.missing:
            break
        receipt = _allowing(rooms, run, content)
        if receipt is None:
            continue
        proof = receipt.proof.value
        if store is not None:
            if store.kind is not StoreKind.STORE or store.name != receipt.store:
                run.keep("other-store")
                continue
            if not _sound(run, vaults, content, block):
                continue
            try:  # what is wrong with the store or the line ends the run; what is wrong with one object keeps that one
                confirmed = store.confirm(receipt.object_key, receipt.version, receipt.content(), None)
            except ObjectFault as fault:
                run.keep("store-disagrees")
                run.problems.append({"kind": fault.code, "subject": content.sha256, "detail": str(fault)})
                continue
            if confirmed.proof.value not in {"composite", "full"}:
                run.keep("store-disagrees")
                continue
            proof = confirmed.proof.value
        planned += content.size
        one = LetGo(content.sha256, content.size, receipt.id, receipt.store, receipt.object_key, receipt.version, proof)
        run.evicted.append(
            {"sha256": content.sha256, "size": content.size, "importance": content.importance, "receipt": receipt.id}
        )
        waiting.append(one)
        report(Progress("evict", "vault", min(planned, run.missing), run.missing))
        if store is not None and len(waiting) >= AT_ONCE:
            _let_go(rooms, run, vaults, waiting, actor)
            waiting = []
    if store is not None:
        _let_go(rooms, run, vaults, waiting, actor)
    else:
        run.freed = planned


def _allowing(rooms: Rooms, run: _Eviction, content: HeldContent) -> Receipt | None:
    """The receipt by which a content may go; None, and counted, when it may not."""
    with rooms.queries() as queries:
        clips = queries.clips_of(content.sha256)
        found = receipts_of(queries, (clip for clip, _ in clips))
        waits = queries.waits_to_be_sent(content.sha256)
    if waits or any(state != DockingState.SEALED for _, state in clips):
        run.keep("waiting" if waits else "open-docking")
        return None
    allowing = None
    for clip, _ in clips:
        mine = [one for one in found.get(clip, ()) if (one.sha256, one.size) == (content.sha256, content.size)]
        allowing = next((one for one in mine if one.permits_release()), None)
        if allowing is None:
            run.keep("no-receipt" if not mine else "trial-receipt" if mine[0].trial else "sample-receipt")
            return None
    return allowing


def _sound(run: _Eviction, vaults: Sequence[Vault], content: HeldContent, block: memoryview) -> bool:
    """Whether the local copies are what the log says: in the first vault, and in the second where there is one."""
    for number, vault in enumerate(vaults):
        kind = None
        try:
            if digest_from_medium(vault.blob_path(content.sha256), block)[0] != content.sha256:
                kind = "vault-digest"
        except FileNotFoundError:
            kind = "vault-missing" if number == 0 else None  # taken before there was a second vault
        except OSError:
            kind = "vault-digest"
        except Resident:
            pass  # a file system in memory has no medium to read from; verify says the same of its bytes
        if kind is not None:
            run.keep("unsound")
            run.problems.append({"kind": kind, "subject": content.sha256, "detail": os.fsdecode(vault.root)})
            return False
    return True


def _let_go(rooms: Rooms, run: _Eviction, vaults: Sequence[Vault], contents: Sequence[LetGo], actor: Actor) -> None:
    if not contents:
        return
    with rooms.ledger.commit() as commit:
        gone = acts.evicted(commit, contents, actor)
    for vault in vaults:
        remove_let_go(rooms, vault, [one.sha256 for one in gone])
    run.freed += sum(one.size for one in gone)


def remove_let_go(rooms: Rooms, vault: Vault, contents: Sequence[str]) -> tuple[str, ...]:
    """Remove files of contents that the ledger has let go of, for room or for good; those that were there."""

    def let_go(asked: Sequence[str]) -> list[str]:
        with rooms.queries() as queries:
            evicted = set(queries.evicted())
        return [one for one in asked if one in evicted]

    return vault.remove(contents, let_go) if contents else ()


def recall(rooms: Rooms, rows: Sequence[ClipRow], actor: Actor, report: Report) -> list[ClipRow]:
    """Fetch the bytes of clips that the store alone has, into every vault. Those that came back; what is in the vault stays as it is.

    Raises :class:`NowhereToRecall`, :class:`ClipDisposed`, ``RecallDiffers``, the faults of store, line and vault.
    """
    for row in rows:
        if row.disposed_at is not None:
            raise ClipDisposed(clip=row.id, at=row.disposed_at)
    away = {row.sha256: row for row in rows if row.evicted_at is not None}
    if not away:
        return []
    vaults = vaults_of(rooms)
    for vault in vaults:
        vault.create()
    with open_store(rooms) as store:
        for row in away.values():
            _recall(rooms, row, vaults, store, actor, report)
    return list(away.values())


def _recall(rooms: Rooms, row: ClipRow, vaults: Sequence[Vault], store: Store, actor: Actor, report: Report) -> None:
    with rooms.queries() as queries:
        found = receipts_of(queries, [clip for clip, _ in queries.clips_of(row.sha256)])
    fitting = [one for each in found.values() for one in each if (one.sha256, one.size) == (row.sha256, row.size)]
    receipt = next((one for one in fitting if one.store == store.name), None)
    if receipt is None:
        raise NowhereToRecall(clip=row.id, store=store.name, held_by=", ".join(sorted({one.store for one in fitting})))

    def committed(medium: object) -> None:
        with rooms.ledger.commit() as commit:
            acts.recalled(commit, Digest(row.sha256), row.size, store.name, medium=str(medium), vaults=len(vaults), actor=actor)

    blocks = store.stream(receipt.object_key, receipt.version)
    reserve = rooms.settings.vault_reserve
    told = lambda done: report(Progress("recall", row.id, done, row.size))  # noqa: E731  # the row is bound here, for this call alone
    bring_back(vaults, row.sha256, row.size, blocks, rooms.space, reserve, committed, told)
