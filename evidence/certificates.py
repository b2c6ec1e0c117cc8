"""The station's certificates (X.509, RFC 5280): its own small authority, what that issues, requests for a real one.

Validity starts a day early, because a station whose clock is a little behind must still be able to check its own seals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha1
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from evidence import der as asn1
from evidence.borrowed import private_key_of
from evidence.canonical import digest
from evidence.errors import EvidenceError, Exit
from evidence.ids import Digest, StationId
from evidence.pem import pem as pem_of
from evidence.signing import Signer

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

AUTHORITY_DAYS = 20 * 365
LEAF_DAYS = 5 * 365


class CertificateUnfit(EvidenceError):
    """A certificate cannot be used. Fields: ``path``, ``rule``."""

    code = "certificate-unfit"
    status = Exit.REFUSED


def new_private_key(kind: str) -> bytes:
    """A fresh private key (PKCS #8 PEM): ``ed25519`` for the log, ``p256`` for seals and the authority, ``sm2`` for the second seal."""
    if kind == "sm2":
        from evidence import sm2  # only a station of the suite gm pays for loading it

        return sm2.new_private_key()
    key = Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def make_authority(key_pem: bytes, station: StationId, now: datetime) -> x509.Certificate:
    """A self-signed authority for one station."""
    key = _p256(key_pem)
    name = _name(station, "evidence authority")
    return (
        _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def issue(
    authority_pem: bytes, authority: x509.Certificate, public_der: bytes, role: str, station: StationId, now: datetime
) -> x509.Certificate:
    """A certificate from the station's authority for its ``seal``, ``seal-gm`` or ``log`` key."""
    private = _p256(authority_pem)
    try:
        public = serialization.load_der_public_key(public_der)
    except UnsupportedAlgorithm:
        public = private.public_key()  # stands in while the certificate is built
    if not isinstance(public, ec.EllipticCurvePublicKey | Ed25519PublicKey):
        raise TypeError("a station key is ECDSA P-256, Ed25519 or SM2")
    identifier = sha1(_members(public_der)[1].content[1:], usedforsecurity=False).digest()  # RFC 5280, section 4.2.1.2 (1)
    made = (
        _builder(_name(station, role), authority.subject, public, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(identifier), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )
    return made if public_der == _der(public) else _certifying(public_der, made, private)


def request(signer: Signer, role: str, station: StationId) -> bytes:
    """A certificate signing request (PKCS #10, PEM) for a real authority."""
    made = x509.CertificateSigningRequestBuilder().subject_name(_name(station, role))
    if signer.algorithm == "sm2-sm3":
        return _request_sm2(made, signer)
    algorithm = None if signer.algorithm == "ed25519" else hashes.SHA256()
    return made.sign(private_key_of(signer), algorithm).public_bytes(serialization.Encoding.PEM)


def chain(certificate: x509.Certificate, authorities: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """The authorities above a certificate, its issuer first; empty when none of them issued it (RFC 5280, section 6)."""
    known, found, below = list(authorities), list[x509.Certificate](), certificate
    while (above := next((one for one in known if _issued(below, one)), None)) is not None and above not in (*found, below):
        found.append(above)
        below = above
    return found


def root(authorities: Sequence[x509.Certificate]) -> x509.Certificate:
    """The authority that a station's trust is anchored in: the end of the first one's chain."""
    return [authorities[0], *chain(authorities[0], authorities)][-1]


def chain_flaw(certificate: x509.Certificate, above: Sequence[x509.Certificate], now: datetime) -> str | None:
    """Why a chain does not carry a certificate that signs from now on; None when it does (RFC 5280, sections 4.2.1.3, 4.2.1.9)."""
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "it certifies a key that may not sign (key usage)"
    if not above:
        return "no authority that is known here issued it; give the authority's whole chain with --chain"
    return _flaw((certificate, *above), 0, now)


def authority_flaw(authority: x509.Certificate, above: Sequence[x509.Certificate], now: datetime) -> str | None:
    """Why an authority cannot issue from now on, under those above it; None when it can."""
    try:
        authority.public_key()
    except UnsupportedAlgorithm:
        return f"{authority.subject.rfc4514_string()} signs with what this program does not check in certificates (SM2)"
    return _flaw((authority, *above), 1, now)


def _flaw(line: Sequence[x509.Certificate], lowest: int, now: datetime) -> str | None:
    """``lowest``: the depth that the first of the line has; 0 for what signs, 1 for what issues that."""
    if line[-1].issuer != line[-1].subject:
        return (
            f"the chain of {line[0].subject.rfc4514_string()} ends at no self-signed authority; give the whole chain with --chain"
        )
    for depth, one in enumerate(line, lowest):
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            return f"{one.subject.rfc4514_string()} is not valid now"
        basic, usage = _extension(one, x509.BasicConstraints), _extension(one, x509.KeyUsage)
        if depth == 0:
            continue
        if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
            return f"{one.subject.rfc4514_string()} may not issue certificates"
        if basic.path_length is not None and depth - 1 > basic.path_length:
            return f"{one.subject.rfc4514_string()} allows no authorities of that depth (path length)"
    return None


def fingerprint(certificate: x509.Certificate) -> Digest:
    """The anchor form of a certificate: SHA-256 of its DER."""
    return digest(der(certificate))


def der(certificate: x509.Certificate) -> bytes:
    """The certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def public_der(certificate: x509.Certificate) -> bytes:
    """The certified public key as DER SubjectPublicKeyInfo."""
    try:
        return _der(certificate.public_key())
    except UnsupportedAlgorithm:
        members = _members(certificate.tbs_certificate_bytes)
        return members[_KEY_OF_CERTIFICATE - (members[0].tag != asn1.CONTEXT_0)].whole


_KEY_OF_CERTIFICATE, _KEY_OF_REQUEST = 6, 2
"""Where a SubjectPublicKeyInfo stands among the members (RFC 5280, section 4.1, one earlier in version 1; RFC 2986, section 4.1)."""


def _certifying(public_der: bytes, made: x509.Certificate, authority: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The same certificate for a key that ``cryptography`` has no object for: exchanged in what is signed, and signed again."""
    members = [one.whole for one in _members(made.tbs_certificate_bytes)]
    members[_KEY_OF_CERTIFICATE] = public_der
    signed = asn1.sequence(*members)
    _, algorithm, _ = _members(der(made))
    signature = authority.sign(signed, ec.ECDSA(hashes.SHA256()))
    return x509.load_der_x509_certificate(
        asn1.sequence(signed, algorithm.whole, asn1.element(asn1.BIT_STRING, b"\0" + signature))
    )


def _request_sm2(builder: x509.CertificateSigningRequestBuilder, signer: Signer) -> bytes:
    """A request for an SM2 key, signed with that key (SM2 with SM3), as ``openssl req -verify -vfyopt distid:…`` takes it."""
    from evidence import sm2

    stand_in = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    members = [one.whole for one in _members(stand_in.tbs_certrequest_bytes)]
    members[_KEY_OF_REQUEST] = signer.public_der()
    signed = asn1.sequence(*members)
    signature = asn1.element(asn1.BIT_STRING, b"\0" + signer.sign(signed))
    return pem_of("CERTIFICATE REQUEST", asn1.sequence(signed, sm2.SIGNATURE_ALGORITHM, signature))


def _members(sequence: bytes) -> list[asn1.Element]:
    """The members of one SEQUENCE."""
    (one,) = asn1.read(sequence)
    return one.inside(asn1.SEQUENCE)


def _der(public: CertificatePublicKeyTypes) -> bytes:
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _p256(key_pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("an authority's key is ECDSA P-256")
    return key


def _name(station: StationId, role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "evidence-station"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{station} {role}"),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey | Ed25519PublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
