"""Each figure from what the catalogue says: one function a figure. What decides is in ``delays`` and ``outages``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from evidence.canonical import Json
from evidence.catalogue.registry import Registry
from evidence.catalogue.sheets import Sheets
from evidence.catalogue.supervision import Recorded, Supervision, Visit
from evidence.custody.entry import Act, ClockState, subject_device
from evidence.devices import DeviceState
from evidence.facts import UNCLASSIFIED, DockingState, SourceKind
from evidence.numbering import BreakKind
from evidence.reach import Reach
from station.figures.delays import MINUTE, Delay, bounds_of, gravest, judged
from station.figures.facts import Figure, Finding, Reason, Tally, Verdict
from station.figures.outages import Outage, outages, within
from station.figures.who import Units

LOOK_BACK = timedelta(days=62)
"""How long before a time outages are looked for: what was recorded earlier and comes in then is late whatever the station did."""
CARRIED = frozenset({SourceKind.BODY_CAMERA.value, SourceKind.DV.value, SourceKind.AUDIO_RECORDER.value})
"""Equipment that somebody has to bring."""
BROUGHT_ALONG = "brought_along"
"""Member of an acquisition of what came from an older system: its lateness is not this station's to count."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """By which rule things are flagged."""

    late: timedelta
    untagged: timedelta
    overdue: timedelta
    clock: timedelta

    def document(self) -> dict[str, Json]:
        """As a figure names them."""
        return {
            "late_docking_hours": self.late // timedelta(hours=1),
            "untagged_hours": self.untagged // timedelta(hours=1),
            "overdue_days": self.overdue // timedelta(days=1),
            "clock_tolerance_seconds": self.clock // timedelta(seconds=1),
        }


@dataclass
class Ground:
    """What figures are counted from: one snapshot, one time, one set of rules. ``since`` and ``until`` RFC 3339 in UTC."""

    seen: Supervision
    registry: Registry
    sheets: Sheets
    units: Units
    since: str
    until: str
    now: datetime
    rules: Thresholds
    reach: Reach | None
    """Of what whoever asks may know; the figures count nothing else."""
    duty_ended: Callable[[str | None, datetime], datetime | None]
    """When the duty ended in which an officer recorded at a moment; None where no roster says it."""

    @cached_property
    def visits(self) -> dict[str, Visit]:
        """Dockings of the time, by id."""
        return {one.docking: one for one in self.seen.visits(self.since, self.until)}

    @cached_property
    def outages(self) -> list[Outage]:
        """When the station was out, from some time before."""
        since = _utc(datetime.fromisoformat(self.since) - LOOK_BACK)
        until = _utc(self.now + timedelta(days=1))
        opened = [_moment(one) for one in self.seen.opened(since, until)]
        told = [one for act in (Act.REFUSED, Act.NOTED) for one in self.seen.told_of_station(act, since, until)]
        return outages(self.seen.boots(since, until), sorted(told, key=lambda one: one.at), opened, self.now)

    @cached_property
    def refused(self) -> dict[str, list[datetime]]:
        """When each device was kept out by the station's policy."""
        found: dict[str, list[datetime]] = {}
        since = _utc(datetime.fromisoformat(self.since) - LOOK_BACK)
        for one in self.seen.told_of_station(Act.REFUSED, since, _utc(self.now + timedelta(days=1))):
            if isinstance(one.what.get("device"), str) and one.what.get("reason") != "device-retired":
                found.setdefault(one.what["device"], []).append(_moment(one.at))
        return found


def late_docking(ground: Ground, tally: Tally) -> None:
    """Each docking of equipment that is carried, by the gravest of the clips that it brought."""
    delays: dict[str, Delay] = {}
    for clip in ground.seen.clips(ground.since, ground.until):
        visit = ground.visits.get(clip.docking)
        if visit is None or visit.source not in CARRIED or BROUGHT_ALONG in visit.acquisition:
            continue
        found = _delay(ground, clip, visit)
        before = delays.get(clip.docking)
        delays[clip.docking] = found if before is None else gravest((before, found)) or found
    for docking, delay in delays.items():
        visit = ground.visits[docking]
        tally.add(
            Finding(
                f"docking:{docking}",
                ground.units.of(visit.officer),
                visit.officer,
                delay.verdict,
                delay.minutes,
                delay.reason,
                visit.device,
                visit.opened_at,
            )
        )


def _delay(ground: Ground, clip: Recorded, visit: Visit) -> Delay:
    ended = _ended(clip)
    duty = None if ended is None else ground.duty_ended(clip.officer, ended)
    rules = ground.rules
    docked = _moment(visit.opened_at)
    delay = judged(ended, duty, docked, bounds_of(visit.acquisition), rules.late, ground.outages, rules.clock)
    if delay.verdict is Verdict.FLAGGED and delay.minutes is not None:
        begun = docked - delay.minutes * MINUTE
        if any(begun <= at <= begun + rules.late for at in ground.refused.get(visit.device, ())):
            return Delay(Verdict.EXCLUDED, delay.minutes, Reason.REFUSED_AT_DOOR)
    return delay


def untagged(ground: Ground, tally: Tally) -> None:
    """Each clip of the time: nobody said what it shows, and it has been here for longer than the rule allows."""
    for clip in ground.seen.clips(ground.since, ground.until):
        unit = ground.units.of(clip.officer)
        subject = f"clip:{clip.clip}"
        if clip.category != UNCLASSIFIED or clip.case_number is not None or clip.incident is not None:
            tally.add(Finding(subject, unit, clip.officer, Verdict.FINE))
            continue
        taken = _moment(clip.taken_at)
        age = ground.now - taken
        verdict, reason = (Verdict.FINE, None) if age <= ground.rules.untagged else (Verdict.FLAGGED, None)
        if verdict is Verdict.FLAGGED:
            out, cause = within(ground.outages, taken, ground.now)
            if cause is not None and age - out <= ground.rules.untagged:
                verdict, reason = Verdict.EXCLUDED, cause
        tally.add(Finding(subject, unit, clip.officer, verdict, age // MINUTE, reason, clip.device, clip.taken_at))


def clock_drift(ground: Ground, tally: Tally) -> None:
    """Each device that was docked in the time, by the newest measurement of its clock in it."""
    newest: dict[str, Mapping[str, Any]] = {}
    officers: dict[str, str | None] = {}
    for visit in ground.visits.values():
        if visit.source not in CARRIED or BROUGHT_ALONG in visit.acquisition:
            continue
        officers[visit.device] = visit.officer
        newest.setdefault(visit.device, {})
        for clock in visit.acquisition.get("clock", ()):
            _newer(newest, visit.device, clock)
    keys = {subject_device(one.id): one for one in ground.registry.devices()}
    for entry in ground.seen.told_of_devices({Act.DEVICE_ISSUED, Act.DEVICE_RETURNED, Act.CLOCK_MEASURED}):
        if ground.since <= entry.at < ground.until and entry.what.get("clock") is not None and entry.subject in keys:
            device = keys[entry.subject]
            officers.setdefault(device.key, device.issued_to or device.assigned_to)
            _newer(newest, device.key, entry.what["clock"])
    for device_key, clock in sorted(newest.items()):
        officer = officers.get(device_key)
        verdict, value, reason = _drift(clock)
        at = clock.get("station_at")
        tally.add(Finding(f"device:{device_key}", ground.units.of(officer), officer, verdict, value, reason, device_key, at))


def _newer(newest: dict[str, Mapping[str, Any]], device: str, clock: Mapping[str, Any]) -> None:
    before = newest.get(device) or {}
    # One that bounds a clock both ways says more than the newest file of the card, taken at the same docking.
    rank = (clock.get("basis") != "content" or clock["wrong"], clock["station_at"])
    if not before or rank >= (before.get("basis") != "content" or before["wrong"], before["station_at"]):
        newest[device] = clock


def _drift(clock: Mapping[str, Any]) -> tuple[Verdict, int | None, Reason | None]:
    if not clock:
        return Verdict.UNSURE, None, Reason.CLOCK_UNKNOWN
    least, most = clock["at_least_ms"], clock["at_most_ms"]
    if clock["wrong"]:
        value = least if least is not None and least > 0 else most
        if clock["station_clock"] != ClockState.SYNCHRONISED.value:
            return Verdict.EXCLUDED, value, Reason.STATION_CLOCK
        return Verdict.FLAGGED, value, None
    if least is None or most is None:
        return Verdict.UNSURE, None, Reason.CLOCK_UNKNOWN
    return Verdict.FINE, (least + most) // 2, None


def numbering_gaps(ground: Ground, tally: Tally) -> None:
    """Each docking of the time: numbers that are missing on its card and were not missing on an earlier one of the time."""
    seen: set[tuple[object, ...]] = set()
    found: list[tuple[Visit, int]] = []
    for entry in ground.seen.told_of_dockings(Act.INVENTORY, ground.since, ground.until):
        visit = ground.visits.get(entry.subject.removeprefix("docking:"))
        if visit is None or BROUGHT_ALONG in visit.acquisition:
            continue
        missing = 0
        for one in entry.what["numbering"]:
            which = (visit.device, one.get("kind"), one.get("series"), one.get("after"), one.get("before"))
            if one.get("kind") == BreakKind.GAP.value and which not in seen:
                missing += one["missing"]
            seen.add(which)
        found.append((visit, missing))
    erased = ground.seen.first_erased({visit.device for visit, missing in found if missing})
    for visit, missing in found:
        verdict, reason = (Verdict.FLAGGED, None) if missing else (Verdict.FINE, None)
        if missing and erased.get(visit.device, visit.opened_at) < visit.opened_at:
            verdict, reason = Verdict.EXCLUDED, Reason.ERASED_BY_STATION
        subject, unit = f"docking:{visit.docking}", ground.units.of(visit.officer)
        tally.add(Finding(subject, unit, visit.officer, verdict, missing, reason, visit.device, visit.opened_at))


def devices_overdue(ground: Ground, tally: Tally) -> None:
    """Each device in service that somebody has, as of now: issued and not returned, or one's own and not docked, for longer than the rule."""
    docked = ground.seen.last_docked()
    opened = {one.device for one in ground.visits.values() if one.state == DockingState.OPEN.value}
    for device in ground.registry.devices():
        officer = device.issued_to or device.assigned_to
        if device.state is not DeviceState.IN_SERVICE or (device.issued_at is None and device.assigned_to is None):
            continue
        since = device.issued_at or max(docked.get(device.key, ""), device.registered_at)
        begun = _moment(since)
        out = ground.now - begun
        verdict, reason = (Verdict.FINE, None) if out <= ground.rules.overdue else (Verdict.FLAGGED, None)
        if verdict is Verdict.FLAGGED:
            lost, cause = within(ground.outages, begun, ground.now)
            if any(begun <= at for at in ground.refused.get(device.key, ())):
                verdict, reason = Verdict.EXCLUDED, Reason.REFUSED_AT_DOOR
            elif device.key in opened:
                verdict, reason = Verdict.EXCLUDED, Reason.OPEN_DOCKING
            elif cause is not None and out - lost <= ground.rules.overdue:
                verdict, reason = Verdict.EXCLUDED, cause
        unit = ground.units.of(officer)
        tally.add(Finding(f"device:{device.key}", unit, officer, verdict, out // MINUTE, reason, device.key, since))


def dispatch_without_footage(ground: Ground, tally: Tally) -> None:
    """Each officer who was sent to each dispatch of the time: no clip of any camera belongs to it."""
    footage = ground.seen.incidents_with_footage()
    docked = ground.seen.last_docked()
    devices = ground.registry.devices()
    opened = {one.device for one in ground.visits.values() if one.state == DockingState.OPEN.value}
    for sheet in ground.sheets.between("incident", "begins_at", ground.since, ground.until):
        begun = sheet.said["begins_at"]
        if begun >= ground.until:
            continue
        unit = sheet.said.get("unit") or ground.units.own
        if ground.reach is not None and ground.reach.units is not None and unit not in ground.reach.units:
            continue
        officers = (sheet.kept or {}).get("officers") or [None]
        age = ground.now - _moment(begun)
        for officer in officers:
            unit = sheet.said.get("unit") or ground.units.of(officer)
            verdict: Verdict
            reason: Reason | None
            verdict, reason = Verdict.FLAGGED, None
            sent = {*sheet.said.get("devices", ())} | {
                one.key for one in devices if officer is not None and officer in {one.issued_to, one.assigned_to}
            }
            if footage.get(sheet.id):
                verdict = Verdict.FINE
            elif any(at >= _moment(begun) for key in sent for at in ground.refused.get(key, ())):
                verdict, reason = Verdict.EXCLUDED, Reason.REFUSED_AT_DOOR
            elif sent & opened:
                verdict, reason = Verdict.EXCLUDED, Reason.OPEN_DOCKING
            elif any(docked.get(key, "") < begun for key in sent):
                lost, cause = within(ground.outages, _moment(begun), ground.now)
                if age <= ground.rules.late:
                    verdict, reason = Verdict.UNSURE, Reason.NOT_DOCKED_YET
                elif cause is not None and age - lost <= ground.rules.late:
                    verdict, reason = Verdict.EXCLUDED, cause
            tally.add(Finding(f"sheet:{sheet.id}", unit, officer, verdict, age // MINUTE, reason, None, begun))


COUNTERS: Mapping[Figure, Callable[[Ground, Tally], None]] = {
    Figure.LATE_DOCKING: late_docking,
    Figure.DISPATCH_WITHOUT_FOOTAGE: dispatch_without_footage,
    Figure.UNTAGGED: untagged,
    Figure.CLOCK_DRIFT: clock_drift,
    Figure.NUMBERING_GAPS: numbering_gaps,
    Figure.DEVICES_OVERDUE: devices_overdue,
}


def _ended(clip: Recorded) -> datetime | None:
    if clip.recorded_at is None:
        return None
    return _moment(clip.recorded_at) + timedelta(milliseconds=clip.duration_ms or 0)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
