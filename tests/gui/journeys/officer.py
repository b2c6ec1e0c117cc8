"""The officer docks and leaves: the recorder into the dock, the tile says it may be taken, badge on the pad, the clips marked as important, the recorder out."""

from __future__ import annotations

import tempfile
from pathlib import Path

from station.commands import ListClips, ListDockings
from station.commands.log import Custody, Verify
from tests.gui.journeys.home import CLERK, OFFICER, PIN, asked, card, made, serving
from tests.gui.journeys.screen import Person, before

SLOT = 2


def main(arguments: list[str]) -> int:
    """Do it, and tell. ``arguments``: where pictures are left, if anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        journey(Path(folder), Path(arguments[0]) if arguments else None)
    return 0


def journey(folder: Path, pictures: Path | None = None) -> None:
    """The whole of it, in an empty folder. Raises :class:`AssertionError` where a person or the station would not agree."""
    home = made(folder)
    with serving(home) as station, before(home, folder, "--kiosk", pictures=pictures) as person:
        person.waits_for("Slot 2: Free")
        person.takes_picture("officer")
        station.plugs(SLOT, card(folder / "card", "0001", "0002"))
        person.waits_for("Slot 2: Take it")
        person.takes_picture("officer")

        signs_in(person, OFFICER)
        person.points_at("Slot 2: Take it")
        person.waits_for("Back")
        person.waits_for("2026-01-15")
        person.takes_picture("officer")
        person.points_at("Back")
        person.points_at("I am done")

        signs_in(person, CLERK)
        person.points_at("Slot 2: Take it")
        person.points_at("All are important")
        person.takes_picture("officer")
        person.points_at("Back")
        person.points_at("I am done")

        station.pulls(SLOT)
        person.waits_for("Slot 2: Free")
        person.takes_picture("officer")

    (docking,) = asked(home, ListDockings())["dockings"]
    clips = asked(home, ListClips())["clips"]
    log = asked(home, Custody())["entries"]
    assert (docking["state"], docking["officer"], docking["acquisition"]["slot"]) == ("sealed", OFFICER, SLOT)
    assert [(one["docking"], one["officer"], one["state"]) for one in clips] == [(docking["id"], OFFICER, "verified")] * 2
    assert [one["importance"] for one in clips] == ["1"] * 2
    marks = [one for one in log if one["type"] == "tagged"]
    assert {one["subject"] for one in marks} == {f"clip:{one['id']}" for one in clips}
    assert {(one["actor"]["role"], one["personal"]["actor"]) for one in marks} == {("clerk", CLERK)}
    doings = [
        (one["what"].get("did"), one["personal"]["actor"]) for one in log if one["what"].get("did") in {"signed-in", "signed-out"}
    ]
    assert doings[-4:] == [("signed-in", OFFICER), ("signed-out", OFFICER), ("signed-in", CLERK), ("signed-out", CLERK)]
    assert asked(home, Verify())["problems"] == []


def signs_in(person: Person, badge: str) -> None:
    """Badge and PIN on the pad, by touch."""
    person.points_at("Card or badge")
    for key in (*badge, "↵", *PIN, "↵"):
        person.points_at(key, "QPushButton")
    person.waits_for("I am done")
