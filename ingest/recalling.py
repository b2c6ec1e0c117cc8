"""Bytes that come back from a store, into every vault.

They are as untrusted as those of a card: hashed while they are written, made durable, read back from the medium and compared, and only
then placed by a rename that replaces nothing. Until the ledger has them no blob can be removed (``Vault.remove``). A crash before leaves a draft
under ``recall``, which the next one removes, or a blob that the ledger has let go of, which the next eviction removes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress

from ingest.copying.facts import Medium
from ingest.copying.medium import Resident, digest_from_medium
from ingest.copying.syscalls import rename_noreplace
from ingest.errors import CacheNotBypassed, RecallDiffers
from ingest.space import Reservations
from ingest.vault import Vault, make_folder, sync_folder


def bring_back(
    vaults: Sequence[Vault],
    sha256: str,
    size: int,
    untrusted_blocks: Iterator[bytes],
    space: Reservations,
    reserve: int,
    committed: Callable[[Medium], None],
    told: Callable[[int], None],
) -> None:
    """Place a blob in every vault and call ``committed``, which is to return once the ledger has it. ``told``: bytes so far.

    Raises :class:`~ingest.errors.SpaceMissing`, :class:`RecallDiffers`, the vault's faults, and those of the blocks.
    """
    with ExitStack() as held, space.opened() as room:
        room.ask(size, reserve, vaults)
        drafts = [_draft(vault, sha256, held) for vault in vaults]
        running, done = hashlib.sha256(), 0
        for block in untrusted_blocks:
            running.update(block)
            done += len(block)
            if done > size:
                break
            for vault, (descriptor, _) in zip(vaults, drafts, strict=True):
                _write(vault, descriptor, block)
            room.left(size - done)
            told(done)
        if done != size or running.hexdigest() != sha256:
            raise RecallDiffers(sha256=sha256, found=running.hexdigest(), bytes=done, where="store")
        mediums = [_proved(vault, path, descriptor, sha256) for vault, (descriptor, path) in zip(vaults, drafts, strict=True)]
        for vault in vaults:
            held.enter_context(vault.locked(fcntl.LOCK_SH))
        for vault, (_, path) in zip(vaults, drafts, strict=True):
            _place(vault, path, sha256)
        committed(Medium.DIRECT if all(one is Medium.DIRECT for one in mediums) else Medium.COLD_CACHE)


def _draft(vault: Vault, sha256: str, held: ExitStack) -> tuple[int, bytes]:
    """A new file of this attempt's own, locked as long as it lives: what nobody holds is left over from one that was killed."""
    folder = os.path.join(vault.root, b"recall")
    path = os.path.join(folder, b"%s.%s" % (sha256.encode("ascii"), secrets.token_hex(8).encode()))
    with vault.faults():
        make_folder(folder)
        _sweep(folder)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        held.callback(os.close, descriptor)
        held.callback(_discard, path)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor, path


def _sweep(folder: bytes) -> None:
    with os.scandir(folder) as entries:
        paths = [entry.path for entry in entries]
    for path in paths:
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                with suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(path)
            finally:
                os.close(descriptor)


def _discard(draft: bytes) -> None:
    """What was not placed is of no use to the next attempt."""
    with suppress(OSError):
        os.unlink(draft)


def _write(vault: Vault, descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    with vault.faults(len(block)):
        while view:
            view = view[os.write(descriptor, view) :]


def _proved(vault: Vault, path: bytes, descriptor: int, sha256: str) -> Medium:
    """Make a draft durable and read it back from the medium."""
    try:
        with vault.faults():
            os.fchmod(descriptor, 0o440)
            os.fsync(descriptor)
            found, size, medium = digest_from_medium(path)
    except Resident as error:
        raise CacheNotBypassed(vault=os.fsdecode(vault.root)) from error
    if found != sha256:
        raise RecallDiffers(sha256=sha256, found=found, bytes=size, where=os.fsdecode(vault.root))
    return medium


def _place(vault: Vault, draft: bytes, sha256: str) -> None:
    blob = vault.blob_path(sha256)
    with vault.faults():
        make_folder(os.path.dirname(blob))
        while True:
            with suppress(FileExistsError):
                rename_noreplace(draft, blob)
                break
            if digest_from_medium(blob)[0] == sha256:  # one that had not been removed yet
                os.unlink(draft)
                break
            vault.set_aside(sha256)
        sync_folder(os.path.dirname(blob))
        sync_folder(os.path.dirname(draft))
