"""When the station could not take footage in, as its log shows it. Pure.

Each outage is the longest that the log allows, because it is there to excuse people:

* the machine was off: from the last entry before it was started to its coming up, by the boot that every entry names;
* the disk was full: from a refusal for want of space to the next docking that was opened;
* a slot was in error: from the note that says so to the note that it works again, or to the next docking that was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evidence.canonical import JsonObject
from evidence.catalogue.supervision import Boot, Marked
from station.figures.facts import Reason

SLOT_FAILED = "slot-failed"
"""What a note about a slot says was done; ``slot-recovered`` is its end."""
SLOT_RECOVERED = "slot-recovered"


@dataclass(frozen=True, slots=True)
class Outage:
    """The station took nothing in, or one slot of it did not, between two moments."""

    kind: Reason
    begun: datetime
    ended: datetime

    def document(self) -> JsonObject:
        """As answers show it."""
        return {"kind": self.kind.value, "from": self.begun.isoformat(), "until": self.ended.isoformat()}


def outages(boots: Iterable[Boot], station: Iterable[Marked], dockings: Sequence[datetime], now: datetime) -> list[Outage]:
    """Every outage, in order. ``station``: what was refused, and noted, of the station itself; ``dockings``: when each was opened, ascending."""
    found = [
        Outage(Reason.STATION_OFF, _moment(one.last_before), _moment(one.up_at)) for one in boots if one.up_at > one.last_before
    ]
    failed: dict[int, datetime] = {}
    for one in station:
        at = _moment(one.at)
        if one.what.get("reason") == "space":
            found.append(Outage(Reason.DISK_FULL, at, _next(dockings, at) or now))
        slot = one.what.get("slot")
        if one.what.get("did") == SLOT_FAILED and isinstance(slot, int):
            failed.setdefault(slot, at)
        elif one.what.get("did") == SLOT_RECOVERED and isinstance(slot, int) and slot in failed:
            found.append(Outage(Reason.SLOT_ERROR, failed.pop(slot), at))
    found += [Outage(Reason.SLOT_ERROR, at, _next(dockings, at) or now) for at in failed.values()]
    return sorted((one for one in found if one.ended > one.begun), key=lambda one: (one.begun, one.ended))


def within(found: Iterable[Outage], begun: datetime, ended: datetime) -> tuple[timedelta, Reason | None]:
    """How long the station was out between two moments, each moment counted once, and what most of it was."""
    lengths: dict[Reason, timedelta] = {}
    total, reached = timedelta(), begun
    for one in found:
        first, last = max(one.begun, begun), min(one.ended, ended)
        if last <= first:
            continue
        lengths[one.kind] = lengths.get(one.kind, timedelta()) + (last - first)
        if last > reached:
            total += last - max(first, reached)
            reached = last
    return total, max(lengths, key=lambda kind: (lengths[kind], kind), default=None)


def _next(dockings: Sequence[datetime], after: datetime) -> datetime | None:
    return next((one for one in dockings if one > after), None)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
