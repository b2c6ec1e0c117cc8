"""What the API needs of the service. It knows no more of it."""

from __future__ import annotations

from typing import Literal, Protocol

from evidence.canonical import JsonObject
from station.board import Board
from station.commands import Answer, Command, Report
from station.service.outgoing import Outgoing
from station.wire import Place


class Desk(Protocol):
    """Where requests go."""

    board: Board
    outgoing: Outgoing

    @property
    def stopping(self) -> bool:
        """Whether it takes no more commands."""

    def language(self, asked: str | None) -> Literal["en", "zh"]:
        """The language of an answer."""

    def carry_out(
        self, command: Command, place: Place | None, language: Literal["en", "zh"], report: Report
    ) -> tuple[Answer, str | None]:
        """One command: its answer, and the name of files to fetch. Raises faults."""

    def health(self, language: str) -> JsonObject:
        """How the service is."""
