"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {}

PHRASES: dict[str, tuple[str, str]] = {}
