"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
