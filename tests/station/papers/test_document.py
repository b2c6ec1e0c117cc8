"""The document that every paper is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.papers import font
from station.papers.document import Bilingual, Paper, Sheet
from station.papers.font import FontMissing, font_file
from tests.station.papers.reading import need_font, pages, words

MADE = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
TITLE = Bilingual("Docking slip", "接入凭单")
NUMBER, FILE = Bilingual("No.", "序号"), Bilingual("File", "文件")


@pytest.fixture(autouse=True)
def _font() -> None:
    need_font()


def written(write: Callable[[Paper], object], sheet: Sheet = Sheet.A5, made: datetime = MADE) -> bytes:
    paper = Paper(sheet, TITLE, "harbour-1", made)
    write(paper)
    return paper.data()


def test_the_same_words_at_the_same_moment_are_the_same_bytes_and_another_moment_are_others() -> None:
    def write(paper: Paper) -> None:
        paper.facts([(NUMBER, "一")])
        paper.qr("one", 30, TITLE)

    assert written(write) == written(write)
    assert written(write) != written(write, made=datetime(2026, 1, 15, 8, 31, tzinfo=UTC))


def test_both_languages_can_be_read_back_and_the_first_is_the_one_that_was_asked_for() -> None:
    chinese = Paper(Sheet.A4, TITLE, "harbour-1", MADE, first="zh")
    chinese.text(Bilingual("Nothing may be erased.", "不得擦除。"))
    read = words(chinese.data())
    assert read.index("不得擦除。") < read.index("Nothing may be erased.")
    read = words(written(lambda paper: paper.text(Bilingual("Nothing may be erased.", "不得擦除。"))))
    assert read.index("Nothing may be erased.") < read.index("不得擦除。")


def test_a_table_goes_over_pages_and_its_heads_and_the_page_numbers_stand_on_each(tmp_path: Path) -> None:
    rows = [[str(number), f"DCIM/DSJ_{number:04}.MP4"] for number in range(150)]
    made = written(lambda paper: paper.table([NUMBER, FILE], rows, [1, 6]))
    read = words(made)
    count = len(pages(made, tmp_path))
    assert count > 3
    assert read.count("序号") == count
    assert re.findall(r"(\d+) ?/ ?(\d+)", read) == [(str(page), str(count)) for page in range(1, count + 1)]
    assert [row[1] for row in rows if row[1] not in read] == []


def test_a_cell_higher_than_a_page_goes_on_overleaf_and_loses_nothing() -> None:
    marks = [f"mark{number:05}" for number in range(1500)]
    made = written(lambda paper: paper.table([NUMBER, FILE], [["1", " ".join(marks)]], [1, 3]), Sheet.A6)
    assert re.findall(r"mark\d{5}", words(made)) == marks


@pytest.mark.parametrize("sheet", list(Sheet))
def test_nothing_is_printed_in_the_margin(sheet: Sheet, tmp_path: Path) -> None:
    def write(paper: Paper) -> None:
        paper.facts([(Bilingual("A label that is rather long", "一个相当长的标签"), "x" * 500), (FILE, "长" * 300)])
        paper.table([NUMBER, FILE], [["9" * 50, "W" * 400]], [1, 4])
        paper.qr("x" * 300, 40, Bilingual("word " * 30, "字" * 90))
        paper.signatures([NUMBER, FILE])

    for width, height, grey in pages(written(write, sheet), tmp_path):
        edge = round((sheet.value.margin - 3) * 72 / 25.4)
        inside = [grey[row * width + edge : (row + 1) * width - edge] for row in range(edge, height - edge)]
        dark = sum(value < 200 for value in grey)
        assert dark > 100
        assert dark == sum(value < 200 for row in inside for value in row)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\u202egpj.exe", "a<U+202E>gpj.exe"),
        ("\x1b[2J", "<U+001B>[2J"),
        ("clip\U0001f600", "clip<U+1F600>"),
        ("\udcff", "<U+DCFF>"),
    ],
)
def test_what_cannot_be_seen_or_is_not_in_the_font_is_printed_as_its_code(hostile: str, shown: str) -> None:
    assert shown in words(written(lambda paper: paper.facts([(FILE, hostile)])))


def test_a_rare_character_of_a_name_is_printed_as_itself() -> None:
    assert "王䶮" in words(written(lambda paper: paper.facts([(FILE, "王䶮")])))


def test_without_the_font_the_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(font, "FILES", (tmp_path / "wqy-zenhei.ttc",))
    with pytest.raises(FontMissing) as caught:
        font_file()
    assert caught.value.fields["package"] == "fonts-wqy-zenhei"
