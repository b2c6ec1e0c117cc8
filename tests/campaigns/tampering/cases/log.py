"""Attacks on the custody log and its signed heads: altered, taken out, put in, put elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from tests.campaigns.tampering.forging import Body, body_of, entries, first_seq, leaf, put_body
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim
from tests.evidence.verify.sample import Tree, canonical

COLUMNS = ("id", "type", "subject", "at", "body", "hashes")
STRANGER = "clip:01a00000-0000-7000-8000-000000000000"


def heads(victim: Victim) -> list[int]:
    """Sizes of the signed heads of the first epoch."""
    return [size for (size,) in victim.rows("SELECT size FROM checkpoint WHERE epoch = 1 ORDER BY size")]


def size_of(victim: Victim) -> int:
    return int(victim.one("SELECT count(*) FROM custody_entry WHERE epoch = 1"))


# -- altered --


def _altered(act: str, hashed: bool, victim: Victim) -> Expected:
    """An entry whose ``what`` says something else, with or without a leaf hash to match."""
    seq = first_seq(victim, act)
    body = body_of(victim, seq)
    body["what"] = _otherwise(body["what"]) if body["what"] else {"purpose": None, "x": "y"}
    put_body(victim, seq, body, hashed=hashed)
    if not hashed:
        return tampered(("log-altered", f"entry:1/{seq}"))
    # only the next subtree over it can tell which of its leaves it was; and who is the authority is no longer known
    return tampered(either={"log-altered"}, also={"foreign-key"} if act == "key-introduced" else ())


def _otherwise(what: Body) -> Body:
    """The same members with one value changed."""
    for name, value in what.items():
        if isinstance(value, str):
            return {**what, name: value[:-1] + ("0" if value[-1:] != "0" else "1")}
        if isinstance(value, int):
            return {**what, name: value + 1}
        if isinstance(value, dict) and value:
            return {**what, name: _otherwise(value)}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return {**what, name: [_otherwise(value[0]), *value[1:]]}
    return {**what, "unheard": "of"}


def _member(member: str, change: Callable[[Body], Body], victim: Victim) -> Expected:
    seq = first_seq(victim, "tagged")
    put_body(victim, seq, change(body_of(victim, seq)))
    # whose row an entry explained cannot be known when it claims, in its column too, to be about another one
    also = {"id": {"catalogue-extra-row"}, "subject": {"catalogue-differs"}}.get(member, set())
    return tampered(("log-altered", f"entry:1/{seq}"), also=also, causes=2)


MEMBERS: dict[str, Callable[[Body], Body]] = {
    "when.utc": lambda body: {**body, "when": {**body["when"], "utc": "2026-01-01T00:00:00.000000Z"}},
    "when.mono_ns": lambda body: {**body, "when": {**body["when"], "mono_ns": "1"}},
    "when.clock": lambda body: {**body, "when": {**body["when"], "clock": "unknown"}},
    "actor": lambda body: {**body, "actor": {"system": "station"}},
    "actor.role": lambda body: {**body, "actor": {**body["actor"], "role": "auditor"}},
    "prev": lambda body: {**body, "prev": "0" * 64},
    "salt": lambda body: {**body, "salt": "0" * 32},
    "id": lambda body: {**body, "id": STRANGER[5:]},
    "subject": lambda body: {**body, "subject": STRANGER},
    "type": lambda body: {**body, "type": "viewed"},
}


def _not_canonical(victim: Victim) -> Expected:
    """The same entry with a blank in it: its meaning is as before, its bytes are not."""
    seq = first_seq(victim, "inventory")
    body = victim.one("SELECT body FROM custody_entry WHERE seq = ?", seq)
    victim.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", body.replace(b'":', b'": ', 1), seq)
    return tampered(("log-altered", f"entry:1/{seq}"))


def _hashes(place: int, victim: Victim) -> Expected:
    seq = 11  # completes a subtree of four: three hashes
    hashes = bytearray(victim.one("SELECT hashes FROM custody_entry WHERE seq = ?", seq))
    hashes[place * 32 + 7] ^= 1
    victim.sql("UPDATE custody_entry SET hashes = ? WHERE seq = ?", bytes(hashes), seq)
    return tampered(("log-altered", f"entry:1/{seq}"))


def _several_altered(victim: Victim) -> Expected:
    seqs = [first_seq(victim, act) for act in ("docked", "tagged", "received")]
    for seq in seqs:
        put_body(victim, seq, {**body_of(victim, seq), "salt": "0" * 32})
    return tampered(*(("log-altered", f"entry:1/{seq}") for seq in seqs), causes=3)


def _unparsable(data: object, victim: Victim) -> Expected:
    seq = first_seq(victim, "verified")
    victim.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", data, seq)
    return tampered(("log-altered", f"entry:1/{seq}"))


def _bomb(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


# -- heads --


def _head(spoil: Callable[[str], str], victim: Victim) -> Expected:
    size = heads(victim)[3]
    text = victim.one("SELECT note FROM checkpoint WHERE size = ?", size)
    victim.sql("UPDATE checkpoint SET note = ? WHERE size = ?", spoil(text), size)
    return tampered(("log-altered", f"checkpoint:1/{size}"))


def _spoiled_signature(text: str) -> str:
    head, _, line = text.rpartition(" ")
    return f"{head} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}"


def _another_s_note(victim: Victim) -> Expected:
    one, other = heads(victim)[3:5]
    victim.sql("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = ?) WHERE size = ?", other, one)
    return tampered(("log-altered", f"checkpoint:1/{one}"))


def _signature_of_another(victim: Victim) -> Expected:
    one, other = heads(victim)[3:5]
    notes = {size: victim.one("SELECT note FROM checkpoint WHERE size = ?", size) for size in (one, other)}
    mixed = notes[one].split("\n\n")[0] + "\n\n" + notes[other].split("\n\n")[1]
    victim.sql("UPDATE checkpoint SET note = ? WHERE size = ?", mixed, one)
    return tampered(("log-altered", f"checkpoint:1/{one}"))


def _heads_removed(which: slice, victim: Victim) -> Expected:
    gone = heads(victim)[which]
    for size in gone:
        victim.sql("DELETE FROM checkpoint WHERE size = ?", size)
    return tampered(either={"log-altered", "log-missing"}, causes=len(gone))


# -- taken out, put in --


def _taken_out(seqs: Callable[[int], Iterable[int]], victim: Victim) -> Expected:
    gone = list(seqs(size_of(victim)))
    for seq in gone:
        victim.sql("DELETE FROM custody_entry WHERE seq = ?", seq)
    run = f"{gone[0]}-{gone[-1]}" if len(gone) > 1 else f"{gone[0]}"
    if gone == list(range(gone[0], gone[0] + len(gone))):
        # without the entries that introduced them, the keys behind the heads and the anchor are anybody's
        return tampered(("log-missing", f"entry:1/{run}"), also={"foreign-key"} if gone[0] == 1 else ())
    return tampered(*(("log-missing", f"entry:1/{seq}") for seq in gone), causes=len(gone))


def _whole_log(with_heads: bool, victim: Victim) -> Expected:
    victim.sql("DELETE FROM custody_entry")
    if with_heads:
        victim.sql("DELETE FROM checkpoint")
    return tampered(
        either={"log-missing", "rolled-back"} if with_heads else {"log-missing"},
        also={"rolled-back", "catalogue-extra-row", "foreign-key"},
        causes=2,
    )


def _tail_with_heads(victim: Victim) -> Expected:
    """Entries and heads from the newest far checkpoint on go, the rows stay: nothing of it is witnessed, the rows say it."""
    kept = heads(victim)[-5]
    victim.sql("DELETE FROM custody_entry WHERE seq >= ?", kept)
    victim.sql("DELETE FROM checkpoint WHERE size > ?", kept)
    return tampered(
        either={"catalogue-extra-row", "catalogue-differs", "rolled-back", "log-missing"}, also={"vault-extra"}, causes=8
    )


def _closed_up(victim: Victim) -> Expected:
    """An entry goes and the later ones move down into its place."""
    seq, whole = first_seq(victim, "tagged"), size_of(victim)
    with victim.database() as connection:
        connection.execute("DELETE FROM custody_entry WHERE seq = ?", (seq,))
        for later in range(seq + 1, whole):
            connection.execute("UPDATE custody_entry SET seq = ? WHERE seq = ?", (later - 1, later))
    return tampered(("log-missing", f"entry:1/{seq}"))


def _put_in(victim: Victim) -> Expected:
    seq, whole = first_seq(victim, "tagged"), size_of(victim)
    _open_up(victim, seq, whole)
    copied = "SELECT station, epoch, ?, id, type, subject, at, body, hashes FROM custody_entry WHERE seq = 2"
    victim.sql(f"INSERT INTO custody_entry (station, epoch, seq, {', '.join(COLUMNS)}) {copied}", seq)
    return tampered(either={"log-altered"})


def _open_up(victim: Victim, seq: int, whole: int) -> None:
    with victim.database() as connection:
        for later in reversed(range(seq, whole)):
            connection.execute("UPDATE custody_entry SET seq = ? WHERE seq = ?", (later + 1, later))


def _put_on(with_head: bool, victim: Victim) -> Expected:
    """An entry after the last one, hashed as it should be; with the last head's note moved up over it, or without any head."""
    whole, tree = size_of(victim), Tree()
    bodies = entries(victim)
    for body in bodies:
        tree.append(canonical(body))
    about = {"subject": "station", "type": "clock-changed", "what": {"by_ms": 1}, "actor": {"system": "station"}}
    prev = tree_leaf(next(body for body in reversed(bodies) if body["subject"] == "station"))
    made = {**bodies[-1], **about, "seq": whole, "prev": prev, "id": STRANGER[5:]}
    hashes = b"".join(tree.append(canonical(made)))
    row = (whole, made["id"], made["type"], made["subject"], made["when"]["utc"], canonical(made), hashes)
    victim.sql(
        "INSERT INTO custody_entry (station, epoch, seq, id, type, subject, at, body, hashes) VALUES ('T-1',1,?,?,?,?,?,?,?)",
        *row,
    )
    if with_head:
        victim.sql("UPDATE checkpoint SET size = ?, root = ? WHERE size = ?", whole + 1, tree.root().hex(), whole)
    return tampered(either={"log-altered"}, also={"log-missing"})


def tree_leaf(body: Body) -> str:
    return leaf(canonical(body)).hex()


# -- order --


def _exchanged(one: str, other: str, columns: tuple[str, ...], victim: Victim) -> Expected:
    first, second = sorted((first_seq(victim, one), first_seq(victim, other)))
    with victim.database() as connection:
        query = f"SELECT {', '.join(columns)} FROM custody_entry WHERE seq = ?"
        rows = {seq: connection.execute(query, (seq,)).fetchone() for seq in (first, second)}
        for seq, source in ((first, second), (second, first)):
            places = ", ".join(f"{column} = ?" for column in columns)
            connection.execute(f"UPDATE custody_entry SET {places} WHERE seq = ?", (*rows[source], seq))
    named = f"{first}-{second}" if second == first + 1 else f"{first},{second}"
    return tampered(("log-order", f"entry:1/{named}"))


def _rotated(victim: Victim) -> Expected:
    """Three entries each in the next one's place."""
    places = [first_seq(victim, act) for act in ("docked", "sealed", "received")]
    query = f"SELECT {', '.join(COLUMNS)} FROM custody_entry WHERE seq = ?"
    with victim.database() as connection:
        rows = [connection.execute(query, (seq,)).fetchone() for seq in places]
        for seq, row in zip(places, rows[1:] + rows[:1], strict=True):
            connection.execute(
                f"UPDATE custody_entry SET {', '.join(f'{column} = ?' for column in COLUMNS)} WHERE seq = ?", (*row, seq)
            )
    return tampered(("log-order", f"entry:1/{','.join(map(str, sorted(places)))}"))


def _moved(victim: Victim) -> Expected:
    """An entry goes to a later place, those between move down by one."""
    start, end = first_seq(victim, "tagged"), first_seq(victim, "tagged") + 6
    with victim.database() as connection:
        connection.execute("UPDATE custody_entry SET seq = -1 WHERE seq = ?", (start,))
        for seq in range(start + 1, end + 1):
            connection.execute("UPDATE custody_entry SET seq = ? WHERE seq = ?", (seq - 1, seq))
        connection.execute("UPDATE custody_entry SET seq = ? WHERE seq = -1", (end,))
    return tampered(("log-order", f"entry:1/{start}-{end}"))


def _renumbered(victim: Victim) -> Expected:
    """Two entries in each other's place, and the numbers that they bear changed to suit it."""
    first, second = first_seq(victim, "copied"), first_seq(victim, "copied", 1)
    one, other = body_of(victim, first), body_of(victim, second)
    put_body(victim, first, {**other, "seq": first})
    put_body(victim, second, {**one, "seq": second})
    return tampered(("log-altered", f"entry:1/{first}"), ("log-altered", f"entry:1/{second}"), causes=2)


def _unaltered(victim: Victim) -> Expected:
    """What is merely operational explains nothing and proves nothing."""
    victim.sql("UPDATE blob SET last_verified_at = '2030-01-01T00:00:00.000000Z'")
    victim.sql("UPDATE docking SET card_sha256 = 'x'")
    victim.sql("DELETE FROM upload")
    victim.sql("DELETE FROM witnessed")
    return clean()


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    with Victim.look(patterns["main"]) as connection:
        acts = [act for (act,) in connection.execute("SELECT DISTINCT type FROM custody_entry ORDER BY type")]
    found = []
    for act in acts:
        found.append(Case("log-altered", f"{act}", partial(_altered, act, False), quick=act in {"docked", "tagged"}))
        found.append(Case("log-altered", f"{act}, with its leaf hash", partial(_altered, act, True)))
    found += [
        Case("log-altered", f"{member} of an entry", partial(_member, member, change)) for member, change in MEMBERS.items()
    ]
    found.append(Case("log-altered", "an entry with a blank in it", _not_canonical, quick=True))
    found += [Case("log-altered", f"hash {place} of a subtree", partial(_hashes, place)) for place in range(3)]
    found.append(Case("log-altered", "three entries", _several_altered))
    for name, data in (
        ("garbage", b"\xff\x00"),
        ("nothing", b""),
        ("null", b"null"),
        ("nested lists", _bomb(100_000)),
        ("a number", b"7"),
    ):
        found.append(Case("log-altered", f"{name} instead of an entry", partial(_unparsable, data)))
    spoils: dict[str, Callable[[str], str]] = {
        "signature": _spoiled_signature,
        "origin": lambda text: text.replace("T-1/1\n", "T-2/1\n", 1),
        "size": lambda text: text.replace("\n", "\n1", 1),
        "cut off": lambda text: text[:-2],
        "empty": lambda _: "",
        "a second signature": lambda text: text + text.splitlines()[-1] + "\n",
        "an extension line": lambda text: text.replace("\n\n", "\nmore\n\n", 1),
    }
    found += [
        Case("log-altered", f"a head, {name}", partial(_head, spoil), quick=name == "signature") for name, spoil in spoils.items()
    ]
    found.append(Case("log-altered", "a head with the note of the next", _another_s_note))
    found.append(Case("log-altered", "a head with the signature of the next", _signature_of_another))
    found.append(Case("log-altered", "an entry put in", _put_in, quick=True))
    found.append(Case("log-altered", "an entry put on", partial(_put_on, False), quick=True))
    found.append(Case("log-altered", "an entry put on under the last head", partial(_put_on, True)))
    found += [
        Case("log-missing", name, partial(_taken_out, seqs), quick=name in {"the first", "the last"})
        for name, seqs in (
            ("the first", lambda whole: [0]),
            ("the last", lambda whole: [whole - 1]),
            ("five in the middle", lambda whole: range(40, 45)),
            ("three here and there", lambda whole: [8, 27, 55]),
            ("the tail", lambda whole: range(whole - 9, whole)),
            ("all but the first", lambda whole: range(1, whole)),
        )
    ]
    found.append(Case("log-missing", "the later ones moved down", _closed_up, quick=True))
    found.append(Case("log-missing", "the whole log", partial(_whole_log, False)))
    found.append(Case("log-missing", "the whole log and its heads", partial(_whole_log, True)))
    found.append(Case("log-missing", "the tail and its heads", _tail_with_heads))
    found.append(Case("log-missing", "three heads", partial(_heads_removed, slice(4, 7))))
    found.append(Case("log-missing", "every second head", partial(_heads_removed, slice(0, None, 2))))
    found.append(Case("log-missing", "all heads", partial(_heads_removed, slice(None))))
    found.append(Case("log-order", "two entries exchanged", partial(_exchanged, "inventory", "tagged", COLUMNS), quick=True))
    found.append(
        Case("log-order", "two entries exchanged but for their hashes", partial(_exchanged, "inventory", "tagged", COLUMNS[:-1]))
    )
    found.append(Case("log-order", "neighbours exchanged", partial(_exchanged, "docked", "inventory", COLUMNS)))
    found.append(Case("log-order", "three entries rotated", _rotated))
    found.append(Case("log-order", "an entry moved", _moved))
    found.append(Case("log-altered", "two entries exchanged and renumbered", _renumbered))
    found += [Case(case.group, case.name, case.plant, alone=True) for case in found if case.name != "the whole log and its heads"]
    found.append(Case("nothing", "what is operational", _unaltered, quick=True))
    return found
