"""A catalogue opened for the verifier: rows as of one moment, raw, and not a byte written.

Rules kept here:

* PostgreSQL: one ``REPEATABLE READ READ ONLY`` transaction, rows streamed from the server.
* SQLite with other programs at work (a ``-shm`` file is there): a read transaction of its own, over the shared index opened
  read-only. It sees the last commit and leaves both companion files as they are, also after a crash.
* SQLite at rest: even a reader would create companion files beside a WAL database. So it is opened as immutable, or with an
  index in memory where a ``-wal`` lies there alone; no lock protects that, and :meth:`Snapshot.disturbed` says whether the
  file was changed meanwhile.
* Values come as stored, whatever a column's type: an edited database may hold anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Column, Connection, Engine, Row, Select, String, create_engine, event, inspect, select, text, type_coerce
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from evidence.catalogue import schema
from evidence.catalogue.connect import CatalogueUnusable, check_revision_of
from evidence.errors import EvidenceError, Exit
from evidence.ids import StationId

_FETCH = 2000
_FLAWS_SHOWN = 20
_REVISION_TABLE = "alembic_version"
_WAL_HEAD = 32
"""Bytes before the first page (sqlite.org/fileformat2.html, section 4.1)."""
_UNLOCKABLE = frozenset((sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_CANTOPEN))


class CatalogueDamaged(EvidenceError):
    """The database cannot read its own file, or lacks a table. Fields: ``rule``."""

    code = "catalogue-damaged"
    status = Exit.TAMPERED


class Snapshot:
    """Rows of one station as of one moment."""

    def __init__(self, connection: Connection, station: StationId, disturbed: _Stamp | None) -> None:
        self._connection = connection
        self._station = station
        self._stamp = disturbed

    def each(self, table: str, columns: tuple[str, ...], order: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a table, by ``order`` or its primary key, text by code point. Raises :class:`CatalogueDamaged`."""
        named = schema.metadata.tables[table]
        keys = [named.c[name] for name in order] or [column for column in named.primary_key if column.name != "station"]
        query = (
            select(*(type_coerce(named.c[name], NullType()) for name in columns))
            .where(named.c.station == self._station)
            .order_by(*(self._ordered(key) for key in keys))
        )
        given = 0
        try:
            for row in self._stream(query):
                yield row
                given += 1
        except DBAPIError as error:
            if "decode" not in str(error.orig):
                raise CatalogueDamaged(rule=str(error.orig)) from error
            yield from islice(self._stream_bytes_as_text(query), given, None)

    def flaws(self) -> list[str]:
        """What is wrong with the database itself: with its file (SQLite only), and with what it is made of.

        A view or a trigger could show and write other things than a reader sees; without its key a table could hold a row twice.
        """
        try:
            return [*self._damage(), *self._strange()]
        except DBAPIError as error:
            raise CatalogueDamaged(rule=str(error.orig)) from error

    def _damage(self) -> list[str]:
        if self._connection.dialect.name != "sqlite":
            return []
        found = self._connection.execute(text(f"PRAGMA integrity_check({_FLAWS_SHOWN})")).scalars().all()
        return [str(flaw) for flaw in found if flaw != "ok"]

    def _strange(self) -> list[str]:
        looked_at = inspect(self._connection)
        views, tables = set(looked_at.get_view_names()), set(looked_at.get_table_names())
        if missing := {_REVISION_TABLE, *schema.metadata.tables.keys()} - tables - views:
            raise CatalogueDamaged(rule=f"missing: {', '.join(sorted(missing))}")
        found = [f"{name} is a view" for name in sorted(views & schema.metadata.tables.keys())]
        if self._connection.dialect.name == "sqlite":
            triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        else:
            triggers = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname")
        found += [f"there is a trigger {name}" for name in self._connection.execute(triggers).scalars()]
        for table in schema.metadata.sorted_tables:
            if table.name not in views:
                key = looked_at.get_pk_constraint(table.name)["constrained_columns"]
                if set(key) != {column.name for column in table.primary_key}:
                    found.append(f"{table.name} has not its key")
        return found[:_FLAWS_SHOWN]

    def disturbed(self) -> bool:
        """Whether a file that was read without a lock has changed since."""
        return self._stamp is not None and self._stamp.changed()

    def _stream(self, query: Select[*tuple[Any, ...]]) -> Iterator[Row[*tuple[Any, ...]]]:
        for part in self._connection.execution_options(yield_per=_FETCH).execute(query).partitions():
            yield from part

    def _stream_bytes_as_text(self, query: Select[*tuple[Any, ...]]) -> Iterator[Row[*tuple[Any, ...]]]:
        """Once more, where SQLite holds text that is not UTF-8: slower, and no value is lost."""
        driver = self._connection.connection.driver_connection
        assert driver is not None
        driver.text_factory = _lossless
        try:
            yield from self._stream(query)
        except DBAPIError as error:
            raise CatalogueDamaged(rule=str(error.orig)) from error
        finally:
            driver.text_factory = str

    def _ordered(self, key: Column[Any]) -> Any:  # noqa: ANN401  # a column or a collated one
        return key.collate("C") if self._connection.dialect.name == "postgresql" and isinstance(key.type, String) else key


class ReadOnlyCatalogue:
    """The catalogue at a URL, for one station."""

    def __init__(self, url: str, station: StationId) -> None:
        self._url = make_url(url)
        self._station = station

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Its rows as of now. Raises :class:`CatalogueUnusable`, :class:`~evidence.catalogue.connect.CatalogueOfAnotherVersion`."""
        stamp: _Stamp | None = None
        if self._url.get_backend_name() == "sqlite":
            path = Path(self._url.database or "")
            if not path.is_file():
                raise CatalogueUnusable(url=self._url.render_as_string(), rule="no catalogue is there")
            engine, stamp = _readable(path)
        else:
            engine = create_engine(self._url, poolclass=NullPool, isolation_level="REPEATABLE READ")
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY"))
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise CatalogueUnusable(url=self._url.render_as_string(), rule=str(error.orig)) from error
        try:
            with connection, connection.begin():
                self._check_revision(connection)
                yield Snapshot(connection, self._station, stamp)
        finally:
            engine.dispose()

    def _check_revision(self, connection: Connection) -> None:
        try:
            if inspect(connection).has_table(_REVISION_TABLE):
                check_revision_of(connection, self._url.render_as_string(hide_password=False))
        except DBAPIError as error:
            raise CatalogueDamaged(rule=str(error.orig)) from error


class _Stamp:
    """What a SQLite file looked like when it was opened without a lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._then = self._now()

    def changed(self) -> bool:
        return self._now() != self._then

    def _now(self) -> list[tuple[int, int, int] | None]:
        return [_stat(self._path), _stat(_companion(self._path, "-wal"))]


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _companion(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _address(path: Path) -> tuple[str, bool]:
    """How to open a SQLite file without writing, and whether that is without a lock (sqlite.org/uri.html, wal.html)."""
    if _wal_holds_pages(path) and _companion(path, "-shm").exists():
        return f"file:{quote(str(path))}?mode=ro&readonly_shm=1", False
    return _at_rest(path), True


def _at_rest(path: Path) -> str:
    """How to open one that nobody is writing to: its WAL is read with an index in memory, if it holds any page.

    A WAL without one has nothing to say, and SQLite would remove it on closing.
    """
    return f"file:{quote(str(path))}?mode=ro&" + ("vfs=unix-none" if _wal_holds_pages(path) else "immutable=1")


def _wal_holds_pages(path: Path) -> bool:
    status = _stat(_companion(path, "-wal"))
    return status is not None and status[1] > _WAL_HEAD


def _readable(path: Path) -> tuple[Engine, _Stamp | None]:
    """An engine on a SQLite file that can be read without writing; a stamp where it is read without a lock.

    Who was killed may leave an index of the WAL that readers can neither use nor mend (SQLITE_PROTOCOL, after ten seconds), and
    who just closes it takes the WAL away (SQLITE_CANTOPEN). Then it is read without a lock, and without that index.
    """
    address, at_rest = _address(path)
    if not at_rest:
        engine = _sqlite(address)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
            return engine, None
        except DBAPIError as error:
            engine.dispose()
            if getattr(error.orig, "sqlite_errorcode", None) not in _UNLOCKABLE:
                raise CatalogueDamaged(rule=str(error.orig)) from error
        address = _at_rest(path)
    return _sqlite(address), _Stamp(path)


def _lossless(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


def _sqlite(address: str) -> Engine:
    def open_file() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        if "vfs=unix-none" in address:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # the WAL's index in memory: no -shm is made
        return connection

    engine = create_engine("sqlite://", creator=open_file, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
