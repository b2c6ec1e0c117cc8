"""CSV for other programs, and nothing in it that a spreadsheet carries out."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from station.figures.tables import csv_text

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\0"]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20), min_size=1, max_size=4))
def test_every_text_comes_out_as_it_went_in_but_for_the_apostrophe(cells: list[str]) -> None:
    (_, row) = read(csv_text(["h"] * len(cells), [cells], bom=False))
    assert [one.removeprefix("'") for one in row] == [one.removeprefix("'") for one in cells]


def test_no_cell_is_a_formula_and_numbers_stay_numbers() -> None:
    text = csv_text(["h", "n"], [[one, -5] for one in HOSTILE], bom=False)
    for row in read(text.replace("\0", "0"))[1:]:
        assert row[0].startswith("'")
        assert row[1] == "-5"


def test_lines_end_with_cr_lf_and_quotes_are_doubled() -> None:
    assert csv_text(["a", "b"], [['say "x", please', None]], bom=False) == 'a,b\r\n"say ""x"", please",\r\n'


def test_the_byte_order_mark_is_there_for_whoever_asks_for_it() -> None:
    assert csv_text(["单位"], [], bom=True).encode().startswith(b"\xef\xbb\xbf")
    assert not csv_text(["单位"], [], bom=False).encode().startswith(b"\xef")
