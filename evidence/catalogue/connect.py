"""Opening a catalogue: SQLite in the home, or PostgreSQL.

Rules kept here: a write transaction takes its lock at once (``BEGIN IMMEDIATE``), so that two writers queue instead of
failing half-way, and the threads of a process come to that lock one at a time, in their order; SQLite runs in WAL mode with ``synchronous=FULL``, so that a commit is on the medium before it returns;
foreign files are never taken for ours: the schema's revision must be the one this program knows.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from evidence.catalogue.turns import Turns, WaitedTooLong
from evidence.errors import EvidenceError, Exit

Catalogue = Engine
"""An open catalogue, as those name it who may not import SQLAlchemy."""

REVISION = "0014"
"""The schema revision this program reads and writes; a test holds it to the newest migration."""

BUSY_SECONDS = 60.0
"""For another process to let go of SQLite's write lock."""
TURN_SECONDS = 600.0
"""For all threads of this process that want to write before one."""
_TURNS: Final[weakref.WeakKeyDictionary[Engine, Turns]] = weakref.WeakKeyDictionary()
"""Of every engine on SQLite. PostgreSQL queues by itself, station by station."""
BINARY = {"binary_rows": True}
"""Execution options of a statement whose rows PostgreSQL is to send as they are: sets of bits would be twice as long as text."""


class CatalogueUnusable(EvidenceError):
    """The catalogue cannot be opened. Fields: ``url`` (without a password), ``rule``."""

    code = "catalogue-unusable"
    status = Exit.REFUSED


class CatalogueOfAnotherVersion(EvidenceError):
    """The catalogue's schema is not this program's."""

    status = Exit.REFUSED


class CatalogueOutdated(CatalogueOfAnotherVersion):
    """An earlier version of the program made it: ``init`` upgrades it. Fields: ``url`` (without a password), ``found``, ``known``."""

    code = "catalogue-outdated"


class CatalogueNewer(CatalogueOfAnotherVersion):
    """A later version of the program made it, or upgraded it. Fields: ``url`` (without a password), ``found``, ``known``."""

    code = "catalogue-newer"


class CatalogueFailed(EvidenceError):
    """The catalogue's disk or server fails at work: full, broken, gone. Fields: ``url`` (without a password), ``rule``."""

    code = "catalogue-failed"
    status = Exit.REFUSED


def sqlite_url(path: Path) -> str:
    """URL of a SQLite catalogue in a file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def connect(url: str) -> Engine:
    """An engine on a catalogue with its locks and durability set. Nothing is opened yet."""
    try:
        engine = create_engine(url)
    except (ArgumentError, ValueError, ImportError) as error:  # no address, no such database, or its driver is not installed
        raise CatalogueUnusable(url=_shown(url), rule=str(error)) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        _TURNS[engine] = Turns()
    else:
        event.listen(engine, "before_cursor_execute", _as_asked)
    return engine


def check_revision(engine: Engine) -> None:
    """Raise :class:`CatalogueOfAnotherVersion` unless the catalogue has the revision that this program knows."""
    try:
        with reading(engine) as connection:
            if not inspect(connection).has_table("alembic_version"):
                raise CatalogueUnusable(url=_shown(str(engine.url)), rule="no catalogue is there")
            check_revision_of(connection, str(engine.url))
    except DBAPIError as error:
        raise CatalogueUnusable(url=_shown(str(engine.url)), rule=str(error.orig)) from error


def check_revision_of(connection: Connection, url: str) -> None:
    """The same on an open connection to the database at ``url``, which has its table of revisions."""
    found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    if found != REVISION:
        kind = CatalogueOutdated if found < REVISION else CatalogueNewer  # revisions are numbers of four digits
        raise kind(url=_shown(url), found=found, known=REVISION)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write; it holds the write lock from its first moment on SQLite.

    Raises :class:`CatalogueUnusable`, :class:`CatalogueFailed`; then nothing of it was written, unless the commit itself failed.
    """
    with _opened(engine, writes=True) as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and sees the catalogue as it is at its first question, whatever is committed meanwhile. Raises :class:`CatalogueUnusable`, :class:`CatalogueFailed`."""
    with _opened(engine, writes=False) as connection:
        yield connection


@contextmanager
def _opened(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    with _at_work(engine), ExitStack() as held:
        turns = _TURNS.get(engine) if writes else None
        try:
            if turns is not None:
                held.enter_context(turns.mine(TURN_SECONDS))
            connection = held.enter_context(engine.connect().execution_options(station_writes=writes))
            if not writes and engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # as SQLite's are by themselves
            held.enter_context(connection.begin())
        except DBAPIError as error:
            raise CatalogueUnusable(url=_shown(str(engine.url)), rule=str(error.orig)) from error
        except (WaitedTooLong, NoConnectionFree) as error:
            raise CatalogueUnusable(url=_shown(str(engine.url)), rule="others of this program keep it busy") from error
        yield connection


@contextmanager
def _at_work(engine: Engine) -> Iterator[None]:
    """Trouble with the disk or the server becomes a fault; a mistake of ours in a statement stays what it is."""
    try:
        yield
    except OperationalError as error:
        raise CatalogueFailed(url=_shown(str(engine.url)), rule=str(error.orig)) from error
    except sqlite3.OperationalError as error:  # while a connection is prepared, before SQLAlchemy looks after it
        raise CatalogueFailed(url=_shown(str(engine.url)), rule=str(error)) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's connection has no common type
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("station_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _as_asked(_connection: Connection, cursor: Any, _statement: str, _values: object, context: Any, _many: bool) -> None:  # noqa: ANN401  # SQLAlchemy's own
    if context is not None and context.execution_options.get("binary_rows"):
        cursor.format = 1  # psycopg.pq.Format.BINARY


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "catalogue_url"  # what cannot be taken apart may hold a password anywhere
