"""The one way to a clip: before anything of it is told, played, changed or copied, it is asked whether the actor may.

What was restricted opens for one look when a second person agreed; what an auditor plays takes a reason and a second person each time. A copy that
leaves the station takes the right itself, and no look by approval will do.
"""

from __future__ import annotations

from collections.abc import Iterable

from evidence.access import Guarded, Role
from evidence.catalogue.connect import reading
from evidence.catalogue.ledger import Commit
from evidence.catalogue.reaching import check_clip, check_docking, check_listed, sees
from evidence.custody.entry import Actor, subject_clip
from evidence.errors import Exit
from evidence.ids import ClipId, DockingId
from evidence.reach import ClipRestricted, DockingOutOfReach
from station import approvals
from station.home import StationError
from station.rooms import Rooms


class ReasonNeeded(StationError):
    """An auditor plays footage for a reason, and says it. Fields: ``clip``."""

    code = "reason-needed"
    status = Exit.USAGE


def look(commit: Commit, clip: ClipId, actor: Actor) -> None:
    """In the commit that says that somebody looks: spend what opens a restricted clip, where that is needed.

    Raises :class:`~evidence.catalogue.acts.desk.NoSuchClip`, :class:`~evidence.reach.ClipOutOfReach`, :class:`~evidence.reach.ClipRestricted`.
    """
    try:
        check_clip(commit.connection, commit.station, clip, actor.reach)
    except ClipRestricted:
        if not approvals.given(commit, Guarded.OPEN_RESTRICTED.value, subject_clip(clip), actor):
            raise
        approvals.spend(commit, Guarded.OPEN_RESTRICTED.value, subject_clip(clip), actor)


def play(commit: Commit, clip: ClipId, actor: Actor, reason: str | None) -> None:
    """In the commit that says that somebody plays. Raises as :func:`look`, :class:`ReasonNeeded` and ``ApprovalMissing``."""
    look(commit, clip, actor)
    if actor.role == Role.AUDITOR and actor.reach is not None:
        if not (reason or "").strip():
            raise ReasonNeeded(clip=clip)
        approvals.spend(commit, Guarded.PLAY.value, subject_clip(clip), actor)


def may_have(rooms: Rooms, clips: Iterable[str], actor: Actor) -> None:
    """For what changes clips or copies them. Raises as :func:`look`, for the first that the actor may not have; no approval opens it."""
    if actor.reach is None:
        return
    with reading(rooms.catalogue) as connection:
        for clip in clips:
            check_clip(connection, rooms.station, ClipId(clip), actor.reach)


def may_have_docking(rooms: Rooms, docking: str, actor: Actor) -> None:
    """For papers that name every clip of a docking. Raises :class:`~evidence.reach.DockingOutOfReach`; one that is not there is no fault here."""
    if actor.reach is not None:
        with reading(rooms.catalogue) as connection:
            check_docking(connection, rooms.station, DockingId(docking), actor.reach)


def may_list_docking(rooms: Rooms, docking: str, actor: Actor) -> None:
    """For what is known of a docking itself. Raises :class:`~evidence.reach.DockingOutOfReach`; one that is not there is no fault here."""
    if actor.reach is not None:
        with reading(rooms.catalogue) as connection:
            check_listed(connection, rooms.station, DockingId(docking), actor.reach)


def knows_everything(actor: Actor) -> bool:
    """Whether nothing of the station's clips is closed to somebody."""
    return actor.reach is None or (actor.reach.units is None and actor.reach.sensitivities is None)


def subject_seen(rooms: Rooms, subject: str, actor: Actor) -> bool:
    """Whether what an entry is about may be known to somebody whole: of clips and dockings it is asked, other things name no clip."""
    kind, _, of = subject.partition(":")
    with reading(rooms.catalogue) as connection:
        if kind == "clip":
            return sees(connection, rooms.station, ClipId(of), actor.reach)
        if kind == "docking":
            try:
                check_docking(connection, rooms.station, DockingId(of), actor.reach)
            except DockingOutOfReach:
                return False
    return True
