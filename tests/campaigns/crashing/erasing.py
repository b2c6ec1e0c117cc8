"""The scenario ``erase``: a card is erased, struck at every step, and erased again until exactly what may go is gone.

Its card lies on a disk of its own, so that a power cut brings back what was unlinked and not yet durable.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from station.home import Home
from station.rooms import Rooms
from tests.campaigns.crashing import scenarios
from tests.campaigns.crashing.running import Ran, Runner
from tests.campaigns.crashing.scenarios import Place, Scenario
from tests.station.confirmed import clips_of, confirm

UNCONFIRMED = ("DCIM/twin.MP4", "LOG/20260115.LOG")
STAYS = {*map(os.fsencode, UNCONFIRMED), b"DCIM/empty.MP4"}


@dataclass(frozen=True, slots=True)
class Erasing(Scenario):
    """Done is what left on the card exactly what has to stay."""

    def is_done(self, place: Place, ran: Ran) -> bool:
        return Scenario.is_done(self, place, ran) and lying(place) == STAYS


def lying(place: Place) -> set[bytes]:
    """The files on the card."""
    root = os.fsencode(place.card)
    found = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
    return {os.path.relpath(path, root) for path in found}


def _confirmed(runner: Runner, place: Place) -> None:
    """A card that was taken; a store has confirmed all of it but two files."""
    scenarios.ingested(runner, place)
    rooms = Rooms.open(Home(place.home))
    confirm(rooms, [row for path, row in clips_of(rooms).items() if path not in UNCONFIRMED])
    with rooms.queries() as queries:
        (docking,) = queries.dockings()
    rooms.close()
    (place.root / "docking").write_text(json.dumps(docking.id), encoding="utf-8")


SCENARIOS = (
    Erasing(
        "erase",
        _confirmed,
        lambda place: ["erase", json.loads((place.root / "docking").read_text(encoding="utf-8")), str(place.card), "--yes"],
        settings=lambda _place: {"EVIDENCE_STATION_ERASE": "after-receipt"},
        disks=("home", "home/vault", "card"),
    ),
)
