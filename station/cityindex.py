"""The index record that a city's platform expects, and a batch of them, as bytes to sign. Pure.

The field set is the one that platforms in the field use after GA/T 947; the text of the standard could not be read, so nothing here claims
conformance with it, and the values of the coded fields are written down beside this (``guide/joining.md``). A record is idempotent by ``wjbh``: the
same record again changes nothing, another one with the same ``wjbh`` is an update. Times of a record are local time of the station with the offset in
``kzxx``; the camera's clock is nobody's but the camera's, so ``pssj`` is what it says.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from evidence.canonical import Json, JsonObject, canonical
from evidence.catalogue.indexing import IndexRow
from evidence.facts import ClipState
from ingest.mediatype import AUDIO, PICTURE, VIDEO, extension

FORM = "evidence-station/index/v1"
_STATES = {ClipState.VERIFIED.value: "1", ClipState.DAMAGED.value: "2", ClipState.EMPTY.value: "3"}
IMPORTANCE = "3"
"""Of a clip that nobody called important."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a record says of the station: ``link`` and ``download`` make addresses of a clip, empty where there are none."""

    station: str
    unit: str
    zone: ZoneInfo
    public_url: str


def record(row: IndexRow, place: Place) -> JsonObject:
    """The record of one clip."""
    suffix = extension(row.path)
    media = "1" if suffix in VIDEO else "2" if suffix in AUDIO else "3" if suffix in PICTURE else "4"
    shot, taken = _local(row.recorded_at, place.zone), _local(row.taken_at, place.zone)
    where = "0" if row.disposed else "3" if row.received and not row.evicted else "2" if row.evicted else "1"
    offset = datetime.fromisoformat(row.taken_at).astimezone(place.zone).utcoffset()
    return {
        "wjbh": row.clip,
        "wjmc": os.fsdecode(row.path.rpartition(b"/")[2]).encode(errors="replace").decode(),
        "bmbh": place.unit,
        "gzz_xh": place.station,
        "sbbh": row.device,
        "sjzt": _STATES[row.state],
        "sczt": "1" if row.received else "0",
        "ccbs": where,
        "yhbh": row.officer or "",
        "pssj": shot,
        "drsj": taken,
        "mtlx": media,
        "wjgs": suffix.decode(errors="replace").upper(),
        "wjdx": row.size,
        "zybj": row.importance or IMPORTANCE,
        "wjsc": 0 if row.duration_ms is None else round(row.duration_ms / 1000),
        "wjzt": "1" if row.disposed else "0",
        "bflj": link(place.public_url, place.station, row.clip),
        "xzlj": f"{place.public_url.rstrip('/')}/v1/clips/{row.clip}" if place.public_url and not row.disposed else "",
        "kzxx": {
            "sbxlh": row.serial or "",
            "jyz": row.sha256,
            "ajbh": row.case_number or "",
            "sqpy": 0 if offset is None else round(offset.total_seconds() / 60),
            "pssj_utc": row.recorded_at or "",
            "drsj_utc": row.taken_at,
        },
    }


def link(public_url: str, station: str, clip: str) -> str:
    """The address of a clip that stays: at the station's public address, otherwise one that names the station (RFC 3986, no authority known)."""
    return f"{public_url.rstrip('/')}/go/clips/{clip}" if public_url else f"evidence-station:{station}/clips/{clip}"


def batch(number: str, place: Place, head: JsonObject, new: Sequence[JsonObject], changed: Sequence[JsonObject]) -> bytes:
    """The bytes of a batch, which are signed: records that the platform does not know, and those that changed. ``head``: of the log."""
    records: list[Json] = [{"op": "add", **one} for one in new]
    records += [{"op": "update", **one} for one in changed]
    return canonical(
        {"form": FORM, "batch": number, "bmbh": place.unit, "gzz_xh": place.station, "log": head, "records": records}
    )


def _local(moment: str | None, zone: ZoneInfo) -> str:
    return "" if moment is None else datetime.fromisoformat(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
