"""The recorder of ``tests/servers/amba.py`` as a real USB device: a FunctionFS gadget on ``dummy_hcd``, for the virtual machine.

Runs inside the guest, as root, with the standard library alone::

    python3 amba_gadget.py [--password 12345678] [--identity DSJ0001]

It prints ``ready`` once the device is on the bus, answers until it is told to become a disk (then it leaves the bus, as a recorder does, and
prints ``disk``) or is ended by SIGTERM. Needs the modules ``dummy_hcd``, ``libcomposite`` and ``usb_f_fs`` (Linux's
``Documentation/usb/functionfs.rst``). ``amba.py`` has to lie beside this file or in ``tests/servers``.
"""

from __future__ import annotations

import argparse
import os
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "servers")]

if TYPE_CHECKING:
    from tests.servers.amba import AmbaRecorder
else:
    from amba import AmbaRecorder  # beside this file, in a guest without the project

CONFIGFS = Path("/sys/kernel/config")
NAME = "amba"
VENDOR, PRODUCT = "0x4255", "0x0001"
_DESCRIPTORS_V2, _STRINGS = 3, 2
_HAS_FS, _HAS_HS = 1, 2


def descriptors() -> bytes:
    """One vendor-specific interface with a bulk endpoint out and one in, for full and high speed."""
    interface = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 2, 0xFF, 0xFF, 0xFF, 1)

    def endpoints(size: int) -> bytes:
        return b"".join(struct.pack("<BBBBHB", 7, 5, address, 2, size, 0) for address in (0x01, 0x82))

    body = struct.pack("<II", 3, 3) + interface + endpoints(64) + interface + endpoints(512)
    return struct.pack("<III", _DESCRIPTORS_V2, len(body) + 12, _HAS_FS | _HAS_HS) + body


def strings() -> bytes:
    """The name of the interface, in English."""
    text = b"Amba Simple Class\0"
    return struct.pack("<IIIIH", _STRINGS, 18 + len(text), 1, 1, 0x0409) + text


def make_gadget() -> Path:
    """The gadget in configfs, with its function mounted; not on the bus yet."""
    gadget = CONFIGFS / "usb_gadget" / NAME
    for folder in (gadget, gadget / "strings/0x409", gadget / "configs/c.1", gadget / f"functions/ffs.{NAME}"):
        folder.mkdir()
    for name, value in {"idVendor": VENDOR, "idProduct": PRODUCT, "bcdUSB": "0x0200"}.items():
        (gadget / name).write_text(value)
    (gadget / "strings/0x409/product").write_text("Amba Simple Class")
    (gadget / f"configs/c.1/ffs.{NAME}").symlink_to(gadget / f"functions/ffs.{NAME}")
    point = Path(f"/dev/ffs-{NAME}")
    point.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "functionfs", NAME, point], check=True)
    return gadget


def free_controller() -> str:
    """A device controller that no gadget uses."""
    used = {file.read_text().strip() for file in (CONFIGFS / "usb_gadget").glob("*/UDC")}
    return next(name for name in sorted(os.listdir("/sys/class/udc")) if name not in used)


def serve(recorder: AmbaRecorder, gadget: Path) -> None:
    """Answer commands until the recorder has become a disk."""
    point = f"/dev/ffs-{NAME}"
    control = os.open(f"{point}/ep0", os.O_RDWR)
    os.write(control, descriptors())
    os.write(control, strings())
    (gadget / "UDC").write_text(free_controller())
    print("ready", flush=True)
    out, back = os.open(f"{point}/ep1", os.O_RDONLY), os.open(f"{point}/ep2", os.O_WRONLY)
    try:
        while not recorder.is_disk:
            try:
                command = os.read(out, 512)
            except OSError:  # not configured yet, or just unplugged
                time.sleep(0.05)
                continue
            os.write(back, recorder.answer(command))
        print("disk", flush=True)
    finally:
        for descriptor in (out, back, control):
            os.close(descriptor)


def remove(gadget: Path) -> None:
    """Leave the bus, and nothing behind."""
    with suppress(OSError):
        (gadget / "UDC").write_text("\n")
    (gadget / f"configs/c.1/ffs.{NAME}").unlink()
    subprocess.run(["umount", f"/dev/ffs-{NAME}"], check=False)
    for folder in (f"functions/ffs.{NAME}", "configs/c.1", "strings/0x409", ""):
        (gadget / folder).rmdir()


def main() -> None:
    """Play a recorder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--password", default="00000000")
    parser.add_argument("--identity", default="DSJ0001")
    told = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    gadget = make_gadget()
    try:
        serve(AmbaRecorder(identity=told.identity, password=told.password), gadget)
    finally:
        remove(gadget)


if __name__ == "__main__":
    main()
