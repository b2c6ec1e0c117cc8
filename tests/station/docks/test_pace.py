from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.docks.pace import Pace


def test_nothing_is_said_before_there_was_something_to_watch() -> None:
    pace = Pace()
    assert pace.seconds_left(0, 1000, 0.0) is None
    assert pace.seconds_left(50, 1000, 0.5) is None
    assert pace.seconds_left(100, 1000, 1.0) == 9


def test_what_an_earlier_visit_had_copied_is_no_rate() -> None:
    pace = Pace()
    pace.seconds_left(900, 1000, 0.0)
    assert pace.seconds_left(910, 1000, 1.0) == 9


def test_a_card_that_stalls_for_a_moment_does_not_make_the_figure_jump() -> None:
    pace = Pace()
    before = None
    for second in range(20):
        before = pace.seconds_left(10 * second, 1000, float(second))
    stalled = pace.seconds_left(190, 1000, 20.0)
    assert before is not None
    assert stalled is not None
    assert stalled <= before * 1.2
    for second in range(21, 200):
        stalled = pace.seconds_left(190, 1000, float(second))
    assert stalled is None or stalled > 10_000, "but who stands still is not said to be done soon"


@given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(0, 1 << 30)), min_size=2, max_size=50))
def test_the_figure_is_never_negative(steps: list[tuple[float, int]]) -> None:
    pace, now, done = Pace(), 0.0, 0
    total = sum(count for _, count in steps)
    for seconds, count in steps:
        now, done = now + seconds, done + count
        left = pace.seconds_left(done, total, now)
        assert left is None or left >= 0
    assert pace.seconds_left(total, total, now + 2) in {0, None}


@pytest.mark.parametrize("done", [0, 500])
def test_a_clock_that_stands_still_says_nothing_new(done: int) -> None:
    pace = Pace()
    assert [pace.seconds_left(done, 1000, 5.0) for _ in range(3)] == [None] * 3
