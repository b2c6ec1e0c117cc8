"""Which mounter this machine has: UDisks2 where it answers, else mount(8) for root."""

from __future__ import annotations

import os
from pathlib import Path

from ingest.docks.facts import Mounter
from ingest.docks.plain import PlainMounter
from ingest.docks.udisks import UDisksMounter
from ingest.errors import NoMounter


def mounter_here(folder: Path, *, waive_write_block: bool) -> Mounter:
    """The mounter to use; ``folder`` is where mount(8) may mount. Raises :class:`~ingest.errors.NoMounter`."""
    udisks = UDisksMounter(waive_write_block=waive_write_block)
    if udisks.answers():
        return udisks
    if os.geteuid() == 0:
        return PlainMounter(folder, waive_write_block=waive_write_block)
    raise NoMounter(detail="UDisks2 does not answer, and this is not root")
