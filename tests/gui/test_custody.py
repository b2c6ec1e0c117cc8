"""The custody log's page over a real station: what it shows is what the log says, and its proof is worked out here."""

from __future__ import annotations

import csv
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.desk.window import Desk
from gui.proof.custody import CustodyLog
from gui.proof.entry import leads_to_root
from gui.proof.telling import lines
from station.commands import Tag
from station.commands.log import Custody
from tests.gui.windows import WAIT_MS, Served


def opened(desk: Desk, qtbot: QtBot) -> CustodyLog:
    desk.go("custody")
    screen = desk.screen_now
    assert isinstance(screen, CustodyLog)
    settled(screen, qtbot)
    return screen


def settled(screen: CustodyLog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: screen.stage.state in {"content", "empty"} and not screen.asks.asking("page"), timeout=WAIT_MS)


def ids(screen: CustodyLog) -> list[str]:
    rows = [screen.model.row(at) for at in range(screen.model.rowCount())]
    return [row["id"] for row in rows if row is not None]


def test_it_shows_the_log_the_newest_first_and_narrows_it(desk: Desk, served: Served, qtbot: QtBot) -> None:
    whole = served.client.call(Custody()).document["entries"]
    assert isinstance(whole, list)
    screen = opened(desk, qtbot)
    assert ids(screen) == [one["id"] for one in reversed(whole)]
    screen.filters.act.setCurrentIndex(screen.filters.act.findData("copied"))
    settled(screen, qtbot)
    copied = [one["id"] for one in whole if one["type"] == "copied"]
    assert sorted(ids(screen)) == sorted(copied)
    assert copied
    screen.table.selectRow(0)
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow)
    QTest.keyClick(desk, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    settled(screen, qtbot)
    about = screen.filters.wanted().subject
    assert set(ids(screen)) == {one["id"] for one in whole if one["subject"] == about}
    screen.filters.show_person("nobody")
    settled(screen, qtbot)
    assert screen.stage.state == "empty"
    screen.filters.show_person("operator")
    settled(screen, qtbot)
    assert set(ids(screen)) == {one["id"] for one in whole if one["personal"].get("actor") == "operator"} != set()


def test_an_entry_is_proven_here_and_an_altered_one_is_not(desk: Desk, qtbot: QtBot) -> None:
    screen = opened(desk, qtbot)
    screen.table.selectRow(screen.model.rowCount() // 2)
    qtbot.waitUntil(lambda: screen.sheet.proof is not None, timeout=WAIT_MS)
    proof = screen.sheet.proof
    assert proof is not None
    assert screen.sheet._verdict.text() == "Proven"
    assert leads_to_root(proof)
    for name, value in (
        ("entry", proof["entry"].replace("clip", "clap", 1) + " "),
        ("path", proof["path"][1:]),
        ("seq", proof["seq"] + 1),
    ):
        assert not leads_to_root({**proof, name: value})


def test_before_and_after_stand_beside_each_other(desk: Desk, served: Served, qtbot: QtBot) -> None:
    clip = served.client.get("/v1/clips")["items"][0]["id"]
    for note in ("first", "second"):
        served.client.call(Tag((clip,), note=note))
    screen = opened(desk, qtbot)
    screen.back()
    settled(screen, qtbot)
    entry = screen.model.row(0)
    assert entry is not None
    (line,) = lines(desk.words, entry)
    assert (line.field, line.before, line.after) == ("Note", "first", "second")


def test_what_the_filters_leave_is_written_as_a_table_and_never_over_a_file(
    desk: Desk, served: Served, tmp_path: Path, qtbot: QtBot
) -> None:
    screen = opened(desk, qtbot)
    screen.filters.act.setCurrentIndex(screen.filters.act.findData("copied"))
    settled(screen, qtbot)
    screen.export_to(tmp_path / "log.csv", "csv")
    qtbot.waitUntil(lambda: not screen.asks.asking("export") and screen.meter.isHidden(), timeout=WAIT_MS)
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == "When"
    assert len(rows) == 1 + screen.model.rowCount()
    before = (tmp_path / "log.csv").read_bytes()
    screen.export_to(tmp_path / "log.csv", "pdf")
    qtbot.waitUntil(lambda: not screen.asks.asking("export") and screen.meter.isHidden(), timeout=WAIT_MS)
    assert (tmp_path / "log.csv").read_bytes() == before
