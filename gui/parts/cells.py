"""What a cell of a table shows beside its text: an icon and a tone, so that a state is never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon

from gui.parts.icons import icon
from gui.theme import Theme


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, with what stands beside it."""

    text: str
    picture: QIcon | None = None
    colour: QColor | None = None
    tip: str | None = None

    def role(self, role: int) -> object:
        """What a view asks for."""
        if role == Qt.ItemDataRole.DecorationRole:
            return self.picture
        if role == Qt.ItemDataRole.ForegroundRole:
            return self.colour
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip or self.text
        return self.text if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole} else None


def toned(theme: Theme, text: str, picture: str, tone: str, tip: str | None = None) -> Cell:
    """A state as a cell: its word, its icon, its colour."""
    token = "muted" if tone == "quiet" else tone
    return Cell(text, icon(theme, picture, token), theme.colour(token), tip)
