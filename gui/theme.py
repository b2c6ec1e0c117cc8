"""How the window looks: colours of light and dark, sizes of one scale, fonts. Everything that is drawn takes its colours from here.

Rules kept here: text on what it stands on has a contrast of 4.5 at least (WCAG 2.2, 1.4.3), borders and focus rings 3 (1.4.11), which a test
computes for every pair of :data:`PAIRS`; a state is a colour and an icon and a word, never a colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

FAMILIES = ("DejaVu Sans", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei")
"""The same Latin, and Simplified Chinese shapes, under any locale (Noto picks Japanese ones by itself under ``LANG=C``)."""
BASE_PIXELS = 14
SCALES = (100, 110, 125, 150, 175, 200)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours by what they are for. ``…_solid`` is a ground that a state fills, with ``on_…`` as the text on it."""

    ground: str
    surface: str
    raised: str
    text: str
    muted: str
    line: str
    faint: str
    accent: str
    good: str
    warn: str
    bad: str
    info: str
    focus: str
    chosen: str
    on_chosen: str
    accent_solid: str
    on_accent: str
    good_solid: str
    on_good: str
    warn_solid: str
    on_warn: str
    bad_solid: str
    on_bad: str
    info_solid: str
    on_info: str
    quiet_solid: str
    on_quiet: str


LIGHT = Tokens(
    ground="#eef1f4",
    surface="#ffffff",
    raised="#e4e9ee",
    text="#1b2026",
    muted="#4d5964",
    line="#74818e",
    faint="#d3dae1",
    accent="#0b5cad",
    good="#14622c",
    warn="#704b00",
    bad="#a81d18",
    info="#0b5cad",
    focus="#0b5cad",
    chosen="#cfe3f8",
    on_chosen="#10273f",
    accent_solid="#0b5cad",
    on_accent="#ffffff",
    good_solid="#15763a",
    on_good="#ffffff",
    warn_solid="#ffb300",
    on_warn="#1b1400",
    bad_solid="#c02626",
    on_bad="#ffffff",
    info_solid="#1565c0",
    on_info="#ffffff",
    quiet_solid="#dfe5eb",
    on_quiet="#333d47",
)
DARK = Tokens(
    ground="#14181d",
    surface="#1d232b",
    raised="#2a333d",
    text="#e8edf2",
    muted="#aab6c2",
    line="#7d8a97",
    faint="#36414c",
    accent="#7cbcff",
    good="#5fd085",
    warn="#f0b93a",
    bad="#ff8f87",
    info="#7cbcff",
    focus="#9fd0ff",
    chosen="#1f4468",
    on_chosen="#f2f8ff",
    accent_solid="#1a63c4",
    on_accent="#ffffff",
    good_solid="#15763a",
    on_good="#ffffff",
    warn_solid="#ffb300",
    on_warn="#1b1400",
    bad_solid="#c02626",
    on_bad="#ffffff",
    info_solid="#1565c0",
    on_info="#ffffff",
    quiet_solid="#2a333d",
    on_quiet="#c9d3dd",
)
TONES = ("good", "warn", "bad", "info", "quiet", "accent")
"""What a state may mean: to a chip, a tile, a banner."""
_GROUNDS = ("ground", "surface", "raised")
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((text, ground, 4.5) for ground in _GROUNDS for text in ("text", "muted", "accent", "good", "warn", "bad", "info")),
    *((f"on_{tone}", f"{tone}_solid", 4.5) for tone in TONES),
    ("on_chosen", "chosen", 4.5),
    ("text", "chosen", 4.5),
    *(("line", ground, 3.0) for ground in _GROUNDS),
    *(("focus", ground, 3.0) for ground in _GROUNDS),
)
"""Which colour stands on which, and how far apart they must be."""


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Theme(QObject):
    """The look chosen: light or dark, and how large."""

    changed = Signal()

    def __init__(self, name: str = "light", scale: int = 100, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name if name in {"light", "dark"} else "light"
        self.scale = min(max(scale, SCALES[0]), SCALES[-1])

    @property
    def tokens(self) -> Tokens:
        """The colours."""
        return DARK if self.name == "dark" else LIGHT

    def colour(self, token: str) -> QColor:
        """A colour by what it is for."""
        return QColor(getattr(self.tokens, token))

    def px(self, pixels: float) -> int:
        """So many pixels at 100 %."""
        return max(1, round(pixels * self.scale / 100))

    def font(self, pixels: float = BASE_PIXELS, *, bold: bool = False, fixed: bool = False) -> QFont:
        """A font of this height at 100 %. ``fixed``: digits and letters of one width, for digests."""
        made = QFont()
        made.setFamilies([*(("DejaVu Sans Mono",) if fixed else ()), *FAMILIES])
        made.setPixelSize(self.px(pixels))
        made.setBold(bold)
        return made

    def look(self, name: str | None = None, scale: int | None = None) -> None:
        """Look so from now on."""
        name, scale = name or self.name, min(max(scale or self.scale, SCALES[0]), SCALES[-1])
        if (name, scale) != (self.name, self.scale) and name in {"light", "dark"}:
            self.name, self.scale = name, scale
            self.apply()

    def step(self, by: int) -> None:
        """A step larger or smaller."""
        near = min(range(len(SCALES)), key=lambda at: abs(SCALES[at] - self.scale))
        self.look(scale=SCALES[min(max(near + by, 0), len(SCALES) - 1)])

    def apply(self) -> None:
        """Give the look to the program."""
        from gui.look import sheet

        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setFont(self.font())
            app.setPalette(self.palette())
            app.setStyleSheet(sheet(self))
        self.changed.emit()

    def palette(self) -> QPalette:
        """For what draws itself by the palette."""
        made = QPalette()
        role = QPalette.ColorRole
        given = {
            role.Window: "ground",
            role.WindowText: "text",
            role.Base: "surface",
            role.AlternateBase: "raised",
            role.Text: "text",
            role.Button: "raised",
            role.ButtonText: "text",
            role.BrightText: "bad",
            role.Highlight: "chosen",
            role.HighlightedText: "on_chosen",
            role.ToolTipBase: "raised",
            role.ToolTipText: "text",
            role.PlaceholderText: "muted",
            role.Link: "accent",
            role.LinkVisited: "accent",
            role.Light: "faint",
            role.Mid: "line",
            role.Dark: "line",
        }
        for one, token in given.items():
            made.setColor(one, self.colour(token))
        for one in (role.WindowText, role.Text, role.ButtonText):
            made.setColor(QPalette.ColorGroup.Disabled, one, self.colour("muted"))
        return made
