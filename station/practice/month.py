"""What happens in the month: who docks when, with which clips, what is tagged, dispatched, held. Made-up numbers, and nobody's name.

One seed makes one month, whatever the language. It has what supervision is for: somebody docks late, a number is missing, a clock is wrong, a
device is not returned, dispatches have no footage, clips are tagged by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

OFFICERS = tuple(f"{4200 + number:06}" for number in range(1, 13))
"""Badge numbers; the first two have pooled devices, the others one of their own."""
POOLED = 2
CLERK, SUPERVISOR = "200101", "100101"
CATEGORIES = ("dispute", "theft", "traffic-stop", "identity-check", "help", "drink-driving")
NOTES: dict[str, tuple[str, ...]] = {
    "en": (
        "both parties heard",
        "scene recorded from the door on",
        "handed over to the next shift",
        "breath test shown to the camera",
    ),
    "zh": ("已听取双方陈述", "自进门起全程记录", "已移交下一班组", "呼气测试结果已向镜头展示"),
}
PLACES: dict[str, tuple[str, ...]] = {
    "en": ("market, north gate", "station square", "ring road, exit 4", "block 7, ground floor"),
    "zh": ("市场北门", "站前广场", "环路四号出口", "七号楼一层"),
}


@dataclass(frozen=True, slots=True)
class Shot:
    """A clip on a card: when it begins by the camera's clock (with the station's zone), and its number."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Dock:
    """A camera comes in."""

    at: datetime
    officer: str
    device: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A dispatch. ``footage``: the clip that belongs to it, by device and number; None: nobody recorded, or says so."""

    number: str
    at: datetime
    officer: str
    device: str
    category: str
    footage: int | None


@dataclass(slots=True)
class Month:
    """Everything that happens, in order of time."""

    docks: list[Dock] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


def device_of(officer: str) -> str:
    """The serial number of the device that an officer has."""
    return f"PRA{OFFICERS.index(officer) + 1:04}"


def made(last: datetime, days: int, zone: ZoneInfo, seed: int = 947) -> Month:
    """The month that ends with a moment: about a quarter of the officers are on duty each day."""
    random, month = Random(seed), Month()  # noqa: S311  # a made-up month, and the same one each time
    numbers = dict.fromkeys(OFFICERS, 0)
    carried: dict[str, list[Shot]] = {officer: [] for officer in OFFICERS}
    first = (last - timedelta(days=days)).astimezone(zone).date()
    for day in range(days):
        date = first + timedelta(days=day)
        for officer in random.sample(OFFICERS, 3):
            begins = datetime.combine(date, time(8, random.randrange(60)), zone)
            for hour in sorted(random.sample(range(9), random.randint(1, 3))):
                numbers[officer] += 2 if random.random() < 0.02 else 1
                shot = Shot(begins + timedelta(hours=hour, minutes=random.randrange(50)), numbers[officer])
                carried[officer].append(shot)
                called = random.random()
                if called < 0.5:
                    number = f"{date:%Y%m%d}-{len(month.calls) + 1:04}"
                    at = shot.at - timedelta(minutes=random.randint(2, 9))
                    category = random.choice(CATEGORIES)
                    footage = shot.number if called < 0.4 else None
                    month.calls.append(Call(number, at, officer, device_of(officer), category, footage))
            late = random.random() < 0.08
            at = begins + (timedelta(hours=40, minutes=5) if late else timedelta(hours=10, minutes=random.randrange(40)))
            if at < last:
                month.docks.append(Dock(at, officer, device_of(officer), tuple(carried[officer])))
                carried[officer] = []
    month.docks.sort(key=lambda one: one.at)
    month.calls = [one for one in month.calls if one.at < last]
    return month


@dataclass(frozen=True, slots=True)
class Planted:
    """Something that is wrong on purpose: what, of what, and the command that shows it to who looks."""

    kind: str
    what: str
    shown_by: str


def planted_in(month: Month) -> list[Planted]:
    """What is wrong in the month, for whoever teaches: late cards, numbers that are missing, dispatches that nobody filmed."""
    found: list[Planted] = []
    last: dict[str, int] = {}
    for dock in month.docks:
        if any(dock.at - shot.at > timedelta(hours=24) for shot in dock.shots):
            found.append(Planted("docked-late", f"{dock.device} {dock.at:%Y-%m-%d}", "figures show late-docking"))
        for shot in dock.shots:
            if shot.number - last.get(dock.device, 0) > 1:
                found.append(Planted("number-missing", f"{dock.device} {shot.number - 1:04}", "alarms list"))
            last[dock.device] = shot.number
    calls = (one for one in month.calls if one.footage is None)
    return [*found, *(Planted("no-footage", one.number, "figures show dispatch-without-footage") for one in calls)]
