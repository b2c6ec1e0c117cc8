"""How the station is, at one glance."""

from __future__ import annotations

import shutil
from pathlib import Path

from evidence.canonical import Json, digest
from evidence.catalogue.queries import Queries
from evidence.custody.entry import SUBJECT_STATION, Act, Actor
from station.commands import Answer, Report, Status
from station.rooms import Rooms


def status(rooms: Rooms, _command: Status, _actor: Actor, _report: Report) -> Answer:
    """Log head, what the vault holds, what is open, what waits."""
    with rooms.queries() as queries:
        head = queries.head()
        devices: dict[str, Json] = dict(queries.devices_by_state())
        counts: dict[str, Json] = {name: queries.count(name) for name in ("clip", "docking", "blob", "recording", "receipt")}
        counts["alarm"] = queries.open_alarms()
        held = queries.clip_bytes()
        waiting: dict[str, Json] = dict(queries.uploads_by_state())
        open_dockings = [row.id for row in queries.dockings("open")]
        accepted = queries.settings_sha256() == digest(rooms.home.settings.read_bytes())
        unit = queries.unit()
        witnessed = queries.last_witnessed(head.epoch)
        stamps: dict[str, Json] = {"attested": queries.count("time_stamp"), "waiting": queries.count("stamp_request")}
        clock = _clock(rooms, queries)
        cosigned = queries.newest_cosigned(head.epoch)
    space = shutil.disk_usage(rooms.home.vault)
    return Answer(
        {
            "home": str(rooms.home.root),
            "station": rooms.station,
            "unit": unit,
            "vault": {
                "path": str(rooms.home.vault),
                "bytes": held,
                "free_bytes": space.free,
                "second": rooms.settings.second_vault or None,
            },
            "log": {"origin": head.origin, "size": head.size, "root": head.root, "witnessed": witnessed, "cosigned": cosigned},
            "counts": counts,
            "devices": devices,
            "open_dockings": open_dockings,
            "uploads": waiting,
            "stamps": stamps,
            "clock": clock,
            "store": rooms.settings.store,
            "settings_accepted": accepted,
            "service": None if rooms.health is None else rooms.health(rooms.settings.language),
        }
    )


def _clock(rooms: Rooms, queries: Queries) -> dict[str, Json]:
    """What is known of the station's clock: the kernel's word, when it was set last, how far it was from an authority's time."""
    jump = queries.newest_entry(SUBJECT_STATION, Act.CLOCK_CHANGED.value)
    stamp = queries.newest_entry(SUBJECT_STATION, Act.TIME_STAMPED.value)
    return {
        "state": rooms.clock().clock.value,
        "set_at": None if jump is None else jump["when"]["utc"],
        "set_by_ms": None if jump is None else jump["what"]["by_ms"],
        "drift_ms": None if stamp is None else stamp["what"]["drift_ms"],
        "drift_at": None if stamp is None else stamp["when"]["utc"],
    }


def second_vault(rooms: Rooms) -> Path | None:
    """The second vault, when one is set."""
    return Path(rooms.settings.second_vault) if rooms.settings.second_vault else None
