"""Review samples: fix the population, draw by the head of the log that covers that, draw again to check.

The first commit says who is in the population; its own checkpoint, which nobody could know before, decides. So the sample stands from that
moment on, whoever draws it and whenever: a draw that was interrupted comes out the same when it is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evidence import sampling
from evidence.canonical import Json, JsonObject
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.connect import reading
from evidence.catalogue.proofs import StoredTree
from evidence.catalogue.queries import EntryRow, Queries
from evidence.catalogue.reaching import sees
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.catalogue.supervision import Supervision
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import ClipId, origin
from evidence.reach import Reach
from ingest.times import station_zone
from station.commands import Answer, Report
from station.commands.supervising import CheckSample, DrawSample, ListSamples, ShowSample
from station.figures.period import period
from station.handlers.supervising import ground_of, now
from station.home import StationError
from station.rooms import Rooms

POPULATION, SAMPLE = "population", "sample"
MEMBERS = 20_000
"""Clips in a population at most: all stand in one entry, so that whoever has the log can draw again."""
RULE = "clips-of-dockings"
RULE_VERSION = 1


class PopulationEmpty(StationError):
    """No clip is in the population. Fields: ``since``, ``until``."""

    code = "population-empty"
    status = Exit.USAGE


class PopulationTooLarge(StationError):
    """There are more clips in the population than one entry may hold. Fields: ``limit``."""

    code = "population-too-large"
    status = Exit.USAGE


class NothingToDraw(StationError):
    """A sample has at least one clip. Fields: ``wanted``."""

    code = "nothing-to-draw"
    status = Exit.USAGE


class NoSuchSample(StationError):
    """No sample, and no population, of this station has that id. Fields: ``sample``."""

    code = "no-such-sample"
    status = Exit.USAGE


def list_samples(rooms: Rooms, _command: ListSamples, _actor: Actor, _report: Report) -> Answer:
    """Every population with its sample, newest first."""
    with rooms.queries() as _, reading(rooms.catalogue) as connection:
        sheets = Sheets(connection, rooms.station)
        samples = {one.said["population"]: one for one in sheets.sheets(SAMPLE)}
        found: list[Json] = [_summary(one, samples.get(one.id)) for one in sheets.sheets(POPULATION, newest_first=True)]
    return Answer({"samples": found})


def draw(rooms: Rooms, command: DrawSample, actor: Actor, _report: Report) -> Answer:
    """Fix a population, then draw. Raises the faults above and ``NotADay``."""
    if command.wanted < 1:
        raise NothingToDraw(wanted=command.wanted)
    said, kept = _fixed(rooms, command, actor.reach)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        sheet = Sheet(POPULATION, said, kept, (("period", f"{said['since']}/{said['until']}"),))
        population = written(commit, sheet, "fixed", actor, reason=command.reason)
    _finish(rooms, actor)
    return _told(rooms, population, actor.reach)


def show(rooms: Rooms, command: ShowSample, actor: Actor, _report: Report) -> Answer:
    """One sample. Raises :class:`NoSuchSample`."""
    return _told(rooms, command.sample, actor.reach)


def check(rooms: Rooms, command: CheckSample, _actor: Actor, _report: Report) -> Answer:
    """Draw again: from the entry that fixed the population, and the first head that covers it. Raises :class:`NoSuchSample`."""
    with rooms.queries() as _, reading(rooms.catalogue) as connection:
        sheets, seen = Sheets(connection, rooms.station), Supervision(connection, rooms.station)
        population, sample = _both(sheets, command.sample)
        fixed = sheets.history(population.id)[0]
        said = fixed.body["what"]["said"]
        seed = _seed(rooms, seen, fixed)
        again = sampling.drawn(said["members"], str(seed["root"]), said["wanted"])
        wrong: list[Json] = []
        if sampling.population_digest(said["members"]) != said["sha256"] or len(said["members"]) != said["count"]:
            wrong.append("population-differs")
        if population.version != 1 or population.said != said:
            wrong.append("population-changed")
        if sample is not None:
            logged = sheets.history(sample.id)[-1].body["what"]["said"]
            if sample.said != logged or logged["drawn"] != list(again) or logged["seed"] != dict(seed):
                wrong.append("draw-differs")
        whole = _unnarrowed(said)
        tree = StoredTree(connection, rooms.station, fixed.epoch)
        if tree.root(int(str(seed["size"]))).hex() != seed["root"]:
            wrong.append("seed-differs")
        if whole and _missing(seen, said):
            wrong.append("population-incomplete")
        document: dict[str, Json] = {
            "population": population.id,
            "sample": None if sample is None else sample.id,
            "count": len(said["members"]),
            "seed": seed,
            "drawn": list(again),
            "completeness_checked": whole,
            "wrong": wrong,
        }
    return Answer(document, Exit.TAMPERED if wrong else Exit.OK)


def _fixed(rooms: Rooms, command: DrawSample, reach: Reach | None) -> tuple[dict[str, Json], dict[str, Json] | None]:
    """What the population's sheet says, and what of it names somebody."""
    chosen = period(command.since, command.until, now(rooms), station_zone(rooms.settings.time_zone))
    with rooms.queries() as queries, ground_of(rooms, chosen, reach) as (ground, head):
        at = queries.made_at(f"{head.origin}/{head.size}")
        members: list[Json] = []
        for clip in ground.seen.clips(chosen.since, chosen.until):
            if command.category not in (None, clip.category) or command.officer not in (None, clip.officer):
                continue
            if command.unit is not None and ground.units.of(clip.officer) != command.unit:
                continue
            members.append(clip.clip)
            if len(members) > MEMBERS:
                raise PopulationTooLarge(limit=MEMBERS)
    if not members:
        raise PopulationEmpty(since=chosen.document()["from"], until=chosen.document()["until"])
    said: dict[str, Json] = {
        "rule": RULE,
        "rule_version": RULE_VERSION,
        "since": chosen.since,
        "until": chosen.until,
        "category": command.category,
        "unit": command.unit,
        "one_officer": command.officer is not None,
        "whole_station": reach is None or (reach.units is None and reach.sensitivities is None),
        "as_of": {"origin": head.origin, "size": head.size, "root": head.root, "at": at},
        "wanted": command.wanted,
        "count": len(members),
        "sha256": sampling.population_digest(str(one) for one in members),
        "members": members,
    }
    return said, None if command.officer is None else {"officer": command.officer}


def _finish(rooms: Rooms, actor: Actor) -> None:
    """Draw every population that was fixed and not drawn yet: of this call, and of one that was cut off."""
    with reading(rooms.catalogue) as connection:
        sheets, seen = Sheets(connection, rooms.station), Supervision(connection, rooms.station)
        undrawn = [one for one in sheets.sheets(POPULATION) if not sheets.found(SAMPLE, POPULATION, one.id)]
        waiting = [(one, _seed(rooms, seen, sheets.history(one.id)[0])) for one in undrawn]
    with rooms.ledger.commit() as commit:
        for one, seed in waiting:
            if Sheets(commit.connection, rooms.station).found(SAMPLE, POPULATION, one.id):
                continue  # another process was quicker
            chosen = sampling.drawn(one.said["members"], str(seed["root"]), one.said["wanted"])
            said: dict[str, Json] = {"population": one.id, "seed": seed, "drawn": list(chosen)}
            written(commit, Sheet(SAMPLE, said, None, ((POPULATION, one.id),)), "drawn", actor)


def _seed(rooms: Rooms, seen: Supervision, fixed: EntryRow) -> JsonObject:
    """The first signed head that covers the entry by which the population was fixed."""
    head = seen.head_over(fixed.epoch, fixed.seq)
    if head is None:
        raise ValueError("every commit ends with a checkpoint over it")
    return {"origin": origin(rooms.station, fixed.epoch), "size": head[0], "root": head[1]}


def _told(rooms: Rooms, which: str, reach: Reach | None) -> Answer:
    with rooms.queries() as queries, reading(rooms.catalogue) as connection:
        sheets = Sheets(connection, rooms.station)
        population, sample = _both(sheets, which)
        earlier = [
            one
            for one in sheets.sheets(POPULATION)
            if one.id < population.id
            and one.said["since"] < population.said["until"]
            and one.said["until"] > population.said["since"]
        ]
        clips = (
            []
            if sample is None
            else list(_clips(queries, sample.said["drawn"], lambda clip: sees(connection, rooms.station, clip, reach)))
        )
    return Answer({**_summary(population, sample), "drawn_before": len(earlier), "clips": clips})


def _clips(queries: Queries, drawn: list[str], seen: Callable[[ClipId], bool]) -> Iterator[Json]:
    """What was drawn, in that order; of what is out of reach, only that it was."""
    for number, clip in enumerate(map(ClipId, drawn), 1):
        row = queries.clip(clip) if seen(clip) else None
        told: dict[str, Json] = dict.fromkeys(("device", "officer", "recorded_at", "category"))
        if row is not None:
            told = {"device": row.device, "officer": row.officer, "recorded_at": row.recorded_at, "category": row.category}
        yield {"number": number, "clip": clip, **told, "seen": row is not None}


def _summary(population: SheetRow, sample: SheetRow | None) -> dict[str, Json]:
    said: Mapping[str, Any] = population.said
    return {
        "population": population.id,
        "sample": None if sample is None else sample.id,
        "at": population.at,
        **{
            name: said[name]
            for name in (
                "since",
                "until",
                "category",
                "unit",
                "one_officer",
                "whole_station",
                "count",
                "sha256",
                "wanted",
                "as_of",
            )
        },
        "officer": None if population.kept is None else population.kept.get("officer"),
        "seed": None if sample is None else sample.said["seed"],
    }


def _both(sheets: Sheets, which: str) -> tuple[SheetRow, SheetRow | None]:
    """A population and its sample, by the id of either."""
    sample = sheets.sheet(SAMPLE, which)
    population = sheets.sheet(POPULATION, which if sample is None else sample.said["population"])
    if population is None:
        raise NoSuchSample(sample=which)
    if sample is None:
        sample = next(iter(sheets.found(SAMPLE, POPULATION, population.id)), None)
    return population, sample


def _unnarrowed(said: Mapping[str, Any]) -> bool:
    return said["category"] is None and said["unit"] is None and not said["one_officer"] and bool(said["whole_station"])


def _missing(seen: Supervision, said: Mapping[str, Any]) -> bool:
    """Whether a clip that was there when the population was fixed is not in it, or the other way round."""
    there = {one.clip for one in seen.clips(said["since"], said["until"]) if one.taken_at <= said["as_of"]["at"]}
    return there != set(said["members"])
