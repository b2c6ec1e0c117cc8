"""Keys on their way into force: files in ``keys/`` that wait for their certificate and their commit.

A key waits in ``next-<role>.json``, which says where it lies, and ``next-<role>.crt.pem``, its certificate once there is one.
Every step keeps what an earlier run left, so that the same command after a power cut, at any instant, finishes what was begun;
a private key is never overwritten nor removed. What the log has introduced waits no more: :meth:`Waiting.settle` clears it away.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from cryptography import x509

from evidence import certificates
from evidence.catalogue.queries import KeyRow
from evidence.errors import Exit
from evidence.ids import KeyId
from evidence.learned import learned
from evidence.pkcs11uri import redacted
from evidence.signing import Algorithm, KeyUnusable, Signer, key_id, make_token_key, open_signer
from station import durable
from station.commands import KeyRole
from station.home import Home, StationError
from station.rooms import Rooms
from station.setup import KEY_KINDS, load_certificate

ALGORITHMS: dict[str, tuple[Algorithm, ...]] = {
    "seal": ("ecdsa-p256-sha256",),
    "seal-gm": ("sm2-sm3",),
    "log": ("ed25519", "ecdsa-p256-sha256"),
}
"""What a key of a role may be, the first where it can be had (FORMATS.md, "Log" and "Manifest")."""


class KeyWaits(StationError):
    """Another key of this role waits already. Fields: ``role``, ``uri``, ``path``."""

    code = "key-waits"
    status = Exit.REFUSED


class NoKeyWaits(StationError):
    """No key of this role waits. Fields: ``role``."""

    code = "no-key-waits"
    status = Exit.USAGE


class CertificateAwaited(StationError):
    """The key that waits has no certificate yet. Fields: ``role``."""

    code = "certificate-awaited"
    status = Exit.REFUSED


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: KeyRole
    uri: str


_NOTE: Final = learned(_Note)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A key that waits."""

    home: Home
    role: str
    uri: str
    signer: Signer

    @property
    def key(self) -> KeyId:
        """Its id."""
        return key_id(self.signer.public_der())

    @property
    def certificate(self) -> x509.Certificate | None:
        """Its certificate, once there is one."""
        path = self.home.next_certificate(self.role)
        if not path.exists():
            return None
        found = load_certificate(path)
        return found if certificates.public_der(found) == self.signer.public_der() else None

    def certify(self, certificate: x509.Certificate) -> None:
        """Keep its certificate until the log has it."""
        durable.replace(self.home.next_certificate(self.role), certificates.pem(certificate), 0o444)

    def settle(self) -> None:
        """The log has introduced it: its certificate takes its own name, and nothing waits any more."""
        certificate = self.certificate
        if certificate is not None:
            name = f"{self.role}-{self.key[:8]}.crt.pem"
            durable.place_new(self.home.keys / name, certificates.pem(certificate), 0o444)
        self.home.next_certificate(self.role).unlink(missing_ok=True)
        self.home.next_key(self.role).unlink(missing_ok=True)
        durable.sync_folder(self.home.keys)


def noted(home: Home, role: str) -> str | None:
    """The URI of the key that waits; None without one."""
    try:
        untrusted_note = home.next_key(role).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(untrusted_note, type=_NOTE).uri
    except msgspec.MsgspecError as error:
        raise KeyUnusable(
            uri=f"file:keys/{home.next_key(role).name}", rule="it says which key waits; remove it to give that key up"
        ) from error


def waiting(rooms: Rooms, role: str) -> Waiting | None:
    """The key that waits, opened. One that the log introduced before a power cut is cleared away. Raises ``KeyUnusable``."""
    found, _ = look(rooms, role)
    return found


def look(rooms: Rooms, role: str) -> tuple[Waiting | None, KeyId | None]:
    """The key that waits, as :func:`waiting` finds it; and the id of one that is cleared away, because the log has introduced it."""
    uri = noted(rooms.home, role)
    if uri is None:
        return None, None
    _make(rooms.home, role, uri)
    found = Waiting(rooms.home, role, uri, open_signer(uri, rooms.home.root))
    if any(row.id == found.key for row in known_keys(rooms)):
        found.settle()
        return None, found.key
    return found, None


def make(rooms: Rooms, role: KeyRole, uri: str | None) -> tuple[Waiting, bool]:
    """The key that waits, and whether this made it. Raises :class:`KeyWaits` and ``KeyUnusable``."""
    home = rooms.home
    there = waiting(rooms, role)
    if there is not None:
        if uri not in (None, there.uri):
            raise KeyWaits(role=role, uri=there.uri, path=str(home.next_key(role)))
        return there, False
    chosen = uri or f"file:keys/{role}-{secrets.token_hex(4)}.key.pem"
    durable.place_new(home.next_key(role), msgspec.json.encode(_Note(role=role, uri=redacted(chosen))), 0o440)
    try:
        made = _make(home, role, chosen)
        signer = open_signer(chosen, home.root)
        if signer.algorithm not in ALGORITHMS[role]:
            raise KeyUnusable(uri=chosen, rule=f"a {role} key is {' or '.join(ALGORITHMS[role])}")
        if any(row.id == key_id(signer.public_der()) for row in known_keys(rooms)):
            raise KeyUnusable(uri=chosen, rule="the log knows it already, and a key has one certificate; make another")
    except KeyUnusable:
        home.next_key(role).unlink()
        durable.sync_folder(home.keys)
        raise
    return Waiting(home, role, chosen, signer), made


def known_keys(rooms: Rooms) -> list[KeyRow]:
    """Every key that the log introduced."""
    with rooms.queries() as queries:
        return queries.keys()


def authorities(rows: Sequence[KeyRow]) -> list[x509.Certificate]:
    """The authorities that are in force."""
    return [x509.load_der_x509_certificate(row.certificate) for row in rows if row.role == "ca" and row.revoked_at is None]


def own_certificate(rooms: Rooms, found: Waiting, rows: Sequence[KeyRow]) -> x509.Certificate:
    """A certificate by the station's own authority, while that is in force. Raises :class:`CertificateAwaited`."""
    home = rooms.home
    if not home.private_key("ca").exists():
        raise CertificateAwaited(role=found.role)
    private = home.private_key("ca").read_bytes()
    public = open_signer(f"file:{home.private_key('ca').relative_to(home.root)}", home.root).public_der()
    mine = next((one for one in authorities(rows) if certificates.public_der(one) == public), None)
    if mine is None:
        raise CertificateAwaited(role=found.role)
    issued = certificates.issue(private, mine, found.signer.public_der(), found.role, rooms.station, datetime.now(UTC))
    found.certify(issued)
    return issued


def _make(home: Home, role: str, uri: str) -> bool:
    if uri.startswith("pkcs11:") and role == "seal-gm":
        raise KeyUnusable(uri=redacted(uri), rule="an SM2 key lies in a file here; SM2 in tokens is not supported")
    if uri.startswith("pkcs11:"):
        return make_token_key(uri, home.root, ALGORITHMS[role])
    if not uri.startswith("file:"):
        raise KeyUnusable(uri=redacted(uri), rule="a key URI begins with file: or pkcs11:")
    path = home.root / uri.removeprefix("file:")
    return not path.exists() and durable.place_new(path, certificates.new_private_key(KEY_KINDS[role]), 0o400)
