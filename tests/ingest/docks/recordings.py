"""Properties that a real kernel and udevd said while devices were plugged in and pulled out, one event a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ingest.docks.facts import Arrived, DockEvent, Noticed, Plugged, Removed
from ingest.docks.tree import Tree, UdevEvent

FOLDER = Path(__file__).parent / "recordings"
Timed = tuple[float, UdevEvent]


def recording(name: str) -> list[Timed]:
    """The events of a recording with the second at which each was heard."""
    lines = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(line["at"], UdevEvent(line["properties"]["ACTION"], line["properties"])) for line in lines]


def moved(event: UdevEvent, *words: tuple[str, str]) -> UdevEvent:
    """The event with text in its properties replaced: another port, another serial number."""
    properties = dict(event.properties)
    for old, new in words:
        properties = {name: value.replace(old, new) for name, value in properties.items()}
    return replace(event, properties=properties)


def told(events: Iterable[Timed], *, until: float = 1000.0, tree: Tree | None = None) -> list[tuple[float, DockEvent]]:
    """Everything a tree says about some events, and when: it is asked whenever it says that it may have something."""
    tree = tree or Tree()
    said: list[tuple[float, DockEvent]] = []

    def ask_until(now: float) -> None:
        while (ripe := tree.next_at()) is not None and ripe <= now:
            said.extend((ripe, one) for one in tree.due(ripe))
        said.extend((now, one) for one in tree.due(now))

    for at, event in events:
        ask_until(at)
        tree.feed(event, at)
        said.extend((at, one) for one in tree.due(at))
    ask_until(until)
    return said


def arrivals(said: Iterable[tuple[float, DockEvent]]) -> list[Plugged]:
    return [one.plugged for _, one in said if isinstance(one, Arrived)]


def words(said: Iterable[tuple[float, DockEvent]]) -> list[str]:
    kinds = {Noticed: "noticed", Arrived: "arrived", Removed: "removed"}
    return [kinds[type(one)] for _, one in said]
