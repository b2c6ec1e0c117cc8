"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

from station.commands import Command
from tests.contract.tried.form import Asked, Faults

ASKED: Asked = {}
FAULTS: Faults = {}
EVERY: tuple[Command, ...] = ()
