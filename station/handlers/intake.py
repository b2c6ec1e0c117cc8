"""Taking footage in: cards, folders, what is dropped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from evidence.canonical import Json, JsonObject
from evidence.custody.entry import Actor
from evidence.errors import Exit, Fault, worst
from evidence.facts import ClipState, DockingState
from evidence.ids import DockingId
from evidence.inventory import Inventory, decode, path_members
from ingest.bounded import Bounds, Confinement
from ingest.copying.client import CopyWorker
from ingest.probe import Prober
from ingest.profiles.choice import GENERIC
from ingest.profiles.library import load_profiles
from ingest.sources import IMAGE, is_folder
from ingest.times import station_zone
from ingest.vault import Vault
from ingest.visit import INTERRUPTED, Asked, Means, seal_interrupted, visit
from station import looking
from station.book import Book
from station.commands import Answer, Ingest, Progress, Report, Seal
from station.devices import judge
from station.handlers.alarms import alarm_json
from station.handlers.clips import seconds
from station.home import StationError
from station.messages import fault_text
from station.rooms import Rooms
from station.startup import prepare_vaults, warn_or_refuse


class SourceIsHome(StationError):
    """The source holds this station's own home, or lies in it. Fields: ``path``, ``home``."""

    code = "source-is-home"
    status = Exit.REFUSED


class NotOpen(StationError):
    """There is no open docking of that id. Fields: ``docking``."""

    code = "not-open"
    status = Exit.USAGE


def ingest(rooms: Rooms, command: Ingest, actor: Actor, report: Report) -> Answer:
    """Take one card, or several side by side. One card's trouble does not touch the others."""
    for path in command.paths:
        refuse_own_home(rooms, path)
    rooms.prepare_to_write()
    warnings = warn_or_refuse(rooms)
    vaults = vaults_of(rooms)
    prepare_vaults(rooms, vaults)
    with rooms.copying(vaults) as worker:
        means = means_of(rooms, Book(rooms, actor), worker, report)
        roots = [IMAGE + path if command.image else path for path in command.paths]
        asked = [Asked(root, command.officer, command.source, command.device) for root in roots]
        if len(asked) == 1:
            return _one(rooms, asked[0], means, warnings)
        with ThreadPoolExecutor(len(asked), thread_name_prefix="card") as pool:
            answers = list(pool.map(lambda one: _survivable(rooms, one, means, warnings), asked))
    statuses = [one.status for one in answers]
    if Exit.USAGE in statuses and set(statuses) != {Exit.USAGE}:
        statuses.append(Exit.PARTIAL)  # a card was named wrongly, others were taken: that is no mere error of usage
    return Answer({"dockings": [one.document for one in answers]}, worst(statuses))


def seal(rooms: Rooms, command: Seal, actor: Actor, report: Report) -> Answer:
    """Seal an open docking whose card does not come back."""
    begun = time.monotonic()
    docking = DockingId(command.docking)
    with rooms.queries() as queries:
        row = queries.docking(docking)
    if row is None or row.state != DockingState.OPEN:
        raise NotOpen(docking=docking)
    looking.may_list_docking(rooms, docking, actor)
    rooms.prepare_to_write()
    vaults = vaults_of(rooms)
    with rooms.copying(vaults) as worker:
        means = means_of(rooms, Book(rooms, actor), worker, report)
        known = {profile.name: profile for profile in means.profiles}
        seal_interrupted(docking, known.get(row.profile, known[GENERIC]), means)
    answer = docking_answer(rooms, docking, time.monotonic() - begun, [])
    return Answer(answer.document, Exit.PARTIAL)


def refuse_own_home(rooms: Rooms, path: bytes) -> None:
    """A folder that holds the station, or lies in it, is no source: keys must not become footage. Raises :class:`SourceIsHome`."""
    if not is_folder(path):
        return
    source, home = os.path.realpath(path), os.path.realpath(os.fsencode(rooms.home.root))
    if os.path.commonpath([source, home]) in {source, home}:
        raise SourceIsHome(path=os.fsdecode(path), home=str(rooms.home.root))


def means_of(rooms: Rooms, book: Book, worker: CopyWorker, report: Report) -> Means:
    """What this station lends to a visit."""
    settings = rooms.settings
    return Means(
        book=book,
        worker=worker,
        vaults=vaults_of(rooms),
        reserve=settings.vault_reserve,
        space=rooms.space,
        double_read=settings.double_read,
        sm3=settings.suite == "gm",
        profiles=load_profiles(rooms.home.profiles),
        prober=rooms.prober or Prober(Confinement.detect(), Bounds(wall_s=float(settings.probe_seconds))),
        zone=station_zone(settings.time_zone),
        now=lambda: rooms.clock().utc,
        copied=_reporter(report, "copy"),
        probed=_reporter(report, "probe"),
        judged=lambda opening: judge(rooms, book.actor, opening),
        begun=lambda _docking: None,
    )


def vaults_of(rooms: Rooms) -> tuple[Vault, ...]:
    """The vault, and the second one when there is one."""
    second = rooms.settings.second_vault
    return (Vault(rooms.home.vault), Vault(second)) if second else (Vault(rooms.home.vault),)


def _one(rooms: Rooms, asked: Asked, means: Means, warnings: list[JsonObject]) -> Answer:
    begun = time.monotonic()
    docking = visit(asked, means)
    if docking is None:
        raise ValueError("a visit that was asked for has a docking")
    return docking_answer(rooms, docking, time.monotonic() - begun, warnings)


def _survivable(rooms: Rooms, asked: Asked, means: Means, warnings: list[JsonObject]) -> Answer:
    try:
        return _one(rooms, asked, means, warnings)
    except Fault as fault:
        message = fault_text(fault.code, fault.fields, rooms.settings.language)
        return Answer(
            {**path_members(asked.path), "error": {"code": fault.code, "message": message, **fault.fields}}, fault.status
        )


def docking_answer(rooms: Rooms, docking: DockingId, took: float, warnings: list[JsonObject]) -> Answer:
    """Everything about a sealed docking, from the catalogue: also what an interrupted visit had taken before."""
    with rooms.queries() as queries:
        row, listing = queries.docking(docking), queries.listing(docking)
        if row is None or listing is None:
            raise ValueError("a sealed docking is in the catalogue")
        inventory = decode(listing)[0]
        mine = {clip.id: clip for clip in queries.clips(docking=docking)}
        clips: list[Json] = []
        unreadable: list[Json] = [{**path_members(item.path), "error": item.error} for item in inventory.unreadable]
        settled: set[int] = set()
        damaged, total = False, 0
        for one in queries.sightings(docking=docking):  # one by one: the records of ten thousand take forty megabytes
            settled.add(one.position)
            damaged, total = damaged or one.state == ClipState.DAMAGED, total + one.size
            path = path_members(inventory.items[one.position].path)
            if one.clip is None:
                unreadable.append({**path, "error": str(one.outcome.get("reason"))})
                continue
            clip = mine.get(one.clip) or queries.clip(one.clip)
            clips.append(
                {
                    "id": one.clip,
                    **path,
                    "size": one.size,
                    "sha256": one.sha256,
                    "state": one.state,
                    "duplicate_of": None if one.clip in mine else one.clip,
                    "unreadable_ranges": one.outcome.get("ranges", []),
                    "changed": one.outcome.get("changed"),
                    "reason": one.outcome.get("reason"),
                    "recorded_at": None if clip is None else clip.recorded_at,
                    "duration": None if clip is None else seconds(clip.duration_ms),
                    "recording": None if clip is None else clip.recording,
                }
            )
    with rooms.registry() as registry:
        raised = registry.alarms(docking=docking)
    document: dict[str, Json] = {
        "docking": docking,
        "officer": row.officer,
        "device": row.device,
        "profile": row.profile,
        "source": row.source,
        "clips": clips,
        "skipped": _skipped(inventory, settled),
        "unreadable": unreadable,
        "warnings": [*warnings],
        "alarms": [alarm_json(one) for one in raised],
        "bytes": total,
        "seconds": _number(took),
    }
    return Answer(document, Exit.PARTIAL if damaged or unreadable else Exit.OK)


def _skipped(inventory: Inventory, settled: set[int]) -> list[Json]:
    left = [item for item in inventory.wanted if item.position not in settled]
    by_rule = [(item, item.reason) for item in inventory.skipped] + [(item, INTERRUPTED) for item in left]
    return [{**path_members(item.path), "reason": reason} for item, reason in by_rule]


def _reporter(report: Report, what: str) -> Callable[[DockingId, int, int], None]:
    return lambda docking, done, total: report(Progress(what, docking[-12:], done, total))


def _number(value: float) -> Json:
    return round(value, 3)  # type: ignore[return-value]  # answers are JSON, the canonical forms alone have no fractions
