"""Room: erase a card, let go of local copies, fetch them again, and what is to be expected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evidence.canonical import Json
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.custody.entry import Actor, rfc3339
from evidence.ids import ClipId, DockingId
from station import forecast as forecasting
from station import looking
from station.commands import Answer, Erase, Evict, Forecast, Recall, Report
from station.handlers.intake import vaults_of
from station.rooms import Rooms

if TYPE_CHECKING:
    from station.forecast import DeviceForecast, StationForecast


def erase(rooms: Rooms, command: Erase, actor: Actor, report: Report) -> Answer:
    """Erase a card that somebody mounted for writing, or say what would go."""
    from station.erasing import erase_at

    looking.may_list_docking(rooms, command.docking, actor)
    if command.confirmed:
        rooms.prepare_to_write()
    return erase_at(rooms, actor, DockingId(command.docking), command.path, confirmed=command.confirmed, report=report)


def evict(rooms: Rooms, command: Evict, actor: Actor, report: Report) -> Answer:
    """Let go of local copies until there is room."""
    from station import space

    if not command.dry_run:
        rooms.prepare_to_write()
    return space.evict(rooms, actor, dry_run=command.dry_run, report=report)


def recall(rooms: Rooms, command: Recall, actor: Actor, report: Report) -> Answer:
    """Fetch what lies in the store alone; what is in the vault stays as it is."""
    from station import space

    looking.may_have(rooms, command.clips, actor)
    rooms.prepare_to_write()
    rows = []
    with rooms.queries() as queries:
        for clip in dict.fromkeys(command.clips):
            row = queries.clip(ClipId(clip))
            if row is None:
                raise NoSuchClip(clip=clip)
            rows.append(row)
    fetched = {row.sha256 for row in space.recall(rooms, rows, actor, report)}
    told: list[Json] = [{"id": row.id, "sha256": row.sha256, "size": row.size, "fetched": row.sha256 in fetched} for row in rows]
    return Answer({"recalled": told})


def forecast(rooms: Rooms, _command: Forecast, _actor: Actor, _report: Report) -> Answer:
    """What the last month says of the next ones."""
    moment = rooms.clock()
    now = datetime.fromisoformat(moment.utc)
    since = rfc3339(moment.unix_ns - forecasting.WINDOW // timedelta(microseconds=1) * 1000)
    with rooms.queries() as queries:
        seen = queries.dockings_since(since)
        received = [(datetime.fromisoformat(at), count) for at, count in queries.received_since(since)]
        waiting = queries.bytes_to_send()
    dockings = [
        forecasting.Docked(one.device, datetime.fromisoformat(one.opened_at), one.new_bytes, one.total, one.free) for one in seen
    ]
    free = min(vault.free_bytes() for vault in vaults_of(rooms))
    evicts = rooms.settings.vault_low_bytes > 0
    station = forecasting.of_station(dockings, received, waiting=waiting, free=free, evicts=evicts, now=now)
    devices: list[Json] = [_device(one) for one in forecasting.of_devices(dockings)]
    return Answer({"devices": devices, "station": _station(station)})


def _device(one: DeviceForecast) -> dict[str, Json]:
    return {
        "device": one.device,
        "dockings": one.dockings,
        "last_docked_at": _moment(one.last_docked_at),
        "total_bytes": one.total_bytes,
        "free_bytes": one.free_bytes,
        "bytes_a_day": one.bytes_a_day,
        "outlook": one.outlook.value,
        "full_at": _moment(one.full_at),
    }


def _station(one: StationForecast) -> dict[str, Json]:
    return {
        "intake_a_day": one.intake_a_day,
        "line_a_day": one.line_a_day,
        "waiting_bytes": one.waiting_bytes,
        "free_bytes": one.free_bytes,
        "outlook": one.outlook.value,
        "full_at": _moment(one.full_at),
        "line": one.line.value,
        "caught_up_at": _moment(one.caught_up_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
