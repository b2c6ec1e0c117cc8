"""A month of a station of sixty officers, with the truth about every recording.

It shares no line and no number with the matcher (``tests/bench/test_months_quick.py`` holds both to it): it is written from how the work goes, and tells
what goes wrong in it. Times are seconds since the month began; a camera's clock is off by what it is off.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True)
class Chances:
    """How things go at this station. Shares from 0 to 1, times in seconds."""

    officers: int = 60
    teams: int = 4
    days: int = 30
    shift: float = 12 * HOUR
    calls_per_hour: float = 0.52
    backup: float = 0.14
    backup_unlisted: float = 0.06
    camera_on: float = 0.93
    drift_sigma: float = 40.0
    wrong_clock: float = 0.02
    asked_clock: float = 0.3
    swapped: float = 0.02
    unnamed: float = 0.08
    record_missing: float = 0.025
    record_late: float = 0.025
    unit_only: float = 0.03
    mistyped: float = 0.005
    no_end: float = 0.02
    no_arrival: float = 0.10
    forgot_to_stop: float = 0.025
    second_recording: float = 0.13
    own_stops: float = 0.9
    trial: float = 0.3
    docked_late: float = 0.06


@dataclass(frozen=True)
class Call:
    """What happened, and the record of it that the dispatcher's system gives out (None: it never does)."""

    number: str
    units: tuple[str, ...]
    sent: float
    arrived: float
    cleared: float
    backup_from: float | None
    record: Record | None


@dataclass(frozen=True)
class Record:
    """A dispatch record as it comes. ``known``: when it comes."""

    number: str
    officers: tuple[str, ...]
    units: tuple[str, ...]
    sent: float
    arrived: float | None
    cleared: float | None
    known: float


@dataclass(frozen=True)
class Line:
    """A line of the roster."""

    officer: str
    unit: str
    camera: str
    begins: float
    ends: float


@dataclass(frozen=True)
class Made:
    """A recording: by the camera's clock, and which calls it shows (none: it shows something else)."""

    name: str
    by_camera: float
    seconds: float
    shows: frozenset[str]


@dataclass(frozen=True)
class Visit:
    """A camera at the dock. ``named``: whom the dock takes it to be of; ``measured``: how far ahead its clock was found, at least and most."""

    name: str
    camera: str
    carried_by: str
    named: str | None
    docked: float
    off: float
    measured: tuple[float, float] | None
    made: tuple[Made, ...]


@dataclass(frozen=True)
class Month:
    """All of it."""

    seed: int
    calls: tuple[Call, ...]
    roster: tuple[Line, ...]
    visits: tuple[Visit, ...]
    records: tuple[Record, ...] = field(default=())


class _Writer:
    def __init__(self, seed: int, chances: Chances) -> None:
        self.chance = random.Random(seed)
        self.chances = chances
        self.calls: list[Call] = []
        self.roster: list[Line] = []
        self.visits: list[Visit] = []
        self.recordings = 0
        self.clock: dict[tuple[str, int], float] = {}
        people = [f"P{number:05d}" for number in self.chance.sample(range(10_000, 99_999), chances.officers)]
        self.camera = {person: f"cam-{self.chance.randrange(1 << 32):08x}" for person in people}
        size = chances.officers // chances.teams
        self.teams = [people[number * size : (number + 1) * size] for number in range(chances.teams)]

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def off(self, camera: str, day: int) -> float:
        """How far a camera's clock is off on a day; one that is hours wrong stays so until somebody sets it, a week perhaps."""
        week = (camera, day // 7)
        if week not in self.clock:
            wrong = self.happens(self.chances.wrong_clock)
            hours = self.chance.choice((-1, 1)) * self.chance.choice(
                (1, 8, self.chance.uniform(1.2, 14), self.chance.uniform(2, 9))
            )
            self.clock[week] = hours * HOUR if wrong else 0.0
        return self.clock[week] + self.chance.gauss(0.0, self.chances.drift_sigma)

    def month(self) -> None:
        for day in range(self.chances.days):
            for half in (0, 1):
                team = self.teams[(2 * day + half + day // 2) % self.chances.teams]
                self.tour(day, team, day * DAY + 8 * HOUR + half * self.chances.shift)

    def tour(self, day: int, team: list[str], begins: float) -> None:
        people = team[:]
        self.chance.shuffle(people)
        crews = {f"U{100 + number // 2}": people[number : number + 2] for number in range(0, len(people), 2)}
        ends = begins + self.chances.shift
        for unit, crew in crews.items():
            self.roster += [Line(one, unit, self.camera[one], begins, ends) for one in crew]
        attended: dict[str, list[tuple[Call, float]]] = {unit: [] for unit in crews}
        calls = self.helped([call for unit in crews for call in self.unit_calls(day, unit, begins, ends)], crews)
        for call in calls:
            attended[call.units[0]].append((call, call.arrived))
            if call.backup_from is not None:
                attended[call.units[1]].append((call, call.backup_from))
        self.calls += calls
        hands = self.handed_out(people)
        for unit, crew in crews.items():
            for person in crew:
                self.visit(day, person, hands[person], sorted(attended[unit], key=lambda one: one[1]), begins, ends)

    def handed_out(self, people: list[str]) -> dict[str, str]:
        """Whose camera each carries. Two take each other's now and then."""
        hands = {person: person for person in people}
        for person in people:
            if self.happens(self.chances.swapped / 2) and hands[person] == person:
                other = self.chance.choice([one for one in people if one != person and hands[one] == one])
                hands[person], hands[other] = other, person
        return hands

    def unit_calls(self, day: int, unit: str, begins: float, ends: float) -> list[Call]:
        found: list[Call] = []
        free = begins + self.chance.uniform(0, 0.5 * HOUR)
        while True:
            sent = free + self.chance.expovariate(self.chances.calls_per_hour / HOUR)
            if sent > ends - 0.5 * HOUR:
                return found
            arrived = sent + min(1500.0, self.chance.lognormvariate(5.9, 0.55))
            cleared = arrived + min(3 * HOUR, max(90.0, self.chance.lognormvariate(7.2, 0.7)))
            number = f"J{day:02d}{len(self.calls) + len(found):05d}{unit}"
            found.append(Call(number, (unit,), sent, arrived, cleared, None, None))
            free = cleared + self.chance.uniform(20, 240)

    def helped(self, calls: list[Call], crews: dict[str, list[str]]) -> list[Call]:
        """The calls with the second unit that came to help, one that was free, and with their records."""
        busy = {unit: [(one.sent, one.cleared) for one in calls if one.units[0] == unit] for unit in crews}
        found = []
        for call in sorted(calls, key=lambda one: one.sent):
            came = call.arrived + self.chance.uniform(0, 600)
            free = [
                unit for unit in crews if not any(begins < call.cleared + 60 and ends > came - 300 for begins, ends in busy[unit])
            ]
            helped = call
            if free and came < call.cleared - 120 and self.happens(self.chances.backup):
                other = self.chance.choice(free)
                busy[other].append((came - 300, call.cleared))
                helped = replace(call, units=(call.units[0], other), backup_from=came)
            listed = helped.units[:1] if self.happens(self.chances.backup_unlisted) else helped.units
            people = tuple(one for name in listed for one in crews[name])
            found.append(replace(helped, record=self.record(helped, people, listed)))
        return found

    def record(self, call: Call, people: tuple[str, ...], units: tuple[str, ...]) -> Record | None:
        if self.happens(self.chances.record_missing):
            return None
        if self.happens(self.chances.unit_only):
            people = ()
        elif self.happens(self.chances.mistyped):
            everybody = [one for team in self.teams for one in team]
            people = (self.chance.choice(everybody), *people[1:])
        late = self.chance.uniform(1, 6) * DAY if self.happens(self.chances.record_late) else self.chance.uniform(60, 900)
        noted = self.chance.gauss(0, 25)
        return Record(
            call.number,
            people,
            units,
            call.sent,
            None if self.happens(self.chances.no_arrival) else call.arrived + noted,
            None if self.happens(self.chances.no_end) else call.cleared + self.chance.uniform(-60, 300),
            call.cleared + late,
        )

    def visit(self, day: int, person: str, owner: str, attended: list[tuple[Call, float]], begins: float, ends: float) -> None:
        camera = self.camera[owner]
        off = self.off(camera, day)
        spans = self.calls_recorded(attended, ends) + self.own_recordings(attended, begins, ends)
        made = []
        for begun, seconds, shows in sorted(spans, key=lambda one: one[0]):
            self.recordings += 1
            made.append(Made(f"r{self.recordings}", begun + off, seconds, shows))
        last = max((one.by_camera - off + one.seconds for one in made), default=ends)
        docked = max(last, ends) + self.chance.uniform(120, 2400)
        if self.happens(self.chances.docked_late):
            docked += self.chance.uniform(1, 9) * HOUR
        measured = None
        if self.happens(self.chances.asked_clock):
            measured = (off - self.chance.uniform(0, 2), off + self.chance.uniform(0, 2))
        named = None if self.happens(self.chances.unnamed) else owner
        if made:
            name = f"v{len(self.visits)}"
            self.visits.append(Visit(name, camera, person, named, docked, off, measured, tuple(made)))

    def calls_recorded(self, attended: list[tuple[Call, float]], ends: float) -> list[tuple[float, float, frozenset[str]]]:
        found: list[tuple[float, float, frozenset[str]]] = []
        until = 0.0
        for place, (call, there) in enumerate(attended):
            if not self.happens(self.chances.camera_on):
                continue
            begun = self.pressed(call, there)
            stopped = min(ends + 2 * HOUR, max(begun + 45, call.cleared + self.chance.gauss(-90, 150)))
            shows = {call.number}
            if place + 1 < len(attended) and self.happens(self.chances.forgot_to_stop):
                after = attended[place + 1][0]
                stopped = max(stopped, after.cleared - self.chance.uniform(0, 300))
                shows.add(after.number)
            if begun < until:
                continue  # the camera still runs
            if self.happens(self.chances.second_recording) and stopped - begun > 600:
                middle = begun + (stopped - begun) * self.chance.uniform(0.25, 0.8)
                found.append((begun, middle - begun - self.chance.uniform(5, 60), frozenset(shows)))
                begun = middle
            found.append((begun, stopped - begun, frozenset(shows)))
            until = stopped
        return found

    def pressed(self, call: Call, there: float) -> float:
        """When the button was pressed."""
        kind = self.chance.random()
        if kind < 0.66:
            return max(call.sent, there + self.chance.gauss(-40, 75))
        if kind < 0.86:
            return self.chance.uniform(call.sent, max(call.sent + 1, there))
        return min(there + self.chance.expovariate(1 / 330), max(there, call.cleared - 50))

    def own_recordings(
        self, attended: list[tuple[Call, float]], begins: float, ends: float
    ) -> list[tuple[float, float, frozenset[str]]]:
        found = []
        nothing: frozenset[str] = frozenset()
        if self.happens(self.chances.trial):
            found.append((begins + self.chance.uniform(-600, 900), self.chance.uniform(4, 40), nothing))
        moment = begins
        while (moment := moment + self.chance.expovariate(self.chances.own_stops / (ends - begins))) < ends:
            if not any(call.sent - 60 <= moment <= call.cleared + 60 for call, _ in attended):
                found.append((moment, min(2400.0, self.chance.lognormvariate(5.6, 0.9)), nothing))
        return found


def month(seed: int, chances: Chances | None = None, *, roster: bool = True) -> Month:
    """A month. The same seed and chances make the same one; without a roster it is the same month, of which nobody sent the roster."""
    writer = _Writer(seed, chances or Chances())
    writer.month()
    records = tuple(sorted((call.record for call in writer.calls if call.record is not None), key=lambda one: one.known))
    lines = tuple(writer.roster) if roster else ()
    return Month(seed, tuple(writer.calls), lines, tuple(sorted(writer.visits, key=lambda one: one.docked)), records)
