"""Exit statuses, and the states of a docking."""

from __future__ import annotations

from itertools import permutations

import pytest

from evidence.errors import Exit, Fault, worst
from evidence.facts import DockingState, IllegalMove, check_move


def test_the_statuses_are_those_of_the_command_line() -> None:
    assert {one.name: one.value for one in Exit} == {
        "OK": 0,
        "INTERNAL": 1,
        "USAGE": 2,
        "TAMPERED": 3,
        "PARTIAL": 4,
        "REFUSED": 5,
        "UNREACHABLE": 6,
    }


def test_where_several_apply_the_worst_wins() -> None:
    order = [Exit(number) for number in (3, 1, 5, 6, 4)]
    for better in range(len(order)):
        for given in permutations(order[better:], min(3, len(order) - better)):
            assert worst([Exit.OK, *given]) is min(given, key=order.index)
    assert worst([]) is Exit.OK
    assert worst([Exit.OK, Exit.OK]) is Exit.OK
    assert worst([Exit.USAGE, Exit.OK]) is Exit.USAGE


def test_a_fault_carries_its_fields() -> None:
    fault = Fault(path="a", count=3)
    assert fault.fields == {"path": "a", "count": 3}
    assert "internal" in str(fault)


@pytest.mark.parametrize("before", DockingState)
@pytest.mark.parametrize("after", DockingState)
def test_only_an_open_docking_moves(before: DockingState, after: DockingState) -> None:
    if before is DockingState.OPEN and after is not DockingState.OPEN:
        check_move("d", before, after)
    else:
        with pytest.raises(IllegalMove):
            check_move("d", before, after)
