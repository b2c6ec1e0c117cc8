"""Figures and samples of a station at work, by its command line."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from evidence import shifts
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.custody.entry import STATION
from evidence.custody.merkle import leaf_hash
from tests.evidence.catalogue.worlds import root
from tests.station.papers.reading import need_font, words
from tests.station.stations import Document, Station

HOUR = 3600


@pytest.fixture
def worked(station: Station, tmp_path: Path) -> Station:
    """Two cameras were docked: one in time, with a number missing, one after two days."""
    for number, (officer, hours, names) in enumerate((("004217", 2, (1, 2, 5)), ("=7", 50, (1, 2)))):
        card = tmp_path / f"card{number}" / "DCIM" / "100GOPRO"
        card.mkdir(parents=True)
        for name in names:
            file = card / f"GX01{name:04}.MP4"
            file.write_bytes(os.urandom(500))
            at = time.time() - hours * HOUR
            os.utime(file, (at, at))
        station.json(
            *("ingest", tmp_path / f"card{number}", "--officer", officer, "--device", f"cam:{number}", "--source", "body-camera"),
        )
    return station


def show(station: Station, figure: str, *more: str) -> Document:
    return station.json("figures", "show", figure, *more)


def test_a_figure_counts_by_officer_and_names_its_question_and_the_head_of_the_log(worked: Station) -> None:
    head = worked.json("checkpoint")
    late = show(worked, "late-docking", "--items", "5")
    assert late["total"] == {"counted": 2, "flagged": 1, "excluded": {}, "unsure": {}, "worst": 50 * 60 - 1}
    assert [(one["unit"], one["officer"], one["flagged"]) for one in late["rows"]] == [
        ("unit-1", "004217", 0),
        ("unit-1", "=7", 1),
    ]
    (item,) = late["items"]
    assert (item["verdict"], item["device"], item["subject"].partition(":")[0]) == ("flagged", "cam:1", "docking")
    assert late["log"] == {"origin": head["origin"], "epoch": 1, "size": head["size"], "root": head["root"]}
    assert late["query"]["parameters"]["late_docking_hours"] == 24
    assert late["query"]["statements"]
    assert worked.json("checkpoint")["size"] == head["size"], "to look at a figure leaves no entry"


def test_a_figure_can_be_of_one_officer_and_of_other_days(worked: Station) -> None:
    assert show(worked, "late-docking", "--officer", "004217")["total"]["counted"] == 1
    assert show(worked, "late-docking", "--unit", "elsewhere")["rows"] == []
    assert show(worked, "late-docking", "--from", "2020-01-01", "--until", "2020-01-31")["total"]["counted"] == 0
    assert (
        worked.json("figures", "show", "untagged", "--from", "2020-02-01", "--until", "2020-01-31", status=2)["code"]
        == "not-a-day"
    )


def test_an_officer_counts_for_the_unit_that_he_is_entered_in(worked: Station) -> None:
    with worked.rooms().ledger.commit() as commit:
        written(commit, Sheet("person", {"unit": "310102"}, {"badge": "=7"}), "entered", STATION)
    assert [(one["unit"], one["officer"]) for one in show(worked, "late-docking")["rows"]] == [
        ("310102", "=7"),
        ("unit-1", "004217"),
    ]
    assert show(worked, "late-docking", "--unit", "310102")["total"]["counted"] == 1


def test_a_roster_says_when_the_duty_ended(worked: Station) -> None:
    at = datetime.now(UTC) - timedelta(hours=51)
    with worked.rooms().ledger.commit() as commit:
        one = shifts.shift("7", "=7", at.isoformat(), (at + timedelta(hours=20)).isoformat(), ZoneInfo("UTC"), source="desk")
        written(commit, Sheet(shifts.KIND, one.said, one.kept, one.found_by), "added", STATION)
    late = show(worked, "late-docking")["total"]
    assert (late["flagged"], late["worst"]) == (1, 31 * 60 - 1)
    worked.json("settings", "set", "late_docking_hours", "32")
    assert show(worked, "late-docking")["total"]["flagged"] == 0


def test_a_rule_of_the_settings_decides_what_is_flagged(worked: Station) -> None:
    worked.json("settings", "set", "late_docking_hours", "60")
    assert show(worked, "late-docking")["total"]["flagged"] == 0
    worked.json("settings", "set", "late_docking_hours", "1")
    assert show(worked, "late-docking")["total"]["flagged"] == 2


def test_a_file_of_a_figure_is_noted_with_its_digest_and_runs_nothing_in_a_spreadsheet(worked: Station, tmp_path: Path) -> None:
    target = tmp_path / "late.csv"
    told = show(worked, "late-docking", "--csv", str(target), "--bom")
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfunit,")
    assert b",'=7," in data
    assert told["log"]["root"].encode() in data
    noted = worked.log()[-1]
    assert (noted["type"], noted["what"]["did"]) == ("noted", "figure-exported")
    assert noted["what"]["sha256"] == sha256(data).hexdigest() == told["sha256"]
    assert show_again(worked, target)["code"] == "target-exists"


def show_again(station: Station, target: Path) -> Document:
    return station.json("figures", "show", "late-docking", "--csv", str(target), status=5)


def test_on_paper_a_figure_is_in_both_languages_with_the_head_it_is_as_of(worked: Station, tmp_path: Path) -> None:
    need_font()
    told = show(worked, "late-docking", "--pdf", str(tmp_path / "late.pdf"))
    text = words((tmp_path / "late.pdf").read_bytes())
    for word in ("docked late", "逾时导入", "004217", "late_docking_hours = 24"):
        assert word in text
    assert told["log"]["root"] in text.replace("\n", "")


def test_missing_numbers_are_counted_once_and_not_held_against_the_officer_where_the_station_erased(worked: Station) -> None:
    gaps = show(worked, "numbering-gaps", "--items", "5")
    assert gaps["total"]["flagged"] == 1
    assert gaps["items"][0]["value"] == 2


def test_what_nobody_tagged_is_flagged_when_its_time_is_up(worked: Station) -> None:
    clips = worked.json("clips")["clips"]
    worked.json("tag", clips[0]["id"], "--category", "traffic")
    assert show(worked, "untagged")["total"] == {"counted": 5, "flagged": 0, "excluded": {}, "unsure": {}, "worst": 0} | {
        "worst": None
    }


def test_a_device_that_was_issued_and_came_back_is_not_overdue(worked: Station) -> None:
    worked.json("devices", "add", "cam:9")
    worked.json("devices", "issue", "cam:9", "--officer", "004217")
    assert show(worked, "devices-overdue")["total"] == {"counted": 1, "flagged": 0, "excluded": {}, "unsure": {}, "worst": None}
    worked.json("devices", "return", "cam:9")
    assert show(worked, "devices-overdue")["total"]["counted"] == 0


def entries(station: Station) -> list[bytes]:
    with sqlite3.connect(station.folder / "catalogue.sqlite3") as catalogue:
        return [bytes(body) for (body,) in catalogue.execute("SELECT body FROM custody_entry ORDER BY epoch, seq")]


def test_whoever_has_the_log_draws_the_same_sample_with_code_of_his_own(worked: Station) -> None:
    told = worked.json("samples", "draw", "2", "--reason", "monthly review")
    bodies = entries(worked)
    fixed_at, fixed = next(
        (place, one) for place, one in enumerate(map(json.loads, bodies)) if one["what"].get("kind") == "population"
    )
    said = fixed["what"]["said"]
    assert sha256("".join(f"{one}\n" for one in sorted(said["members"])).encode()).hexdigest() == said["sha256"]
    # The first signed head over that entry: recomputed from the entries themselves, it could not be known before.
    seed = root([leaf_hash(body) for body in bodies[: told["seed"]["size"]]])
    assert told["seed"]["size"] == fixed_at + 1
    assert seed.hex() == told["seed"]["root"]
    tickets = sorted(
        (sha256(b"evidence-station/sample/v1\0" + seed + b"\0" + one.encode()).digest(), one) for one in said["members"]
    )
    assert [one["clip"] for one in told["clips"]] == [member for _, member in tickets[:2]]
    assert worked.json("samples", "check", told["sample"])["wrong"] == []


def test_a_sample_that_was_tampered_with_does_not_hold(worked: Station) -> None:
    told = worked.json("samples", "draw", "2")
    others = sorted({one["id"] for one in worked.json("clips")["clips"]} - {one["clip"] for one in told["clips"]})
    with sqlite3.connect(worked.folder / "catalogue.sqlite3") as catalogue:
        catalogue.execute(
            "UPDATE sheet SET said = replace(said, ?, ?) WHERE id = ?", (told["clips"][0]["clip"], others[0], told["sample"])
        )
    assert worked.json("samples", "check", told["sample"], status=3)["wrong"] == ["draw-differs"]


def test_a_draw_that_was_cut_off_comes_out_the_same_when_the_next_one_finishes_it(
    worked: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    from station.handlers import sampling

    with monkeypatch.context() as patch:
        patch.setattr(sampling, "_finish", lambda *_: None)
        cut = worked.json("samples", "draw", "3")
    assert cut["sample"] is None
    expected = worked.json("samples", "check", cut["population"])["drawn"]
    later = worked.json("samples", "draw", "1")
    assert later["drawn_before"] == 1
    finished = worked.json("samples", "show", cut["population"])
    assert [one["clip"] for one in finished["clips"]] == expected


def test_a_population_may_be_narrowed_and_an_empty_one_is_none(worked: Station) -> None:
    told = worked.json("samples", "draw", "9", "--officer", "=7")
    assert (told["count"], len(told["clips"])) == (2, 2)
    bodies = b"".join(entries(worked))
    assert b"=7" not in bodies, "the log names nobody"
    assert worked.json("samples", "draw", "1", "--category", "nothing", status=2)["code"] == "population-empty"
