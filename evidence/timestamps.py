"""Time stamps (RFC 3161): what an authority is asked, and whether what it answers counts. No network, no clock.

A token proves that the message existed at the token's time, and nothing earlier. An answer is kept only when

* its status is *granted* (section 2.4.2), and it is small;
* it is about our message: SHA-256, our imprint, our nonce;
* it was signed by a certificate whose only purpose, marked critical, is time stamping (section 2.3), that the signature itself
  names (ESSCertID, RFC 5035), and that chains to the authority's configured root at the token's time.

``openssl ts -verify`` accepts whatever is kept; a test holds it to that. Authorities that run OpenSSL may answer with a set of
certificates that is not in DER's order, which ``rfc3161-client`` does not read. No signature covers that order, so such an answer
is judged with the set put right, and kept as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha1, sha256
from pathlib import Path

import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client.errors import VerificationError

from evidence import der
from evidence.der import Element, NotDer
from evidence.errors import EvidenceError, Exit

MAX_RESPONSE_BYTES = 1 << 16
NONCE_BYTES = 8

_SHA256 = bytes.fromhex("608648016503040201")
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910020c")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")
_SIGNATURES = frozenset(
    bytes.fromhex(oid)
    for oid in (
        "2a864886f70d010101",  # rsaEncryption, as OpenSSL names RSA signatures in CMS
        *("2a864886f70d01010b", "2a864886f70d01010c", "2a864886f70d01010d"),  # RSA with SHA-256, SHA-384, SHA-512
        *("2a8648ce3d040302", "2a8648ce3d040303", "2a8648ce3d040304"),  # ECDSA with the same
    )
)
_STATUS = ("granted", "granted with modifications", "rejected", "waiting", "revocation warning", "revocation notification")


class Flaw(StrEnum):
    """Why an answer does not count."""

    TOO_LARGE = "too-large"
    NOT_A_RESPONSE = "not-a-response"
    NOT_GRANTED = "not-granted"
    OTHER_IMPRINT = "other-imprint"
    OTHER_NONCE = "other-nonce"
    NOT_FOR_TIME_STAMPING = "not-for-time-stamping"
    CERTIFICATE_NOT_NAMED = "certificate-not-named"
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    NOT_TRUSTED = "not-trusted"


class TokenRefused(EvidenceError):
    """What an authority answered does not count. Fields: ``authority``, ``flaw``, ``detail``."""

    code = "token-refused"
    status = Exit.REFUSED


class AuthorityRootsUnusable(EvidenceError):
    """An authority's root certificates cannot be read. Fields: ``path``, ``rule``."""

    code = "authority-roots-unusable"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Request:
    """What an authority is asked about one message. ``message`` are the bytes themselves; only their digest is sent."""

    message: bytes
    nonce: int

    def encoded(self) -> bytes:
        """The TimeStampReq (RFC 3161, section 2.4.1): version 1, SHA-256, our nonce, with the request for certificates."""
        algorithm = der.sequence(der.element(der.OID, _SHA256), der.element(der.NULL, b""))
        imprint = der.sequence(algorithm, der.element(der.OCTET_STRING, sha256(self.message).digest()))
        return der.sequence(der.integer(1), imprint, der.integer(self.nonce), der.element(der.BOOLEAN, b"\xff"))


@dataclass(frozen=True, slots=True)
class Token:
    """A token that counts. ``at`` is its time: RFC 3339, UTC, microseconds."""

    at: str


def request(message: bytes, randomness: bytes) -> Request:
    """A request about a message. ``randomness`` is fresh, :data:`NONCE_BYTES` long."""
    if len(randomness) != NONCE_BYTES:
        raise ValueError(f"a nonce takes {NONCE_BYTES} random bytes")
    return Request(message, int.from_bytes(randomness))


def roots(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises :class:`AuthorityRootsUnusable`."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise AuthorityRootsUnusable(path=str(path), rule=error.strerror or "unreadable") from error
    except ValueError as error:
        raise AuthorityRootsUnusable(path=str(path), rule="certificates in PEM") from error


def judge(asked: Request, untrusted_response: bytes, authority: str, trusted: list[x509.Certificate]) -> Token:
    """What an answer is worth. ``trusted`` are the roots of this authority. Raises :class:`TokenRefused`, naming the flaw."""

    def refused(flaw: Flaw, detail: object) -> TokenRefused:
        return TokenRefused(authority=authority, flaw=flaw.value, detail=str(detail)[:300])

    if len(untrusted_response) > MAX_RESPONSE_BYTES:
        raise refused(Flaw.TOO_LARGE, f"more than {MAX_RESPONSE_BYTES} bytes")
    try:
        status, said = _status(untrusted_response)
    except ValueError as error:
        raise refused(Flaw.NOT_A_RESPONSE, error) from error
    if status != 0:
        name = _STATUS[status] if status < len(_STATUS) else str(status)
        raise refused(Flaw.NOT_GRANTED, f"{name} {said}".strip())
    try:
        token = _Token(untrusted_response)
        response = rfc3161_client.decode_timestamp_response(token.in_order)
        info = response.tst_info
        imprint, nonce = info.message_imprint, info.nonce
    except ValueError as error:
        raise refused(Flaw.NOT_A_RESPONSE, error) from error
    if imprint.hash_algorithm.dotted_string != "2.16.840.1.101.3.4.2.1" or imprint.message != sha256(asked.message).digest():
        raise refused(Flaw.OTHER_IMPRINT, "it is about another message")
    if nonce != asked.nonce:
        raise refused(Flaw.OTHER_NONCE, "it answers another request")
    if (flaw := _certificate_flaw(token)) is not None:
        raise refused(*flaw)
    try:
        verifier = rfc3161_client.VerifierBuilder(roots=list(dict.fromkeys(trusted)), nonce=asked.nonce).build()
        verifier.verify_message(response, asked.message)
    except (VerificationError, ValueError) as error:
        raise refused(Flaw.NOT_TRUSTED, _reason(error)) from error
    return Token(token.at)


def _reason(error: Exception) -> str:
    """OpenSSL's own words in the library's error, where it has any."""
    said = re.findall(r'(?:reason|data): "([^"]+)"', str(error))
    return said[-1] if said else str(error)


class _Token:
    """What the library does not give of a token. Raises ``ValueError`` for what is none."""

    def __init__(self, untrusted_response: bytes) -> None:
        (whole,) = der.read(untrusted_response)
        status, content = whole.inside(der.SEQUENCE)
        kind, wrapped = content.inside(der.SEQUENCE)
        if kind.value(der.OID) != _SIGNED_DATA:
            raise NotDer("not SignedData")
        (inner,) = wrapped.inside(der.CONTEXT_0)
        version, digests, encapsulated, *rest = inner.inside(der.SEQUENCE)
        sets = [one for one in rest if one.tag in (der.CONTEXT_0, der.CONTEXT_1)]
        if len(rest) - len(sets) != 1:
            raise NotDer("signers")
        ordered = b"".join(der.in_order(one) for one in rest)
        signed = der.sequence(version.whole, der.in_order(digests), encapsulated.whole, ordered)
        token = der.sequence(kind.whole, der.element(der.CONTEXT_0, signed))
        self.in_order = der.sequence(status.whole, token)
        """The same response with its sets in DER's order."""
        self.certificates = [one.whole for part in sets if part.tag == der.CONTEXT_0 for one in der.read(part.content)]
        (self.signer,) = rest[-1].inside(der.SET)
        self.at = _time(encapsulated)

    def attributes(self) -> dict[bytes, Element]:
        """The signed attributes of the signer, each with its one value."""
        found = {}
        for part in self.signer.inside(der.SEQUENCE):
            for attribute in der.read(part.content) if part.tag == der.CONTEXT_0 else ():
                kind, values = attribute.inside(der.SEQUENCE)
                (found[kind.value(der.OID)],) = values.inside(der.SET)
        return found


def _status(untrusted_response: bytes) -> tuple[int, str]:
    """PKIStatus, and what the authority says about it (section 2.4.2)."""
    (whole,) = der.read(untrusted_response)
    info = whole.inside(der.SEQUENCE)[0].inside(der.SEQUENCE)
    told = b" ".join(text.content for part in info[1:] if part.tag == der.SEQUENCE for text in der.read(part.content))
    status = int.from_bytes(info[0].value(der.INTEGER), signed=True)
    if not 0 <= status < 256:
        raise NotDer("status")
    return status, told.decode(errors="replace")


def _time(encapsulated: Element) -> str:
    kind, wrapped = encapsulated.inside(der.SEQUENCE)
    if kind.value(der.OID) != _TST_INFO:
        raise NotDer("no time-stamp token")
    (octets,) = wrapped.inside(der.CONTEXT_0)
    (info,) = der.read(octets.value(der.OCTET_STRING))
    text = info.inside(der.SEQUENCE)[4].value(der.GENERALIZED_TIME).decode("ascii")
    whole, point, fraction = text.removesuffix("Z").partition(".")
    if not text.endswith("Z") or not whole.isdigit() or (point and not fraction.isdigit()):
        raise NotDer("time")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + (fraction + "000000")[:6] + "Z"


def _certificate_flaw(token: _Token) -> tuple[Flaw, str] | None:
    """What is wrong with the signer's certificate: its purpose, that the signature does not name it, or its algorithm."""
    try:
        _, identity, _, *rest = token.signer.inside(der.SEQUENCE)
        signing = next(one for one in rest if one.tag == der.SEQUENCE).inside(der.SEQUENCE)[0].value(der.OID)
        issuer, serial = identity.inside(der.SEQUENCE)
        number = int.from_bytes(serial.value(der.INTEGER), signed=True)
        certificates = [x509.load_der_x509_certificate(one) for one in token.certificates]
        signer = next(
            (one for one in certificates if one.serial_number == number and one.issuer.public_bytes() == issuer.whole), None
        )
        if signer is None:
            return Flaw.NOT_A_RESPONSE, "it lacks the signer's certificate"
        if signing not in _SIGNATURES:
            return Flaw.UNKNOWN_ALGORITHM, "signed neither with ECDSA nor with RSA (PKCS #1)"
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
            return Flaw.NOT_FOR_TIME_STAMPING, "its certificate is not for time stamping alone, marked critical"
        if not _named(token, signer.public_bytes(serialization.Encoding.DER)):
            return Flaw.CERTIFICATE_NOT_NAMED, "its signature names no certificate, or another"
    except x509.ExtensionNotFound:
        return Flaw.NOT_FOR_TIME_STAMPING, "its certificate names no purpose"
    except (ValueError, IndexError, StopIteration, x509.DuplicateExtension, x509.InvalidVersion) as error:
        return Flaw.NOT_A_RESPONSE, str(error) or "signer"
    return None


def _named(token: _Token, certificate: bytes) -> bool:
    """Whether the first ESSCertID or ESSCertIDv2 among the signed attributes is the certificate's (RFC 5035, section 3)."""
    attributes = token.attributes()
    if (second := attributes.get(_SIGNING_CERTIFICATE_V2)) is not None:
        first = second.inside(der.SEQUENCE)[0].inside(der.SEQUENCE)[0].inside(der.SEQUENCE)
        return first[0].tag == der.OCTET_STRING and first[0].content == sha256(certificate).digest()
    if (old := attributes.get(_SIGNING_CERTIFICATE)) is not None:
        first = old.inside(der.SEQUENCE)[0].inside(der.SEQUENCE)[0].inside(der.SEQUENCE)
        return first[0].value(der.OCTET_STRING) == sha1(certificate, usedforsecurity=False).digest()
    return False
