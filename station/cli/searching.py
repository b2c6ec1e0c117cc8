"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
