"""What a witness answers to ``add-checkpoint`` (C2SP tlog-witness), as a function of the request and of what it knows.

In this order: a request of the right form (400); a log that is trusted (404); a signature by one of its keys (403); an old
size that is not beyond the new one (400) and is the witness's own (409, with that size); the same root where the size is the
same (409); a consistency proof that holds (422). Nothing here touches a disk, the network or a clock.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.custody.checkpoint import Head, NotACheckpoint, is_signed_by, read_head
from evidence.custody.merkle import check_consistency

if TYPE_CHECKING:
    from evidence.custody.cosignature import VerifierKey

PROOF_LINES = 63
"""tlog-witness allows no more: enough for any tree of fewer than 2^63 entries."""
SIGNATURES = 16
"""Signature lines that are looked at; a log needs one, and a checkpoint may bring the cosignatures of others."""
_SIZE = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Malformed(ValueError):
    """The request does not have the form of tlog-witness."""


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request; the checkpoint's signatures were not looked at."""

    old: int
    proof: tuple[bytes, ...]
    head: Head
    untrusted_note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing is cosigned: an HTTP status; for 409 the size that the witness knows."""

    status: int
    size: int | None = None


def read(untrusted_body: bytes) -> Request:
    """Parse a request. Raises :class:`Malformed`."""
    try:
        text = untrusted_body.decode()
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    first, blank, note = text.partition("\n\n")
    size, *proof = first.split("\n")
    found = _SIZE.fullmatch(size)
    if not blank or found is None:
        raise Malformed("an old size line, proof lines, an empty line, a checkpoint")
    if len(proof) > PROOF_LINES:
        raise Malformed(f"more than {PROOF_LINES} proof lines")
    if not note.endswith("\n") or note.rpartition("\n\n")[2].count("\n") > SIGNATURES:
        raise Malformed(f"a checkpoint with 1 to {SIGNATURES} signature lines, each ended by a line feed")
    try:
        head = read_head(note)
    except NotACheckpoint as error:
        raise Malformed(str(error.fields["rule"])) from error
    return Request(int(found[1]), tuple(_hash(line) for line in proof), head, note)


def judge(request: Request, keys: tuple[VerifierKey, ...], known: Head) -> Refused | None:
    """None when the checkpoint of a trusted log may be cosigned after ``known``, the newest one; else why not."""
    if not any(_signed(request.untrusted_note, key) for key in keys):
        return Refused(403)
    if request.old > request.head.size:
        return Refused(400)
    if request.old != known.size or (request.head.size == known.size and request.head.root != known.root):
        return Refused(409, known.size)
    if not check_consistency(known.size, request.head.size, request.proof, known.root, request.head.root):
        return Refused(422)
    return None


def _signed(untrusted_note: str, key: VerifierKey) -> bool:
    return is_signed_by(untrusted_note, public_der(key))


def public_der(key: VerifierKey) -> bytes:
    """A log's public key as DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from evidence.custody.checkpoint import ED25519

    if key.kind != ED25519:
        return key.key
    return Ed25519PublicKey.from_public_bytes(key.key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _hash(line: str) -> bytes:
    try:
        found = b64decode(line, validate=True)
    except ValueError as error:
        raise Malformed("a proof line that is no base64") from error
    if len(found) != 32 or b64encode(found).decode() != line:
        raise Malformed("a proof line that is no hash of 32 bytes")
    return found
