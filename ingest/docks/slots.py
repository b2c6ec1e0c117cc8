"""Slots: a slot is a port path, so that slot 7 stays slot 7 whatever is plugged in first. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PORT = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
HIGHEST = 999


class SlotsMalformed(ValueError):
    """A text is no map of slots; the argument says which rule it breaks."""


def parse_slots(text: str) -> dict[int, str]:
    """The map of a text ``1=PORT, 2=PORT``: number to port. Raises :class:`SlotsMalformed`."""
    found: dict[int, str] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        number, separator, port = one.partition("=")
        if not separator or not re.fullmatch(r"[0-9]{1,3}", number.strip()) or not _PORT.fullmatch(port.strip()):
            raise SlotsMalformed(f"{one!r} is not NUMBER=PORT")
        slot = int(number)
        if not 1 <= slot <= HIGHEST:
            raise SlotsMalformed(f"slot {slot} is not between 1 and {HIGHEST}")
        if slot in found:
            raise SlotsMalformed(f"slot {slot} has two ports")
        if port.strip() in found.values():
            raise SlotsMalformed(f"port {port.strip()} is two slots")
        found[slot] = port.strip()
    return found


def as_text(slots: dict[int, str]) -> str:
    """The text of a map; :func:`parse_slots` reads it back."""
    return ", ".join(f"{number}={slots[number]}" for number in sorted(slots))


def learned(slots: dict[int, str], number: int, port: str) -> dict[int, str]:
    """The map with a port at a slot: it is no other slot any more, and the slot no other port. Raises :class:`SlotsMalformed`."""
    kept = {one: there for one, there in slots.items() if there != port}
    return parse_slots(as_text({**kept, number: port}))


def next_free(slots: dict[int, str]) -> int:
    """The lowest number that no slot has."""
    return next(number for number in range(1, len(slots) + 2) if number not in slots)


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot's number; ``learned``: somebody said that this port is it, rather than that it is the next number of this run."""

    number: int
    learned: bool


class SlotMap:
    """The learned slots, and for this run those of ports that nobody learned: numbers above the learned ones."""

    def __init__(self, slots: dict[int, str]) -> None:
        self._learned: dict[str, int] = {}
        self._strangers: dict[str, int] = {}
        self.learn(slots)

    def learn(self, slots: dict[int, str]) -> None:
        """The map changed. A port that nobody learned keeps its number, unless that is a learned slot's now."""
        self._learned = {port: number for number, port in slots.items()}
        self._strangers = {
            port: number for port, number in self._strangers.items() if number not in slots and port not in self._learned
        }

    @property
    def highest_learned(self) -> int:
        """The highest learned number, 0 without any."""
        return max(self._learned.values(), default=0)

    def at(self, port: str) -> Slot:
        """The slot of a port."""
        if port in self._learned:
            return Slot(self._learned[port], learned=True)
        if port not in self._strangers:
            self._strangers[port] = max([self.highest_learned, *self._strangers.values()]) + 1
        return Slot(self._strangers[port], learned=False)
