"""QEMU's machine protocol over a pair of pipes: commands, their answers, and the events that come between them.

QEMU, "QEMU Machine Protocol Specification": one JSON document a line; an answer has ``return`` or ``error``, an event ``event``.
"""

from __future__ import annotations

import json
from typing import IO, Any, cast

from tests.dock.faults import LabError

Arguments = dict[str, Any]


class Qmp:
    """One conversation with one QEMU. For one thread."""

    def __init__(self, to: IO[bytes], answers: IO[bytes]) -> None:
        self._to, self._answers = to, answers
        self._events: list[Arguments] = []
        self._line()  # the greeting
        self.do("qmp_capabilities")

    def do(self, command: str, **arguments: object) -> Arguments:
        """A command whose answer, if it matters at all, is an object. Raises :class:`LabError` with QEMU's own words."""
        return cast("Arguments", self._ask(command, arguments))

    def list(self, command: str, **arguments: object) -> list[Arguments]:
        """A command that answers with a list."""
        return cast("list[Arguments]", self._ask(command, arguments))

    def human(self, line: str) -> str:
        """A line for QEMU's human monitor, for the few things that only it can say."""
        return cast("str", self._ask("human-monitor-command", {"command-line": line}))

    def wait(self, event: str, **data: object) -> Arguments:
        """Wait for an event whose data include these, and return all of its data."""
        while True:
            for seen in self._events:
                told = cast("Arguments", seen.get("data", {}))
                if seen["event"] == event and data.items() <= told.items():
                    self._events.remove(seen)
                    return told
            self._keep(self._line())

    def _ask(self, command: str, arguments: Arguments) -> object:
        self._to.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self._to.flush()
        while True:
            told = self._line()
            if "error" in told:
                raise LabError(f"{command}: {told['error']['desc']}")
            if "return" in told:
                return told["return"]
            self._keep(told)

    def _keep(self, told: Arguments) -> None:
        if "event" in told:
            self._events.append(told)

    def _line(self) -> Arguments:
        line = self._answers.readline()
        if not line:
            raise LabError("QEMU ended")
        return cast("Arguments", json.loads(line))
