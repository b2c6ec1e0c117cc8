"""A real store with Object Lock keeps what rules, cases and holds ask for, and lets go of what two people dispose of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from evidence.ids import Digest, StationId
from tests.servers import seaweedfs
from tests.station.disposing import REASON, acting, approved, check_proof, content, fill, passing, ran
from tests.station.stations import Station
from uploader import keys
from uploader.stores import Lock

Locked = Callable[[str], Lock | None]


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return passing(monkeypatch)


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Locked:
    """A bucket of this test's own with Object Lock; tells what keeps an object there, None for one that is not there."""
    server = seaweedfs.shared()
    bucket = server.bucket()
    settings = {
        "STORE": "s3",
        "STORE_ENDPOINT": server.endpoint,
        "STORE_BUCKET": bucket,
        "STORE_RETENTION_DAYS": "0",
        "S3_ACCESS_KEY": seaweedfs.STATION.access_key,
        "S3_SECRET_KEY": seaweedfs.STATION.secret_key,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"EVIDENCE_STATION_{name}", value)

    def asked(name: str) -> Lock | None:
        key = keys.blob(StationId("s1"), Digest(sha256(content(name)).hexdigest()))
        with server.store(bucket) as store:
            versions = [one.version for one in store.list(key)]
            return store.locked(key, versions[0]) if versions else None

    return asked


def sent(station: Station) -> None:
    assert station.json("upload", "--until-idle")["waiting"] == []


def test_a_case_and_a_hold_are_a_legal_hold_there_for_as_long_as_they_last(
    station: Station, tmp_path: Path, locked: Locked
) -> None:
    ids = fill(station, tmp_path / "card")
    sent(station)
    assert locked("patrol") == Lock()
    station.json("tag", ids["patrol"], "--case", "A-1")
    sent(station)
    now = datetime.now(UTC)
    found = locked("patrol")
    assert found is not None
    assert found.hold
    assert found.until is not None
    assert timedelta(days=180) < found.until - now < timedelta(days=185), "as long as the rule says"
    station.json("tag", ids["patrol"], "--case", "")
    hold = station.json("holds", "place", "officer", "000123", "--clause", "c", "--reason", "r")["id"]
    sent(station)
    assert [found is not None and found.hold for found in map(locked, ("patrol", "theft", "bare", "twin-1"))] == [True] * 4
    for person in ("000001", "000002"):
        with acting(person):
            station("holds", "lift", hold, "--reason", "over")
    sent(station)
    found = locked("patrol")
    assert found is not None
    assert not found.hold
    notes = [entry for entry in station.log() if entry["type"] == "noted" and entry["what"]["did"] == "locked-at-store"]
    assert [one["what"]["legal_hold"] for one in notes if one["subject"] == f"clip:{ids['patrol']}"] == [True, True, False]
    assert station.json("upload")["received"] == 0
    check_proof(station)


def test_what_is_kept_for_ever_lies_under_a_hold_and_a_longer_rule_moves_the_date(
    station: Station, tmp_path: Path, locked: Locked
) -> None:
    ids = fill(station, tmp_path / "card")
    sent(station)
    station.json("tag", ids["theft"], "--category", "evidence")
    station.json("rules", "add", "patrols", "--period", "24m", "--clause", "order 7", "--category", "patrol")
    sent(station)
    assert locked("theft") == Lock(None, hold=True)
    found = locked("patrol")
    assert found is not None
    assert found.until is not None
    assert found.until - datetime.now(UTC) > timedelta(days=700)


def test_a_disposal_takes_every_version_from_the_store_and_waits_while_it_is_locked(
    station: Station, tmp_path: Path, locked: Locked, days: Callable[[int], None]
) -> None:
    ids = fill(station, tmp_path / "card")
    sent(station)
    days(200)
    disposal = approved(station, ids["patrol"])
    days(8)
    station.json("tag", ids["theft"], "--importance", "1")  # its lock is looked at: it ended long ago, by the station's clock
    assert ran(station)["carried_out"] == [disposal]
    assert locked("patrol") is None
    assert locked("theft") is not None
    (named,) = station.json("disposals", "show", disposal)["named"]
    assert named["receipt"] is not None
    assert [(copy["kind"], copy["outcome"]) for copy in named["copies"]] == [("vault", "removed"), ("store", "removed")]
    check_proof(station, "disposed")
    station.json("tag", ids["twin-1"], "--case", "A-1")
    sent(station)
    station.json("tag", ids["twin-1"], "--case", "")
    waiting = approved(station, ids["twin-1"], ids["twin-2"])
    days(8)
    assert [(one["id"], one["why"]) for one in ran(station, status=4)["waiting"]] == [(waiting, "locked")]
    sent(station)
    assert ran(station)["carried_out"] == [waiting]
    with acting("000001"):
        assert station.json("disposals", "ask", ids["patrol"], *REASON, status=5)["reason"] == "disposed"
