"""Rules, holds and what is due, as people ask for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evidence.custody.entry import Moment
from station import clock
from tests.independent_verifier import Verification
from tests.station.stations import Station

DAY = 86_400


@pytest.fixture
def years(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Days by which the station's clock is ahead: appending to it lets time pass."""
    ahead, real = [0], clock.now

    def now() -> Moment:
        at = real()
        passed = sum(ahead) * DAY * 1_000_000_000
        return Moment(at.unix_ns + passed, at.mono_ns + passed, at.boot, at.clock)

    monkeypatch.setattr(clock, "now", now)
    return ahead


@pytest.fixture
def filled(station: Station, tmp_path: Path) -> dict[str, str]:
    """Four clips, each of its own category: id by file name."""
    card = tmp_path / "card"
    card.mkdir()
    for name in ("patrol", "theft", "evidence", "bare"):
        (card / f"{name}.mp4").write_bytes(os.urandom(2000))
    station.json("ingest", card, "--officer", "000123")
    ids = {clip["path"].removesuffix(".mp4"): clip["id"] for clip in station.json("clips")["clips"]}
    for name in ("patrol", "theft", "evidence"):
        station.json("tag", ids[name], "--category", name)
    return ids


def due(station: Station) -> dict[str, str]:
    return {one["path"].removesuffix(".mp4"): one["fate"] for one in station.json("due")["due"]}


def check_proof(station: Station) -> None:
    assert station.json("verify")["problems"] == []
    assert Verification(station.folder, []).kinds([]) == set()


def test_nothing_is_due_before_its_time_and_then_each_as_the_law_says(
    station: Station, filled: dict[str, str], years: list[int]
) -> None:
    assert due(station) == {}
    years.append(185)
    assert due(station) == {"patrol": "due", "theft": "due", "bare": "review"}
    years.append(365 * 50)
    assert "evidence" not in due(station)
    page = station.json("due", "--limit", "2")
    assert (page["clips"], len(page["due"])) == (3, 2)
    rest = station.json("due", "--limit", "2", "--after", page["next"])
    assert [one["id"] for one in page["due"] + rest["due"]] == sorted({filled[name] for name in ("patrol", "theft", "bare")})
    assert rest["next"] is None


def test_a_change_shows_first_what_it_makes_due_and_wants_a_word_for_it(
    station: Station, filled: dict[str, str], years: list[int]
) -> None:
    years.append(40)
    before = station.json("checkpoint")
    shorter = ("rules", "change", "six-months", "--period", "1m", "--law", "provincial rule 3")
    assert station.json("rules", "change", "six-months", "--period", "1m", "--preview", status=5)["code"] == "below-minimum"
    shown = station.json(*shorter, "--preview")
    assert (shown["clips"], {one["id"] for one in shown["made_due"]}) == (
        3,
        {filled[name] for name in ("patrol", "theft", "bare")},
    )
    refused = station.json(*shorter, status=5)
    assert (refused["code"], refused["clips"]) == ("rule-makes-due", 3)
    assert station.json("checkpoint") == before
    assert due(station) == {}
    station.json(*shorter, "--yes", "--reason", "council of May")
    assert len(due(station)) == 3
    station.json("rules", "add", "thefts", "--period", "12m", "--clause", "order 7", "--category", "theft")
    assert set(due(station)) == {"patrol", "bare"}, "the longest wins"
    assert station.json("rules", "retire", "thefts", status=5)["code"] == "rule-makes-due"
    assert station.json("rules", "retire", "thefts", "--yes")["clips"] == 1
    assert set(due(station)) == {"patrol", "theft", "bare"}
    station.json("rules", "add", "thefts", "--period", "24m", "--clause", "order 9", "--category", "theft")
    (again,) = (one for one in station.json("rules")["rules"] if one["name"] == "thefts")
    assert (again["version"], again["clause"]) == (3, "order 9"), "a name has one history"
    assert [one["what"]["did"] for one in station.json("rules", "show", "thefts")["history"]] == ["added", "retired", "added"]
    check_proof(station)


@pytest.mark.parametrize(
    "words",
    [
        ["add", "short", "--period", "15d", "--clause", "c"],
        ["change", "six-months", "--besides", "patrol"],
        ["change", "six-months", "--category", "patrol"],
        ["change", "evidence", "--period", "36m"],
        ["retire", "obstruction"],
    ],
    ids=" ".join,
)
def test_what_goes_below_the_law_names_another_law(station: Station, words: list[str]) -> None:
    assert station.json("rules", *words, status=5)["code"] == "below-minimum"
    station.json("rules", *words, "--law", "provincial rule 3")


def test_a_hold_suspends_what_is_there_and_what_is_still_to_come(
    station: Station, filled: dict[str, str], years: list[int], tmp_path: Path
) -> None:
    years.append(200)
    hold = station.json("holds", "place", "officer", "000123", "--clause", "order 7", "--reason", "complaint of a citizen")
    assert (hold["clips"], hold["state"]) == (4, "in-force")
    assert due(station) == {}
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "new.mp4").write_bytes(b"new")
    station.json("ingest", tmp_path / "later", "--officer", "000123")
    assert station.json("holds")["holds"][0]["clips"] == 5
    entry = (
        station.log()[-1]
        if station.log()[-1]["type"] == "recorded"
        else next(e for e in station.log() if e["type"] == "recorded")
    )
    assert "000123" not in str(entry["what"])
    assert "citizen" not in str(entry["what"])
    check_proof(station)


def test_a_case_suspends_until_it_is_taken_off(station: Station, filled: dict[str, str], years: list[int]) -> None:
    years.append(200)
    station.json("tag", filled["patrol"], "--case", "A-1")
    assert "patrol" not in due(station)
    station.json("tag", filled["patrol"], "--case", "")
    assert "patrol" in due(station)


def test_holds_are_rebuilt_from_the_log_alone(station: Station, filled: dict[str, str]) -> None:
    station.json("holds", "place", "case", "A-1", "--clause", "c", "--reason", "r")
    station.json("holds", "place", "device", "shop:17", "--clause", "c", "--reason", "r", "--since", "2026-01-01T00:00:00+08:00")
    station.json("holds", "place", "clip", filled["patrol"], "--clause", "c", "--reason", "r")
    before = station.json("holds")
    with station.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sheet")
        connection.exec_driver_sql("DELETE FROM sheet_index")
    assert station.json("holds")["holds"] == []
    assert {one["kind"] for one in station.json("verify", status=3)["problems"]} == {"catalogue-missing-row"}
    rebuilt = station.json("holds", "rebuild")
    assert (rebuilt["in_force"], len(rebuilt["restored"])) == (3, 3)
    assert station.json("holds") == before
    check_proof(station)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["clip", "none", "--clause", "c", "--reason", "r"], "hold-unfit"),
        (["case", " ", "--clause", "c", "--reason", "r"], "hold-unfit"),
        (["device", "d", "--clause", "c", "--reason", "r", "--since", "2026-01-01T00:00:00"], "hold-unfit"),
        (["case", "A", "--clause", "c", "--reason", "r", "--since", "2026-01-01T00:00:00Z"], "hold-unfit"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, list) else "",
)
def test_a_hold_that_means_nothing_is_refused(station: Station, words: list[str], code: str) -> None:
    assert station.json("holds", "place", *words, status=2)["code"] == code
