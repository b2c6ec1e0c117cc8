"""What an alarm says, in words: what it rests on, and by which rule it was raised. The same sentences as the command line's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gui.words import Words
from station.messages import plain

_SAYING = ("named", "card", "registry_")
"""Fields of an alarm that hold people: who was named at the dock, who stands on the card, who had the device."""


def what(words: Words, alarm: Mapping[str, Any]) -> str:
    """What it is."""
    return words.word("alarm", alarm["kind"])


def about(words: Words, alarm: Mapping[str, Any]) -> str:
    """What it rests on."""
    fields = alarm["fields"]
    match alarm["kind"]:
        case "officer-disagrees":
            said = [(name.partition("_")[0], value) for name, value in fields.items() if name.startswith(_SAYING)]
            return ", ".join(f"{words('said-' + by)} {plain(value)}" for by, value in said)
        case "numbering-gap":
            return words("about-gaps", **{name: plain(fields[name]) for name in ("gaps", "missing", "after", "before")})
        case "clock-wrong":
            return words("about-clock", basis=words(f"clock-by-{fields['basis']}"), **bounds(words, fields))
        case "docking-late" | "device-overdue":
            return words("about-minutes", officer=words.or_none(fields.get("officer")), hours=round(fields["minutes"] / 60))
        case "two-devices-one-identity" if "other_slot" in fields:
            return words("about-slots", slot=plain(fields["slot"]), other=plain(fields["other_slot"]))
        case "two-devices-one-identity":
            return words("about-serials", **{name: words.or_none(fields[name]) for name in ("serial", "serial_before")})
    return words("none")


def bounds(words: Words, clock: Mapping[str, Any]) -> dict[str, str]:
    """How far ahead a clock was, at least and at most."""
    sides = ("at_least_ms", "at_most_ms")
    return {side: words("none") if clock[side] is None else f"{clock[side] / 1000:+.1f} s" for side in sides}


def rule(words: Words, alarm: Mapping[str, Any], rules: Mapping[str, Any] | None) -> str:
    """By which rule it was raised: the one that stands in the alarm, or the one of now. ``rules`` None: not shown to this role."""
    match alarm["kind"]:
        case "clock-wrong":
            return words("alarms-rule-clock", seconds=f"{alarm['fields']['tolerance_ms'] / 1000:g}")
        case "docking-late" | "device-overdue" if rules is None:
            return words("alarms-rule-hidden")
        case "docking-late":
            assert rules is not None
            return words("alarms-rule-late", hours=rules["late_docking_hours"])
        case "device-overdue":
            assert rules is not None
            return words("alarms-rule-overdue", days=rules["overdue_days"])
    return words("alarms-rule-none")
