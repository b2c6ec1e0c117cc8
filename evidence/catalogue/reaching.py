"""Reach as the catalogue is asked for it: conditions on clips and dockings, and the one check before anything is told or changed.

No reach at all (None) is the operator of the settings while nobody has an account: everything. What is in doubt is not seen.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select, true

from evidence.catalogue import schema
from evidence.ids import ClipId, DockingId, StationId
from evidence.reach import ClipOutOfReach, ClipRestricted, DockingOutOfReach, Placed, Reach


def seen(reach: Reach | None) -> ColumnElement[bool]:
    """The condition on :data:`~evidence.catalogue.schema.clip` that a clip is seen. It is true or false of each, never unknown: it may be negated."""
    if reach is None:
        return true()
    clip, docking = schema.clip, schema.docking.alias("docked_by")
    ways = [_of_units(clip.c.station, reach)]
    if reach.own is not None:
        docked = select(docking.c.id).where(docking.c.station == clip.c.station, docking.c.officer == reach.own)
        ways.append(and_(clip.c.recorded_by.is_not(None), clip.c.recorded_by == reach.own))
        ways.append(and_(clip.c.recorded_by.is_(None), clip.c.docking.in_(docked)))
    if reach.cases - {""}:
        ways.append(and_(clip.c.case_number.is_not(None), clip.c.case_number.in_(sorted(reach.cases - {""}))))
    return and_(or_(*ways), _cleared(reach))


def docking_seen(reach: Reach | None) -> ColumnElement[bool]:
    """The condition on :data:`~evidence.catalogue.schema.docking` that a docking may be listed: by who docked, or by unit."""
    if reach is None:
        return true()
    docking = schema.docking
    ways = [_of_units(docking.c.station, reach)]
    if reach.own is not None:
        ways.append(and_(docking.c.officer.is_not(None), docking.c.officer == reach.own))
    return or_(*ways)


def sees(connection: Connection, station: StationId, clip: ClipId, reach: Reach | None) -> bool:
    """Whether a clip is there and seen."""
    table = schema.clip
    wanted = select(table.c.id).where(table.c.station == station, table.c.id == clip, seen(reach))
    return connection.execute(wanted).first() is not None


def check_clip(connection: Connection, station: StationId, clip: ClipId, reach: Reach | None) -> None:
    """Raise :class:`~evidence.catalogue.acts.desk.NoSuchClip`, or a fault of :mod:`evidence.reach`, unless a clip is seen."""
    from evidence.catalogue.acts.desk import NoSuchClip  # acts on clips read what is queued, and queries ask here

    placed = placed_of(connection, station, clip)
    if placed is None:
        raise NoSuchClip(clip=clip)
    if reach is None:
        return
    if not reach.near(placed):
        raise ClipOutOfReach(clip=clip)
    if not reach.cleared(placed):
        raise ClipRestricted(clip=clip, sensitivity=placed.sensitivity)


def check_docking(connection: Connection, station: StationId, docking: DockingId, reach: Reach | None) -> None:
    """Raise :class:`~evidence.reach.DockingOutOfReach` unless a docking is seen, and every clip that it saw."""
    if reach is None:
        return
    check_listed(connection, station, docking, reach)
    clip, sighting = schema.clip, schema.sighting
    hidden = (
        select(clip.c.id)
        .join_from(sighting, clip, (clip.c.station == sighting.c.station) & (clip.c.id == sighting.c.clip))
        .where(sighting.c.station == station, sighting.c.docking == docking, ~seen(reach))
    )
    if connection.execute(hidden).first() is not None:
        raise DockingOutOfReach(docking=docking)


def check_listed(connection: Connection, station: StationId, docking: DockingId, reach: Reach | None) -> None:
    """Raise :class:`~evidence.reach.DockingOutOfReach` unless a docking is seen, whatever it saw. One that is not there is no fault here."""
    table = schema.docking
    known = select(table.c.id).where(table.c.station == station, table.c.id == docking)
    if connection.execute(known.where(~docking_seen(reach))).first() is not None:
        raise DockingOutOfReach(docking=docking)


def placed_of(connection: Connection, station: StationId, clip: ClipId) -> Placed | None:
    """What decides who may see a clip; None where there is none."""
    table, docking, log = schema.clip, schema.docking, schema.log
    wanted = (
        select(table.c.recorded_by, docking.c.officer, table.c.case_number, table.c.sensitivity, log.c.unit)
        .join_from(table, docking, (docking.c.station == table.c.station) & (docking.c.id == table.c.docking))
        .join(log, log.c.station == table.c.station)
        .where(table.c.station == station, table.c.id == clip)
        .order_by(log.c.epoch.desc())
    )
    row = connection.execute(wanted).first()
    if row is None:
        return None
    recorder = row.officer if row.recorded_by is None else row.recorded_by
    return Placed(recorder, row.unit, row.case_number, row.sensitivity)


def _of_units(station: ColumnElement[str], reach: Reach) -> ColumnElement[bool]:
    """The station's newest log is of one of the units."""
    if reach.units is None:
        return true()
    if not reach.units:
        return false()
    log = schema.log.alias("log_of_unit")
    later = schema.log.alias("later_log")
    newest = select(func.max(later.c.epoch)).where(later.c.station == log.c.station).scalar_subquery()
    return exists(
        select(log.c.station).where(log.c.station == station, log.c.epoch == newest, log.c.unit.in_(sorted(reach.units)))
    )


def _cleared(reach: Reach) -> ColumnElement[bool]:
    clip = schema.clip
    if reach.sensitivities is None:
        return true()
    return or_(clip.c.sensitivity.is_(None), clip.c.sensitivity == "", clip.c.sensitivity.in_(sorted(reach.sensitivities)))
