"""Attacks on what the suite gm adds: SM3 beside SHA-256, an SM2 signature beside the seal, and the key that makes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from evidence.certificates import new_private_key
from evidence.signing import Signer, key_id, open_signer
from tests.campaigns.tampering.cases.manifests import first_docking
from tests.campaigns.tampering.cases.succession import sealing_with_what_ended
from tests.campaigns.tampering.homes import EVENING, Pattern, make_card
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim
from tests.evidence.verify.sample import canonical

WRONG = "00" * 32
PATTERN = "gm"


# -- SM3 --


def _sighting(value: object, victim: Victim) -> Expected:
    docking, position = victim.rows("SELECT docking, position FROM sighting WHERE sm3 IS NOT NULL AND size > 0 ORDER BY docking")[
        0
    ]
    victim.sql("UPDATE sighting SET sm3 = ? WHERE docking = ? AND position = ?", value, docking, position)
    return tampered(("catalogue-differs", f"sighting:{docking}/{position}"))


def _exchanged(victim: Victim) -> Expected:
    """Two files of a docking with each other's."""
    docking = first_docking(victim)
    (one, first), (other, second) = victim.rows(
        "SELECT position, sm3 FROM sighting WHERE docking = ? AND size > 0 LIMIT 2", docking
    )
    victim.sql("UPDATE sighting SET sm3 = ? WHERE docking = ? AND position = ?", second, docking, one)
    victim.sql("UPDATE sighting SET sm3 = ? WHERE docking = ? AND position = ?", first, docking, other)
    return tampered(*(("catalogue-differs", f"sighting:{docking}/{at}") for at in (one, other)), causes=2)


def _record(victim: Victim) -> Expected:
    docking, position, record = victim.rows("SELECT docking, position, record FROM sighting WHERE size > 0 ORDER BY docking")[0]
    made = canonical({**json.loads(record), "sm3": WRONG})
    victim.sql("UPDATE sighting SET record = ? WHERE docking = ? AND position = ?", made, docking, position)
    return tampered(("catalogue-differs", f"sighting:{docking}/{position}"))


def _entry(act: str, change: Callable[[dict[str, Any]], object], victim: Victim) -> Expected:
    """What an entry says of it, and the row that repeats it."""
    epoch, seq, body = victim.rows("SELECT epoch, seq, body FROM custody_entry WHERE type = ? ORDER BY seq", act)[0]
    entry = json.loads(body)
    change(entry["what"])
    victim.sql("UPDATE custody_entry SET body = ? WHERE epoch = ? AND seq = ?", canonical(entry), epoch, seq)
    if act == "copied":
        what = entry["what"]
        victim.sql(
            "UPDATE sighting SET sm3 = ? WHERE docking = ? AND position = ?", what.get("sm3"), what["docking"], what["position"]
        )
    return tampered(("log-altered", f"entry:{epoch}/{seq}"))


def _blob(victim: Victim) -> Expected:
    digest = victim.one("SELECT sha256 FROM blob")
    victim.edit(victim.blob(digest), lambda data: bytes([data[0] ^ 1]) + data[1:])
    return tampered(("vault-digest", digest))


def _logged_wrongly() -> None:
    """Software that logs and seals another SM3 than the footage has."""
    from dataclasses import replace

    visit = import_module("ingest.visit").__dict__
    whole = visit["_taken"]
    visit["_taken"] = lambda file, means: replace(whole(file, means), sm3=WRONG)


def _dishonest(victim: Victim) -> Expected:
    victim.environment["EVIDENCE_STATION_SUITE"] = "gm"
    card = make_card(victim.folder / "card", EVENING)
    victim.run("ingest", str(card), broken=_logged_wrongly)
    digest = victim.one("SELECT sha256 FROM sighting WHERE sm3 = ?", WRONG)
    return tampered(("vault-digest", digest), ("vault-digest", f"second:{digest}"), causes=2)


# -- SM2 --


def _signature(make: Callable[[Victim, str], object], victim: Victim) -> Expected:
    docking = first_docking(victim)
    victim.sql("UPDATE manifest SET signature_gm = ? WHERE docking = ?", make(victim, docking), docking)
    return tampered(("manifest-signature", f"manifest:{docking}"))


def _genuine(victim: Victim, docking: str) -> bytes:
    return bytes(victim.one("SELECT signature_gm FROM manifest WHERE docking = ?", docking))


def _flipped(at: int, victim: Victim, docking: str) -> bytes:
    signature = bytearray(_genuine(victim, docking))
    signature[at] ^= 1
    return bytes(signature)


def _of_another(victim: Victim, docking: str) -> bytes:
    return bytes(victim.one("SELECT signature_gm FROM manifest WHERE docking <> ?", docking))


def _stranger(folder: Path) -> Signer:
    (folder / "stranger.pem").write_bytes(new_private_key("sm2"))
    return open_signer("file:stranger.pem", folder)


def _by(signer: Callable[[Victim], Signer], victim: Victim, docking: str) -> bytes:
    return signer(victim).sign(bytes(victim.one("SELECT body FROM manifest WHERE docking = ?", docking)))


def _successor(victim: Victim) -> Signer:
    """The key that came after the one that the log names."""
    (path,) = (victim.home / "keys").glob("seal-gm-*.key.pem")
    return open_signer(f"file:keys/{path.name}", victim.home)


def _all_exchanged(victim: Victim) -> Expected:
    pair = victim.rows("SELECT docking, signature_gm FROM manifest ORDER BY docking LIMIT 2")
    for (docking, _), (_, signature) in zip(pair, reversed(pair), strict=True):
        victim.sql("UPDATE manifest SET signature_gm = ? WHERE docking = ?", signature, docking)
    return tampered(*(("manifest-signature", f"manifest:{docking}") for docking, _ in pair), causes=2)


def _with_a_key_laid_in(victim: Victim) -> Expected:
    """A stranger's signature, and the stranger's key among the station's."""
    docking, stranger = first_docking(victim), _stranger(victim.folder)
    certificate = victim.one("SELECT certificate FROM signing_key WHERE role = 'seal-gm'")
    theirs = bytes(certificate).replace(_spki(victim), stranger.public_der())
    values = (key_id(stranger.public_der()), theirs)
    victim.sql("INSERT INTO signing_key VALUES ('T-1', ?, 'seal-gm', ?, '2026-11-21T10:00:00.000000Z', NULL)", *values)
    _signature(lambda found, name: _by(lambda _: stranger, found, name), victim)
    return tampered(("manifest-signature", f"manifest:{docking}"), ("foreign-key", f"key:{values[0]}"), causes=2)


def _spki(victim: Victim) -> bytes:
    return open_signer("file:keys/seal-gm.key.pem", victim.home).public_der()


def _certificate(victim: Victim) -> Expected:
    """The certificate of the first SM2 key, made over to a stranger's."""
    key, held = victim.rows("SELECT id, certificate FROM signing_key WHERE role = 'seal-gm' ORDER BY introduced_at")[0]
    made = bytes(held).replace(_spki(victim), _stranger(victim.folder).public_der())
    victim.sql("UPDATE signing_key SET certificate = ? WHERE id = ?", made, key)
    return tampered(("catalogue-differs", f"signing_key:{key}"))


def _with_what_ended(victim: Victim) -> Expected:
    victim.environment["EVIDENCE_STATION_SUITE"] = "gm"
    ended = victim.one("SELECT id FROM signing_key WHERE role = 'seal-gm' AND revoked_at IS NULL")
    victim.must("key", "revoke", ended, "--reason", "ceased")
    card = make_card(victim.folder / "card", EVENING)
    victim.run("ingest", str(card), broken=sealing_with_what_ended)
    docking = victim.one("SELECT id FROM docking WHERE state = 'sealed' ORDER BY opened_at DESC")
    return tampered(("manifest-signature", f"manifest:{docking}"))


# -- nothing wrong --


def _compromised(victim: Victim) -> Expected:
    key = victim.one("SELECT id FROM signing_key WHERE role = 'seal-gm' AND revoked_at IS NULL")
    victim.must("key", "revoke", key, "--reason", "compromised")
    return clean("second-seal-unproven", anchored=True)


def _back_to_standard(victim: Victim) -> Expected:
    victim.must("ingest", str(make_card(victim.folder / "card", EVENING)))
    return clean(anchored=True)


def cases(_patterns: dict[str, Pattern]) -> list[Case]:
    signatures: dict[str, Callable[[Victim, str], object]] = {
        "removed": lambda victim, docking: None,
        "empty": lambda victim, docking: b"",
        "no DER": lambda victim, docking: bytes(range(72)),
        "a bit of its first number": partial(_flipped, 10),
        "its last bit": partial(_flipped, -1),
        "cut by a byte": lambda victim, docking: _genuine(victim, docking)[:-1],
        "something behind it": lambda victim, docking: _genuine(victim, docking) + b"\0",
        "of another type": lambda victim, docking: "text",
        "of another manifest": _of_another,
        "by a stranger": partial(_by, lambda victim: _stranger(victim.folder)),
        "by the key that came after": partial(_by, _successor),
    }

    def case(group: str, name: str, plant: Callable[[Victim], Expected], **more: bool) -> Case:
        return Case(group, f"gm: {name}", plant, PATTERN, **more)

    made = [
        case("manifest-signature", f"SM2 signature {name}", partial(_signature, make), quick=name == "of another manifest")
        for name, make in signatures.items()
    ]
    return [
        *made,
        case("manifest-signature", "two SM2 signatures in each other's place", _all_exchanged),
        case("manifest-signature", "signed with an SM2 key that had ended", _with_what_ended, on_disk=True, lenient=True),
        case("foreign-key", "a stranger's SM2 signature and key", _with_a_key_laid_in, quick=True),
        case("catalogue-differs", "another certificate of an SM2 key", _certificate),
        case("catalogue-differs", "another SM3 of a sighting", partial(_sighting, WRONG), quick=True),
        case("catalogue-differs", "no SM3 of a sighting", partial(_sighting, None)),
        case("catalogue-differs", "an SM3 of another type", partial(_sighting, b"\0" * 32)),
        case("catalogue-differs", "two SM3s in each other's place", _exchanged),
        case("catalogue-differs", "another SM3 in a record", _record),
        case("log-altered", "another SM3 in the log and its row", partial(_entry, "copied", lambda what: what.update(sm3=WRONG))),
        case("log-altered", "no SM3 in the log and its row", partial(_entry, "copied", lambda what: what.pop("sm3"))),
        case(
            "log-altered", "another SM3 of a second sight", partial(_entry, "duplicate-seen", lambda what: what.update(sm3=WRONG))
        ),
        case("log-altered", "another SM2 key in the log", partial(_entry, "sealed", lambda what: what.update(key_gm=WRONG))),
        case("log-altered", "no SM2 key in the log", partial(_entry, "sealed", lambda what: what.pop("key_gm"))),
        case("vault-digest", "a byte of footage", _blob),
        case("vault-digest", "an SM3 that was logged wrongly", _dishonest, quick=True, on_disk=True),
        case("nothing", "an SM2 key compromised later", _compromised),
        case("nothing", "standard again", _back_to_standard, on_disk=True),
    ]
