"""The log folded into facts about rows, by the table of ``FORMATS.md`` ("Acts and the rows they explain").

Entries come in the order of the log and their facts go to the spool, keyed by the row they explain; ``compare.py`` takes
them out again in the order of the tables. So the whole log is never held in memory, whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec

from evidence.verify.entries import Entry, canonical_text
from evidence.verify.spool import Spool

CLIPS, DOCKINGS, SIGNING_KEYS, STATION = "clips", "dockings", "signing_keys", "station"
DEVICES, ALARMS, SHEETS = "devices", "alarms", "sheets"
"""Streams of the spool that hold entries by their subject; the last one also holds the settings and what is no subject."""
SIGHTINGS, BLOBS, RECEIPTS, STAMPS, PERSONAL = "sightings", "blobs", "receipts", "stamps", "personal"
PRESENCE, LEANING = "presence", "leaning"
"""What became of contents after they were placed, by digest; and which receipts they lean on while they are away, by receipt."""
ERASED = "erased"
"""By clip: when which docking's card was to lose it."""
DISPOSED = "disposed"
"""By the sheet of a disposal: what was disposed of under it, and when."""
BEGUN = "begun"
"""By the sheet of an approval: which disposals began on it, and when."""
PATHS, RECORDS, SM3S = "paths", "records", "sm3s"
"""Streams that hold facts by the row they explain."""
CLIP_VALUES, DOCKING_VALUES = "clip_values", "docking_values"
DEVICE_VALUES, ALARM_VALUES, SHEET_VALUES = "device_values", "alarm_values", "sheet_values"
"""Streams of personal values that rows repeat."""

SEPARATOR = "\x01"
"""Sorts before everything that an id or a field name can hold (a NUL would end a text in SQLite's functions)."""

OUTCOME = ("changed", "medium", "ranges", "reason", "resumed_at", "vaults")
_SAID_OF_ROWS = frozenset(
    {"initialised", "recovered", "key-introduced", "key-revoked", "settings-changed", "docked", "refused", "inventory", "copied"}
    | {"verified", "empty", "damaged", "sealed", "tagged", "received", "erase-begun", "erase-ended"}
    | {"device-registered", "device-changed", "device-issued", "device-returned", "alarm-raised", "alarm-acknowledged"}
    | {"recorded"}
)
_STREAMS = {"clip": CLIPS, "docking": DOCKINGS, "key": SIGNING_KEYS, "device": DEVICES, "alarm": ALARMS, "sheet": SHEETS}
_FILES = frozenset({"copied", "verified", "empty", "damaged", "duplicate-seen"})
EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_SM3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


class About(msgspec.Struct, array_like=True):
    """One entry as its subject remembers it. ``act`` is empty for an entry that could not be read."""

    epoch: int
    seq: int
    act: str
    entry: str
    utc: str
    clock: str
    leaf: bytes
    prev: bytes | None
    what: dict[str, Any] | None


class Seen(msgspec.Struct, array_like=True):
    """One entry about one file of one docking."""

    position: int
    act: str
    clip: str | None
    state: str | None
    sha256: str | None
    size: int | None
    outcome: dict[str, Any]
    sm3: str | None = None


class Content(msgspec.Struct, array_like=True):
    """One entry that says a content lies in the vault."""

    size: int
    utc: str
    vaults: int


class Erased(msgspec.Struct, array_like=True):
    """One plan to erase a clip from a card because a store received it: the entry's place in the log, and the docking."""

    epoch: int
    seq: int
    docking: str


class Presence(msgspec.Struct, array_like=True):
    """One entry that says a content left the vault, leaning on a receipt, came back (no receipt), or was disposed of."""

    utc: str
    receipt: str | None
    vaults: int
    disposed: bool = False


class Disposed(msgspec.Struct, array_like=True):
    """One clip that was disposed of: the entry's place in the log, and the content."""

    epoch: int
    seq: int
    clip: str
    content: str


class Begun(msgspec.Struct, array_like=True):
    """One disposal that began on somebody's word: the entry's place in the log, and the subject."""

    epoch: int
    seq: int
    subject: str


class Leaning(msgspec.Struct, array_like=True):
    """A content that was let go of because of a receipt."""

    content: str
    size: int


class Receipt(msgspec.Struct, array_like=True):
    """One entry that says a store confirmed something."""

    sha256: str
    subject: str
    utc: str
    proof: str
    trial: bool


class Stamp(msgspec.Struct, array_like=True):
    """One entry that says an authority attested something."""

    covers: str
    authority: str
    message_sha256: str
    response_sha256: str
    token_at: str
    drift_ms: int | None
    subject: str
    utc: str


class Committed(msgspec.Struct, array_like=True):
    """One commitment: whose row repeats the value in which column, if any. Without a commitment: it was erased."""

    commitment: str | None
    subject: str
    column: str | None


class Fold:
    """Turns entries into facts."""

    def __init__(self, spool: Spool, tell: Callable[[], None]) -> None:
        """``tell`` is called once an entry."""
        self._spool = spool
        self._tell = tell
        self.settings: str | None = None
        """Digest of the settings file that was accepted last."""
        self.settings_before: str | None = None
        """Digest of the one accepted before it."""

    def __call__(self, epoch: int, seq: int, entry: Entry | None, subject: str, leaf: bytes) -> None:
        """One entry of the log; None where it could not be read."""
        self._tell()
        rank = epoch << 44 | seq
        if entry is None:
            self._spool.add(*stream_of(subject), rank, About(epoch, seq, "", "", "", "", leaf, None, None))
            return
        act = entry.type
        prev = None if entry.prev is None else bytes.fromhex(entry.prev)
        said = entry.what if act in _SAID_OF_ROWS else None
        about = About(epoch, seq, act, entry.id, entry.when.utc, entry.when.clock, leaf, prev, said)
        self._spool.add(*stream_of(subject), rank, about)
        if act in _FILES:
            self._file(entry, rank)
        elif act == "unreadable":
            self._unreadable(entry, rank)
        elif act == "received":
            what = entry.what
            fact = Receipt(what["receipt_sha256"], subject, entry.when.utc, what["proof"], what["trial"])
            self._spool.add(RECEIPTS, what["receipt"], rank, fact)
        elif act in ("evicted", "recalled"):
            what, receipt = entry.what, entry.what.get("receipt")
            self._spool.add(PRESENCE, what["sha256"], rank, Presence(entry.when.utc, receipt, what.get("vaults", 0)))
            if receipt is not None:
                self._spool.add(LEANING, receipt, rank, Leaning(what["sha256"], what["size"]))
        elif act == "disposed":
            what = entry.what
            self._spool.add(PRESENCE, what["sha256"], rank, Presence(entry.when.utc, None, 0, disposed=True))
            self._spool.add(DISPOSED, what["disposal"], rank, Disposed(epoch, seq, subject, what["sha256"]))
        elif act == "recorded" and (word := _word_of(entry.what)) is not None:
            self._spool.add(BEGUN, word, rank, Begun(epoch, seq, subject))
        elif act == "time-stamped":
            what = entry.what
            told = (what["covers"], what["authority"], what["message_sha256"], what["response_sha256"], what["token_at"])
            self._spool.add(STAMPS, what["stamp"], rank, Stamp(*told, what["drift_ms"], subject, entry.when.utc))
        elif act == "settings-changed":
            self.settings_before, self.settings = self.settings, entry.what["sha256"]
        elif act == "erased":
            self._spool.add(
                PERSONAL, personal_key(entry.what["entry"], entry.what["field"]), rank, Committed(None, subject, None)
            )
        for field, commitment, column in commitments(entry):
            self._spool.add(PERSONAL, personal_key(entry.id, field), rank, Committed(commitment, subject, column))

    def _file(self, entry: Entry, rank: int) -> None:
        what, act = entry.what, entry.type
        state = what["state"] if act == "duplicate-seen" else None if act == "copied" else act
        outcome = {name: what[name] for name in OUTCOME if name in what}
        clip = entry.subject.removeprefix("clip:")
        sm3 = what.get("sm3")
        seen = Seen(what["position"], act, clip, state, what.get("sha256"), what.get("size"), outcome, sm3)
        self._spool.add(SIGHTINGS, what["docking"], rank, seen)
        if sm3 is not None:
            self._spool.add(SM3S, what["sha256"], rank, sm3)
        if act in ("verified", "damaged"):
            self._spool.add(BLOBS, what["sha256"], rank, Content(what["size"], entry.when.utc, what.get("vaults", 1)))

    def _unreadable(self, entry: Entry, rank: int) -> None:
        what = entry.what
        outcome = {name: what[name] for name in OUTCOME if name in what}
        seen = Seen(what["position"], entry.type, None, "unreadable", None, 0, outcome)
        self._spool.add(SIGHTINGS, entry.subject.removeprefix("docking:"), rank, seen)


def _word_of(what: dict[str, Any]) -> str | None:
    """The approval on which a disposal begins, empty where it names none; None for every other version of a sheet."""
    if what["kind"] != "disposal" or what["said"].get("state") != "begun":
        return None
    word = what["said"].get("approval")
    return word if isinstance(word, str) else ""


def stream_of(subject: str) -> tuple[str, str]:
    """Where the entries about a subject go: stream, and key within it."""
    kind, _, name = subject.partition(":")
    stream = _STREAMS.get(kind)
    return (STATION, subject) if stream is None else (stream, name)


_REPEATED = {
    "docked": {"officer": "officer"},
    "device-registered": {"assigned_to": "assigned_to", "note": "note"},
    "device-issued": {"officer": "issued_to"},
    "alarm-acknowledged": {"note": "note"},
    "recorded": {"kept": "kept"},
}
"""Which column repeats the personal value of a member, by the act."""


def personal_key(entry: str, field: str) -> str:
    """Key of a personal value: sorts like ``(entry, field)``."""
    return f"{entry}{SEPARATOR}{field}"


def commitments(entry: Entry) -> list[tuple[str, str, str | None]]:
    """``(field, commitment, column that repeats the value)`` of an entry."""
    found: list[tuple[str, str, str | None]] = []
    if "person" in entry.actor:
        column = "acknowledged_by" if entry.type == "alarm-acknowledged" else None
        found.append(("actor", entry.actor["person"]["commitment"], column))
    columns = _REPEATED.get(entry.type, {})
    found += [(name, said["commitment"], columns.get(name)) for name, said in entry.what.items() if is_commitment(said)]
    if entry.type == "alarm-raised":
        fields = entry.what["fields"].items()
        found += [(f"fields.{name}", said["commitment"], None) for name, said in fields if is_commitment(said)]
    elif entry.type in ("tagged", "device-changed"):
        for change in entry.what["changes"]:
            for side in ("old", "new"):
                if isinstance(change[side], dict):
                    column = change["field"] if side == "new" else None
                    found.append((f"{change['field']}.{side}", change[side]["commitment"], column))
    elif entry.type == "settings-changed":
        sides = [(change["key"], side, change[side]) for change in entry.what["changes"] for side in ("old", "new")]
        found += [(f"{key}.{side}", said["commitment"], None) for key, side, said in sides if isinstance(said, dict)]
    return found


def is_commitment(said: object) -> bool:
    """Whether a value stands for one that the log only commits to."""
    return isinstance(said, dict) and said.keys() == {"commitment"} and isinstance(said["commitment"], str)


def outcome_text(facts: list[Seen]) -> str:
    """``sighting.outcome``: what the entries of one sighting say together."""
    merged: dict[str, Any] = {}
    for fact in facts:
        merged.update(fact.outcome)
    return canonical_text(merged)


def is_digest(held: object, digest: str | None) -> bool:
    """Whether a column holds the bytes that a digest names."""
    return isinstance(held, bytes) and digest is not None and sha256(held).hexdigest() == digest
