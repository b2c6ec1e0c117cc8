"""Cosignatures on checkpoints (C2SP tlog-cosignature, type ``cosignature/v1``) and the verifier keys of C2SP signed-note.

A cosignature says: at this time this was the largest head of this log that the witness knew, and it extends every one that
the witness saw before. Written and checked here; the verifier has a reader of its own.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from evidence.custody.checkpoint import ECDSA, ED25519
from evidence.errors import EvidenceError, Exit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

COSIGNATURE = 0x04
_HEADER = "cosignature/v1"
_VKEY = re.compile(r"(?P<name>[^\s+]{1,255})\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})")
_LINE = re.compile("\N{EM DASH} (?P<name>[^\\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_LATEST = (1 << 63) - 1


class NotAVerifierKey(EvidenceError):
    """The text is no verifier key. Fields: ``text``, ``rule``."""

    code = "not-a-verifier-key"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who may sign, and the key that proves it: name, signature type, key material as its type has it."""

    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature line (signed-note, "Signatures"; ECDSA as FORMATS.md says)."""
        if self.kind == ECDSA:
            return sha256(self.key).digest()[:4]
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    def text(self) -> str:
        """The verifier key as signed-note writes it: ``name+key id+base64``."""
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.key).decode()}"


def log_key(origin: str, public_der: bytes) -> VerifierKey:
    """The verifier key of a log, from the certified public key (DER SubjectPublicKeyInfo)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    public = load_der_public_key(public_der)
    if isinstance(public, Ed25519PublicKey):
        return VerifierKey(origin, ED25519, public.public_bytes_raw())
    return VerifierKey(origin, ECDSA, public_der)


def read_vkey(untrusted_text: str, *kinds: int) -> VerifierKey:
    """A verifier key of one of these signature types. Raises :class:`NotAVerifierKey`."""
    found = _VKEY.fullmatch(untrusted_text)
    if found is None:
        raise NotAVerifierKey(text=untrusted_text[:300], rule="name+8 hexadecimal digits+base64")
    try:
        data = b64decode(found["key"], validate=True)
    except ValueError as error:
        raise NotAVerifierKey(text=untrusted_text[:300], rule="key material in base64") from error
    made = VerifierKey(found["name"], data[0] if data else 0, data[1:])
    if made.kind not in kinds:
        raise NotAVerifierKey(text=untrusted_text[:300], rule=f"signature type {' or '.join(f'0x{kind:02x}' for kind in kinds)}")
    if made.kind != ECDSA and len(made.key) != 32:
        raise NotAVerifierKey(text=untrusted_text[:300], rule="an Ed25519 key of 32 bytes")
    if made.kind == ECDSA and not _is_p256(made.key):
        raise NotAVerifierKey(text=untrusted_text[:300], rule="an ECDSA key on P-256 as SubjectPublicKeyInfo")
    if made.text() != untrusted_text:
        raise NotAVerifierKey(text=untrusted_text[:300], rule="the key id that belongs to name and key")
    return made


def text_of(note: str) -> str:
    """The part of a note that is signed: up to the blank line, with its last line feed."""
    return note.rpartition("\n\n")[0] + "\n"


def with_lines(note: str, lines: Sequence[str]) -> str:
    """A checkpoint with cosignature lines after the log's own (signed-note allows any number)."""
    return note + "".join(f"{line}\n" for line in lines)


def cosign(name: str, key: Ed25519PrivateKey, note: str, seconds: int) -> str:
    """A cosignature line, without its line feed, over a checkpoint. ``seconds`` since 1970-01-01 UTC."""
    if not 0 <= seconds <= _LATEST:
        raise ValueError("a POSIX time below 2^63")
    witness = VerifierKey(name, COSIGNATURE, key.public_key().public_bytes_raw())
    signature = key.sign(_message(note, seconds))
    return f"\N{EM DASH} {name} {b64encode(witness.id + seconds.to_bytes(8) + signature).decode()}"


def cosigned_at(untrusted_line: str, witness: VerifierKey, note: str) -> int | None:
    """When this witness cosigned the checkpoint, in seconds since 1970; None when the line is not its signature over it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = _LINE.fullmatch(untrusted_line)
    if found is None or found["name"] != witness.name or witness.kind != COSIGNATURE:
        return None
    try:
        data = b64decode(found["signature"], validate=True)
    except ValueError:
        return None
    seconds = int.from_bytes(data[4:12])
    if len(data) != 4 + 8 + 64 or data[:4] != witness.id or seconds > _LATEST:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(witness.key).verify(data[12:], _message(note, seconds))
    except (InvalidSignature, ValueError):
        return None
    return seconds


def _is_p256(spki: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(spki)
    except ValueError:
        return False
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _message(note: str, seconds: int) -> bytes:
    return f"{_HEADER}\ntime {seconds}\n{text_of(note)}".encode()
