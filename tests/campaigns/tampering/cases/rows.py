"""Rows taken out of each table, and put in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from evidence.catalogue import schema
from tests.campaigns.tampering.cases.columns import OTHER_ID, UNREAD, Row, pattern_of, subject
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import NothingTouched, Victim

PROVEN = [
    table
    for table in schema.metadata.sorted_tables
    if any(column.info["standing"] == schema.EVIDENTIAL for column in table.columns)
]
"""Tables of which the log speaks."""

KEYS = {
    "log": "epoch", "personal_value": "field", "signing_key": "id", "docking": "id", "inventory": "docking", "sighting": "position",
    "clip": "id", "recording": "id", "blob": "sha256", "manifest": "docking", "receipt": "id",
    "time_stamp": "id", "device": "id", "alarm": "id", "sheet": "id",
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
    other: object = (
        77 if column in {"position", "epoch"} else "ab" * 32 if column == "sha256" or table == "signing_key" else OTHER_ID
    )
    made = {**row, column: other}
    if table == "device":
        made["key"] = "dsj:another"  # which no two may have
    _insert(victim, table, made)
    if table == "signing_key":
        return tampered(("foreign-key", f"key:{other}"))
    return tampered(("catalogue-extra-row", subject(table, made)))


def _an_epoch_far_off(victim: Victim) -> Expected:
    """One entry says that it is of an epoch that no counting reaches."""
    row = _all(victim, "custody_entry")[-1]
    victim.sql("UPDATE custody_entry SET epoch = ? WHERE seq = ?", 1 << 60, row["seq"])
    return tampered(either={"log-missing"}, also={"log-altered", "rolled-back"}, causes=2)


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
    for table, column in (
        ("docking", "id"),
        ("inventory", "docking"),
        ("manifest", "docking"),
        ("sighting", "docking"),
        ("clip", "docking"),
        ("recording", "docking"),
    ):
        victim.sql(f"DELETE FROM {table} WHERE {column} = ?", docking)
    named = [f"{table}:{docking}" for table in ("docking", "inventory", "manifest")]
    named += [f"sighting:{docking}/{position}" for (position,) in sightings] + [f"clip:{clip}" for clip in clips]
    assert recordings
    return tampered(
        *(("catalogue-missing-row", one) for one in named), also={"catalogue-missing-row"}, causes=len(named) + len(recordings)
    )


def _a_clip_nobody_took(victim: Victim) -> Expected:
    """A clip with its sighting, and the blob that it says it has is another's genuine one."""
    clip, sighting = _all(victim, "clip")[-1], _all(victim, "sighting")[-1]
    _insert(victim, "clip", {**clip, "id": OTHER_ID, "path": b"DCIM/never.MP4"})
    _insert(victim, "sighting", {**sighting, "clip": OTHER_ID, "position": 50})
    return tampered(("catalogue-extra-row", f"clip:{OTHER_ID}"), ("catalogue-extra-row", f"sighting:{sighting['docking']}/50"))


DOUBLED = {
    "log": "unit", "custody_entry": "at", "checkpoint": "note", "personal_value": "value", "signing_key": "role", "settings": "accepted_at",
    "docking": "officer", "inventory": "listing", "sighting": "outcome", "clip": "case_number", "recording": "segments", "blob": "placed_at",
    "manifest": "signature", "receipt": "body", "time_stamp": "token_at", "device": "assigned_to", "alarm": "fields", "sheet": "said",
}  # fmt: skip
"""What a second row under the same key says otherwise."""


def _key_that_repeats(table: str, victim: Victim) -> Expected:
    """A second row under one key, which says something else. The table is made anew without its key, as whoever can write can do."""
    column = DOUBLED[table]
    row = _all(victim, table)[0]
    with victim.database() as connection:
        connection.execute(f"CREATE TABLE other AS SELECT * FROM {table}")
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE other RENAME TO {table}")
    _insert(victim, table, {**row, column: "another"})
    if table in {"custody_entry", "checkpoint"}:
        return tampered(either={"log-altered", "log-order", "log-missing", "catalogue-differs"})
    return tampered(either={"catalogue-extra-row", "catalogue-differs", "manifest-signature", "foreign-key"})


def _two_faced(victim: Victim) -> Expected:
    """A view in the place of a table: genuine to whoever reads as ``verify`` does, and something else to the station."""
    with victim.database() as connection:
        names = [name for _, name, *_ in connection.execute("PRAGMA table_info(clip)")]
        shown = ["CASE WHEN (SELECT foreign_keys FROM pragma_foreign_keys) THEN 'another' ELSE case_number END AS case_number"]
        shown += [name for name in names if name != "case_number"]
        connection.execute("ALTER TABLE clip RENAME TO clip_kept")
        connection.execute(f"CREATE VIEW clip AS SELECT {', '.join(shown)} FROM clip_kept")
    told = victim.must("clips")["clips"]
    if {clip["case"] for clip in told} != {"another"}:
        raise NothingTouched("the station is shown what was there before")
    return tampered(("catalogue-differs", "catalogue"))


def _a_trigger(victim: Victim) -> Expected:
    """Nothing is changed yet; what the station writes next will be."""
    with victim.database() as connection:
        connection.execute(
            "CREATE TRIGGER later AFTER INSERT ON clip BEGIN UPDATE clip SET case_number = 'another' WHERE id = new.id; END"
        )
    return tampered(("catalogue-differs", "catalogue"))


def _gone(table: str, victim: Victim) -> Expected:
    with victim.database() as connection:
        connection.execute(f"DROP TABLE {table}")
    return Expected(refused=("catalogue-damaged", 3))


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found = []
    for table in PROVEN:
        logged = table.name in {"custody_entry", "checkpoint"}
        group = "log-missing" if logged else "catalogue-missing-row"
        for way, which in (("first", lambda count: 0), ("middle", lambda count: count // 2), ("last", lambda count: count - 1)):
            if way == "first" or table.name not in {"log", "settings"}:
                found.append(
                    Case(
                        group,
                        f"the {way} {table.name}",
                        partial(_missing, table.name, which),
                        pattern_of(table.name),
                        lenient=table.name in UNREAD,
                        quick=way == "middle" and table.name in {"clip", "receipt", "custody_entry", "checkpoint"},
                    )
                )
    found += [
        Case("catalogue-missing-row", f"half of {table}", partial(_half_of_them, table))
        for table in ("clip", "sighting", "receipt", "personal_value")
    ]
    found.append(Case("catalogue-missing-row", "a whole docking", _a_whole_docking_removed, quick=True))
    found += [
        Case(
            "catalogue-extra-row",
            f"one more {table}",
            partial(_extra, table),
            pattern_of(table),
            lenient=table in UNREAD,
            quick=table in {"clip", "signing_key", "personal_value"},
        )
        for table in KEYS
    ]
    found.append(Case("log-missing", "an entry of an epoch far off", _an_epoch_far_off))
    found.append(Case("catalogue-extra-row", "a log whose epoch is no number", _a_log_of_no_epoch))
    found.append(Case("catalogue-extra-row", "a clip that nobody took", _a_clip_nobody_took))
    found.append(Case("catalogue-differs", "a view that shows the station something else", _two_faced, lenient=True))
    found.append(Case("catalogue-differs", "a trigger for what is written later", _a_trigger, lenient=True))
    found += [Case("catalogue-damaged", f"no table {name} any more", partial(_gone, name), lenient=True) for name in KEYS]
    for name in DOUBLED:
        lenient = name in {"manifest", "recording", *UNREAD}  # of which the second verifier reads the last, or calls it otherwise
        plant = partial(_key_that_repeats, name)
        found.append(Case("catalogue-extra-row", f"a second {name} under one key", plant, pattern_of(name), lenient=lenient))
    return found
