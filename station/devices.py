"""A device at the door: whether it is known and may be taken, who recorded, and what is odd about it.

Rules kept here:

* to judge a device nothing is read of it but its listing and the small files that say what it is; what it is refused for is an entry;
* who recorded is whom the person at the dock names, else whom the card names, else who had the device when it recorded, else whose
  it is; the entry says which. Where they contradict each other it is an alarm, and the evidence is taken all the same;
* a recorder's clock is measured as far as it can be without touching it, and the measurement stands in the log before anything
  could set that clock;
* what was odd at an earlier visit, and is as it was then, raises no alarm again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from evidence.canonical import Json
from evidence.catalogue import upkeep
from evidence.catalogue.acts import alarms
from evidence.catalogue.acts import devices as acts
from evidence.catalogue.acts import docking as dockings
from evidence.catalogue.registry import DeviceRow, Held
from evidence.custody.entry import Actor
from evidence.devices import AlarmKind, Concern, DeviceState, alarm_of_device
from evidence.errors import Exit
from evidence.ids import UNIDENTIFIED, DeviceKey, EntryId
from evidence.numbering import BreakKind
from ingest import clocks
from ingest.clocks import ClockBounds
from ingest.docks.facts import Plugged
from ingest.docks.hints import hint_of
from ingest.identity import Candidate, usb_document
from ingest.profiles.names import read_name
from ingest.times import TimeReading, station_zone
from ingest.visit import Opening
from station.board import Board, Flag, SlotState
from station.home import StationError
from station.rooms import Rooms


class DeviceUnknown(StationError):
    """Nobody registered the device, and the settings refuse such ones. Fields: ``device``, ``strength``."""

    code = "device-unknown"
    status = Exit.REFUSED


class DeviceUnrecognised(DeviceUnknown):
    """Nothing tells the device from others, so nobody can register it. Fields: ``device``, ``strength``."""

    code = "device-unrecognised"


class DeviceQuarantined(DeviceUnknown):
    """The device waits for somebody to admit it. Fields: ``device``, ``strength``."""

    code = "device-quarantined"


class DeviceRetired(DeviceUnknown):
    """The device is out of service. Fields: ``device``, ``strength``."""

    code = "device-retired"


@dataclass(frozen=True, slots=True)
class Visit:
    """What the log remembers of a device's visit before this one. Moments RFC 3339 in UTC."""

    at: str
    acquisition: Mapping[str, Any]
    breaks: tuple[Mapping[str, Any], ...]


def judge(
    rooms: Rooms,
    actor: Actor,
    opening: Opening,
    plugged: Plugged | None = None,
    slot: int | None = None,
    *,
    present: Mapping[int, str] | None = None,
    clock: ClockBounds | None = None,
) -> Opening:
    """The opening as it shall be. ``present``: device by slot, as the board shows them; ``clock``: what its driver measured.

    A source that a person named (``plugged`` is None) is taken although it waits in quarantine, and refused where the settings
    refuse what is unknown. Raises :class:`DeviceUnknown`.
    """
    found = opening.found
    with rooms.registry() as registry:
        row = registry.device(found.key)
        last = registry.last_visit(found.key)
        held = [] if row is None else registry.held(row)
    before = None if last is None else Visit(last[0], last[1], tuple(last[2]))
    _admit(rooms, actor, opening, row, dock=plugged is not None, slot=slot)
    zone = station_zone(rooms.settings.time_zone)
    tolerance_ms = rooms.settings.clock_tolerance_seconds * 1000
    measured = [one for one in (clock, _content_clock(rooms, opening, zone)) if one is not None]
    now = datetime.fromisoformat(rooms.clock().utc)
    officer = recorded_by(opening, row, held, None if before is None else datetime.fromisoformat(before.at), zone, now)
    concerns = (
        *officer.concerns(found.key),
        *_same_identity(found, before, slot, present or {}),
        *clock_concerns(found.key, measured, tolerance_ms),
        *_gaps(opening, before),
    )
    facts: dict[str, Json] = {**opening.acquisition, "officer_from": officer.basis}
    if slot is not None:
        facts["slot"] = slot
    if plugged is not None:
        facts["usb"] = usb_document(plugged.usb)
        facts["port"] = plugged.port
    if measured:
        facts["clock"] = [one.document(tolerance_ms) for one in measured]
    if row is not None:
        upkeep.device_seen(rooms.catalogue, rooms.station, found.key, rooms.clock().utc, slot)
    return replace(opening, officer=officer.officer, acquisition=facts, concerns=concerns)


def clock_wrong(opening: Opening) -> bool:
    """Whether the recorder's clock is certainly off by more than the settings allow."""
    measured = opening.acquisition.get("clock", ())
    return isinstance(measured, list) and any(isinstance(one, Mapping) and one["wrong"] is True for one in measured)


def flags_of(opening: Opening) -> frozenset[Flag]:
    """What the board shows beside the state of a judged opening."""
    flags = {Flag.CLOCK_WRONG} if clock_wrong(opening) else set()
    return frozenset(flags | {Flag.IMPORTANT} if marked_important(opening) else flags)


def marked_important(opening: Opening) -> bool:
    """Whether who recorded marked a file of the card as important, as its name says by the profile's grammar."""
    readings = (next(iter(read_name(opening.profile, item.path)), None) for item in opening.inventory.wanted)
    return any("important" in reading.marks for reading in readings if reading is not None)


def present_on(board: Board) -> dict[int, str]:
    """Device by slot of what is plugged in. A device that was pulled early is on the board, and not there."""
    views = [view for view in board.views() if view.state is not SlotState.EMPTY and view.reason != "pulled-early"]
    return {view.slot: view.device for view in views if view.device is not None}


def record_clock(rooms: Rooms, actor: Actor, device: DeviceKey, measured: ClockBounds) -> EntryId:
    """Log what a recorder's clock said; the id of the entry, which is durable. Whoever means to set that clock calls this before."""
    tolerance_ms = rooms.settings.clock_tolerance_seconds * 1000
    with rooms.ledger.commit() as commit:
        entry = acts.clock_measured(commit, device, measured.document(tolerance_ms), actor)
        for concern in clock_concerns(device, [measured], tolerance_ms):
            alarms.raised(commit, concern, alarm_of_device(device))
    return entry


# -- may it be taken --


def _admit(rooms: Rooms, actor: Actor, opening: Opening, row: DeviceRow | None, *, dock: bool, slot: int | None) -> None:
    """Raise :class:`DeviceUnknown`, its entry written, where the registry and the settings do not let a device in."""
    policy, found = rooms.settings.unknown_devices, opening.found
    refusal: type[DeviceUnknown] | None = None
    if row is not None and row.state is DeviceState.RETIRED:
        refusal = DeviceRetired
    elif row is not None and row.state is DeviceState.IN_SERVICE:
        refusal = None
    elif row is not None:
        refusal = DeviceQuarantined if dock or policy == "refuse" else None
    elif policy == "refuse" or (dock and policy == "quarantine"):
        refusal = DeviceUnrecognised if found.key == UNIDENTIFIED else DeviceUnknown
        if policy == "quarantine" and refusal is DeviceUnknown:
            refusal = DeviceQuarantined
    if refusal is None:
        return
    listed = opening.inventory
    facts: dict[str, Json] = {**found.document(), "slot": slot, "read": "listing-and-signatures", "listed": len(listed.items)}
    with rooms.ledger.commit() as commit:
        if refusal is DeviceQuarantined and row is None:
            about = acts.About(opening.source, found.make, found.model, found.serial)
            with suppress(acts.DeviceKnown):  # its twin in another slot was quicker
                acts.registered(commit, found.key, DeviceState.QUARANTINED, about)
        dockings.refused(commit, None, refusal.code, facts, actor)
        if refusal is DeviceRetired:
            concern = Concern(AlarmKind.DEVICE_RETIRED_DOCKED, found.key, {"slot": slot})
            alarms.raised(commit, concern, alarm_of_device(found.key))
    if row is not None or refusal is DeviceQuarantined:
        upkeep.device_seen(rooms.catalogue, rooms.station, found.key, rooms.clock().utc, slot)
    raise refusal(device=found.key, strength=found.strength.value)


# -- who recorded --


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who recorded, and what everybody says: ``holders`` had the device while it recorded what is new on it."""

    officer: str | None
    basis: str | None
    named: str | None
    card: str | None
    holders: tuple[str, ...]

    def concerns(self, device: DeviceKey) -> list[Concern]:
        """An alarm where they do not say the same."""
        people = {"named": self.named, "card": self.card}
        people |= {f"registry_{number}": one for number, one in enumerate(self.holders, 1)}
        said = {name: one for name, one in people.items() if one is not None}
        if len(set(said.values())) < 2:
            return []
        subject = None if device == UNIDENTIFIED else alarm_of_device(device)
        return [Concern(AlarmKind.OFFICER_DISAGREES, device, {"taken": self.basis}, said, subject)]


def recorded_by(
    opening: Opening, row: DeviceRow | None, held: list[Held], since: datetime | None, zone: ZoneInfo, now: datetime
) -> Recorder:
    """Who recorded what is new on a source. ``since``: when it was docked before; what lay there then was another visit's.

    Where several had the device meanwhile, the registry names none of them: nobody's footage is put to another's name.
    """
    holders: dict[str, str] = {}
    if row is not None:
        moments = _moments(opening, zone, now)
        fresh = [one for one in moments if since is None or one > since] or moments[-1:]
        for moment in fresh or [now]:
            had = _holder(held, moment)
            if had is not None:
                holders.setdefault(had, "issued")
            elif row.assigned_to is not None:
                holders.setdefault(row.assigned_to, "assigned")
    officer: str | None = None
    basis: str | None = None
    if opening.named is not None:
        officer, basis = opening.named, "named"
    elif opening.card_officer is not None:
        officer, basis = opening.card_officer, "card"
    elif len(holders) == 1:
        ((officer, basis),) = holders.items()
    return Recorder(officer, basis, opening.named, opening.card_officer, tuple(holders))


def _holder(held: Iterable[Held], moment: datetime) -> str | None:
    for one in held:
        begun = datetime.fromisoformat(one.since)
        if begun <= moment and (one.until is None or moment <= datetime.fromisoformat(one.until)):
            return one.officer
    return None


def _moments(opening: Opening, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """When the files of a source were recorded by its own clock, ascending: by their names, else by their times.

    Of the moments that a time on FAT can mean, the latest that is not to come.
    """
    found = []
    for mtime_ns, name in opening.written:
        moment = None if name is None else _by_name(name, zone)
        if moment is None:
            fs_type, options = _mounted(opening)
            meant = clocks.written_at(mtime_ns, fs_type, options, zone)
            moment = max((one for one in meant if one <= now), default=min(meant, default=None))
        if moment is not None:
            found.append(moment)
    return sorted(found)


def _by_name(reading: TimeReading, zone: ZoneInfo) -> datetime | None:
    try:
        value = datetime.fromisoformat(reading.value)
        return (value if value.tzinfo is not None else value.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# -- what is odd about it --


def _same_identity(found: Candidate, before: Visit | None, slot: int | None, present: Mapping[int, str]) -> list[Concern]:
    """Two devices under one key: both here at once, or another one over USB than at the visit before."""
    if found.key == UNIDENTIFIED:
        return []
    others = sorted(one for one, device in present.items() if device == found.key and one != slot)
    subject = alarm_of_device(found.key)
    if others:
        return [Concern(AlarmKind.TWO_DEVICES_ONE_IDENTITY, found.key, {"slot": slot, "other_slot": others[0]}, {}, subject)]
    earlier = None if before is None else before.acquisition.get("usb")
    if found.usb is None or not isinstance(earlier, Mapping):
        return []
    hint = hint_of(found.usb)
    if hint is not None and hint.kind == "reader":
        return []  # a reader's serial number is the reader's, whichever camera's card is in it
    now = usb_document(found.usb)
    known = all(said["serial"] is not None for said in (now, earlier))
    other = now["serial"] != earlier["serial"] if known else now["vendor_id"] != earlier["vendor_id"]
    if not other:
        return []
    fields: dict[str, Json] = {"serial": now["serial"], "serial_before": earlier["serial"]}
    return [Concern(AlarmKind.TWO_DEVICES_ONE_IDENTITY, found.key, fields, {}, subject)]


def clock_concerns(device: DeviceKey, measured: Iterable[ClockBounds], tolerance_ms: int) -> list[Concern]:
    """An alarm where a clock is certainly off by more than is tolerated."""
    wrong = next((one for one in measured if one.excludes(tolerance_ms)), None)
    if wrong is None:
        return []
    document = wrong.document(tolerance_ms)
    fields = {name: document[name] for name in ("basis", "at_least_ms", "at_most_ms", "tolerance_ms")}
    subject = None if device == UNIDENTIFIED else alarm_of_device(device)
    return [Concern(AlarmKind.CLOCK_WRONG, device, fields, {}, subject)]


def _gaps(opening: Opening, before: Visit | None) -> list[Concern]:
    """Numbers that are missing on the card now and were not at the visit before."""

    def which(one: Mapping[str, Any]) -> tuple[object, ...]:
        return tuple(one[name] for name in ("kind", "series", "after", "before"))

    seen = set() if before is None else {which(one) for one in before.breaks}
    gaps: list[Mapping[str, Any]] = [one for one in opening.breaks if one["kind"] == BreakKind.GAP and which(one) not in seen]
    if not gaps:
        return []
    first = {name: gaps[0][name] for name in ("series", "after", "before")}
    missing = sum(int(one["missing"]) for one in gaps)
    return [Concern(AlarmKind.NUMBERING_GAP, opening.found.key, {"gaps": len(gaps), "missing": missing, **first})]


def _content_clock(rooms: Rooms, opening: Opening, zone: ZoneInfo) -> ClockBounds | None:
    """What the newest file proves; None for a folder of a disk, whose files anybody may have dated."""
    if opening.mount is None or not opening.written:
        return None
    fs_type, options = _mounted(opening)
    return clocks.by_content((mtime_ns for mtime_ns, _ in opening.written), fs_type, options, zone, rooms.clock())


def _mounted(opening: Opening) -> tuple[str | None, tuple[str, ...]]:
    return (None, ()) if opening.mount is None else (opening.mount.fs_type, opening.mount.options)
