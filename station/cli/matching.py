"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
