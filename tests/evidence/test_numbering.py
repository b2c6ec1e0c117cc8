from __future__ import annotations

from evidence.numbering import BreakKind, Numbered, numbering


def row(*numbers: int, series: str = "s", digits: int = 4) -> list[Numbered]:
    """Files in order of time with these numbers."""
    return [Numbered(series, number, digits, order, order) for order, number in enumerate(numbers)]


def test_a_full_row_has_no_breaks() -> None:
    assert numbering(row(7, 8, 9)) == ()


def test_a_gap_says_what_is_missing_and_between_which_files() -> None:
    (gap,) = numbering(row(7, 8, 12))
    assert gap.document() == {
        "kind": "gap",
        "series": "s",
        "after": 8,
        "before": 12,
        "missing": 3,
        "after_position": 1,
        "before_position": 2,
    }


def test_a_counter_set_back_is_a_reset() -> None:
    assert [(found.kind, found.after, found.before) for found in numbering(row(7, 8, 1, 2))] == [(BreakKind.RESET, 8, 1)]


def test_a_counter_that_ran_over_is_no_reset() -> None:
    assert [found.kind for found in numbering(row(9998, 9999, 1))] == [BreakKind.WRAP]
    assert [found.kind for found in numbering(row(9998, 9999, 1, digits=0))] == [BreakKind.RESET]


def test_equal_numbers_count_once() -> None:
    assert numbering(row(7, 7, 8)) == ()


def test_series_do_not_mix() -> None:
    assert numbering(row(1, 2) + row(8, 9, series="other")) == ()


def test_files_of_one_moment_are_put_in_order_of_their_numbers() -> None:
    same = [Numbered("s", number, 4, 0, position) for position, number in enumerate((3, 1, 2))]
    assert numbering(same) == ()
