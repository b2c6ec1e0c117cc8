"""Recorders in control mode at this station: with which password, and what a person is told when no driver opens one."""

from __future__ import annotations

import os
import stat
from importlib.util import find_spec
from pathlib import Path

from evidence.errors import Exit
from ingest.docks.facts import Plugged
from ingest.recorders.driver import Capability, Password
from station.home import StationError
from station.settings import Settings

BY_HAND = "recorder-by-hand"
"""The phrase that says how disk mode is set by hand; a slot says it of the device in it (``control-mode``)."""
_LONGEST = 64


class RecorderPasswordUnusable(StationError):
    """The file with the recorders' password cannot be used. Fields: ``path``, ``rule``."""

    code = "recorder-password-unusable"
    status = Exit.REFUSED


def recorder_password(settings: Settings, home: Path) -> Password | None:
    """The password from the file that the setting names, None when none is set. Raises :class:`RecorderPasswordUnusable`."""
    if not settings.recorder_password_file:
        return None
    file = home / settings.recorder_password_file
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            untrusted_text = opened.read(_LONGEST + 1)
    except OSError as error:
        raise RecorderPasswordUnusable(path=str(file), rule=error.strerror or "cannot be read") from error
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
        raise RecorderPasswordUnusable(path=str(file), rule=f"mode {stat.S_IMODE(mode):04o}, must be a file of mode 0600")
    text = untrusted_text.removesuffix(b"\n").removesuffix(b"\r")
    if not text or len(text) > _LONGEST or not text.isascii() or not text.decode("ascii").isalnum():
        raise RecorderPasswordUnusable(path=str(file), rule="one line of letters and digits")
    return Password(text.decode("ascii"))


def become_disk(settings: Settings, home: Path, plugged: Plugged) -> bool:
    """Have a recorder in control mode become a disk; False when no driver opens it. For the docks.

    Raises the faults of the recorder and of its password. Its clock is left as it is: it has not been measured.
    """
    from ingest.recorders.opening import open_recorder

    recorder = open_recorder(plugged, recorder_password(settings, home))
    if recorder is None or Capability.DISK_MODE not in recorder.capabilities:
        return False
    try:
        recorder.disk_mode()
    finally:
        recorder.close()
    return True


def root_of_objects(plugged: Plugged) -> bytes | None:
    """The root under which a device that shows objects is a source; None where the library for it is not installed. For the docks.

    Raises :class:`ingest.errors.CardGone`.
    """
    if find_spec("gphoto2") is None:
        return None
    from ingest.objects import object_root

    return object_root(plugged.devpath)
