from __future__ import annotations

import pytest

from ingest.docks.slots import SlotMap, SlotsMalformed, as_text, learned, next_free, parse_slots

A, B, C = "pci-0000:00:14.0-usb-0:1.2", "pci-0000:00:14.0-usb-0:1.3", "platform-dummy_hcd.0-usb-0:1"


def test_a_map_is_read_as_it_is_written() -> None:
    slots = {7: A, 1: B, 24: C}
    assert as_text(slots) == f"1={B}, 7={A}, 24={C}"
    assert parse_slots(as_text(slots)) == slots
    assert parse_slots("") == parse_slots(" , ") == {}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"1={A}, 1={B}", "slot 1 has two ports"),
        (f"1={A}, 2={A}", "is two slots"),
        (f"0={A}", "between 1 and 999"),
        (f"x={A}", "NUMBER=PORT"),
        ("1", "NUMBER=PORT"),
        ("1=a b", "NUMBER=PORT"),
        (f"1000={A}", "NUMBER=PORT"),
    ],
)
def test_what_is_no_map_is_refused_with_the_rule(text: str, rule: str) -> None:
    with pytest.raises(SlotsMalformed, match=rule):
        parse_slots(text)


def test_slot_7_stays_slot_7_whatever_is_plugged_in_first() -> None:
    slots = {7: A, 2: B}
    for order in ((A, B, C), (C, B, A), (B, C, A)):
        numbers = SlotMap(slots)
        found = {port: numbers.at(port) for port in order}
        assert (found[A].number, found[B].number, found[C].number) == (7, 2, 8)
        assert [found[port].learned for port in (A, B, C)] == [True, True, False]


def test_ports_nobody_learned_keep_their_number_for_this_run() -> None:
    numbers = SlotMap({2: B})
    assert [numbers.at(port).number for port in (C, A, C, A)] == [3, 4, 3, 4]


def test_learning_moves_a_port_and_replaces_a_slot() -> None:
    assert learned({1: A, 2: B}, 3, A) == {2: B, 3: A}
    assert learned({1: A, 2: B}, 1, C) == {1: C, 2: B}
    assert (next_free({}), next_free({1: A, 3: B})) == (1, 2)
