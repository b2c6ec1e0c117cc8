"""Which USB port is which slot: list, learn, forget. The map is a setting, so that every change of it is an act in the log."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.custody.entry import Actor
from evidence.errors import Exit
from ingest.docks.slots import SlotsMalformed, as_text, learned, next_free, parse_slots
from station.commands import Answer, ForgetSlot, LearnSlot, ListSlots, Report
from station.handlers.configuration import change
from station.home import StationError
from station.rooms import Rooms


class NoSuchSlot(StationError):
    """Nobody learned that slot. Fields: ``slot``."""

    code = "no-such-slot"
    status = Exit.USAGE


class SlotUnfit(StationError):
    """That number, or that port, cannot be a slot. Fields: ``rule``."""

    code = "slot-unfit"
    status = Exit.USAGE


def list_slots(rooms: Rooms, _command: ListSlots, _actor: Actor, _report: Report) -> Answer:
    """The learned slots in order."""
    return _answer(rooms.settings.slots)


def learn(rooms: Rooms, command: LearnSlot, actor: Actor, _report: Report) -> Answer:
    """A port is a slot from now on: the one that was named, or the one it is already, or the lowest free number."""
    found: list[int] = []

    def renewed(text: str) -> str:
        slots = parse_slots(text)
        known = {port: slot for slot, port in slots.items()}
        slot = command.slot if command.slot is not None else known.get(command.port, next_free(slots))
        found.append(slot)
        try:
            return as_text(learned(slots, slot, command.port))
        except SlotsMalformed as error:
            raise SlotUnfit(rule=str(error)) from error

    text = change(rooms, "slots", renewed, actor)
    return Answer({**_answer(text).document, "learned": {"slot": found[-1], "port": command.port}})


def forget(rooms: Rooms, command: ForgetSlot, actor: Actor, _report: Report) -> Answer:
    """A slot is no slot any more."""

    def renewed(text: str) -> str:
        slots = parse_slots(text)
        if slots.pop(command.slot, None) is None:
            raise NoSuchSlot(slot=command.slot)
        return as_text(slots)

    return Answer({**_answer(change(rooms, "slots", renewed, actor)).document, "forgotten": command.slot})


def _answer(text: str) -> Answer:
    slots: list[Json] = [{"slot": slot, "port": port} for slot, port in sorted(parse_slots(text).items())]
    return Answer({"slots": slots})
