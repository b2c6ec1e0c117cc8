"""All tables together. A new subject is a file beside this one, and its name in ``_SUBJECTS``."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from gui.words import (
    approving,
    cards,
    cases,
    clip,
    clips,
    devices,
    everywhere,
    keys,
    kiosk,
    log,
    pages,
    player,
    running,
    sign_in,
    slots,
    verifying,
)

_SUBJECTS: tuple[ModuleType, ...] = (
    everywhere,
    pages,
    keys,
    sign_in,
    slots,
    kiosk,
    clips,
    clip,
    cards,
    log,
    player,
    verifying,
    running,
    cases,
    approving,
    devices,
)


def _merged(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for subject in _SUBJECTS:
        table = getattr(subject, name, {})
        twice = found.keys() & table.keys()
        if twice:
            raise KeyError(f"{subject.__name__}: {sorted(twice)} stand in another table already")
        found |= table
    return found


WORDS: dict[str, tuple[str, str]] = _merged("WORDS")
COUNTED: dict[str, tuple[str, str, str]] = _merged("COUNTED")
