"""The station's categories, asked once and kept: their names in the language chosen, and the nine that have a key."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.here import Here
from station.commands import Answer
from station.commands.desk import ListCategories

KEPT = "categories.keys"
UNCLASSIFIED = "unclassified"


class Categories(QObject):
    """The tree, as far as it is known yet."""

    changed = Signal()

    def __init__(self, here: Here, parent: QObject) -> None:
        super().__init__(parent)
        self._here, self._asks = here, here.link.asker()
        self._known: dict[str, dict[str, Any]] = {}

    def ask(self) -> None:
        """Ask for them anew."""
        self._asks.ask("categories", ListCategories(), self._came)

    def _came(self, answer: Answer) -> None:
        document: Any = answer.document
        self._known = {one["category"]: one for one in document["categories"]}
        self.changed.emit()

    def name(self, code: str | None) -> str:
        """What a category is called; a dash for none; the code itself where the tree does not have it."""
        words = self._here.words
        if code is None or code == UNCLASSIFIED:
            return words("none")
        found = self._known.get(code)
        return words.or_none(code if found is None else words.pick((found["en"], found["zh"])))

    def given(self) -> list[tuple[str, int]]:
        """Those that can be given, in the tree's order, each with how deep it stands."""
        return [(code, int(one["depth"])) for code, one in self._known.items() if not one["retired"]]

    def keys(self) -> list[str]:
        """The categories of the keys 1 to 9: as the person chose them, at first those that the tree has first and that have none below."""
        known = {code for code, _ in self.given()}
        chosen = [code for code in self._here.kept.get(KEPT, []) if code in known]
        above = {one["parent"] for one in self._known.values()}
        return chosen or [code for code, _ in self.given() if code not in above][:9]

    def choose_keys(self, codes: list[str]) -> None:
        """These have the keys from now on."""
        self._here.kept.put(KEPT, codes)
        self.changed.emit()
