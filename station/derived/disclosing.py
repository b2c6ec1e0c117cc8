"""Redacted copies on their way into a package for disclosure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evidence.ids import ClipId, SheetId
from evidence.packages.contents import PackagedClip, RedactedCopy
from station.derived.making import DerivativeDiffers, Workshop
from station.derived.recipes import ENDINGS, Makes
from station.derived.redactions import approved
from station.rooms import Rooms


def approved_copies(rooms: Rooms, clips: Sequence[ClipId]) -> dict[ClipId, tuple[SheetId, str]]:
    """The newest approved redaction of each clip that has one, and its copy's digest."""
    found = {clip: approved(rooms, clip) for clip in clips}
    return {clip: (one.id, str(one.sha256)) for clip, one in found.items() if one is not None}


def file_of(rooms: Rooms, one: PackagedClip, copy: RedactedCopy) -> Path:
    """Where a copy lies; made again by its recipe where it does not lie there any more.

    Raises :class:`~station.derived.making.DerivativeDiffers` when what is made now is another than was approved.
    """
    path = rooms.home.derived / copy.sha256[:2] / f"{copy.sha256}.{ENDINGS[Makes.REDACTED]}"
    if path.is_file():
        return path
    workshop = Workshop(rooms)
    row = workshop.made(workshop.original(one.sha256), copy.recipe, expected=copy.sha256)
    if row.sha256 != copy.sha256:
        raise DerivativeDiffers(id=row.id, before=copy.sha256, now=row.sha256)
    return workshop.shelf.path(row)
