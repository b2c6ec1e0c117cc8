"""Keys in a real token (SoftHSM2): what they sign is checked by openssl, and what goes wrong is said without a PIN."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence import certificates, cms
from evidence.custody.checkpoint import Head, is_signed_by, sign
from evidence.ids import StationId
from evidence.signing import Algorithm, KeyUnusable, Signer, make_token_key, open_signer
from evidence.verify.signednote import parse, signed_by
from tests.servers.softhsm import PIN, Token

ROOT = Path(__file__).parents[2]
STATION = StationId("station-7")
P256: tuple[Algorithm, ...] = ("ecdsa-p256-sha256",)
ED25519_FIRST: tuple[Algorithm, ...] = ("ed25519", "ecdsa-p256-sha256")


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def made(token: Token, label: str, algorithms: tuple[Algorithm, ...] = P256) -> Signer:
    assert make_token_key(token.uri(label), token.pin.parent, algorithms)
    return open_signer(token.uri(label), token.pin.parent)


def test_a_manifest_sealed_in_the_token_is_verified_by_openssl(token: Token, tmp_path: Path) -> None:
    signer = made(token, "seal")
    root_key = certificates.new_private_key("p256")
    now = datetime.now(UTC)
    root = certificates.make_authority(root_key, STATION, now)
    (tmp_path / "root.pem").write_bytes(certificates.pem(root))
    leaf = certificates.issue(root_key, root, signer.public_der(), "seal", STATION, now)
    (tmp_path / "manifest").write_bytes(b'{"v":1}')
    (tmp_path / "p7s").write_bytes(cms.seal(b'{"v":1}', signer, leaf))
    told = openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "p7s", "-content", tmp_path / "manifest"),
        *("-CAfile", tmp_path / "root.pem", "-purpose", "any", "-out", "/dev/null"),
    )
    assert "CMS Verification successful" in told


@pytest.mark.parametrize("algorithms", [P256, ED25519_FIRST])
def test_openssl_reads_the_request_of_a_key_in_the_token(token: Token, tmp_path: Path, algorithms: tuple[Algorithm, ...]) -> None:
    signer = made(token, "k", algorithms)
    assert signer.algorithm == algorithms[0]
    (tmp_path / "csr.pem").write_bytes(certificates.request(signer, "log", STATION))
    told = openssl("req", "-in", tmp_path / "csr.pem", "-verify", "-noout", "-subject")
    assert "station-7 log" in told
    asked = x509.load_pem_x509_csr((tmp_path / "csr.pem").read_bytes()).public_key()
    assert asked.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo) == signer.public_der()


@pytest.mark.parametrize("algorithms", [P256, ED25519_FIRST])
def test_a_checkpoint_signed_in_the_token_holds_for_writer_and_verifier(token: Token, algorithms: tuple[Algorithm, ...]) -> None:
    signer = made(token, "log", algorithms)
    note = sign(Head("evidence-station/station-7/1", 3, bytes(32)), signer)
    assert is_signed_by(note, signer.public_der())
    public = serialization.load_der_public_key(signer.public_der())
    assert isinstance(public, Ed25519PublicKey) == (signer.algorithm == "ed25519")
    assert signed_by(parse(note.encode()), public)  # type: ignore[arg-type]  # one of the two kinds


def test_the_private_key_cannot_leave_the_token(token: Token) -> None:
    made(token, "seal")
    session = pkcs11.lib(token.module).get_token(token_label=token.label).open()  # this process is logged in already
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="seal")
    assert key[pkcs11.Attribute.EXTRACTABLE] is False
    assert key[pkcs11.Attribute.SENSITIVE] is True
    with pytest.raises(pkcs11.AttributeSensitive):
        _ = key[pkcs11.Attribute.VALUE]


def test_a_key_that_is_there_is_taken_and_not_made_again(token: Token) -> None:
    first = made(token, "seal")
    assert not make_token_key(token.uri("seal"), token.pin.parent, P256)
    assert open_signer(token.uri("seal"), token.pin.parent).public_der() == first.public_der()


def test_a_token_that_was_pulled_out_and_put_back_signs_again(token: Token) -> None:
    seal, log = made(token, "seal"), made(token, "log", ED25519_FIRST)
    with token.pulled_out():
        for signer in (seal, log):
            with pytest.raises(KeyUnusable) as caught:
                signer.sign(b"m")
            assert "token" in str(caught.value.fields["rule"])
    for _ in range(2):
        assert len(log.sign(b"m")) == 64
        assert seal.sign(b"m")


def test_a_session_that_ended_is_opened_anew(token: Token) -> None:
    signer = made(token, "seal")
    pkcs11.lib(token.module).reinitialize()  # as when another part of the process, or the module itself, starts over
    assert signer.sign(b"m")


def test_another_key_in_its_place_is_not_used(token: Token) -> None:
    signer = made(token, "seal")
    session = pkcs11.lib(token.module).get_token(token_label=token.label).open(rw=True)
    for key in list(session.get_objects({pkcs11.Attribute.LABEL: "seal"})):
        key.destroy()
    made(token, "seal")
    with pytest.raises(KeyUnusable, match="another key lies there now"):
        signer.sign(b"m")


WRONG = {
    "no PIN in the URI": ("&pin-value=314159", "pin-source"),
    "no such key": ("object=other", "no such key"),
    "no such token": ("token=other", "not there"),
    "a wrong PIN": ("wrong.pin", "refuses the PIN"),
    "a PIN that others may read": ("open.pin", "chmod 600"),
    "a PIN file that is gone": ("gone.pin", "No such file"),
    "an empty PIN file": ("empty.pin", "one line"),
    "a module that is gone": ("/gone.so", "cannot open shared object"),
    "a module path that is relative": ("=lib.so", "absolute path"),
    "an attribute that is not understood": (";slot-id=1", "before the '?'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_the_way_out_and_without_the_pin(token: Token, tmp_path: Path, name: str) -> None:
    what, rule = WRONG[name]
    for file, content, mode in (("wrong.pin", "99999\n", 0o600), ("open.pin", f"{PIN}\n", 0o644), ("empty.pin", "", 0o600)):
        (tmp_path / file).write_text(content, encoding="utf-8")
        (tmp_path / file).chmod(mode)
    made(token, "seal")
    pkcs11.lib(token.module).reinitialize()  # no login is left of making it
    uri = token.uri("seal")
    if what.startswith(("object=", "token=")):
        key, value = what.split("=")
        uri = token.uri(value) if key == "object" else token.uri("seal", token=value)
    elif what.endswith(".pin"):
        uri = token.uri("seal", pin=what)
    elif what.startswith(";"):
        uri = uri.replace("?", f"{what}?")
    elif what.startswith("&"):
        uri += what
    else:
        uri = uri.replace(f"={token.module}" if what.startswith("=") else token.module, what)
    with pytest.raises(KeyUnusable) as caught:
        open_signer(uri, tmp_path)
    assert rule in str(caught.value.fields["rule"])
    assert PIN not in str(caught.value)
    assert "99999" not in str(caught.value)


def test_a_token_is_never_touched_where_all_keys_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "k.pem").write_bytes(certificates.new_private_key("p256"))
    program = f"import sys; from pathlib import Path; from evidence.signing import open_signer; open_signer('file:k.pem', Path({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", f"{program}; assert 'pkcs11' not in sys.modules"], check=False, cwd=ROOT)
    assert done.returncode == 0
