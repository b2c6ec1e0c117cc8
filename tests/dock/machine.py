"""The machine itself: QEMU with a guest in it, started fresh or from a saved state, reset, saved, ended.

A saved state is memory and disk as they were: going on from it takes two seconds where booting takes half a minute. QEMU is a
child that dies with the thread that started it, and writes only below its own folder; images and saved states stay as they are.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.dock.faults import LabError
from tests.dock.image import Image
from tests.dock.qmp import Qmp
from tests.dock.shell import Shell

MEBIBYTES = 1536
PROCESSORS = 2
BOOT_SECONDS = 240.0
READY = "lab: ready"
SHARE = "/mnt/host"
"""Where the guest sees the host's folder, read-only."""
KERNEL = (
    "console=ttyS0 quiet mitigations=off nopti net.ifnames=0 selinux=0 apparmor=0 audit=0"
    " systemd.show_status=0 random.trust_cpu=on printk.devkmsg=off"
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A state to go on from: ``memory`` and ``disk.qcow2`` in a folder."""

    folder: Path

    @property
    def there(self) -> bool:
        """Whether it has been saved."""
        return (self.folder / "memory").exists()


class Machine:
    """One running guest. For one thread."""

    def __init__(self, image: Image, share: Path, state: Saved | None = None) -> None:
        """Start it, and wait until it can be spoken to. Raises :class:`LabError`."""
        self.image, self.share = image, share
        self.folder = Path(tempfile.mkdtemp(prefix="docklab-"))
        self._console = _Console(self.folder)
        try:
            self._start(state)
        except BaseException:
            self.stop()
            raise

    def _start(self, state: Saved | None) -> None:
        self._process = subprocess.Popen(
            self._command(state), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / "qemu.log").open("wb")
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self.qmp = Qmp(self._process.stdin, self._process.stdout)
        except LabError as error:
            raise LabError(f"QEMU did not start: {(self.folder / 'qemu.log').read_text()}") from error
        if state is not None:
            self.qmp.do("migrate-set-capabilities", capabilities=[{"capability": "events", "state": True}])
            self.qmp.do("migrate-incoming", uri=f"exec:cat '{state.folder / 'memory'}'")
            self._migrated()
            self.qmp.do("cont")  # it was stopped before it was saved
        else:
            self._console.wait(READY, BOOT_SECONDS)
        forwarded = re.search(r"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)", self.qmp.human("info usernet"))
        assert forwarded is not None
        self.shell = Shell(self.image, int(forwarded[1]), self.folder)
        self._meet()

    def _command(self, state: Saved | None) -> list[str]:
        disk = self.folder / "disk.qcow2"
        base = self.image.file("rootfs.img") if state is None else state.folder / "disk.qcow2"
        create = [
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            str(base),
            "-F",
            "raw" if state is None else "qcow2",
            str(disk),
        ]
        subprocess.run(create, check=True)
        kvm = _kvm()
        return [
            *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-name", "docklab", "-machine", "q35", "-nodefaults"),
            *("-display", "none", "-no-user-config", "-m", str(MEBIBYTES), "-smp", str(PROCESSORS)),
            *(("-accel", "kvm", "-cpu", "host") if kvm else ("-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max,-la57")),
            *("-kernel", str(self.image.file("vmlinux")), "-initrd", str(self.image.file("initrd")), "-append", KERNEL),
            *("-drive", f"file={disk},if=virtio,format=qcow2,cache=unsafe"),
            *("-netdev", "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22", "-device", "virtio-net-pci,netdev=net,romfile="),
            *("-device", "virtio-rng-pci"),
            *("-fsdev", f"local,id=host,path={self.share},security_model=none,multidevs=remap,readonly=on"),
            *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
            *("-device", "qemu-xhci,id=xhci,p2=15,p3=15"),
            *("-chardev", f"socket,id=console,path={self._console.place}", "-serial", "chardev:console"),
            *("-qmp", "stdio", *(() if state is None else ("-incoming", "defer"))),
        ]

    def _meet(self) -> None:
        """Set the clock, which stood still in a saved state, and show the share."""
        self.shell.run(
            f"date -s @{time.time():.3f} >/dev/null; mountpoint -q {SHARE} ||"
            f" mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host {SHARE}"
        )

    def save(self, state: Saved) -> None:
        """Keep memory and disk as a state to go on from. The machine ends with it."""
        self.shell.run(f"sync; umount {SHARE}")  # a share cannot be saved
        self.shell.close()
        part = state.folder.with_name(f"{state.folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        self.qmp.do("stop")
        self.qmp.do("migrate-set-capabilities", capabilities=[{"capability": "events", "state": True}])
        self.qmp.do("migrate-set-parameters", **{"max-bandwidth": 4 << 30})
        self.qmp.do("migrate", uri=f"exec:cat > '{part / 'memory'}'")
        self._migrated()
        self.qmp.do("quit")
        self._process.wait()
        shutil.move(self.folder / "disk.qcow2", part / "disk.qcow2")
        shutil.rmtree(state.folder, ignore_errors=True)
        part.rename(state.folder)
        self.stop()

    def _migrated(self) -> None:
        while (status := self.qmp.wait("MIGRATION")["status"]) != "completed":
            if status == "failed":
                raise LabError(f"the guest's state: {self.qmp.do('query-migrate')}")

    def reset(self) -> None:
        """Press the reset button: what the guest had not written to its disk is gone. Waits until it is up again."""
        self.shell.close()
        self._console.forget()
        self.qmp.do("system_reset")
        self._console.wait(READY, BOOT_SECONDS)
        self._meet()

    def stop(self) -> None:
        """End the machine, whatever the guest is doing, and remove what it wrote."""
        if hasattr(self, "shell"):
            self.shell.close()
        if hasattr(self, "_process"):
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
        self._console.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Console:
    """The guest's serial console: QEMU connects to it, and its lines can be waited for. They are kept in ``console.log``."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "console.sock"
        self._log = folder / "console.log"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.place))
        self._listener.listen(1)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # closed before QEMU came
            return
        with connection, connection.makefile("r", errors="replace") as lines, self._log.open("w") as log:
            for line in lines:
                log.write(line)
                log.flush()
                self._lines.put(line)
        self._lines.put(None)

    def forget(self) -> None:
        """Lines up to now are not waited for any more."""
        while not self._lines.empty():
            self._lines.get()

    def wait(self, text: str, seconds: float) -> None:
        """Wait for a line with this text."""
        deadline = time.monotonic() + seconds
        seen: list[str] = []
        while time.monotonic() < deadline:
            try:
                line = self._lines.get(timeout=deadline - time.monotonic())
            except (queue.Empty, ValueError):
                break
            if line is None:
                break
            seen.append(line)
            if text in line:
                return
        raise LabError(f"the guest's console did not say {text!r}; its last lines:\n{''.join(seen[-20:])}")

    def close(self) -> None:
        self._listener.close()


def _kvm() -> bool:
    """Whether hardware virtualisation is really there: some clouds offer ``/dev/kvm`` and boot only kernels of their own."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    flags = Path("/proc/cpuinfo").read_text(encoding="ascii").partition("\nflags")[2].partition("\n")[0].split()
    return "svm" in flags or "vmx" in flags


def booted(image: Image) -> Saved:
    """The state of the guest after its first boot, saved on first use."""
    state = Saved(image.folder / f"booted-{'kvm' if _kvm() else 'tcg'}-{MEBIBYTES}-{PROCESSORS}")
    if not state.there:
        with tempfile.TemporaryDirectory() as nothing:
            machine = Machine(image, Path(nothing))
            try:
                machine.shell.run(
                    "systemctl is-system-running --wait; systemctl start udisks2 polkit;"
                    "modprobe -a usb-storage uas vfat exfat nls_ascii nls_utf8 fuse loop dm-mod"
                )
                machine.save(state)
            except BaseException:
                machine.stop()
                raise
    return state
