"""Reading a view of somebody else's database: one SELECT of named columns, nothing written, everything bounded.

Rules kept here: PostgreSQL reads in a ``READ ONLY`` transaction with a time-out for every statement, SQLite opens the file read-only; the
view and its columns are identifiers that are quoted, never text that is pasted; more rows than the limit are a fault, not a part of them;
no address is ever shown with its password.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, column, create_engine, event, select, table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from evidence.errors import EvidenceError, Exit

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
BATCH = 2000


class ViewUnreadable(EvidenceError):
    """A view of another database cannot be read. Fields: ``url`` (without a password), ``view``, ``rule``."""

    code = "view-unreadable"
    status = Exit.UNREACHABLE


def address(url: str) -> str | None:
    """What is wrong with an address: None, or the rule it breaks. Nothing is opened."""
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        return "a SQLAlchemy URL, as postgresql+psycopg://user@host/database"
    if made.password is not None:
        return "no password in it: PostgreSQL reads one from the file that PGPASSFILE names"
    if made.get_backend_name() not in {"postgresql", "sqlite"}:
        return "postgresql or sqlite"
    return None


def read_view(url: str, view: str, columns: Sequence[str], limit: int) -> list[dict[str, str]]:
    """All rows of a view, as text; what is NULL is left empty. Times are ISO 8601. Raises :class:`ViewUnreadable`."""
    shown = make_url(url).render_as_string(hide_password=True)
    schema, _, name = view.rpartition(".")
    source = table(name, *(column(one) for one in columns), schema=schema or None)
    engine = _engine(make_url(url))
    try:
        with engine.connect() as connection, connection.begin():
            _read_only(connection)
            rows: list[dict[str, str]] = []
            found = connection.execution_options(yield_per=BATCH).execute(select(source).limit(limit + 1))
            for part in found.partitions():
                rows += [dict(zip(columns, map(_text, row), strict=True)) for row in part]
            if len(rows) > limit:
                raise ViewUnreadable(url=shown, view=view, rule=f"at most {limit} rows: have the view show less")
            return rows
    except DBAPIError as error:
        raise ViewUnreadable(url=shown, view=view, rule=str(error.orig).strip().splitlines()[0]) from error
    except (SQLAlchemyError, ImportError) as error:
        raise ViewUnreadable(url=shown, view=view, rule=type(error).__name__) from error
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    path = Path(url.database or "")
    read_only = url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(read_only, poolclass=NullPool, connect_args={"timeout": CONNECT_SECONDS})
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only = ON").close())
    return engine


def _read_only(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {STATEMENT_SECONDS * 1000}")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case decimal.Decimal():
            return format(value.normalize(), "f")
        case bytes() | memoryview():
            return bytes(value).decode(errors="replace")
        case _:
            return str(value)
