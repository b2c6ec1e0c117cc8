"""What the campaign disturbs at the desk: somebody is entered, a hold is placed and lifted by a second person, an index is given to the city."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.campaigns.crashing import scenarios
from tests.campaigns.crashing.running import Ran, Runner
from tests.campaigns.crashing.scenarios import Answers, Place, Scenario, command, done
from tests.campaigns.crashing.state import sheets_of

FIRST, SECOND = "000001", "000002"
_OUT = "for the city"


@dataclass(frozen=True, slots=True)
class Placing(Scenario):
    """Done is also what placed the hold and could not say so: typed again, it would place another."""

    def is_done(self, place: Place, ran: Ran) -> bool:
        return Scenario.is_done(self, place, ran) or bool(sheets_of(place.home, "hold"))


def _as(person: str, role: str = "supervisor") -> Mapping[str, str]:
    return {"EVIDENCE_STATION_OPERATOR": person, "EVIDENCE_STATION_OPERATOR_ROLE": role}


def _asked_to_be_lifted(runner: Runner, place: Place) -> None:
    """A hold, and one person who asks that it be lifted."""
    scenarios.station(runner, place)
    placed = done(command(runner, place, *_HOLD, settings=_as(FIRST)))
    (place.root / "hold").write_text(json.loads(placed.output)["id"], encoding="utf-8")
    asked = command(runner, place, *_lift(place), settings=_as(FIRST))
    if asked.status != 4:
        raise RuntimeError(f"a scenario cannot be made ready: {asked.told()}")


def _lift(place: Place) -> Sequence[str]:
    return ["holds", "lift", (place.root / "hold").read_text(encoding="utf-8"), "--reason", "the court is done"]


def _to_be_given(runner: Runner, place: Place) -> None:
    scenarios.ingested(runner, place)
    (place.root / _OUT).mkdir()


def _missing_batch(place: Place, answers: Answers) -> Sequence[str]:
    """Batches that were answered and are not there, whole and with their signature."""
    wrong = []
    for one in answers:
        body, signature = Path(one["file"]), Path(one["signature"])
        whole = body.is_file() and sha256(body.read_bytes()).hexdigest() == one["sha256"]
        if not whole or not signature.is_file() or not signature.stat().st_size:
            wrong.append(f"the batch {one['batch']} was answered, and is not there")
    return wrong


def _refused_as(code: str, ran: Ran) -> bool:
    document = ran.document
    return document is not None and document.get("error", {}).get("code") == code


_HOLD = ("holds", "place", "officer", "004567", "--clause", "procedure law, art. 54", "--reason", "a complaint")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "people",
        scenarios.station,
        lambda _place: ["people", "add", "004711", "--role", "supervisor", "--name", "Li"],
        settings=lambda _place: _as(FIRST, "administrator"),
        finished=lambda _place, ran: _refused_as("person-known", ran),
        disks=("home",),
    ),
    Placing("hold", scenarios.station, lambda _place: _HOLD, settings=lambda _place: _as(FIRST), disks=("home",)),
    Scenario(
        "approval",
        _asked_to_be_lifted,
        _lift,
        settings=lambda _place: _as(SECOND),
        finished=lambda _place, ran: _refused_as("hold-is-lifted", ran),
        disks=("home",),
    ),
    Scenario(
        "index",
        _to_be_given,
        lambda place: ["index", "batch", str(place.root / _OUT)],
        disks=("home", "home/vault", _OUT),
        broken_word=_missing_batch,
    ),
)
