"""Attacks on time stamps: by somebody without keys, and by an administrator who logs with the station's own whatever he likes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence import cms
from evidence.catalogue.acts import stamping
from evidence.ids import Digest
from evidence.timestamps import request
from evidence.verify.tokens import open_token
from station.home import Home
from station.rooms import Rooms
from station.setup import load_certificate
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import ORIGIN, Victim
from tests.servers.authority import make_authority, openssl_reply, openssl_signs

NONCE = b"3161.net"


def _stamps(victim: Victim, covers: str = "docking:%") -> list[str]:
    found = victim.rows("SELECT id FROM time_stamp WHERE covers LIKE ? ORDER BY id", covers)
    return [str(stamp) for (stamp,) in found]


def _docking(victim: Victim, number: int = 0) -> str:
    return str(victim.rows("SELECT id FROM docking ORDER BY id")[number][0])


def _seal(victim: Victim, docking: str) -> bytes:
    return bytes(victim.one("SELECT signature FROM manifest WHERE docking = ?", docking))


def _city(victim: Victim) -> Path:
    """The genuine authority, to be asked again."""
    mine = victim.folder / "city"
    if not mine.exists():
        shutil.copytree(victim.pattern.home.parent / "city", mine)
    return mine


def _attest(victim: Victim, message: bytes) -> bytes:
    return openssl_reply(_city(victim), request(message, NONCE).encoded())


# -- without keys --


def _replaced(response: Callable[[Victim, bytes], bytes], covers: str, victim: Victim) -> Expected:
    """Another response in the place of one, with nothing else changed."""
    stamp = _stamps(victim, covers)[0]
    genuine = bytes(victim.one("SELECT response FROM time_stamp WHERE id = ?", stamp))
    victim.sql("UPDATE time_stamp SET response = ? WHERE id = ?", response(victim, genuine), stamp)
    return tampered(("catalogue-differs", f"time_stamp:{stamp}"))


def _strangers(victim: Victim, genuine: bytes) -> bytes:
    """The very same message, attested by an authority of the attacker's own."""
    folder = make_authority(victim.folder / "stranger")
    return openssl_reply(folder, request(_seal(victim, _docking(victim)), NONCE).encoded())


def _later(victim: Victim, genuine: bytes) -> bytes:
    """The genuine authority attests the genuine message again, at another time."""
    return _attest(victim, _seal(victim, _docking(victim)))


def _of_another(victim: Victim, genuine: bytes) -> bytes:
    return _attest(victim, _seal(victim, _docking(victim, 1)))


def _spoiled(victim: Victim, genuine: bytes) -> bytes:
    return genuine[:-1] + bytes([genuine[-1] ^ 1])


def _exchanged(victim: Victim) -> Expected:
    """Two tokens of one authority in each other's place."""
    pair = victim.rows(
        "SELECT id, response FROM time_stamp WHERE authority = 'city' AND covers LIKE 'docking:%' ORDER BY id LIMIT 2"
    )
    for (stamp, _), (_, response) in zip(pair, reversed(pair), strict=True):
        victim.sql("UPDATE time_stamp SET response = ? WHERE id = ?", response, stamp)
    return tampered(*(("catalogue-differs", f"time_stamp:{stamp}") for stamp, _ in pair), causes=2)


def _told_of_another_docking(victim: Victim) -> Expected:
    """The row says that its token covers another docking."""
    stamp = _stamps(victim, f"docking:{_docking(victim)}")[0]
    victim.sql("UPDATE time_stamp SET covers = ? WHERE id = ?", f"docking:{_docking(victim, 1)}", stamp)
    return tampered(("catalogue-differs", f"time_stamp:{stamp}"))


def _queue_emptied(victim: Victim) -> Expected:
    """What waits to be asked for proves nothing: a row put in is no tampering."""
    victim.sql("INSERT INTO stamp_request VALUES ('T-1', 'docking:none', 'city', 0, '2026-01-01T00:00:00.000000Z', NULL, '2026')")
    return clean()


# -- with all keys: an administrator --


def _logged(victim: Victim, covers: str, message: bytes, response: bytes, token_at: str | None = None) -> str:
    """Log a token with the station's own keys; the id of the stamp."""
    at = open_token(response).at if token_at is None else token_at
    rooms = Rooms.open(Home(victim.home))
    try:
        with rooms.ledger.commit() as commit:
            return stamping.time_stamped(commit, covers, "city", Digest(sha256(message).hexdigest()), response, at, 0)
    finally:
        rooms.close()


def _for_another_docking(victim: Victim) -> Expected:
    """The token of one manifest is logged for another, with that one's digest or with its own."""
    other = _seal(victim, _docking(victim, 1))
    stamp = _logged(victim, f"docking:{_docking(victim)}", other, _attest(victim, other))
    return tampered(("token-foreign", f"time_stamp:{stamp}"))


def _claimed_for_another_docking(victim: Victim) -> Expected:
    one, other = (_seal(victim, _docking(victim, number)) for number in (0, 1))
    stamp = _logged(victim, f"docking:{_docking(victim)}", one, _attest(victim, other))
    return tampered(("token-foreign", f"time_stamp:{stamp}"))


def _for_another_checkpoint(victim: Victim) -> Expected:
    sizes = victim.rows("SELECT size, note FROM checkpoint ORDER BY size LIMIT 2")
    note = str(sizes[1][1]).encode()
    stamp = _logged(victim, f"{ORIGIN}/{sizes[0][0]}", note, _attest(victim, note))
    return tampered(("token-foreign", f"time_stamp:{stamp}"))


def _for_nothing(covers: str, victim: Victim) -> Expected:
    stamp = _logged(victim, covers, b"nothing", _attest(victim, b"nothing"))
    return tampered(("token-foreign", f"time_stamp:{stamp}"))


def _seal_made_again(victim: Victim) -> Expected:
    """The genuine manifest, sealed once more with the genuine key: the seal holds, and is not the one that was attested."""
    docking = _docking(victim)
    rooms = Rooms.open(Home(victim.home))
    body = bytes(victim.one("SELECT body FROM manifest WHERE docking = ?", docking))
    again = cms.seal(body, rooms.seal_signer, load_certificate(rooms.home.certificate("seal")))
    rooms.close()
    victim.sql("UPDATE manifest SET signature = ? WHERE docking = ?", again, docking)
    return tampered(*(("token-foreign", f"time_stamp:{stamp}") for stamp in _stamps(victim, f"docking:{docking}")), causes=2)


def _backdated(victim: Victim) -> Expected:
    """The log says that a genuine token is of last year."""
    seal = _seal(victim, _docking(victim))
    stamp = _logged(victim, f"docking:{_docking(victim)}", seal, _attest(victim, seal), "2025-01-01T00:00:00.000000Z")
    return tampered(("token-invalid", f"time_stamp:{stamp}"))


def _made_of(make: Callable[[Victim, bytes], bytes], victim: Victim) -> Expected:
    seal = _seal(victim, _docking(victim))
    genuine = _attest(victim, seal)
    stamp = _logged(victim, f"docking:{_docking(victim)}", seal, make(victim, genuine), open_token(genuine).at)
    return tampered(("token-invalid", f"time_stamp:{stamp}"))


def _for_mail(victim: Victim, genuine: bytes) -> bytes:
    made = make_authority(victim.folder / "mail", usages=(ExtendedKeyUsageOID.EMAIL_PROTECTION,))
    return openssl_signs(genuine, made, victim.folder)


def _naming_nobody(victim: Victim, genuine: bytes) -> bytes:
    return openssl_signs(genuine, _city(victim), victim.folder, names_certificate=False)


def _by_a_stranger(victim: Victim) -> Expected:
    """An authority of the administrator's own, logged as the city: a token that holds, and nobody outside vouches for it."""
    seal = _seal(victim, _docking(victim))
    folder = make_authority(victim.folder / "stranger")
    _logged(victim, f"docking:{_docking(victim)}", seal, openssl_reply(folder, request(seal, NONCE).encoded()))
    return clean("authority-not-trusted")


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    def case(group: str, name: str, plant: Callable[[Victim], Expected], *, quick: bool = False) -> Case:
        return Case(group, name, plant, "stamped", quick=quick, lenient=True)

    responses: dict[str, Callable[[Victim, bytes], bytes]] = {
        "a stranger's token": _strangers,
        "a later token over the same": _later,
        "a token of another manifest": _of_another,
        "a token with a spoiled signature": _spoiled,
        "no token": lambda victim, genuine: b"",
        "a rejection": lambda victim, genuine: bytes.fromhex("30053003020102"),
    }
    found = [
        case(
            "catalogue-differs",
            f"{name} in the place of a {what}'s",
            partial(_replaced, response, covers),
            quick=name.endswith("manifest"),
        )
        for name, response in responses.items()
        for what, covers in (("seal", "docking:%"), ("checkpoint", "evidence-station/%"))
    ]
    found += [
        case("catalogue-differs", "two tokens in each other's place", _exchanged),
        case("catalogue-differs", "a token said to be of another docking", _told_of_another_docking),
        case("control", "a request for a stamp put in", _queue_emptied),
        case("token-foreign", "logged for another docking", _for_another_docking, quick=True),
        case("token-foreign", "logged for another docking with that one's digest", _claimed_for_another_docking),
        case("token-foreign", "logged for another checkpoint", _for_another_checkpoint),
        case(
            "token-foreign",
            "logged for a docking that never was",
            partial(_for_nothing, "docking:01a00000-0000-7000-8000-000000000000"),
        ),
        case("token-foreign", "logged for a checkpoint that never was", partial(_for_nothing, f"{ORIGIN}/2")),
        case("token-foreign", "logged for another station's log", partial(_for_nothing, "evidence-station/other/1/5")),
        case("token-foreign", "a seal made again with the station's key", _seal_made_again, quick=True),
        case("token-invalid", "logged with another time than its own", _backdated, quick=True),
        case("token-invalid", "logged, signed with a certificate for mail", partial(_made_of, _for_mail)),
        case("token-invalid", "logged, its signature naming no certificate", partial(_made_of, _naming_nobody)),
        case("token-invalid", "logged, its signature spoiled", partial(_made_of, _spoiled)),
        case("token-invalid", "logged, a rejection", partial(_made_of, responses["a rejection"])),
        case("control", "a stranger's token logged: consistent, not trusted", _by_a_stranger),
    ]
    return found
