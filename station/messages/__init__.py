"""Every sentence a person reads, in English and Chinese, by a stable code.

Faults carry codes and fields; here they become text. A test holds each fault, phrase, act and problem kind to a text in both
languages.
"""

from __future__ import annotations

from collections.abc import Mapping

from station.messages import (
    clients,
    deeds,
    derived,
    desk,
    faults,
    joining,
    keeping,
    matching,
    people,
    phrases,
    searching,
    sharing,
    supervising,
    window,
)

__all__ = ["FAULTS", "LANGUAGES", "PHRASES", "fault_text", "phrase", "plain"]

LANGUAGES = ("en", "zh")

_SUBJECTS = (people, sharing, desk, matching, searching, keeping, derived, supervising, joining, clients, window, deeds)
FAULTS: dict[str, tuple[str, str]] = faults.FAULTS | {code: pair for one in _SUBJECTS for code, pair in one.FAULTS.items()}
PHRASES: dict[str, tuple[str, str]] = phrases.PHRASES | {code: pair for one in _SUBJECTS for code, pair in one.PHRASES.items()}


def plain(text: object) -> str:
    """Untrusted text as one line: control characters and what is not UTF-8 are shown, not obeyed."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in str(text))


def fault_text(code: str, fields: Mapping[str, object], language: str) -> str:
    """The sentence for a fault. Its fields may hold names from a card, so they are made plain."""
    told = {name: plain(value) if isinstance(value, str) else value for name, value in fields.items()}
    return _text(FAULTS[code], language).format(**told)


def phrase(code: str, language: str, **fields: object) -> str:
    """A phrase."""
    return _text(PHRASES[code], language).format(**fields)


def _text(pair: tuple[str, str], language: str) -> str:
    return pair[1] if language == "zh" else pair[0]
