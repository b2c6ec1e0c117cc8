"""Making a log anew without the station's keys: entries edited, chained, hashed and headed as the writer would have done it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from tests.campaigns.tampering.victim import ORIGIN, Victim
from tests.evidence.verify.sample import START, Certified, Keys, Tree, canonical, certify, note

Body = dict[str, Any]


def own_keys(name: str = "forger") -> Keys:
    """An authority of the forger's own, with keys that it certifies."""
    ca = forged("p256", name=f"{name} authority", authority=True)
    return Keys(ca, forged("p256", ca, name=f"{name} seal"), forged("ed25519", ca, name=f"{name} log"))


def forged(kind: str, issuer: Certified | None = None, **how: Any) -> Certified:  # noqa: ANN401  # what certify takes
    """A fresh certified key, in force today."""
    days = (datetime.now(UTC) - START).days
    first, last = how.pop("days", (-1, 3650))
    return certify(how.pop("name", "forger"), kind, issuer, days=(days + first, days + last), **how)


def entries(victim: Victim, epoch: int = 1) -> list[Body]:
    """Every entry of a log, decoded."""
    found = victim.rows("SELECT body FROM custody_entry WHERE epoch = ? ORDER BY seq", epoch)
    return [json.loads(body) for (body,) in found]


def first_seq(victim: Victim, act: str, number: int = 0) -> int:
    """Where the first (or a later) entry of an act stands."""
    return int(victim.rows("SELECT seq FROM custody_entry WHERE type = ? AND epoch = 1 ORDER BY seq", act)[number][0])


def body_of(victim: Victim, seq: int, epoch: int = 1) -> Body:
    """One entry, decoded."""
    body: Body = json.loads(victim.one("SELECT body FROM custody_entry WHERE epoch = ? AND seq = ?", epoch, seq))
    return body


def leaf(body: bytes) -> bytes:
    return sha256(b"\0" + body).digest()


def put_body(victim: Victim, seq: int, body: Body, *, hashed: bool = False, epoch: int = 1) -> None:
    """Put an entry in the place of another, with the columns that repeat it; ``hashed``: and with its own leaf hash."""
    data = canonical(body)
    victim.sql(
        "UPDATE custody_entry SET body = ?, id = ?, type = ?, subject = ?, at = ? WHERE epoch = ? AND seq = ?",
        data, body["id"], body["type"], body["subject"], body["when"]["utc"], epoch, seq,
    )  # fmt: skip
    if hashed:
        hashes = victim.one("SELECT hashes FROM custody_entry WHERE epoch = ? AND seq = ?", epoch, seq)
        victim.sql("UPDATE custody_entry SET hashes = ? WHERE epoch = ? AND seq = ?", leaf(data) + hashes[32:], epoch, seq)


def chain(bodies: Sequence[Body]) -> list[Body]:
    """The same entries numbered and linked anew: ``seq`` and ``prev`` follow."""
    last: dict[str, str] = {}
    made = []
    for seq, body in enumerate(bodies):
        linked = {**body, "seq": seq, "prev": last.get(body["subject"])}
        last[body["subject"]] = leaf(canonical(linked)).hex()
        made.append(linked)
    return made


@dataclass(frozen=True, slots=True)
class Heads:
    """What becomes of the signed heads over entries that changed.

    ``left``: nothing; ``rooted``: their roots are the new ones over the old signatures; ``signed``: signed with a key of the forger's.
    """

    signer: Certified | None = None
    rooted: bool = False


def rebuild(
    victim: Victim,
    bodies: Sequence[Body],
    heads: Heads,
    *,
    epoch: int = 1,
    moved: Callable[[int], int | None] = lambda size: size,
) -> None:
    """Put these entries in the place of a log: columns, hashes and roots follow from them.

    ``moved`` gives the size at which a head belongs now; None when it goes.
    """
    tree = Tree()
    rows, roots = [], {0: tree.root()}
    for seq, body in enumerate(bodies):
        data = canonical(body)
        hashes = b"".join(tree.append(data))
        roots[tree.size] = tree.root()
        rows.append((epoch, seq, body["id"], body["type"], body["subject"], body["when"]["utc"], data, hashes))
    with victim.database() as connection:
        station = connection.execute("SELECT station FROM log LIMIT 1").fetchone()[0]
        old = connection.execute("SELECT size, root, note FROM checkpoint WHERE epoch = ? ORDER BY size", (epoch,)).fetchall()
        connection.execute("BEGIN")
        connection.execute("DELETE FROM custody_entry WHERE epoch = ?", (epoch,))
        connection.execute("DELETE FROM checkpoint WHERE epoch = ?", (epoch,))
        insert = "INSERT INTO custody_entry (station, epoch, seq, id, type, subject, at, body, hashes) VALUES (?,?,?,?,?,?,?,?,?)"
        connection.executemany(insert, [(station, *row) for row in rows])
        for size, root, text in old:
            now = moved(size)
            if now is None or now > tree.size:
                continue
            kept = (root, text)
            if roots[now].hex() != root or now != size:
                kept = _head(ORIGIN[:-1] + str(epoch), now, roots[now], text, heads, kept)
            elif heads.signer is not None and heads.rooted:
                kept = (root, note(ORIGIN[:-1] + str(epoch), now, roots[now], heads.signer))
            connection.execute("INSERT INTO checkpoint VALUES (?,?,?,?,?)", (station, epoch, now, *kept))
        connection.execute("COMMIT")


def _head(origin: str, size: int, root: bytes, text: str, heads: Heads, kept: tuple[str, str]) -> tuple[str, str]:
    if heads.signer is not None:
        return root.hex(), note(origin, size, root, heads.signer)
    if not heads.rooted:
        return kept
    signature = text.split("\n\n", 1)[1]
    unsigned = note(origin, size, root, _ANYBODY).split("\n\n", 1)[0]
    return root.hex(), f"{unsigned}\n\n{signature}"


_ANYBODY = forged("ed25519", forged("p256", authority=True))
