"""The months in small: what the campaign is held by, and a week of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence import matching
from tests.bench import monthly
from tests.bench.monthly.world import Chances, month
from tests.bench.months import (
    BROKEN,
    CLEAN,
    PRECISION,
    RECALL,
    TUNING,
    UNSEEN,
    Matcher,
    judged,
    ours,
    precision,
    recall,
    recall_of_recorded,
)

WEEK = Chances(days=7)


def imports(folder: Path) -> Iterator[str]:
    """Everything that the modules of a folder import."""
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (one.name for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "imports are absolute"
                yield str(node.module)


def test_who_makes_the_months_and_who_matches_share_no_module() -> None:
    made = set(imports(Path(next(iter(monthly.__path__)))))
    assert made == {"__future__", "random", "dataclasses"}
    assert {name.split(".")[0] for name in imports(Path(next(iter(matching.__path__))))} <= {
        "__future__",
        "bisect",
        "collections",
        "dataclasses",
        "enum",
        "evidence",
        "math",
        "operator",
    }


def test_the_seeds_that_are_reported_are_not_the_one_that_was_tuned_on() -> None:
    assert len(set(UNSEEN)) == 10
    assert TUNING not in UNSEEN


def test_a_seed_makes_the_same_month_again_and_another_seed_another() -> None:
    assert month(3, WEEK) == month(3, WEEK)
    assert month(3, WEEK).calls != month(4, WEEK).calls
    assert month(3, WEEK, roster=False).visits == month(3, WEEK).visits


@pytest.mark.parametrize("roster", [True, False], ids=["roster", "no-roster"])
def test_a_week_is_matched_as_the_issue_asks(roster: bool) -> None:
    done = judged(month(UNSEEN[0], WEEK, roster=roster), ours, "week")
    assert precision(done.verdicts) >= PRECISION
    assert recall_of_recorded(done.verdicts) >= RECALL
    assert recall(done.verdicts) < recall_of_recorded(done.verdicts), "what has no record is not found"


def test_where_nothing_goes_wrong_nothing_is_missed() -> None:
    done = judged(month(TUNING, Chances(**{**vars(CLEAN), "days": 4})), ours, "clean")
    assert precision(done.verdicts) == 1.0
    assert recall(done.verdicts) > 0.995


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_a_broken_matcher_does_worse(broken: Matcher) -> None:
    told = month(UNSEEN[0], Chances(days=7, swapped=0.1, wrong_clock=0.1))
    fine, bad = judged(told, ours, "ours"), judged(told, broken, "broken")
    assert recall(bad.verdicts) < recall(fine.verdicts) - 0.03
