"""Feeds and matches: run, check, list, show, accept, reject; incidents without footage, footage without incident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from evidence import matches
from evidence.access import Permission
from evidence.access import check as check_permission
from evidence.canonical import Json, JsonObject
from evidence.catalogue.acts import matches as acts
from evidence.catalogue.acts.desk import Amendment
from evidence.catalogue.acts.matches import NoSuchMatch
from evidence.catalogue.connect import reading
from evidence.catalogue.desk import Desk
from evidence.catalogue.matching import Matchable
from evidence.catalogue.reaching import check_clip
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.errors import Exit, Fault
from evidence.ids import ClipId, SheetId
from evidence.incidents import incident_of
from evidence.matches import match_of
from evidence.reach import Reach
from station import matches as matching
from station.commands import Answer, Report
from station.commands.matching import (
    AcceptMatch,
    CheckFeed,
    ListFeeds,
    ListMatches,
    ListWithoutFootage,
    ListWithoutIncident,
    RejectMatch,
    RunFeeds,
    RunMatches,
    ShowMatch,
)
from station.feeds import bringing
from station.home import StationError
from station.rooms import Rooms
from station.tags import HoldsKept

LIMIT = 1000


class LimitUnfit(StationError):
    """A page cannot have so many lines. Fields: ``limit``, ``most``."""

    code = "limit-unfit"
    status = Exit.USAGE


def list_feeds(rooms: Rooms, _command: ListFeeds, _actor: Actor, _report: Report) -> Answer:
    """All feeds; one whose mapping is wrong says why."""
    found: list[Json] = []
    for name in bringing.names(rooms):
        state = bringing.state_of(rooms, name)
        last: dict[str, Json] = {"at": state.at, "outcome": state.outcome, "refused_rows": state.refused}
        try:
            feed = bringing.feed_of(rooms, name)
            found.append({"feed": name, "kind": feed.form.kind, "source": feed.source, "last": last, "error": None})
        except Fault as fault:
            found.append({"feed": name, "kind": None, "source": None, "last": last, "error": bringing.told(fault)})
    return Answer({"feeds": found})


def check_feed(rooms: Rooms, command: CheckFeed, actor: Actor, _report: Report) -> Answer:
    """The dry run of a feed."""
    document = bringing.run(rooms, command.feed, actor, dry=True)
    return Answer(document, _status(document))


def run_feeds(rooms: Rooms, command: RunFeeds, actor: Actor, _report: Report) -> Answer:
    """Take what one feed has, or all: one that cannot be read keeps no other from it."""
    if command.sure:
        check_permission(actor, Permission.MANAGE_PEOPLE)  # whoever may disable one by one may do it at once
    rooms.prepare_to_write()
    if command.feed is not None:
        document = bringing.run(rooms, command.feed, actor, dry=False, sure=command.sure)
        return Answer({"feeds": [{**document, "error": None}]}, _status(document))
    found: list[Json] = []
    status = Exit.OK
    for name in bringing.names(rooms):
        try:
            document = bringing.run(rooms, name, actor, dry=False)
            found.append({**document, "error": None})
            status = max(status, _status(document))
        except Fault as fault:
            nothing: dict[str, Json] = {"feed": name, "kind": None, "source": None, "mapping": None, "deliveries": []}
            found.append({**nothing, "error": bringing.told(fault)})
            status = Exit.PARTIAL
    return Answer({"feeds": found}, status)


def run_matches(rooms: Rooms, command: RunMatches, _actor: Actor, report: Report) -> Answer:
    """The matcher, now."""
    return Answer(matching.run(rooms, report, whole=command.whole))


def list_matches(rooms: Rooms, command: ListMatches, actor: Actor, _report: Report) -> Answer:
    """A page of matches whose clips the actor sees."""
    told = {"state": command.state, "clip": command.clip, "incident": command.incident}
    with _open(rooms) as (matchable, sheets, _):
        rows = matchable.matches(actor.reach, told, doubted=command.doubted, after=command.after, limit=_limit(command.limit))
        found: list[Json] = [_match(sheets, row) for row in rows]
    return Answer({"matches": found, "next": rows[-1].id if len(rows) == command.limit else None})


def show_match(rooms: Rooms, command: ShowMatch, actor: Actor, _report: Report) -> Answer:
    """One match, what was said of it when, and why."""
    with _open(rooms) as (_, sheets, check):
        row = sheets.sheet(matches.KIND, command.match)
        if row is None:
            raise NoSuchMatch(match=command.match)
        check(ClipId(row.said["clip"]), actor.reach)
        history: list[Json] = [
            {
                "at": entry.body["when"]["utc"],
                "did": entry.body["what"]["did"],
                "score": entry.body["what"]["said"]["score"],
                "actor": entry.personal.get("actor"),
                "reason": entry.personal.get("reason"),
            }
            for entry in sheets.history(row.id)
            if entry.body["type"] == "recorded"
        ]
        return Answer({**_match(sheets, row), "history": history})


def accept_match(rooms: Rooms, command: AcceptMatch, actor: Actor, _report: Report) -> Answer:
    """A person accepts."""
    return _decide(rooms, command, actor)


def reject_match(rooms: Rooms, command: RejectMatch, actor: Actor, _report: Report) -> Answer:
    """A person rejects."""
    return _decide(rooms, command, actor)


def without_footage(rooms: Rooms, command: ListWithoutFootage, actor: Actor, _report: Report) -> Answer:
    """Incidents that no clip bears, and how many matches are proposed of each."""
    until = datetime.fromisoformat(rooms.clock().utc) - timedelta(hours=max(0, command.hours))
    before = f"{until:%Y-%m-%dT%H:%M:%S}.{until.microsecond:06d}Z"
    with _open(rooms) as (matchable, _, _check):
        rows = matchable.without_footage(actor.reach, before, command.after, _limit(command.limit))
        found: list[Json] = [{**_incident(row), "proposed": len(matchable.proposed("incident", row.id))} for row in rows]
    return Answer({"incidents": found, "next": rows[-1].id if len(rows) == command.limit else None})


def without_incident(rooms: Rooms, command: ListWithoutIncident, actor: Actor, _report: Report) -> Answer:
    """Clips that bear no incident, and the best that is proposed for each."""
    with _open(rooms) as (matchable, _, _check):
        rows = matchable.without_incident(actor.reach, command.after, _limit(command.limit))
        found: list[Json] = []
        for row in rows:
            best = max(matchable.proposed("clip", row["id"]), key=lambda one: int(one.said["score"]), default=None)
            length = None if row["duration_ms"] is None else row["duration_ms"] / 1000
            found.append(
                {
                    **{name: row[name] for name in ("id", "device", "officer", "docking", "recorded_at")},
                    "duration": length,
                    "proposed": None if best is None else {"match": best.id, "score": best.said["score"]},
                }
            )
    return Answer({"clips": found, "next": rows[-1]["id"] if len(rows) == command.limit else None})


@contextmanager
def _open(rooms: Rooms) -> Iterator[tuple[Matchable, Sheets, Callable[[ClipId, Reach | None], None]]]:
    """What is asked of the matcher and of the sheets, and the check of a clip, on one snapshot."""
    with rooms.queries(), reading(rooms.catalogue) as connection:
        yield (
            Matchable(connection, rooms.station),
            Sheets(connection, rooms.station),
            lambda clip, reach: check_clip(connection, rooms.station, clip, reach),
        )


def _decide(rooms: Rooms, command: AcceptMatch | RejectMatch, actor: Actor) -> Answer:
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        row = Sheets(commit.connection, rooms.station).sheet(matches.KIND, command.match)
        if row is None:
            raise NoSuchMatch(match=command.match)
        clip, desk = ClipId(row.said["clip"]), Desk(commit.connection, rooms.station, actor.reach)
        check_clip(commit.connection, rooms.station, clip, actor.reach)
        before = desk.tags(clip)["incident"]
        decide = acts.accepted if isinstance(command, AcceptMatch) else acts.rejected
        decide(commit, command.match, actor, command.reason)
        after = desk.tags(clip)["incident"]
        HoldsKept(desk.sheets).check(clip, [Amendment("incident", before, after)] if before != after else [])
    with _open(rooms) as (_, sheets, _check):
        made = sheets.sheet(matches.KIND, command.match)
        assert made is not None
        return Answer(_match(sheets, made))


def _match(sheets: Sheets, row: SheetRow) -> dict[str, Json]:
    one = match_of(row.said)
    incident = sheets.sheet("incident", one.incident)
    return {
        "id": row.id,
        "clip": one.clip,
        "incident": one.incident,
        "number": None if incident is None or incident.kept is None else incident.kept["number"],
        "state": one.state.value,
        "by": one.by,
        "score": one.score,
        "doubted": one.doubted,
        "reasons": [dict(reason) for reason in one.reasons],
        "belief": one.belief,
        "at": row.at,
    }


def _incident(row: SheetRow) -> dict[str, Json]:
    one = incident_of(row.said, row.kept)
    return {
        "id": SheetId(row.id),
        "number": one.number or None,
        "begins_at": one.begins_at,
        "ends_at": one.ends_at,
        "officers": list(one.officers),
        "unit": one.unit,
        "category": one.category,
        "source": one.source,
    }


def _limit(limit: int) -> int:
    if not 1 <= limit <= LIMIT:
        raise LimitUnfit(limit=limit, most=LIMIT)
    return limit


def _status(document: JsonObject) -> Exit:
    deliveries = document["deliveries"]
    assert isinstance(deliveries, list)
    return Exit.PARTIAL if any(one["refused_rows"] for one in deliveries) else Exit.OK
