"""Icons, drawn from paths of our own on a grid of 24: sharp at every size, in any colour of the theme, and nothing to load.

A path is text: ``M x y`` moves, ``L x y`` draws a line, ``C`` a curve (two handles, then the end), ``Z`` closes, ``O x y r`` is a circle,
``R x y w h`` a rectangle. What follows a ``!`` is filled, what stands before is a stroke of two units.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from gui.theme import Theme

GRID = 24.0
PATHS: dict[str, str] = {
    "alarm": "M6 17 L6 11 C6 4 18 4 18 11 L18 17 L20 18 L4 18 Z M10 21 L14 21",
    "approve": "O9 8 4 M2 20 C2 13 16 13 16 20 M15 10 L18 13 L23 7",
    "back": "M20 12 L4 12 M10 6 L4 12 L10 18",
    "badge": "R4 3 16 18 O12 10 3 M7 18 C7 13 17 13 17 18",
    "battery": "R2 8 17 9 M22 11 L22 14 ! R4 10 5 5",
    "bolt": "! M13 2 L5 14 L11 14 L10 22 L19 9 L13 9 Z",
    "calendar": "R3 5 18 16 M3 10 L21 10 M8 2 L8 6 M16 2 L16 6",
    "camera": "R2 6 14 12 M16 11 L22 7 L22 17 L16 13",
    "case": "R3 7 18 13 M8 7 L8 4 L16 4 L16 7 M3 12 L21 12",
    "chart": "M3 21 L21 21 M6 21 L6 12 M12 21 L12 5 M18 21 L18 9",
    "check": "M4 13 L10 19 L20 6",
    "clock": "O12 12 9 M12 7 L12 12 L16 14",
    "clock-wrong": "O12 12 9 M12 6 L12 13 ! O12 17 1.4",
    "columns": "R3 4 18 16 M9 4 L9 20 M15 4 L15 20",
    "copy": "M12 3 L12 15 M7 10 L12 15 L17 10 M4 20 L20 20",
    "cross": "M5 5 L19 19 M19 5 L5 19",
    "device": "R6 2 12 20 O12 9 3 M10 18 L14 18",
    "disk": "M4 6 C4 2 20 2 20 6 L20 18 C20 22 4 22 4 18 Z M4 6 C4 10 20 10 20 6 M4 12 C4 16 20 16 20 12",
    "down": "M5 9 L12 16 L19 9",
    "edit": "M4 20 L4 16 L16 4 L20 8 L8 20 Z M13 7 L17 11",
    "empty": "O12 12 8",
    "export": "M12 15 L12 3 M7 8 L12 3 L17 8 M4 14 L4 21 L20 21 L20 14",
    "eye": "M2 12 C7 4 17 4 22 12 C17 20 7 20 2 12 Z O12 12 3",
    "film": "R3 4 18 16 M8 4 L8 20 M16 4 L16 20 M3 9 L8 9 M3 15 L8 15 M16 9 L21 9 M16 15 L21 15",
    "filter": "M3 4 L21 4 L14 12 L14 20 L10 18 L10 12 Z",
    "forward": "! M3 4 L12 12 L3 20 Z M12 4 L21 12 L12 20 Z",
    "gear": "O12 12 3 O12 12 7 M12 2 L12 5 M12 19 L12 22 M2 12 L5 12 M19 12 L22 12 M5 5 L7 7 M17 17 L19 19 M19 5 L17 7 M7 17 L5 19",
    "globe": "O12 12 9 M3 12 L21 12 M12 3 C7 8 7 16 12 21 M12 3 C17 8 17 16 12 21",
    "grid": "R3 3 7 7 R14 3 7 7 R3 14 7 7 R14 14 7 7",
    "hand": "M7 12 L7 6 C7 4 10 4 10 6 L10 11 M10 6 L10 4 C10 2 13 2 13 4 L13 11 M13 5 C13 3 16 3 16 5 L16 11 "
    "M16 8 C16 6 19 6 19 8 L19 15 C19 22 10 23 8 19 L4 14 C3 12 6 11 7 13",
    "help": "O12 12 9 M9 10 C9 6 15 6 15 10 C15 12 12 12 12 14 ! O12 17.5 1.2",
    "hold": "R5 11 14 10 M8 11 L8 8 C8 2 16 2 16 8 L16 11",
    "important": "! M12 2 L15 9 L22 9.5 L16.5 14 L18.5 21.5 L12 17 L5.5 21.5 L7.5 14 L2 9.5 L9 9 Z",
    "incident": "M12 3 L22 20 L2 20 Z M12 9 L12 14 ! O12 17 1.2",
    "info": "O12 12 9 M12 11 L12 17 ! O12 7.5 1.3",
    "key": "O8 15 5 M12 12 L21 3 M17 7 L20 10",
    "left": "M15 5 L8 12 L15 19",
    "link": "O12 12 9 M3 12 L21 12 M12 3 C7 8 7 16 12 21 M12 3 C17 8 17 16 12 21",
    "link-off": "O12 12 9 M5.5 5.5 L18.5 18.5",
    "log": "R5 2 14 20 M8 7 L16 7 M8 11 L16 11 M8 15 L13 15",
    "mark-in": "M7 3 L3 3 L3 21 L7 21 ! M8 12 L16 7 L16 17 Z",
    "mark-out": "M17 3 L21 3 L21 21 L17 21 ! M16 12 L8 7 L8 17 Z",
    "menu": "M3 6 L21 6 M3 12 L21 12 M3 18 L21 18",
    "minus": "M4 12 L20 12",
    "moon": "M19 15 C10 18 6 10 10 4 C2 6 2 20 12 21 C16 21 18 18 19 15 Z",
    "package": "M3 7 L12 2 L21 7 L21 17 L12 22 L3 17 Z M3 7 L12 12 L21 7 M12 12 L12 22",
    "pause": "! R6 4 4 16 R14 4 4 16",
    "people": "O8 8 4 M1 20 C1 13 15 13 15 20 M16 4 C20 5 20 11 16 12 M18 14 C21 15 23 17 23 20",
    "person": "O12 8 5 M3 21 C3 13 21 13 21 21",
    "play": "! M6 3 L20 12 L6 21 Z",
    "plug": "M8 2 L8 7 M16 2 L16 7 M5 7 L19 7 L19 11 C19 17 5 17 5 11 Z M12 16 L12 22",
    "plus": "M12 4 L12 20 M4 12 L20 12",
    "print": "M6 8 L6 2 L18 2 L18 8 M6 17 L2 17 L2 8 L22 8 L22 17 L18 17 R6 14 12 8",
    "queue": "M4 6 L14 6 M4 12 L14 12 M4 18 L10 18 M19 20 L19 8 M15 12 L19 8 L23 12",
    "redo": "M20 10 L8 10 C2 10 2 19 8 19 L13 19 M15 5 L20 10 L15 15",
    "refuse": "O12 12 9 M6 18 L18 6",
    "reload": "M20 12 C20 2 5 1 4 12 C4 23 17 23 20 16 M20 5 L20 12 L14 12",
    "retention": "M5 3 L19 3 M5 21 L19 21 M7 3 C7 11 17 13 17 21 M17 3 C17 11 7 13 7 21",
    "rewind": "! M21 4 L12 12 L21 20 Z M12 4 L3 12 L12 20 Z",
    "right": "M9 5 L16 12 L9 19",
    "scissors": "O6 6 3 O6 18 3 M8 8 L20 18 M8 16 L20 6",
    "search": "O10 10 7 M15 15 L21 21",
    "shield": "M12 2 L21 5 C21 14 18 19 12 22 C6 19 3 14 3 5 Z M8 12 L11 15 L16 9",
    "sign-out": "M10 3 L3 3 L3 21 L10 21 M8 12 L21 12 M16 7 L21 12 L16 17",
    "slip": "M5 2 L19 2 L19 22 L16 20 L14 22 L12 20 L10 22 L8 20 L5 22 Z M8 7 L16 7 M8 12 L16 12",
    "sound": "! M3 9 L8 9 L13 4 L13 20 L8 15 L3 15 Z",
    "stop": "! R5 5 14 14",
    "sun": "O12 12 4 M12 2 L12 5 M12 19 L12 22 M2 12 L5 12 M19 12 L22 12 M5 5 L7 7 M17 17 L19 19 M19 5 L17 7 M7 17 L5 19",
    "tag": "M3 3 L12 3 L22 13 L13 22 L3 12 Z ! O8 8 1.6",
    "trash": "M3 6 L21 6 M9 6 L9 3 L15 3 L15 6 M5 6 L6 21 L18 21 L19 6 M10 10 L10 17 M14 10 L14 17",
    "undo": "M4 10 L16 10 C22 10 22 19 16 19 L11 19 M9 5 L4 10 L9 15",
    "unknown": "O12 12 9 M9 10 C9 6 15 6 15 10 C15 12 12 12 12 14 ! O12 17.5 1.2",
    "up": "M5 15 L12 8 L19 15",
    "upload": "M12 20 L12 8 M7 13 L12 8 L17 13 M4 4 L20 4",
    "verify": "O10 10 7 M15 15 L21 21 M7 10 L9.5 12.5 L13.5 7.5",
    "wait": "O12 12 9 ! O8 12 1.4 O12 12 1.4 O16 12 1.4",
}


@lru_cache(maxsize=256)
def path_of(name: str) -> tuple[QPainterPath, QPainterPath]:
    """What of an icon is a stroke, and what is filled. Raises ``KeyError``."""
    stroke, filled = QPainterPath(), QPainterPath()
    path = stroke
    words = iter(PATHS[name].replace("!", " ! ").split())
    for word in words:
        if word == "!":
            path = filled
            continue
        letter, numbers = word[0], [float(word[1:])] if len(word) > 1 else []
        wanted = {"M": 2, "L": 2, "C": 6, "Z": 0, "O": 3, "R": 4}[letter]
        numbers += [float(next(words)) for _ in range(wanted - len(numbers))]
        _draw(path, letter, numbers)
    return stroke, filled


def _draw(path: QPainterPath, letter: str, at: list[float]) -> None:
    if letter == "M":
        path.moveTo(*at)
    elif letter == "L":
        path.lineTo(*at)
    elif letter == "C":
        path.cubicTo(*at)
    elif letter == "Z":
        path.closeSubpath()
    elif letter == "O":
        path.addEllipse(QPointF(at[0], at[1]), at[2], at[2])
    else:
        path.addRect(*at)


def paint_icon(painter: QPainter, name: str, rect: QRectF, colour: QColor, weight: float = 2.0) -> None:
    """Draw an icon into a rectangle."""
    stroke, filled = path_of(name)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    size = min(rect.width(), rect.height())
    painter.translate(rect.center().x() - size / 2, rect.center().y() - size / 2)
    painter.scale(size / GRID, size / GRID)
    pen = QPen(colour, weight)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(stroke)
    painter.fillPath(filled, colour)
    painter.restore()


def pixmap(name: str, pixels: int, colour: QColor, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture."""
    made = QPixmap(QSize(round(pixels * ratio), round(pixels * ratio)))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    paint_icon(painter, name, QRectF(0, 0, pixels, pixels), colour)
    painter.end()
    return made


def icon(theme: Theme, name: str, token: str = "text") -> QIcon:  # noqa: S107  # the name of a colour
    """An icon in a colour of the theme; disabled it is muted, chosen it has the colour of what is chosen."""
    made = QIcon()
    for pixels in (16, 24, 32, 48):
        made.addPixmap(pixmap(name, pixels, theme.colour(token)))
        made.addPixmap(pixmap(name, pixels, theme.colour("muted")), QIcon.Mode.Disabled)
    return made
