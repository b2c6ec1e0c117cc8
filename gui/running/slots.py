"""The board at the desk: the same tiles as the kiosk's, for whoever sits and not stands."""

from __future__ import annotations

from typing import Any

from gui.here import Here
from gui.link import Change, Problem
from gui.parts.basics import column, label
from gui.parts.states import Stage
from gui.parts.tiles import Tiles
from gui.screen import Screen


class Slots(Screen):
    """Every slot as it is now."""

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.tiles = Tiles(here)
        self.stage = Stage(here, self.tiles, self.back)
        self.setLayout(
            column(
                label(here, "page-board", "title"),
                label(here, "page-board-about", "muted", wrap=True),
                self.stage,
                margins=(16, 12, 16, 16),
                free=2,
            )
        )

    def entered(self, **_what: Any) -> None:
        self.back()

    def back(self) -> None:
        self.stage.looking()
        self.asks.get("slots", "/slots", self._came, self._wrong, open_to_all=True)

    def heard(self, changes: tuple[Change, ...]) -> None:
        slots = {one.document["slot"]: one.document for one in changes if one.name == "slot"}
        if slots:
            self.tiles.show_slots(slots.values(), whole=False)

    def _came(self, document: dict[str, Any]) -> None:
        self.tiles.show_slots(document["slots"], whole=True)
        if document["slots"]:
            self.stage.content()
        else:
            self.stage.empty("board-none", "board-none-more", picture="plug")

    def _wrong(self, problem: Problem) -> None:
        self.stage.failed(problem)
