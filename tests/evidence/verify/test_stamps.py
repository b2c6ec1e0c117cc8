"""Time stamps under the verifier: a home and tokens made from the formats alone, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.ids import StationId
from evidence.verify import Home, Untrusted, Verdict, verify
from evidence.verify.tokens import AuthorityUnreadable, is_trusted, open_token
from tests.evidence.verify.attesting import Authority, attested, city, message_of, stamp
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.sample import START, STATION, Sample, standard
from tests.servers.authority import openssl_verifies


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Sample]:
    sample = standard(tmp_path / "home")
    yield sample
    sample.engine.dispose()


def verdict(made: Sample, *roots: bytes) -> Verdict:
    catalogue = ReadOnlyCatalogue(made.url, StationId(STATION))
    given = [Untrusted(f"roots {number}", pem) for number, pem in enumerate(roots)]
    return verify(catalogue, StationId(STATION), Home((made.home / "vault",), made.home / "station.toml"), authorities=given)


def problems(made: Sample) -> list[tuple[str, str]]:
    return [(one.kind.value, one.subject) for one in verdict(made, city().pem).problems]


def notes(found: Verdict, kind: str) -> list[tuple[str, str]]:
    return [(one.subject, one.detail) for one in found.notes if one.kind.value == kind]


def test_openssl_accepts_the_tokens_of_the_sample(tmp_path: Path) -> None:
    """The hand-made tokens are time stamps in earnest, or the tests below would show nothing."""
    response = city().attest(b"message", START + timedelta(microseconds=120000))
    (tmp_path / "root.pem").write_bytes(city().pem)
    assert openssl_verifies(b"message", response, tmp_path / "root.pem", tmp_path)
    assert not openssl_verifies(b"massage", response, tmp_path / "root.pem", tmp_path)
    token = open_token(response)
    assert token.at == "2026-11-21T10:00:00.120000Z"
    assert is_trusted(token, [city().root])


def test_good_stamps_are_whole_and_told_with_their_gap(made: Sample) -> None:
    head = f"{made.origin}/{made.tree.size}"
    attested(made)
    found = verdict(made, city().pem)
    assert found.problems == ()
    assert found.checked["time_stamps"] == 3
    told = dict(notes(found, "time-stamped"))
    assert len(told) == 3
    assert told[head].endswith("by city; it proves that it existed then, nothing earlier")
    with made.engine.connect() as connection:
        query = "SELECT covers, sealed_at, token_at FROM docking JOIN time_stamp ON covers = 'docking:' || docking.id"
        seals = connection.exec_driver_sql(query).all()
    assert len(seals) == 2
    for covers, sealed_at, token_at in seals:
        gap = (datetime.fromisoformat(token_at) - datetime.fromisoformat(sealed_at)).total_seconds()
        assert gap > 90
        assert told[covers].startswith(f"sealed {sealed_at}, attested {token_at} by city, gap {gap:.3f} s; ")
    assert notes(found, "authority-not-trusted") == []
    assert notes(found, "clock-doubted") == []


def test_without_the_root_of_its_authority_a_stamp_is_consistent_and_no_more(made: Sample) -> None:
    attested(made)
    for roots in ((), (Authority("another").pem,)):
        found = verdict(made, *roots)
        assert found.problems == ()
        assert [subject for subject, _ in notes(found, "authority-not-trusted")] == ["authority:city"]
        assert all("not trusted" in detail for _, detail in notes(found, "time-stamped"))


def test_what_is_no_roots_file_is_refused(made: Sample) -> None:
    with pytest.raises(AuthorityUnreadable):
        verdict(made, b"no certificates")


def test_a_token_of_another_manifest_is_foreign(made: Sample) -> None:
    """The log itself says so, well signed: the token is held to the docking's own seal all the same."""
    with made.engine.connect() as connection:
        dockings = connection.exec_driver_sql("SELECT docking FROM manifest ORDER BY docking").scalars().all()
    one, other = (f"docking:{docking}" for docking in dockings[:2])
    message, at = message_of(made, other), made.now
    wrong = stamp(made, one, city().attest(message, at), message, at)
    assert problems(made) == [("token-foreign", f"time_stamp:{wrong}")]
    claimed = stamp(made, one, city().attest(message, at), message_of(made, one), at)
    assert sorted(problems(made)) == sorted(("token-foreign", f"time_stamp:{found}") for found in (wrong, claimed))


@pytest.mark.parametrize(
    "covers",
    [
        "docking:01a00000-0000-7000-8000-000000000000",
        "evidence-station/S-1/1/1",
        "evidence-station/S-1/9/5",
        "evidence-station/S-2/1/9",
        "evidence-station/S-1/1/x",
        "evidence-station/S-1/1/99999999999999999999",
        "nothing",
        "",
    ],
)
def test_a_token_over_what_there_never_was_is_foreign(made: Sample, covers: str) -> None:
    wrong = stamp(made, covers, city().attest(b"message", made.now), b"message", made.now)
    assert problems(made) == [("token-foreign", f"time_stamp:{wrong}")]


def test_a_token_of_another_time_than_its_entry_says_is_invalid(made: Sample) -> None:
    covers = f"{made.origin}/{made.tree.size}"
    message = message_of(made, covers)
    wrong = stamp(made, covers, city().attest(message, made.now), message, made.now - timedelta(days=300))
    assert problems(made) == [("token-invalid", f"time_stamp:{wrong}")]


@pytest.mark.parametrize("place", [-1, -40, 60, 100, 300])
def test_a_token_that_was_logged_spoiled_is_invalid_or_foreign(made: Sample, place: int) -> None:
    covers = f"{made.origin}/{made.tree.size}"
    message = message_of(made, covers)
    response = bytearray(city().attest(message, made.now))
    response[place] ^= 1
    wrong = stamp(made, covers, bytes(response), message, made.now)
    ((kind, subject),) = problems(made)
    assert kind in {"token-invalid", "token-foreign"}
    assert subject == f"time_stamp:{wrong}"


def test_a_clock_far_from_the_authoritys_is_noted(made: Sample) -> None:
    for drift in (900, -7_000, None, -60_000, 8_000):
        covers = f"{made.origin}/{made.tree.size}"
        message = message_of(made, covers)
        stamp(made, covers, city().attest(message, made.now), message, made.now, drift)
    ((_, detail),) = notes(verdict(made, city().pem), "clock-doubted")
    assert "60000 ms behind city" in detail


def test_a_spoiled_seal_is_named_once_and_not_again_at_its_token(made: Sample) -> None:
    attested(made)
    with made.engine.begin() as connection:
        docking = connection.exec_driver_sql("SELECT min(docking) FROM manifest").scalar_one()
        connection.exec_driver_sql("UPDATE manifest SET signature = x'00' WHERE docking = ?", (docking,))
    assert problems(made) == [("manifest-signature", f"manifest:{docking}")]


def test_a_spoiled_head_is_named_once_and_not_again_at_its_token(made: Sample) -> None:
    stamps = attested(made)
    with made.engine.begin() as connection:
        covers = connection.exec_driver_sql("SELECT covers FROM time_stamp WHERE id = ?", (stamps[-1],)).scalar_one()
        size = int(covers.rpartition("/")[2])
        connection.exec_driver_sql("UPDATE checkpoint SET note = note || ' ' WHERE size = ?", (size,))
    assert problems(made) == [("log-altered", f"checkpoint:1/{size}")]


def test_an_entry_with_more_or_less_than_the_format_has_is_altered(made: Sample) -> None:
    made.entry("time-stamped", "station", {"stamp": made.id(), "covers": "x"})
    made.commit()
    assert [kind for kind, _ in problems(made)] == ["log-altered"]


@pytest.fixture
def stamped(made: Sample) -> Station:
    attested(made)
    return Station(made.home, made)


@pytest.mark.parametrize("column", ["covers", "authority", "message_sha256", "response", "token_at", "at"])
@pytest.mark.parametrize("value", [b"\x01spoiled", "spoiled", 7])
def test_each_column_spoiled_is_one_problem(stamped: Station, column: str, value: object) -> None:
    stamped.sql(f"UPDATE time_stamp SET {column} = ? WHERE rowid = 1", value)
    ((kind, subject),) = stamped.found()
    assert kind.value == "catalogue-differs"
    assert subject.startswith("time_stamp:")


def test_a_row_taken_out_and_a_row_put_in(stamped: Station) -> None:
    stamped.sql("UPDATE time_stamp SET id = 'another' WHERE rowid = 1")
    assert sorted(kind.value for kind, _ in stamped.found()) == ["catalogue-extra-row", "catalogue-missing-row"]
