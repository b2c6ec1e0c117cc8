"""The drop folder at work: each drop that is whole becomes a docking of its own."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from evidence.canonical import Json
from evidence.custody.entry import Actor
from evidence.errors import Exit, Fault, worst
from evidence.facts import SourceKind
from evidence.inventory import path_members
from ingest.dropfolder import DropFolder, Ready
from ingest.settling import DropRules
from ingest.visit import Asked, Means, visit
from station.book import Book
from station.commands import Answer, Report, Watch
from station.handlers.intake import docking_answer, means_of, vaults_of
from station.home import StationError
from station.messages import fault_text
from station.rooms import Rooms
from station.startup import prepare_vaults, warn_or_refuse

LOOK_SECONDS = 3600.0


class NoDropFolder(StationError):
    """The settings name no drop folder."""

    code = "no-drop-folder"
    status = Exit.USAGE


def watch(rooms: Rooms, command: Watch, actor: Actor, report: Report) -> Answer:
    """Take drops as they become whole, until interrupted; with ``once``, until nothing is waiting to settle.

    A drop that was sealed before, by this run or an earlier one, is left alone.
    """
    settings = rooms.settings
    if not settings.drop_folder:
        raise NoDropFolder
    rooms.prepare_to_write()
    warnings = warn_or_refuse(rooms)
    vaults = vaults_of(rooms)
    prepare_vaults(rooms, vaults)
    rules = rules_of(rooms)
    answers: list[Answer] = []
    with rooms.copying(vaults) as worker, DropFolder(os.fsencode(settings.drop_folder), rules) as folder:
        means = means_of(rooms, Book(rooms, actor), worker, report)
        while True:
            for ready in folder.next(rules.quiet_s + 1 if command.once else LOOK_SECONDS):
                answers += take(rooms, ready, means)
            if command.once and not folder.waiting:
                break
    documents: list[Json] = [one.document for one in answers]
    return Answer({"dockings": documents, "warnings": [*warnings]}, worst([one.status for one in answers]))


def rules_of(rooms: Rooms) -> DropRules:
    """When a drop counts as whole."""
    settings = rooms.settings
    return DropRules(quiet_s=float(settings.drop_settle_seconds), marker=settings.drop_marker, polling=settings.drop_polling)


def take(rooms: Rooms, ready: Ready, means: Means) -> list[Answer]:
    """Take one drop; nothing for one that was sealed before. A fault becomes an answer with ``error``.

    The settings name the folder: what lies there came by no device that anybody could register, so none is judged.
    """
    begun = time.monotonic()
    asked = Asked(ready.root, None, SourceKind.INTERVIEW_ROOM, None, frozenset(ready.paths))
    try:
        with rooms.dropping:
            docking = visit(asked, replace(means, judged=lambda opening: opening), again=False)
    except Fault as fault:
        message = fault_text(fault.code, fault.fields, rooms.settings.language)
        return [
            Answer({**path_members(ready.name), "error": {"code": fault.code, "message": message, **fault.fields}}, fault.status)
        ]
    return [] if docking is None else [docking_answer(rooms, docking, time.monotonic() - begun, [])]
