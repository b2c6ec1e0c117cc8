"""Acts on matches: what was decided about a clip is written with the clip's tag in one commit; a person accepts or rejects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from evidence import matches
from evidence.catalogue import schema
from evidence.catalogue.acts import desk
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.keeping import HOLD, IN_FORCE
from evidence.catalogue.ledger import Commit
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import STATION, Actor
from evidence.errors import EvidenceError, Exit
from evidence.ids import ClipId, SheetId
from evidence.matches import Change, Decision, Held, Match, Policy, State, decided, match_of
from evidence.matching import Fit
from evidence.retention import HoldOn


class NoSuchMatch(EvidenceError):
    """No match has that id. Fields: ``match``."""

    code = "no-such-match"
    status = Exit.USAGE


class MatchSettled(EvidenceError):
    """The clip bears another incident by now. Fields: ``match``, ``clip``, ``incident``."""

    code = "match-settled"
    status = Exit.REFUSED


def judged(commit: Commit, clip: ClipId, fits: Sequence[Fit], versions: Mapping[str, int], policy: Policy) -> Decision:
    """Write what follows for a clip from its fits, by the station. What the clip bears is read in this very commit.

    A clip that bears an incident under a hold keeps it: to take it off is a person's decision, who is told of the hold.
    """
    bears = _incident(commit, clip)
    decision = decided(clip, bears, held(commit, clip), fits, versions, policy)
    if decision.tag and bears is not None and _suspended(commit, bears):
        return Decision()
    for change in decision.changes:
        _write(commit, change, STATION)
    if decision.tag:
        desk.tagged(commit, clip, {"incident": decision.incident}, STATION)
    return decision


def accepted(commit: Commit, of: str, actor: Actor, reason: str | None) -> Match:
    """A person says that it belongs. Raises :class:`NoSuchMatch`, :class:`MatchSettled`."""
    one = _found(commit, of)
    bears = _incident(commit, one.match.clip)
    mine = held(commit, one.match.clip)
    by_station = any(
        other.match.incident == bears and other.match.state is State.ACCEPTED and other.match.by == "station" for other in mine
    )
    if bears is not None and bears != one.match.incident and not by_station:
        raise MatchSettled(match=of, clip=one.match.clip, incident=bears)
    made = replace(one.match, state=State.ACCEPTED, by="person", doubted=False)
    _write(commit, Change(one, made, "accepted"), actor, reason)
    for other in mine:
        if other.id != one.id and other.match.state in {State.PROPOSED, State.ACCEPTED}:
            _write(commit, Change(other, replace(other.match, state=State.WITHDRAWN), "withdrawn"), actor)
    desk.tagged(commit, one.match.clip, {"incident": one.match.incident}, actor)
    return made


def rejected(commit: Commit, of: str, actor: Actor, reason: str | None) -> Match:
    """A person says that it does not belong. Raises :class:`NoSuchMatch`."""
    one = _found(commit, of)
    made = replace(one.match, state=State.REJECTED, by="person", doubted=False)
    _write(commit, Change(one, made, "rejected"), actor, reason)
    if _incident(commit, one.match.clip) == one.match.incident:
        desk.tagged(commit, one.match.clip, {"incident": None}, actor)
    return made


def held(commit: Commit, clip: ClipId) -> list[Held]:
    """What was thought of a clip so far."""
    rows = Sheets(commit.connection, commit.station).found(matches.KIND, "clip", clip)
    return [Held(row.id, row.version, match_of(row.said)) for row in rows]


def _suspended(commit: Commit, incident: SheetId) -> bool:
    holds = Sheets(commit.connection, commit.station).found(HOLD, HoldOn.INCIDENT.value, incident)
    return any(row.said["state"] == IN_FORCE for row in holds)


def _found(commit: Commit, of: str) -> Held:
    row = Sheets(commit.connection, commit.station).sheet(matches.KIND, of)
    if row is None:
        raise NoSuchMatch(match=of)
    return Held(row.id, row.version, match_of(row.said))


def _incident(commit: Commit, clip: ClipId) -> SheetId | None:
    table = schema.clip
    found = commit.connection.execute(
        select(table.c.incident).where(table.c.station == commit.station, table.c.id == clip)
    ).scalar()
    return None if found is None else SheetId(found)


def _write(commit: Commit, change: Change, actor: Actor, reason: str | None = None) -> None:
    sheet = Sheet(matches.KIND, change.match.said, None, change.match.found_by)
    of, version = (None, None) if change.of is None else (change.of.id, change.of.version)
    written(commit, sheet, change.did, actor, of=of, version=version, reason=reason)
