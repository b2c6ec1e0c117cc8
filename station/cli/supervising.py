"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
