"""Every evidential column of every table spoiled, in several ways each. Generated from the schema, so none can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import Column, Table

from evidence.catalogue import schema
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import NothingTouched, Victim

OTHER_ID = "01a00000-0000-7000-8000-000000000000"
SOUND_STATES = {
    "sealed": "open",
    "verified": "damaged",
    "empty": "verified",
    "damaged": "verified",
    "unreadable": "verified",
    "open": "sealed",
    "in-service": "retired",
}

QUICK = {
    "clip.case_number", "clip.path", "docking.officer", "sighting.outcome", "receipt.body", "blob.placed_at", "personal_value.salt",
    "signing_key.certificate", "recording.segments", "inventory.listing", "settings.sha256", "log.created_at", "custody_entry.at", "checkpoint.root",
    "time_stamp.response", "device.issued_to", "alarm.fields",
}  # fmt: skip
"""One column of each table stands for the others in the short run."""

LENIENT = {
    "recording.docking its last character", "recording.docking a blank put on", "recording.docking of another type",
    "receipt.body of another type",
}  # fmt: skip
"""What the second verifier calls otherwise (a column that differs, where verify says missing and extra), or takes for the same text."""

UNREAD = {"time_stamp"}
"""Tables that the second verifier leaves to ``openssl ts``."""

Row = dict[str, Any]


def evidential(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.info["standing"] == schema.EVIDENTIAL]


def subject(table: str, row: Row) -> str:
    """How ``verify`` calls a row."""
    match table:
        case "custody_entry":
            return f"entry:{row['epoch']}/{row['seq']}"
        case "checkpoint":
            return f"checkpoint:{row['epoch']}/{row['size']}"
        case "personal_value":
            return f"personal_value:{row['entry']}/{row['field']}"
        case "sighting":
            return f"sighting:{row['docking']}/{row['position']}"
        case "settings":
            return "settings"
        case "log":
            return f"log:{row['epoch']}"
        case "inventory" | "manifest":
            return f"{table}:{row['docking']}"
        case "blob":
            return f"blob:{row['sha256']}"
    return f"{table}:{row['id']}"


def ways(column: Column[Any], value: object) -> Iterator[tuple[str, object]]:
    """Other values for a column: a likely one, none, one of another type."""
    match value:
        case None:
            yield "where there was none", 12345 if str(column.type) in {"INTEGER", "BIGINT"} else "something"
            return
        case int():
            yield "another number", value + 100
            yield "of another type", b"\x07"
        case str() if column.name == "state":
            yield "another state", SOUND_STATES[value]
            yield "no state", "whatever"
        case str() if column.primary_key and len(value) == 36:
            yield "another", OTHER_ID
        case str():
            last = value[-1:]
            yield "its last character", value[:-1] + ("1" if last != "1" else "2")
            if not column.primary_key:
                yield "a blank put on", value + " "
                yield "of another type", value.encode()
        case bytes():
            middle = len(value) // 2
            yield "one bit", value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
            yield "cut by a byte", value[:-1]
            yield "of another type", "text"
    if column.nullable:
        yield "none", None


def _spoil(table: str, column: str, key: Row, value: object, victim: Victim) -> Expected:
    places = " AND ".join(f"{name} IS ?" for name in key)
    row = dict(
        zip(
            _names(table),
            victim.rows(f"SELECT {', '.join(_names(table))} FROM {table} WHERE {places}", *key.values())[0],
            strict=True,
        )
    )
    with victim.database() as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        if connection.execute(f"UPDATE {table} SET {column} = ? WHERE {places}", (value, *key.values())).rowcount != 1:
            raise NothingTouched(f"{table}.{column}")
    return expectation(table, column, row, value)


def _names(table: str) -> list[str]:
    return [column.name for column in schema.metadata.tables[table].columns]


def expectation(table: str, column: str, row: Row, value: object) -> Expected:
    """What a column of a row that says something else must be called."""
    if table == "custody_entry":
        if column in {"station", "seq", "epoch"}:
            return tampered(either={"log-missing", "log-altered", "log-order"}, also={"rolled-back"}, causes=2)
        if column == "subject" and isinstance(value, bytes):
            return tampered(either={"log-altered"}, also={"log-missing"})
        return tampered(
            ("log-altered", subject(table, row)), also={"log-missing"} if isinstance(value, str) and column == "body" else ()
        )
    if table == "checkpoint":
        if column in {"station", "epoch", "size"}:
            return tampered(either={"log-missing", "log-altered"})
        return tampered(("log-altered", subject(table, row)))
    changed = {**row, column: value}
    moved = [("catalogue-missing-row", subject(table, row)), ("catalogue-extra-row", subject(table, changed))]
    if column == "station":
        return tampered(moved[0])
    if table == "manifest" and column in {"body", "signature"}:
        return tampered(("manifest-altered" if column == "body" else "manifest-signature", subject(table, row)))
    if table == "signing_key" and column == "id":
        return tampered(moved[0], ("foreign-key", f"key:{value}"))
    if table == "recording" and column == "docking":
        return tampered(either={"catalogue-differs", "catalogue-missing-row", "catalogue-extra-row"})
    if subject(table, row) != subject(table, changed):
        return tampered(*moved)
    return tampered(("catalogue-differs", subject(table, row)))


def _rows_to_spoil(rows: list[Row], column: Column[Any]) -> Iterator[tuple[str, Row]]:
    """The middle one that has a value, and the first that has none."""
    filled = [row for row in rows if row[column.name] is not None]
    empty = [row for row in rows if row[column.name] is None]
    if filled:
        yield "", filled[len(filled) // 2]
    if empty:
        yield " (empty)", empty[0]


def pattern_of(table: str) -> str:
    """The clean home that has rows of a table."""
    return "stamped" if table == "time_stamp" else "main"


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    return [case for table in schema.metadata.sorted_tables if evidential(table) for case in _of_table(table, patterns)]


def _of_table(table: Table, patterns: dict[str, Pattern]) -> Iterator[Case]:
    pattern = pattern_of(table.name)
    key_names = [column.name for column in table.primary_key]
    listed = f"SELECT {', '.join(_names(table.name))} FROM {table.name} ORDER BY {', '.join(key_names)}"
    with Victim.look(patterns[pattern]) as connection:
        rows = [dict(zip(_names(table.name), row, strict=True)) for row in connection.execute(listed)]
    if not rows:
        raise ValueError(f"the clean home has no {table.name}: nothing of it would be tried")
    for column in evidential(table):
        for which, row in _rows_to_spoil(rows, column):
            key = {name: row[name] for name in key_names}
            for number, (way, value) in enumerate(ways(column, row[column.name])):
                plant = partial(_spoil, table.name, column.name, key, value)
                name = f"{table.name}.{column.name}{which} {way}"
                short = number == 0 and not which and f"{table.name}.{column.name}" in QUICK
                lenient = name in LENIENT or table.name in UNREAD
                yield Case(_group(table.name, column.name), name, plant, pattern, quick=short, lenient=lenient)


def _group(table: str, column: str) -> str:
    match table, column:
        case "custody_entry" | "checkpoint", _:
            return "log-altered"
        case "manifest", "body":
            return "manifest-altered"
        case "manifest", "signature":
            return "manifest-signature"
    return "catalogue-differs"
