"""Rows taken out of each table, and put in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from evidence.catalogue import schema
from tests.campaigns.tampering.cases.columns import OTHER_ID, Row, subject
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import NothingTouched, Victim

PROVEN = [table for table in schema.metadata.sorted_tables if any(column.info["standing"] == schema.EVIDENTIAL for column in table.columns)]
"""Tables of which the log speaks."""

KEYS = {
    "log": "epoch", "personal_value": "field", "signing_key": "id", "docking": "id", "inventory": "docking", "sighting": "position",
    "clip": "id", "recording": "id", "blob": "sha256", "manifest": "docking", "receipt": "id",
}  # fmt: skip
"""Which column of a copied row is changed, so that it is another row."""


def _all(victim: Victim, table: str) -> list[Row]:
    named = schema.metadata.tables[table]
    names = [column.name for column in named.columns]
    order = ", ".join(column.name for column in named.primary_key)
    return [dict(zip(names, row, strict=True)) for row in victim.rows(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}")]


def _delete(victim: Victim, table: str, row: Row) -> None:
    key = [column.name for column in schema.metadata.tables[table].primary_key]
    victim.sql(f"DELETE FROM {table} WHERE {' AND '.join(f'{name} = ?' for name in key)}", *(row[name] for name in key))


def _missing(table: str, which: Callable[[int], int], victim: Victim) -> Expected:
    rows = _all(victim, table)
    row = rows[which(len(rows))]
    _delete(victim, table, row)
    if table == "custody_entry":
        return tampered(("log-missing", subject(table, row)))
    if table == "checkpoint":
        if row is rows[-1]:  # nothing tells a head that was taken away from entries that were put on
            return tampered(either={"log-altered", "log-missing"})
        return tampered(("log-missing", subject(table, row)))
    return tampered(("catalogue-missing-row", subject(table, row)))


def _half_of_them(table: str, victim: Victim) -> Expected:
    gone = _all(victim, table)[::2]
    for row in gone:
        _delete(victim, table, row)
    kind = "catalogue-missing-row"
    return tampered(*((kind, subject(table, row)) for row in gone), causes=len(gone))


def _extra(table: str, victim: Victim) -> Expected:
    row = _all(victim, table)[-1]
    column = KEYS[table]
    other: object = 77 if column in {"position", "epoch"} else "ab" * 32 if column == "sha256" or table == "signing_key" else OTHER_ID
    made = {**row, column: other}
    _insert(victim, table, made)
    if table == "signing_key":
        return tampered(("foreign-key", f"key:{other}"))
    return tampered(("catalogue-extra-row", subject(table, made)))


def _a_log_of_no_epoch(victim: Victim) -> Expected:
    """A row that the writer would take for its newest log; its number is none."""
    _insert(victim, "log", {**_all(victim, "log")[-1], "epoch": b"2"})
    return tampered(either={"catalogue-extra-row"})


def _insert(victim: Victim, table: str, row: Row) -> None:
    victim.sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values())


def _a_whole_docking_removed(victim: Victim) -> Expected:
    """Every row of a docking, as if it had never been; the log remembers it."""
    docking = victim.one("SELECT id FROM docking WHERE device = 'shop:17'")
    clips = [clip for (clip,) in victim.rows("SELECT id FROM clip WHERE docking = ?", docking)]
    sightings = victim.rows("SELECT position FROM sighting WHERE docking = ?", docking)
    recordings = victim.rows("SELECT id FROM recording WHERE docking = ?", docking)
    for table, column in (("docking", "id"), ("inventory", "docking"), ("manifest", "docking"), ("sighting", "docking"), ("clip", "docking"), ("recording", "docking")):
        victim.sql(f"DELETE FROM {table} WHERE {column} = ?", docking)
    named = [f"{table}:{docking}" for table in ("docking", "inventory", "manifest")]
    named += [f"sighting:{docking}/{position}" for (position,) in sightings] + [f"clip:{clip}" for clip in clips]
    assert recordings
    return tampered(*(("catalogue-missing-row", one) for one in named), also={"catalogue-missing-row"}, causes=len(named) + len(recordings))


def _a_clip_nobody_took(victim: Victim) -> Expected:
    """A clip with its sighting, and the blob that it says it has is another's genuine one."""
    clip, sighting = _all(victim, "clip")[-1], _all(victim, "sighting")[-1]
    _insert(victim, "clip", {**clip, "id": OTHER_ID, "path": b"DCIM/never.MP4"})
    _insert(victim, "sighting", {**sighting, "clip": OTHER_ID, "position": 50})
    return tampered(("catalogue-extra-row", f"clip:{OTHER_ID}"), ("catalogue-extra-row", f"sighting:{sighting['docking']}/50"))


def _key_that_repeats(victim: Victim) -> Expected:
    """A second row under one key, which needs the index gone first."""
    clip = _all(victim, "clip")[0]
    names = ", ".join(clip)
    with victim.database() as connection:
        connection.execute(f"CREATE TABLE other AS SELECT {names} FROM clip")
        connection.execute("DROP TABLE clip")
        connection.execute("ALTER TABLE other RENAME TO clip")
        connection.execute("INSERT INTO clip SELECT * FROM clip WHERE id = ?", (clip["id"],))
        connection.execute("UPDATE clip SET case_number = 'another' WHERE rowid = (SELECT max(rowid) FROM clip)")
    if len(victim.rows("SELECT id FROM clip WHERE id = ?", clip["id"])) != 2:
        raise NothingTouched("clip")
    return tampered(either={"catalogue-extra-row", "catalogue-differs"})


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found = []
    for table in PROVEN:
        logged = table.name in {"custody_entry", "checkpoint"}
        group = "log-missing" if logged else "catalogue-missing-row"
        for way, which in (("first", lambda count: 0), ("middle", lambda count: count // 2), ("last", lambda count: count - 1)):
            if way == "first" or table.name not in {"log", "settings"}:
                found.append(Case(group, f"the {way} {table.name}", partial(_missing, table.name, which), quick=way == "middle", alone=False))
    found += [Case("catalogue-missing-row", f"half of {table}", partial(_half_of_them, table)) for table in ("clip", "sighting", "receipt", "personal_value")]
    found.append(Case("catalogue-missing-row", "a whole docking", _a_whole_docking_removed, quick=True))
    found += [Case("catalogue-extra-row", f"one more {table}", partial(_extra, table), quick=True) for table in KEYS]
    found.append(Case("catalogue-extra-row", "a log whose epoch is no number", _a_log_of_no_epoch))
    found.append(Case("catalogue-extra-row", "a clip that nobody took", _a_clip_nobody_took))
    found.append(Case("catalogue-extra-row", "a second row under one key", _key_that_repeats))
    return found
