"""The embedded store: a folder. For trying the station out; its receipts are of kind ``trial`` and release nothing.

Durable all the same. An object is written under ``.partial``, synced, read again from below the page cache and compared, and
only then linked to its name: it appears whole or not at all, and an existing name is never replaced. Of an unfinished upload a
part counts once its bytes are synced, which an empty file beside them says: ``<number>.<size>.<md5>``.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from evidence.uploads import Part
from uploader import moments
from uploader.errors import (
    ObjectLocked,
    ObjectMissing,
    PartLost,
    StoreConflict,
    StoreDisagrees,
    StoreFailing,
    StoreFull,
    StoreRefused,
    StoreUnreachable,
    UploadGone,
)
from uploader.keys import well_formed
from uploader.stores import MIB, Confirmed, Content, Found, HeldPart, Listed, Lock, Proof, StoreKind, Told

_PARTIAL = ".partial"
_LOCKS = ".locks"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_MARKER = re.compile(r"([0-9]{1,5})\.([0-9]{1,19})\.([0-9a-f]{32})")
_BLOCK = 4 * MIB
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_AWAY = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ENOTDIR}


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """Part size in bytes. A disk gains nothing from more than one part in flight."""

    part_size: int = 16 * MIB
    name: str = "folder"


class Folder:
    """A store in a folder of this machine. The folder's parent must be there; a disk that is not mounted is not made up for."""

    kind = StoreKind.TRIAL
    streams = 1

    def __init__(self, root: Path, draw: Callable[[int], bytes], options: FolderOptions = FolderOptions()) -> None:
        self.name = options.name
        self.part_size = options.part_size
        self._root = root
        self._partial = root / _PARTIAL
        self._draw = draw

    def put(self, key: str, data: bytes, content: Content, retain_until: datetime | None) -> Confirmed:
        with self._translated("put an object"):
            folder = self._new_partial(key)
            try:
                _write(folder / "data", 0, memoryview(data))
                return self._place(key, folder, content)
            except (OSError, StoreDisagrees):
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def find(self, key: str) -> Found | None:
        with self._translated("find an object"):
            try:
                return Found(None, self._path(key).stat().st_size, None)
            except FileNotFoundError:
                self._root.parent.stat()
                return None

    def confirm(self, key: str, version: str | None, content: Content, retain_until: datetime | None) -> Confirmed:
        with self._translated("confirm an object"):
            path = self._path(key)
            try:
                self._compare(key, path, content)
            except FileNotFoundError as error:
                raise ObjectMissing(store=self.name, object_key=key) from error
            stored_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return Confirmed(None, content.size, content.checksum, None, Proof.FULL, moments.written(stored_at), None)

    def locked(self, key: str, version: str | None) -> Lock:
        with self._translated("read a lock"):
            if not self._path(key).exists():
                raise ObjectMissing(store=self.name, object_key=key)
            try:
                until, _, hold = self._lock_of(key).read_text("ascii").partition(" ")
            except FileNotFoundError:
                return Lock()
        return Lock(None if until == "-" else moments.read(until), hold == "hold")

    def lock(self, key: str, version: str | None, wanted: Lock) -> Lock:
        found = self.locked(key, version)
        ends = [one.until for one in (found, wanted) if one.until is not None]
        made = Lock(max(ends, default=None), wanted.hold)
        if made != found:
            with self._translated("lock an object"):
                path = self._lock_of(key)
                for folder in (self._root / _LOCKS, path.parent):
                    self._make_folders(folder)
                text = f"{moments.written(made.until) if made.until else '-'} {'hold' if made.hold else 'free'}"
                draft = path.with_name(f"{path.name}.{self._draw(8).hex()}.new")
                _write(draft, 0, memoryview(text.encode()))
                draft.replace(path)
                _sync(path.parent)
        return made

    def remove(self, key: str) -> int:
        path = self._path(key)
        if not path.exists():
            return 0
        lock = self.locked(key, None)
        if lock.keeps(datetime.now(UTC)):
            raise ObjectLocked(store=self.name, object_key=key, until="hold" if lock.hold else str(lock.until))
        with self._translated("remove an object"):
            path.unlink()
            _sync(path.parent)
            self._lock_of(key).unlink(missing_ok=True)
        return 1

    def _lock_of(self, key: str) -> Path:
        return self._root / _LOCKS / self._path(key).relative_to(self._root)

    def open_upload(self, key: str, size: int, part_size: int, retain_until: datetime | None) -> str:
        with self._translated("open an upload"):
            return self._new_partial(key).name

    def send_part(self, key: str, token: str, part: Part, data: memoryview, told: Told) -> str:
        with self._translated("send a part"):
            folder = self._open_partial(key, token)
            for held in self._markers(folder):
                if held.number == part.number:
                    (folder / f"{held.number}.{held.size}.{held.md5}").unlink()
            _write(folder / "data", part.offset, data)
            (folder / f"{part.number}.{part.size}.{part.md5}").touch(exist_ok=True)
            _sync(folder)
        told(len(data))
        return part.md5

    def list_parts(self, key: str, token: str) -> tuple[HeldPart, ...]:
        with self._translated("list parts"):
            return tuple(sorted(self._markers(self._open_partial(key, token)), key=lambda held: held.number))

    def finish(self, key: str, token: str, content: Content, retain_until: datetime | None) -> Confirmed:
        with self._translated("complete an upload"):
            folder = self._open_partial(key, token)
            held = {one.number: one for one in self._markers(folder)}
            if any(held.get(part.number) != HeldPart(part.number, part.size, part.md5) for part in content.parts):
                raise PartLost(store=self.name, object_key=key)
            with (folder / "data").open("r+b") as data:
                data.truncate(content.size)
                os.fsync(data.fileno())
            return self._place(key, folder, content)

    def abort(self, key: str, token: str) -> None:
        with self._translated("abort an upload"), suppress(FileNotFoundError):
            folder = self._partial / token
            if _TOKEN.fullmatch(token) and self._key_of(folder) == key:
                shutil.rmtree(folder)

    def unfinished(self, prefix: str) -> Sequence[tuple[str, str]]:
        with self._translated("list uploads"):
            if not self._partial.is_dir():
                return []
            found = [(self._key_of(folder), folder.name) for folder in self._partial.iterdir() if _TOKEN.fullmatch(folder.name)]
            # One whose key was not written any more when the power went is nobody's: it is found under every prefix.
            return sorted((key, token) for key, token in found if key.startswith(prefix) or not key)

    def list(self, prefix: str) -> Iterator[Listed]:
        top = self._root / prefix.rpartition("/")[0] if "/" in prefix else self._root
        with self._translated("list"):
            if not self._root.exists():
                self._root.parent.stat()  # nothing was sent yet; a disk that is not there says so
                return
            if not self._root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            for folder, names, files in os.walk(top, onerror=_unlisted):
                names[:] = sorted(name for name in names if name not in {_PARTIAL, _LOCKS})
                for file in sorted(files):
                    path = Path(folder, file)
                    key = path.relative_to(self._root).as_posix()
                    if key.startswith(prefix):
                        yield Listed(key, None, path.stat().st_size)

    def fetch(self, key: str, version: str | None, limit: int) -> bytes:
        with self._translated("read an object"):
            try:
                with self._path(key).open("rb") as stored:
                    data = stored.read(limit + 1)
            except FileNotFoundError as error:
                raise ObjectMissing(store=self.name, object_key=key) from error
        if len(data) > limit:
            raise StoreDisagrees(store=self.name, object_key=key, what="size", expected=f"at most {limit}", found="more")
        return data

    def stream(self, key: str, version: str | None) -> Iterator[bytes]:
        with self._translated("read an object"):
            try:
                stored = self._path(key).open("rb")
            except FileNotFoundError as error:
                raise ObjectMissing(store=self.name, object_key=key) from error
        with stored:
            while True:
                with self._translated("read an object"):
                    block = stored.read(_BLOCK)
                if not block:
                    return
                yield block

    def _path(self, key: str) -> Path:
        if not well_formed(key) or key.startswith("."):
            raise StoreRefused(store=self.name, action="name an object", answer="a key that is none of ours")
        return self._root / key

    def _new_partial(self, key: str) -> Path:
        self._path(key)
        self._root.mkdir(mode=0o750, exist_ok=True)
        self._partial.mkdir(mode=0o750, exist_ok=True)
        folder = self._partial / self._draw(16).hex()
        folder.mkdir(mode=0o750)
        _write(folder / "key", 0, memoryview(key.encode()))
        (folder / "data").touch()
        for one in (folder, self._partial, self._root, self._root.parent):
            _sync(one)
        return folder

    def _open_partial(self, key: str, token: str) -> Path:
        folder = self._partial / token
        if not _TOKEN.fullmatch(token) or not (folder / "data").is_file() or self._key_of(folder) != key:
            raise UploadGone(store=self.name, object_key=key)
        return folder

    def _key_of(self, folder: Path) -> str:
        try:
            return (folder / "key").read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def _markers(self, folder: Path) -> Iterator[HeldPart]:
        for path in list(folder.iterdir()):
            if match := _MARKER.fullmatch(path.name):
                yield HeldPart(int(match[1]), int(match[2]), match[3])

    def _place(self, key: str, folder: Path, content: Content) -> Confirmed:
        """Compare what lies on the medium with what it must be, then give it its name."""
        data, path = folder / "data", self._path(key)
        self._compare(key, data, content)
        data.chmod(0o440)
        self._make_folders(path.parent)
        try:
            path.hardlink_to(data)  # fails where the name exists: nothing is ever replaced
        except FileExistsError:
            try:
                self._compare(key, path, content)
            except StoreDisagrees as error:
                shutil.rmtree(folder)
                raise StoreConflict(store=self.name, object_key=key) from error
        _sync(path.parent)
        shutil.rmtree(folder)
        stored_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Confirmed(None, content.size, content.checksum, None, Proof.FULL, moments.written(stored_at), None)

    def _compare(self, key: str, path: Path, content: Content) -> None:
        size = path.stat().st_size
        if size != content.size:
            raise StoreDisagrees(store=self.name, object_key=key, what="size", expected=str(content.size), found=str(size))
        found = _digest_on_medium(path)
        if found != content.sha256:
            raise StoreDisagrees(store=self.name, object_key=key, what="bytes", expected=content.sha256, found=found)

    def _make_folders(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folders(folder.parent)
            folder.mkdir(mode=0o750, exist_ok=True)
            _sync(folder.parent)

    @contextmanager
    def _translated(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull(store=self.name) from error
            said = error.strerror or type(error).__name__
            if error.errno in _REFUSED:
                raise StoreRefused(store=self.name, action=action, answer=said) from error
            if error.errno in _AWAY:
                raise StoreUnreachable(store=self.name, rule=said) from error
            raise StoreFailing(store=self.name, action=action, answer=said) from error


def _unlisted(error: OSError) -> None:
    """A folder that cannot be listed is no empty folder; one that is not there has nothing in it."""
    if error.errno != errno.ENOENT:
        raise error


def _write(path: Path, offset: int, data: memoryview) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        while data:
            written = os.pwrite(descriptor, data[:_BLOCK], offset)
            data, offset = data[written:], offset + written
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest_on_medium(path: Path) -> str:
    """SHA-256 of a synced file as the medium has it: read past the page cache, or after dropping it where that is not possible."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    digest = sha256()
    try:
        with mmap.mmap(-1, _BLOCK) as buffer, memoryview(buffer) as view:  # page-aligned, as O_DIRECT asks
            at = 0
            while (read := os.preadv(descriptor, [view], at)) > 0:
                digest.update(view[:read])
                at += read
    finally:
        os.close(descriptor)
    return digest.hexdigest()
