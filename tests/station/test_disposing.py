"""Disposal: every copy that was named goes, on the word of two people, and whatever forbids it at the last moment keeps what it speaks of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from station import disposing as room
from tests.independent_verifier import Verification
from tests.station.confirmed import clips_of, confirm
from tests.station.disposing import REASON, acting, approved, blob, check_proof, content, fill, passing, ran
from tests.station.papers.reading import need_font, words
from tests.station.stations import Station

WAIVED = ("--waiver", "Superintendent 000009: the store was never built")


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return passing(monkeypatch)


@pytest.fixture
def ids(station: Station, tmp_path: Path, days: Callable[[int], None]) -> dict[str, str]:
    """Footage of which all is over its time."""
    found = fill(station, tmp_path / "card")
    days(200)
    return found


def test_every_copy_goes_and_record_log_and_certificate_stay(
    station: Station, ids: dict[str, str], days: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.json("upload", "--until-idle")
    disposal = approved(station, ids["patrol"], ids["twin-1"], *WAIVED)
    shown = station.json("disposals", "show", disposal)
    assert (shown["state"], shown["clips"], shown["contents"]) == ("pending", 3, 2), "a twin has the same bytes"
    assert [copy["kind"] for one in shown["named"] for copy in one["copies"]] == ["vault", "store"] * 2
    assert ran(station)["waiting"][0]["why"] == "undo-window"
    assert blob(station, "patrol").exists()
    days(8)
    need_font()
    answer = ran(station)
    assert answer["carried_out"] == [disposal]
    assert not blob(station, "patrol").exists()
    assert not blob(station, "twin-1").exists()
    assert blob(station, "theft").exists()
    store = {path.name for path in (station.folder / "store").rglob("*") if path.is_file()}
    assert blob(station, "patrol").name not in store
    assert blob(station, "theft").name in store
    clip = station.json("show", ids["patrol"])
    assert (clip["kept_in"], clip["sha256"]) == ("nowhere", blob(station, "patrol").name)
    assert [entry["type"] for entry in station.json("custody", "--clip", ids["twin-2"])["entries"]][-1] == "disposed"
    made = json.loads((station.folder / "certificates" / f"{disposal}.json").read_bytes())
    assert {copy["outcome"] for one in made["contents"] for copy in one["copies"]} == {"removed"}
    assert [(step["did"], step["by"]) for step in made["steps"]][:2] == [("asked", "000001"), ("approved", "000002")]
    with acting("000002"):
        printed = station.json("disposals", "certificate", disposal, "--out", tmp_path / "c.pdf")
    assert printed["certificate"] == made
    told = words((tmp_path / "c.pdf").read_bytes())
    for word in (disposal, blob(station, "patrol").name, "000002", "000009", "处置销毁证明"):
        assert word in told
    check_proof(station, "disposed")
    assert station.json("recall", ids["patrol"], status=5)["code"] == "clip-disposed"
    assert station.json("due")["clips"] == 2


def test_one_person_is_not_enough(station: Station, ids: dict[str, str], days: Callable[[int], None]) -> None:
    with acting("000001"):
        disposal = station.json("disposals", "ask", ids["patrol"], *WAIVED, *REASON)["id"]
        assert station.json("disposals", "approve", disposal, status=5)["code"] == "no-second-person"
    with acting("000003", "clerk"):
        assert station.json("disposals", "approve", disposal, status=5)["code"] == "permission-denied"
    days(30)
    assert ran(station) == {"carried_out": [], "waiting": [], "certificates": []}
    assert blob(station, "patrol").exists()


def test_it_can_be_undone_until_the_first_copy_goes(station: Station, ids: dict[str, str], days: Callable[[int], None]) -> None:
    first = approved(station, ids["patrol"], *WAIVED)
    with acting("000003"):
        station.json("disposals", "undo", first, "--reason", "a lawyer called")
    days(30)
    assert ran(station)["carried_out"] == []
    second = approved(station, ids["patrol"], *WAIVED)
    days(8)
    ran(station)
    with acting("000003"):
        assert station.json("disposals", "undo", second, "--reason", "too late", status=5)["code"] == "disposal-moved"
    check_proof(station, "disposed")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (["tag", "CLIP", "--case", "A-1"], "suspended"),
        (["tag", "CLIP", "--category", "evidence"], "permanent"),
        (["tag", "CLIP", "--note", "look again"], "changed"),
        (["holds", "place", "officer", "000123", "--clause", "c", "--reason", "r"], "suspended"),
        (["holds", "place", "clip", "CLIP", "--clause", "c", "--reason", "r"], "suspended"),
        (["rules", "change", "six-months", "--period", "12m"], "kept"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else value,
)
def test_what_changed_since_keeps_it(
    station: Station, ids: dict[str, str], days: Callable[[int], None], name: list[str], reason: str
) -> None:
    disposal = approved(station, ids["patrol"], *WAIVED)
    days(8)
    station.json(*(ids["patrol"] if word == "CLIP" else word for word in name))
    assert ran(station)["carried_out"] == [disposal]
    shown = station.json("disposals", "show", disposal)
    assert [one["reason"] for one in shown["left_out"]] == [reason]
    assert shown["contents"] == 0
    assert blob(station, "patrol").exists()
    check_proof(station)


def test_a_hold_that_comes_at_the_last_moment_keeps_it(
    station: Station, ids: dict[str, str], days: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the entry that it begins and the commit that takes it out."""
    disposal = approved(station, ids["patrol"], ids["theft"], *WAIVED)
    days(8)
    real = room._Disposal._begin  # the moment after it

    def begin(self: room._Disposal, *given: object) -> object:
        done = real(self, *given)  # type: ignore[arg-type]  # what it was given is passed on
        station.client()
        station.json("holds", "place", "clip", ids["patrol"], "--clause", "c", "--reason", "r")
        return done

    monkeypatch.setattr(room._Disposal, "_begin", begin)
    assert ran(station)["carried_out"] == [disposal]
    assert blob(station, "patrol").exists()
    assert not blob(station, "theft").exists()
    check_proof(station, "disposed")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "no-receipt"),
        (["--waiver", "x"], None),
    ],
    ids=["no receipt", "waived"],
)
def test_it_needs_a_receipt_or_a_waiver_with_a_name(
    station: Station, ids: dict[str, str], words: list[str], reason: str | None
) -> None:
    with acting("000001"):
        answer = station.json("disposals", "ask", ids["patrol"], *words, *REASON, status=0 if reason is None else 5)
    assert answer.get("reason") == (reason or REASON[1])


def test_a_trial_receipt_is_none_and_a_real_one_is(station: Station, ids: dict[str, str]) -> None:
    station.json("upload", "--until-idle")
    with acting("000001"):
        assert station.json("disposals", "ask", ids["patrol"], *REASON, status=5)["reason"] == "no-receipt"
        rooms = station.rooms()
        confirm(rooms, [clips_of(rooms)["patrol.mp4"]])
        rooms.close()
        named = station.json("disposals", "ask", ids["patrol"], *REASON)["named"]
    assert [copy["name"] for copy in named[0]["copies"]] == ["vault", "folder", "s3:far.example/evidence"]
    assert named[0]["receipt"] is not None


@pytest.mark.parametrize("name", ["theft", "twin-1"])
def test_what_may_not_go_is_not_asked_for(station: Station, ids: dict[str, str], name: str) -> None:
    other = ids["twin-2"] if name == "twin-1" else ids[name]
    station.json("tag", other, "--case", "A-1")
    with acting("000001"):
        refused = station.json("disposals", "ask", ids[name], *WAIVED, *REASON, status=5)
        assert (refused["code"], refused["reason"]) == ("not-disposable", "suspended")
        station.json("disposals", "ask", ids["patrol"], *WAIVED, *REASON)
        assert station.json("disposals", "ask", ids["patrol"], *WAIVED, *REASON, status=5)["reason"] == "asked"


def test_the_oldest_that_are_due_are_asked_for_together_but_not_what_wants_a_review(
    station: Station, ids: dict[str, str]
) -> None:
    with acting("000001"):
        asked = station.json("disposals", "ask", "--due", "100", *WAIVED, *REASON)
        named = {clip["id"] for one in asked["named"] for clip in one["clips"]}
        assert named == {ids[name] for name in ("patrol", "theft", "twin-1", "twin-2")}
        assert station.json("disposals", "ask", ids["bare"], *WAIVED, *REASON)["named"][0]["fate"] == "review"
        assert station.json("disposals", "ask", *REASON, status=2)["code"] == "nothing-to-dispose"


def test_a_second_vault_and_what_waits_to_be_sent_go_too(
    station: Station, tmp_path: Path, days: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "second"
    monkeypatch.setenv("EVIDENCE_STATION_SECOND_VAULT", str(second))
    ids = fill(station, tmp_path / "card")
    days(200)
    disposal = approved(station, ids["patrol"], *WAIVED)
    kinds = [copy["kind"] for copy in station.json("disposals", "show", disposal)["named"][0]["copies"]]
    assert kinds == ["vault", "second-vault", "courier"]
    days(8)
    ran(station)
    assert not blob(station, "patrol").exists()
    assert not blob(station, "patrol", second).exists()
    station.json("upload", "--until-idle")
    assert not any(path.name == blob(station, "patrol").name for path in (station.folder / "store").rglob("*"))
    check_proof(station, "disposed")


def test_struck_after_the_entry_the_next_run_finishes(
    station: Station, ids: dict[str, str], days: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    disposal = approved(station, ids["patrol"], ids["theft"], *WAIVED)
    days(8)

    def struck(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(room, "remove_let_go", struck)
        with acting("000001"):
            station("disposals", "run", "--json")
    assert blob(station, "patrol").exists()
    assert station.json("disposals", "show", disposal)["state"] == "begun"
    check_proof(station, "disposed", "evicted-still-there")
    assert ran(station)["carried_out"] == [disposal]
    assert not blob(station, "patrol").exists()
    check_proof(station, "disposed")


def test_docked_again_it_is_evidence_again(
    station: Station, ids: dict[str, str], days: Callable[[int], None], tmp_path: Path
) -> None:
    approved(station, ids["patrol"], *WAIVED)
    days(8)
    ran(station)
    shutil.rmtree(tmp_path / "card")
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "patrol.mp4").write_bytes(content("patrol"))
    station.json("ingest", tmp_path / "card")
    assert station.json("show", ids["patrol"])["kept_in"] == "vault"
    assert blob(station, "patrol").exists()
    check_proof(station)


def test_nothing_goes_while_the_catalogue_does_not_say_what_the_log_says(
    station: Station, ids: dict[str, str], days: Callable[[int], None]
) -> None:
    """Somebody takes a hold out of the catalogue, or a case off a clip, to have footage disposed of."""
    disposal = approved(station, ids["patrol"], ids["theft"], *WAIVED)
    days(8)
    hold = station.json("holds", "place", "clip", ids["patrol"], "--clause", "c", "--reason", "r")["id"]
    station.json("tag", ids["theft"], "--case", "A-1")
    with station.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sheet WHERE id = ?", (hold,))
        connection.exec_driver_sql("DELETE FROM sheet_index WHERE sheet = ?", (hold,))
        connection.exec_driver_sql("UPDATE clip SET case_number = NULL")
    assert ran(station, status=3)["code"] == "keeping-doubted"
    station.json("holds", "rebuild")
    ran(station)
    assert blob(station, "patrol").exists()
    assert blob(station, "theft").exists()
    reasons = {one["reason"] for one in station.json("disposals", "show", disposal)["left_out"]}
    assert reasons == {"suspended", "changed"}


def test_a_hold_is_lifted_by_two(station: Station, ids: dict[str, str]) -> None:
    hold = station.json("holds", "place", "clip", ids["patrol"], "--clause", "c", "--reason", "r")["id"]
    lift = ("holds", "lift", hold, "--reason", "the case is closed")
    for _ in range(2):
        with acting("000001"):
            assert station.json(*lift, status=4)["state"] == "in-force"
    with acting("000002"):
        assert station.json(*lift)["state"] == "lifted"
        assert station.json(*lift, status=5)["code"] == "hold-is-lifted"
    assert station.json("holds")["holds"] == []
    assert len(station.json("holds", "list", "--all")["holds"]) == 1
    assert Verification(station.folder, []).kinds([]) == set()
