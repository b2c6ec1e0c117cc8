"""A list of a million rows: pages by key, anchors, what is remembered and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from gui.link.values import Problem, problem_of
from gui.parts.paged import KEPT_PAGES, PAGE, STRIDE, Column, PagedModel, Source
from station.commands import Answer, ListClips
from station.home import StationError


class Away(StationError):
    code = "service-unreachable"


@dataclass
class Numbers:
    """A client of a station whose list is the numbers below ``size``; its key is the number."""

    size: int
    asked: list[tuple[int, int]] = field(default_factory=list)
    away: bool = False

    def call(self, command: ListClips) -> Answer:
        if self.away:
            raise Away
        first, limit = 0 if command.after is None else int(command.after) + 1, command.limit or 0
        self.asked.append((first, limit))
        last = min(first + limit, self.size)
        rows: Any = [{"id": str(number)} for number in range(first, last)]
        return Answer({"clips": rows, "next": str(last - 1) if last < self.size else None, "count": self.size})


class Asker:
    """Asks at once, and hands the answer over when the test says so."""

    def __init__(self, client: Numbers) -> None:
        self.client = client
        self.waiting: list[Callable[[], None]] = []

    def drop(self, _name: str | None = None) -> None:
        self.waiting.clear()

    def work(self, name: str, *how: Any) -> None:  # noqa: ANN401  # as the real one has it
        work, done, failed, _progressed = how
        self.drop(name)

        def answer() -> None:
            try:
                found = work(self.client, lambda _progress: None)
            except StationError as fault:
                failed(problem_of(fault))
            else:
                done(found)

        self.waiting.append(answer)

    def answer(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def made(size: int, *, count: bool = True, place: bool = False) -> tuple[PagedModel, Asker]:
    asker = Asker(Numbers(size))
    model = PagedModel(asker, (Column("id", "id", lambda row: str(row["id"])),), lambda code: code)  # type: ignore[arg-type]  # stands in for it
    source = Source(
        lambda after, limit: ListClips(after=after, limit=limit),
        "clips",
        count=(lambda document: document["count"]) if count else None,
        place=(lambda number: str(number - 1)) if place else None,
    )
    model.show(source)
    asker.answer()
    return model, asker


def look_at(model: PagedModel, asker: Asker, row: int) -> str:
    model.data(model.index(row, 0))
    QApplication.processEvents()
    asker.answer()
    return str(model.data(model.index(row, 0)))


@pytest.fixture(autouse=True)
def _application(qapp: QApplication) -> None:
    """Timers need one."""


def test_the_scroll_bar_tells_the_truth_from_the_first_page_on_where_it_is_counted() -> None:
    model, asker = made(1_000_000)
    assert model.rowCount() == 1_000_000
    assert asker.client.asked == [(0, PAGE)]


def test_where_nobody_counts_it_grows_as_it_is_read() -> None:
    model, asker = made(3 * PAGE - 1, count=False)
    assert (model.rowCount(), model.count_known) == (PAGE + 1, False)
    look_at(model, asker, PAGE)
    look_at(model, asker, 2 * PAGE)
    assert (model.rowCount(), model.count_known) == (3 * PAGE - 1, True)


def test_a_jump_walks_in_strides_and_remembers_the_way() -> None:
    model, asker = made(1_000_000)
    assert look_at(model, asker, 100_000) == "100000"
    walked = len(asker.client.asked)
    assert walked == pytest.approx(100_000 / STRIDE, abs=6)
    assert look_at(model, asker, 50_000) == "50000"
    assert len(asker.client.asked) - walked <= 1 + STRIDE // PAGE


def test_a_jump_is_there_at_once_where_keys_can_be_computed() -> None:
    model, asker = made(1_000_000, place=True)
    assert look_at(model, asker, 999_999) == "999999"
    assert len(asker.client.asked) == 2


def test_what_was_looked_at_longest_ago_is_forgotten() -> None:
    model, asker = made(1_000_000, place=True)
    for page in range(1, KEPT_PAGES + 20):
        look_at(model, asker, page * PAGE)
    assert len(model._pages) == KEPT_PAGES
    assert model.row(0) is None
    assert look_at(model, asker, 0) == "0"


def test_only_the_newest_place_that_is_looked_at_is_asked_for() -> None:
    model, asker = made(1_000_000, place=True)
    for row in (300_000, 500_000, 700_000):
        model.data(model.index(row, 0))
    QApplication.processEvents()
    asker.answer()
    assert [first for first, _ in asker.client.asked] == [0, 700_000]


def test_a_row_that_is_not_there_yet_says_so_and_is_told_when_it_comes() -> None:
    model, asker = made(1000)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, *_: told.append((first.row(), last.row())))
    assert model.data(model.index(400, 0)) == "…"
    QApplication.processEvents()
    asker.answer()
    assert told == [(400, 599)]


def test_a_list_that_became_shorter_shrinks() -> None:
    model, asker = made(1000)
    asker.client.size = 150
    model.reload()
    asker.answer()
    assert model.rowCount() == 150


def test_a_fault_is_told_and_what_was_shown_stays() -> None:
    model, asker = made(1000)
    told: list[Problem] = []
    model.went_wrong.connect(told.append)
    asker.client.away = True
    model.data(model.index(900, 0))
    QApplication.processEvents()
    asker.answer()
    assert [one.unreachable for one in told] == [True]
    assert model.data(model.index(0, 0)) == "0"


def test_qt_finds_nothing_wrong_with_the_model() -> None:
    model, asker = made(3 * PAGE, count=False)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for row in (0, PAGE, 2 * PAGE):
        look_at(model, asker, row)
    model.reload()
    asker.answer()
    assert model.headerData(0, Qt.Orientation.Horizontal) == "id"
    assert model.rowCount(QModelIndex()) == PAGE + 1 or model.count_known
