"""Quick cards and reports: one page, both languages, letters that can be read out again."""

from __future__ import annotations

import csv
import io
import subprocess
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from gui.cards import DESKS, write_cards
from gui.parts.report import Report, csv_bytes, pdf_bytes, write_new
from tests.pieces import need_program


def text_of(path: Path) -> str:
    return subprocess.run(
        [need_program("pdftotext", "poppler-utils"), path, "-"], capture_output=True, check=True, timeout=60
    ).stdout.decode()


def test_each_desk_has_a_card_of_one_page_in_both_languages(qapp: QApplication, tmp_path: Path) -> None:
    written = write_cards(tmp_path)
    assert len(written) == 2 * len(DESKS)
    told = {path.name: text_of(path) for path in written}
    assert "Docking a camera" in told["quick-card-kiosk-en.pdf"]
    assert "接入记录仪" in told["quick-card-kiosk-zh.pdf"]
    assert "Ctrl+Z" in told["quick-card-clerk-en.pdf"]
    assert all(text.count("\f") == 1 for text in told.values()), "one page each"


def test_a_card_that_is_there_is_not_written_over(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "quick-card-kiosk-en.pdf").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        write_cards(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["quick-card-kiosk-en.pdf"]


def test_a_report_repeats_its_head_on_every_page_and_keeps_what_people_wrote_as_text(qapp: QApplication, tmp_path: Path) -> None:
    rows = [[str(number), "<b>酒驾</b> & more"] for number in range(120)]
    write_new(tmp_path / "report.pdf", pdf_bytes(Report("Custody", ("station s1",), ("number", "note"), rows)))
    text = text_of(tmp_path / "report.pdf")
    assert text.count("\f") == text.count("number") >= 3
    assert text.count("<b>酒驾</b> & more") == 120


def test_a_spreadsheet_runs_nothing_that_people_wrote() -> None:
    report = Report("x", (), ("note",), [["=HYPERLINK(1)"], ["-1"], ['quoted "so", 酒驾']])
    data = csv_bytes(report)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data[3:].decode())))
    assert rows == [["note"], ["'=HYPERLINK(1)"], ["'-1"], ['quoted "so", 酒驾']]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    write_new(tmp_path / "a.csv", b"one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.csv", b"two")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.csv": b"one"}
