"""Judging a time stamp: a whole TimeStampResp (RFC 3161, section 2.4.2), with code that shares nothing with what fetched it.

* It is granted, and holds a CMS SignedData (RFC 5652) over a TSTInfo with a SHA-256 imprint.
* The signature is the certificate's inside, which the signed attributes name (ESSCertID, RFC 5035), and whose one purpose, marked
  critical, is time stamping (section 2.3).
* It is *trusted* when that certificate chains, at the token's time, to a root that was given from outside.

What no signature covers is not looked at: versions, the list of digests, the order of sets, which authorities that run OpenSSL get
wrong. ``openssl ts -verify`` does without it, too, and the log holds the digest of every byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import new

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence.errors import EvidenceError, Exit
from evidence.verify.der import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Element, NotDer, elements

CHAIN_LIMIT = 8

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_ESS_CERTIFICATE = bytes.fromhex("2a864886f70d010910020c")
_ESS_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")
_GENERALIZED_TIME, _CONTEXT_0, _NULL = 0x18, 0xA0, b"\x05\x00"
_DIGESTS: dict[bytes, tuple[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]]] = {
    bytes.fromhex("608648016503040201"): ("sha256", hashes.SHA256),
    bytes.fromhex("608648016503040202"): ("sha384", hashes.SHA384),
    bytes.fromhex("608648016503040203"): ("sha512", hashes.SHA512),
}
_SHA256 = bytes.fromhex("608648016503040201")
_RSA = bytes.fromhex("2a864886f70d010101")
_SIGNATURES: dict[bytes, tuple[str, str]] = {
    bytes.fromhex("2a864886f70d01010b"): ("rsa", "sha256"),
    bytes.fromhex("2a864886f70d01010c"): ("rsa", "sha384"),
    bytes.fromhex("2a864886f70d01010d"): ("rsa", "sha512"),
    bytes.fromhex("2a8648ce3d040302"): ("ecdsa", "sha256"),
    bytes.fromhex("2a8648ce3d040303"): ("ecdsa", "sha384"),
    bytes.fromhex("2a8648ce3d040304"): ("ecdsa", "sha512"),
}


class AuthorityUnreadable(EvidenceError):
    """A file that was given as a time-stamp authority's roots holds no certificates. Fields: ``name``."""

    code = "authority-unreadable"
    status = Exit.USAGE


class BadToken(ValueError):
    """Not a time stamp that holds."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a good token proves: ``imprint`` existed ``at`` that moment, on the word of this certificate's holder."""

    imprint: bytes
    at: str
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]


def read_roots(name: str, untrusted_file: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises :class:`AuthorityUnreadable`."""
    try:
        return x509.load_pem_x509_certificates(untrusted_file)
    except ValueError as error:
        raise AuthorityUnreadable(name=name) from error


def open_token(untrusted_response: bytes) -> Token:
    """The token of a response. Raises :class:`BadToken`."""
    try:
        return _open(untrusted_response)
    except InvalidSignature as error:
        raise BadToken("the signature is not the certificate's") from error
    except x509.ExtensionNotFound as error:
        raise BadToken("its certificate names no purpose") from error
    except (ValueError, IndexError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension) as error:
        raise BadToken(str(error) or "form") from error


def is_trusted(token: Token, roots: Sequence[x509.Certificate]) -> bool:
    """Whether the token's certificate leads, at the token's time, to one of the roots (RFC 5280, section 6)."""
    at = datetime.fromisoformat(token.at)
    certificate = token.certificate
    for _ in range(CHAIN_LIMIT):
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            return False
        if certificate in roots:
            return True
        above = _issuer(certificate, (*roots, *token.others))
        if above is None or above == certificate:
            return False
        certificate = above
    return False


def _issuer(certificate: x509.Certificate, others: Iterable[x509.Certificate]) -> x509.Certificate | None:
    for other in others:
        try:
            certificate.verify_directly_issued_by(other)
            if other.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
                return other
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension):
            continue
    return None


def _open(untrusted_response: bytes) -> Token:
    (response,) = elements(untrusted_response)
    status, token = response.children(SEQUENCE)
    if status.children(SEQUENCE)[0].primitive(INTEGER) not in (b"\x00", b"\x01"):
        raise BadToken("it was not granted")
    kind, wrapped = token.children(SEQUENCE)
    if kind.primitive(OID) != _SIGNED_DATA:
        raise NotDer("not SignedData")
    (inner,) = wrapped.children(_CONTEXT_0)
    _version, _digests, content, *rest = inner.children(SEQUENCE)
    content_type, embedded = content.children(SEQUENCE)
    (octets,) = embedded.children(_CONTEXT_0)
    info = octets.primitive(OCTET_STRING)
    if content_type.primitive(OID) != _TST_INFO:
        raise NotDer("no time-stamp token")
    certificates = tuple(
        x509.load_der_x509_certificate(one.whole) for part in rest if part.tag == _CONTEXT_0 for one in part.children(_CONTEXT_0)
    )
    (signer,) = rest[-1].children(SET)
    certificate = _signer(signer, info, certificates)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise BadToken("its certificate is not for time stamping alone, marked critical")
    imprint, at = _info(info)
    return Token(imprint, at, certificate, certificates)


def _info(untrusted_info: bytes) -> tuple[bytes, str]:
    """Imprint and time of a TSTInfo."""
    (whole,) = elements(untrusted_info)
    version, _policy, imprint, _serial, time, *_ = whole.children(SEQUENCE)
    algorithm, digest = imprint.children(SEQUENCE)
    if version.primitive(INTEGER) != b"\x01" or _algorithm(algorithm) != _SHA256 or len(digest.primitive(OCTET_STRING)) != 32:
        raise NotDer("version or imprint")
    text = time.primitive(_GENERALIZED_TIME).decode("ascii")
    whole_seconds, point, fraction = text[:-1].partition(".")
    if text[-1:] != "Z" or not whole_seconds.isdigit() or (point and not fraction.isdigit()):
        raise NotDer("time")
    moment = datetime.strptime(whole_seconds, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return digest.content, f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction[:6]:0<6}Z"


def _signer(signer: Element, info: bytes, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """The certificate that signed. Raises ``InvalidSignature`` and ``ValueError``."""
    _version, identity, digest, attributes, algorithm, signature, *_ = signer.children(SEQUENCE)
    issuer, serial = identity.children(SEQUENCE)
    number = int.from_bytes(serial.primitive(INTEGER), signed=True)
    matching = [one for one in certificates if one.serial_number == number and one.issuer.public_bytes() == issuer.whole]
    if not matching:
        raise BadToken("the signer's certificate is not inside")
    certificate = matching[0]
    name, kind = _digest(_algorithm(digest))
    said = _attributes(attributes)
    if said.get(_CONTENT_TYPE) != bytes([OID, len(_TST_INFO)]) + _TST_INFO:
        raise NotDer("content type")
    if said.get(_MESSAGE_DIGEST) != _octets(new(name, info).digest()):
        raise BadToken("its signature is over another content")
    # RFC 5652, section 5.4: what is signed is the attributes with the tag of a SET
    _verify(
        certificate, _algorithm(algorithm), name, kind(), signature.primitive(OCTET_STRING), bytes([SET]) + attributes.whole[1:]
    )
    if not _names(said, certificate.public_bytes(Encoding.DER)):
        raise BadToken("its signature names no certificate, or another")
    return certificate


def _verify(
    certificate: x509.Certificate,
    algorithm: bytes,
    digest_name: str,
    digest: hashes.HashAlgorithm,
    signature: bytes,
    signed: bytes,
) -> None:
    key = certificate.public_key()
    family, name = ("rsa", digest_name) if algorithm == _RSA else _SIGNATURES.get(algorithm, ("", ""))
    if name != digest_name:
        raise BadToken("signed neither with ECDSA nor with RSA (PKCS #1), or with two digests")
    if family == "rsa" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    elif family == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(digest))
    else:
        raise BadToken("its certificate is for a key of another kind")


def _names(said: dict[bytes, bytes], certificate: bytes) -> bool:
    """Whether the first ESSCertID, or ESSCertIDv2 with its default SHA-256, is this certificate's."""
    for kind, digest in ((_ESS_CERTIFICATE_V2, "sha256"), (_ESS_CERTIFICATE, "sha1")):
        if kind in said:
            (value,) = elements(said[kind])
            first = value.children(SEQUENCE)[0].children(SEQUENCE)[0].children(SEQUENCE)[0]
            return first.whole == _octets(new(digest, certificate, usedforsecurity=False).digest())
    return False


def _digest(oid: bytes) -> tuple[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]]:
    if oid not in _DIGESTS:
        raise BadToken("signed over a digest that is not SHA-2")
    return _DIGESTS[oid]


def _algorithm(identifier: Element) -> bytes:
    kind, *parameters = identifier.children(SEQUENCE)
    if [one.whole for one in parameters] not in ([], [_NULL]):
        raise NotDer("parameters of an algorithm")
    return kind.primitive(OID)


def _attributes(attributes: Element) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for attribute in attributes.children(_CONTEXT_0):
        kind, values = attribute.children(SEQUENCE)
        (value,) = values.children(SET)
        if kind.primitive(OID) in found:
            raise NotDer("an attribute twice")
        found[kind.content] = value.whole
    return found


def _octets(content: bytes) -> bytes:
    return bytes([OCTET_STRING, len(content)]) + content
