"""Time stamps: what is asked, and that only an answer that counts is kept. The authority is OpenSSL; so is the second opinion."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence import timestamps
from evidence.timestamps import Flaw, Request, TokenRefused, judge, roots
from evidence.verify.tokens import BadToken, is_trusted, open_token
from tests.servers.authority import make_authority, openssl_reply, openssl_signs, openssl_verifies

MESSAGE = b"a signature over a manifest"


def asked(message: bytes = MESSAGE) -> Request:
    return timestamps.request(message, os.urandom(timestamps.NONCE_BYTES))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("tsa") / "city")


def test_openssl_reads_the_request(city: Path, tmp_path: Path) -> None:
    (tmp_path / "q").write_bytes(Request(MESSAGE, 0x8000000000000001).encoded())
    said = subprocess.run(
        ["openssl", "ts", "-query", "-in", str(tmp_path / "q"), "-text"], capture_output=True, text=True, check=True
    ).stdout
    assert "Hash Algorithm: sha256" in said
    assert "Nonce: 0x8000000000000001" in said
    assert "Certificate required: yes" in said
    digest = subprocess.run(["openssl", "dgst", "-sha256"], input=MESSAGE, capture_output=True, check=True).stdout.split()[-1]
    shown = "".join(line.partition("- ")[2].partition("   ")[0] for line in said.splitlines() if " - " in line)
    assert shown.replace("-", "").replace(" ", "") == digest.decode()


@pytest.mark.parametrize("nonce", [bytes(8), b"\x7f" * 8, b"\xff" * 8])
def test_any_nonce_comes_back_as_it_was_asked(city: Path, nonce: bytes) -> None:
    request = timestamps.request(MESSAGE, nonce)
    assert judge(request, openssl_reply(city, request.encoded()), "city", roots(city / "root.pem")).at.endswith("Z")


AUTHORITIES: dict[str, dict[str, object]] = {
    "P-256": {},
    "P-384": {"kind": "p384"},
    "RSA": {"kind": "rsa"},
    "fractions of a second": {"digits": 6},
    "ESSCertID of 1999": {"ess": "sha1"},
    "a second certificate, out of DER's order": {"second_certificate": True},
    "RSA and a second certificate": {"kind": "rsa", "second_certificate": True},
}


@pytest.mark.parametrize("how", AUTHORITIES)
def test_what_is_kept_openssl_and_the_verifier_accept(tmp_path: Path, how: str) -> None:
    folder = make_authority(tmp_path / "tsa", **AUTHORITIES[how])  # type: ignore[arg-type]  # a table of keywords
    request = asked()
    response = openssl_reply(folder, request.encoded())
    token = judge(request, response, "city", roots(folder / "root.pem"))
    assert openssl_verifies(MESSAGE, response, folder / "root.pem", tmp_path)
    assert not openssl_verifies(MESSAGE + b"!", response, folder / "root.pem", tmp_path)
    opened = open_token(response)
    assert opened.at == token.at
    assert opened.imprint == sha256(MESSAGE).digest()
    assert is_trusted(opened, roots(folder / "root.pem"))
    assert (token.at[20:26] != "000000") == (how == "fractions of a second")


def test_the_library_alone_refuses_a_second_certificate(tmp_path: Path) -> None:
    """Why sets are put in order: without it the answer of a plain OpenSSL authority could not be read."""
    import rfc3161_client

    request = asked()
    response = openssl_reply(make_authority(tmp_path / "tsa", second_certificate=True), request.encoded())
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        rfc3161_client.decode_timestamp_response(response)


def other_imprint(city: Path, request: Request, folder: Path) -> bytes:
    return openssl_reply(city, Request(b"another message", request.nonce).encoded())


def other_nonce(city: Path, request: Request, folder: Path) -> bytes:
    return openssl_reply(city, Request(MESSAGE, request.nonce ^ 1).encoded())


def strangers(city: Path, request: Request, folder: Path) -> bytes:
    return openssl_reply(make_authority(folder / "stranger"), request.encoded())


def of_validity(first: int, last: int) -> Callable[[Path, Request, Path], bytes]:
    def reply(city: Path, request: Request, folder: Path) -> bytes:
        made = make_authority(folder / "other", days=(first, last))
        (folder / "trusted.pem").write_bytes((made / "root.pem").read_bytes())
        return openssl_reply(made, request.encoded())

    return reply


def of_purpose(**how: object) -> Callable[[Path, Request, Path], bytes]:
    def reply(city: Path, request: Request, folder: Path) -> bytes:
        made = make_authority(folder / "other", **how)  # type: ignore[arg-type]  # a table of keywords
        (folder / "trusted.pem").write_bytes((made / "root.pem").read_bytes())
        return openssl_signs(openssl_reply(city, request.encoded()), made, folder)

    return reply


def unnamed(city: Path, request: Request, folder: Path) -> bytes:
    return openssl_signs(openssl_reply(city, request.encoded()), city, folder, names_certificate=False)


def rejected(city: Path, request: Request, folder: Path) -> bytes:
    made = subprocess.run(["openssl", "ts", "-query", "-data", os.devnull, "-sha512"], capture_output=True, check=True)
    return openssl_reply(city, made.stdout)


def spoiled(city: Path, request: Request, folder: Path) -> bytes:
    response = bytearray(openssl_reply(city, request.encoded()))
    response[-1] ^= 1
    return bytes(response)


LIES: dict[str, tuple[Callable[[Path, Request, Path], bytes], Flaw]] = {
    "another message": (other_imprint, Flaw.OTHER_IMPRINT),
    "another nonce": (other_nonce, Flaw.OTHER_NONCE),
    "a stranger's chain": (strangers, Flaw.NOT_TRUSTED),
    "a certificate that had run out": (of_validity(-30, -1), Flaw.NOT_TRUSTED),
    "a certificate that is not valid yet": (of_validity(1, 30), Flaw.NOT_TRUSTED),
    "a certificate for mail": (of_purpose(usages=(ExtendedKeyUsageOID.EMAIL_PROTECTION,)), Flaw.NOT_FOR_TIME_STAMPING),
    "a certificate for other things, too": (
        of_purpose(usages=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION)),
        Flaw.NOT_FOR_TIME_STAMPING,
    ),
    "a purpose not marked critical": (of_purpose(critical=False), Flaw.NOT_FOR_TIME_STAMPING),
    "a certificate without a purpose": (of_purpose(usages=()), Flaw.NOT_FOR_TIME_STAMPING),
    "a signature that names no certificate": (unnamed, Flaw.CERTIFICATE_NOT_NAMED),
    "a rejection": (rejected, Flaw.NOT_GRANTED),
    "a spoiled signature": (spoiled, Flaw.NOT_TRUSTED),
    "nothing": (lambda *_: b"", Flaw.NOT_A_RESPONSE),
    "a web page": (lambda *_: b"<html>log in first</html>", Flaw.NOT_A_RESPONSE),
    "an endless length": (lambda *_: b"\x30\x84\xff\xff\xff\xff", Flaw.NOT_A_RESPONSE),
    "a huge answer": (lambda *_: b"\x30" * (timestamps.MAX_RESPONSE_BYTES + 1), Flaw.TOO_LARGE),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_answer_is_refused_by_name(city: Path, tmp_path: Path, lie: str) -> None:
    reply, flaw = LIES[lie]
    request = asked()
    response = reply(city, request, tmp_path)
    trusted = tmp_path / "trusted.pem" if (tmp_path / "trusted.pem").exists() else city / "root.pem"
    with pytest.raises(TokenRefused) as raised:
        judge(request, response, "city", roots(trusted))
    assert raised.value.fields["flaw"] == flaw.value
    assert raised.value.fields["authority"] == "city"
    if lie != "another nonce":  # which only he who asked can tell
        assert not openssl_verifies(MESSAGE, response, trusted, tmp_path)


def test_what_a_forged_signer_would_need_is_what_the_helper_makes(city: Path, tmp_path: Path) -> None:
    """The forgeries above fail for their flaw and not for their form: with the right certificate the same way of signing counts."""
    request = asked()
    response = openssl_signs(openssl_reply(city, request.encoded()), city, tmp_path)
    assert judge(request, response, "city", roots(city / "root.pem")).at.endswith("Z")
    assert openssl_verifies(MESSAGE, response, city / "root.pem", tmp_path)
    assert is_trusted(open_token(response), roots(city / "root.pem"))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_spoiled_answer_is_taken_that_openssl_and_the_verifier_refuse(city: Path, tmp_path: Path) -> None:
    chance = random.Random(3161)
    request = asked()
    whole = openssl_reply(city, request.encoded())
    trusted, taken = roots(city / "root.pem"), set()
    for _ in range(1500):
        response = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            response[chance.randrange(len(response))] = chance.randrange(256)
        try:
            judge(request, bytes(response), "city", trusted)
        except TokenRefused:
            continue
        taken.add(bytes(response))
    for kept in taken:
        assert openssl_verifies(MESSAGE, kept, city / "root.pem", tmp_path)
        assert is_trusted(open_token(kept), trusted)
    assert len(taken) < 20


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_the_verifier_fails_on_spoiled_answers_only_as_it_promises(city: Path) -> None:
    chance = random.Random(5816)
    request = asked()
    whole, good = openssl_reply(city, request.encoded()), 0
    for _ in range(3000):
        response = bytearray(whole)
        response[chance.randrange(len(response))] = chance.randrange(256)
        try:
            good += is_trusted(open_token(bytes(response)), roots(city / "root.pem")) and bytes(response) != whole
        except BadToken:
            continue
    assert good < 120  # versions and the list of digests, some 20 bytes, which no signature covers


def test_a_token_of_a_stranger_is_good_to_the_verifier_but_not_trusted(city: Path, tmp_path: Path) -> None:
    stranger = make_authority(tmp_path / "stranger")
    token = open_token(openssl_reply(stranger, asked().encoded()))
    assert not is_trusted(token, roots(city / "root.pem"))
    assert not is_trusted(token, [])
    assert is_trusted(token, [*roots(city / "root.pem"), *roots(stranger / "root.pem")])


def test_a_certificate_that_had_run_out_is_not_trusted(tmp_path: Path) -> None:
    folder = make_authority(tmp_path / "old", days=(-30, -1))
    assert not is_trusted(open_token(openssl_reply(folder, asked().encoded())), roots(folder / "root.pem"))


@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_roots_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "roots.pem").write_bytes(content)
    with pytest.raises(timestamps.AuthorityRootsUnusable):
        roots(tmp_path / "roots.pem")
