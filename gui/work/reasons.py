"""Why a clip is thought to belong to an incident, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gui.words import Words


def reason_text(words: Words, reason: Mapping[str, Any]) -> str:
    """A reason of a match as a person reads it."""
    fields = {name: value for name, value in reason.items() if name != "code"}
    if "seconds" in fields:
        seconds = int(fields["seconds"])
        fields["seconds"] = ("-" if seconds < 0 else "") + words.duration(abs(seconds))
    if "permille" in fields:
        fields["permille"] = f"{fields['permille'] / 10:.1f}"
    return words(f"reason-{reason['code']}", **fields)
