"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {}

PHRASES: dict[str, tuple[str, str]] = {}
