"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from station.commands import Command
from tests.contract.tried.form import Asked, Faults

ASKED: Asked = {}
FAULTS: Faults = {}
EVERY: tuple[Command, ...] = ()
