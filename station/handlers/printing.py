"""Papers for people: the entry first, then the paper, which shows the head that covers it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from evidence.canonical import Json, digest
from evidence.catalogue.acts import desk
from evidence.catalogue.queries import LogHead
from evidence.custody.entry import SUBJECT_STATION, Actor
from evidence.ids import DockingId
from station import looking
from station.commands import Answer, PrintShift, PrintSlip, Report
from station.files import TargetExists, TargetUnusable, write_new
from station.home import NoSuchDocking
from station.papers import shift as shift_paper
from station.papers import slip as slip_paper
from station.papers.document import Language
from station.papers.font import font_file
from station.rooms import Rooms


def slip(rooms: Rooms, command: PrintSlip, actor: Actor, _report: Report) -> Answer:
    """The docking slip. Raises :class:`NoSuchDocking`, ``FontMissing`` and faults of the target; then nothing is logged."""
    target = ready_target(rooms, command.target)
    docking = DockingId(command.docking)
    with rooms.queries() as queries:
        row = queries.docking(docking)
        if row is None:
            raise NoSuchDocking(docking=docking)
        looking.may_list_docking(rooms, docking, actor)
        sightings = [(one.state, one.size) for one in queries.sightings(docking=docking)]
        unit = queries.unit()
    with rooms.ledger.commit() as commit:
        desk.paper_printed(commit, f"docking:{docking}", "slip", actor)
        at = commit.utc
    counted = Counter(state for state, _ in sightings)
    counts = {state: counted[state] for state in slip_paper.STATES if counted[state]}
    head = _head(rooms)
    made = slip_paper.Slip(rooms.station, unit, row, counts, sum(size for _, size in sightings), head, at)
    paper = slip_paper.printed(made, _first(rooms))
    write_new(target, paper)
    files: dict[str, Json] = dict(counts)
    return Answer({**_written(target, paper, made.qr(), head), "docking": docking, "files": files, "bytes": made.size})


def shift(rooms: Rooms, command: PrintShift, actor: Actor, _report: Report) -> Answer:
    """The shift's head. Raises ``FontMissing`` and faults of the target; then nothing is logged."""
    target = ready_target(rooms, command.target)
    with rooms.ledger.commit() as commit:
        desk.paper_printed(commit, SUBJECT_STATION, "shift", actor)
        at = commit.utc
    with rooms.queries() as queries:
        head, unit = queries.head(), queries.unit()
        prints = [
            entry.seq + 1
            for entry in queries.entries(SUBJECT_STATION)
            if entry.epoch == head.epoch and entry.body["type"] == "exported" and entry.body["what"].get("paper") == "shift"
        ]
        size = queries.newest_cosigned(head.epoch)
        cosigned = None if size is None else (size, queries.cosignatures(head.epoch, size))
        anchor = next(digest(certificate) for role, _, certificate in queries.certificates() if role == "ca")
    since = prints[-2] if len(prints) > 1 else 0
    made = shift_paper.Shift(rooms.station, unit, anchor, head, since, cosigned, at)
    paper = shift_paper.printed(made, _first(rooms))
    write_new(target, paper)
    return Answer({**_written(target, paper, made.qr(), head), "anchor": anchor, "since": since, "cosigned": size})


def ready_target(rooms: Rooms, target: bytes) -> Path:
    """What can be known to fail fails before anything is logged."""
    rooms.prepare_to_write()
    font_file()
    path = Path(os.fsdecode(target))
    if os.path.lexists(path):
        raise TargetExists(path=str(path))
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise TargetUnusable(path=str(path), error="its folder is not there or cannot be written")
    return path


def _head(rooms: Rooms) -> LogHead:
    with rooms.queries() as queries:
        return queries.head()


def _first(rooms: Rooms) -> Language:
    return rooms.settings.language


def _written(target: Path, paper: bytes, qr: str, head: LogHead) -> dict[str, Json]:
    return {
        "file": str(target),
        "sha256": digest(paper),
        "qr": qr,
        "origin": head.origin,
        "size": head.size,
        "root": head.root,
    }
