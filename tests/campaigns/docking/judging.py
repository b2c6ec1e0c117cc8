"""What a scenario must see, said in words when it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.dock.media import Card


class Unmet(Exception):
    """Something that must be so is not. The text is the finding."""


def must(holds: object, otherwise: str) -> None:
    """Raise :class:`Unmet` unless it holds."""
    if not holds:
        raise Unmet(otherwise)


def digest(image: Path) -> str:
    """SHA-256 of a whole image."""
    with image.open("rb") as file:
        return file_digest(file.read())


def file_digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def all_there(clips: Iterable[Mapping[str, Any]], cards: Iterable[Card]) -> None:
    """Every file of every card is in the catalogue, as often as it was on a card and no oftener."""
    cards = list(cards)
    wanted: Counter[str] = sum((card.digests for card in cards), Counter())
    found = Counter(str(clip["sha256"]) for clip in clips)
    lost = wanted - found
    whose = ", ".join(sorted(card.device for card in cards if card.digests & lost))
    must(not lost, f"{lost.total()} of {wanted.total()} files of the cards are not in the catalogue: {whose}")
    must(not found - wanted, f"{(found - wanted).total()} clips in the catalogue were on no card, or are there twice")
