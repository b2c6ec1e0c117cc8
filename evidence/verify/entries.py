"""Log entries as a verifier reads them: strict forms, straight from ``FORMATS.md`` ("Entry", "Acts").

Where an act explains rows, what it says has exactly the members written there. The others may say more.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, NoReturn

import msgspec

from evidence.learned import learned
from evidence.verify.canonical import NotCanonical, encode, exact

_MOMENT = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}Z").fullmatch
_HEX32 = re.compile(r"[0-9a-f]{64}").fullmatch
_SUBJECT = re.compile(r"station|settings|(?:clip|docking|key|device|alarm|sheet):[0-9a-f-]{36,64}").fullmatch
_HEX16 = re.compile(r"[0-9a-f]{32}").fullmatch

Json = Any
"""A value whose form is free."""
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class When(msgspec.Struct, forbid_unknown_fields=True):
    """Clock readings of one commit."""

    boot: str
    clock: str
    mono_ns: str
    utc: str


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One entry. Its members stand in canonical order, so that encoding it again gives its own bytes."""

    actor: dict[str, Json]
    id: str
    prev: str | None
    salt: str
    seq: int
    subject: str
    type: str
    v: int
    what: dict[str, Json]
    when: When


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of the formats")


_ENTRY: Final = msgspec.json.Decoder(Entry, float_hook=_no_float)


class Malformed(ValueError):
    """Bytes that are no entry as the format has it."""


def parse(untrusted_body: bytes) -> Entry:
    """One entry out of its bytes. Raises :class:`Malformed`."""
    try:
        entry = _ENTRY.decode(untrusted_body)
        if encode(entry) != untrusted_body:
            raise Malformed("not canonical JSON")
    except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError) as error:
        raise Malformed(str(error)) from error
    if entry.v != 1 or not _MOMENT(entry.when.utc) or not _HEX16(entry.salt) or not (entry.prev is None or _HEX32(entry.prev)):
        raise Malformed("version, moment, salt or prev")
    if not _SUBJECT(entry.subject):
        raise Malformed("subject")
    form = FORMS.get(entry.type)
    if form is None:
        raise Malformed(f"no act is called {entry.type}")
    try:
        msgspec.convert(entry.what, form)
        msgspec.convert(entry.actor, _Person if "person" in entry.actor else _System)
    except msgspec.ValidationError as error:
        raise Malformed(f"{entry.type}: {error}") from error
    if not (issubclass(form, _Strict) and form not in _OPEN) and not exact(entry.what):
        raise Malformed(f"{entry.type}: a number or a name that the formats do not have")
    return entry


def said_seq(untrusted_body: bytes) -> int | None:
    """Where a body that does not belong where it stands says it belongs; None when it says nothing."""
    try:
        return _ENTRY.decode(untrusted_body).seq
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def canonical_text(value: Json) -> str:
    """A part of an entry as the catalogue repeats it: canonical JSON."""
    try:
        return encode(value).decode()
    except UnicodeError as error:
        raise NotCanonical(str(error)) from error


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """An act whose members are all written in the format."""


class _Free(msgspec.Struct):
    """An act that may say more than the format names."""


class Commitment(_Strict):
    """What stands where a personal value would."""

    commitment: str


class _System(_Strict):
    system: str


class _Person(_Strict):
    person: Commitment
    role: str


class _Head(_Strict):
    origin: str
    size: int
    root: str


class _Initialised(_Free):
    station: str
    unit: str
    epoch: int
    origin: str


class _Recovered(_Initialised):
    reason: str
    previous: _Head
    witnessed: _Head | None
    lost: list[_Head] = []


class _KeyIntroduced(_Strict):
    role: str
    certificate_sha256: str


class _KeyRevoked(_Free):
    reason: str


class _Setting(_Strict):
    key: str
    old: str | Commitment | None
    new: str | Commitment | None


class _SettingsChanged(_Strict):
    sha256: str
    previous: str | None
    changes: list[_Setting]


class _DeviceRegistered(_Strict):
    device: str
    kind: str
    state: str
    make: str | None
    model: str | None
    serial: str | None
    assigned_to: Commitment | None
    note: Commitment | None


class _DeviceIssued(_Strict):
    officer: Commitment
    clock: dict[str, Json] | None


class _DeviceReturned(_Strict):
    clock: dict[str, Json] | None


class _AlarmRaised(_Strict):
    kind: str
    subject: str
    fields: dict[str, Json]


class _AlarmAcknowledged(_Strict):
    note: Commitment | None


class _Recorded(_Strict):
    kind: str
    did: str
    version: Count
    said: dict[str, Json]
    kept: Commitment | None
    reason: Commitment | None


class _Noted(_Free):
    did: str


class _Docked(_Free, forbid_unknown_fields=True):
    device: str
    source: str
    profile: str
    acquisition: dict[str, Json]
    officer: Commitment | None


class _Inventory(_Free):
    listing_sha256: str


class _Of(_Strict):
    """A file of a docking, with what may be said of how it was read."""

    docking: str
    position: Count
    changed: str | msgspec.UnsetType | None = msgspec.UNSET
    medium: str | msgspec.UnsetType | None = msgspec.UNSET
    ranges: list[tuple[Count, Count]] | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType | None = msgspec.UNSET
    resumed_at: Count | msgspec.UnsetType = msgspec.UNSET
    vaults: Count | msgspec.UnsetType = msgspec.UNSET


class _Copied(_Of, kw_only=True):
    """``path_sha256`` stands in entries of the format's first days; it says nothing that the salted listing does not."""

    device: str
    size: Count
    sha256: str
    path_sha256: str | msgspec.UnsetType = msgspec.UNSET
    sm3: str | msgspec.UnsetType = msgspec.UNSET


class _Verified(_Of, kw_only=True):
    sha256: str
    size: Count


class _DuplicateSeen(_Of, kw_only=True):
    sha256: str
    sm3: str | msgspec.UnsetType = msgspec.UNSET
    size: Count
    state: str


class _Unreadable(_Strict):
    position: Count
    reason: str | None


class _Sealed(_Strict):
    manifest_sha256: str
    key: str
    clips: Count
    files: Count
    bytes: Count
    key_gm: str | msgspec.UnsetType = msgspec.UNSET


class _Change(_Strict):
    field: str
    old: str | Commitment | None
    new: str | Commitment | None


class _Changed(_Strict):
    changes: list[_Change]


class _Purpose(_Free):
    purpose: Commitment | None = None


class _Sent(_Strict):
    store: str
    object_key: str
    sha256: str
    size: Count
    version: str | None


class _Received(_Strict):
    receipt: str
    receipt_sha256: str
    proof: str
    trial: bool


class _TimeStamped(_Strict):
    stamp: str
    covers: str
    authority: str
    message_sha256: str
    response_sha256: str
    token_at: str
    drift_ms: Annotated[int, msgspec.Meta(gt=-(1 << 53), lt=1 << 53)] | None


class _Erased(_Strict):
    entry: str
    field: str


Runs = list[tuple[Count, Annotated[int, msgspec.Meta(gt=0, lt=1 << 53)]]]
"""Positions of a listing, ascending: the first of a run, and how many there are of it."""


class _EraseBegun(_Strict):
    rule: str
    waiver: Commitment | None
    positions: Runs
    files: Count
    bytes: Count
    plan_sha256: str


class _EraseEnded(_Strict):
    begun: str
    removed: Runs
    gone: Runs
    kept: dict[str, Runs]
    unlisted: Count
    bytes: Count


class _Evicted(_Strict):
    sha256: str
    size: Count
    receipt: str
    store: str
    object_key: str
    version: str | None
    proof: str


class _Recalled(_Strict):
    sha256: str
    size: Count
    source: str
    medium: str | None
    vaults: Count


class _Disposed(_Strict):
    disposal: str
    sha256: str
    size: Count


_OPEN: Final = frozenset({_AlarmRaised, _Recorded, _DeviceIssued, _DeviceReturned})
"""Strict forms with a member that may hold anything the formats can say."""

FORMS: Final[dict[str, type[msgspec.Struct]]] = {
    "initialised": _Initialised,
    "recovered": _Recovered,
    "key-introduced": _KeyIntroduced,
    "key-revoked": _KeyRevoked,
    "settings-changed": _SettingsChanged,
    "clock-changed": _Free,
    "device-registered": _DeviceRegistered,
    "device-changed": _Changed,
    "device-issued": _DeviceIssued,
    "device-returned": _DeviceReturned,
    "clock-measured": _Free,
    "alarm-raised": _AlarmRaised,
    "alarm-acknowledged": _AlarmAcknowledged,
    "recorded": _Recorded,
    "noted": _Noted,
    "docked": _Docked,
    "refused": _Free,
    "inventory": _Inventory,
    "copied": _Copied,
    "verified": _Verified,
    "empty": _Of,
    "damaged": _Verified,
    "unreadable": _Unreadable,
    "duplicate-seen": _DuplicateSeen,
    "sealed": _Sealed,
    "tagged": _Changed,
    "viewed": _Purpose,
    "exported": _Purpose,
    "sent": _Sent,
    "received": _Received,
    "time-stamped": _TimeStamped,
    "repaired": _Free,
    "erased": _Erased,
    "erase-begun": _EraseBegun,
    "erase-ended": _EraseEnded,
    "evicted": _Evicted,
    "recalled": _Recalled,
    "disposed": _Disposed,
}
for _form in FORMS.values():
    learned(_form)
learned(_Person)
learned(_System)
