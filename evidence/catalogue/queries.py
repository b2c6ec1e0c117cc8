"""Reading the catalogue: frozen rows out, every list in pages by key, nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, case, func, literal, select, tuple_

from evidence.catalogue import schema
from evidence.catalogue.confirmed import confirmed
from evidence.catalogue.ledger import NoLog
from evidence.catalogue.reaching import docking_seen, seen
from evidence.catalogue.seeking import Sought, narrowed
from evidence.custody.entry import SUBJECT_STATION, Act, subject_docking
from evidence.facts import UNCLASSIFIED
from evidence.ids import ClipId, Digest, DockingId, KeyId, SheetId, StationId, epoch_of, origin
from evidence.reach import Reach
from evidence.uploads import UploadState

PAGE = 1000


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip as the catalogue has it. Moments RFC 3339 in UTC, duration in milliseconds, size in bytes."""

    id: ClipId
    device: str
    path: bytes
    sha256: str
    size: int
    state: str
    docking: DockingId
    taken_at: str
    recorded_at: str | None
    duration_ms: int | None
    recording: str | None
    category: str
    case_number: str | None
    note: str | None
    officer: str | None
    received: bool
    last_verified_at: str | None
    evicted_at: str | None
    """Since when the store alone has the bytes; None while the vault has them."""
    recorded_by: str | None
    """Who recorded, where somebody said so after docking."""
    incident: SheetId | None
    importance: str | None
    sensitivity: str | None
    place: str | None
    disposed_at: str | None
    """Since when nobody has them: every copy was removed, on the word of two people."""


@dataclass(frozen=True, slots=True)
class DockingRow:
    """A docking as the catalogue has it."""

    id: DockingId
    device: str
    source: str
    profile: str
    officer: str | None
    acquisition: dict[str, Any]
    state: str
    opened_at: str
    sealed_at: str | None
    listing_sha256: str | None
    manifest_sha256: str | None
    card_sha256: str | None


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """Clips that are one recording. ``segments``: each with its clip and the gap before it in milliseconds."""

    id: str
    docking: DockingId
    segments: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SightingRow:
    """One file of one docking. ``outcome`` are the facts of its entries, ``record`` the sealed record, if sealed."""

    docking: DockingId
    position: int
    clip: ClipId | None
    state: str
    sha256: str | None
    size: int
    outcome: dict[str, Any]
    record: dict[str, Any] | None
    sm3: str | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A custody entry, decoded, with the personal values that its commitments stand for."""

    epoch: int
    seq: int
    body: dict[str, Any]
    personal: dict[str, str]


@dataclass(frozen=True, slots=True)
class HeldContent:
    """A content in the vault: bytes, how important (0 to 2) and how new (moment) its clips are."""

    sha256: Digest
    size: int
    importance: int
    newest: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest signed head."""

    epoch: int
    origin: str
    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What a store confirmed."""

    id: str
    subject: str
    at: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of the station. ``certificate`` is DER; ``reason`` that of its newest revocation, None while it is in force."""

    id: KeyId
    role: str
    certificate: bytes
    introduced_at: str
    revoked_at: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class TimeStampRow:
    """A time stamp as the catalogue has it. ``response`` is the authority's whole TimeStampResp (RFC 3161, DER)."""

    id: str
    covers: str
    authority: str
    message_sha256: str
    response: bytes
    token_at: str
    at: str


@dataclass(frozen=True, slots=True)
class StampGiven:
    """What an authority attested, as its entry says it; ``at`` is when the station kept it."""

    id: str
    covers: str
    authority: str
    token_at: str
    drift_ms: int | None
    at: str


@dataclass(frozen=True, slots=True)
class DockingSpace:
    """A docking as the forecast needs it: bytes new in it; the card's space, None where its file system did not say."""

    device: str
    opened_at: str
    new_bytes: int
    total: int | None
    free: int | None


class _Listed(msgspec.Struct):
    """Of a listing only the space: its items are passed over."""

    space: dict[str, int | str] | None


_listed = msgspec.json.Decoder(_Listed)


class Queries:
    """Questions about one station's catalogue, on one open reading connection."""

    def __init__(self, connection: Connection, station: StationId) -> None:
        self._connection = connection
        self._station = station

    def head(self) -> LogHead:
        """The newest checkpoint. Raises :class:`~evidence.catalogue.ledger.NoLog`."""
        table = schema.checkpoint
        row = self._connection.execute(
            select(table).where(table.c.station == self._station).order_by(table.c.epoch.desc(), table.c.size.desc()).limit(1)
        ).first()
        if row is None:
            raise NoLog(station=self._station)
        return LogHead(row.epoch, origin(self._station, row.epoch), int(row.size), row.root, row.note)

    def origins(self) -> list[str]:
        """The origins of all logs of this station, the newest first."""
        log = schema.log
        rows = self._connection.execute(select(log.c.epoch).where(log.c.station == self._station).order_by(log.c.epoch.desc()))
        return [origin(self._station, row.epoch) for row in rows]

    def checkpoint_at(self, epoch: int, size: int) -> str | None:
        """The signed head at an exact size, if a commit ended there."""
        table = schema.checkpoint
        return self._connection.execute(
            select(table.c.note).where(table.c.station == self._station, table.c.epoch == epoch, table.c.size == size)
        ).scalar()

    def last_checkpoint(self, epoch: int) -> LogHead | None:
        """The newest checkpoint of one log, which may have ended."""
        table = schema.checkpoint
        row = self._connection.execute(
            select(table).where(table.c.station == self._station, table.c.epoch == epoch).order_by(table.c.size.desc()).limit(1)
        ).first()
        return None if row is None else LogHead(row.epoch, origin(self._station, row.epoch), int(row.size), row.root, row.note)

    def unit(self) -> str:
        """The unit code that the station was initialised with."""
        log = schema.log
        found = self._connection.execute(
            select(log.c.unit).where(log.c.station == self._station).order_by(log.c.epoch.desc())
        ).scalar()
        return str(found)

    def settings_sha256(self) -> str | None:
        """Digest of the settings as they were last accepted."""
        table = schema.settings
        return self._connection.execute(select(table.c.sha256).where(table.c.station == self._station)).scalar()

    def certificates(self) -> list[tuple[str, str, bytes]]:
        """``(role, key id, certificate DER)`` of every key in the order of introduction."""
        table = schema.signing_key
        rows = self._connection.execute(
            select(table.c.role, table.c.id, table.c.certificate)
            .where(table.c.station == self._station)
            .order_by(table.c.introduced_at)
        )
        return [(row.role, row.id, bytes(row.certificate)) for row in rows]

    def keys(self) -> list[KeyRow]:
        """Every key of the station in the order of introduction, with the reason of its newest revocation."""
        table, entry = schema.signing_key, schema.custody_entry
        rows = self._connection.execute(
            select(table).where(table.c.station == self._station).order_by(table.c.introduced_at, table.c.role, table.c.id)
        ).all()
        ended = [f"key:{row.id}" for row in rows if row.revoked_at is not None]
        revocations = self._connection.execute(
            select(entry.c.body)
            .where(entry.c.station == self._station, entry.c.subject.in_(ended), entry.c.type == Act.KEY_REVOKED.value)
            .order_by(entry.c.epoch, entry.c.seq)
        )
        reasons = {said["subject"]: said["what"]["reason"] for said in (msgspec.json.decode(row.body) for row in revocations)}
        return [
            KeyRow(
                id=KeyId(row.id),
                role=row.role,
                certificate=bytes(row.certificate),
                introduced_at=row.introduced_at,
                revoked_at=row.revoked_at,
                reason=reasons.get(f"key:{row.id}"),
            )
            for row in rows
        ]

    def clip(self, clip: ClipId) -> ClipRow | None:
        """One clip."""
        row = self._connection.execute(self._clips().where(schema.clip.c.id == clip)).first()
        return None if row is None else _clip(row)

    def clips(
        self,
        *,
        docking: DockingId | None = None,
        case_number: str | None = None,
        category: str | None = None,
        after: str = "",
        page: int = PAGE,
        reach: Reach | None = None,
    ) -> Iterator[ClipRow]:
        """Clips in the order they were taken, from behind one of them on, a page at a time. ``reach``: only what somebody may see."""
        table = schema.clip
        wanted = self._clips().where(seen(reach))
        for column, value in ((table.c.docking, docking), (table.c.case_number, case_number), (table.c.category, category)):
            if value is not None:
                wanted = wanted.where(column == value)
        while rows := self._connection.execute(wanted.where(table.c.id > after).order_by(table.c.id).limit(page)).all():
            yield from map(_clip, rows)
            after = rows[-1].id

    def clips_of_ids(self, ids: Sequence[str]) -> list[ClipRow]:
        """The clips with these ids, in no order."""
        return [_clip(row) for row in self._connection.execute(_clips_by_id(self._station), {"ids": list(ids)})]

    def sightings(self, *, clip: ClipId | None = None, docking: DockingId | None = None) -> Iterator[SightingRow]:
        """Where a clip was seen, or what a docking held."""
        table = schema.sighting
        wanted = select(table).where(table.c.station == self._station)
        if clip is not None:
            wanted = wanted.where(table.c.clip == clip)
        if docking is not None:
            wanted = wanted.where(table.c.docking == docking)
        for row in self._connection.execute(wanted.order_by(table.c.docking, table.c.position)):
            record = None if row.record is None else msgspec.json.decode(row.record)
            outcome = msgspec.json.decode(row.outcome)
            yield SightingRow(row.docking, row.position, row.clip, row.state, row.sha256, int(row.size), outcome, record, row.sm3)

    def docking(self, docking: DockingId) -> DockingRow | None:
        """One docking."""
        return next(self._dockings(schema.docking.c.id == docking), None)

    def dockings(
        self, state: str | None = None, after: Sequence[str] = (), limit: int | None = None, reach: Reach | None = None
    ) -> list[DockingRow]:
        """Dockings, oldest first, of one state if given. ``after``: behind this opening and id. ``reach``: only what somebody may see."""
        wanted = [docking_seen(reach), *([] if state is None else [schema.docking.c.state == state])]
        return list(self._dockings(*wanted, after=after, limit=limit))

    def recordings(self, after: str = "", limit: int | None = None, reach: Reach | None = None) -> list[RecordingRow]:
        """Recordings in the order in which they were sealed, from behind one of them on. ``reach``: of dockings that somebody may see."""
        table, docking = schema.recording, schema.docking
        listed = select(docking.c.id).where(docking.c.station == self._station, docking_seen(reach))
        wanted = select(table).where(table.c.station == self._station, table.c.docking.in_(listed))
        found = self._connection.execute(keyset(wanted, (table.c.id,), (after,) if after else (), limit))
        return [RecordingRow(row.id, DockingId(row.docking), msgspec.json.decode(row.segments)) for row in found]

    def recording(self, recording: str) -> RecordingRow | None:
        """One recording."""
        table = schema.recording
        row = self._connection.execute(select(table).where(table.c.station == self._station, table.c.id == recording)).first()
        return None if row is None else RecordingRow(row.id, DockingId(row.docking), msgspec.json.decode(row.segments))

    def is_sealed(self, card_sha256: str) -> bool:
        """Whether a sealed docking held exactly this content."""
        table = schema.docking
        mine = (table.c.station == self._station) & (table.c.card_sha256 == card_sha256) & (table.c.state == "sealed")
        return self._connection.execute(select(table.c.id).where(mine).limit(1)).first() is not None

    def listing(self, docking: DockingId) -> bytes | None:
        """The card inventory of a docking as it was taken."""
        table = schema.inventory
        found = self._connection.execute(
            select(table.c.listing).where(table.c.station == self._station, table.c.docking == docking)
        ).scalar()
        return None if found is None else bytes(found)

    def manifest(self, docking: DockingId) -> tuple[bytes, bytes] | None:
        """A sealed docking's manifest and its signature."""
        table = schema.manifest
        row = self._connection.execute(
            select(table.c.body, table.c.signature).where(table.c.station == self._station, table.c.docking == docking)
        ).first()
        return None if row is None else (bytes(row.body), bytes(row.signature))

    def signature_gm(self, docking: DockingId) -> bytes | None:
        """The SM2 signature over a sealed docking's manifest; None for one that was sealed in the standard suite."""
        table = schema.manifest
        found = self._connection.execute(
            select(table.c.signature_gm).where(table.c.station == self._station, table.c.docking == docking)
        ).scalar()
        return None if found is None else bytes(found)

    def records(self, docking: DockingId) -> list[bytes]:
        """The sealed records of a docking's files, in position order."""
        table = schema.sighting
        rows = self._connection.execute(
            select(table.c.record)
            .where(table.c.station == self._station, table.c.docking == docking, table.c.record.is_not(None))
            .order_by(table.c.position)
        )
        return [bytes(row.record) for row in rows]

    def opened_commitment(self, subject: str, act: str, field: str) -> dict[str, Any] | None:
        """A member of ``what`` of the newest entry of one act about one subject."""
        entry = self.newest_entry(subject, act)
        found: dict[str, Any] | None = None if entry is None else entry["what"].get(field)
        return found

    def entries(
        self,
        *subjects: str,
        after: tuple[int, int] | None = None,
        page: int = PAGE,
        sought: Sought | None = None,
        newest_first: bool = False,
    ) -> Iterator[EntryRow]:
        """Custody entries in log order, all of them, those about some subjects, or those sought, a page at a time.

        ``after``: from behind this epoch and number on. ``newest_first``: the other way round.
        """
        table = schema.custody_entry
        wanted = select(table.c.epoch, table.c.seq, table.c.id, table.c.body).where(table.c.station == self._station)
        if subjects:
            wanted = wanted.where(table.c.subject.in_(subjects))
        if sought is not None:
            wanted = narrowed(wanted, self._station, sought)
        order = (table.c.epoch.desc(), table.c.seq.desc()) if newest_first else (table.c.epoch, table.c.seq)
        wanted = wanted.order_by(*order).limit(page)
        while rows := self._connection.execute(_behind(wanted, after, newest_first=newest_first)).all():
            personal = self._personal([row.id for row in rows])
            for row in rows:
                yield EntryRow(row.epoch, int(row.seq), msgspec.json.decode(row.body), personal.get(row.id, {}))
            after = rows[-1].epoch, int(rows[-1].seq)

    def receipts(
        self, *subjects: str, after: Sequence[str] = (), limit: int | None = None, reach: Reach | None = None
    ) -> list[ReceiptRow]:
        """Receipts, oldest first. ``after``: behind this moment and id. ``reach``: of what somebody may see."""
        table, clip, docking = schema.receipt, schema.clip, schema.docking
        wanted = select(table).where(table.c.station == self._station)
        if reach is not None:
            clips = select(literal("clip:") + clip.c.id).where(clip.c.station == self._station, seen(reach))
            dockings = select(literal("docking:") + docking.c.id).where(docking.c.station == self._station, docking_seen(reach))
            wanted = wanted.where(table.c.subject.in_(clips) | table.c.subject.in_(dockings))
        if subjects:
            wanted = wanted.where(table.c.subject.in_(subjects))
        rows = self._connection.execute(keyset(wanted, (table.c.at, table.c.id), after, limit))
        return [ReceiptRow(row.id, row.subject, row.at, msgspec.json.decode(row.body)) for row in rows]

    def count(self, table_name: str) -> int:
        """Rows of this station in one table."""
        table = schema.metadata.tables[table_name]
        found = self._connection.execute(
            select(func.count()).select_from(table).where(table.c.station == self._station)
        ).scalar_one()
        return int(found)

    def entries_by_type(self) -> dict[str, int]:
        """How many entries of each act this station's logs have."""
        entry = schema.custody_entry
        rows = self._connection.execute(
            select(entry.c.type, func.count()).where(entry.c.station == self._station).group_by(entry.c.type)
        )
        return {act: int(count) for act, count in rows}

    def log_size(self, epoch: int) -> int:
        """Entries that lie in one log, whatever its checkpoints say."""
        entry = schema.custody_entry
        found = self._connection.execute(
            select(func.count()).select_from(entry).where(entry.c.station == self._station, entry.c.epoch == epoch)
        ).scalar_one()
        return int(found)

    def newest_moment(self) -> str:
        """When the newest entry was written, by the station's clock of then."""
        entry = schema.custody_entry
        found = self._connection.execute(
            select(entry.c.at).where(entry.c.station == self._station).order_by(entry.c.epoch.desc(), entry.c.seq.desc()).limit(1)
        ).scalar_one()
        return str(found)

    def open_alarms(self) -> int:
        """How many alarms nobody acknowledged."""
        table = schema.alarm
        wanted = select(func.count()).where(table.c.station == self._station, table.c.acknowledged_at.is_(None))
        return int(self._connection.execute(wanted).scalar_one())

    def devices_by_state(self) -> dict[str, int]:
        """How many devices of the registry there are in each state."""
        table = schema.device
        rows = self._connection.execute(
            select(table.c.state, func.count())
            .where(table.c.station == self._station)
            .group_by(table.c.state)
            .order_by(table.c.state)
        )
        return {state: int(count) for state, count in rows}

    def clip_bytes(self) -> int:
        """Bytes that the vault should hold."""
        blob = schema.blob
        found = self._connection.execute(
            select(func.coalesce(func.sum(blob.c.size), 0)).where(blob.c.station == self._station, blob.c.evicted_at.is_(None))
        ).scalar_one()
        return int(found)

    def uploads_by_state(self) -> dict[str, int]:
        """How many uploads there are in each state."""
        table = schema.upload
        rows = self._connection.execute(
            select(table.c.state, func.count())
            .where(table.c.station == self._station)
            .group_by(table.c.state)
            .order_by(table.c.state)
        )
        return {state: int(count) for state, count in rows}

    def dockings_since(self, moment: str) -> list[DockingSpace]:
        """Dockings that were opened from a moment on, oldest first: what was new in each, and the card's space."""
        docking, inventory, clip = schema.docking, schema.inventory, schema.clip
        mine = (clip.c.station == docking.c.station) & (clip.c.docking == docking.c.id)
        new = select(func.coalesce(func.sum(clip.c.size), 0)).where(mine).correlate(docking).scalar_subquery().label("new")
        rows = self._connection.execute(
            select(docking.c.device, docking.c.opened_at, inventory.c.listing, new)
            .join_from(docking, inventory, (inventory.c.station == docking.c.station) & (inventory.c.docking == docking.c.id))
            .where(docking.c.station == self._station, docking.c.opened_at >= moment)
            .order_by(docking.c.opened_at, docking.c.id)
        )
        found = []
        for row in rows:
            space = _listed.decode(row.listing).space
            total, free = (None, None) if space is None else (int(space["total"]), int(space["free"]))
            found.append(DockingSpace(row.device, row.opened_at, int(row.new), total, free))
        return found

    def received_since(self, moment: str) -> list[tuple[str, int]]:
        """``(moment, bytes)`` of footage that the store confirmed from a moment on."""
        table = schema.receipt
        rows = self._connection.execute(
            select(table.c.at, table.c.body).where(
                table.c.station == self._station, table.c.at >= moment, table.c.subject.startswith("clip:")
            )
        )
        return [(row.at, int(msgspec.json.decode(row.body)["size"])) for row in rows]

    def bytes_to_send(self) -> int:
        """Bytes that wait for the store."""
        table = schema.upload
        found = self._connection.execute(
            select(func.coalesce(func.sum(table.c.size), 0)).where(
                table.c.station == self._station, table.c.state != UploadState.DONE.value
            )
        ).scalar_one()
        return int(found)

    def time_stamps(self, covers: str) -> list[TimeStampRow]:
        """Every time stamp over one seal or checkpoint, the oldest first."""
        table = schema.time_stamp
        rows = self._connection.execute(
            select(table).where(table.c.station == self._station, table.c.covers == covers).order_by(table.c.at, table.c.id)
        )
        return [
            TimeStampRow(row.id, row.covers, row.authority, row.message_sha256, bytes(row.response), row.token_at, row.at)
            for row in rows
        ]

    def stamps_given(self, docking: DockingId | None = None) -> list[StampGiven]:
        """What authorities attested, as the log says it, of all or of one docking; the oldest first."""
        entry, stamp = schema.custody_entry, schema.time_stamp
        spoken_of = case((stamp.c.covers.startswith("docking:"), stamp.c.covers), else_=SUBJECT_STATION)
        stamped = select(spoken_of).where(
            stamp.c.station == self._station
        )  # entries are found by their subject, not by their act
        wanted = select(entry.c.body).where(entry.c.station == self._station, entry.c.type == Act.TIME_STAMPED.value)
        wanted = wanted.where(entry.c.subject.in_(stamped) if docking is None else entry.c.subject == subject_docking(docking))
        found = []
        for (body,) in self._connection.execute(wanted.order_by(entry.c.epoch, entry.c.seq)):
            said = msgspec.json.decode(body)
            what = said["what"]
            found.append(
                StampGiven(
                    what["stamp"], what["covers"], what["authority"], what["token_at"], what["drift_ms"], said["when"]["utc"]
                )
            )
        return found

    def made_at(self, covers: str) -> str | None:
        """When the signature was made that a time stamp covers: a docking's seal, or the newest entry under a checkpoint."""
        if covers.startswith("docking:"):
            row = self.docking(DockingId(covers.removeprefix("docking:")))
            return None if row is None else row.sealed_at
        log, _, size = covers.rpartition("/")
        entry = schema.custody_entry
        return self._connection.execute(
            select(entry.c.at).where(
                entry.c.station == self._station, entry.c.epoch == epoch_of(self._station, log), entry.c.seq == int(size) - 1
            )
        ).scalar()

    def newest_entry(self, subject: str, act: str, at: str | None = None) -> dict[str, Any] | None:
        """The newest entry of one act about one subject, decoded; ``at``: of the commit of that moment."""
        table = schema.custody_entry
        wanted = select(table.c.body).where(table.c.station == self._station, table.c.subject == subject, table.c.type == act)
        if at is not None:
            wanted = wanted.where(table.c.at == at)
        body = self._connection.execute(wanted.order_by(table.c.epoch.desc(), table.c.seq.desc()).limit(1)).scalar()
        found: dict[str, Any] | None = None if body is None else msgspec.json.decode(body)
        return found

    def cosignatures(self, epoch: int, size: int) -> list[tuple[str, str]]:
        """``(witness, signature line)`` over one checkpoint."""
        table = schema.cosignature
        rows = self._connection.execute(
            select(table.c.witness, table.c.line)
            .where(table.c.station == self._station, table.c.epoch == epoch, table.c.size == size)
            .order_by(table.c.witness)
        )
        return [(row.witness, row.line) for row in rows]

    def newest_cosigned(self, epoch: int, witness: str | None = None) -> int | None:
        """Size of the newest checkpoint that a witness cosigned: this one, or any."""
        table = schema.cosignature
        wanted = select(func.max(table.c.size)).where(table.c.station == self._station, table.c.epoch == epoch)
        if witness is not None:
            wanted = wanted.where(table.c.witness == witness)
        found = self._connection.execute(wanted).scalar()
        return None if found is None else int(found)

    def last_witnessed(self, epoch: int) -> int | None:
        """Size of the newest checkpoint that is known to lie far away."""
        table = schema.witnessed
        found = self._connection.execute(
            select(func.max(table.c.size)).where(table.c.station == self._station, table.c.epoch == epoch)
        ).scalar()
        return None if found is None else int(found)

    def blobs_longest_unverified(self, limit: int) -> list[tuple[str, int, str]]:
        """``(sha256, size, last verified)`` of the blobs in the vault that were not re-read for longest."""
        blob = schema.blob
        rows = self._connection.execute(
            select(blob.c.sha256, blob.c.size, blob.c.last_verified_at)
            .where(blob.c.station == self._station, blob.c.evicted_at.is_(None))
            .order_by(blob.c.last_verified_at)
            .limit(limit)
        )
        return [(row.sha256, int(row.size), row.last_verified_at) for row in rows]

    def contents_by_importance(self) -> list[HeldContent]:
        """The contents in the vault: the least important first, and of those the ones that were taken first.

        Important is what belongs to a case or bears a note; then what was classified. A content is as important as the most
        important of its clips, and as new as the newest.
        """
        clip, blob = schema.clip, schema.blob
        told = case(
            (clip.c.case_number.is_not(None) | clip.c.note.is_not(None), 2), (clip.c.category != UNCLASSIFIED, 1), else_=0
        )
        importance, newest = func.max(told).label("importance"), func.max(clip.c.taken_at).label("newest")
        rows = self._connection.execute(
            select(blob.c.sha256, blob.c.size, importance, newest)
            .join_from(blob, clip, (clip.c.station == blob.c.station) & (clip.c.sha256 == blob.c.sha256))
            .where(blob.c.station == self._station, blob.c.evicted_at.is_(None))
            .group_by(blob.c.sha256, blob.c.size)
            .order_by(importance, newest, blob.c.sha256)
        )
        return [HeldContent(Digest(row.sha256), int(row.size), int(row.importance), row.newest) for row in rows]

    def clips_of(self, sha256: str) -> list[tuple[ClipId, str]]:
        """The clips with this content, and the state of the docking that took each."""
        clip, docking = schema.clip, schema.docking
        rows = self._connection.execute(
            select(clip.c.id, docking.c.state)
            .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
            .where(clip.c.station == self._station, clip.c.sha256 == sha256)
            .order_by(clip.c.id)
        )
        return [(ClipId(row.id), row.state) for row in rows]

    def waits_to_be_sent(self, sha256: str) -> bool:
        """Whether these bytes are still to go to the store for some clip."""
        table = schema.upload
        waiting = (table.c.station == self._station) & (table.c.sha256 == sha256) & (table.c.state != UploadState.DONE.value)
        return self._connection.execute(select(table.c.id).where(waiting).limit(1)).first() is not None

    def evicted(self) -> list[Digest]:
        """The contents that the store alone has."""
        blob = schema.blob
        mine = select(blob.c.sha256).where(blob.c.station == self._station, blob.c.evicted_at.is_not(None))
        return [Digest(sha256) for sha256 in self._connection.execute(mine).scalars()]

    def _clips(self) -> Select[Any]:
        return _clips_of(self._station)

    def _dockings(
        self,
        *conditions: Any,  # noqa: ANN401  # SQL conditions have no narrower public type
        after: Sequence[str] = (),
        limit: int | None = None,
    ) -> Iterator[DockingRow]:
        table = schema.docking
        wanted = select(table).where(table.c.station == self._station, *conditions)
        for row in self._connection.execute(keyset(wanted, (table.c.opened_at, table.c.id), after, limit)):
            yield DockingRow(
                row.id,
                row.device,
                row.source,
                row.profile,
                row.officer,
                msgspec.json.decode(row.acquisition),
                row.state,
                row.opened_at,
                row.sealed_at,
                row.listing_sha256,
                row.manifest_sha256,
                row.card_sha256,
            )

    def _personal(self, entries: list[str]) -> dict[str, dict[str, str]]:
        table = schema.personal_value
        found: dict[str, dict[str, str]] = {}
        for row in self._connection.execute(
            select(table.c.entry, table.c.field, table.c.value).where(
                table.c.station == self._station, table.c.entry.in_(entries)
            )
        ):
            found.setdefault(row.entry, {})[row.field] = row.value
        return found


def _behind(wanted: Select[Any], after: tuple[int, int] | None, *, newest_first: bool) -> Select[Any]:
    if after is None:
        return wanted
    table, (epoch, seq) = schema.custody_entry, after
    if newest_first:
        return wanted.where((table.c.epoch < epoch) | ((table.c.epoch == epoch) & (table.c.seq < seq)))
    return wanted.where((table.c.epoch > epoch) | ((table.c.epoch == epoch) & (table.c.seq > seq)))


@lru_cache(maxsize=64)
def _clips_of(station: StationId) -> Select[Any]:
    """Kept, because putting it together takes longer than reading a page of clips."""
    clip, docking, blob = schema.clip, schema.docking, schema.blob
    return (
        select(clip, docking.c.officer, confirmed(station).label("received"), blob.c.last_verified_at, blob.c.evicted_at)
        .join_from(clip, docking, (docking.c.station == clip.c.station) & (docking.c.id == clip.c.docking))
        .outerjoin(blob, (blob.c.station == clip.c.station) & (blob.c.sha256 == clip.c.sha256))
        .where(clip.c.station == station)
    )


@lru_cache(maxsize=64)
def _clips_by_id(station: StationId) -> Select[Any]:
    return _clips_of(station).where(schema.clip.c.id.in_(bindparam("ids", expanding=True)))


def keyset(
    wanted: Select[Any], order: Sequence[ColumnElement[Any]], after: Sequence[str | int], limit: int | None
) -> Select[Any]:
    """In this order, behind the row that has these values, so many rows: a page costs the same wherever it lies."""
    if after:
        place = tuple_(*(literal(value) for value in after))
        wanted = wanted.where(order[0] > after[0] if len(order) == 1 else tuple_(*order) > place)
    return wanted.order_by(*order).limit(limit)


def _clip(row: Row[Any]) -> ClipRow:
    return ClipRow(
        row.id,
        row.device,
        bytes(row.path),
        row.sha256,
        int(row.size),
        row.state,
        row.docking,
        row.taken_at,
        row.recorded_at,
        None if row.duration_ms is None else int(row.duration_ms),
        row.recording,
        row.category,
        row.case_number,
        row.note,
        row.officer,
        bool(row.received),
        row.last_verified_at,
        row.evicted_at,
        row.recorded_by,
        row.incident,
        row.importance,
        row.sensitivity,
        row.place,
        row.disposed_at,
    )
