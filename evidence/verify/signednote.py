"""Checkpoints as a verifier reads them: C2SP signed-note with a tlog-checkpoint inside. Independent of the writer's.

Every byte of a note comes from a file or a database that may have been edited, so parsing is strict: what the writer would
not have written is refused.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey

_NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\s+]+)\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)\n"
    "\N{EM DASH} (?P<name>[^\\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})\n"
    "(?P<more>(?:\N{EM DASH} [^\\s+]+ [A-Za-z0-9+/]+={0,2}\n)*)"
)
MAX_BYTES = 4096
MAX_COSIGNED_BYTES = 16384


class NotACheckpoint(ValueError):
    """The bytes are no checkpoint of this format."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that was only parsed: what it claims, and the signature that may prove it."""

    origin: str
    size: int
    root: bytes
    text: bytes
    key_hash: bytes
    signature: bytes
    cosignatures: tuple[tuple[str, bytes], ...] = ()
    """The lines after the log's own: name, and key id with what follows it. Nothing of them was checked."""


def parse(untrusted_note: bytes, *, cosigned: bool = False) -> Checkpoint:
    """Parse one checkpoint with the log's signature; ``cosigned`` allows lines of witnesses after it. Raises :class:`NotACheckpoint`."""
    if len(untrusted_note) > (MAX_COSIGNED_BYTES if cosigned else MAX_BYTES):
        raise NotACheckpoint("longer than a checkpoint is")
    try:
        found = _NOTE.fullmatch(untrusted_note.decode())
    except UnicodeDecodeError as error:
        raise NotACheckpoint("not UTF-8") from error
    if found is None or (found["more"] and not cosigned):
        raise NotACheckpoint("not a tlog-checkpoint with one signature")
    if found["name"] != found["origin"]:
        raise NotACheckpoint("key name is not the origin")
    root, signature = _base64(found["root"]), _base64(found["signature"])
    if len(signature) <= 4:
        raise NotACheckpoint("no signature after the key id")
    lines = (line.split(" ")[1:] for line in found["more"].splitlines())
    more = tuple((name, _base64(data)) for name, data in lines)
    return Checkpoint(found["origin"], int(found["size"]), root, found["text"].encode(), signature[:4], signature[4:], more)


def key_hash(name: str, key: PublicKey, spki: bytes) -> bytes:
    """The first four bytes that name a key in a signature line (signed-note, "Signatures"; ECDSA as FORMATS.md says)."""
    if isinstance(key, Ed25519PublicKey):
        return sha256(name.encode() + b"\n\x01" + key.public_bytes_raw()).digest()[:4]
    return sha256(spki).digest()[:4]


def signed_by(checkpoint: Checkpoint, key: PublicKey) -> bool:
    """Whether the signature is this key's over the checkpoint's text."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(checkpoint.signature, checkpoint.text)
        else:
            key.verify(checkpoint.signature, checkpoint.text, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _base64(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except ValueError as error:
        raise NotACheckpoint("base64") from error
    if b64encode(decoded).decode() != text:
        raise NotACheckpoint("base64 with stray bits")
    return decoded
