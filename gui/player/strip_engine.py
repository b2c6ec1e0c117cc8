"""Where nothing can play: the small pictures of the filmstrip stand in for the frames, by the same calls."""

from __future__ import annotations

from collections.abc import Callable

from gui.player.engine import Pictured
from gui.player.timeline import Strip


class StripEngine:
    """Shows what the strip has next to a moment. It plays nothing."""

    plays = False

    def __init__(self) -> None:
        self.pictured: Pictured = lambda _image, _us: None
        self.ended: Callable[[], None] = lambda: None
        self.failed: Callable[[], None] = lambda: None
        self.strip: Strip | None = None

    def open(self, _address: str) -> None:
        """As :class:`gui.player.engine.Engine` says; so are the following."""
        self.seek(0)

    def close(self) -> None:
        self.strip = None

    def seek(self, us: int) -> None:
        if self.strip is not None:
            self.pictured(self.strip.near(us).toImage(), us)

    def play(self, rate: float) -> None:
        """Never: ``plays`` says so."""

    def pause(self) -> None:
        """It stands still."""

    def mute(self, quiet: bool) -> None:
        """It makes no sound."""
