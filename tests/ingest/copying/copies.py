"""Running the real copy worker from a test."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evidence.errors import Fault
from ingest.copying.client import CopyStream, CopyWorker
from ingest.copying.facts import MEBIBYTE, CopyJob, CopyLimits, CopyTask, FileOutcome, JobEnded, Placed, Progress
from ingest.vault import Vault

LIMITS = CopyLimits(checkpoint_bytes=2 * MEBIBYTE, group_bytes=8 * MEBIBYTE, progress_seconds=0.0)
"""Small steps, so that small files go through all of them."""


@dataclass
class Copied:
    """What came of a job."""

    files: dict[bytes, FileOutcome] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    stopped: bool = False
    fault: Fault | None = None

    @property
    def only(self) -> FileOutcome:
        (outcome,) = self.files.values()
        return outcome


def listed(root: Path) -> tuple[CopyTask, ...]:
    """The regular files below a folder, as an inventory would give them."""
    top = os.fsencode(root)
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    found = [(os.path.relpath(path, top), os.lstat(path)) for path in paths]
    return tuple(CopyTask(position, path, facts.st_size, facts.st_mtime_ns) for position, (path, facts) in enumerate(found))


def job(
    root: Path,
    docking: str = "docking-1",
    *,
    tasks: tuple[CopyTask, ...] | None = None,
    double_read: bool = False,
    sm3: bool = False,
) -> CopyJob:
    return CopyJob(docking, os.fsencode(root), listed(root) if tasks is None else tasks, double_read, sm3)


def follow(stream: CopyStream, *, acknowledge: bool = True, seen: Callable[[Placed], None] | None = None) -> Copied:
    """Take a job's events until it ends."""
    copied = Copied()
    with stream:
        for event in stream:
            match event:
                case Progress():
                    copied.progress.append(event)
                case Placed(group, files):
                    copied.groups.append(group)
                    copied.files.update({outcome.path: outcome for outcome in files})
                    if seen is not None:
                        seen(event)
                    if acknowledge:
                        stream.acknowledge(group)
                case JobEnded(stopped, fault):
                    copied.stopped, copied.fault = stopped, fault
    return copied


def copy(job: CopyJob, *vaults: Vault, limits: CopyLimits = LIMITS) -> Copied:
    """Run one job in a worker of its own."""
    with CopyWorker(vaults, limits) as worker:
        return follow(worker.submit(job))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stored(vault: Vault, outcome: FileOutcome) -> bytes:
    """The bytes of an outcome's blob."""
    assert outcome.sha256 is not None
    with vault.open_blob(outcome.sha256) as blob:
        return blob.read()


def check_clean(vault: Vault) -> None:
    """No work in progress is left, and every blob has the digest of its name and is read-only."""
    assert os.listdir(vault.partial_folder) == []
    for blob in vault.blobs():
        assert blob.sha256 == sha256(Path(os.fsdecode(blob.path)).read_bytes())
        assert os.stat(blob.path).st_mode & 0o777 == 0o440


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something another process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def journal_marks(vault: Vault, position: int, docking: str = "docking-1") -> int:
    """How many checkpoints a partial copy has."""
    try:
        lines = Path(os.fsdecode(vault.docking_folder(docking)), f"{position}.journal").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0
    return lines - 1


@contextmanager
def unmounting(path: Path) -> Iterator[Path]:
    """A mount point that is unmounted in the end."""
    import subprocess

    path.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
