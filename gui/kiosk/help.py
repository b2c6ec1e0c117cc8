"""What the colours mean, for whoever stands there for the first time."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.kiosk.sheet import Sheet
from gui.parts.basics import Looks, Picture, holding, label, row

LINES = (("plug", "muted"), ("copy", "info"), ("check", "good"), ("hand", "bad"), ("unknown", "warn"))


class HelpSheet(Sheet):
    """Five lines."""

    def __init__(self, looks: Looks, over: QWidget) -> None:
        super().__init__(looks, over)
        looks.words.put(self.heading, "kiosk-help")
        for number, (picture, colour) in enumerate(LINES, 1):
            text = label(looks, f"kiosk-help-{number}", "heading", wrap=True)
            line = row(Picture(looks, picture, colour, 44), text, space=18, margins=(14, 10, 14, 10), free=1)
            self.body.addWidget(holding(line, "card"))
        self.body.addStretch(1)
