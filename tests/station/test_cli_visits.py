"""Visits: several cards at once, a disk that is too small, a visit that was cut short."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.station.stations import Station, run
from tests.station.takings import check_taken


def cards(tmp_path: Path, count: int) -> list[Path]:
    made = []
    for number in range(count):
        card = tmp_path / f"card-{number}"
        card.mkdir()
        for at in range(3):
            (card / f"{at}.mp4").write_bytes(b"%d of %d" % (at, number))
        (card / "same.mp4").write_bytes(b"on every card")
        made.append(card)
    return made


def test_several_cards_are_several_dockings_in_the_order_they_were_named(station: Station, tmp_path: Path) -> None:
    given_cards = cards(tmp_path, 3)
    answer = station.json("ingest", *given_cards)
    assert set(answer) == {"dockings"}
    assert len({one["docking"] for one in answer["dockings"]}) == 3
    for card, one in zip(given_cards, answer["dockings"], strict=True):
        check_taken(station.folder, os.fsencode(card), one)
    assert station.json("verify")["problems"] == []


def test_one_card_that_fails_does_not_touch_the_others(station: Station, tmp_path: Path) -> None:
    one, two = cards(tmp_path, 2)
    answer = station.json("ingest", one, tmp_path / "none", two, status=4)
    good, bad, other = answer["dockings"]
    assert (bad["error"]["code"], bad["path"]) == ("card-missing", str(tmp_path / "none"))
    assert len(good["clips"]) == len(other["clips"]) == 4
    assert station.json("verify")["ok"] is True
    nothing = station.json("ingest", tmp_path / "none", tmp_path / "neither", status=2)
    assert [one["error"]["code"] for one in nothing["dockings"]] == ["card-missing"] * 2


def test_a_card_that_is_named_twice_is_taken_once(station: Station, card: Path) -> None:
    answer = station.json("ingest", card, card, status=5)
    codes = [one.get("error", {}).get("code") for one in answer["dockings"]]
    assert sorted(map(str, codes)) == ["None", "card-busy"]


def test_a_file_is_no_card(station: Station, card: Path) -> None:
    assert station.json("ingest", card / "empty.txt", status=2)["code"] == "card-missing"
    assert len(station.log()) == 5


# Space


@pytest.mark.parametrize("free", [0, 100])
def test_a_disk_that_is_too_small_is_refused_before_the_first_byte(
    station: Station, card: Path, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = os.statvfs(station.folder)
    reserve = disk.f_bavail * disk.f_frsize * 4
    monkeypatch.setenv("EVIDENCE_STATION_VAULT_RESERVE", str(reserve))
    error = station.json("ingest", card, status=5)
    assert error["code"] == "space-missing"
    assert error["needed"] == reserve + 14
    assert error["missing"] == error["needed"] - error["free"] > 0
    assert str(error["missing"]) in error["message"]
    monkeypatch.delenv("EVIDENCE_STATION_VAULT_RESERVE")
    entry = station.log()[-1]
    assert (entry["type"], entry["subject"]) == ("refused", "station")
    numbers = {"needed_bytes": error["needed"], "promised_bytes": 0, "free_bytes": error["free"]}
    assert entry["what"] == {"reason": "space", **numbers}
    assert station.json("dockings")["dockings"] == []
    assert not [path for path in (station.folder / "vault").rglob("*") if path.is_file()]
    assert station.json("verify")["problems"] == []
    assert len(station.json("ingest", card)["clips"]) == 3, "with room again it is taken"


# Interrupted


def test_an_interrupted_card_is_finished_by_the_next_visit(station: Station, card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest import visit

    def pulled(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(visit, "_seal", pulled)
        assert station("ingest", card, "--json").error["code"] == "interrupted"
    (opened,) = station.json("status")["open_dockings"]
    assert station.json("verify")["problems"] == [], "an open docking is a note"
    copied = len(station.log())
    answer = station.json("ingest", card)
    assert answer["docking"] == opened
    assert len(answer["clips"]) == 3
    assert all(one["duplicate_of"] is None for one in answer["clips"])
    assert [one["type"] for one in station.log()[copied:]] == ["sealed"], "nothing is read again"


def test_a_card_that_does_not_come_back_is_sealed_with_what_was_taken(
    station: Station, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import visit

    def pulled(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(visit, "_copy", pulled)
        station("ingest", card)
    (opened,) = station.json("status")["open_dockings"]
    answer = station.json("seal", opened, status=4)
    assert answer["clips"] == []
    told = {one["path"]: one["reason"] for one in answer["skipped"]}
    assert told == dict.fromkeys(("DCIM/a.mp4", "DCIM/b.mp4", "empty.txt"), "interrupted"), "no file is left out in silence"
    assert station.json("seal", opened, status=2)["code"] == "not-open"
    assert station.json("verify")["problems"] == []
    assert len(station.json("ingest", card)["clips"]) == 3


def test_progress_goes_to_stderr_and_the_document_alone_to_stdout(stocked: Station, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.mp4").write_bytes(bytes(1 << 20))
    told = run("--home", stocked.folder, "ingest", tmp_path / "c", "--json")
    assert told.document["clips"][0]["size"] == 1 << 20
    assert b"1.0 MB" in told.err
    assert b"\x1b" not in told.err, "no escapes where nobody looks at a terminal"


def test_a_stranger_in_the_vault_is_found_and_left_alone(stocked: Station, card: Path) -> None:
    stranger = stocked.folder / "vault" / "blobs" / "00" / ("00" * 32)
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_bytes(b"planted")
    stocked.json("ingest", card)
    assert [one["kind"] for one in stocked.json("verify", status=3)["problems"]] == ["vault-extra"]
    assert stranger.exists()
