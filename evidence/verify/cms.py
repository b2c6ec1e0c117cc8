"""Checking a manifest's seal: a detached CMS SignedData (RFC 5652) with ECDSA P-256 and SHA-256.

Independent of what made it; a test holds it to ``openssl cms -verify``. The digest that was signed is returned rather than
compared, so that an altered manifest and an altered signature can be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from evidence.verify.der import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Element, NotDer, elements

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_SHA256 = bytes.fromhex("608648016503040201")
_ECDSA_SHA256 = bytes.fromhex("2a8648ce3d040302")
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_CONTEXT_0 = 0xA0


class BadSignature(ValueError):
    """Not a signature of this form, or not one by the certificate inside."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a good signature proves: this certificate's key signed content with this SHA-256."""

    certificate: x509.Certificate
    digest: bytes


def open_seal(untrusted_signature: bytes) -> Sealed:
    """Check the signature against the certificate it carries. Raises :class:`BadSignature`."""
    try:
        return _open(untrusted_signature)
    except (ValueError, IndexError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise BadSignature(str(error) or "form") from error
    except InvalidSignature as error:
        raise BadSignature("the signature is not the certificate's") from error


def _open(untrusted_signature: bytes) -> Sealed:
    (outer,) = elements(untrusted_signature)
    kind, wrapped = outer.children(SEQUENCE)
    if kind.primitive(OID) != _SIGNED_DATA:
        raise NotDer("not SignedData")
    (inner,) = wrapped.children(_CONTEXT_0)
    version, digests, content, *rest = inner.children(SEQUENCE)
    if version.primitive(INTEGER) != b"\x01" or [_algorithm(one) for one in digests.children(SET)] != [_SHA256]:
        raise NotDer("version or digest")
    content_type, *embedded = content.children(SEQUENCE)
    if content_type.primitive(OID) != _DATA or embedded:
        raise NotDer("not a detached signature over data")
    certificates = [
        x509.load_der_x509_certificate(one.whole) for part in rest if part.tag == _CONTEXT_0 for one in part.children(_CONTEXT_0)
    ]
    (signer,) = rest[-1].children(SET)
    return _signer(signer, certificates)


def _signer(signer: Element, certificates: list[x509.Certificate]) -> Sealed:
    version, identity, digest, attributes, algorithm, signature = signer.children(SEQUENCE)
    if version.primitive(INTEGER) != b"\x01" or _algorithm(digest) != _SHA256 or _algorithm(algorithm) != _ECDSA_SHA256:
        raise NotDer("not signed with ECDSA and SHA-256")
    issuer, serial = identity.children(SEQUENCE)
    number = int.from_bytes(serial.primitive(INTEGER), signed=True)
    matching = [one for one in certificates if one.serial_number == number and one.issuer.public_bytes() == issuer.whole]
    if not matching:
        raise NotDer("the signer's certificate is not inside")
    key = matching[0].public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotDer("the signer's key is not P-256")
    said = _attributes(attributes)
    if said.get(_CONTENT_TYPE) != [_oid_value(_DATA)]:
        raise NotDer("content type")
    # RFC 5652, section 5.4: what is signed is the attributes with the tag of a SET
    key.verify(signature.primitive(OCTET_STRING), bytes([SET]) + attributes.whole[1:], ec.ECDSA(hashes.SHA256()))
    (named,) = said.get(_MESSAGE_DIGEST, [])
    (value,) = elements(named)
    if len(value.primitive(OCTET_STRING)) != 32:
        raise NotDer("message digest")
    return Sealed(matching[0], value.content)


def _algorithm(identifier: Element) -> bytes:
    """The object identifier of an AlgorithmIdentifier whose parameters are absent or NULL (RFC 5754)."""
    kind, *parameters = identifier.children(SEQUENCE)
    if [one.whole for one in parameters] not in ([], [b"\x05\x00"]):
        raise NotDer("parameters of an algorithm")
    return kind.primitive(OID)


def _attributes(attributes: Element) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for attribute in attributes.children(_CONTEXT_0):
        kind, values = attribute.children(SEQUENCE)
        if kind.primitive(OID) in found:
            raise NotDer("an attribute twice")
        found[kind.content] = [value.whole for value in values.children(SET)]
    return found


def _oid_value(body: bytes) -> bytes:
    return bytes([OID, len(body)]) + body
