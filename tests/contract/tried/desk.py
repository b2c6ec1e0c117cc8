"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

from station.commands import Command
from tests.contract.tried.form import Asked, Faults

ASKED: Asked = {}
FAULTS: Faults = {}
EVERY: tuple[Command, ...] = ()
