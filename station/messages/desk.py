"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {}

PHRASES: dict[str, tuple[str, str]] = {}
