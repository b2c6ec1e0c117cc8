"""Keys, certificates and seals, judged by the system's own openssl."""

from __future__ import annotations

import copy
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence import certificates, cms
from evidence.borrowed import private_key_of
from evidence.canonical import digest
from evidence.ids import StationId
from evidence.signing import FileSigner, KeyUnusable, Signer, key_id, open_signer
from tests.pieces import need_program

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
STATION = StationId("station-7")
MANIFEST = b'{"v":1,"records":[]}'


@dataclass(frozen=True)
class Authority:
    """A station's own authority with its two leaves, as files that openssl reads."""

    folder: Path
    key: bytes
    certificate: x509.Certificate
    seal_key: bytes
    seal: x509.Certificate
    log_key: bytes
    log: x509.Certificate

    @property
    def signer(self) -> Signer:
        return open_signer("file:seal.key.pem", self.folder)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"), STATION)


def make_authority(folder: Path, station: StationId) -> Authority:
    key = certificates.new_private_key("p256")
    certificate = certificates.make_authority(key, station, NOW)
    made = {}
    for role, kind in (("seal", "p256"), ("log", "ed25519")):
        private = certificates.new_private_key(kind)
        (folder / f"{role}.key.pem").write_bytes(private)
        public = open_signer(f"file:{role}.key.pem", folder).public_der()
        leaf = certificates.issue(key, certificate, public, role, station, NOW)
        (folder / f"{role}.crt.pem").write_bytes(certificates.pem(leaf))
        made[role] = (private, leaf)
    (folder / "ca.pem").write_bytes(certificates.pem(certificate))
    return Authority(folder, key, certificate, *made["seal"], *made["log"])


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = need_program("openssl", "openssl")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=30, check=False)


def cms_verify(folder: Path, authority: Path) -> subprocess.CompletedProcess[str]:
    signature, content = folder / "m.p7s", folder / "m.json"
    return openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", content, "-CAfile", authority / "ca.pem"),
        *("-purpose", "any", "-out", folder / "out", "-attime", str(int(NOW.timestamp()))),
    )


def sealed(authority: Authority, folder: Path) -> bytes:
    (folder / "m.json").write_bytes(MANIFEST)
    signature = cms.seal(MANIFEST, authority.signer, authority.seal)
    (folder / "m.p7s").write_bytes(signature)
    return signature


def test_openssl_accepts_a_seal(authority: Authority, tmp_path: Path) -> None:
    sealed(authority, tmp_path)
    done = cms_verify(tmp_path, authority.folder)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == MANIFEST


@pytest.mark.parametrize("at", range(len(MANIFEST)))
def test_openssl_refuses_one_changed_byte_of_the_manifest(authority: Authority, tmp_path: Path, at: int) -> None:
    sealed(authority, tmp_path)
    changed = bytearray(MANIFEST)
    changed[at] ^= 0x01
    (tmp_path / "m.json").write_bytes(changed)
    assert cms_verify(tmp_path, authority.folder).returncode != 0


def test_openssl_refuses_one_changed_byte_of_the_signature_and_a_longer_manifest(authority: Authority, tmp_path: Path) -> None:
    signature = bytearray(sealed(authority, tmp_path))
    (tmp_path / "m.json").write_bytes(MANIFEST + b"\n")
    assert cms_verify(tmp_path, authority.folder).returncode != 0
    (tmp_path / "m.json").write_bytes(MANIFEST)
    signature[-1] ^= 0x01
    (tmp_path / "m.p7s").write_bytes(signature)
    assert cms_verify(tmp_path, authority.folder).returncode != 0


def test_openssl_refuses_a_seal_under_another_authority(authority: Authority, tmp_path: Path) -> None:
    sealed(authority, tmp_path)
    (tmp_path / "other").mkdir()
    other = make_authority(tmp_path / "other", STATION)
    assert cms_verify(tmp_path, other.folder).returncode != 0


def test_a_seal_is_detached_der_with_the_signers_certificate_and_ecdsa_sha256(authority: Authority, tmp_path: Path) -> None:
    signature = sealed(authority, tmp_path)
    assert MANIFEST not in signature
    assert certificates.der(authority.seal) in signature
    told = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", tmp_path / "m.p7s").stdout
    assert "eContent: <ABSENT>" in told
    assert "ecdsa-with-SHA256" in told
    assert "algorithm: sha256" in told


def test_a_log_key_seals_no_manifest(authority: Authority) -> None:
    with pytest.raises(TypeError, match="P-256"):
        cms.seal(MANIFEST, open_signer("file:log.key.pem", authority.folder), authority.log)


@pytest.mark.parametrize("role", ["seal", "log"])
def test_openssl_follows_the_chain(authority: Authority, tmp_path: Path, role: str) -> None:
    leaf = authority.folder / f"{role}.crt.pem"
    at = ("-attime", str(int(NOW.timestamp())))
    done = openssl("verify", *at, "-x509_strict", "-CAfile", authority.folder / "ca.pem", leaf)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "other").mkdir()
    other = make_authority(tmp_path / "other", STATION)
    assert openssl("verify", *at, "-CAfile", other.folder / "ca.pem", leaf).returncode != 0
    # A leaf issues nothing.
    mine = certificates.issue(authority.seal_key, authority.seal, authority.signer.public_der(), "log", STATION, NOW)
    (tmp_path / "mine.pem").write_bytes(certificates.pem(mine))
    chained = ("-CAfile", authority.folder / "ca.pem", "-untrusted", authority.folder / "seal.crt.pem")
    assert openssl("verify", *at, *chained, tmp_path / "mine.pem").returncode != 0


def test_certificates_name_station_and_role_and_begin_a_day_early(authority: Authority) -> None:
    for certificate, role, days in (
        (authority.certificate, "evidence authority", 20 * 365),
        (authority.seal, "seal", 5 * 365),
        (authority.log, "log", 5 * 365),
    ):
        names = {one.rfc4514_attribute_name: one.value for one in certificate.subject}
        assert names == {"OU": "evidence-station", "CN": f"station-7 {role}"}
        assert certificate.issuer == authority.certificate.subject
        assert certificate.not_valid_before_utc == NOW - timedelta(days=1)
        assert certificate.not_valid_after_utc == NOW + timedelta(days=days)
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        is_authority = certificate is authority.certificate
        assert (limits.value.ca, limits.critical) == (is_authority, True)
        assert (usage.value.key_cert_sign, usage.value.digital_signature) == (is_authority, not is_authority)
    assert authority.seal.serial_number != authority.log.serial_number
    assert isinstance(authority.log.public_key(), Ed25519PublicKey)
    assert isinstance(authority.seal.public_key(), ec.EllipticCurvePublicKey)


def test_the_anchor_is_the_fingerprint_that_openssl_prints(authority: Authority) -> None:
    told = openssl("x509", "-in", authority.folder / "ca.pem", "-noout", "-fingerprint", "-sha256").stdout
    assert told.strip().partition("=")[2].replace(":", "").lower() == certificates.fingerprint(authority.certificate)


def test_a_key_id_is_the_digest_of_its_public_key_info(authority: Authority) -> None:
    told = openssl(
        "pkey", "-in", authority.folder / "log.key.pem", "-pubout", "-outform", "DER", "-out", authority.folder / "pub"
    )
    assert told.returncode == 0
    public = (authority.folder / "pub").read_bytes()
    assert str(key_id(certificates.public_der(authority.log))) == digest(public)
    assert open_signer("file:log.key.pem", authority.folder).public_der() == public


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_openssl_reads_the_request_for_a_real_certificate(tmp_path: Path, kind: str) -> None:
    (tmp_path / "k.pem").write_bytes(certificates.new_private_key(kind))
    (tmp_path / "csr.pem").write_bytes(certificates.request(open_signer("file:k.pem", tmp_path), "seal", STATION))
    done = openssl("req", "-in", tmp_path / "csr.pem", "-verify", "-noout", "-subject")
    assert done.returncode == 0, done.stderr
    assert "station-7 seal" in done.stdout


@pytest.mark.parametrize("role", ["seal", "log"])
def test_a_signature_verifies_with_openssl(authority: Authority, tmp_path: Path, role: str) -> None:
    (tmp_path / "message").write_bytes(MANIFEST)
    (tmp_path / "signature").write_bytes(open_signer(f"file:{role}.key.pem", authority.folder).sign(MANIFEST))
    openssl("pkey", "-in", authority.folder / f"{role}.key.pem", "-pubout", "-out", tmp_path / "public")
    how = ["-rawin"] if role == "log" else ["-rawin", "-digest", "sha256"]
    what = ("-inkey", tmp_path / "public", "-in", tmp_path / "message", "-sigfile", tmp_path / "signature")
    assert openssl("pkeyutl", "-verify", "-pubin", *how, *what).returncode == 0


# The private key stays where it is


def test_a_signer_never_shows_its_key(authority: Authority) -> None:
    signer = open_signer("file:seal.key.pem", authority.folder)
    private = serialization.load_pem_private_key(authority.seal_key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    secret = private.private_numbers().private_value
    public_names = {name for name in dir(signer) if not name.startswith("_")}
    assert public_names == {"algorithm", "public_der", "public_raw", "sign"}
    shown = [repr(signer), str(signer), signer.public_der().hex(), signer.sign(b"x").hex()]
    for text in shown:
        assert f"{secret:064x}" not in text
        assert str(secret) not in text


def test_what_the_seal_is_made_with_gives_no_key_away(authority: Authority) -> None:
    key = private_key_of(authority.signer)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    with pytest.raises(TypeError, match="does not leave"):
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(TypeError, match="does not leave"):
        key.private_numbers()
    with pytest.raises(TypeError, match="does not leave"):
        key.exchange(ec.ECDH(), authority.certificate.public_key())  # type: ignore[arg-type]  # refused before it is looked at
    assert copy.deepcopy(key) is key


def test_only_an_ed25519_key_has_a_raw_form(authority: Authority) -> None:
    assert len(open_signer("file:log.key.pem", authority.folder).public_raw()) == 32
    with pytest.raises(TypeError, match="Ed25519"):
        authority.signer.public_raw()


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


BAD_KEYS = {
    "missing": None,
    "no-pem": b"not a key",
    "public-only": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "another-curve": pem_of(ec.generate_private_key(ec.SECP384R1())),
    "rsa": pem_of(rsa.generate_private_key(65537, 2048)),
    "encrypted": pem_of(ec.generate_private_key(ec.SECP256R1()), b"password"),
}


@pytest.mark.parametrize("content", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_key_that_cannot_be_used_is_refused_and_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "k.pem").write_bytes(content)
    with pytest.raises(KeyUnusable) as caught:
        open_signer("file:k.pem", tmp_path)
    assert caught.value.fields["uri"] == "file:k.pem"
    assert caught.value.fields["rule"]


@pytest.mark.parametrize("uri", ["", "k.pem", "hsm:1", "file://elsewhere/k.pem", "http://127.0.0.1/k.pem"])
def test_another_kind_of_key_is_refused(tmp_path: Path, uri: str) -> None:
    (tmp_path / "k.pem").write_bytes(certificates.new_private_key("p256"))
    with pytest.raises(KeyUnusable):
        open_signer(uri, tmp_path)


def test_a_file_signer_says_what_it_signs_with(authority: Authority) -> None:
    signer = authority.signer
    assert isinstance(signer, FileSigner)
    assert signer.algorithm == "ecdsa-p256-sha256"
    assert open_signer("file:log.key.pem", authority.folder).algorithm == "ed25519"
