"""A station and its witnesses: what is kept, what a silent one costs, and what one says that saw another history."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from evidence.custody.checkpoint import ECDSA, ED25519
from evidence.custody.cosignature import COSIGNATURE, cosigned_at, read_vkey
from station import cosigning
from station.witness.home import WitnessHome
from station.witness.server import Server, Witness
from tests.station.stations import Document, Station

NAME = "city.example/w1"


class Neighbour:
    """A witness that runs in this process."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.home = WitnessHome(folder)
        self.key = self.home.create(name)
        self.server = Server("127.0.0.1:0", Witness(self.home))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def setting(self) -> str:
        return f"{self.key.text()} {self.server.url}"

    def trusts(self, station: Station) -> None:
        shown = station.json("checkpoint")
        self.home.trust(shown["origin"], read_vkey(shown["vkey"], ED25519, ECDSA))

    def known(self, origin: str = "evidence-station/s1/1") -> int | None:
        log = self.home.log(origin)
        return log.head.size if log and log.head else None

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def neighbour(tmp_path: Path) -> Iterator[Neighbour]:
    made = Neighbour(tmp_path / "witness")
    yield made
    made.close()


@pytest.fixture
def joined(stocked: Station, neighbour: Neighbour) -> Station:
    """A station that has a witness, which trusts it."""
    neighbour.trusts(stocked)
    stocked.json("settings", "set", "witnesses", neighbour.setting)
    return stocked


def answers_with(status: int, kind: str, body: bytes, told: Callable[[bytes], object] = len) -> HTTPServer:
    """A witness that gives one answer to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def said(stocked: Station, tmp_path: Path) -> Iterator[Callable[[int, str, bytes], Document]]:
    """What ``cosign`` makes of an answer of a witness, with the exit status."""
    running: list[HTTPServer] = []
    key = WitnessHome(tmp_path / "key").create(NAME)

    def ask(status: int, kind: str, body: bytes) -> Document:
        running.append(answers_with(status, kind, body))
        stocked.json("settings", "set", "witnesses", f"{key.text()} http://127.0.0.1:{running[-1].server_address[1]}/prefix")
        told = stocked("cosign", "--json")
        return {**told.document["cosignatures"][0], "status": told.status}

    yield ask
    for server in running:
        server.shutdown()
        server.server_close()


def test_uploading_brings_a_cosignature_on_the_last_checkpoint(joined: Station, neighbour: Neighbour) -> None:
    uploaded = joined.json("upload", "--until-idle")
    (one,) = uploaded["cosignatures"]
    assert one["result"] == "cosigned"
    head = joined.json("checkpoint")
    assert one["size"] == head["size"] == neighbour.known() == uploaded["witnessed"]
    note = head["note"]
    assert note.endswith(one["line"] + "\n")
    assert cosigned_at(one["line"], neighbour.key, note.replace(one["line"] + "\n", "")) is not None
    assert joined.json("status")["log"]["cosigned"] == head["size"]
    assert f"cosigned this log at {head['size']} entries" in joined("status").out.decode()


def test_the_log_goes_on_and_each_head_is_proven_from_the_one_before(
    joined: Station, neighbour: Neighbour, tmp_path: Path
) -> None:
    clip = joined.json("clips")["clips"][0]["id"]
    sizes = []
    for number in range(4):
        joined.json("tag", clip, "--note", f"round {number}")
        sizes.append(joined.json("cosign")["cosignatures"][0]["size"])
        assert neighbour.known() == sizes[-1]
    assert sizes == sorted(set(sizes))
    joined.json("tag", clip, "--note", "later")
    assert joined.json("checkpoint")["cosignatures"] == []
    newest = joined.json("checkpoint", "--cosigned")
    assert newest["size"] == sizes[-1]
    assert [one["witness"] for one in newest["cosignatures"]] == [NAME]


def test_a_station_that_lost_its_lines_learns_the_witness_s_size_and_proves_from_there(
    joined: Station, neighbour: Neighbour
) -> None:
    joined.json("cosign")
    first = neighbour.known()
    with joined.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("DELETE FROM cosignature")
    joined.json("tag", joined.json("clips")["clips"][0]["id"], "--note", "after")
    assert joined.json("cosign")["cosignatures"][0]["result"] == "cosigned"
    assert neighbour.known() != first


def test_two_witnesses_sign_the_same_head(joined: Station, neighbour: Neighbour, tmp_path: Path) -> None:
    other = Neighbour(tmp_path / "other", "harbour-2/w1")
    try:
        other.trusts(joined)
        joined.json("settings", "set", "witnesses", f"{neighbour.setting}, {other.setting}")
        assert [one["result"] for one in joined.json("cosign")["cosignatures"]] == ["cosigned", "cosigned"]
        note = joined.json("checkpoint")["note"]
        assert [line.split(" ")[1] for line in note.splitlines() if line.startswith("—")][1:] == [NAME, "harbour-2/w1"]
        joined.folder.parent.joinpath("cp").write_text(note)
        verdict = joined.json(
            *(
                "verify",
                "--checkpoint",
                joined.folder.parent / "cp",
                "--witness",
                neighbour.key.text(),
                "--witness",
                other.key.text(),
            )
        )
        assert [one["witness"] for one in verdict["witnessed_by"]] == [NAME, "harbour-2/w1"]
    finally:
        other.close()


def test_without_a_witness_nothing_is_asked_and_cosign_says_how_to_set_one(stocked: Station) -> None:
    assert stocked.json("upload", "--until-idle")["cosignatures"] == []
    assert stocked.json("cosign", status=2)["code"] == "no-witnesses"
    assert stocked.json("checkpoint", "--cosigned", status=5)["code"] == "not-cosigned"
    assert stocked.json("status")["log"]["cosigned"] is None


# A witness that is not there, or does not want to


def test_a_dead_witness_fails_no_upload_and_cosign_says_that_it_is_dead(joined: Station, neighbour: Neighbour) -> None:
    neighbour.close()
    uploaded = joined.json("upload", "--until-idle")
    assert uploaded["received"] > 0
    assert [one["result"] for one in uploaded["cosignatures"]] == ["unreachable"]
    told = joined("upload")
    assert told.status == 0
    assert f"! the witness {NAME} cannot be reached" in told.out.decode()
    assert joined("cosign").status == 6


def test_a_witness_that_dribbles_for_ever_is_not_waited_for(
    joined: Station, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosigning, "PATIENCE", 1.0)
    done = threading.Event()

    class Dribble(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            while not done.wait(0.2):
                self.wfile.write(b".")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Dribble)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    slow = WitnessHome(neighbour.home.root.parent / "slow").create("slow.example/w1").text()
    joined.json("settings", "set", "witnesses", f"{slow} {url}, {neighbour.setting}")
    begun = time.monotonic()
    found = joined.json("upload", "--until-idle")["cosignatures"]
    assert time.monotonic() - begun < 15
    assert [one["result"] for one in found] == ["unreachable", "cosigned"], "the other one's line is kept"
    done.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "kind", "body", "result", "exit_status"),
    [
        (404, "text/plain", b"", "refused", 5),
        (403, "text/plain", b"", "refused", 5),
        (400, "text/plain", b"", "refused", 5),
        (301, "text/plain", b"", "refused", 5),
        (500, "text/plain", b"", "unreachable", 6),
        (200, "text/plain", b"", "refused", 5),
        (200, "text/plain", b"\xe2\x80\x94 city.example/w1 AAAAAAAAAAAAAAAA\n", "refused", 5),
        (200, "text/plain", b"\x1b[2J" * 100, "refused", 5),
        (200, "text/plain", b"x" * 100_000, "unreachable", 6),
        (409, "text/plain", b"what?", "refused", 5),
        (409, "text/x.tlog.size", b"99999\n", "rolled-back", 3),
        (422, "text/plain", b"", "forked", 3),
    ],
)
def test_every_answer_of_a_witness_has_its_meaning(
    status: int,
    kind: str,
    body: bytes,
    result: str,
    exit_status: int,
    said: Callable[[int, str, bytes], Document],
    stocked: Station,
) -> None:
    found = said(status, kind, body)
    assert (found["result"], found["status"]) == (result, exit_status)
    assert found["line"] is None
    assert stocked.json("checkpoint")["cosignatures"] == []


def test_a_witness_whose_size_changes_all_the_time_is_given_up(said: Callable[[int, str, bytes], Document]) -> None:
    assert said(409, "text/x.tlog.size", b"3\n")["result"] == "unreachable"


# A witness that saw another history


def test_a_home_put_back_is_told_so_by_the_witness_alone(joined: Station, neighbour: Neighbour, tmp_path: Path) -> None:
    shutil.copytree(joined.folder, tmp_path / "older")
    joined.json("tag", joined.json("clips")["clips"][0]["id"], "--note", "he threw the first stone")
    joined.json("cosign")
    known = neighbour.known()
    shutil.rmtree(joined.folder)
    shutil.copytree(tmp_path / "older", joined.folder)
    told = joined("cosign", "--json")
    assert told.status == 3
    (one,) = told.document["cosignatures"]
    assert one["result"] == "rolled-back"
    assert str(known) in one["detail"]
    uploaded = joined("upload", "--until-idle")
    assert uploaded.status == 3
    assert "[forked]" in uploaded.out.decode(), "the receipts made the log go another way"


def test_a_history_written_anew_is_told_so_by_the_witness_alone(joined: Station, neighbour: Neighbour, tmp_path: Path) -> None:
    clip = joined.json("clips")["clips"][0]["id"]
    shutil.copytree(joined.folder, tmp_path / "older")
    joined.json("tag", clip, "--note", "he threw the first stone")
    joined.json("cosign")
    known = neighbour.known()
    shutil.rmtree(joined.folder)
    shutil.copytree(tmp_path / "older", joined.folder)
    joined.json("tag", clip, "--note", "nothing happened")
    one = joined.json("cosign", status=3)["cosignatures"][0]
    assert (one["result"], one["size"]) == ("forked", known)
    for number in range(3):
        joined.json("tag", clip, "--note", f"still nothing {number}")
    assert joined.json("cosign", status=3)["cosignatures"][0]["result"] == "forked"
    assert neighbour.known() == known


def test_after_a_recovery_the_witness_wants_to_be_told_of_the_new_log(joined: Station, neighbour: Neighbour) -> None:
    joined.json("cosign")
    known = neighbour.known()
    joined.json("recover", "--reason", "a new disk")
    assert joined.json("cosign", status=5)["cosignatures"][0]["result"] == "refused"
    neighbour.trusts(joined)
    assert joined.json("cosign")["cosignatures"][0]["result"] == "cosigned"
    assert neighbour.known() == known, "the head of the old log stays"
    assert neighbour.known("evidence-station/s1/2") == joined.json("status")["log"]["cosigned"]


def test_after_a_rotation_the_witness_is_given_the_new_key_at_once(joined: Station, neighbour: Neighbour) -> None:
    joined.json("cosign")
    before = joined.json("checkpoint")["vkey"]
    joined.json("key", "rotate", "--role", "log")
    assert joined.json("checkpoint")["vkey"] != before
    joined.json("tag", joined.json("clips")["clips"][0]["id"], "--note", "signed by the new key")
    one = joined.json("cosign", status=5)["cosignatures"][0]
    assert one["result"] == "refused"
    assert "403" in one["detail"]
    neighbour.trusts(joined)
    assert joined.json("cosign")["cosignatures"][0]["result"] == "cosigned"
    assert joined.json("verify")["ok"]


# The setting


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "{key}",
        "{key} ftp://w",
        "{key} https://",
        "{key} https://w?x",
        "{key} https://w, {key} https://v",
        "{log} https://w",
    ],
)
def test_a_witness_that_is_none_is_refused_by_name(value: str, station: Station, tmp_path: Path) -> None:
    key = WitnessHome(tmp_path / "w").create(NAME).text()
    given = value.format(key=key, log=station.json("checkpoint")["vkey"])
    error = station.json("settings", "set", "witnesses", given, status=2)
    assert error["code"] == "settings-invalid"
    assert error["where"] == "witnesses"


def test_the_log_s_key_is_printed_for_the_witness_s_operator(station: Station) -> None:
    printed = station("checkpoint", "--key").out.decode().strip()
    assert read_vkey(printed, ED25519).name == "evidence-station/s1/1"
    with pytest.raises(Exception, match="not-a-verifier-key"):
        read_vkey(printed, COSIGNATURE)
