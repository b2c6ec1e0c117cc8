"""Clips and dockings: list, show, export."""

from __future__ import annotations

import os
from mimetypes import guess_type
from typing import Any

from evidence.canonical import Json
from evidence.catalogue.acts import desk
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.derivatives import DerivativeRow, Derivatives
from evidence.catalogue.queries import PAGE, ClipRow, DockingRow, Queries, RecordingRow
from evidence.custody.entry import Actor, subject_clip
from evidence.errors import Exit
from evidence.ids import ClipId, DockingId
from evidence.inventory import path_members
from station import looking, paged
from station.commands import (
    Answer,
    Export,
    ListClips,
    ListDockings,
    ListRecordings,
    Play,
    Report,
    ShowClip,
    ShowDocking,
    ShowRecording,
)
from station.home import NoSuchDocking, StationError
from station.rooms import Rooms

PLAYED = ("video/", "audio/", "image/")
"""What a player is told of a file by its name; anything else is bytes."""
MADE = {
    "mp4": "video/mp4",
    "mkv": "video/x-matroska",
    "jpg": "image/jpeg",
    "png": "image/png",
    "m4a": "audio/mp4",
    "json": "application/json",
}
"""What was made for viewing, by the ending of its file."""
TRANSPORT = (".ts", ".mts", ".m2ts")
"""Names of transport streams; few systems' tables of types know all of them, and some take one for a text."""


class NoSuchRecording(StationError):
    """No recording of this station has that id. Fields: ``recording``."""

    code = "no-such-recording"
    status = Exit.USAGE


class NoSuchProxy(StationError):
    """Nothing was made for viewing of this clip yet. Fields: ``clip``."""

    code = "no-such-proxy"
    status = Exit.USAGE


class FootageElsewhere(StationError):
    """The store alone has the bytes of this clip. Fields: ``clip``."""

    code = "footage-elsewhere"
    status = Exit.REFUSED


def list_clips(rooms: Rooms, command: ListClips, actor: Actor, _report: Report) -> Answer:
    """All clips that the actor may see, or those of a case, category or docking."""
    docking = None if command.docking is None else DockingId(command.docking)
    with rooms.queries() as queries:
        found = queries.clips(
            docking=docking,
            case_number=command.case_number,
            category=command.category,
            after="".join(paged.texts(command.after)),
            page=paged.wanted(command.limit) or PAGE,
            reach=actor.reach,
        )
        return Answer(paged.page("clips", found, command.limit, lambda row: (row.id,), clip_json))


def show(rooms: Rooms, command: ShowClip, actor: Actor, _report: Report) -> Answer:
    """One clip with every sighting, its sealed record and its receipts. Looking is an entry, before anything is told."""
    clip = ClipId(command.clip)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        looking.look(commit, clip, actor)
        desk.viewed(commit, clip, actor)
    with rooms.queries() as queries:
        row = _found(queries, clip)
        document: dict[str, Json] = clip_json(row)
        sightings = list(queries.sightings(clip=clip))
        first = next((one for one in sightings if one.docking == row.docking), None)
        document["sm3"] = next((one.sm3 for one in sightings if one.sm3 is not None), None)
        document["record"] = None if first is None else first.record
        document["sightings"] = [
            {
                "docking": one.docking,
                "position": one.position,
                "state": one.state,
                "size": one.size,
                "sm3": one.sm3,
                "outcome": one.outcome,
            }
            for one in sightings
        ]
        document["receipts"] = [{"id": one.id, "at": one.at, **one.body} for one in queries.receipts(f"clip:{clip}")]
    return Answer(document)


def play(rooms: Rooms, command: Play, actor: Actor, _report: Report) -> Answer:
    """What a player is about to be given. It is an entry before any byte goes out.

    Raises :class:`~evidence.catalogue.acts.desk.NoSuchClip`, :class:`NoSuchProxy`, :class:`FootageElsewhere`.
    """
    clip = ClipId(command.clip)
    with rooms.queries() as queries:
        row = _found(queries, clip)
    if command.of == "original" and row.evicted_at is not None:
        raise FootageElsewhere(clip=clip)
    name = os.fsdecode(row.path)
    kind = "video/mp2t" if name.lower().endswith(TRANSPORT) else guess_type(name)[0]
    sha256, size, ending = row.sha256, row.size, None
    made = None if command.of == "original" else made_of(rooms, row.sha256, command.of, command.derivative)
    if made is not None:
        assert made.sha256 is not None, "it is here"
        sha256, size, kind, ending = made.sha256, made.size, MADE[made.ending], made.ending
    elif command.of == "derivative":
        from station.handlers.derived import NoSuchDerivative  # what makes derivatives is loaded by who makes some

        raise NoSuchDerivative(id=command.derivative)
    elif command.of != "original":
        if looking.subject_seen(rooms, subject_clip(clip), actor):
            ask_for(rooms, row.sha256, command.of)
        raise NoSuchProxy(clip=clip)
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        looking.play(commit, clip, actor, command.reason)
        desk.played(commit, clip, command.of if made is None else made.makes, actor, command.reason)
    others = {
        of: made_of(rooms, row.sha256, of, None) for of in command.beside if of not in {"original", "derivative", command.of}
    }
    for given in (made, *others.values()):
        if given is not None:
            Derivatives(rooms.catalogue, rooms.station).used(given.id, rooms.clock().utc)  # the last to go when room is short
    for of, one in others.items():
        if one is None:
            ask_for(rooms, row.sha256, of)
    shown = kind if kind is not None and kind.startswith((*PLAYED, MADE["json"])) else "application/octet-stream"
    about: dict[str, Json] = {"sha256": sha256, "size": size, "media_type": shown, "ending": ending}
    beside: list[Json] = [
        {"of": of, "sha256": one.sha256, "size": one.size, "media_type": MADE[one.ending], "ending": one.ending}
        for of, one in others.items()
        if one is not None
    ]
    return Answer({"clip": clip, "of": command.of, **about, "beside": beside})


def made_of(rooms: Rooms, original: str, makes: str, derivative: str | None) -> DerivativeRow | None:
    """The newest of its kind that was made of an original and is here; or (``makes`` is ``derivative``) the one of an id."""
    from station.derived.shelf import Shelf

    shelf = Shelf(rooms)
    wanted = [row for row in shelf.rows.of(original) if (row.id == derivative if makes == "derivative" else row.makes == makes)]
    here = [row for row in wanted if row.present and shelf.path(row).is_file()]
    return max(here, key=lambda row: row.made_at, default=None)


def ask_for(rooms: Rooms, original: str, makes: str) -> None:
    """What was made before and let go of is made again by the service. What was never made comes by itself, or does not."""
    from station.derived.shelf import Shelf

    shelf = Shelf(rooms)
    made = [row for row in shelf.rows.of(original) if row.makes == makes and row.sha256 is not None]
    if made:
        rooms.prepare_to_write()
        shelf.rows.ask(made[-1].id, shelf.now)


def list_dockings(rooms: Rooms, command: ListDockings, actor: Actor, _report: Report) -> Answer:
    """All dockings that the actor may see."""
    with rooms.queries() as queries:
        found = queries.dockings(after=paged.texts(command.after, 2), limit=paged.wanted(command.limit), reach=actor.reach)
        return Answer(paged.page("dockings", found, command.limit, lambda row: (row.opened_at, row.id), docking_json))


def show_docking(rooms: Rooms, command: ShowDocking, actor: Actor, _report: Report) -> Answer:
    """One docking. Raises :class:`~station.home.NoSuchDocking`, :class:`~evidence.reach.DockingOutOfReach`."""
    looking.may_list_docking(rooms, command.docking, actor)
    with rooms.queries() as queries:
        row = queries.docking(DockingId(command.docking))
    if row is None:
        raise NoSuchDocking(docking=command.docking)
    return Answer(docking_json(row))


def list_recordings(rooms: Rooms, command: ListRecordings, actor: Actor, _report: Report) -> Answer:
    """All recordings of dockings that the actor may see."""
    with rooms.queries() as queries:
        found = queries.recordings("".join(paged.texts(command.after)), paged.wanted(command.limit), actor.reach)
        return Answer(paged.page("recordings", found, command.limit, lambda row: (row.id,), recording_json))


def show_recording(rooms: Rooms, command: ShowRecording, actor: Actor, _report: Report) -> Answer:
    """One recording. Raises :class:`NoSuchRecording`, :class:`~evidence.reach.DockingOutOfReach`."""
    with rooms.queries() as queries:
        row = queries.recording(command.recording)
    if row is None:
        raise NoSuchRecording(recording=command.recording)
    looking.may_list_docking(rooms, row.docking, actor)
    return Answer(recording_json(row))


def export(rooms: Rooms, command: Export, actor: Actor, report: Report) -> Answer:
    """Write a clip, or a docking's manifest, signature, listing and records, into a folder. Nothing there is overwritten."""
    from station.exporting import export_clip, export_docking

    rooms.prepare_to_write()
    with rooms.queries() as queries:
        row = queries.clip(ClipId(command.subject))
        docking = queries.docking(DockingId(command.subject))
        if row is None and docking is None:
            raise NoSuchClip(clip=command.subject)
    if row is not None:
        looking.may_have(rooms, [row.id], actor)
        return export_clip(rooms, row, command, actor, report)
    looking.may_have_docking(rooms, command.subject, actor)
    return export_docking(rooms, DockingId(command.subject), command, actor)


def clip_json(row: ClipRow) -> dict[str, Json]:
    """A clip as every answer shows it."""
    return {
        "id": row.id,
        **path_members(row.path),
        "device": row.device,
        "officer": row.officer,
        "size": row.size,
        "sha256": row.sha256,
        "state": row.state,
        "docking": row.docking,
        "taken_at": row.taken_at,
        "recorded_at": row.recorded_at,
        "duration": seconds(row.duration_ms),
        "recording": row.recording,
        "category": row.category,
        "case": row.case_number,
        "note": row.note,
        "recorded_by": row.recorded_by,
        "incident": row.incident,
        "importance": row.importance,
        "sensitivity": row.sensitivity,
        "place": row.place,
        "received": row.received,
        "last_verified_at": row.last_verified_at,
        "kept_in": "nowhere" if row.disposed_at is not None else "vault" if row.evicted_at is None else "store",
        "disposed_at": row.disposed_at,
    }


def docking_json(row: DockingRow) -> dict[str, Json]:
    """A docking as every answer shows it."""
    return {
        "id": row.id,
        "state": row.state,
        "device": row.device,
        "source": row.source,
        "profile": row.profile,
        "officer": row.officer,
        "opened_at": row.opened_at,
        "sealed_at": row.sealed_at,
        "acquisition": row.acquisition,
        "manifest_sha256": row.manifest_sha256,
    }


def recording_json(row: RecordingRow) -> dict[str, Json]:
    """A recording as every answer shows it."""
    return {"id": row.id, "docking": row.docking, "segments": list(row.segments)}


def seconds(milliseconds: int | None) -> Any:  # noqa: ANN401  # a JSON number with a fraction, which the canonical forms do not have
    """A duration in seconds, as answers show it."""
    return None if milliseconds is None else milliseconds / 1000


def _found(queries: Queries, clip: ClipId) -> ClipRow:
    row = queries.clip(clip)
    if row is None:
        raise NoSuchClip(clip=clip)
    return row
