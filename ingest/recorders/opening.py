"""From a device on the bus to a driver that speaks to it."""

from __future__ import annotations

from evidence.errors import Fault
from ingest.docks.facts import Plugged
from ingest.errors import RecorderSilent, RecorderUnclear
from ingest.recorders.ambarella import FACTORY, Ambarella
from ingest.recorders.driver import Password, Recorder
from ingest.recorders.families import family_of
from ingest.recorders.usbpipe import open_usb


def open_recorder(plugged: Plugged, password: Password | None = None) -> Recorder | None:
    """The driver of a recorder in control mode, its session open; None when there is none for it, or what is there is something else.

    Raises the recorder faults: it is gone, or the password is another.
    """
    family = family_of(plugged.usb)
    if family is None or family.driver != "ambarella":
        return None
    try:
        pipe = open_usb(plugged.devpath)
    except OSError:
        return None  # its interface cannot be had
    try:
        return Ambarella(pipe, plugged.port, password or FACTORY)
    except (RecorderSilent, RecorderUnclear):
        pipe.close()
        return None  # it shares the id and speaks something else
    except Fault:
        pipe.close()
        raise
