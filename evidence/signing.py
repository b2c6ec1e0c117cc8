"""Signing keys behind one small door.

A key is named by a URI and used through :class:`Signer`, which returns bytes; nothing else ever sees a private key, so a
key may lie in a file today and in a hardware module tomorrow without a change elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal, Protocol
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from evidence.canonical import digest
from evidence.errors import EvidenceError, Exit
from evidence.ids import KeyId
from evidence.pkcs11uri import SCHEME, redacted

Algorithm = Literal["ed25519", "ecdsa-p256-sha256", "sm2-sm3"]


class KeyUnusable(EvidenceError):
    """A key cannot be opened. Fields: ``uri``, ``rule``."""

    code = "key-unusable"
    status = Exit.REFUSED


class Signer(Protocol):
    """A private key that signs, and its public half."""

    @property
    def algorithm(self) -> Algorithm:
        """What its signatures are."""

    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""

    def public_raw(self) -> bytes:
        """The 32 bytes of an Ed25519 public key; only for that algorithm."""

    def sign(self, message: bytes) -> bytes:
        """A signature over the message: 64 bytes for Ed25519, DER for ECDSA and SM2."""


class FileSigner:
    """A key in a PEM file (PKCS #8) that only the station's user reads."""

    def __init__(self, key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @property
    def algorithm(self) -> Algorithm:
        """What its signatures are."""
        return "ed25519" if isinstance(self._key, Ed25519PrivateKey) else "ecdsa-p256-sha256"

    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def public_raw(self) -> bytes:
        """The 32 bytes of an Ed25519 public key."""
        public = self._key.public_key()
        if not isinstance(public, Ed25519PublicKey):
            raise TypeError("only an Ed25519 key has a raw public form")
        return public.public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """A signature over the message."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))


def key_id(public_der: bytes) -> KeyId:
    """A key's id: SHA-256 of its SubjectPublicKeyInfo."""
    return KeyId(digest(public_der))


def open_signer(uri: str, home: Path) -> Signer:
    """The key that a URI names. ``file:keys/log.pem`` is relative to the home; ``pkcs11:…`` (RFC 7512) lies in a token.

    Raises :class:`KeyUnusable`.
    """
    if uri.startswith(SCHEME):
        signer: Signer = _hsm(uri).TokenSigner(uri, home)
        return signer
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc:
        raise KeyUnusable(uri=redacted(uri), rule="a key URI begins with file: or pkcs11:")
    try:
        secret = (home / parts.path).read_bytes()
    except OSError as error:
        raise KeyUnusable(uri=uri, rule=error.strerror or "unreadable") from error
    try:
        key = load_pem_private_key(secret, password=None)
    except UnsupportedAlgorithm:
        return _open_sm2(uri, secret)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(uri=uri, rule="an unencrypted PKCS #8 key in PEM") from error
    if isinstance(key, Ed25519PrivateKey):
        return FileSigner(key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return FileSigner(key)
    raise KeyUnusable(uri=uri, rule="Ed25519, ECDSA P-256 or SM2")


def _open_sm2(uri: str, secret: bytes) -> Signer:
    """A key that ``cryptography`` does not know: on the curve of SM2, or none for us."""
    from evidence import sm2  # only a station of the suite gm pays for loading it

    try:
        return sm2.open_private_key(secret)
    except sm2.NotSm2 as error:
        raise KeyUnusable(uri=uri, rule="Ed25519, ECDSA P-256 or SM2") from error


def make_token_key(uri: str, home: Path, algorithms: Sequence[Algorithm]) -> bool:
    """Make a key in a token, not extractable, of the first algorithm that the token can.

    False when one lies there already. Raises :class:`KeyUnusable`.
    """
    made: bool = _hsm(uri).make_key(uri, home, algorithms)
    return made


def _hsm(uri: str) -> ModuleType:
    """What speaks PKCS#11: loaded by the stations that have a token, and by no others."""
    try:
        return import_module("evidence.hsm")
    except ImportError as error:
        raise KeyUnusable(uri=redacted(uri), rule="this installation lacks the extra hsm (python-pkcs11)") from error
