"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {}

PHRASES: dict[str, tuple[str, str]] = {}
