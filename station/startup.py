"""What every command that writes evidence looks at first: the vaults are there and tidy, and nobody turned the log back."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.canonical import JsonObject
from evidence.errors import Exit, Fault
from ingest.vault import Vault
from station.home import StationError
from station.messages import fault_text
from station.rooms import Rooms


class LogTurnedBack(StationError):
    """A checkpoint kept elsewhere contradicts this log. Fields: ``kind`` (rolled-back or forked), ``detail``."""

    code = "log-turned-back"
    status = Exit.TAMPERED


def prepare_vaults(rooms: Rooms, vaults: Sequence[Vault]) -> None:
    """Make the vaults' folders, and remove work in progress of dockings that are no longer open."""
    for vault in vaults:
        vault.create()
    found = [vault.in_progress() for vault in vaults]  # first: another docking of this station may begin at any moment
    with rooms.queries() as queries:
        live = {str(row.id) for row in queries.dockings("open")}
    for vault, names in zip(vaults, found, strict=True):
        vault.sweep(live, names)


def warn_or_refuse(rooms: Rooms) -> list[JsonObject]:
    """Compare the log's head with the newest checkpoint in the store. Raises :class:`LogTurnedBack`.

    A store that cannot be asked is a warning: collecting must not wait for a link.
    """
    try:
        check_not_turned_back(rooms)
    except LogTurnedBack:
        raise
    except Fault as fault:
        return [{"code": fault.code, "message": fault_text(fault.code, fault.fields, rooms.settings.language)}]
    return []


def check_not_turned_back(rooms: Rooms) -> None:
    """Raise :class:`LogTurnedBack` when the newest far checkpoint contradicts the log; the store's faults when it cannot be asked."""
    from station.witnessing import newest_contradiction

    found = newest_contradiction(rooms)
    if found is not None:
        raise LogTurnedBack(kind=found.kind, detail=found.detail)
