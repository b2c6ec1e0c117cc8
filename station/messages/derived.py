"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {}

PHRASES: dict[str, tuple[str, str]] = {}
