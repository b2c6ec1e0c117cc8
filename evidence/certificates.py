"""The station's certificates (X.509, RFC 5280): its own small authority, what that issues, requests for a real one.

Validity starts a day early, because a station whose clock is a little behind must still be able to check its own seals.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID

from evidence.canonical import digest
from evidence.errors import EvidenceError, Exit
from evidence.ids import Digest, StationId

AUTHORITY_DAYS = 20 * 365
LEAF_DAYS = 5 * 365


class CertificateUnfit(EvidenceError):
    """A certificate cannot be used. Fields: ``path``, ``rule``."""

    code = "certificate-unfit"
    status = Exit.REFUSED


def new_private_key(kind: str) -> bytes:
    """A fresh private key (PKCS #8 PEM): ``ed25519`` for the log, ``p256`` for seals and the authority."""
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
    """A certificate from the station's authority for its ``seal`` or ``log`` key."""
    public = serialization.load_der_public_key(public_der)
    if not isinstance(public, ec.EllipticCurvePublicKey | Ed25519PublicKey):
        raise TypeError("a station key is ECDSA P-256 or Ed25519")
    return (
        _builder(_name(station, role), authority.subject, public, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(_p256(authority_pem).public_key()), critical=False)
        .sign(_p256(authority_pem), hashes.SHA256())
    )


def request(key_pem: bytes, role: str, station: StationId) -> bytes:
    """A certificate signing request (PKCS #10, PEM) for a real authority."""
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | Ed25519PrivateKey):
        raise TypeError("a station key is ECDSA P-256 or Ed25519")
    made = x509.CertificateSigningRequestBuilder().subject_name(_name(station, role))
    algorithm = None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256()
    return made.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


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
    return certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


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
