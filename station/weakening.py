"""Which changes of settings make a station weaker: what one person alone does not do, once there are others (``weaken-setting``).

Weaker is: what was proven or kept apart is so no more, somebody stays in longer, or a copy of footage goes sooner. A setting that is not named here changes how the
station works, and nothing of what it proves. What was edited by hand is never weighed: it takes a second person whole.
"""

from __future__ import annotations

from collections.abc import Callable

from station.settings import Settings

_ERASE = ("never", "after-receipt", "after-vault")
_UNKNOWN = ("refuse", "quarantine", "take")


def _more(old: object, new: object) -> bool:
    return isinstance(old, int) and isinstance(new, int) and new > old


def _less(old: object, new: object) -> bool:
    return isinstance(old, int) and isinstance(new, int) and new < old


def _other(old: object, new: object) -> bool:
    return old != new


def _gone(old: object, new: object) -> bool:
    """Something of a list that was there is not there any more."""
    return not {one.strip() for one in str(old).split(",")} <= {one.strip() for one in str(new).split(",")}


def _removed(old: object, new: object) -> bool:
    return bool(old) and old != new


def _further(order: tuple[str, ...]) -> Callable[[object, object], bool]:
    return lambda old, new: order.index(str(new)) > order.index(str(old))


WEAKENS: dict[str, Callable[[object, object], bool]] = {
    "approval_hours": _more,
    "session_idle_minutes": _more,
    "session_hours": _more,
    "card_pin": _less,
    "catalogue_url": _other,
    "suite": lambda old, new: (old, new) == ("gm", "standard"),
    "second_vault": _removed,
    "vault_low_bytes": _more,
    "scrub_budget": _less,
    "disposal_undo_days": _less,
    "erase": _further(_ERASE),
    "erase_waiver": lambda _old, new: bool(new),
    "double_read": _less,
    "dock_write_block": _less,
    "unknown_devices": _further(_UNKNOWN),
    "clock_tolerance_seconds": _more,
    "store": _other,
    "store_endpoint": _removed,
    "store_bucket": _removed,
    "store_ca_file": _removed,
    "store_read_back": _less,
    "store_retention_days": _less,
    "timestamp_authorities": _removed,
    "timestamp_ca_file": _removed,
    "timestamp_interval": _more,
    "witnesses": _gone,
    "witness_ca_file": _removed,
}
"""By setting: whether the change from one value to the other is one."""


def weakens(name: str, before: Settings, after: Settings) -> bool:
    """Whether a change of one setting makes the station weaker."""
    judged = WEAKENS.get(name)
    return judged is not None and judged(getattr(before, name), getattr(after, name))
