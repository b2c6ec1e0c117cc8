"""Time stamps the whole way through the command line: queued with the seal, fetched when an authority is there, kept, verified."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from evidence import cms
from evidence.canonical import digest
from evidence.catalogue.acts import stamping
from evidence.custody.entry import Moment
from evidence.timestamps import request as stamp_request
from evidence.verify.tokens import open_token
from station.setup import load_certificate
from station.stamping import PATIENCE_SECONDS, Stamper, drift_ms
from tests.pieces import missing, need_program
from tests.servers.authority import Authority, dead, make_authority, openssl_reply, openssl_verifies, serving, silent
from tests.station.stations import Document, Station, run
from uploader import authority


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tsa")
    return {
        "city": make_authority(folder / "city"),
        "national": make_authority(folder / "national", kind="rsa", second_certificate=True, digits=3),
    }


@pytest.fixture
def city(folders: dict[str, Path]) -> Iterator[Authority]:
    with serving(folders["city"]) as it:
        yield it


@pytest.fixture
def national(folders: dict[str, Path]) -> Iterator[Authority]:
    with serving(folders["national"]) as it:
        yield it


def use(station: Station, **authorities: Authority | tuple[str, Path]) -> None:
    """Set the authorities, and no wait between checkpoints but the shortest."""
    named = {
        name: (one.url, one.root) if isinstance(one, Authority) else (one[0], one[1] / "root.pem")
        for name, one in authorities.items()
    }
    station.json(
        "settings", "set", "timestamp_authorities", " ".join(f"{name}={url};{root}" for name, (url, root) in named.items())
    )


def sealed(station: Station, card: Path) -> str:
    return str(station.json("ingest", card)["docking"])


def listed(station: Station, state: str) -> list[Document]:
    return [one for one in station.json("stamps")["stamps"] if one["state"] == state]


def message_of(station: Station, covers: str) -> bytes:
    with station.rooms().queries() as queries:
        if covers.startswith("docking:"):
            manifest = queries.manifest(covers.removeprefix("docking:"))  # type: ignore[arg-type]  # an id as text
            assert manifest is not None
            return manifest[1]
        note = queries.checkpoint_at(1, int(covers.rpartition("/")[2]))
        assert note is not None
        return note.encode()


def responses(station: Station) -> list[tuple[str, str, bytes]]:
    with closing(sqlite3.connect(station.folder / "catalogue.sqlite3")) as database:
        return database.execute("SELECT authority, covers, response FROM time_stamp ORDER BY id").fetchall()


def test_without_authorities_nothing_is_asked_or_awaited(station: Station, card: Path) -> None:
    sealed(station, card)
    assert station.json("stamps") == {"stamps": []}
    assert station.json("stamp") == {"attested": 0, "waiting": 0, "faults": [], "warnings": []}
    assert station.json("upload")["stamps"] == {"attested": 0, "waiting": 0, "faults": []}


def test_the_whole_way_with_the_authority_down_first(
    station: Station, card: Path, folders: dict[str, Path], tmp_path: Path
) -> None:
    use(station, city=(dead(), folders["city"]))
    docking = sealed(station, card)
    assert [one["covers"] for one in listed(station, "waiting")] == [f"docking:{docking}"]
    down = station.json("stamp", status=6)
    assert (down["attested"], down["waiting"]) == (0, 2)
    assert [one["code"] for one in down["faults"]] == ["authority-unreachable"]
    waiting = listed(station, "waiting")
    assert [(one["reason"], one["attempts"]) for one in waiting] == [("authority-unreachable", 1)] * 2
    assert all(one["next_try_at"] > one["made_at"] for one in waiting)
    assert station.json("verify")["problems"] == []
    with serving(folders["city"]) as up:
        use(station, city=up)
        assert station.json("stamp") == {"attested": 2, "waiting": 0, "faults": [], "warnings": []}
        kept = responses(station)
        assert [covers.partition(":")[0] for _, covers, _ in kept] == ["docking", kept[1][1]]
        for _, covers, response in kept:
            assert openssl_verifies(message_of(station, covers), response, up.root, tmp_path)
        given = station.json("stamps", "--docking", docking)["stamps"]
        assert [(one["state"], one["authority"]) for one in given] == [("attested", "city")]
        (docked,) = station.json("dockings")["dockings"]
        assert given[0]["made_at"] == docked["sealed_at"]
        assert -5 < given[0]["gap_seconds"] < 60
        assert abs(given[0]["drift_ms"]) < 5000
        verdict = station.json("verify", "--authority", up.root)
    assert verdict["problems"] == []
    assert verdict["checked"]["time_stamps"] == 2
    notes = [one for one in verdict["notes"] if one["kind"] == "time-stamped"]
    assert notes[0]["subject"] == f"docking:{docking}"
    assert f"sealed {given[0]['made_at']}, attested {given[0]['token_at']} by city, gap " in notes[0]["detail"]
    assert "nothing earlier" in notes[0]["detail"]
    assert "authority-not-trusted" not in {one["kind"] for one in verdict["notes"]}


def test_what_is_exported_openssl_verifies(
    station: Station, card: Path, city: Authority, national: Authority, tmp_path: Path
) -> None:
    use(station, city=city, national=national)
    docking = sealed(station, card)
    station.json("stamp")
    station.json("export", docking, tmp_path / "out")
    for name, authority_of in (("city", city), ("national", national)):
        signature, token = ((tmp_path / "out" / f"{docking}{ending}").read_bytes() for ending in (".p7s", f".{name}.tsr"))
        assert openssl_verifies(signature, token, authority_of.root, tmp_path)


def test_without_its_root_a_token_is_consistent_and_no_more(
    station: Station, card: Path, city: Authority, national: Authority
) -> None:
    use(station, city=city)
    sealed(station, card)
    station.json("stamp")
    for given in ((), ("--authority", national.root)):
        verdict = station.json("verify", *given)
        assert verdict["problems"] == []
        assert [one["subject"] for one in verdict["notes"] if one["kind"] == "authority-not-trusted"] == ["authority:city"]
    assert station.json("verify", "--authority", city.folder / "tsa.cnf", status=2)["code"] == "authority-unreadable"


def test_several_authorities_attest_each_seal_and_one_that_is_dead_holds_nobody_up(
    station: Station, card: Path, city: Authority, national: Authority, folders: dict[str, Path], tmp_path: Path
) -> None:
    use(station, dead=(dead(), folders["city"]), city=city, national=national)
    docking = sealed(station, card)
    answer = station.json("upload", "--until-idle")  # evidence goes out, whatever became of the stamps
    assert answer["waiting"] == answer["faults"] == []
    assert answer["stamps"]["attested"] == 4
    assert [one["code"] for one in answer["stamps"]["faults"]] == ["authority-unreachable"]
    assert {one["authority"] for one in station.json("stamps", "--docking", docking)["stamps"]} == {"city", "national", "dead"}
    for name, covers, response in responses(station):
        root = {"city": city, "national": national}[name].root
        assert openssl_verifies(message_of(station, covers), response, root, tmp_path)
    verdict = station.json("verify", "--authority", city.root, "--authority", national.root)
    assert verdict["problems"] == []
    assert "authority-not-trusted" not in {one["kind"] for one in verdict["notes"]}


def test_nothing_is_attested_twice_by_the_same_authority(station: Station, card: Path, city: Authority) -> None:
    use(station, city=city)
    sealed(station, card)
    for _ in range(3):
        station.json("stamp", "--until-idle")
    assert len(responses(station)) == len(city.asked) == 2
    assert len({covers for _, covers, _ in responses(station)}) == 2


def test_a_second_process_that_asked_meanwhile_keeps_nothing(station: Station, card: Path, city: Authority) -> None:
    """Both ask for the same stamp; the second to be answered finds its request gone and writes no entry."""
    use(station, city=city)
    sealed(station, card)

    def answered_late(name: str, url: str, ca_file: str, query: bytes) -> bytes:
        reply = city.reply(query)
        if not responses(station):
            Stamper(station.rooms()).run(until_idle=False)
        return reply

    done = Stamper(station.rooms(), answered_late).run(until_idle=False)
    assert (done.attested, done.waiting) == (0, 0)
    assert len(responses(station)) == 2
    assert [entry["type"] for entry in station.log()].count("time-stamped") == 2
    assert station.json("verify")["problems"] == []


def test_power_that_fails_before_the_commit_leaves_the_request_and_after_it_the_token(
    station: Station, card: Path, city: Authority
) -> None:
    class PowerFailed(BaseException):
        pass

    def struck(*_: object) -> None:
        raise PowerFailed

    use(station, city=city)
    sealed(station, card)
    before = station.json("checkpoint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stamping, "time_stamped", struck)  # the request is already taken out of the queue, in the same commit
        with pytest.raises(PowerFailed):
            Stamper(station.rooms()).run(until_idle=False)
    assert station.json("checkpoint") == before
    assert (len(listed(station, "waiting")), responses(station)) == (2, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stamper, "_next_try", struck)
        patch.setattr(city, "answer", lambda query: city.reply(query) if not responses(station) else b"")
        with pytest.raises(PowerFailed):
            Stamper(station.rooms()).run(until_idle=False)
    assert (len(listed(station, "waiting")), len(responses(station))) == (1, 1)
    assert station.json("stamp")["attested"] == 1
    assert station.json("verify")["problems"] == []


@pytest.mark.timeout(240)
def test_killed_at_any_write_it_goes_on_and_attests_nothing_twice(
    station: Station, card: Path, city: Authority, tmp_path: Path
) -> None:
    """SIGKILL, by strace, at ever later writes of the catalogue until the command comes to its end."""
    strace = need_program("strace", "strace")
    if subprocess.run([strace, "-o", "/dev/null", "true"], check=False, capture_output=True).returncode != 0:
        missing("permission to trace processes with strace")
    use(station, city=city)
    sealed(station, card)
    killed, ended = 0, False
    for write in (*range(1, 12, 2), *range(12, 200, 12)):
        home = tmp_path / f"struck-{write}"
        shutil.copytree(station.folder, home)
        inject = [strace, "-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", f"inject=pwrite64:signal=SIGKILL:when={write}"]
        told = run("--home", home, "stamp", "--json", before=inject)
        copy = Station(home, station.capture)
        verdict = copy.json("verify")
        assert verdict["problems"] == []
        assert copy.json("stamp")["waiting"] == 0
        covered = [covers for _, covers, _ in responses(copy)]
        assert len(covered) == len(set(covered)) == 2
        assert copy.json("verify")["problems"] == []
        shutil.rmtree(home)
        if ended := told.status == 0:
            break
        killed += 1
    assert ended
    assert killed > 3


def test_checkpoints_are_stamped_once_in_an_interval_the_newest_only(station: Station, card: Path, city: Authority) -> None:
    use(station, city=city)
    rooms = station.rooms()
    assert Stamper(rooms).run(until_idle=False).attested == 1
    clip = sealed(station, card) and station.json("clips")["clips"][0]["id"]
    station.json("tag", clip, "--note", "a")
    assert Stamper(rooms).run(until_idle=False).attested == 1  # the seal; the interval is not over
    now = rooms.clock

    def an_hour_later() -> Moment:
        at = now()
        return Moment(at.unix_ns + 3601 * 10**9, at.mono_ns + 3601 * 10**9, at.boot, at.clock)

    rooms.clock = an_hour_later
    assert Stamper(rooms).run(until_idle=False).attested == 1
    heads = [covers for _, covers, _ in responses(station) if not covers.startswith("docking:")]
    assert len(heads) == 2
    assert int(heads[1].rpartition("/")[2]) == station.json("checkpoint")["size"] - 1
    rooms.clock = lambda: Moment(now().unix_ns + 7300 * 10**9, now().mono_ns + 7300 * 10**9, now().boot, now().clock)
    assert Stamper(rooms).run(until_idle=False).attested == 0  # nothing happened but the stamping itself


def test_a_clock_that_was_set_back_does_not_stop_the_stamping_of_checkpoints(station: Station, city: Authority) -> None:
    use(station, city=city)
    rooms = station.rooms()
    now = rooms.clock

    def ahead() -> Moment:
        return Moment(now().unix_ns + 10**18, now().mono_ns, now().boot, now().clock)

    rooms.clock = rooms.ledger._clock = ahead
    assert Stamper(rooms).run(until_idle=False).attested == 1
    rooms.clock = rooms.ledger._clock = now
    station.json("settings", "set", "probe_seconds", "7")
    assert Stamper(rooms).run(until_idle=False).attested == 1
    station.json("settings", "set", "probe_seconds", "8")
    assert Stamper(rooms).run(until_idle=False).attested == 0  # now the interval counts again


def test_a_checkpoint_of_a_log_that_has_ended_keeps_its_place_in_the_queue(
    station: Station, card: Path, folders: dict[str, Path], city: Authority
) -> None:
    use(station, city=(dead(), folders["city"]))
    station.json("stamp", status=6)
    (old,) = (one["covers"] for one in listed(station, "waiting"))
    station.json("recover", "--reason", "a drill")
    use(station, city=city)
    assert station.json("stamp")["attested"] == 2
    covered = [covers for _, covers, _ in responses(station)]
    assert covered[0] == old
    assert covered[1].startswith("evidence-station/s1/2/")
    assert station.json("verify", "--authority", city.root)["problems"] == []


def test_a_checkpoint_that_waits_gives_way_to_a_newer_one(station: Station, card: Path, folders: dict[str, Path]) -> None:
    use(station, city=(dead(), folders["city"]))
    station.json("stamp", status=6)
    sealed(station, card)
    station.json("stamp", status=6)
    heads = [one for one in listed(station, "waiting") if not one["covers"].startswith("docking:")]
    assert [(one["covers"], one["attempts"]) for one in heads] == [
        (f"evidence-station/s1/1/{station.json('checkpoint')['size']}", 2)
    ]


@pytest.mark.parametrize("lie", ["another message", "a web page", "another nonce", "an error", "a redirect"])
def test_a_lie_is_not_kept_and_the_request_waits_with_the_reason(station: Station, card: Path, city: Authority, lie: str) -> None:
    honest = city.answer
    match lie:
        case "another message":
            city.answer = lambda query: openssl_reply(city.folder, stamp_request(b"other", bytes(8)).encoded())
        case "another nonce":
            city.answer = lambda query: honest(query.replace(query[-13:-3], b"\x02\x08" + b"\x01" * 8))
        case "a web page":
            city.answer = lambda query: b"<html>"
        case "an error":
            city.status = 500
        case _:
            city.status, city.headers = 302, {"Location": city.url}
    use(station, city=city)
    sealed(station, card)
    code, status = ("authority-failing", 6) if lie in {"an error", "a redirect"} else ("token-refused", 5)
    assert {one["code"] for one in station.json("stamp", status=status)["faults"]} == {code}
    assert {one["reason"] for one in listed(station, "waiting")} == {code}
    assert responses(station) == []
    assert "time-stamped" not in {entry["type"] for entry in station.log()}
    city.answer, city.status = honest, 200
    assert station.json("stamp")["attested"] == 2


def test_a_silent_authority_is_asked_once_whatever_waits_for_it(station: Station, card: Path, folders: dict[str, Path]) -> None:
    asked = []

    def ask(name: str, url: str, ca_file: str, query: bytes) -> bytes:
        asked.append(name)
        return authority.ask(name, url, ca_file, query, replace(authority.LIMITS, silence=0.3))

    with silent() as url:
        use(station, city=(url, folders["city"]))
        sealed(station, card)
        done = Stamper(station.rooms(), ask).run(until_idle=False)
    assert (asked, done.waiting) == (["city"], 2)
    assert {one["attempts"] for one in listed(station, "waiting")} == {1}


def test_until_idle_tries_again_with_growing_waits_and_ends(station: Station, folders: dict[str, Path]) -> None:
    use(station, city=(dead(), folders["city"]))
    rooms = station.rooms()
    waits: list[float] = []
    real = rooms.clock
    passed = 0.0

    class Waiting:
        def pause(self, seconds: float, stop: Event) -> None:
            nonlocal passed
            waits.append(seconds)
            passed += seconds

    rooms.clock = lambda: Moment(
        real().unix_ns + int(passed * 1e9), real().mono_ns + int(passed * 1e9), real().boot, real().clock
    )
    done = Stamper(rooms, clock=Waiting()).run(until_idle=True)
    assert done.status == 6
    assert 4 <= len(waits) <= 8
    assert all(wait <= PATIENCE_SECONDS for wait in waits)
    assert waits[-1] > waits[0]


def test_an_authority_that_is_no_longer_named_is_said_so(station: Station, card: Path, folders: dict[str, Path]) -> None:
    use(station, city=(dead(), folders["city"]))
    sealed(station, card)
    station.json("settings", "set", "timestamp_authorities", "")
    answer = station.json("stamp", status=4)
    assert [one["code"] for one in answer["faults"]] == ["authority-not-set"]


def test_roots_that_are_not_there_are_said_so(station: Station, city: Authority) -> None:
    station.json("settings", "set", "timestamp_authorities", f"city={city.url};keys/none.pem")
    answer = station.json("stamp", status=4)
    assert [one["code"] for one in answer["faults"]] == ["authority-roots-unusable"]
    assert city.asked == []


def test_roots_may_lie_in_the_home(station: Station, city: Authority) -> None:
    (station.folder / "keys" / "tsa.pem").write_bytes(city.root.read_bytes())
    station.json("settings", "set", "timestamp_authorities", f"city={city.url};keys/tsa.pem")
    assert station.json("stamp")["attested"] == 1


@pytest.mark.parametrize(
    "value",
    [
        "city",
        "city=https://tsa.example/tsa",
        "city=http://tsa.example/tsa;a.pem",
        "city=ftp://tsa.example/tsa;a.pem",
        "city=https://user@tsa.example/tsa;a.pem",
        "city=https://tsa.example:0/;a.pem",
        "=https://tsa.example/;a.pem",
        "../x=https://tsa.example/;a.pem",
        "a=https://tsa.example/;a.pem a=https://tsb.example/;a.pem",
        "a=https://[::1/;a.pem",
    ],
)
def test_a_setting_that_names_no_authority_is_refused_at_once(station: Station, value: str) -> None:
    error = station.json("settings", "set", "timestamp_authorities", value, status=2)
    assert error["code"] == "settings-invalid"
    assert "timestamp_authorities" in str(error["rule"])


def test_status_says_how_many_and_how_far_the_clock_was_off(station: Station, card: Path, city: Authority) -> None:
    use(station, city=city)
    before = station.json("status")
    assert before["stamps"] == {"attested": 0, "waiting": 0}
    assert (before["clock"]["drift_ms"], before["clock"]["set_at"]) == (None, None)
    sealed(station, card)
    station.json("stamp")
    after = station.json("status")
    assert after["stamps"] == {"attested": 2, "waiting": 0}
    assert abs(after["clock"]["drift_ms"]) < 5000
    text = station("status").out.decode()
    assert "2 time stamps, 0 awaited" in text
    assert "clock ahead of a time-stamp authority by" in text


def test_the_drift_is_measured_midway_between_asking_and_the_answer() -> None:
    state = Moment(0, 0, "boot", None).clock  # type: ignore[arg-type]  # only the numbers count here
    before = Moment(1_000_000_000_000_000_000, 5_000_000_000, "boot", state)
    after = Moment(before.unix_ns + 4_000_000_000, 9_000_000_000, "boot", state)
    assert drift_ms(before, after, "2001-09-09T01:46:40.000000Z") == 2000
    assert drift_ms(before, after, "2001-09-09T01:46:45.500000Z") == -3500


def test_a_clock_that_is_far_from_the_authority_is_doubted(station: Station, city: Authority) -> None:
    use(station, city=city)
    rooms = station.rooms()
    real = rooms.clock

    def ahead() -> Moment:
        return Moment(real().unix_ns + 90 * 10**9, real().mono_ns, real().boot, real().clock)

    rooms.clock = ahead
    rooms.ledger._clock = ahead
    assert Stamper(rooms).run(until_idle=False).attested == 1
    assert 85_000 < station.json("status")["clock"]["drift_ms"] < 95_000
    notes = [one["detail"] for one in station.json("verify")["notes"] if one["kind"] == "clock-doubted"]
    assert any("ahead of city" in detail for detail in notes)


# tampering


def tampered(station: Station, statement: str, *values: object) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(station.folder / "catalogue.sqlite3", isolation_level=None)) as database:
        assert database.execute(statement, values).rowcount >= 1
    return [(one["kind"], one["subject"]) for one in station.json("verify", status=3)["problems"]]


@pytest.fixture
def attested(station: Station, card: Path, city: Authority) -> Station:
    use(station, city=city)
    sealed(station, card)
    station.json("stamp")
    assert station.json("verify")["problems"] == []
    return station


def stamp_of(station: Station, which: str) -> str:
    return next(
        str(one["id"]) for one in listed(station, "attested") if one["covers"].startswith("docking:") == (which == "seal")
    )


@pytest.mark.parametrize("which", ["seal", "checkpoint"])
def test_a_token_that_was_changed_is_found(attested: Station, which: str) -> None:
    stamp = stamp_of(attested, which)
    changed = b"\x30\x03\x02\x01\x00"
    assert tampered(attested, "UPDATE time_stamp SET response = ? WHERE id = ?", changed, stamp) == [
        ("catalogue-differs", f"time_stamp:{stamp}")
    ]


def test_a_token_of_another_manifest_is_found(attested: Station, city: Authority, tmp_path: Path) -> None:
    """Another good token of the same authority, for other bytes."""
    stamp = stamp_of(attested, "seal")
    other = openssl_reply(city.folder, stamp_request(b"another manifest's seal", bytes(8)).encoded())
    assert tampered(attested, "UPDATE time_stamp SET response = ? WHERE id = ?", other, stamp) == [
        ("catalogue-differs", f"time_stamp:{stamp}")
    ]


def test_a_token_that_is_gone_is_found(attested: Station) -> None:
    stamp = stamp_of(attested, "seal")
    assert tampered(attested, "DELETE FROM time_stamp WHERE id = ?", stamp) == [("catalogue-missing-row", f"time_stamp:{stamp}")]


def test_a_token_that_nobody_logged_is_found(attested: Station) -> None:
    stamp, extra = stamp_of(attested, "seal"), "01a00000-0000-7000-8000-000000000000"
    statement = "INSERT INTO time_stamp SELECT station, ?, covers, authority, message_sha256, response, token_at, at FROM time_stamp WHERE id = ?"
    assert tampered(attested, statement, extra, stamp) == [("catalogue-extra-row", f"time_stamp:{extra}")]


def test_a_seal_made_again_with_the_stations_own_key_is_found_by_its_token(attested: Station) -> None:
    """An ECDSA signature can be made again and holds as well; only the token says that it is not the one that was there."""
    rooms = attested.rooms()
    (docking,) = attested.json("dockings")["dockings"]
    with rooms.queries() as queries:
        manifest = queries.manifest(docking["id"])
    assert manifest is not None
    again = cms.seal(manifest[0], rooms.seal_signer, load_certificate(rooms.home.certificate("seal")))
    assert sha256(again).digest() != sha256(manifest[1]).digest()
    found = tampered(attested, "UPDATE manifest SET signature = ? WHERE docking = ?", again, docking["id"])
    assert found == [("token-foreign", f"time_stamp:{stamp_of(attested, 'seal')}")]


def keep(station: Station, covers: str, message: bytes, response: bytes, token_at: str) -> str:
    """What an administrator with all keys can do: log whatever token he likes."""
    with station.rooms().ledger.commit() as commit:
        return stamping.time_stamped(commit, covers, "city", digest(message), response, token_at, 0)


def kinds(station: Station) -> list[tuple[str, str]]:
    return [(one["kind"], one["subject"]) for one in station.json("verify", status=3)["problems"]]


def test_a_logged_token_of_another_manifest_is_foreign(station: Station, tmp_path: Path, city: Authority) -> None:
    """Logged with the station's own keys: that the log agrees does not make it a token for this docking."""
    dockings = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.mp4").write_bytes(name.encode())
        dockings.append(f"docking:{sealed(station, tmp_path / name)}")
    first, second = (message_of(station, covers) for covers in dockings)
    response = openssl_reply(city.folder, stamp_request(first, bytes(8)).encoded())
    at = open_token(response).at
    wrong = keep(station, dockings[1], first, response, at)
    assert kinds(station) == [("token-foreign", f"time_stamp:{wrong}")]
    claimed = keep(station, dockings[1], second, response, at)
    assert sorted(kinds(station)) == sorted(("token-foreign", f"time_stamp:{stamp}") for stamp in (wrong, claimed))


def test_a_logged_token_that_says_another_time_is_invalid(attested: Station, city: Authority) -> None:
    covers = f"docking:{attested.json('dockings')['dockings'][0]['id']}"
    message = message_of(attested, covers)
    response = openssl_reply(city.folder, stamp_request(message, bytes(8)).encoded())
    made = keep(attested, covers, message, response, "2020-01-01T00:00:00.000000Z")
    assert kinds(attested) == [("token-invalid", f"time_stamp:{made}")]


@pytest.mark.parametrize(
    "covers", ["docking:01a00000-0000-7000-8000-000000000000", "evidence-station/s1/1/2", "evidence-station/other/1/5"]
)
def test_a_logged_token_for_what_there_never_was_is_foreign(station: Station, city: Authority, covers: str) -> None:
    response = openssl_reply(city.folder, stamp_request(b"message", bytes(8)).encoded())
    made = keep(station, covers, b"message", response, open_token(response).at)
    assert kinds(station) == [("token-foreign", f"time_stamp:{made}")]
