"""Private keys that exist only as a :class:`~evidence.signing.Signer`.

The builders of ``cryptography`` (CMS, certificate requests) want a private key object. These have the public half, and a ``sign``
that asks the signer; so the key itself may lie anywhere.
"""

from __future__ import annotations

from typing import NoReturn

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from evidence.signing import Signer


def private_key_of(signer: Signer) -> ec.EllipticCurvePrivateKey | Ed25519PrivateKey:
    """A private key object that signs through the signer and gives nothing away."""
    return _Ed25519(signer) if signer.algorithm == "ed25519" else _P256(signer)


class _P256(ec.EllipticCurvePrivateKey):
    """An EC private key that exists only as a :class:`Signer`."""

    def __init__(self, signer: Signer) -> None:
        public = load_der_public_key(signer.public_der())
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise TypeError("the signer has another kind of key")
        self._signer = signer
        self._public = public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.curve.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:  # type: ignore[override]  # Buffer, in stubs only
        if isinstance(signature_algorithm.algorithm, Prehashed) or signature_algorithm.algorithm.name != "sha256":
            raise TypeError("this key signs messages with SHA-256")
        return self._signer.sign(data)

    def _no(self) -> NoReturn:
        raise TypeError("the private key does not leave its signer")

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        self._no()

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        self._no()

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,  # noqa: A002  # the base class names it so
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> bytes:
        self._no()

    def __copy__(self) -> _P256:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _P256:
        return self


class _Ed25519(Ed25519PrivateKey):
    """An Ed25519 private key that exists only as a :class:`~evidence.signing.Signer`."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def public_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self._signer.public_raw())

    def sign(self, data: bytes) -> bytes:  # type: ignore[override]  # Buffer, in stubs only
        return self._signer.sign(data)

    def _no(self) -> NoReturn:
        raise TypeError("the private key does not leave its signer")

    def private_bytes_raw(self) -> bytes:
        self._no()

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,  # noqa: A002  # the base class names it so
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> bytes:
        self._no()

    def __copy__(self) -> _Ed25519:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _Ed25519:
        return self
