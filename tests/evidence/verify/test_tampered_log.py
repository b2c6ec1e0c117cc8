"""Faults planted in the custody log, and what each must be called: once, and nothing else with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.verify import Kind, NoteKind
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.sample import Certified, Sample, Tree, canonical, keys, note, standard

ORIGIN = "evidence-station/S-1/1"


def entries(station: Station) -> list[tuple[int, str, str, bytes]]:
    """``(seq, type, subject, body)`` of the whole log."""
    with station.database() as connection:
        return connection.execute("SELECT seq, type, subject, body FROM custody_entry ORDER BY seq").fetchall()


def first(station: Station, act: str) -> int:
    return next(seq for seq, found, _, _ in entries(station) if found == act)


def altered(station: Station, seq: int) -> bytes:
    """An entry's body with another salt: still perfect JSON."""
    said = json.loads(entries(station)[seq][3])
    return canonical(said | {"salt": "0" * 32})


def size(station: Station) -> int:
    return len(entries(station))


def rebuild(station: Station, bodies: list[bytes], signer: Certified | None = None, *, first_changed: int = 0) -> None:
    """Put these bodies in place of the log and compute every hash and root anew; ``signer`` signs the heads that change."""
    tree = Tree()
    roots = {}
    with station.database() as connection:
        columns = connection.execute("SELECT seq, id, type, subject, at FROM custody_entry ORDER BY seq").fetchall()
        connection.execute("BEGIN")
        connection.execute("DELETE FROM custody_entry")
        for seq, body in enumerate(bodies):
            said = json.loads(body)
            made = b"".join(tree.append(body))
            roots[tree.size] = tree.root()
            row = (seq, said["id"], said["type"], said["subject"], said["when"]["utc"], body, made)
            connection.execute(
                "INSERT INTO custody_entry (station, epoch, seq, id, type, subject, at, body, hashes) VALUES ('S-1',1,?,?,?,?,?,?,?)",
                row,
            )
        assert columns
        for (covered,) in connection.execute("SELECT size FROM checkpoint ORDER BY size").fetchall():
            if covered <= first_changed or covered not in roots:
                continue
            text = connection.execute("SELECT note FROM checkpoint WHERE size = ?", (covered,)).fetchone()[0]
            changed = note(ORIGIN, covered, roots[covered], signer) if signer else text
            connection.execute(
                "UPDATE checkpoint SET root = ?, note = ? WHERE size = ?", (roots[covered].hex(), changed, covered)
            )
        connection.execute("COMMIT")


def alter_body(station: Station, seq: int) -> None:
    station.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", altered(station, seq), seq)


@pytest.mark.parametrize(
    "act", ["initialised", "key-introduced", "docked", "inventory", "copied", "verified", "sealed", "tagged", "received", "empty"]
)
def test_an_altered_entry_is_named_by_its_number(station: Station, act: str) -> None:
    seq = first(station, act)
    alter_body(station, seq)
    assert station.problems() == [(Kind.LOG_ALTERED, f"entry:1/{seq}")]


def test_every_single_entry(station: Station) -> None:
    for seq in range(size(station)):
        original = entries(station)[seq][3]
        alter_body(station, seq)
        assert station.found() == [(Kind.LOG_ALTERED, f"entry:1/{seq}")]
        station.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", original, seq)
    assert station.found() == []


def test_an_entry_that_is_no_json_any_more(station: Station) -> None:
    station.sql("UPDATE custody_entry SET body = ? WHERE seq = 9", b"\xff\x00garbage")
    assert station.problems() == [(Kind.LOG_ALTERED, "entry:1/9")]


def test_an_entry_of_another_type_than_bytes(station: Station) -> None:
    station.sql("UPDATE custody_entry SET body = 'text' WHERE seq = 9")
    assert station.problems() == [(Kind.LOG_ALTERED, "entry:1/9")]


def test_two_altered_entries_are_two_problems(station: Station) -> None:
    one, other = first(station, "docked"), first(station, "tagged")
    alter_body(station, one)
    alter_body(station, other)
    assert station.problems() == [(Kind.LOG_ALTERED, f"entry:1/{one}"), (Kind.LOG_ALTERED, f"entry:1/{other}")]


@pytest.mark.parametrize("place", [0, 1])
def test_stored_hashes_altered_beside_a_genuine_body(station: Station, place: int) -> None:
    seq = 11  # completes a subtree of four: three hashes
    hashes = bytearray(next(row for row in _hashes(station) if row[0] == seq)[1])
    hashes[place * 32] ^= 1
    station.sql("UPDATE custody_entry SET hashes = ? WHERE seq = ?", bytes(hashes), seq)
    assert station.problems() == [(Kind.LOG_ALTERED, f"entry:1/{seq}")]


def test_stored_hashes_cut_off(station: Station) -> None:
    station.sql("UPDATE custody_entry SET hashes = ? WHERE seq = 11", b"short")
    assert station.problems() == [(Kind.LOG_ALTERED, "entry:1/11")]


def _hashes(station: Station) -> list[tuple[int, bytes]]:
    with station.database() as connection:
        return connection.execute("SELECT seq, hashes FROM custody_entry ORDER BY seq").fetchall()


@pytest.mark.parametrize("column", ["id", "type", "subject", "at"])
def test_a_column_that_contradicts_its_entry(station: Station, column: str) -> None:
    seq = first(station, "docked")
    station.sql(f"UPDATE custody_entry SET {column} = 'other' WHERE seq = ?", seq)
    assert station.problems() == [(Kind.LOG_ALTERED, f"entry:1/{seq}")]


def test_body_and_its_own_leaf_hash_altered(station: Station) -> None:
    seq = first(station, "tagged")
    body = altered(station, seq)
    leaf = sha256(b"\0" + body).digest()
    rest = _hashes(station)[seq][1][32:]
    station.sql("UPDATE custody_entry SET body = ?, hashes = ? WHERE seq = ?", body, leaf + rest, seq)
    found = station.problems()
    assert [kind for kind, _ in found] == [Kind.LOG_ALTERED]
    assert str(seq) in found[0][1].partition("/")[2].split("-")


def test_the_log_recomputed_without_the_key(station: Station) -> None:
    """Bodies, hashes and root columns all follow from one altered entry; the signed notes do not."""
    seq = first(station, "tagged")
    bodies = [body for _, _, _, body in entries(station)]
    bodies[seq] = altered(station, seq)
    rebuild(station, bodies, first_changed=seq)
    assert {kind for kind, _ in station.problems()} == {Kind.LOG_ALTERED}


def test_the_log_recomputed_and_signed_with_a_stranger_s_key(station: Station) -> None:
    seq = first(station, "tagged")
    bodies = [body for _, _, _, body in entries(station)]
    bodies[seq] = altered(station, seq)
    stranger = keys("stranger").log
    rebuild(station, bodies, stranger, first_changed=seq)
    found = station.problems()
    assert [kind for kind, _ in found if kind is not Kind.LOG_MISSING] == [Kind.FOREIGN_KEY]


def test_the_log_recomputed_consistently_and_signed_with_a_stranger_s_key(station: Station) -> None:
    """The cunning one: also every ``prev`` after the altered entry follows, so that only the key gives it away."""
    made: list[bytes] = []
    last: dict[str, str] = {}
    for seq, act, subject, body in entries(station):
        said = json.loads(body) | {"prev": last.get(subject)}
        if act == "tagged":
            said["salt"] = "0" * 32
        made.append(canonical(said))
        last[subject] = sha256(b"\0" + made[-1]).hexdigest()
        assert said["seq"] == seq
    rebuild(station, made, keys("stranger").log, first_changed=first(station, "tagged"))
    assert [kind for kind, _ in station.problems()] == [Kind.FOREIGN_KEY]


# -- missing and out of order --


def test_an_entry_deleted(station: Station) -> None:
    station.sql("DELETE FROM custody_entry WHERE seq = 12")
    assert station.problems() == [(Kind.LOG_MISSING, "entry:1/12")]


def test_the_first_entry_deleted(station: Station) -> None:
    station.sql("DELETE FROM custody_entry WHERE seq = 0")
    assert station.problems() == [(Kind.LOG_MISSING, "entry:1/0")]


def test_the_tail_deleted(station: Station) -> None:
    whole = size(station)
    station.sql("DELETE FROM custody_entry WHERE seq >= ?", whole - 3)
    verdict = station.verify()
    assert [(one.kind, one.subject) for one in verdict.problems] == [(Kind.LOG_MISSING, f"entry:1/{whole - 3}-{whole - 1}")]
    assert NoteKind.CATALOGUE_NOT_COMPARED in {note.kind for note in verdict.notes}


def test_the_whole_log_deleted(station: Station) -> None:
    station.sql("DELETE FROM custody_entry")
    assert station.problems() == [(Kind.LOG_MISSING, "entry:1")]


def test_an_entry_deleted_and_the_later_ones_moved_down(station: Station) -> None:
    seq, whole = 12, size(station)
    with station.database() as connection:
        connection.execute("DELETE FROM custody_entry WHERE seq = ?", (seq,))
        for later in range(seq + 1, whole):
            connection.execute("UPDATE custody_entry SET seq = ? WHERE seq = ?", (later - 1, later))
    assert station.problems() == [(Kind.LOG_MISSING, f"entry:1/{seq}")]


@pytest.mark.parametrize("whole_rows", [False, True], ids=["bodies", "rows"])
def test_two_entries_in_each_other_s_place(station: Station, whole_rows: bool) -> None:
    one, other = first(station, "inventory"), first(station, "tagged")
    columns = ("id", "type", "subject", "at", "body", "hashes") if whole_rows else ("id", "type", "subject", "at", "body")
    with station.database() as connection:
        rows = {
            seq: connection.execute(f"SELECT {', '.join(columns)} FROM custody_entry WHERE seq = ?", (seq,)).fetchone()
            for seq in (one, other)
        }
        for seq, source in ((one, other), (other, one)):
            places = ", ".join(f"{column} = ?" for column in columns)
            connection.execute(f"UPDATE custody_entry SET {places} WHERE seq = ?", (*rows[source], seq))
    assert station.problems() == [(Kind.LOG_ORDER, f"entry:1/{one},{other}")]


def test_neighbours_in_each_other_s_place(station: Station) -> None:
    one = first(station, "copied")
    station.sql("UPDATE custody_entry SET seq = -1 WHERE seq = ?", one)
    station.sql("UPDATE custody_entry SET seq = ? WHERE seq = ?", one, one + 1)
    station.sql("UPDATE custody_entry SET seq = ? WHERE seq = -1", one + 1)
    assert station.problems() == [(Kind.LOG_ORDER, f"entry:1/{one}-{one + 1}")]


def test_an_entry_put_in(station: Station) -> None:
    seq, whole = first(station, "tagged"), size(station)
    with station.database() as connection:
        for later in reversed(range(seq, whole)):
            connection.execute("UPDATE custody_entry SET seq = ? WHERE seq = ?", (later + 1, later))
        connection.execute(
            "INSERT INTO custody_entry SELECT station, epoch, ?, id, type, subject, at, body, hashes FROM custody_entry WHERE seq = 2",
            (seq,),
        )
    assert {kind for kind, _ in station.problems()} == {Kind.LOG_ALTERED}


def test_an_entry_appended_without_a_head(station: Station) -> None:
    whole = size(station)
    said = json.loads(entries(station)[whole - 1][3]) | {
        "seq": whole,
        "prev": None,
        "subject": "clip:" + "0" * 36,
        "type": "viewed",
        "what": {},
    }
    tree = Tree()
    for _, _, _, body in entries(station):
        tree.append(body)
    body = canonical(said)
    row = (whole, said["id"], "viewed", said["subject"], said["when"]["utc"], body, b"".join(tree.append(body)))
    station.sql(
        "INSERT INTO custody_entry (station, epoch, seq, id, type, subject, at, body, hashes) VALUES ('S-1',1,?,?,?,?,?,?,?)",
        *row,
    )
    assert station.problems()[0] == (Kind.LOG_ALTERED, f"entry:1/{whole}-{whole}")


def test_an_entry_that_the_writer_left_out(tmp_path: Path) -> None:
    """A build that forgets an entry signs a perfect log; only ``prev`` and the rows show it."""
    made = standard(tmp_path / "home")
    clip = made.clip(b"DCIM/0002.MP4")
    made.last[f"clip:{clip}"] = "0" * 64
    made.deliver(clip)
    assert Station(made.home, made).problems() == [(Kind.LOG_MISSING, f"clip:{clip}")]


# -- heads --


def heads(station: Station) -> list[int]:
    with station.database() as connection:
        return [covered for (covered,) in connection.execute("SELECT size FROM checkpoint ORDER BY size")]


def test_a_head_deleted(station: Station) -> None:
    covered = heads(station)[2]
    station.sql("DELETE FROM checkpoint WHERE size = ?", covered)
    assert station.problems() == [(Kind.LOG_MISSING, f"checkpoint:1/{covered}")]


def test_the_newest_head_deleted(station: Station) -> None:
    before, last = heads(station)[-2:]
    station.sql("DELETE FROM checkpoint WHERE size = ?", last)
    assert station.problems() == [(Kind.LOG_ALTERED, f"entry:1/{before}-{last - 1}")]


def test_all_heads_deleted(station: Station) -> None:
    station.sql("DELETE FROM checkpoint")
    assert station.problems() == [(Kind.LOG_ALTERED, f"entry:1/0-{size(station) - 1}")]


def _spoil_signature(text: str) -> str:
    head, _, line = text.rpartition(" ")
    return f"{head} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}"


@pytest.mark.parametrize(
    "spoil",
    [
        _spoil_signature,
        lambda text: text.replace("S-1/1\n", "S-2/1\n", 1),
        lambda text: text[:-2],
        lambda _: "",
        lambda text: text + text,
    ],
    ids=["signature", "origin", "cut off", "empty", "doubled"],
)
def test_a_head_altered(station: Station, spoil: Callable[[str], str]) -> None:
    covered = heads(station)[2]
    with station.database() as connection:
        text = connection.execute("SELECT note FROM checkpoint WHERE size = ?", (covered,)).fetchone()[0]
    station.sql("UPDATE checkpoint SET note = ? WHERE size = ?", spoil(text), covered)
    assert station.problems() == [(Kind.LOG_ALTERED, f"checkpoint:1/{covered}")]


def test_a_root_column_altered(station: Station) -> None:
    covered = heads(station)[2]
    station.sql("UPDATE checkpoint SET root = ? WHERE size = ?", "0" * 64, covered)
    assert station.problems() == [(Kind.LOG_ALTERED, f"checkpoint:1/{covered}")]


def test_a_run_of_altered_heads_is_one_problem(station: Station) -> None:
    known = heads(station)
    for covered in known[1:4]:
        station.sql("UPDATE checkpoint SET note = 'gone' WHERE size = ?", covered)
    assert station.problems() == [(Kind.LOG_ALTERED, f"checkpoint:1/{known[1]}-{known[3]}")]


def test_heads_by_a_stranger_s_key(station: Station, pattern: Sample) -> None:
    stranger = keys("stranger").log
    tree = Tree()
    bodies = [body for _, _, _, body in entries(station)]
    for covered in range(1, len(bodies) + 1):
        tree.append(bodies[covered - 1])
        if covered in heads(station):
            station.sql("UPDATE checkpoint SET note = ? WHERE size = ?", note(ORIGIN, covered, tree.root(), stranger), covered)
    assert isinstance(stranger.key, Ed25519PrivateKey)
    assert [kind for kind, _ in station.problems()] == [Kind.FOREIGN_KEY]
    assert [kind for kind, _ in station.problems(pattern.head())] == [Kind.FOREIGN_KEY]
