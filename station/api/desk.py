"""What the API needs of the service. It knows no more of it."""

from __future__ import annotations

from typing import BinaryIO, Literal, Protocol

from evidence.canonical import JsonObject
from evidence.custody.entry import Actor
from station.board import Board
from station.commands import Answer, Command, Report
from station.rooms import Rooms
from station.service.outgoing import Outgoing
from station.wire import Place


class Desk(Protocol):
    """Where requests go."""

    board: Board
    outgoing: Outgoing
    rooms: Rooms

    @property
    def stopping(self) -> bool:
        """Whether it takes no more commands."""

    def language(self, asked: str | None) -> Literal["en", "zh"]:
        """The language of an answer."""

    def acting(self, session: str | None = None, certificate: bytes | None = None) -> Actor:
        """Who acts in a session; the operator while nobody has an account; a visitor, who may sign in, where it is none.

        ``certificate`` (DER): over TLS it is a session of that certificate's bearer, or none.
        """

    def still(self, session: str, certificate: bytes | None = None) -> Actor | None:
        """Who acts now in the session of an id; None: it is over. To ask is no use of the session."""

    def carry_out(
        self,
        command: Command,
        place: Place | None,
        language: Literal["en", "zh"],
        report: Report,
        actor: Actor | None = None,
    ) -> tuple[Answer, str | None]:
        """One command: its answer, and the name of files to fetch. Raises faults. ``actor``: who asks."""

    def open_footage(self, sha256: str, ending: str | None) -> BinaryIO:
        """The bytes of footage, for reading; ``ending``: of the file of what was made from it; None: the original. Raises faults of the vault."""

    def health(self, language: str) -> JsonObject:
        """How the service is."""

    def glance(self) -> JsonObject:
        """What stands at the head of the kiosk."""
