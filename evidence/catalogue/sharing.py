"""One PostgreSQL catalogue for the stations of a city: who may see and write which rows of it.

The stations of a city, and whoever reads them, sign in to the database under roles of their own. Row security (PostgreSQL,
``CREATE POLICY``) gives a station's role the rows of that station, to read and to write, and a reader's role the rows of the stations
whose unit code begins as it was granted, to read. So a kiosk that was broken into can neither read nor change another's rows, whatever
its software says; what it can do to its own is what ``verify`` finds.

Rules it keeps: the role that owns the tables is neither a station's nor a reader's; a reader sees no personal values, no people and no
sessions, whatever his units are; a table that nobody named is closed to readers; preparing again changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, func, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError

from evidence.catalogue import schema
from evidence.catalogue.connect import check_revision, reading, writing
from evidence.errors import EvidenceError, Exit
from evidence.ids import parse_station_id

READ: dict[str, tuple[str, ...] | None] = {
    "log": None,
    "custody_entry": None,
    "checkpoint": None,
    "signing_key": None,
    "device": ("station", "id", "key", "make", "model", "serial", "kind", "state", "registered_at", "last_seen_at", "last_slot"),
    "alarm": ("station", "id", "kind", "subject", "raised_at", "acknowledged_at"),
    "docking": None,
    "sighting": None,
    "clip": None,
    "recording": None,
    "blob": None,
    "manifest": None,
    "receipt": None,
    "time_stamp": None,
    "cosignature": None,
    "sheet": ("station", "id", "kind", "version", "at", "said"),
    "search_state": None,
    "search_clip": None,
    "search_term": None,
    "search_word": None,
}
"""What a reader may read: all columns of a table, or those named. Every other table is closed to him."""

_ROLE = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_PREFIX = re.compile(r"[0-9A-Za-z]{1,64}")
_PREPARE = """
CREATE TABLE IF NOT EXISTS catalogue_access (
    role text NOT NULL, station text, unit_prefix text,
    CHECK ((station IS NULL) <> (unit_prefix IS NULL)), UNIQUE NULLS NOT DISTINCT (role, station, unit_prefix)
);
CREATE OR REPLACE FUNCTION catalogue_readable() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT station FROM catalogue_access WHERE role = session_user AND station IS NOT NULL
    UNION SELECT log.station FROM log JOIN catalogue_access a ON a.role = session_user AND starts_with(log.unit, a.unit_prefix)
$$;
CREATE OR REPLACE FUNCTION catalogue_writable() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT station FROM catalogue_access WHERE role = session_user AND station IS NOT NULL
$$;
"""


class NotShared(EvidenceError):
    """The catalogue is not one that can be shared, or not yet. Fields: ``rule``."""

    code = "catalogue-not-shared"
    status = Exit.REFUSED


class RoleUnfit(EvidenceError):
    """A role of the database cannot be admitted. Fields: ``role``, ``rule``."""

    code = "role-unfit"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Access:
    """What one role was granted: a station of its own, or to read the units whose code begins so."""

    role: str
    station: str | None
    unit_prefix: str | None


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station as a reader sees it. ``entries`` counts its newest log's; ``newest`` is the moment of the last one."""

    station: str
    unit: str
    epoch: int
    entries: int
    newest: str | None
    clips: int
    dockings: int


Shared = Engine
"""A catalogue that is shared, or is to be."""


def holds_password(url: str) -> bool:
    """Whether a database's address has a password in it. What cannot be taken apart may hold one anywhere."""
    try:
        return bool(make_url(url).password or make_url(url).query.get("password"))
    except (ArgumentError, ValueError):
        return True


def prepare(engine: Engine) -> None:
    """Make a catalogue fit to be shared; run by the tables' owner, after every upgrade. Raises :class:`NotShared`."""
    if engine.dialect.name != "postgresql":
        raise NotShared(rule="only a PostgreSQL catalogue has roles; a SQLite file is one station's")
    check_revision(engine)
    with writing(engine) as connection:
        for statement in _PREPARE.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        for name in _tables(connection):
            quoted = _quoted(connection, name)
            connection.exec_driver_sql(f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"DROP POLICY IF EXISTS reading ON {quoted}")
            connection.exec_driver_sql(f"DROP POLICY IF EXISTS writing ON {quoted}")
            visible = "(SELECT catalogue_readable())" if name in READ else "(SELECT catalogue_writable())"
            connection.exec_driver_sql(f"CREATE POLICY reading ON {quoted} FOR SELECT USING (station IN {visible})")
            own = "station IN (SELECT catalogue_writable())"
            connection.exec_driver_sql(f"CREATE POLICY writing ON {quoted} FOR ALL USING ({own}) WITH CHECK ({own})")
        for one in _granted(connection):
            _grant(connection, one)


def admit(engine: Engine, access: Access) -> None:
    """Let a role of the database in. Raises :class:`RoleUnfit`, :class:`NotShared`, :class:`~evidence.ids.InvalidStationId`."""
    if access.station is not None:
        parse_station_id(access.station)
    elif not _PREFIX.fullmatch(access.unit_prefix or ""):
        raise RoleUnfit(role=access.role, rule="the beginning of a unit's code: letters and digits")
    if not _ROLE.fullmatch(access.role):
        raise RoleUnfit(role=access.role, rule="small letters, digits, '_' and '-', and no more than 63")
    with writing(engine) as connection:
        _check_prepared(connection)
        row = connection.execute(
            text("SELECT rolsuper OR rolbypassrls AS above FROM pg_roles WHERE rolname = :role"), {"role": access.role}
        ).first()
        if row is None:
            raise RoleUnfit(role=access.role, rule="a role of the database: make it first (CREATE ROLE … LOGIN)")
        owner = connection.execute(
            text("SELECT tableowner = :role FROM pg_tables WHERE tablename = 'log'"), {"role": access.role}
        )
        if row.above or owner.scalar():
            raise RoleUnfit(role=access.role, rule="neither the owner of the tables nor one that stands above row security")
        others = [one for one in _granted(connection) if one.role == access.role and one != access]
        if any((one.station is None) != (access.station is None) or one.station is not None for one in others):
            raise RoleUnfit(role=access.role, rule="a station's role is that of one station, and no reader's")
        connection.execute(
            text("INSERT INTO catalogue_access VALUES (:role, :station, :unit_prefix) ON CONFLICT DO NOTHING"),
            {"role": access.role, "station": access.station, "unit_prefix": access.unit_prefix},
        )
        _grant(connection, access)


def dismiss(engine: Engine, role: str) -> bool:
    """Take away all that a role was granted. Whether there was anything. Raises :class:`NotShared`."""
    with writing(engine) as connection:
        _check_prepared(connection)
        gone = connection.execute(text("DELETE FROM catalogue_access WHERE role = :role"), {"role": role}).rowcount
        if gone:
            for name in (*_tables(connection), "alembic_version"):
                connection.exec_driver_sql(f"REVOKE ALL ON {_quoted(connection, name)} FROM {_quoted(connection, role)}")
        return bool(gone)


def granted(engine: Engine) -> list[Access]:
    """Who was let in, by role. Raises :class:`NotShared`."""
    with reading(engine) as connection:
        _check_prepared(connection)
        return _granted(connection)


def stations(engine: Engine) -> list[StationRow]:
    """The stations whose rows whoever is signed in may read, by id."""
    log, entry, clip, docking = schema.log, schema.custody_entry, schema.clip, schema.docking
    newest = select(log.c.station, func.max(log.c.epoch).label("epoch")).group_by(log.c.station).subquery()

    def count(table: Table) -> dict[str, int]:
        return {row[0]: row[1] for row in connection.execute(select(table.c.station, func.count()).group_by(table.c.station))}

    with reading(engine) as connection:
        clips, dockings = count(clip), count(docking)
        rows = connection.execute(
            select(log.c.station, log.c.unit, log.c.epoch, func.max(entry.c.seq), func.max(entry.c.at))
            .join_from(log, newest, (log.c.station == newest.c.station) & (log.c.epoch == newest.c.epoch))
            .outerjoin(entry, (entry.c.station == log.c.station) & (entry.c.epoch == log.c.epoch))
            .group_by(log.c.station, log.c.unit, log.c.epoch)
            .order_by(log.c.station)
        ).all()
    return [
        StationRow(name, unit, epoch, 0 if last is None else last + 1, at, clips.get(name, 0), dockings.get(name, 0))
        for name, unit, epoch, last, at in rows
    ]


def _grant(connection: Connection, access: Access) -> None:
    role = _quoted(connection, access.role)
    connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {role}")
    for name in _tables(connection):
        table = _quoted(connection, name)
        if access.station is not None:
            connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")
        elif name in READ:
            columns = READ[name]
            chosen = "" if columns is None else f" ({', '.join(columns)})"
            connection.exec_driver_sql(f"GRANT SELECT{chosen} ON {table} TO {role}")


def _granted(connection: Connection) -> list[Access]:
    rows = connection.execute(text("SELECT role, station, unit_prefix FROM catalogue_access ORDER BY role, station, unit_prefix"))
    return [Access(*row) for row in rows]


def _tables(connection: Connection) -> list[str]:
    """The tables whose rows are stations'."""
    return [
        name for name, table in schema.metadata.tables.items() if "station" in table.c and inspect(connection).has_table(name)
    ]


def _check_prepared(connection: Connection) -> None:
    if connection.dialect.name != "postgresql" or not inspect(connection).has_table("catalogue_access"):
        raise NotShared(rule="run 'catalogue prepare' as the tables' owner first")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
