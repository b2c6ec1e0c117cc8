"""What each subject gives to the contract tests: its commands, tried on a real home, here and over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from evidence.errors import Exit, Fault
from station.commands import Answer, Command


class House(Protocol):
    """A home that commands are tried on, with one clip in it."""

    def ask(self, command: Command, role: str = "administrator") -> Answer:
        """Carry out a command."""


Asked = dict[type[Command], tuple[Callable[[House, Path], Command], str, Exit]]
"""By kind: the command, given the house and a card; a member of its answer; its status."""
Faults = dict[type[Command], tuple[Command, type[Fault]]]
"""By kind: a command that is refused, and by which fault."""
