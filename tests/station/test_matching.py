"""Feeds and matches as a clerk meets them: a roster and dispatch records come in, footage is matched, somebody decides."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from station import matches
from station.commands import silent
from station.feeds import folder as dropping
from station.feeds.web import FeedUnreachable
from station.service.matching import Matching
from tests.station.stations import Document, Station

HEAD = "no,sent,there,end,who"
DISPATCH = """
kind = "incident"
delivers = "period"
[columns]
number = "no"
begins_at = "sent"
arrived_at = "there"
ends_at = "end"
officers = "who"
[csv]
folder = "drop"
pattern = "calls*.csv"
"""
ROSTER = """
kind = "shift"
[columns]
number = "id"
officer = "who"
begins_at = "from"
ends_at = "to"
unit = "unit"
[csv]
folder = "drop"
pattern = "roster*.csv"
"""
MORNING = "J1,2026-01-15T07:55:00,2026-01-15T08:00:00,2026-01-15T08:30:00,004217"
NOON = "J2,2026-01-15T12:00:00,2026-01-15T12:08:00,2026-01-15T12:40:00,004217"
OTHERS = "J9,2026-01-15T09:00:00,2026-01-15T09:05:00,2026-01-15T09:40:00,009999"


@pytest.fixture
def desk(station: Station, tmp_path: Path) -> Station:
    """A station with two recordings of officer 004217, begun at eight and at noon, and a feed with a drop folder."""
    folder = tmp_path / "card" / "DCIM" / "20260115"
    folder.mkdir(parents=True)
    for number, clock in ((1, "080100"), (2, "120900")):
        (folder / f"DSJ0042_004217_20260115{clock}_000{number}.MP4").write_bytes(b"footage %d" % number)
    station.json("ingest", tmp_path / "card")
    (station.folder / "feeds").mkdir()
    (station.folder / "feeds" / "dispatch.toml").write_text(DISPATCH)
    (station.folder / "drop").mkdir()
    return station


def drop(desk: Station, *lines: str, name: str = "calls.csv") -> Path:
    path = desk.folder / "drop" / name
    path.write_text("\n".join(lines) + "\n")
    os.utime(path, (1e9, 1e9))
    return path


def took(desk: Station, *lines: str) -> Document:
    """Drop records and take them."""
    drop(desk, HEAD, *lines)
    ((delivery,),) = [one["deliveries"] for one in desk.json("feeds", "run", "dispatch")["feeds"]]
    found: Document = delivery
    return found


def standing(desk: Station, *arguments: str) -> list[Document]:
    found: list[Document] = desk.json("matches", "list", *arguments)["matches"]
    return found


def incidents(desk: Station) -> dict[str, str | None]:
    """Which incident each clip bears, by the second of its recording."""
    rooms = desk.rooms()
    try:
        with rooms.catalogue.connect() as connection:
            rows = connection.exec_driver_sql("SELECT recorded_at, incident FROM clip").all()
            numbers = {
                row.id: row.kept for row in connection.exec_driver_sql("SELECT id, kept FROM sheet WHERE kind = 'incident'")
            }
    finally:
        rooms.close()
    return {
        row.recorded_at[11:16]: None if row.incident is None else numbers[row.incident].split('"number":"')[1][:2] for row in rows
    }


def test_records_are_taken_footage_is_matched_and_a_person_accepts(desk: Station) -> None:
    assert took(desk, MORNING, NOON)["added"] == 2
    done = desk.json("matches", "run")
    assert (done["dockings"], done["proposed"]) == (1, 2)
    assert incidents(desk) == {"00:01": None, "04:09": None}
    one, _ = standing(desk, "--state", "proposed")
    assert one["score"] > 900
    assert {"code": "time-at-arrival", "seconds": 60} in one["reasons"]
    assert "another officer" not in desk("matches", "show", one["id"]).out.decode()
    accepted = desk.json("matches", "accept", one["id"], "--reason", "the footage shows it")
    assert (accepted["state"], accepted["by"]) == ("accepted", "person")
    assert incidents(desk) == {"00:01": "J1", "04:09": None}
    told = desk.json("matches", "show", one["id"])
    assert [entry["did"] for entry in told["history"]] == ["proposed", "accepted"]
    assert told["history"][-1]["reason"] == "the footage shows it"
    assert desk.json("verify")["problems"] == []


def test_no_clip_slips_out_of_a_hold_on_its_incident_by_what_the_matcher_or_a_person_thinks_of_the_match(desk: Station) -> None:
    desk.json("settings", "set", "match_policy", "accept")
    took(desk, MORNING, NOON)
    desk.json("matches", "run")
    hold = desk.json("holds", "place", "incident", "J1", "--clause", "art. 66", "--reason", "a complaint")
    assert hold["clips"] == 1
    (match,) = [one["id"] for one in standing(desk, "--state", "accepted") if one["number"] == "J1"]
    assert desk.json("matches", "reject", match, status=5)["code"] == "tag-held"
    took(desk, MORNING.replace("T07", "T03").replace("T08", "T04"), NOON.replace("T12", "T17"))
    desk.json("matches", "run")
    assert incidents(desk) == {"00:01": "J1", "04:09": None}, "what is not held goes with its record"
    assert desk.json("verify")["problems"] == []


def test_the_policy_accepts_and_the_log_says_that_the_station_did(desk: Station) -> None:
    desk.json("settings", "set", "match_policy", "accept")
    took(desk, MORNING, NOON)
    assert desk.json("matches", "run")["accepted"] == 2
    assert incidents(desk) == {"00:01": "J1", "04:09": "J2"}
    tagged = [entry for entry in desk.log() if entry["type"] == "tagged"]
    assert [entry["actor"] for entry in tagged] == [{"system": "station"}] * 2
    assert "004217" not in str([entry["what"] for entry in desk.log() if entry["type"] == "recorded"])


def test_nothing_new_is_nothing_to_do(desk: Station) -> None:
    took(desk, MORNING)
    desk.json("matches", "run")
    size = len(desk.log())
    assert desk.json("matches", "run")["dockings"] == 0
    assert desk.json("matches", "run", "--whole")["proposed"] == 0
    assert len(desk.log()) == size


def test_a_record_that_is_corrected_opens_its_match_again(desk: Station) -> None:
    desk.json("settings", "set", "match_policy", "accept")
    took(desk, MORNING)
    desk.json("matches", "run")
    assert took(desk, MORNING.replace("004217", "009999"))["changed"] == 1
    assert desk.json("matches", "run")["reopened"] == 1
    assert incidents(desk)["00:01"] is None
    assert [one["state"] for one in standing(desk)] == ["withdrawn"]


def test_a_record_that_comes_late_is_matched_when_it_comes(desk: Station) -> None:
    took(desk, MORNING)
    desk.json("matches", "run")
    took(desk, NOON)
    assert desk.json("matches", "run")["proposed"] == 1
    assert len(standing(desk, "--state", "proposed")) == 2


def test_a_record_that_its_feed_has_no_more_says_so_and_lets_its_footage_go(desk: Station) -> None:
    desk.json("settings", "set", "match_policy", "accept")
    took(desk, MORNING, OTHERS, NOON)
    desk.json("matches", "run")
    assert took(desk, MORNING.replace("J1", "J0").replace("004217", "008888"), NOON)["gone"] == 2
    desk.json("matches", "run")
    assert incidents(desk) == {"00:01": None, "04:09": "J2"}
    assert "J1" not in str(desk.json("matches", "without-footage"))


def test_what_a_person_rejected_is_not_offered_again(desk: Station) -> None:
    desk.json("settings", "set", "match_policy", "accept")
    took(desk, MORNING)
    desk.json("matches", "run")
    (one,) = standing(desk)
    desk.json("matches", "reject", one["id"], "--reason", "another street")
    assert incidents(desk)["00:01"] is None
    desk.json("matches", "run", "--whole")
    assert incidents(desk)["00:01"] is None
    assert [found["state"] for found in standing(desk)] == ["rejected"]


def test_what_a_person_accepted_stays_and_is_doubted_when_the_record_changes(desk: Station) -> None:
    took(desk, MORNING)
    desk.json("matches", "run")
    (one,) = standing(desk)
    desk.json("matches", "accept", one["id"])
    took(desk, MORNING.replace("004217", "009999"))
    assert desk.json("matches", "run")["doubted"] == 1
    assert incidents(desk)["00:01"] == "J1"
    (doubted,) = standing(desk, "--doubted")
    assert doubted["id"] == one["id"]
    assert "doubtful" in desk("matches", "show", one["id"]).out.decode()


def test_the_same_delivery_again_changes_nothing(desk: Station) -> None:
    took(desk, MORNING, NOON)
    sheets = [entry for entry in desk.log() if entry["type"] == "recorded"]
    assert took(desk, MORNING, NOON)["same"] == 2
    assert [entry for entry in desk.log() if entry["type"] == "recorded"] == sheets


def test_a_power_cut_between_the_commit_and_the_move_costs_nothing(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(desk, HEAD, MORNING)
    with monkeypatch.context() as cut:
        cut.setattr(dropping, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert desk("feeds", "run", "dispatch").status != 0
    assert path.exists()
    again = desk.json("feeds", "run", "dispatch")["feeds"][0]["deliveries"][0]
    assert (again["added"], again["same"]) == (0, 1)
    assert not path.exists()
    assert len(list((desk.folder / "drop" / dropping.TAKEN).glob("*.csv"))) == 1


def test_a_delivery_with_one_wrong_row_is_refused_whole_and_kept_with_its_report(desk: Station) -> None:
    drop(desk, HEAD, MORNING, NOON.replace("12:00:00", "25:00:00"))
    delivery = desk.json("feeds", "run", "dispatch", status=4)["feeds"][0]["deliveries"][0]
    assert (delivery["outcome"], delivery["refused_rows"], delivery["added"]) == ("refused", 1, 0)
    assert (delivery["refused"][0]["row"], delivery["refused"][0]["column"]) == (3, "sent")
    (report,) = (desk.folder / "drop" / "refused").glob("*.report.json")
    assert '"row": 3' in report.read_text()
    assert not [entry for entry in desk.log() if entry["type"] == "recorded"]
    assert [entry["what"]["outcome"] for entry in desk.log() if entry["type"] == "noted"] == ["refused"]


def test_a_wrong_row_alone_stays_out_where_the_mapping_says_so(desk: Station) -> None:
    (desk.folder / "feeds" / "dispatch.toml").write_text('refuse = "row"\n' + DISPATCH)
    drop(desk, HEAD, MORNING, NOON.replace("12:00:00", "25:00:00"))
    delivery = desk.json("feeds", "run", "dispatch", status=4)["feeds"][0]["deliveries"][0]
    assert (delivery["outcome"], delivery["added"], delivery["refused_rows"]) == ("taken", 1, 1)


def test_a_dry_run_says_what_would_be_and_does_nothing(desk: Station) -> None:
    path, size = drop(desk, HEAD, MORNING), len(desk.log())
    delivery = desk.json("feeds", "check", "dispatch")["deliveries"][0]
    assert (delivery["outcome"], delivery["added"]) == ("would-be-taken", 1)
    assert path.exists()
    assert len(desk.log()) == size


def test_one_feed_that_cannot_be_read_keeps_no_other_from_it(desk: Station) -> None:
    (desk.folder / "feeds" / "a.toml").write_text('kind = "incident"\n')
    (desk.folder / "feeds" / "b.toml").write_text(DISPATCH.replace('"drop"', '"nowhere"'))
    drop(desk, HEAD, MORNING)
    found = {one["feed"]: one for one in desk.json("feeds", "run", status=4)["feeds"]}
    assert found["a"]["error"]["code"] == "feed-unfit"
    assert found["b"]["error"]["code"] == "feed-unreachable"
    assert found["dispatch"]["deliveries"][0]["added"] == 1
    listed = {one["feed"]: one for one in desk.json("feeds")["feeds"]}
    assert listed["dispatch"]["last"]["outcome"] == "taken"
    assert listed["a"]["error"]["code"] == "feed-unfit"


def test_a_roster_that_comes_late_says_who_was_in_the_unit_that_was_sent(desk: Station) -> None:
    (desk.folder / "feeds" / "dispatch.toml").write_text(DISPATCH.replace('officers = "who"', 'unit = "who"'))
    (desk.folder / "feeds" / "roster.toml").write_text(ROSTER)
    took(desk, MORNING.replace("004217", "U1"))
    desk.json("matches", "run")
    assert standing(desk) == []
    drop(desk, "id,who,from,to,unit", "1,004217,2026-01-15T07:00:00,2026-01-15T19:00:00,U1", name="roster-1.csv")
    assert desk.json("feeds", "run", "roster")["feeds"][0]["deliveries"][0]["added"] == 1
    assert desk.json("matches", "run")["proposed"] == 1
    (one,) = standing(desk)
    assert {reason["code"] for reason in one["reasons"]} >= {"unit-sent", "on-duty"}


def test_incidents_without_footage_and_footage_without_incident_are_lists(desk: Station) -> None:
    took(desk, MORNING, OTHERS)
    desk.json("matches", "run")
    bare = desk.json("matches", "without-footage")["incidents"]
    assert {(one["number"], one["proposed"]) for one in bare} == {("J1", 1), ("J9", 0)}
    clips = desk.json("matches", "without-incident")["clips"]
    assert [one["proposed"] is not None for one in clips] == [True, False]
    first = desk.json("matches", "without-incident", "--limit", "1")
    rest = desk.json("matches", "without-incident", "--limit", "1", "--after", first["next"])
    assert [first["clips"][0], rest["clips"][0]] == clips


def test_the_matcher_remembers_how_far_it_looked_and_losing_that_costs_work_only(desk: Station) -> None:
    took(desk, MORNING)
    desk.json("matches", "run")
    before = standing(desk)
    desk.rooms().home.matching.unlink()
    assert desk.json("matches", "run")["dockings"] == 1
    assert standing(desk) == before


def test_everything_a_person_reads_is_there_in_both_languages(desk: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    took(desk, MORNING, OTHERS)
    rooms = desk.rooms()
    matches.run(rooms, silent)
    rooms.close()
    for language, word in (("en", "the officer was sent there"), ("zh", "该民警被派往此警情")):
        monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
        assert word in desk("matches").out.decode()
        assert desk("matches", "without-footage").status == 0
        assert desk("matches", "without-incident").status == 0
        assert desk("feeds").status == 0


def test_the_service_reads_feeds_and_matches_by_itself(desk: Station) -> None:
    drop(desk, HEAD, MORNING)
    (desk.folder / "feeds" / "a.toml").write_text(DISPATCH.replace('"drop"', '"nowhere"'))
    rooms = desk.rooms()
    duty = Matching(rooms)
    with pytest.raises(FeedUnreachable):
        duty.turn(threading.Event())
    assert duty.turn(threading.Event()) > 0, "the feed that fails waits for its time"
    rooms.close()
    assert [one["state"] for one in standing(desk)] == ["proposed"]
