"""From a written copy to a blob: durable, read back from the medium, then placed.

The order is the point:

1. the intent says which files are about to appear;
2. one synchronisation makes it and the copies durable;
3. each copy is read back from the medium and must give the digest of what was read from the source. Where SM3 is taken too, both
   must agree: SHA-256 alone would show that the medium holds what was read, but nothing else would ever compare the SM3, which
   another thread took, with these bytes before it is signed, and a bit that flipped in memory would stand in the record for good;
4. it gets its final name by a rename that replaces nothing. If the name is taken, the blob there must give the same digest,
   read from the medium too: then the vault had these bytes already. If it does not, it goes to quarantine and this copy takes
   its place;
5. the folders that got new names are synchronised.

A crash anywhere leaves either copies that no one sees or blobs that an intent explains, and :meth:`Placer.settle` finishes
them without reading the source again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from ingest.copying.facts import FileOutcome, Medium
from ingest.copying.items import Checkpoint, FileInHand, Group, Proof
from ingest.copying.medium import Digesting, MediumFile, Resident, aligned_block, open_medium
from ingest.copying.partial import JournalMark, Partial
from ingest.copying.syscalls import rename_noreplace, sync_file_system
from ingest.errors import CacheNotBypassed, CopyDiffers, VaultFailed
from ingest.vault import Intent, Vault, make_folder, sync_file, sync_folder

_FEW = 4
"""Up to so many files or folders are synchronised one by one; above, the whole file system at once is quicker (measured)."""
_PROVERS = 4
"""Threads that read back the small files of a group: one alone waits for the disk half of its time (measured)."""


@dataclass(frozen=True, slots=True)
class _Placing:
    medium: Medium
    existed: bool
    replaced_damaged: bool


class Placer:
    """Proves and places the files of one job in all its vaults. Used by one thread, which has others read back small files."""

    def __init__(self, vaults: Sequence[Vault], docking: str, block_bytes: int) -> None:
        self._vaults = vaults
        self._docking = docking
        self._block_bytes = block_bytes
        self._own = threading.local()
        self._provers = ThreadPoolExecutor(_PROVERS, thread_name_prefix=f"prove {docking}")
        self._roots: list[int] = []

    def open(self) -> None:
        """Before the first byte is written: only errors that happen from now on are reported by syncfs(2)."""
        for vault in self._vaults:
            with vault.faults():
                vault.create()
                make_folder(vault.docking_folder(self._docking))
                self._roots.append(os.open(vault.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def close(self) -> None:
        self._provers.shutdown()
        while self._roots:
            os.close(self._roots.pop())

    @property
    def _block(self) -> memoryview:
        """Memory to read into: each thread has its own."""
        if not hasattr(self._own, "block"):
            self._own.block = aligned_block(self._block_bytes)
        block: memoryview = self._own.block
        return block

    def checkpoint(self, mark: Checkpoint) -> None:
        """Make a file's bytes durable up to a checkpoint, read them back, and journal it. Raises the vault's faults."""
        for partial, proof in zip(mark.file.partials, mark.file.proofs, strict=True):
            with self._reading(partial.vault), open_medium(partial.path) as file:
                os.fdatasync(file.descriptor)
                self._prove(file, proof, mark.offset, (mark.sha256, mark.sm3), partial.vault, mark.file.task.position)
            partial.journal(mark.file.head, JournalMark(mark.offset, mark.sha256, mark.unreadable, mark.sm3))

    def place(self, group: Group) -> tuple[FileOutcome, ...]:
        """Make the files of a group durable, prove and place them. Raises the vault's faults."""
        outcomes = [file.outcome() for file in group.files]
        if outcomes:
            intent = Intent(self._docking, group.name, tuple(outcomes))
            for number, vault in enumerate(self._vaults):
                vault.write_intent(intent)
                self._synchronise_copies(number, group)
            placings = self._place_all(group.files, outcomes)
            self._synchronise_blobs(outcomes)
            outcomes = [_completed(outcome, placing) for outcome, placing in zip(outcomes, placings, strict=True)]
        return tuple(sorted((*outcomes, *group.outcomes), key=lambda outcome: outcome.position))

    def settle(self) -> Iterator[tuple[str, tuple[FileOutcome, ...]]]:
        """Finish the groups that an interrupted job was about to place: name and files of each. Raises the vault's faults.

        A file whose copy did not survive is left out, to be taken from the source again.
        """
        found = {intent.group: intent for vault in self._vaults for intent in vault.intents(self._docking)}
        for group, intent in sorted(found.items()):
            settled = []
            for outcome in intent.files:
                partials = [Partial(vault, self._docking, outcome.position) for vault in self._vaults]
                with suppress(CopyDiffers):
                    taking = outcome.sm3 is not None
                    placings = [self._place_in(partial, Proof(Digesting.begin(sm3=taking), 0), outcome) for partial in partials]
                    settled.append(_completed(outcome, placings))
            self._synchronise_blobs(settled)
            if settled:
                yield group, tuple(settled)
            else:
                for vault in self._vaults:
                    vault.drop_intent(self._docking, group)

    # Durability

    def _synchronise_copies(self, number: int, group: Group) -> None:
        vault = self._vaults[number]
        with vault.faults():
            if len(group.files) > _FEW:
                sync_file_system(self._roots[number])
                return
            for file in group.files:
                sync_file(file.partials[number].path)
            sync_file(vault.intent_path(self._docking, group.name))
            sync_folder(vault.docking_folder(self._docking))

    def _synchronise_blobs(self, outcomes: Sequence[FileOutcome]) -> None:
        for number, vault in enumerate(self._vaults):
            folders = {os.path.dirname(vault.blob_path(str(outcome.sha256))) for outcome in outcomes}
            with vault.faults():
                if len(folders) > _FEW:
                    sync_file_system(self._roots[number])
                else:
                    for folder in folders:
                        sync_folder(folder)

    # Proof

    def _place_all(self, files: Sequence[FileInHand], outcomes: Sequence[FileOutcome]) -> list[list[_Placing]]:
        """Place files, several at a time where there are many. Equal ones follow each other: they meet at the same blob."""
        if len(files) <= _FEW:
            return [self._place_one(file, outcome) for file, outcome in zip(files, outcomes, strict=True)]
        alike: dict[str | None, list[int]] = {}
        for number, outcome in enumerate(outcomes):
            alike.setdefault(outcome.sha256, []).append(number)
        placings: list[list[_Placing]] = [[] for _ in files]

        def place(numbers: list[int]) -> None:
            for number in numbers:
                placings[number] = self._place_one(files[number], outcomes[number])

        for done in [self._provers.submit(place, numbers) for numbers in alike.values()]:
            done.result()
        return placings

    def _place_one(self, file: FileInHand, outcome: FileOutcome) -> list[_Placing]:
        pairs = zip(file.partials, file.proofs, strict=True)
        placings = [self._place_in(partial, proof, outcome) for partial, proof in pairs]
        for partial in file.partials:
            partial.placed()
        return placings

    def _place_in(self, partial: Partial, proof: Proof, outcome: FileOutcome) -> _Placing:
        vault, sha256 = partial.vault, str(outcome.sha256)
        blob = vault.blob_path(sha256)
        medium, replaced = None, False
        while True:
            there = self._blob(vault, blob, sm3=outcome.sm3 is not None)
            if there is not None and there[0].give(sha256, None):
                if not there[0].give(sha256, outcome.sm3):
                    raise _differs(
                        vault, outcome.position, outcome.size
                    )  # not the blob, whose name is right: what was taken here
                with vault.faults(), suppress(FileNotFoundError):
                    os.unlink(partial.path)
                return _Placing(there[1], existed=True, replaced_damaged=replaced)
            if medium is None:
                medium = self._prove_copy(partial, proof, outcome)
            if there is not None:
                vault.set_aside(sha256)
                replaced = True
            with vault.faults():
                make_folder(os.path.dirname(blob))
                with suppress(FileExistsError):  # placed by another job just now: look at it as at any other
                    rename_noreplace(partial.path, blob)
                    return _Placing(medium, existed=False, replaced_damaged=replaced)

    def _blob(self, vault: Vault, blob: bytes, *, sm3: bool) -> tuple[Digesting, Medium] | None:
        """Digests of the blob of that name, from the medium; None when there is none."""
        with self._reading(vault), suppress(FileNotFoundError), open_medium(blob, shared=True) as file:
            digesting = Digesting.begin(sm3=sm3)
            file.feed(digesting, 0, file.size, self._block)
            return digesting, file.medium
        return None

    def _prove_copy(self, partial: Partial, proof: Proof, outcome: FileOutcome) -> Medium:
        try:
            with self._reading(partial.vault), open_medium(partial.path) as file:
                if file.size == outcome.size:
                    digests = str(outcome.sha256), outcome.sm3
                    self._prove(file, proof, outcome.size, digests, partial.vault, outcome.position)
                    return file.medium
        except VaultFailed as fault:
            if not isinstance(fault.__cause__, FileNotFoundError):
                raise
        raise _differs(partial.vault, outcome.position, 0)

    def _prove(
        self, file: MediumFile, proof: Proof, offset: int, digests: tuple[str, str | None], vault: Vault, position: int
    ) -> None:
        proof.offset = file.feed(proof.digesting, proof.offset, offset, self._block)
        if proof.offset != offset or not proof.digesting.give(*digests):
            raise _differs(vault, position, offset)

    @contextmanager
    def _reading(self, vault: Vault) -> Iterator[None]:
        try:
            with vault.faults():
                yield
        except Resident as error:
            raise CacheNotBypassed(vault=os.fsdecode(vault.root)) from error


def _differs(vault: Vault, position: int, offset: int) -> CopyDiffers:
    return CopyDiffers(vault=os.fsdecode(vault.root), position=position, offset=offset)


def _completed(outcome: FileOutcome, placings: Sequence[_Placing]) -> FileOutcome:
    return replace(
        outcome,
        existed=placings[0].existed,
        replaced_damaged=any(placing.replaced_damaged for placing in placings),
        # The weaker way stands for all.
        medium=Medium.DIRECT if all(placing.medium is Medium.DIRECT for placing in placings) else Medium.COLD_CACHE,
        vaults=len(placings),
    )
