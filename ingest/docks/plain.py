"""Mounting with mount(8), for root and without UDisks2."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from ingest.docks.facts import Plugged, Volume
from ingest.docks.filesystems import plain_options
from ingest.docks.mounting import Busy, Pause, check_mounted, mounts_at, patiently
from ingest.docks.writeblock import allow_writes, block_writes
from ingest.errors import ChildMissing, MountFailed, MountNotAllowed

_SECONDS = 60.0
"""For one mount(8): a dying card answers late."""
_PATH = os.pathsep.join(("/usr/sbin", "/usr/bin", "/sbin", "/bin"))


class PlainMounter:
    """Mounts below a folder of its own. ``waive_write_block``: go on where the block device's flag cannot be set."""

    name = "mount"

    def __init__(
        self, folder: Path, *, waive_write_block: bool = False, pause: Pause = time.sleep, sysfs: Path = Path("/sys")
    ) -> None:
        self._folder = os.path.realpath(os.fsencode(folder))
        self._waived = waive_write_block
        self._pause = pause
        self._sysfs = sysfs
        self._writable: dict[bytes, Volume] = {}

    def owns(self, point: bytes) -> bool:
        """Whether a mount point is one of ours."""
        return point.startswith(self._folder + b"/")

    def mount(self, volume: Volume) -> bytes:
        """Mount read-only; where it lies."""
        options = plain_options(volume)
        block_writes(volume, waived=self._waived, sysfs=self._sysfs)
        return self._mount(volume, options, writable=False)

    def mount_writable(self, volume: Volume) -> bytes:
        """Mount for the erase step; the write block is back once it is unmounted."""
        options = plain_options(volume, writable=True)
        try:
            allow_writes(volume, self._sysfs)
        except OSError as error:
            raise MountNotAllowed(node=volume.node, detail=error.strerror or "the write block stays") from error
        point = self._mount(volume, options, writable=True)
        self._writable[point] = volume
        return point

    def unmount(self, point: bytes) -> None:
        """Let a mount go. What is busy for long, or whose device is gone, is detached and ends when the last reader has."""
        try:
            if mounts_at(point):
                patiently(os.fsdecode(point), lambda: self._run("umount", os.fsdecode(point)), self._pause)
        except Exception:  # noqa: BLE001 - whatever keeps it: it must not lie under the next card
            self._run("umount", "--lazy", os.fsdecode(point))
        finally:
            if (volume := self._writable.pop(point, None)) is not None:
                block_writes(volume, waived=True, sysfs=self._sysfs)
        with suppress(OSError):
            os.rmdir(point)

    def power_off(self, plugged: Plugged) -> None:
        """Take the device off the bus (sysfs ``remove``), where that may be done."""
        with suppress(OSError):
            (self._sysfs / plugged.devpath.lstrip("/") / "remove").write_text("1", encoding="ascii")

    def _mount(self, volume: Volume, options: tuple[str, ...], *, writable: bool) -> bytes:
        os.makedirs(self._folder, 0o700, exist_ok=True)
        self._let_go_of_leftovers(volume)
        point = os.path.join(self._folder, f"{Path(volume.node).name}-{secrets.token_hex(4)}".encode())
        os.mkdir(point, 0o700)
        try:
            arguments = ["-t", self._driver(volume), "-o", ",".join(options), "--", volume.node, os.fsdecode(point)]
            patiently(volume.node, lambda: self._run("mount", *arguments, volume=volume), self._pause)
            check_mounted(volume, point, writable=writable)
        except BaseException:
            self.unmount(point)
            raise
        return point

    def _let_go_of_leftovers(self, volume: Volume) -> None:
        """What a run that was killed had mounted."""
        from ingest.docks.untouched import look_at_machine

        for point in look_at_machine(()).points(volume.number):
            if self.owns(point):
                self.unmount(point)

    def _driver(self, volume: Volume) -> str:
        if volume.fs_type != "ntfs":
            return volume.fs_type or ""
        known = Path("/proc/filesystems").read_text(encoding="ascii").split()
        if "ntfs3" not in known and shutil.which("mount.ntfs-3g", path=_PATH) is not None:
            return "ntfs-3g"
        return "ntfs3"

    def _run(self, program: str, *arguments: str, volume: Volume | None = None) -> None:
        environment = {"PATH": _PATH, "LC_ALL": "C.UTF-8"}
        node, fs_type = (volume.node, volume.fs_type) if volume is not None else (arguments[-1], None)
        try:
            done = subprocess.run(
                [shutil.which(program, path=_PATH) or program, *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=_SECONDS, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise ChildMissing(program=program) from error
        except subprocess.TimeoutExpired as error:
            raise MountFailed(node=node, fs_type=fs_type, detail=f"{program} did not end in {_SECONDS:.0f} s") from error
        if done.returncode == 0:
            return
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
        if "busy" in said or "already mounted" in said:
            raise Busy(said)
        if "must be superuser" in said or "ermission denied" in said:
            raise MountNotAllowed(node=node, detail=said)
        raise MountFailed(node=node, fs_type=fs_type, detail=said or f"status {done.returncode}")
