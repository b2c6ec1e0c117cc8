"""The clean home ``kept``: what two people decide, with holds, approvals, a case, a disposal that was carried out and one that waits.

Nothing is due on the day it is taken, so the commands run on later days, as the station's clock sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.campaigns.tampering.command import Breaking, must, run
from tests.campaigns.tampering.homes import EVENING, SHOP, STATION, UNIT, Pattern, make_card, settings_for
from tests.campaigns.tampering.victim import NothingTouched, Victim

FIRST, SECOND = "000001", "000002"
DUE, OVER, LAST = 200, 208, 216
"""Days after the footage was taken: when its time is over, when that of undoing its disposal is, and of the next one."""
RUN = ("disposals", "run")
DAY_NS = 86_400 * 1_000_000_000


def acting(person: str) -> Mapping[str, str]:
    """Settings for somebody at the keyboard who may dispose and agree."""
    return {"EVIDENCE_STATION_OPERATOR": person, "EVIDENCE_STATION_OPERATOR_ROLE": "supervisor"}


def later(days: int, breaking: Breaking = lambda: None) -> Breaking:
    """The station's clock is so many days ahead; and what else is broken."""

    def change() -> None:
        from evidence.custody.entry import Moment
        from station import clock

        real = clock.now

        def now() -> Moment:
            at = real()
            return Moment(at.unix_ns + days * DAY_NS, at.mono_ns + days * DAY_NS, at.boot, at.clock)

        clock.now = now  # the forked command's own
        breaking()

    return change


def make_kept(folder: Path) -> Pattern:
    """Two clips are disposed of, with a certificate; a third has been agreed on. One hold is in force, one was lifted; a case has changed."""
    home, second = folder / "home", folder / "second"
    settings = settings_for(second)

    def station(*arguments: str, person: str = FIRST, days: int = 0, status: int = 0) -> dict[str, Any]:
        return must(home, *arguments, settings={**settings, **acting(person)}, status=status, broken=later(days))

    def agreed(days: int, *clips: str) -> None:
        asked = station("disposals", "ask", *clips, "--reason", "its time is over", "--waiver", "000009 knows of it", days=days)
        station("disposals", "approve", asked["id"], person=SECOND, days=days)

    anchor = str(station("init", "--station", STATION, "--unit", UNIT)["anchor"])
    station("ingest", str(make_card(folder / "cards" / "shop", SHOP)), "--source", "cctv", "--device", "shop:17")
    evening = station("ingest", str(make_card(folder / "cards" / "evening", EVENING)), "--officer", "001234")
    station("upload", "--until-idle")
    clips = {clip["path"]: clip["id"] for clip in station("clips")["clips"]}
    station("cases", "open", "A2026-000018", "--title", "a shop")
    station("cases", "change", "A2026-000018", "--title", "two shops")
    hold, _ = (
        station("holds", "place", "officer", officer, "--clause", "procedure law, art. 54", "--reason", "a complaint")["id"]
        for officer in ("008888", "009999")
    )
    station("holds", "lift", hold, "--reason", "settled", status=4)
    station("holds", "lift", hold, "--reason", "settled", person=SECOND)
    agreed(DUE, *(clip for path, clip in clips.items() if path.endswith(".avi")))
    station(*RUN, days=OVER)
    agreed(OVER, evening["clips"][0]["id"])
    station("checkpoint", "--out", str(folder / "kept.checkpoint"), days=OVER)
    final = folder / "kept.checkpoint"
    return Pattern("kept", home, second, anchor, (final,), final)


def done_later(
    victim: Victim, *arguments: str, person: str = FIRST, days: int = LAST, breaking: Breaking = lambda: None
) -> dict[str, Any]:
    """Somebody does something on a later day, perhaps with broken software: the answer. Raises ``NothingTouched`` when it fails."""
    said = run(victim.home, *arguments, settings={**victim.settings, **acting(person)}, broken=later(days, breaking))
    if said.status not in (0, 4):
        raise NothingTouched(said.told())
    return said.document
