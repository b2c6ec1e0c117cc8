"""Acts on the registry of devices: registered, changed, issued, returned, clock measured.

Rules kept here: a key is registered once; only a device in service is issued, and only one that nobody has; every change names what
it found, so that one which was left out shows. Names of officers and notes are personal: the log only commits to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import insert, select, update

from evidence.canonical import Json, JsonObject
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.commitments import Personal
from evidence.custody.entry import STATION, SUBJECT_STATION, Act, Actor, Draft, subject_device
from evidence.devices import DeviceState
from evidence.errors import EvidenceError, Exit
from evidence.facts import SourceKind, check_text
from evidence.ids import UNIDENTIFIED, DeviceId, DeviceKey, EntryId

Field = Literal["make", "model", "serial", "kind", "state", "assigned_to", "note"]
PERSONAL: Final = frozenset({"assigned_to", "note"})
TEXT_CHARACTERS: Final = 256


class NoSuchDevice(EvidenceError):
    """The registry has no device of that key. Fields: ``device``."""

    code = "no-such-device"
    status = Exit.USAGE


class DeviceKnown(EvidenceError):
    """The key is registered already, or is none. Fields: ``device``."""

    code = "device-known"
    status = Exit.USAGE


class DeviceNotInService(EvidenceError):
    """A device that is quarantined or retired is not issued. Fields: ``device``, ``state``."""

    code = "device-not-in-service"
    status = Exit.REFUSED


class DeviceIssued(EvidenceError):
    """Somebody has the device. Fields: ``device``, ``at``."""

    code = "device-issued"
    status = Exit.REFUSED


class DeviceNotIssued(EvidenceError):
    """Nobody has the device. Fields: ``device``."""

    code = "device-not-issued"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class About:
    """What is entered of a device when it is registered."""

    kind: SourceKind
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    assigned_to: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """One member of a device before and after."""

    field: Field
    old: str | None
    new: str | None


def registered(commit: Commit, key: DeviceKey, state: DeviceState, about: About, actor: Actor = STATION) -> DeviceId:
    """A device joins the registry. Raises :class:`DeviceKnown`, :class:`~evidence.facts.TextUnfit`."""
    check_text("device", key, schema.DEVICE_CHARACTERS)
    table = schema.device
    if key == UNIDENTIFIED or not key.strip() or _find(commit, key) is not None:
        raise DeviceKnown(device=key)
    plain = {"make": about.make, "model": about.model, "serial": about.serial}
    for name, text in plain.items():
        check_text(name, text or "", TEXT_CHARACTERS)
    personal = {
        name: commit.personal(name, text) for name, text in (("assigned_to", about.assigned_to), ("note", about.note)) if text
    }
    what: dict[str, Json] = {
        "device": key,
        "kind": about.kind.value,
        "state": state.value,
        **plain,
        **{name: personal[name].committed() if name in personal else None for name in sorted(PERSONAL)},
    }
    device = DeviceId(commit.new_id())
    commit.append(Draft(Act.DEVICE_REGISTERED, subject_device(device), what, actor, tuple(personal.values()), fresh=True))
    commit.connection.execute(
        insert(table).values(
            station=commit.station,
            id=device,
            key=key,
            kind=about.kind.value,
            state=state.value,
            registered_at=commit.utc,
            **plain,
            **{name: one.value for name, one in personal.items()},
        )
    )
    return device


def changed(commit: Commit, key: DeviceKey, wanted: Mapping[Field, str | None], actor: Actor) -> list[Amendment]:
    """Members of a device change; one that has the value already is left out.

    Raises :class:`NoSuchDevice`, :class:`~evidence.facts.TextUnfit`.
    """
    row = _known(commit, key)
    amendments = [Amendment(field, row[field], new) for field, new in wanted.items() if row[field] != new]
    if not amendments:
        return []
    personal: list[Personal] = []
    changes: list[Json] = []
    for one in amendments:
        check_text(one.field, one.new or "", None if one.field in PERSONAL else TEXT_CHARACTERS)
        sides: dict[str, Json] = {side: _told(commit, one, side, personal) for side in ("old", "new")}
        changes.append({"field": one.field, **sides})
    _append(commit, row["id"], Act.DEVICE_CHANGED, {"changes": changes}, actor, *personal)
    _set(commit, row["id"], {one.field: one.new for one in amendments})
    return amendments


def issued(commit: Commit, key: DeviceKey, officer: str, clock: JsonObject | None, actor: Actor) -> None:
    """An officer takes a pooled device (领用). ``clock``: what was measured of its clock at that moment.

    Raises :class:`NoSuchDevice`, :class:`DeviceNotInService`, :class:`DeviceIssued`, :class:`~evidence.facts.TextUnfit`.
    """
    row = _known(commit, key)
    if row["state"] != DeviceState.IN_SERVICE:
        raise DeviceNotInService(device=key, state=row["state"])
    if row["issued_at"] is not None:
        raise DeviceIssued(device=key, at=row["issued_at"])
    person = commit.personal("officer", officer)
    _append(commit, row["id"], Act.DEVICE_ISSUED, {"officer": person.committed(), "clock": clock}, actor, person)
    _set(commit, row["id"], {"issued_to": officer, "issued_at": commit.utc})


def returned(commit: Commit, key: DeviceKey, clock: JsonObject | None, actor: Actor) -> None:
    """A pooled device comes back (归还). Raises :class:`NoSuchDevice`, :class:`DeviceNotIssued`."""
    row = _known(commit, key)
    if row["issued_at"] is None:
        raise DeviceNotIssued(device=key)
    _append(commit, row["id"], Act.DEVICE_RETURNED, {"clock": clock}, actor)
    _set(commit, row["id"], {"issued_to": None, "issued_at": None})


def clock_measured(commit: Commit, key: DeviceKey, clock: JsonObject, actor: Actor = STATION) -> EntryId:
    """What a recorder's clock said, before anybody corrects it. A device that nobody registered is named in the entry.

    Returns the entry's id: once it is committed, that clock may be set.
    """
    row = _find(commit, key)
    subject = SUBJECT_STATION if row is None else subject_device(DeviceId(row["id"]))
    return commit.append(Draft(Act.CLOCK_MEASURED, subject, {"device": key, "clock": clock}, actor))


def _append(commit: Commit, device: str, act: Act, what: JsonObject, actor: Actor, *personal: Personal) -> None:
    commit.append(Draft(act, subject_device(DeviceId(device)), what, actor, personal))


def _told(commit: Commit, amendment: Amendment, side: str, personal: list[Personal]) -> Json:
    value = amendment.old if side == "old" else amendment.new
    if value is None or amendment.field not in PERSONAL:
        return value
    made = commit.personal(f"{amendment.field}.{side}", value)
    personal.append(made)
    return made.committed()


def _set(commit: Commit, device: str, values: Mapping[str, str | None]) -> None:
    table = schema.device
    mine = (table.c.station == commit.station) & (table.c.id == device)
    commit.connection.execute(update(table).where(mine).values(**values))


def _known(commit: Commit, key: DeviceKey) -> Mapping[str, Any]:
    row = _find(commit, key)
    if row is None:
        raise NoSuchDevice(device=key)
    return row


def _find(commit: Commit, key: DeviceKey) -> Mapping[str, Any] | None:
    table = schema.device
    found = commit.connection.execute(select(table).where(table.c.station == commit.station, table.c.key == key)).mappings()
    return dict(row) if (row := found.first()) is not None else None
