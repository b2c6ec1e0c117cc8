"""What tagging refuses: a number that a case no longer bears, and whatever would let footage slip out of a hold, by whichever way."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.handlers import searching
from tests.station.stations import Station

HOLD = ("--clause", "art. 66", "--reason", "a complaint")


@pytest.fixture
def clips(station: Station, tmp_path: Path) -> list[str]:
    (tmp_path / "card").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "card" / name).write_bytes(name.encode())
    station.json("ingest", tmp_path / "card", "--officer", "000123")
    return [clip["id"] for clip in station.json("clips")["clips"]]


def test_a_number_that_the_case_bears_no_more_is_refused_with_the_one_it_has(station: Station, clips: list[str]) -> None:
    station.json("cases", "open", "A-1", "--title", "theft")
    station.json("tag", clips[0], "--case", "A-1")
    station.json("cases", "change", "A-1", "--number", "A-2")
    refused = station.json("tag", clips[1], "--case", "A-1", status=5)
    assert (refused["code"], refused["number"], refused["now"]) == ("case-moved", "A-1", "A-2")
    assert station.json("tag", clips[1], "--case", "A-1", "--dry-run", status=5)["code"] == "case-moved"
    station.json("cases", "open", "B-1", "--title", "the same theft")
    station.json("cases", "merge", "A-2", "--into", "B-1")
    for number in ("A-1", "A-2"):
        assert station.json("tag", clips[1], "--case", number, status=5)["now"] == "B-1"
    assert [one["id"] for one in station.json("clips", "--case", "B-1")["clips"]] == clips[:1], "its clips went along"
    station.json("tag", clips[1], "--case", "B-1")
    station.json("tag", clips[1], "--case", "C-9")  # of which nobody opened a case


@pytest.mark.parametrize(
    ("on", "field", "held", "other"),
    [
        ("case", "case_number", ("--case", "A-1"), ("--case", "A-2")),
        ("incident", "incident", ("--incident", "J-1"), ("--incident", "J-2")),
        ("officer", "recorded_by", ("--officer", "000777"), ("--officer", "000888")),
    ],
)
def test_no_clip_slips_out_of_a_hold_by_being_tagged_otherwise(
    station: Station, clips: list[str], on: str, field: str, held: tuple[str, str], other: tuple[str, str]
) -> None:
    for number in ("J-1", "J-2"):
        station.json("incidents", "add", number, "--begins", "2026-01-15T08:00:00")
    station.json("tag", *clips, *held)
    hold = station.json("holds", "place", on, held[1], *HOLD)
    assert hold["clips"] == 2
    for values in (other, (other[0], "")):
        refused = station.json("tag", *clips, *values, status=5)
        assert (refused["code"], refused["clip"], refused["field"]) == ("tag-held", clips[0], field)
        assert station.json("tag", *clips, *values, "--dry-run", status=5)["code"] == "tag-held"
    tagging = [entry for entry in station.log() if entry["type"] == "tagged"][-1]
    place = f"{tagging['epoch']}/{tagging['seq']}"
    assert station.json("untag", place, status=5)["code"] == "tag-held"
    assert station.json("untag", place, "--whole", status=5)["code"] == "tag-held"
    station.json("tag", *clips, "--category", "theft", "--note", "what is said besides is free")
    station.json("holds", "place", on, other[1], *HOLD)
    station.json("tag", *clips, *other)
    assert station.json("holds", "list")["holds"][-1]["clips"] == 2, "from one hold into another"


def test_a_hold_on_an_incident_that_nobody_knows_is_refused(station: Station) -> None:
    assert station.json("holds", "place", "incident", "J-7", *HOLD, status=2)["code"] == "no-such-incident"
    assert station.json("holds", "list")["holds"] == []


def test_all_that_a_saved_search_finds_is_tagged_at_once_within_a_bound(
    station: Station, clips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = station.json("searches", "save", "open", "missing:case")["id"]
    tried = station.json("tag", "--search", "open", "--case", "A-1", "--dry-run")
    assert tried["counts"] == [{"field": "case_number", "clips": 2, "values": [{"old": None, "clips": 2}], "others": 0}]
    monkeypatch.setattr(searching, "ROWS", 1)
    with monkeypatch.context() as patch:
        patch.setattr(searching, "FOUND", 1)
        assert station.json("tag", "--search", saved, "--case", "A-1", status=5)["code"] == "search-too-wide"
    made = station.json("tag", "--search", saved, "--case", "A-1")
    assert sorted(one["id"] for one in made["tagged"]) == sorted(clips), "a page ends before the search is at its end"
    assert station.json("tag", "--search", "open", "--case", "A-2")["clips"] == 0
    assert station.json("tag", "--search", "closed", "--case", "A-2", status=2)["code"] == "no-such-search"
