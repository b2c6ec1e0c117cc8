"""The caller's side of files that the service made: looked at before, written after, by the caller and with the caller's rights.

The service never touches the caller's folders. It is told what lies there (:class:`~station.wire.Place`), so that it refuses what the
same command refuses in this process, before anything is logged; then its files come as a tar stream, and appear here whole or not
at all, never over something that is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfileobj, rmtree
from typing import IO, TYPE_CHECKING

from station.commands import Command, Export, Package, PrintShift, PrintSlip
from station.commands.keeping import PrintCertificate
from station.wire import Place

if TYPE_CHECKING:
    import tarfile

SHARED = ("ca.pem",)
"""Files that several exports into one folder share when they are equal."""
SHARED_BYTES = 1 << 16
BLOCK = 1 << 20


def place_of(command: Command) -> Place | None:
    """What lies where a command is to write; None for one that writes nothing for its caller."""
    match command:
        case Package():
            return Place(taken=os.path.lexists(command.folder))
        case PrintSlip() | PrintShift() | PrintCertificate():
            folder = Path(os.fsdecode(command.target)).parent
            closed = not folder.is_dir() or not os.access(folder, os.W_OK)
            return Place(taken=os.path.lexists(command.target), closed=closed)
        case Export():
            return Place(present=dict(_shared(Path(os.fsdecode(command.folder)))))
        case _:
            return None


def receive(command: Command, stream: IO[bytes]) -> None:
    """Write what the service made. Raises :class:`~station.files.TargetExists`, :class:`~station.files.TargetUnusable`."""
    import tarfile  # only for those few commands: every other one comes through this module, too

    from station.files import TargetExists, TargetUnusable

    target = Path(os.fsdecode(target_of(command)))
    try:
        if isinstance(command, Export):
            _into(target, stream)
        else:
            _as_one(target, stream)
    except FileExistsError as error:
        raise TargetExists(path=_named(error, target)) from error
    except tarfile.TarError as error:
        raise TargetUnusable(path=str(target), error="the service ended before all of it had come") from error
    except OSError as error:
        raise TargetUnusable(path=_named(error, target), error=error.strerror or str(error)) from error


def target_of(command: Command) -> bytes:
    """The path that a command names for writing. Raises ``TypeError`` for one that names none."""
    match command:
        case Export() | Package():
            return command.folder
        case PrintSlip() | PrintShift() | PrintCertificate():
            return command.target
        case _:
            raise TypeError("this command writes nothing for its caller")


def _shared(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name in SHARED:
        try:
            with (folder / name).open("rb") as file:
                data = file.read(SHARED_BYTES + 1)
        except OSError:
            continue
        if len(data) <= SHARED_BYTES:
            yield name, data


def _into(folder: Path, stream: IO[bytes]) -> None:
    """Files beside what is there already: each one new, or the same as a shared one."""
    from station import durable

    durable.make_folder(folder, 0o750)
    for member, content in _members(stream):
        if content is None:
            continue  # the folder itself
        target = folder / member.name
        draft = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            _write(draft, member, content)
            os.link(draft, target)
        except FileExistsError:
            if target.name not in SHARED or target.read_bytes() != draft.read_bytes():
                raise
        finally:
            draft.unlink(missing_ok=True)
    durable.sync_folder(folder)


def _as_one(target: Path, stream: IO[bytes]) -> None:
    """One file, or one folder with all that is in it, that gets its name when all of it is there."""
    from ingest.copying.syscalls import rename_noreplace
    from station import durable

    durable.make_folder(target.parent, 0o750)
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    folders = []
    try:
        for member, content in _members(stream):
            below = draft if member.name == "." else draft / member.name
            if content is None:
                below.mkdir(member.mode & 0o777)
                folders.append(below)
            else:
                _write(below, member, content)
        for folder in reversed(folders):
            durable.sync_folder(folder)
        try:
            rename_noreplace(os.fsencode(draft), os.fsencode(target))
        except FileExistsError:
            raise
        except OSError:  # a disk of a PC's format knows no rename that never replaces
            if os.path.lexists(target):
                raise FileExistsError(17, "File exists", str(target)) from None
            draft.rename(target)
        durable.sync_folder(target.parent)
    finally:
        if draft.is_dir():
            rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def _members(stream: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Regular files and folders only, under names that stay below."""
    import tarfile

    with tarfile.open(fileobj=stream, mode="r|", bufsize=BLOCK) as tar:
        for member in tar:
            parts = member.name.split("/")
            if not (member.isreg() or member.isdir()) or member.name.startswith("/") or ".." in parts:
                raise OSError(22, "the service sent what is no file", member.name)
            yield member, tar.extractfile(member) if member.isreg() else None


def _write(path: Path, member: tarfile.TarInfo, content: IO[bytes]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, member.mode & 0o777)
    with os.fdopen(handle, "wb") as file:
        copyfileobj(content, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())


def _named(error: OSError, target: Path) -> str:
    found = error.filename2 or error.filename
    name = os.fsdecode(found) if isinstance(found, str | bytes) else str(target)
    return str(target) if name.endswith(".new") or "/." in name else name
