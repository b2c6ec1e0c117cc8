"""The catalogue's tables: the format that writer, queries and verifier share.

Every primary key begins with the station, so that many stations can share one database. No column is numbered by the
database: what takes part in a proof is numbered by the log itself. Each column is declared ``evidential`` (the log
explains its value; ``verify`` compares) or ``operational`` (progress and caches; losing it costs work, not proof).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

EVIDENTIAL = "evidential"
OPERATIONAL = "operational"

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)


def _evidential(
    name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *, key: bool = False, null: bool = False
) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=null, autoincrement=False, info={"standing": EVIDENTIAL})


def _operational(
    name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *, key: bool = False, null: bool = False
) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=null, autoincrement=False, info={"standing": OPERATIONAL})


def _station() -> Column[Any]:
    return _evidential("station", String(64), key=True)


DEVICE_CHARACTERS = 128
CATEGORY_CHARACTERS = 64
ID = String(36)
DIGEST = String(64)
MOMENT = String(32)
"""RFC 3339, UTC, microseconds, ``Z``: sorts as text."""

log = Table(
    "log",
    metadata,
    _station(),
    _evidential("epoch", Integer, key=True),
    _evidential("unit", String(64)),
    _evidential("created_at", MOMENT),
)
"""One row a log. The newest epoch is the one written to; its row is locked while a commit appends."""

custody_entry = Table(
    "custody_entry",
    metadata,
    _station(),
    _evidential("epoch", Integer, key=True),
    _evidential("seq", BigInteger, key=True),
    _evidential("id", ID),
    _evidential("type", String(32)),
    _evidential("subject", String(128)),
    _evidential("at", MOMENT),
    _evidential("body", LargeBinary),
    _evidential("hashes", LargeBinary),
    Index(None, "station", "subject", "epoch", "seq"),
)
"""``body`` is the canonical entry; ``id``, ``type``, ``subject``, ``at`` repeat what it says, for search.

``hashes`` holds the RFC 6962 hashes that this leaf completes: the leaf's own, then that of every perfect subtree ending
here, 32 bytes each, smallest first. So appending and proving read and write O(log n) rows.
"""

checkpoint = Table(
    "checkpoint",
    metadata,
    _station(),
    _evidential("epoch", Integer, key=True),
    _evidential("size", BigInteger, key=True),
    _evidential("root", DIGEST),
    _evidential("note", Text),
)
"""The signed head after each commit: C2SP tlog-checkpoint as a signed note."""

personal_value = Table(
    "personal_value",
    metadata,
    _station(),
    _evidential("entry", ID, key=True),
    _evidential("field", String(64), key=True),
    _evidential("value", Text),
    _evidential("salt", String(32)),
)
"""The values behind an entry's commitments. A lawful erasure deletes rows here and leaves the log whole."""

signing_key = Table(
    "signing_key",
    metadata,
    _station(),
    _evidential("id", DIGEST, key=True),
    _evidential("role", String(16)),
    _evidential("certificate", LargeBinary),
    _evidential("introduced_at", MOMENT),
    _evidential("revoked_at", MOMENT, null=True),
)
"""Every key that ever signed for the station (roles ``ca``, ``seal``, ``seal-gm``, ``log``), with its certificate (DER)."""

settings = Table(
    "settings",
    metadata,
    _station(),
    _evidential("sha256", DIGEST),
    _evidential("accepted_at", MOMENT),
)
"""Digest of the settings file as it was last accepted."""

device = Table(
    "device",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("key", String(DEVICE_CHARACTERS)),
    _evidential("make", Text, null=True),
    _evidential("model", Text, null=True),
    _evidential("serial", Text, null=True),
    _evidential("kind", String(32)),
    _evidential("state", String(16)),
    _evidential("assigned_to", Text, null=True),
    _evidential("issued_to", Text, null=True),
    _evidential("issued_at", MOMENT, null=True),
    _evidential("registered_at", MOMENT),
    _evidential("note", Text, null=True),
    _operational("last_seen_at", MOMENT, null=True),
    _operational("last_slot", Integer, null=True),
    Index(None, "station", "key", unique=True),
)
"""The registry. ``key`` is the one under which the device's evidence is kept; ``assigned_to`` is whose it is, ``issued_to`` who has
a pooled one now."""

alarm = Table(
    "alarm",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("kind", String(32)),
    _evidential("subject", String(256)),
    _evidential("fields", Text),
    _evidential("raised_at", MOMENT),
    _evidential("acknowledged_at", MOMENT, null=True),
    _evidential("acknowledged_by", Text, null=True),
    _evidential("note", Text, null=True),
    Index(None, "station", "subject", "kind"),
)
"""What a person has to look at. ``fields`` is the canonical JSON of the entry's, commitments in the place of names."""

KIND_CHARACTERS = 32
INDEX_CHARACTERS = 256

sheet = Table(
    "sheet",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("kind", String(KIND_CHARACTERS)),
    _evidential("version", Integer),
    _evidential("at", MOMENT),
    _evidential("said", Text),
    _evidential("kept", Text, null=True),
    Index(None, "station", "kind", "id"),
)
"""What case work knows of one thing (a person, a case, an incident, a hold…), as its newest entry has it. ``said`` is the canonical
JSON that stands in the entry, ``kept`` that of the personal part, to which the entry only commits."""

sheet_index = Table(
    "sheet_index",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("kind", String(KIND_CHARACTERS), key=True),
    _operational("name", String(64), key=True),
    _operational("value", String(INDEX_CHARACTERS), key=True),
    _operational("sheet", ID, key=True),
    Index(None, "station", "sheet"),
)
"""Where to look for sheets: values by which each kind is found. Made from the sheets; losing it costs work."""

credential = Table(
    "credential",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("person", ID, key=True),
    _operational("phc", Text),
)
"""Hashes of PINs (Argon2id, PHC string) by the person's sheet, which has the digest of the hash. Here and nowhere else: readers of the log see none."""

session = Table(
    "session",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("id", ID, key=True),
    _operational("person", ID),
    _operational("seal", DIGEST),
    _operational("door", String(16)),
    _operational("begun_at", MOMENT),
    _operational("seen_at", MOMENT),
    _operational("ended_at", MOMENT, null=True),
    Index(None, "station", "begun_at"),
)
"""Who is signed in. ``seal`` binds the session's secret, person and beginning to a key that is not here."""

sign_in_try = Table(
    "sign_in_try",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("who", DIGEST, key=True),
    _operational("failures", Integer),
    _operational("turned_away", Integer),
    _operational("next_at", MOMENT),
    _operational("last_at", MOMENT),
)
"""How often somebody tried to sign in, and when the next try is heard. ``who`` is a keyed digest."""

docking = Table(
    "docking",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("device", String(DEVICE_CHARACTERS)),
    _evidential("source", String(32)),
    _evidential("profile", String(64)),
    _evidential("officer", Text, null=True),
    _evidential("acquisition", Text),
    _evidential("state", String(16)),
    _evidential("opened_at", MOMENT),
    _evidential("sealed_at", MOMENT, null=True),
    _evidential("listing_sha256", DIGEST, null=True),
    _evidential("manifest_sha256", DIGEST, null=True),
    _operational("card_sha256", DIGEST, null=True),
    Index(None, "station", "state"),
)
"""One visit of a source. ``card_sha256`` recognises the same card when an interrupted docking is resumed."""

inventory = Table(
    "inventory",
    metadata,
    _station(),
    _evidential("docking", ID, key=True),
    _evidential("listing", LargeBinary),
)
"""The whole card as it was listed before the first byte was copied (canonical JSON, salted)."""

sighting = Table(
    "sighting",
    metadata,
    _station(),
    _evidential("docking", ID, key=True),
    _evidential("position", Integer, key=True),
    _evidential("clip", ID, null=True),
    _evidential("state", String(16)),
    _evidential("sha256", DIGEST, null=True),
    _evidential("sm3", DIGEST, null=True),
    _evidential("size", BigInteger),
    _evidential("outcome", Text),
    _evidential("record", LargeBinary, null=True),
    Index(None, "station", "clip"),
)
"""One file of one docking: the clip it became, or already was. ``record`` is the salted record the manifest lists.

``sm3`` is the second digest of a docking in the suite ``gm``.
"""

clip = Table(
    "clip",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("device", String(DEVICE_CHARACTERS)),
    _evidential("path", LargeBinary),
    _evidential("sha256", DIGEST),
    _evidential("size", BigInteger),
    _evidential("state", String(16)),
    _evidential("docking", ID),
    _evidential("taken_at", MOMENT),
    _evidential("recorded_at", MOMENT, null=True),
    _evidential("duration_ms", BigInteger, null=True),
    _evidential("recording", ID, null=True),
    _evidential("category", String(CATEGORY_CHARACTERS)),
    _evidential("case_number", Text, null=True),
    _evidential("note", Text, null=True),
    _evidential("recorded_by", Text, null=True),
    _evidential("incident", ID, null=True),
    _evidential("importance", String(1), null=True),
    _evidential("sensitivity", String(32), null=True),
    _evidential("place", Text, null=True),
    _evidential("disposed_at", MOMENT, null=True),
    Index(None, "station", "device", "sha256"),
    Index(None, "station", "docking"),
    Index(None, "station", "sha256"),
    Index(
        "ix_clip_keeping",
        *("station", "disposed_at", "category", "importance", "taken_at", "id", "case_number", "state", "size"),
    ),
    Index(None, "station", "case_number"),
    Index(None, "station", "incident"),
    Index(None, "station", "recorded_at"),
)
"""Evidence: device, path and digest. Equal bytes share a blob in the vault, never a record here. ``incident`` is the id of its sheet;
``recorded_by`` who recorded, where somebody said so after docking; ``disposed_at`` when two people had its bytes removed everywhere."""

recording = Table(
    "recording",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("docking", ID),
    _evidential("segments", Text),
)
"""Segments that belong together: canonical JSON list of clip and the gap before it in milliseconds (overlap < 0)."""

blob = Table(
    "blob",
    metadata,
    _station(),
    _evidential("sha256", DIGEST, key=True),
    _evidential("size", BigInteger),
    _evidential("placed_at", MOMENT),
    _operational("last_verified_at", MOMENT),
    _evidential("evicted_at", MOMENT, null=True),
    Index(None, "station", "last_verified_at"),
)
"""One content in the vault. ``last_verified_at`` is kept by the scrub; ``evicted_at`` is set while the bytes lie in the store alone, or were
disposed of."""

manifest = Table(
    "manifest",
    metadata,
    _station(),
    _evidential("docking", ID, key=True),
    _evidential("body", LargeBinary),
    _evidential("signature", LargeBinary),
    _evidential("signature_gm", LargeBinary, null=True),
)
"""The sealed manifest (RFC 8785), its detached CMS signature (DER), and in the suite ``gm`` its SM2 signature (ECDSA-Sig-Value, DER)."""

receipt = Table(
    "receipt",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("subject", String(128)),
    _evidential("body", Text),
    _evidential("at", MOMENT),
    Index(None, "station", "subject"),
)
"""What the store confirmed, as canonical JSON (``uploader/receipts.py``); its digest stands in the log."""

time_stamp = Table(
    "time_stamp",
    metadata,
    _station(),
    _evidential("id", ID, key=True),
    _evidential("covers", String(256)),
    _evidential("authority", String(128)),
    _evidential("message_sha256", DIGEST),
    _evidential("response", LargeBinary),
    _evidential("token_at", MOMENT),
    _evidential("at", MOMENT),
    Index(None, "station", "covers"),
)
"""What an authority attested (RFC 3161): ``response`` is its whole TimeStampResp (DER), ``covers`` says of what."""

stamp_request = Table(
    "stamp_request",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("covers", String(256), key=True),
    _operational("authority", String(128), key=True),
    _operational("attempts", Integer),
    _operational("next_try_at", MOMENT),
    _operational("reason", Text, null=True),
    _operational("queued_at", MOMENT),
    Index(None, "station", "next_try_at"),
)
"""Time stamps that are still to be fetched: how often it was tried, when next and why it waits."""

cosignature = Table(
    "cosignature",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("epoch", Integer, key=True),
    _operational("size", BigInteger, key=True),
    _operational("witness", String(256), key=True),
    _operational("line", Text),
    _operational("at", MOMENT),
)
"""Witnesses' signature lines over our checkpoints (C2SP tlog-cosignature). Each proves itself; losing one costs a proof, not evidence."""

upload = Table(
    "upload",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("id", ID, key=True),
    _operational("kind", String(16)),
    _operational("subject", String(128)),
    _operational("object_key", String(512)),
    _operational("size", BigInteger),
    _operational("sha256", DIGEST),
    _operational("rank", Integer),
    _operational("state", String(16)),
    _operational("attempts", Integer),
    _operational("next_try_at", MOMENT),
    _operational("reason", Text, null=True),
    _operational("store_upload", Text, null=True),
    _operational("part_size", BigInteger, null=True),
    _operational("queued_at", MOMENT),
    Index(None, "station", "state", "rank", "queued_at"),
    Index(None, "station", "subject"),
)
"""The queue: what is to be sent, how often it was tried, when next and why it waits. Rank 0 is the index, 1 footage."""

upload_part = Table(
    "upload_part",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("upload", ID, key=True),
    _operational("number", Integer, key=True),
    _operational("offset", BigInteger),
    _operational("size", BigInteger),
    _operational("sha256", DIGEST),
    _operational("md5", String(32)),
    _operational("etag", String(128), null=True),
)
"""Journal of parts: written before a part is sent; ``etag`` is filled when the store acknowledged it."""

witnessed = Table(
    "witnessed",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("epoch", Integer, key=True),
    _operational("size", BigInteger, key=True),
    _operational("store", String(128), key=True),
    _operational("at", MOMENT),
)
"""Which checkpoints lie far away. A cache: the far copies themselves are what rollback is judged by."""

derivative = Table(
    "derivative",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("id", DIGEST, key=True),
    _operational("original", DIGEST),
    _operational("makes", String(32)),
    _operational("sha256", DIGEST, null=True),
    _operational("ending", String(8)),
    _operational("size", BigInteger),
    _operational("made_at", MOMENT),
    _operational("used_at", MOMENT),
    _operational("gone_at", MOMENT, null=True),
    _operational("reason", Text, null=True),
    Index(None, "station", "original", "makes"),
    Index(None, "station", "used_at"),
)
"""What was made of an original for viewing, or why it could not be (``reason``). ``id`` is the digest of recipe, original and software;
``gone_at`` is set when the file was let go of. Losing it costs making again."""

webhook = Table(
    "webhook",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("id", ID, key=True),
    _operational("event", String(96)),
    _operational("body", Text),
    _operational("state", String(16)),
    _operational("attempts", Integer),
    _operational("next_try_at", MOMENT),
    _operational("reason", Text, null=True),
    _operational("queued_at", MOMENT),
    Index(None, "station", "state", "next_try_at"),
)
"""What another system is still to be told: how often it was tried, when next, why it waits; ``dead`` is tried no more by itself."""

webhook_cursor = Table(
    "webhook_cursor",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("epoch", Integer),
    _operational("size", BigInteger),
)
"""Up to where the log was looked through for what other systems are to be told."""

search_state = Table(
    "search_state",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("form", Integer),
)
"""Which form the search index of a station has; without a row it has none."""

search_clip = Table(
    "search_clip",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("number", Integer, key=True),
    _operational("clip", ID),
    _operational("moment", MOMENT),
    _operational("size", BigInteger),
    _operational("officer", LargeBinary),
    _operational("facets", Text),
    _operational("words", Text),
    Index(None, "station", "clip", unique=True),
    Index("ix_search_clip_station_moment_number", "station", "moment", "number"),
    Index("ix_search_clip_station_size_number", "station", "size", "number"),
    Index("ix_search_clip_station_officer_number", "station", "officer", "number"),
)
"""A clip as it is searched for. ``number`` counts from 0 in the order in which the log says that clips were taken; ``moment`` is when it was
recorded, or taken where that is not known; ``facets`` its exact values, ``words`` its texts in canonical lines (``search/projection.py``)."""

search_term = Table(
    "search_term",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("term", LargeBinary, key=True),
    _operational("block", Integer, key=True),
    _operational("bits", LargeBinary),
    sqlite_with_rowid=False,
)
"""Which clips have a term, in blocks of 4096 (``search/blocks.py``). Terms are bytes, so that both databases order them alike."""

search_word = Table(
    "search_word",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("slot", Integer, key=True),
    _operational("term", LargeBinary, key=True),
    sqlite_with_rowid=False,
)
"""The terms that are looked for with a character or two wrong (``search/nearby.py``), each in the slot that its digest names."""
index_given = Table(
    "index_given",
    metadata,
    Column("station", String(64), primary_key=True, autoincrement=False, info={"standing": OPERATIONAL}),
    _operational("clip", ID, key=True),
    _operational("record_sha256", DIGEST),
    _operational("batch", ID),
    _operational("accepted_sha256", DIGEST, null=True),
)
"""Which record of each clip a city's platform was given last, and which one it said it has. Losing it costs giving all of them again."""
