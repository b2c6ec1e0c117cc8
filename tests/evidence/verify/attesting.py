"""Time stamps for the sample home, made by hand from RFC 3161 and RFC 5652: neither the writer nor OpenSSL takes part."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import select

from evidence.catalogue import schema
from tests.evidence.verify.sample import START, Sample, digest, moment

SHA256 = bytes.fromhex("0609608648016503040201")
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
SIGNING_CERTIFICATE = bytes.fromhex("060b2a864886f70d010910022f")


class Authority:
    """A time-stamp authority: its root, and the key it signs with."""

    def __init__(self, name: str) -> None:
        self._root_key, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} root")])
        self.root = self._certificate(title, title, self._root_key, x509.BasicConstraints(ca=True, path_length=None))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._own = self._certificate(subject, title, self._key, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]))

    def _certificate(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START - timedelta(days=1))
            .not_valid_after(START + timedelta(days=3650))
            .add_extension(extension, critical=True)
            .sign(self._root_key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(serialization.Encoding.PEM)

    def attest(self, message: bytes, at: datetime) -> bytes:
        """A granted TimeStampResp over a message."""
        imprint = seq(seq(SHA256), tlv(0x04, sha256(message).digest()))
        time = tlv(0x18, at.strftime("%Y%m%d%H%M%S.%f").rstrip("0").rstrip(".").encode() + b"Z")
        info = seq(tlv(0x02, b"\1"), bytes.fromhex("06022a03"), imprint, tlv(0x02, b"\1"), time)
        own = self._own.public_bytes(serialization.Encoding.DER)
        attributes = b"".join(
            sorted(
                seq(kind, tlv(0x31, value))
                for kind, value in (
                    (CONTENT_TYPE, TST_INFO),
                    (MESSAGE_DIGEST, tlv(0x04, sha256(info).digest())),
                    (SIGNING_CERTIFICATE, seq(seq(seq(tlv(0x04, sha256(own).digest()))))),
                )
            )
        )
        signature = self._key.sign(tlv(0x31, attributes), ec.ECDSA(hashes.SHA256()))
        number = self._own.serial_number
        identity = seq(self._own.issuer.public_bytes(), tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1)))
        signer = seq(tlv(0x02, b"\1"), identity, seq(SHA256), tlv(0xA0, attributes), seq(ECDSA_SHA256), tlv(0x04, signature))
        content = seq(TST_INFO, tlv(0xA0, tlv(0x04, info)))
        signed = seq(tlv(0x02, b"\3"), tlv(0x31, seq(SHA256)), content, tlv(0xA0, own), tlv(0x31, signer))
        return seq(seq(tlv(0x02, b"\0")), seq(SIGNED_DATA, tlv(0xA0, signed)))


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, b"".join(parts))


@cache
def city() -> Authority:
    return Authority("city")


def message_of(made: Sample, covers: str) -> bytes:
    """What a stamp covers, as the catalogue has it."""
    with made.engine.connect() as connection:
        if covers.startswith("docking:"):
            manifest = schema.manifest
            found = select(manifest.c.signature).where(manifest.c.docking == covers.removeprefix("docking:"))
            return bytes(connection.execute(found).scalar_one())
        checkpoint = schema.checkpoint
        origin, _, size = covers.rpartition("/")
        epoch = int(origin.rpartition("/")[2])
        found = select(checkpoint.c.note).where(checkpoint.c.epoch == epoch, checkpoint.c.size == int(size))
        return str(connection.execute(found).scalar_one()).encode()


def stamp(made: Sample, covers: str, response: bytes, message: bytes, at: datetime, drift_ms: int | None = 0) -> str:
    """Log a token and put it into its row, as the format has it."""
    stamp = made.id()
    row = {"covers": covers, "authority": "city", "message_sha256": digest(message), "token_at": moment(at)}
    what = {"stamp": stamp, **row, "response_sha256": digest(response), "drift_ms": drift_ms}
    made.entry("time-stamped", covers if covers.startswith("docking:") else "station", what)
    made.row("time_stamp", id=stamp, response=response, at=moment(made.now), **row)
    made.commit()
    return stamp


def attested(made: Sample) -> list[str]:
    """Every seal of a sample and its newest head, stamped; the ids."""
    with made.engine.connect() as connection:
        dockings = connection.execute(select(schema.manifest.c.docking).order_by(schema.manifest.c.docking)).scalars().all()
    stamps = []
    for covers in [*(f"docking:{docking}" for docking in dockings), f"{made.origin}/{made.tree.size}"]:
        message, at = message_of(made, covers), made.now + timedelta(seconds=90, milliseconds=250)
        stamps.append(stamp(made, covers, city().attest(message, at), message, at))
    return stamps
