"""The seal on a manifest: a detached CMS signature (RFC 5652) that ``openssl cms -verify`` checks.

The signature builder of ``cryptography`` wants a private key object; :class:`_KeyOfSigner` gives it one whose ``sign`` asks
the :class:`~evidence.signing.Signer`, so that the key itself may lie anywhere.
"""

from __future__ import annotations

from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from evidence.signing import Signer


def seal(body: bytes, signer: Signer, certificate: x509.Certificate) -> bytes:
    """A detached CMS SignedData (DER) over ``body``: ECDSA P-256, SHA-256, the signer's certificate included."""
    builder = PKCS7SignatureBuilder().set_data(body).add_signer(certificate, _KeyOfSigner(signer), hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])


class _KeyOfSigner(ec.EllipticCurvePrivateKey):
    """An EC private key that exists only as a :class:`Signer`."""

    def __init__(self, signer: Signer) -> None:
        public = load_der_public_key(signer.public_der())
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise TypeError("manifests are sealed with ECDSA P-256")
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

    def __copy__(self) -> _KeyOfSigner:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _KeyOfSigner:
        return self
