"""What a witness answers, request by request: the statuses of C2SP tlog-witness in the order in which they are due."""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from pathlib import Path

import pytest

from evidence.custody.checkpoint import read_head
from evidence.custody.cosignature import COSIGNATURE, VerifierKey, cosigned_at
from station.witness.home import NoWitness, WitnessDamaged, WitnessHome, WitnessThere
from station.witness.server import Witness
from tests.station.witness.logs import Log

NAME = "city.example/w1"
NOW = 1700000000
LOG = Log.of(40)
FORK = Log.of(40, forked_at=20)


@pytest.fixture
def home(tmp_path: Path) -> WitnessHome:
    made = WitnessHome(tmp_path / "witness")
    made.create(NAME)
    made.trust(LOG.origin, LOG.vkey)
    return made


@pytest.fixture
def witness(home: WitnessHome) -> Witness:
    return Witness(home, lambda: NOW)


def size_known(home: WitnessHome) -> int | None:
    log = home.log(LOG.origin)
    assert log is not None
    return log.head.size if log.head else None


def test_a_first_head_is_cosigned_and_kept(home: WitnessHome, witness: Witness) -> None:
    status, _, line = witness.answer(LOG.body(0, 7))
    assert status == 200
    assert line.endswith("\n")
    assert cosigned_at(line.removesuffix("\n"), home.vkey(), LOG.note(7)) == NOW
    assert size_known(home) == 7


def test_each_head_that_extends_the_one_before_is_cosigned(witness: Witness) -> None:
    known = 0
    for size in (1, 2, 3, 8, 9, 31, 32, 33, 40):
        assert witness.answer(LOG.body(known, size))[0] == 200, (known, size)
        known = size


def test_the_same_head_is_cosigned_again(witness: Witness) -> None:
    assert witness.answer(LOG.body(0, 7))[0] == 200
    assert witness.answer(LOG.body(7, 7))[0] == 200


def test_the_empty_log_is_cosigned_only_with_the_root_of_the_empty_log(witness: Witness) -> None:
    assert witness.answer(f"old 0\n\n{LOG.note(0, bytes(32))}".encode())[:2] == (409, "text/x.tlog.size")
    assert witness.answer(LOG.body(0, 0))[0] == 200


def test_an_old_size_that_is_not_the_witness_s_is_answered_with_the_one_it_knows(home: WitnessHome, witness: Witness) -> None:
    assert witness.answer(LOG.body(5, 7)) == (409, "text/x.tlog.size", "0\n")
    witness.answer(LOG.body(0, 7))
    for old, new in ((0, 9), (5, 9), (8, 9), (0, 7), (5, 5)):
        assert witness.answer(LOG.body(old, new)) == (409, "text/x.tlog.size", "7\n"), (old, new)
    assert size_known(home) == 7


def test_a_log_that_was_turned_back_is_never_cosigned_again(home: WitnessHome, witness: Witness) -> None:
    witness.answer(LOG.body(0, 30))
    assert witness.answer(LOG.body(25, 25)) == (409, "text/x.tlog.size", "30\n")
    assert witness.answer(LOG.body(30, 30).replace(b"old 30", b"old 0")) == (409, "text/x.tlog.size", "30\n")
    assert size_known(home) == 30


def test_another_history_is_refused(home: WitnessHome, witness: Witness) -> None:
    witness.answer(LOG.body(0, 30))
    assert witness.answer(FORK.body(30, 40))[0] == 422
    assert witness.answer(FORK.body(30, 30)) == (409, "text/x.tlog.size", "30\n")
    assert size_known(home) == 30


def test_a_proof_that_is_short_long_or_of_others_is_refused(witness: Witness) -> None:
    witness.answer(LOG.body(0, 7))
    good = LOG.body(7, 20).decode()
    first, blank, note = good.partition("\n\n")
    lines = first.split("\n")
    for proof in (lines[:1], lines[:-1], [*lines, lines[-1]], [*lines[:1], *reversed(lines[1:])]):
        assert witness.answer(("\n".join(proof) + blank + note).encode())[0] == 422
    again = LOG.body(7, 7).decode().replace("old 7\n", f"old 7\n{lines[1]}\n")
    assert witness.answer(again.encode())[0] == 422
    assert witness.answer(good.encode())[0] == 200


def test_a_first_head_comes_without_a_proof(witness: Witness) -> None:
    body = LOG.body(0, 7).decode().replace("old 0\n", f"old 0\n{b64encode(bytes(32)).decode()}\n")
    assert witness.answer(body.encode())[0] == 422


def test_an_unknown_log_is_not_found(witness: Witness) -> None:
    other = Log([b"0"], "evidence-station/s2/1")
    assert witness.answer(other.body(0, 1))[0] == 404


def test_the_log_after_a_recovery_is_a_new_log_that_somebody_has_to_add(home: WitnessHome, witness: Witness) -> None:
    assert witness.answer(LOG.body(0, 30))[0] == 200
    second = Log([b"recovered"], "evidence-station/s1/2")
    assert witness.answer(second.body(0, 1))[0] == 404
    home.trust(second.origin, second.vkey)
    assert witness.answer(second.body(0, 1))[0] == 200
    assert [(log.origin, log.head.size if log.head else None) for log in home.logs()] == [
        ("evidence-station/s1/1", 30),
        ("evidence-station/s1/2", 1),
    ]


def test_a_key_that_is_not_trusted_is_forbidden_before_anything_is_said_of_sizes(witness: Witness) -> None:
    stranger = Log([b"0", b"1"], LOG.origin, seed=2)
    assert witness.answer(stranger.body(0, 2))[0] == 403
    assert witness.answer(stranger.body(1, 2))[0] == 403


def test_a_new_key_counts_beside_the_first_once_it_was_added(home: WitnessHome, witness: Witness) -> None:
    rotated = Log([b"%d" % number for number in range(40)], LOG.origin, seed=2)
    witness.answer(LOG.body(0, 7))
    assert witness.answer(rotated.body(7, 8))[0] == 403
    assert home.trust(LOG.origin, rotated.vkey).head == read_head(LOG.note(7))
    assert witness.answer(rotated.body(7, 8))[0] == 200
    assert witness.answer(LOG.body(8, 9))[0] == 200


def test_a_head_below_the_old_size_is_a_bad_request(witness: Witness) -> None:
    witness.answer(LOG.body(0, 7))
    assert witness.answer(LOG.body(5, 5).replace(b"old 5", b"old 7"))[0] == 400


def test_lines_of_others_do_not_hinder_and_do_not_help(witness: Witness) -> None:
    other = "— somebody.example/w9 AAAAAAAAAAAAAAAA\n"
    assert witness.answer(LOG.body(0, 7) + other.encode())[0] == 200
    text = LOG.note(9).rpartition("— ")[0]
    assert witness.answer(f"old 7\n\n{text}{other}".encode())[0] == 403


GOOD = LOG.body(0, 7).decode()
MALFORMED = {
    "nothing": b"",
    "not UTF-8": b"old 0\n\n\xff",
    "no old size": GOOD.replace("old 0\n", "", 1).encode(),
    "a leading zero": GOOD.replace("old 0", "old 00").encode(),
    "a sign": GOOD.replace("old 0", "old -1").encode(),
    "no blank line": GOOD.replace("\n\n", "\n", 1).encode(),
    "carriage returns": GOOD.replace("\n", "\r\n").encode(),
    "a proof line that is no base64": GOOD.replace("old 0\n", "old 0\n!!\n").encode(),
    "a proof line of 31 bytes": GOOD.replace("old 0\n", f"old 0\n{b64encode(bytes(31)).decode()}\n").encode(),
    "64 proof lines": GOOD.replace("old 0\n", "old 0\n" + f"{b64encode(bytes(32)).decode()}\n" * 64).encode(),
    "no checkpoint": b"old 0\n\nhello\n",
    "no last line feed": GOOD.removesuffix("\n").encode(),
    "many signature lines": (GOOD + "— a AAAA\n" * 20).encode(),
    "an enormous size": GOOD.replace("\n7\n", f"\n{10**30}\n").encode(),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_has_not_the_form_of_the_specification_is_a_bad_request(name: str, witness: Witness, home: WitnessHome) -> None:
    assert witness.answer(MALFORMED[name])[0] == 400
    assert size_known(home) is None


# The home


def test_the_key_is_the_owner_s_alone_and_init_again_changes_nothing(home: WitnessHome) -> None:
    before = home.vkey()
    assert home.create(NAME) == before
    assert stat.S_IMODE((home.root / "witness.key.pem").stat().st_mode) == 0o600
    with pytest.raises(WitnessThere):
        home.create("another.example/w1")
    assert home.vkey() == before


def test_where_there_is_no_witness_nothing_is_listed_or_trusted(tmp_path: Path) -> None:
    for act in (WitnessHome(tmp_path).logs, lambda: WitnessHome(tmp_path).trust(LOG.origin, LOG.vkey)):
        with pytest.raises(NoWitness):
            act()


def test_an_interrupted_init_is_finished_with_the_same_key(tmp_path: Path) -> None:
    home = WitnessHome(tmp_path / "witness")
    key = home.create(NAME)
    (home.root / "witness.vkey").unlink()
    assert home.create(NAME) == key


@pytest.mark.parametrize(
    "spoiled", ["", "garbage", LOG.note(5).replace("s1/1\n5", "s9/1\n5")], ids=["empty", "garbage", "another's"]
)
def test_a_head_that_is_not_what_was_written_stops_the_witness_and_is_not_begun_anew(
    spoiled: str, home: WitnessHome, witness: Witness
) -> None:
    witness.answer(LOG.body(0, 7))
    (path,) = (home.root / "heads").glob("*.note")
    path.write_text(spoiled, encoding="utf-8")
    with pytest.raises(WitnessDamaged):
        witness.answer(LOG.body(0, 7))
    with pytest.raises(WitnessDamaged):
        home.logs()


def test_no_cosignature_leaves_a_witness_that_cannot_keep_the_head(
    home: WitnessHome, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        witness.answer(LOG.body(0, 7))
    monkeypatch.undo()
    assert size_known(home) is None
    assert witness.answer(FORK.body(0, 30))[0] == 200


def test_a_name_that_cannot_stand_in_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="not-a-verifier-key"):
        WitnessHome(tmp_path / "w").create("two words")
    assert not (tmp_path / "w").exists()
    assert VerifierKey("x", COSIGNATURE, bytes(32)).text().startswith("x+")
