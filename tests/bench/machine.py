"""The machine a benchmark runs on: what it is, how busy it is, and bringing its page cache to the same state before a run."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from tests.bench.children import Failed

_DROP = Path("/proc/sys/vm/drop_caches")
GIGABYTE = 1_000_000_000


class Caches:
    """The page cache before each run: dropped where that is allowed; elsewhere it is said that it was not."""

    def __init__(self) -> None:
        self.cold = os.access(_DROP, os.W_OK) and os.geteuid() == 0

    @property
    def state(self) -> str:
        """For the table."""
        return (
            "dropped before each run, then the programs loaded again"
            if self.cold
            else "NOT dropped (only root may): warm, and no figure to quote"
        )

    def chill(self) -> None:
        """Everything written is on disk, and nothing of it in memory."""
        os.sync()
        if self.cold:
            _DROP.write_text("3\n", encoding="ascii")


def description() -> dict[str, object]:
    """What a reader must know to place the figures."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def headline(facts: dict[str, object], folder: Path) -> str:
    """The same in a line."""
    memory = int(str(facts["memory_bytes"])) / (1 << 30)
    return (
        f"{facts['cores']} x {facts['processor']}, {memory:.0f} GiB, kernel {facts['kernel']}, Python {facts['python']}; "
        f"{file_system(folder)}; load {facts['load']:.1f} at the start"
    )


def file_system(folder: Path) -> str:
    """Type and device of the file system a folder lies on."""
    best = ("", "unknown", "unknown")
    where = os.path.realpath(folder)
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        device, mounted, kind, *_ = line.split(" ")
        if (where == mounted or where.startswith(mounted.rstrip("/") + "/")) and len(mounted) >= len(best[0]):
            best = (mounted, kind, device)
    return f"{best[1]} on {best[2]}"


def need_space(folder: Path, wanted: int) -> None:
    """Raise :class:`Failed` where the folder's disk has less than ``wanted`` bytes to spare."""
    free = shutil.disk_usage(folder).free
    if free < wanted + GIGABYTE:
        raise Failed(f"{folder} has {free / GIGABYTE:.1f} GB free, and {(wanted + GIGABYTE) / GIGABYTE:.1f} GB are needed")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
