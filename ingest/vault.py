"""The vault: a folder in which every verified copy lies once, under the SHA-256 of its bytes.

::

    blobs/<first 2 hex>/<sha256 hex>   a whole, verified copy; mode 0440; never overwritten, never changed
    partial/<docking>/…                work in progress of one docking (ingest.copying)
    partial/<docking>/<group>.intent   files about to be placed: written before, removed once the ledger has them
    quarantine/<sha256 hex>.<n>        a blob found with other bytes than its name says, set aside
    recall/<sha256 hex>.<n>            a blob on its way back from the store (ingest.recalling)

Rules it keeps:

* a blob appears by a rename that never replaces, of a file that is already durable and proved; so a name that can be seen
  is a whole file, and a name that exists belongs to these bytes;
* an intent is durable before its first rename. So a blob that no ledger knows of (a crash between rename and commit) is
  explained by an intent, and one without either was not put there by this engine;
* a blob goes only by :meth:`Vault.remove`: after the ledger let go of it, and never one that an intent names. No intent can be
  written meanwhile, so a copy engine that found the blob there has said so, or finds it gone;
* nothing is ever deleted from ``quarantine`` here;
* errors of the vault's disk become faults of the vault, at the call.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

import msgspec

from evidence.learned import learned
from ingest.copying.facts import FileOutcome
from ingest.copying.syscalls import rename_noreplace
from ingest.errors import BlobMissing, VaultFailed, VaultFull

_DIGEST = re.compile(rb"[0-9a-f]{64}")
_DOCKING = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_FOLDERS = (b"blobs", b"partial", b"quarantine")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Blob:
    """An entry found under ``blobs``. ``sha256`` is None when its place or name is not one this vault gives."""

    path: bytes
    sha256: str | None
    size: int


@dataclass(frozen=True, slots=True)
class Intent:
    """Files of one docking that were about to be placed when this was written. ``files`` are their outcomes until then."""

    docking: str
    group: str
    files: tuple[FileOutcome, ...]


_INTENT: Final = learned(Intent)


class Vault:
    """One vault folder. Holds no state but its path: any number of processes and threads may use it at once."""

    def __init__(self, root: str | bytes | os.PathLike[str]) -> None:
        self.root = os.fsencode(root)
        self.blobs_folder = os.path.join(self.root, b"blobs")
        self.partial_folder = os.path.join(self.root, b"partial")
        self.quarantine_folder = os.path.join(self.root, b"quarantine")

    def create(self) -> None:
        """Make the folders that are not there yet, durably. Raises :class:`VaultFailed`, :class:`VaultFull`."""
        with self.faults():
            make_folder(self.root)
            for name in _FOLDERS:
                make_folder(os.path.join(self.root, name))

    @contextmanager
    def faults(self, needed: int | None = None) -> Iterator[None]:
        """Translate the operating system's errors of a block that works on this vault. ``needed``: bytes it still wants."""
        try:
            yield
        except OSError as error:
            where = os.fsdecode(self.root)
            if error.errno in _FULL:
                raise VaultFull(vault=where, needed=needed, free=self._free_or_none()) from error
            name = errno.errorcode.get(error.errno or 0, "EIO")
            raise VaultFailed(vault=where, error=name, detail=error.strerror) from error

    def free_bytes(self) -> int:
        """Bytes that may still be written here. Raises :class:`VaultFailed`."""
        with self.faults():
            facts = os.statvfs(self.root)
            return facts.f_bavail * facts.f_frsize

    def _free_or_none(self) -> int | None:
        try:
            facts = os.statvfs(self.root)
        except OSError:
            return None
        return facts.f_bavail * facts.f_frsize

    # Blobs

    def blob_path(self, sha256: str) -> bytes:
        """Where the blob of this digest lies, or would."""
        name = sha256.encode("ascii")
        if not _DIGEST.fullmatch(name):
            raise ValueError("a blob is named by 64 lowercase hex digits")
        return os.path.join(self.blobs_folder, name[:2], name)

    def has(self, sha256: str) -> bool:
        """Whether there is a blob of this name. Says nothing about its bytes."""
        return os.path.lexists(self.blob_path(sha256))

    def open_blob(self, sha256: str) -> BinaryIO:
        """A blob for reading. Raises :class:`BlobMissing`, :class:`VaultFailed`."""
        with self.faults():
            try:
                descriptor = os.open(self.blob_path(sha256), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise BlobMissing(vault=os.fsdecode(self.root), sha256=sha256) from error
            return os.fdopen(descriptor, "rb")

    def blobs(self) -> Iterator[Blob]:
        """Everything that lies under ``blobs``, in order of its path; also what should not be there.

        Raises :class:`VaultFailed`.
        """
        with self.faults():
            for folder in _listed_if_there(self.blobs_folder):
                if not folder.is_dir(follow_symlinks=False):
                    yield Blob(folder.path, None, folder.stat(follow_symlinks=False).st_size)
                    continue
                for entry in _listed(folder.path):
                    named = _DIGEST.fullmatch(entry.name) and entry.name[:2] == folder.name
                    regular = entry.is_file(follow_symlinks=False)
                    size = entry.stat(follow_symlinks=False).st_size
                    yield Blob(entry.path, entry.name.decode("ascii") if named and regular else None, size)

    def set_aside(self, sha256: str) -> None:
        """Move a blob with wrong bytes to quarantine, durably and over nothing. Raises :class:`VaultFailed`."""
        blob = self.blob_path(sha256)
        with self.faults():
            for number in range(1_000_000):
                with suppress(FileExistsError):
                    rename_noreplace(blob, os.path.join(self.quarantine_folder, b"%s.%d" % (os.path.basename(blob), number)))
                    break
            sync_folder(self.quarantine_folder)
            sync_folder(os.path.dirname(blob))

    def remove(self, wanted: Sequence[str], let_go: Callable[[Sequence[str]], Iterable[str]]) -> tuple[str, ...]:
        """Remove blobs that the ledger has let go of, durably; those that were there. Raises :class:`VaultFailed`.

        ``let_go`` says which of them the ledger has let go of. It is asked once the intents were read, and while none can be written:
        a docking that placed one of them anew shows it by an intent, or has committed it.
        """
        removed = []
        with self.locked(fcntl.LOCK_EX):
            intended = {file.sha256 for intent in self.intents() for file in intent.files}
            with self.faults():
                for sha256 in let_go([one for one in wanted if one not in intended]):
                    with suppress(FileNotFoundError):
                        os.unlink(self.blob_path(sha256))
                        removed.append(sha256)
                for folder in {os.path.dirname(self.blob_path(sha256)) for sha256 in removed}:
                    sync_folder(folder)
        return tuple(removed)

    @contextmanager
    def locked(self, how: int) -> Iterator[None]:
        """Hold the names of the blobs: ``LOCK_SH`` while something is about to be placed, ``LOCK_EX`` while something is removed (flock(2))."""
        with self.faults():
            folder = os.open(self.partial_folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with self.faults():
                fcntl.flock(folder, how)
            yield
        finally:
            os.close(folder)

    # Work in progress

    def docking_folder(self, docking: str) -> bytes:
        """Where the work in progress of a docking lies."""
        if not _DOCKING.fullmatch(docking):
            raise ValueError("a docking's name must do as the name of a folder")
        return os.path.join(self.partial_folder, docking.encode("ascii"))

    def partial_bytes(self, docking: str) -> int:
        """Disk space that the work in progress of a docking holds already. Raises :class:`VaultFailed`."""
        with self.faults(), suppress(FileNotFoundError):
            return sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in _listed(self.docking_folder(docking)))
        return 0

    def clear(self, docking: str) -> None:
        """Remove what is left of a docking's work in progress. Raises :class:`VaultFailed`."""
        folder = self.docking_folder(docking)
        with self.faults(), suppress(FileNotFoundError):
            for entry in _listed(folder):
                os.unlink(entry.path)
            os.rmdir(folder)
            sync_folder(self.partial_folder)

    def in_progress(self) -> tuple[str, ...]:
        """The dockings whose work in progress lies here, also of those that have ended. Raises :class:`VaultFailed`."""
        with self.faults():
            return tuple(os.fsdecode(entry.name) for entry in _listed(self.partial_folder))

    def sweep(self, live: AbstractSet[str], found: Sequence[str] | None = None) -> tuple[str, ...]:
        """Remove the work in progress of every docking that is not ``live``; their names. Raises :class:`VaultFailed`.

        A docking with unacknowledged intents is live: commit or acknowledge those first. ``found``: only of these, looked for
        before it was asked who lives, so that a docking which begins meanwhile keeps what is its own.
        """
        gone = tuple(name for name in (self.in_progress() if found is None else found) if name not in live)
        for name in gone:
            self.clear(name)
        return gone

    # Intents

    def intent_path(self, docking: str, group: str) -> bytes:
        """Where the intent of a group lies."""
        return os.path.join(self.docking_folder(docking), group.encode("ascii") + b".intent")

    def intents(self, docking: str | None = None) -> tuple[Intent, ...]:
        """Every readable intent, of one docking or of all. One torn by a power cut had no effect yet, and is left out.

        Raises :class:`VaultFailed`.
        """
        found: list[Intent | None] = []
        with self.faults():
            there = _listed_if_there(self.partial_folder) if docking is None else []
            names = [entry.name for entry in there] if docking is None else [docking.encode("ascii")]
            for name in names:
                with suppress(FileNotFoundError, NotADirectoryError):
                    paths = [entry.path for entry in _listed(os.path.join(self.partial_folder, name))]
                    found += [_read_intent(path) for path in paths if path.endswith(b".intent")]
        return tuple(intent for intent in found if intent is not None)

    def write_intent(self, intent: Intent) -> None:
        """Write an intent; durable with the next synchronisation of its file and folder. Raises the vault's faults."""
        with self.locked(fcntl.LOCK_SH), self.faults():
            descriptor = os.open(
                self.intent_path(intent.docking, intent.group), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
            )
            try:
                view = memoryview(msgspec.json.encode(intent))
                while view:
                    view = view[os.write(descriptor, view) :]
            finally:
                os.close(descriptor)

    def drop_intent(self, docking: str, group: str) -> None:
        """The ledger has this group. Not made durable: an intent that comes back is settled again, to the same end."""
        with self.faults(), suppress(FileNotFoundError):
            os.unlink(self.intent_path(docking, group))


def make_folder(path: bytes) -> None:
    """Make a folder if it is not there, and its name durable. Raises ``OSError``."""
    with suppress(FileExistsError):
        os.mkdir(path, 0o750)
        sync_folder(os.path.dirname(path) or b".")


def sync_folder(path: bytes) -> None:
    """Make the names in a folder durable. Raises ``OSError``."""
    sync_file(path, os.O_DIRECTORY)


def sync_file(path: bytes, flags: int = 0) -> None:
    """Make a file's bytes and its metadata durable. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _listed(folder: bytes) -> list[os.DirEntry[bytes]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _listed_if_there(folder: bytes) -> list[os.DirEntry[bytes]]:
    try:
        return _listed(folder)
    except FileNotFoundError:
        return []  # nothing was taken into this vault yet


def _read_intent(path: bytes) -> Intent | None:
    with open(path, "rb") as file:
        untrusted_bytes = file.read()
    try:
        return msgspec.json.decode(untrusted_bytes, type=_INTENT)
    except msgspec.MsgspecError:
        return None
