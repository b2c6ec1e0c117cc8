"""Figures for supervision."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from evidence.canonical import Json, digest
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.connect import reading
from evidence.catalogue.queries import LogHead, Queries
from evidence.catalogue.registry import Registry
from evidence.catalogue.sheets import Sheets
from evidence.catalogue.supervision import Supervision
from evidence.custody.entry import SUBJECT_STATION, Actor
from evidence.reach import Reach
from ingest.times import station_zone
from station.commands import Answer, Report
from station.commands.supervising import ListFigures, ShowFigure
from station.figures.counted import Counted
from station.figures.counting import COUNTERS, Ground, Thresholds
from station.figures.facts import MEASURES, Figure, Finding, Tally
from station.figures.period import Period, period
from station.figures.tables import csv_text
from station.figures.who import Duties, Units
from station.messages import phrase
from station.rooms import Rooms


def list_figures(rooms: Rooms, _command: ListFigures, _actor: Actor, _report: Report) -> Answer:
    """Every figure with its measure, and the rules in force."""
    figures: list[Json] = [
        {"figure": one.value, "measure": MEASURES[one].value, "title": phrase(f"figure-{one.value}", rooms.settings.language)}
        for one in COUNTERS
    ]
    return Answer({"figures": figures, "rules": thresholds(rooms).document()})


def show_figure(rooms: Rooms, command: ShowFigure, actor: Actor, _report: Report) -> Answer:
    """One figure, and where it comes from. A file of it that leaves the station is noted. Raises ``NotADay``, ``FontMissing``."""
    language = rooms.settings.language
    counted = count(rooms, command, actor.reach)
    document = counted.document(command.items)
    if command.form == "":
        return Answer(document)
    if command.form == "csv":
        heads, rows = counted.table(language)
        content = csv_text(heads, rows, bom=command.bom)
        data, members = content.encode(), {"csv": content}
    else:
        from station.papers.figure import printed  # the printing alone needs what makes PDF

        data = printed(counted, rooms.station, language)
        members = {"pdf_b64": b64encode(data).decode()}
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        told = {"figure": command.figure, "form": command.form, "sha256": digest(data), "log": counted.log()}
        noted(commit, SUBJECT_STATION, "figure-exported", actor, what=told)
    return Answer({**document, "sha256": digest(data), **members})


def count(rooms: Rooms, command: ShowFigure, reach: Reach | None) -> Counted:
    """Count a figure, of what is in somebody's reach. Raises ``NotADay``."""
    figure = Figure(command.figure)
    chosen = period(command.since, command.until, now(rooms), station_zone(rooms.settings.time_zone))
    with ground_of(rooms, chosen, reach) as (ground, head):
        tally = Tally()
        COUNTERS[figure](ground, _Only(tally, command.officer, command.unit))
        parameters: dict[str, Json] = {
            "since": ground.since,
            "until": ground.until,
            "as_of": ground.now.isoformat(),
            "officer": command.officer,
            "unit": command.unit,
            "whole_station": reach is None,
            **ground.rules.document(),
        }
        outages = [one for one in ground.outages if one.ended >= datetime.fromisoformat(ground.since)]
        return Counted(figure, chosen, parameters, tuple(ground.seen.statements), head, tally, outages)


@contextmanager
def ground_of(rooms: Rooms, chosen: Period, reach: Reach | None) -> Iterator[tuple[Ground, LogHead]]:
    """What to count from, and the head of the log that it is as of."""
    with rooms.queries() as queries:  # knows the schema
        unit = queries.unit()
    with reading(rooms.catalogue) as connection:
        head = Queries(connection, rooms.station).head()
        sheets = Sheets(connection, rooms.station)
        ground = Ground(
            Supervision(connection, rooms.station, reach),
            Registry(connection, rooms.station),
            sheets,
            Units(sheets, rooms.settings.unit or unit),
            chosen.since,
            chosen.until,
            now(rooms),
            thresholds(rooms),
            reach,
            Duties(sheets).ended,
        )
        yield ground, head


def thresholds(rooms: Rooms) -> Thresholds:
    """The rules of the settings."""
    settings = rooms.settings
    return Thresholds(
        timedelta(hours=settings.late_docking_hours),
        timedelta(hours=settings.untagged_hours),
        timedelta(days=settings.overdue_days),
        timedelta(seconds=settings.clock_tolerance_seconds),
    )


class _Only(Tally):
    """Hands on what is of one officer, or of one unit."""

    def __init__(self, tally: Tally, officer: str | None, unit: str | None) -> None:
        self._tally = tally
        self._wanted = officer, unit

    def add(self, one: Finding) -> None:
        officer, unit = self._wanted
        if officer in (None, one.officer) and unit in (None, one.unit):
            self._tally.add(one)


def now(rooms: Rooms) -> datetime:
    """The station's clock."""
    return datetime.fromisoformat(rooms.clock().utc)
