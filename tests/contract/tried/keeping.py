"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

from station.commands import Command
from tests.contract.tried.form import Asked, Faults

ASKED: Asked = {}
FAULTS: Faults = {}
EVERY: tuple[Command, ...] = ()
