"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

from station.commands import Command
from tests.contract.tried.form import Asked, Faults

ASKED: Asked = {}
FAULTS: Faults = {}
EVERY: tuple[Command, ...] = ()
