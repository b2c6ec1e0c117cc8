"""Custody entries: who did what to which piece of evidence, when, as canonical bytes.

An entry is complete in itself: it names its place in the log (``seq``), the entry before it about the same subject
(``prev``, so that leaving one out shows), the state of the clock that dated it, and carries 16 random bytes so that its
digest gives nothing away (``FORMATS.md``, "Entry").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from evidence.canonical import Json, JsonObject, canonical
from evidence.commitments import Personal
from evidence.ids import AlarmId, ClipId, DeviceId, DockingId, EntryId, KeyId, SheetId
from evidence.reach import Reach

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Act(StrEnum):
    """What an entry can say happened."""

    INITIALISED = "initialised"
    RECOVERED = "recovered"
    KEY_INTRODUCED = "key-introduced"
    KEY_REVOKED = "key-revoked"
    SETTINGS_CHANGED = "settings-changed"
    CLOCK_CHANGED = "clock-changed"
    DEVICE_REGISTERED = "device-registered"
    DEVICE_CHANGED = "device-changed"
    DEVICE_ISSUED = "device-issued"
    DEVICE_RETURNED = "device-returned"
    CLOCK_MEASURED = "clock-measured"
    ALARM_RAISED = "alarm-raised"
    ALARM_ACKNOWLEDGED = "alarm-acknowledged"
    RECORDED = "recorded"
    NOTED = "noted"
    DOCKED = "docked"
    REFUSED = "refused"
    INVENTORY = "inventory"
    COPIED = "copied"
    VERIFIED = "verified"
    EMPTY = "empty"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    DUPLICATE_SEEN = "duplicate-seen"
    SEALED = "sealed"
    TAGGED = "tagged"
    VIEWED = "viewed"
    EXPORTED = "exported"
    SENT = "sent"
    RECEIVED = "received"
    TIME_STAMPED = "time-stamped"
    REPAIRED = "repaired"
    ERASE_BEGUN = "erase-begun"
    ERASE_ENDED = "erase-ended"
    EVICTED = "evicted"
    RECALLED = "recalled"
    DISPOSED = "disposed"


class ClockState(StrEnum):
    """What the kernel knows of its own clock."""

    SYNCHRONISED = "synchronised"
    UNSYNCHRONISED = "unsynchronised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Moment:
    """A reading of the station's clock.

    ``unix_ns`` is wall time, ``mono_ns`` the monotonic clock since boot ``boot`` (it also runs while suspended).
    """

    unix_ns: int
    mono_ns: int
    boot: str
    clock: ClockState

    @property
    def utc(self) -> str:
        """RFC 3339 with microseconds and ``Z``."""
        return rfc3339(self.unix_ns)

    def as_json(self) -> JsonObject:
        """The ``when`` of an entry."""
        return {"utc": self.utc, "clock": self.clock.value, "boot": self.boot, "mono_ns": str(self.mono_ns)}


@lru_cache(maxsize=16)  # all entries of a commit bear the same moment
def rfc3339(unix_ns: int) -> str:
    """A wall-clock time as RFC 3339 in UTC with microseconds: sorts as text."""
    moment = _UNIX_EPOCH + timedelta(microseconds=unix_ns // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}Z"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a person under a role, or the station itself when ``person`` is None.

    ``reach``: what clips the person may see; None: everything, which only the operator of the settings has, while nobody has an account,
    and the station itself.
    """

    person: str | None
    role: str
    reach: Reach | None = None


STATION = Actor(None, "station")


@dataclass(frozen=True, slots=True)
class Draft:
    """An act on its way into the log. ``personal`` values are committed to, by their field names, inside ``what``."""

    act: Act
    subject: str
    what: JsonObject
    actor: Actor = STATION
    personal: tuple[Personal, ...] = ()
    fresh: bool = False
    """True when the subject was made in this very act, so that no earlier entry can exist."""


def subject_clip(clip: ClipId) -> str:
    """Subject of entries about one clip."""
    return f"clip:{clip}"


def subject_docking(docking: DockingId) -> str:
    """Subject of entries about one docking."""
    return f"docking:{docking}"


def subject_device(device: DeviceId) -> str:
    """Subject of entries about one device of the registry."""
    return f"device:{device}"


def subject_alarm(alarm: AlarmId) -> str:
    """Subject of entries about one alarm."""
    return f"alarm:{alarm}"


def subject_sheet(sheet: SheetId) -> str:
    """Subject of entries about one sheet of case work."""
    return f"sheet:{sheet}"


def subject_key(key: KeyId) -> str:
    """Subject of entries about one signing key."""
    return f"key:{key}"


SUBJECT_STATION = "station"
SUBJECT_SETTINGS = "settings"


def encode(draft: Draft, *, seq: int, entry_id: EntryId, when: Moment, prev: str | None, salt: bytes, actor: Json) -> bytes:
    """The entry's bytes. ``actor`` is the actor as the entry shows him: a system name or a commitment and a role."""
    return canonical(
        {
            "v": 1,
            "seq": seq,
            "id": entry_id,
            "type": draft.act.value,
            "subject": draft.subject,
            "actor": actor,
            "what": draft.what,
            "when": when.as_json(),
            "prev": prev,
            "salt": salt.hex(),
        }
    )
