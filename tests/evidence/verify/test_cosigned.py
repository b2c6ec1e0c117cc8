"""Checkpoint files with cosignatures: for whom they count, and for whom not."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.ids import StationId
from evidence.verify import Home, Kind, NoteKind, Untrusted, Verdict, verify
from evidence.verify.cosignatures import NotAWitnessKey
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.sample import STATION, note

NAME = "city.example/w1"
KEY, OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(b"1" * 32)
AT = 1768464000
AT_TEXT = "2026-01-15T08:00:00Z"


def vkey(key: Ed25519PrivateKey, name: str = NAME) -> str:
    data = b"\x04" + key.public_key().public_bytes_raw()
    return f"{name}+{sha256(name.encode() + bytes([10]) + data).hexdigest()[:8]}+{b64encode(data).decode()}"


def line(head: bytes, key: Ed25519PrivateKey = KEY, name: str = NAME, at: int = AT) -> bytes:
    """A cosignature by the text of the specification, written out here once more."""
    text = head[: head.index(b"\n\n") + 1]
    signature = key.sign(b"cosignature/v1\ntime %d\n" % at + text)
    named = bytes.fromhex(vkey(key, name).split("+", 2)[1])
    return f"— {name} ".encode() + b64encode(named + at.to_bytes(8, "big") + signature) + b"\n"


def verified(station: Station, *checkpoints: bytes, witnesses: tuple[str, ...] = (vkey(KEY),)) -> Verdict:
    catalogue = ReadOnlyCatalogue(f"sqlite:///{station.home / 'catalogue.sqlite3'}", StationId(STATION))
    given = tuple(Untrusted(f"checkpoint {number}", note) for number, note in enumerate(checkpoints))
    home = Home((station.home / "vault",), station.home / "station.toml")
    return verify(catalogue, StationId(STATION), home, checkpoints=given, witnesses=witnesses)


def notes(verdict: Verdict) -> list[tuple[str, str]]:
    return [(one.subject, one.detail) for one in verdict.notes if one.kind is NoteKind.COSIGNATURE_UNPROVEN]


def test_a_cosigned_head_says_by_whom_and_until_when(station: Station) -> None:
    head = station.made.head()
    verdict = verified(station, head + line(head))
    assert verdict.problems == ()
    (one,) = verdict.witnessed_by
    assert (one.witness, one.size, one.cosigned_at) == (NAME, station.made.tree.size, AT_TEXT)
    assert one.until == verdict.witnessed_until
    assert notes(verdict) == []


def test_without_the_witness_s_key_its_line_is_passed_over(station: Station) -> None:
    head = station.made.head()
    verdict = verified(station, head + line(head), witnesses=())
    assert verdict.ok
    assert verdict.witnessed_until is not None
    assert verdict.witnessed_by == ()
    assert notes(verdict) == []


def test_two_witnesses_are_both_named_and_a_third_is_not(station: Station) -> None:
    head = station.made.head()
    lines = line(head) + line(head, OTHER, "w2") + line(head, OTHER, "w3")
    verdict = verified(station, head + lines, witnesses=(vkey(KEY), vkey(OTHER, "w2")))
    assert [one.witness for one in verdict.witnessed_by] == [NAME, "w2"]


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "a signature of nobody": lambda head: line(head)[:-41] + b"A" * 38 + b"==\n",
    "over another head": lambda head: line(head.replace(b"\n", b"\nx", 1)),
    "the key swapped": lambda head: line(head, OTHER),
    "another time written in": lambda head: _other_time(line(head)),
    "the log's own signature": lambda head: b"\xe2\x80\x94 " + NAME.encode() + b" " + head.rsplit(b" ", 1)[1],
}


def _other_time(genuine: bytes) -> bytes:
    start, _, encoded = genuine.rstrip(b"\n").rpartition(b" ")
    data = b64decode(encoded)
    return start + b" " + b64encode(data[:4] + (AT + 1).to_bytes(8, "big") + data[12:]) + b"\n"


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_line_witnesses_nothing_and_is_named(name: str, station: Station) -> None:
    head = station.made.head()
    verdict = verified(station, head + FORGED[name](head))
    assert verdict.witnessed_by == ()
    assert len(notes(verdict)) == 1
    assert NAME in notes(verdict)[0][1]
    assert verdict.ok, "the head itself agrees with the log"


def test_a_genuine_line_counts_beside_a_forged_one(station: Station) -> None:
    head = station.made.head()
    verdict = verified(station, head + line(head, OTHER) + line(head))
    assert [one.witness for one in verdict.witnessed_by] == [NAME]
    assert len(notes(verdict)) == 1


def test_where_the_log_s_own_line_is_spoiled_the_witness_still_vouches_for_the_head(station: Station) -> None:
    head = station.made.head()
    start, _, encoded = head.rstrip(b"\n").rpartition(b" ")
    spoiled = start + b" " + encoded[:20] + (b"A" if encoded[20:21] != b"A" else b"B") + encoded[21:] + b"\n"
    assert NoteKind.CHECKPOINT_UNPROVEN in {one.kind for one in verified(station, spoiled).notes}
    verdict = verified(station, spoiled + line(head))
    assert NoteKind.CHECKPOINT_UNPROVEN not in {one.kind for one in verdict.notes}
    assert [one.witness for one in verdict.witnessed_by] == [NAME]
    assert NoteKind.CHECKPOINT_UNPROVEN in {one.kind for one in verified(station, spoiled + line(head, OTHER)).notes}


def test_a_cosigned_head_of_another_history_is_a_fork_and_vouches_for_nothing(station: Station) -> None:
    head = note(station.made.origin, station.made.tree.size, bytes(32), station.made.keys.log).encode()
    verdict = verified(station, head + line(head))
    assert [one.kind for one in verdict.problems] == [Kind.FORKED]
    assert verdict.witnessed_by == ()


def test_a_cosigned_head_that_the_log_does_not_reach_is_a_rollback_and_vouches_for_nothing(station: Station) -> None:
    head = note(station.made.origin, station.made.tree.size + 9, bytes(32), station.made.keys.log).encode()
    verdict = verified(station, head + line(head))
    assert [one.kind for one in verdict.problems] == [Kind.ROLLED_BACK]
    assert verdict.witnessed_by == ()


def test_in_the_catalogue_a_checkpoint_has_the_log_s_line_and_no_other(station: Station) -> None:
    head = station.made.head()
    station.sql("UPDATE checkpoint SET note = ? WHERE size = ?", (head + line(head)).decode(), station.made.tree.size)
    assert [one.kind for one in verified(station).problems] == [Kind.LOG_ALTERED]


@pytest.mark.parametrize("bad", ["", "x", vkey(KEY)[:-1], vkey(KEY).replace("city", "town"), vkey(KEY) + "A"])
def test_what_is_no_witness_s_key_is_refused(bad: str, station: Station) -> None:
    with pytest.raises(NotAWitnessKey):
        verified(station, witnesses=(bad,))
