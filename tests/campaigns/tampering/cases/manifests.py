"""Attacks on sealed manifests, what they list, and their signatures."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests.campaigns.tampering.forging import Body, own_keys
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import Victim
from tests.evidence.verify.sample import canonical, seal


def first_docking(victim: Victim) -> str:
    """The docking that was sealed first."""
    return str(victim.one("SELECT id FROM docking WHERE state = 'sealed' ORDER BY opened_at"))


def manifest_of(victim: Victim, docking: str) -> Body:
    manifest: Body = json.loads(victim.one("SELECT body FROM manifest WHERE docking = ?", docking))
    return manifest


def _edited(change: Callable[[Body], Body], victim: Victim) -> Expected:
    docking = first_docking(victim)
    victim.sql("UPDATE manifest SET body = ? WHERE docking = ?", canonical(change(manifest_of(victim, docking))), docking)
    return tampered(("manifest-altered", f"manifest:{docking}"))


EDITS: dict[str, Callable[[Body], Body]] = {
    "unit": lambda body: {**body, "unit": "U-8"},
    "officer": lambda body: {**body, "officer": None},
    "device": lambda body: {**body, "device": "another"},
    "sealed_at": lambda body: {**body, "sealed_at": "2026-01-01T00:00:00.000000Z"},
    "a record left out": lambda body: {**body, "records": body["records"][1:]},
    "a record doubled": lambda body: {**body, "records": [*body["records"], body["records"][0]]},
    "a record's digest": lambda body: {
        **body,
        "records": [{**body["records"][0], "record_sha256": "0" * 64}, *body["records"][1:]],
    },
    "a skipped file left out": lambda body: {**body, "skipped": []},
    "a recording left out": lambda body: {**body, "recordings": body["recordings"][1:]},
    "software": lambda body: {**body, "software": {**body["software"], "version": "9"}},
    "acquisition": lambda body: {**body, "acquisition": {"kind": "block"}},
}


def _blanks(victim: Victim) -> Expected:
    docking = first_docking(victim)
    victim.sql(
        "UPDATE manifest SET body = ? WHERE docking = ?", json.dumps(manifest_of(victim, docking), indent=1).encode(), docking
    )
    return tampered(("manifest-altered", f"manifest:{docking}"))


def _digest_to_match(victim: Victim) -> Expected:
    """Manifest and the docking's digest of it agree; the log has another."""
    docking = first_docking(victim)
    body = canonical({**manifest_of(victim, docking), "unit": "U-8"})
    victim.sql("UPDATE manifest SET body = ? WHERE docking = ?", body, docking)
    victim.sql("UPDATE docking SET manifest_sha256 = ? WHERE id = ?", sha256(body).hexdigest(), docking)
    return tampered(("manifest-altered", f"manifest:{docking}"), ("catalogue-differs", f"docking:{docking}"))


def _record(victim: Victim) -> Expected:
    """A clip's record rewritten: the manifest lists the digest of another."""
    docking = first_docking(victim)
    position, record = victim.rows("SELECT position, record FROM sighting WHERE docking = ? AND record IS NOT NULL", docking)[0]
    record = canonical({**json.loads(record), "recorded_at": "2026-01-01T00:00:00.000000Z"})
    victim.sql("UPDATE sighting SET record = ? WHERE docking = ? AND position = ?", record, docking, position)
    return tampered(("catalogue-differs", f"sighting:{docking}/{position}"))


def _records_exchanged(victim: Victim) -> Expected:
    docking = first_docking(victim)
    (one, first), (other, second) = victim.rows(
        "SELECT position, record FROM sighting WHERE docking = ? AND record IS NOT NULL LIMIT 2", docking
    )
    victim.sql("UPDATE sighting SET record = ? WHERE docking = ? AND position = ?", second, docking, one)
    victim.sql("UPDATE sighting SET record = ? WHERE docking = ? AND position = ?", first, docking, other)
    named = [("catalogue-differs", f"sighting:{docking}/{position}") for position in (one, other)]
    return tampered(*named, causes=2)


def _manifests_exchanged(victim: Victim) -> Expected:
    """Two whole manifests, each with its own good seal, in each other's place."""
    pair = victim.rows("SELECT docking, body, signature FROM manifest ORDER BY docking LIMIT 2")
    for (docking, _, _), (_, body, signature) in zip(pair, reversed(pair), strict=True):
        victim.sql("UPDATE manifest SET body = ?, signature = ? WHERE docking = ?", body, signature, docking)
    return tampered(
        *(("manifest-altered", f"manifest:{docking}") for docking, _, _ in pair), also={"manifest-signature"}, causes=2
    )


# -- signatures --


def _spoiled(place: int, victim: Victim) -> Expected:
    docking = first_docking(victim)
    signature = bytearray(victim.one("SELECT signature FROM manifest WHERE docking = ?", docking))
    signature[place] ^= 1
    victim.sql("UPDATE manifest SET signature = ? WHERE docking = ?", bytes(signature), docking)
    return tampered(("manifest-signature", f"manifest:{docking}"))


def _signature(signature: Callable[[Victim, str], bytes], victim: Victim) -> Expected:
    docking = first_docking(victim)
    victim.sql("UPDATE manifest SET signature = ? WHERE docking = ?", signature(victim, docking), docking)
    return tampered(("manifest-signature", f"manifest:{docking}"))


def _of_another(victim: Victim, docking: str) -> bytes:
    return bytes(victim.one("SELECT signature FROM manifest WHERE docking <> ?", docking))


def _genuine(victim: Victim, docking: str) -> bytes:
    return bytes(victim.one("SELECT signature FROM manifest WHERE docking = ?", docking))


def _certificate_inside(change: Callable[[x509.Certificate], bytes], victim: Victim, docking: str) -> bytes:
    """The genuine signature, and around it another certificate than the one that the station's authority issued for this key."""
    signature = _genuine(victim, docking)
    certificate = pkcs7.load_der_pkcs7_certificates(signature)[0]
    whole = certificate.public_bytes(Encoding.DER)
    made = change(certificate)
    assert len(made) == len(whole)  # so that no length around it changes
    return signature.replace(whole, made)


def _longer(certificate: x509.Certificate) -> bytes:
    """Valid ten years longer."""
    end = certificate.not_valid_after_utc.strftime("%y").encode()
    whole = certificate.public_bytes(Encoding.DER)
    at = whole.index(certificate.not_valid_after_utc.strftime("%y%m%d%H%M%S").encode())
    return whole[:at] + str((int(end) + 10) % 50).zfill(2).encode() + whole[at + 2 :]


def _spoiled_certificate(certificate: x509.Certificate) -> bytes:
    """What its authority signed it with does not hold."""
    whole = certificate.public_bytes(Encoding.DER)
    return whole[:-1] + bytes([whole[-1] ^ 1])


def _another_version(victim: Victim, docking: str) -> bytes:
    """The syntax version, which no signature covers, is another."""
    signature = _genuine(victim, docking)
    at = signature.index(b"\x02\x01\x01")
    return signature[: at + 2] + b"\x03" + signature[at + 3 :]


def _by_a_stranger(laid_in: bool, edited: bool, victim: Victim) -> Expected:
    docking = first_docking(victim)
    body = canonical({**manifest_of(victim, docking), **({"unit": "U-8"} if edited else {})})
    ring = own_keys()
    victim.sql("UPDATE manifest SET body = ?, signature = ? WHERE docking = ?", body, seal(body, ring.seal), docking)
    named = [("foreign-key", f"key:{ring.seal.id}")]
    if edited:
        named.append(("manifest-altered", f"manifest:{docking}"))
    if laid_in:
        for role, one in (("ca", ring.ca), ("seal", ring.seal)):
            victim.sql(
                "INSERT INTO signing_key VALUES ('T-1', ?, ?, ?, '2026-11-21T10:00:00.000000Z', NULL)", one.id, role, one.der
            )
        named.append(("foreign-key", f"key:{ring.ca.id}"))
    return tampered(*named, causes=2)


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found = [Case("manifest-altered", name, partial(_edited, change), quick=name == "officer") for name, change in EDITS.items()]
    found += [
        Case("manifest-altered", "blanks put in", _blanks),
        Case("manifest-altered", "with the docking's digest to match", _digest_to_match, quick=True),
        Case("manifest-altered", "two manifests in each other's place", _manifests_exchanged),
        Case("catalogue-differs", "a record rewritten", _record),
        Case("catalogue-differs", "two records in each other's place", _records_exchanged),
    ]
    found += [
        Case("manifest-signature", f"byte {place}", partial(_spoiled, place), quick=place == -1)
        for place in (0, 60, 200, 400, -70, -1)
    ]
    garbage: dict[str, Callable[[Victim, str], bytes]] = {
        "empty": lambda victim, docking: b"",
        "no DER": lambda victim, docking: bytes(range(256)) * 4,
        "an endless length": lambda victim, docking: b"\x30\x84\xff\xff\xff\xff",
        "cut by a byte": lambda victim, docking: _genuine(victim, docking)[:-1],
        "something behind it": lambda victim, docking: _genuine(victim, docking) + b"\0",
        "of another manifest": _of_another,
        "its certificate made to last longer": partial(_certificate_inside, _longer),
        "its certificate's own signature spoiled": partial(_certificate_inside, _spoiled_certificate),
        "another version of its syntax": _another_version,
    }
    for name, signature in garbage.items():
        lenient = name in {"something behind it", "another version of its syntax"}
        plant = partial(_signature, signature)
        found.append(Case("manifest-signature", name, plant, quick=name == "of another manifest", lenient=lenient))
    found += [
        Case("foreign-key", "a manifest sealed by a stranger", partial(_by_a_stranger, False, False), quick=True),
        Case("foreign-key", "a manifest edited and sealed by a stranger", partial(_by_a_stranger, False, True)),
        Case("foreign-key", "a manifest sealed by a stranger whose keys lie with ours", partial(_by_a_stranger, True, False)),
        Case(
            "foreign-key",
            "a manifest edited and sealed by a stranger whose keys lie with ours",
            partial(_by_a_stranger, True, True),
        ),
    ]
    return found
