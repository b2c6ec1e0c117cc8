"""Bringing the past along: what would be taken, and taking it."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

from evidence.canonical import Json, digest
from evidence.custody.entry import Actor
from evidence.errors import Exit
from station.book import Book
from station.brought.bringing import Fitting, Origin, bring, handfuls, key_of, known, unnamed
from station.brought.mapping import read_mapping
from station.brought.rows import MetadataUnreadable, Refused, Seen, rows
from station.commands import Answer, Progress, Report
from station.commands.base import silent
from station.commands.joining import ImportFolder
from station.handlers.intake import means_of, refuse_own_home, vaults_of
from station.rooms import Rooms
from station.startup import prepare_vaults, warn_or_refuse

SHOWN = 200
"""Refused rows that the answer has; all are counted."""


def import_folder(rooms: Rooms, command: ImportFolder, actor: Actor, report: Report) -> Answer:
    """Take what the table names, a handful after the other. Raises ``MappingMalformed``, ``MetadataUnreadable`` and the faults of taking."""
    refuse_own_home(rooms, command.folder)
    mapping = read_mapping(command.mapping)
    metadata, folder = Path(os.fsdecode(command.path)), os.path.realpath(command.folder)
    if not os.path.isdir(folder):  # noqa: PTH112  # a path is bytes here: it may be any file name
        raise MetadataUnreadable(path=os.fsdecode(command.folder), rule="a folder that is there")
    origin = Origin(folder, _digest(metadata), digest(command.mapping), mapping.footage.system, mapping.footage.source)
    refused: list[Refused] = []
    counts = {"rows": 0, "taken": 0, "known": 0, "refused": 0, "bytes": 0}

    def left(one: Refused) -> None:
        counts["refused"] += 1
        if len(refused) < SHOWN:
            refused.append(one)

    seen, fits = Seen(), Fitting(rooms)
    found = rows(folder, metadata, mapping, seen, fits)
    dockings: list[Json] = []
    groups = handfuls(found, left)
    if command.dry_run:
        for group in groups:
            counts["known" if known(rooms, key_of(origin, group)) else "taken"] += len(group)
            counts["bytes"] += sum(row.size for row in group)
    else:
        rooms.prepare_to_write()
        warn_or_refuse(rooms)
        vaults = vaults_of(rooms)
        prepare_vaults(rooms, vaults)
        with rooms.copying(vaults) as worker:
            means = replace(means_of(rooms, Book(rooms, actor), worker, silent))
            for group in groups:
                if known(rooms, key_of(origin, group)):
                    counts["known"] += len(group)
                else:
                    dockings.append(bring(rooms, means, origin, group, fits, actor))
                    counts["taken"] += len(group)
                    counts["bytes"] += sum(row.size for row in group)
                report(Progress("import", "", counts["taken"] + counts["known"], counts["taken"] + counts["known"] + 1))
    counts["rows"] = counts["taken"] + counts["known"] + counts["refused"]
    unlisted = sum(1 for _ in unnamed(folder, seen.__contains__, metadata))
    told: list[Json] = [{"row": one.number, "path": one.path, "rule": one.rule} for one in refused]
    document: dict[str, Json] = {
        **counts,
        "refused_rows": told,
        "unnamed": unlisted,
        "dockings": dockings,
        "dry_run": command.dry_run,
    }
    return Answer(document, Exit.PARTIAL if refused else Exit.OK)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MetadataUnreadable(path=str(path), rule=error.strerror or "cannot be read") from error
