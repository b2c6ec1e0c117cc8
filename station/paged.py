"""Lists in pages by key: a page says where the next one begins, and costs the same wherever it lies.

What a command is given as ``after`` is what the page before named as ``next``: the key of its last row, as JSON. Nobody else need read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

from evidence.canonical import Json
from evidence.errors import Exit
from station.home import StationError

Row = TypeVar("Row")
Key = str | int
ROWS = 1000
"""Of a page at most, whatever was asked for."""


class NoSuchPage(StationError):
    """What was given as the beginning of a page names no place in this list. Fields: ``after``."""

    code = "no-such-page"
    status = Exit.USAGE


def place(after: str | None, *kinds: type[Key]) -> list[Key]:
    """The key behind which a page begins: nothing for the first one. Raises :class:`NoSuchPage`."""
    if after is None:
        return []
    try:
        found = json.loads(after)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or [type(one) for one in found] != list(kinds):
        raise NoSuchPage(after=after[:100])
    if any(isinstance(one, str) and (not one.isprintable() or len(one) > 300) for one in found):
        raise NoSuchPage(after=after[:100])
    if any(isinstance(one, int) and abs(one) >= 1 << 63 for one in found):
        raise NoSuchPage(after=after[:100])
    return list(found)


def texts(after: str | None, number: int = 1) -> list[str]:
    """The same, of a key that is text alone."""
    return [str(one) for one in place(after, *[str] * number)]


def wanted(limit: int | None) -> int | None:
    """How many rows to ask for: one more than will be shown, by which one knows whether there is another page."""
    return None if limit is None else _bounded(limit) + 1


def page(
    name: str, rows: Iterable[Row], limit: int | None, key: Callable[[Row], Sequence[Key]], shown: Callable[[Row], Json]
) -> dict[str, Json]:
    """The document of a list: whole without a limit; with one its first rows, and as ``next`` where to go on, or None."""
    if limit is None:
        return {name: [shown(row) for row in rows]}
    limit = _bounded(limit)
    found = list(islice(rows, limit + 1))
    more = len(found) > limit
    return {
        name: [shown(row) for row in found[:limit]],
        "next": json.dumps(list(key(found[limit - 1])), ensure_ascii=False, separators=(",", ":")) if more else None,
    }


def _bounded(limit: int) -> int:
    return max(1, min(limit, ROWS))
