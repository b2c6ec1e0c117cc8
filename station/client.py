"""How anyone talks to the station: one call, a command in, an answer out.

The in-process client serves one-shot commands, the demo and tests; the service's HTTP client passes the same contract tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from evidence.custody.entry import Actor
from station.commands import Answer, Command, Report, silent

if TYPE_CHECKING:
    from station.engine import Engine


class Client(Protocol):
    """A way to the station. Faults come out as they went in: :class:`~evidence.errors.Fault`."""

    def call(self, command: Command, report: Report = silent) -> Answer:
        """Carry out one command for whoever this client speaks for."""


class InProcess:
    """The engine in this very process, for one actor."""

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self._engine = engine
        self._actor = actor

    def call(self, command: Command, report: Report = silent) -> Answer:
        """Carry out one command."""
        return self._engine.carry_out(command, self._actor, report)
