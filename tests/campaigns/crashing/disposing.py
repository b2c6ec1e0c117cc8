"""The scenario ``dispose``: a disposal is carried out, struck at every step, and carried out again until every copy of what was named is gone.

Nothing is due on the day it is taken, so a rule that ended yesterday is written where no command would write one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.keeping import IN_FORCE, RULE, rule_said
from evidence.custody.entry import Actor
from evidence.disposal import DisposalState
from evidence.ids import SheetId
from evidence.retention import DEFAULTS, Period, Rule
from station import disposals
from station.certifying import FOLDER
from station.home import Home
from station.rooms import Rooms
from tests.campaigns.crashing import scenarios
from tests.campaigns.crashing.running import Ran, Runner
from tests.campaigns.crashing.scenarios import Place, Scenario, command, done
from tests.campaigns.crashing.state import sheet_said

FIRST, SECOND = Actor("000001", "supervisor"), Actor("000002", "supervisor")
NAMED = 3
LONG_AGO = "2020-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Disposing(Scenario):
    """Done is what left no copy of what was named, and its certificate."""

    def is_done(self, place: Place, ran: Ran) -> bool:
        return Scenario.is_done(self, place, ran) and _is_over(place)


def _is_over(place: Place) -> bool:
    named = json.loads((place.root / "named").read_text(encoding="utf-8"))
    said = sheet_said(place.home, named["disposal"])
    left = [
        path for folder in ("vault/blobs", "store") for path in (place.home / folder).rglob("*") if path.name in named["contents"]
    ]
    certified = all((place.home / FOLDER / f"{named['disposal']}.{ending}").is_file() for ending in ("pdf", "json"))
    return said.get("state") == DisposalState.CARRIED_OUT.value and not left and certified


def _approved(runner: Runner, place: Place) -> None:
    """A station with footage that was sent, of which some is to be disposed of."""
    scenarios.ingested(runner, place)
    done(command(runner, place, "upload", "--until-idle"))
    rooms = Rooms.open(Home(place.home))
    with rooms.queries() as queries:
        clips = [row for row in queries.clips() if row.size][:NAMED]
    rule = Rule(DEFAULTS[0].name, Period(days=-1), "yesterday")
    with rooms.ledger.commit() as commit:
        written(commit, Sheet(RULE, rule_said(rule, IN_FORCE), None, (("name", rule.name),)), "added", FIRST)
    disposal = disposals.ask(
        rooms, FIRST, [row.id for row in clips], all_due=0, reason="over", waiver="000009 takes it upon himself"
    )
    disposals.approve(rooms, SECOND, disposal)
    with rooms.ledger.commit() as commit:
        row = disposals.row_of(commit, disposal)
        disposals.change(commit, row, "approved", SECOND, {"not_before": LONG_AGO}, {})
    rooms.close()
    named = {"disposal": SheetId(disposal), "contents": [row.sha256 for row in clips]}
    (place.root / "named").write_text(json.dumps(named), encoding="utf-8")


SCENARIOS = (Disposing("dispose", _approved, lambda _place: ["disposals", "run"], disks=("home", "home/vault", "home/store")),)
