"""Cosignatures as a verifier reads them: C2SP tlog-cosignature, type ``cosignature/v1``. Independent of the writer's.

A line counts for a witness whose verifier key was given, and for nobody else. It proves itself: nothing that a station holds
takes part in judging it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.verify.signednote import Checkpoint

_KIND = b"\x04"
_VKEY = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]{44})")


class NotAWitnessKey(ValueError):
    """The text is no verifier key of a witness."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness that is believed: its name and public key."""

    name: str
    id: bytes
    public: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Signed:
    """A witness's genuine line: who signed, and when by its own clock (seconds since 1970)."""

    witness: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Unproven:
    """A line in the name of a witness that it did not make over this checkpoint, and why not."""

    witness: str
    reason: str


def read_key(text: str) -> WitnessKey:
    """A verifier key of signature type 0x04 (signed-note, "Verifier keys"). Raises :class:`NotAWitnessKey`."""
    found = _VKEY.fullmatch(text.strip())
    if found is None:
        raise NotAWitnessKey("name+8 hexadecimal digits+base64 of 33 bytes")
    data = b64decode(found["key"])
    if data[:1] != _KIND:
        raise NotAWitnessKey("not of signature type 0x04")
    named = sha256(found["name"].encode() + b"\n" + data).digest()[:4]
    if named.hex() != found["id"]:
        raise NotAWitnessKey("the key id is not that of name and key")
    return WitnessKey(found["name"], named, Ed25519PublicKey.from_public_bytes(data[1:]))


def judge(checkpoint: Checkpoint, witnesses: tuple[WitnessKey, ...]) -> list[Signed | Unproven]:
    """What the lines after the log's own are worth. Lines in other names say nothing."""
    found: list[Signed | Unproven] = []
    for name, data in checkpoint.cosignatures:
        named = [witness for witness in witnesses if witness.name == name]
        if not named:
            continue
        keyed = next((witness for witness in named if witness.id == data[:4]), None)
        if keyed is None:
            found.append(Unproven(name, "made with another key than the one given for this witness"))
        elif not _holds(checkpoint, keyed, data[4:]):
            found.append(Unproven(name, "forged, altered, or made over another head"))
        else:
            found.append(Signed(name, int.from_bytes(data[4:12])))
    return found


def _holds(checkpoint: Checkpoint, witness: WitnessKey, timed: bytes) -> bool:
    if len(timed) != 8 + 64 or timed[0] & 0x80:
        return False
    message = b"cosignature/v1\ntime %d\n" % int.from_bytes(timed[:8]) + checkpoint.text
    try:
        witness.public.verify(timed[8:], message)
    except InvalidSignature:
        return False
    return True
