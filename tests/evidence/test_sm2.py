"""SM2 keys, signatures, certificates and requests, and SM3, each against the system's own openssl."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import certificates, sm2
from evidence.borrowed import private_key_of
from evidence.certificates import new_private_key
from evidence.facts import EMPTY_SM3
from evidence.ids import StationId
from evidence.pem import pem
from evidence.signing import KeyUnusable, Signer, open_signer
from evidence.sm3 import Sm3
from evidence.verify.gm import BadSm2, check_sm2
from tests.pieces import need_program

STATION = StationId("station-7")
NOW = datetime.now(UTC)
MESSAGE = b'{"v":1,"records":[]}' * 60
DISTID = ("-pkeyopt", "distid:1234567812345678")


@pytest.fixture(autouse=True)
def _openssl() -> None:
    need_program("openssl", "openssl")


def openssl(*arguments: object, status: int = 0) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)
    assert (done.returncode == 0) == (status == 0), done
    return done.stdout


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    (tmp_path / "ours.pem").write_bytes(new_private_key("sm2"))
    return open_signer("file:ours.pem", tmp_path)


def believes(folder: Path, public_der: bytes, message: bytes, signature: bytes) -> bool:
    """What ``openssl pkeyutl`` says of a signature."""
    (folder / "public.pem").write_bytes(pem("PUBLIC KEY", public_der))
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(signature)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-digest", "sm3", *DISTID]
    command += ["-in", "message", "-sigfile", "signature"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def holds(public_der: bytes, message: bytes, signature: bytes) -> bool:
    """What our verifier says of it."""
    try:
        check_sm2(public_der, message, signature)
    except BadSm2:
        return False
    return True


def test_openssl_believes_our_signature_over_any_length_of_message(signer: Signer, tmp_path: Path) -> None:
    for message in (b"", b"a", MESSAGE, MESSAGE * 1000):
        signature = signer.sign(message)
        assert believes(tmp_path, signer.public_der(), message, signature)
        assert holds(signer.public_der(), message, signature)


def test_we_believe_a_signature_and_a_key_of_openssl(tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-out", tmp_path / "theirs.pem")
    (tmp_path / "message").write_bytes(MESSAGE)
    openssl(
        *("pkeyutl", "-sign", "-inkey", tmp_path / "theirs.pem", "-rawin", "-digest", "sm3", *DISTID),
        *("-in", tmp_path / "message", "-out", tmp_path / "signature"),
    )
    public = openssl("pkey", "-in", tmp_path / "theirs.pem", "-pubout", "-outform", "DER")
    assert holds(public, MESSAGE, (tmp_path / "signature").read_bytes())
    theirs = open_signer("file:theirs.pem", tmp_path)
    assert theirs.public_der() == public
    assert believes(tmp_path, public, MESSAGE, theirs.sign(MESSAGE))


def test_openssl_finds_our_private_key_whole_and_writes_the_same_form(signer: Signer, tmp_path: Path) -> None:
    openssl("pkey", "-in", tmp_path / "ours.pem", "-check", "-noout")
    assert openssl("pkey", "-in", tmp_path / "ours.pem") == (tmp_path / "ours.pem").read_bytes()
    assert openssl("pkey", "-in", tmp_path / "ours.pem", "-pubout") == pem("PUBLIC KEY", signer.public_der())


def test_a_wrong_key_and_a_changed_byte_are_refused_as_openssl_refuses_them(signer: Signer, tmp_path: Path) -> None:
    signature = signer.sign(MESSAGE)
    (tmp_path / "other.pem").write_bytes(new_private_key("sm2"))
    other = open_signer("file:other.pem", tmp_path).public_der()
    changed = MESSAGE[:-1] + b"x"
    for public, message in ((other, MESSAGE), (signer.public_der(), changed)):
        assert not holds(public, message, signature)
        assert not believes(tmp_path, public, message, signature)
    for place in (4, 20, 36, 40, len(signature) - 1):
        spoiled = signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :]
        assert not holds(signer.public_der(), MESSAGE, spoiled)
        assert not believes(tmp_path, signer.public_der(), MESSAGE, spoiled)


def test_another_signers_id_is_another_signature(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(MESSAGE)
    openssl(
        *("pkeyutl", "-sign", "-inkey", tmp_path / "ours.pem", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:somebody"),
        *("-in", tmp_path / "message", "-out", tmp_path / "signature"),
    )
    assert not holds(signer.public_der(), MESSAGE, (tmp_path / "signature").read_bytes())


def integers(*values: int) -> bytes:
    """An ECDSA-Sig-Value of these numbers."""
    parts = b"".join(b"\x02" + bytes([len(one)]) + one for one in (n.to_bytes(n.bit_length() // 8 + 1) for n in values))
    return b"\x30" + bytes([len(parts)]) + parts


ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@pytest.mark.parametrize(
    "malformed",
    [
        *(b"", b"\x30\x00", b"\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00", b"\x30\x06\x02\x01\x01\x02\x01\x01\x00"),
        *(b"\x30\x07\x02\x02\x00\x01\x02\x01\x01", b"\x30\x06\x02\x01\x81\x02\x01\x01", b"\x31\x06\x02\x01\x01\x02\x01\x01"),
        *(integers(1), integers(1, 1, 1), integers(0, 1), integers(1, 0), integers(ORDER, 1), integers(1, ORDER)),
        *(integers(1, ORDER - 1), integers(1 << 300, 1), bytes(range(256)) * 4),
    ],
)
def test_a_malformed_signature_is_refused(signer: Signer, tmp_path: Path, malformed: bytes) -> None:
    assert not holds(signer.public_der(), MESSAGE, malformed)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80))
def test_any_bytes_are_no_signature_and_never_an_accident(signer: Signer, untrusted: bytes) -> None:
    assert not holds(signer.public_der(), MESSAGE, untrusted)


def test_a_public_key_off_the_curve_is_refused(signer: Signer) -> None:
    public = signer.public_der()
    signature = signer.sign(MESSAGE)
    for spoiled in (public[:-1] + bytes([public[-1] ^ 1]), public[:-64] + bytes(64), public[:-1], b""):
        assert not holds(spoiled, MESSAGE, signature)


def test_the_private_key_does_not_show_itself(signer: Signer, tmp_path: Path) -> None:
    secret = f"{signer._private:x}"  # type: ignore[attr-defined]  # what must not be seen
    assert secret not in repr(signer)
    assert secret not in str(vars(private_key_of(signer)) if signer.algorithm != "sm2-sm3" else "")


@pytest.mark.parametrize("curve", ["secp384r1", "brainpoolP256r1"])
def test_a_key_on_another_curve_is_refused_by_its_rule(tmp_path: Path, curve: str) -> None:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", tmp_path / "k.pem")
    with pytest.raises(KeyUnusable) as caught:
        open_signer("file:k.pem", tmp_path)
    assert "SM2" in str(caught.value.fields["rule"])


def test_a_damaged_key_file_is_refused_without_telling_what_was_in_it(tmp_path: Path) -> None:
    whole = new_private_key("sm2")
    lines = whole.splitlines(keepends=True)
    for damaged in (whole[:40], b"".join([lines[0], *lines[2:]]), whole.replace(b"PRIVATE", b"PUBLIC")):
        (tmp_path / "k.pem").write_bytes(damaged)
        with pytest.raises(KeyUnusable) as caught:
            open_signer("file:k.pem", tmp_path)
        assert lines[2].strip().decode() not in str(caught.value)


def test_the_stations_authority_certifies_an_sm2_key_and_openssl_follows_the_chain(signer: Signer, tmp_path: Path) -> None:
    authority_key = new_private_key("p256")
    authority = certificates.make_authority(authority_key, STATION, NOW)
    leaf = certificates.issue(authority_key, authority, signer.public_der(), "seal-gm", STATION, NOW)
    assert certificates.public_der(leaf) == signer.public_der()
    assert certificates.chain(leaf, [authority]) == [authority]
    assert certificates.chain_flaw(leaf, [authority], NOW) is None
    (tmp_path / "ca.pem").write_bytes(certificates.pem(authority))
    (tmp_path / "leaf.pem").write_bytes(certificates.pem(leaf))
    openssl("verify", "-x509_strict", "-CAfile", tmp_path / "ca.pem", tmp_path / "leaf.pem")
    assert openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-pubkey") == pem("PUBLIC KEY", signer.public_der())
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "signature").write_bytes(signer.sign(MESSAGE))
    openssl(
        *("pkeyutl", "-verify", "-certin", "-inkey", tmp_path / "leaf.pem", "-rawin", "-digest", "sm3", *DISTID),
        *("-in", tmp_path / "message", "-sigfile", tmp_path / "signature"),
    )
    spoiled = bytearray(certificates.der(leaf))
    spoiled[-1] ^= 1
    assert certificates.chain(x509.load_der_x509_certificate(bytes(spoiled)), [authority]) == []


def test_an_authority_signs_the_request_for_an_sm2_key(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "r.pem").write_bytes(certificates.request(signer, "seal-gm", STATION))
    openssl("req", "-in", tmp_path / "r.pem", "-verify", "-noout", "-vfyopt", "distid:1234567812345678")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", tmp_path / "ca.key")
    openssl(
        "req", "-x509", "-new", "-key", tmp_path / "ca.key", "-subj", "/CN=Police", "-days", "30", "-out", tmp_path / "ca.pem"
    )
    openssl(
        *("x509", "-req", "-in", tmp_path / "r.pem", "-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key"),
        *("-CAcreateserial", "-vfyopt", "distid:1234567812345678", "-days", "20", "-out", tmp_path / "leaf.pem"),
    )
    leaf, authority = (x509.load_pem_x509_certificate((tmp_path / name).read_bytes()) for name in ("leaf.pem", "ca.pem"))
    assert certificates.chain_flaw(leaf, certificates.chain(leaf, [authority]), datetime.now(UTC)) is None
    assert certificates.public_der(leaf) == signer.public_der()


def test_an_authority_that_signs_with_sm2_is_refused_by_name(tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-out", tmp_path / "ca.key")
    openssl(
        *("req", "-x509", "-new", "-key", tmp_path / "ca.key", "-sm3", "-sigopt", "distid:1234567812345678"),
        *("-subj", "/CN=Police", "-days", "30", "-out", tmp_path / "ca.pem"),
    )
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert "SM2" in str(certificates.authority_flaw(authority, [], datetime.now(UTC)))


def test_sm3_is_that_of_the_standard_and_of_openssl(tmp_path: Path) -> None:
    running = Sm3()
    assert running.hexdigest() == EMPTY_SM3
    running.update(b"a")
    later = running.copy()
    running.update(b"bc")
    assert running.hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", "GB/T 32905, A.1"
    later.update(memoryview(b"bc"))
    assert later.hexdigest() == running.hexdigest()
    (tmp_path / "message").write_bytes(MESSAGE)
    taken = Sm3()
    taken.update(MESSAGE)
    assert openssl("dgst", "-sm3", "-r", tmp_path / "message").split()[0].decode() == taken.hexdigest()
    if "sm3" in hashlib.algorithms_available:
        assert hashlib.new("sm3", MESSAGE).hexdigest() == taken.hexdigest()


def test_no_key_of_another_kind_is_taken_for_an_sm2_key() -> None:
    assert not sm2.is_public_key(b"")
    assert not sm2.is_public_key(certificates.public_der(certificates.make_authority(new_private_key("p256"), STATION, NOW)))
