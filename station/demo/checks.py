"""What the demo holds everything against. A check that fails is told at once, counted, and decides how the demo ends."""

from __future__ import annotations

from evidence.errors import Exit, worst
from station.demo.words import Teller


class Checks:
    """Checks made so far."""

    def __init__(self, tell: Teller) -> None:
        self._tell = tell
        self._statuses: list[Exit] = []
        self.passed = 0
        self.failed: list[str] = []

    def that(self, holds: bool, code: str, status: Exit = Exit.INTERNAL, **fields: object) -> bool:
        """Hold one sentence to be true; ``status`` is what its failing means for the exit status."""
        sentence = self._tell(code, **fields)
        self._tell.write(f"  {'✔' if holds else '✖'} {sentence}")
        if holds:
            self.passed += 1
        else:
            self.failed.append(sentence)
            self._statuses.append(status)
        return holds

    @property
    def status(self) -> Exit:
        """The exit status that all checks together call for."""
        return worst([Exit.OK, *self._statuses])
