"""Signed heads of the log: C2SP tlog-checkpoint as a signed note (c2sp.org/signed-note).

A checkpoint is the one small text that must be kept where the station cannot reach it. Written here; the verifier has a
reader of its own.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from evidence.errors import EvidenceError, Exit

if TYPE_CHECKING:
    from evidence.signing import Signer

ED25519 = 0x01
ECDSA = 0x02
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/=]+)")


class NotACheckpoint(EvidenceError):
    """The text is no checkpoint. Fields: ``rule`` (what of the format it breaks)."""

    code = "not-a-checkpoint"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Head:
    """A tree head: origin line, number of entries, root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed; no extension lines."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def sign(head: Head, signer: Signer) -> str:
    """The checkpoint as a signed note with one signature, whose key name is the origin."""
    text = head.text()
    signature = key_hash(head.origin, signer) + signer.sign(text.encode())
    return f"{text}\n— {head.origin} {b64encode(signature).decode()}\n"


def key_hash(name: str, signer: Signer) -> bytes:
    """The four-byte key id of the signed-note format for this key under this name."""
    return _key_hash(name, signer.public_der(), signer.public_raw() if signer.algorithm == "ed25519" else None)


def is_signed_by(untrusted_note: str, public_der: bytes) -> bool:
    """Whether this key (DER SubjectPublicKeyInfo) signed the checkpoint under the name of its origin.

    Only the genuine may stop work: whoever can write where checkpoints are kept can lay down any number of others.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    origin = read_head(untrusted_note).origin
    text, _, lines = untrusted_note.rpartition("\n\n")
    key = load_der_public_key(public_der)
    raw = key.public_bytes_raw() if isinstance(key, ed25519.Ed25519PublicKey) else None
    expected = _key_hash(origin, public_der, raw)
    for name, encoded in _SIGNATURE.findall(lines):
        try:
            signature = b64decode(encoded)
            if name != origin or signature[:4] != expected:
                continue
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature[4:], f"{text}\n".encode())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature[4:], f"{text}\n".encode(), ec.ECDSA(SHA256()))
            else:
                continue
        except (InvalidSignature, ValueError):
            continue  # a line of somebody else's making may be anything
        return True
    return False


def _key_hash(name: str, public_der: bytes, ed25519_raw: bytes | None) -> bytes:
    if ed25519_raw is not None:
        return sha256(name.encode() + b"\n" + bytes([ED25519]) + ed25519_raw).digest()[:4]
    return sha256(public_der).digest()[:4]


def read_head(untrusted_note: str) -> Head:
    """The head that a note claims; its signature is not looked at. Raises :class:`NotACheckpoint`."""
    text, blank, signatures = untrusted_note.rpartition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3:
        raise NotACheckpoint(rule="three lines, a blank line, a signature line")
    if not all(_SIGNATURE.fullmatch(line) for line in signatures.rstrip("\n").split("\n")):
        raise NotACheckpoint(rule="signature lines of em dash, key name and base64")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise NotACheckpoint(rule="tree size in decimal without leading zeros")
    try:
        found = b64decode(lines[2], validate=True)
    except ValueError as error:
        raise NotACheckpoint(rule="root hash in base64") from error
    if b64encode(found).decode() != lines[2]:
        raise NotACheckpoint(rule="root hash in the one spelling that base64 gives it")
    if len(found) != 32 or not lines[0]:
        raise NotACheckpoint(rule="an origin and a root of 32 bytes")
    return Head(lines[0], int(lines[1]), found)
