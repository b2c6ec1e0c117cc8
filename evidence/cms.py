"""The seal on a manifest: a detached CMS signature (RFC 5652) that ``openssl cms -verify`` checks."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from evidence.borrowed import private_key_of
from evidence.signing import Signer


def seal(body: bytes, signer: Signer, certificate: x509.Certificate, intermediates: Sequence[x509.Certificate] = ()) -> bytes:
    """A detached CMS SignedData (DER) over ``body``: ECDSA P-256, SHA-256, the signer's certificate and ``intermediates`` included."""
    key = private_key_of(signer)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("manifests are sealed with ECDSA P-256")
    builder = PKCS7SignatureBuilder().set_data(body).add_signer(certificate, key, hashes.SHA256())
    for one in intermediates:
        builder = builder.add_certificate(one)
    return builder.sign(serialization.Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
