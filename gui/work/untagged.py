"""The queue of what nobody has tagged yet: the oldest first, and after each tag the next one."""

from __future__ import annotations

from typing import ClassVar

from gui.work.clips import Clips


class Untagged(Clips):
    """The catalogue, as a queue."""

    NAME: ClassVar[str] = "untagged"
    FIRST: ClassVar[str] = "missing:category"
    ASCENDING: ClassVar[bool] = True
    GOES_ON: ClassVar[bool] = True
