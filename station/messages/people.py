"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {}

PHRASES: dict[str, tuple[str, str]] = {}
