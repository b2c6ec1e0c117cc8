"""Certificates of disposals: what went, by which rule, on whose word, from every copy. Made from the sheets and the log, so they can be made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evidence.canonical import Json, JsonObject, canonical
from evidence.catalogue.queries import LogHead
from evidence.disposal import DISPOSAL, DisposalState
from evidence.ids import SheetId
from station import durable
from station.papers import certificate as paper
from station.rooms import Rooms

FOLDER = "certificates"


def document(rooms: Rooms, disposal: SheetId) -> JsonObject:
    """The certificate of a disposal that was carried out, as canonical JSON shows it. The same for ever."""
    with rooms.sheets() as sheets:
        row = sheets.sheet(DISPOSAL, disposal)
        assert row is not None, "it was looked up"
        history = [one for one in sheets.history(disposal) if one.body["type"] == "recorded"]
    with rooms.queries() as queries:
        unit = queries.unit()
        origin = next(one for one in queries.origins() if one.endswith(f"/{history[-1].epoch}"))
    kept = row.kept or {}
    steps: list[Json] = [
        {
            "did": one.body["what"]["did"],
            "at": one.body["when"]["utc"],
            "by": one.personal.get("actor"),
            "role": one.body["actor"].get("role"),
            "entry": one.body["id"],
            "log": {"origin": f"evidence-station/{rooms.station}/{one.epoch}", "seq": one.seq},
        }
        for one in history
    ]
    return {
        "v": 1,
        "kind": "disposal-certificate",
        "station": rooms.station,
        "unit": unit,
        "disposal": row.id,
        "reason": kept.get("reason"),
        "waiver": kept.get("waiver"),
        "asked_by": kept.get("asked_by"),
        "approved_by": kept.get("approved_by"),
        "steps": steps,
        "contents": row.said["contents"],
        "kept_back": row.said["kept_back"],
        "log": {"origin": origin, "seq": history[-1].seq},
    }


def leave(rooms: Rooms) -> list[str]:
    """Write the certificates that are not there yet, PDF and JSON, into the home; their names."""
    folder = rooms.home.root / FOLDER
    with rooms.sheets() as sheets:
        ended = [row.id for row in sheets.found(DISPOSAL, "state", DisposalState.CARRIED_OUT.value)]
    written = []
    with rooms.home.faults():
        if folder.is_dir():
            durable.sweep(folder)
        for disposal in ended:
            if (folder / f"{disposal}.json").exists():
                continue
            durable.make_folder(folder, 0o750)
            made = document(rooms, disposal)
            pdf = paper.printed(made, _head(rooms), rooms.settings.language)
            for name, data in ((f"{disposal}.pdf", pdf), (f"{disposal}.json", canonical(made))):  # what is looked for comes last
                _place(folder / name, data)
                written.append(name)
    return written


def _place(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)  # what a power cut left of an earlier attempt: both are made anew
    durable.place_new(path, data, 0o440)


def _head(rooms: Rooms) -> LogHead:
    with rooms.queries() as queries:
        return queries.head()


def names_of(made: JsonObject) -> dict[str, Any]:
    """By digest: the clips that a certificate names."""
    contents: Any = made["contents"]
    return {one["sha256"]: [clip["id"] for clip in one["clips"]] for one in contents}
