"""A station in a database of its own, with a clock that a test sets, and a reader of the log that shares no code with the writer."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, Table, select

from evidence.canonical import digest
from evidence.catalogue import schema
from evidence.catalogue.acts import docking as acts
from evidence.catalogue.acts import foundation
from evidence.catalogue.connect import reading
from evidence.catalogue.ledger import Ledger
from evidence.catalogue.queries import Queries
from evidence.custody.entry import Actor, ClockState, Moment
from evidence.facts import EMPTY_DIGEST, ClipState, SourceKind, Taken
from evidence.ids import DeviceKey, Digest, DockingId, StationId
from evidence.signing import FileSigner

MS = 1_000_000
SECOND = 1000 * MS
OPERATOR = Actor("Operator Nine", "administrator")
CLERK = Actor("Clerk Eleven", "clerk")
SOFTWARE = {"name": "evidence-station", "version": "0", "digest": "00"}
CAMERA = DeviceKey("dsj:T000123")
OFFICER = "badge 004567"
Row = dict[str, Any]


@dataclass
class Clock:
    """A clock that a test sets. Every reading is a millisecond after the one before."""

    moment: Moment = field(
        default_factory=lambda: Moment(1_795_255_200 * SECOND, 5_000 * SECOND, "boot-1", ClockState.SYNCHRONISED)
    )

    def __call__(self) -> Moment:
        self.moment = replace(self.moment, unix_ns=self.moment.unix_ns + MS, mono_ns=self.moment.mono_ns + MS)
        return self.moment

    def run(self, seconds: float) -> None:
        """Time passes."""
        self.moment = replace(
            self.moment,
            unix_ns=self.moment.unix_ns + round(seconds * SECOND),
            mono_ns=self.moment.mono_ns + round(seconds * SECOND),
        )

    def set_by(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self.moment = replace(self.moment, unix_ns=self.moment.unix_ns + round(seconds * SECOND))

    def reboot(self, seconds_off: float) -> None:
        """The station is switched off and on; only the wall clock runs on."""
        self.moment = replace(
            self.moment,
            unix_ns=self.moment.unix_ns + round(seconds_off * SECOND),
            mono_ns=9 * SECOND,
            boot=self.moment.boot + "+",
        )


@dataclass
class World:
    """One station."""

    engine: Engine
    station: StationId = field(default_factory=lambda: StationId("s1"))
    clock: Clock = field(default_factory=Clock)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, self.station, lambda: FileSigner(self.key), self.clock, os.urandom)

    def begin(self) -> World:
        with self.ledger.begin_log("unit-1", 1) as commit:
            foundation.initialised(commit, "unit-1", SOFTWARE, OPERATOR)
        return self

    def rows(self, table: Table) -> list[Row]:
        """This station's rows of a table, in key order."""
        with reading(self.engine) as connection:
            found = connection.execute(select(table).where(table.c.station == self.station).order_by(*table.primary_key.columns))
            return [dict(row) for row in found.mappings()]

    def row(self, table: Table) -> Row:
        """The one row of a table."""
        (found,) = self.rows(table)
        return found

    def entries(self, subject: str | None = None) -> list[Row]:
        """The decoded bodies of the log, in order."""
        found = [json.loads(row["body"]) for row in self.rows(schema.custody_entry)]
        return [one for one in found if subject is None or one["subject"] == subject]

    def everything(self) -> dict[str, list[Row]]:
        """Every row of this station."""
        return {table.name: self.rows(table) for table in schema.metadata.sorted_tables}

    @contextmanager
    def queries(self) -> Iterator[Queries]:
        with reading(self.engine) as connection:
            yield Queries(connection, self.station)

    def dock(self, device: DeviceKey = CAMERA, officer: str | None = OFFICER) -> DockingId:
        """Open a docking with a listing."""
        with self.ledger.commit() as commit:
            docking = DockingId(commit.new_id())
            how = {"method": "folder", "path": "/media/card"}
            acts.docked(commit, docking, device, SourceKind.BODY_CAMERA, "dsj", how, officer, OPERATOR)
            listing = json.dumps([docking]).encode()
            acts.inventoried(commit, docking, acts.Listed(listing, digest(b"card"), 3, 30, 2, 1, 500, ({"gap": 1},)))
        return docking

    def take(self, docking: DockingId, *files: Taken, device: DeviceKey = CAMERA) -> list[acts.Sighted]:
        with self.ledger.commit() as commit:
            return acts.files_taken(commit, docking, device, files)

    def check_log(self) -> None:
        """Recompute the whole log from its bytes and compare it with every checkpoint of it."""
        for epoch in {row["epoch"] for row in self.rows(schema.custody_entry)}:
            rows = [row for row in self.rows(schema.custody_entry) if row["epoch"] == epoch]
            leaves = [sha256(b"\x00" + bytes(row["body"])).digest() for row in rows]
            assert [row["seq"] for row in rows] == list(range(len(rows)))
            last: dict[str, str] = {}
            for row, leaf in zip(rows, leaves, strict=True):
                body = json.loads(row["body"])
                assert json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == bytes(row["body"])
                assert (body["v"], body["seq"], body["id"]) == (1, row["seq"], row["id"])
                assert (body["type"], body["subject"], body["when"]["utc"]) == (row["type"], row["subject"], row["at"])
                assert body["prev"] == last.get(body["subject"])
                assert len(body["salt"]) == 32
                last[body["subject"]] = leaf.hex()
                assert bytes(row["hashes"]) == stored_hashes(leaves, row["seq"])
            heads = [row for row in self.rows(schema.checkpoint) if row["epoch"] == epoch]
            assert heads[-1]["size"] == len(rows), "the newest checkpoint covers every entry"
            for head in heads:
                self.check_note(head, root(leaves[: head["size"]]))
        salts = [one["salt"] for one in self.entries()]
        assert len(set(salts)) == len(salts)

    def check_note(self, head: Row, expected: bytes) -> None:
        assert head["root"] == expected.hex()
        text, _, line = head["note"].partition("\n\n")
        name, size, claimed = text.split("\n")
        assert name == f"evidence-station/{self.station}/{head['epoch']}"
        assert (int(size), b64decode(claimed)) == (head["size"], expected)
        dash, signer, blob = line.rstrip("\n").split(" ")
        assert (dash, signer) == ("—", name)
        self.key.public_key().verify(b64decode(blob)[4:], f"{text}\n".encode())


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def stored_hashes(leaves: Sequence[bytes], seq: int) -> bytes:
    """What ``FORMATS.md`` says of the column ``hashes``."""
    found, size = b"", 1
    while (seq + 1) % size == 0:
        found += root(leaves[seq + 1 - size : seq + 1])
        size *= 2
    return found


def taken(position: int, path: bytes, content: bytes, **more: object) -> Taken:
    """A file that was copied whole, or another state of it."""
    facts: dict[str, Any] = {"state": ClipState.VERIFIED, "medium": "direct", "vaults": 1, **more}
    if facts["state"] is ClipState.EMPTY:
        return Taken(position, path, 0, EMPTY_DIGEST, ClipState.EMPTY, None, 0)
    return Taken(position, path, len(content), Digest(sha256(content).hexdigest()), **facts)


def commitment(row: Row) -> str:
    """The commitment that a ``personal_value`` row opens."""
    text = (
        b"evidence-station/commitment/v1\x00"
        + bytes.fromhex(row["salt"])
        + row["field"].encode()
        + b"\x00"
        + row["value"].encode()
    )
    return sha256(text).hexdigest()


def personal(world: World, entry: Row) -> dict[str, str]:
    """Values beside the log that belong to an entry, by their commitments."""
    return {commitment(row): row["value"] for row in world.rows(schema.personal_value) if row["entry"] == entry["id"]}


def opened(world: World, entry: Row, member: object) -> str:
    """The value behind a commitment of an entry."""
    assert isinstance(member, dict)
    return personal(world, entry)[member["commitment"]]


def last(world: World) -> Row:
    return world.entries()[-1]
