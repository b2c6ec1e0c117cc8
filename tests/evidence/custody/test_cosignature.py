"""Cosignatures and verifier keys against what others published, and against what others may send."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.custody.checkpoint import ECDSA, ED25519
from evidence.custody.cosignature import (
    COSIGNATURE,
    NotAVerifierKey,
    VerifierKey,
    cosign,
    cosigned_at,
    log_key,
    read_vkey,
    text_of,
)
from evidence.verify.cosignatures import NotAWitnessKey, Signed, Unproven, judge, read_key
from evidence.verify.signednote import NotACheckpoint, parse

REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
REMORA_LINE = (
    "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw=="
)
REMORA_TIME = 1779573024
PUBLISHED = (
    "arche2025h1.staging.ct.transparency.dev\n"
    "1432088532\n"
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
    "\n"
    "— arche2025h1.staging.ct.transparency.dev"
    " ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
)
"""A head of a public log, and the cosignature of one of the witnesses in operation."""

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "city.example/w1"
VKEY = VerifierKey(NAME, COSIGNATURE, KEY.public_key().public_bytes_raw())
NOTE = f"evidence-station/s1/1\n7\n{b64encode(bytes(32)).decode()}\n\n— evidence-station/s1/1 AAAAAAAA\n"
SECONDS = 1700000000


def test_a_cosignature_of_a_witness_in_operation_holds_for_both_readers() -> None:
    witness = read_vkey(REMORA, COSIGNATURE)
    assert (witness.name, witness.id.hex()) == ("remora.n621.de", "da77ade7")
    assert witness.text() == REMORA
    assert cosigned_at(REMORA_LINE, witness, PUBLISHED) == REMORA_TIME
    checkpoint = parse(f"{PUBLISHED}{REMORA_LINE}\n".encode(), cosigned=True)
    assert judge(checkpoint, (read_key(REMORA),)) == [Signed("remora.n621.de", REMORA_TIME)]


def test_a_cosignature_of_a_witness_in_operation_fails_over_another_head() -> None:
    other = PUBLISHED.replace("1432088532", "1432088533")
    assert cosigned_at(REMORA_LINE, read_vkey(REMORA, COSIGNATURE), other) is None
    (judged,) = judge(parse(f"{other}{REMORA_LINE}\n".encode(), cosigned=True), (read_key(REMORA),))
    assert isinstance(judged, Unproven)


def test_a_published_verifier_key_of_a_log_is_read() -> None:
    vkey = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
    assert read_vkey(vkey, ED25519, ECDSA).text() == vkey


def test_what_is_cosigned_is_what_the_specification_says() -> None:
    line = cosign(NAME, KEY, NOTE, SECONDS)
    dash, name, encoded = line.split(" ")
    data = b64decode(encoded)
    assert (dash, name) == ("—", NAME)
    assert data[:4] == VKEY.id
    assert data[4:12] == SECONDS.to_bytes(8, "big")
    message = f"cosignature/v1\ntime {SECONDS}\nevidence-station/s1/1\n7\n{b64encode(bytes(32)).decode()}\n"
    KEY.public_key().verify(data[12:], message.encode())
    assert cosigned_at(line, VKEY, NOTE) == SECONDS


@pytest.mark.parametrize("seconds", [0, 1, (1 << 63) - 1])
def test_every_time_that_may_be_signed_comes_back(seconds: int) -> None:
    line = cosign(NAME, KEY, NOTE, seconds)
    assert cosigned_at(line, VKEY, NOTE) == seconds
    assert judge(parse(f"{NOTE}{line}\n".encode(), cosigned=True), (read_key(VKEY.text()),)) == [Signed(NAME, seconds)]


@pytest.mark.parametrize("seconds", [-1, 1 << 63])
def test_other_times_are_not_signed(seconds: int) -> None:
    with pytest.raises(ValueError, match="POSIX"):
        cosign(NAME, KEY, NOTE, seconds)


def _changed(line: str, at: int) -> str:
    dash, name, encoded = line.split(" ")
    data = bytearray(b64decode(encoded))
    data[at] ^= 1
    return f"{dash} {name} {b64encode(data).decode()}"


@pytest.mark.parametrize("at", [0, 3, 4, 11, 12, 75], ids=["id", "id's end", "time's first bit", "time", "signature", "end"])
def test_a_line_of_which_one_bit_differs_proves_nothing(at: int) -> None:
    line = _changed(cosign(NAME, KEY, NOTE, SECONDS), at)
    assert cosigned_at(line, VKEY, NOTE) is None
    (judged,) = judge(parse(f"{NOTE}{line}\n".encode(), cosigned=True), (read_key(VKEY.text()),))
    assert isinstance(judged, Unproven)


def test_a_line_of_another_witness_says_nothing_of_this_one() -> None:
    line = cosign("city.example/w2", KEY, NOTE, SECONDS)
    assert cosigned_at(line, VKEY, NOTE) is None
    assert judge(parse(f"{NOTE}{line}\n".encode(), cosigned=True), (read_key(VKEY.text()),)) == []


def test_a_line_in_a_witness_s_name_by_another_key_is_named_as_that() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    checkpoint = parse(f"{NOTE}{cosign(NAME, other, NOTE, SECONDS)}\n".encode(), cosigned=True)
    (judged,) = judge(checkpoint, (read_key(VKEY.text()),))
    assert isinstance(judged, Unproven)
    assert "another key" in judged.reason


def test_a_note_with_lines_of_witnesses_is_read_only_where_they_may_stand() -> None:
    cosigned = f"{NOTE}{cosign(NAME, KEY, NOTE, SECONDS)}\n".encode()
    with pytest.raises(NotACheckpoint):
        parse(cosigned)
    assert parse(cosigned, cosigned=True).text.decode() == text_of(NOTE)


@pytest.mark.parametrize(
    "line",
    ["garbage", "— a", f"— {NAME} !!!!", f"— {NAME} AAAA\n\n", f"{NAME} AAAA", f"— {NAME} A===", f"— {NAME}  AAAA"],
)
def test_lines_of_no_such_form_are_refused(line: str) -> None:
    assert cosigned_at(line, VKEY, NOTE) is None
    with pytest.raises(NotACheckpoint):
        parse(f"{NOTE}{line}\n".encode(), cosigned=True)


SPKI = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_the_key_of_a_log_with_ecdsa_comes_back() -> None:
    made = log_key("evidence-station/s1/1", SPKI)
    assert made.kind == ECDSA
    assert read_vkey(made.text(), ED25519, ECDSA) == made


BAD_KEYS = {
    "empty": "",
    "no key": f"{NAME}+00000000",
    "a blank in the name": VKEY.text().replace("city", "ci ty"),
    "another id": f"{NAME}+00000000+{VKEY.text().rpartition('+')[2]}",
    "another name": VKEY.text().replace("city", "town"),
    "a log's key": VerifierKey(NAME, ED25519, VKEY.key).text(),
    "a short key": VerifierKey(NAME, COSIGNATURE, bytes(31)).text(),
    "no base64": f"{NAME}+00000000+A",
    "two lines": VKEY.text() + "\n",
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_what_is_no_verifier_key_of_a_witness_is_refused(name: str) -> None:
    with pytest.raises(NotAVerifierKey):
        read_vkey(BAD_KEYS[name], COSIGNATURE)
    if name != "two lines":  # the verifier takes one as it stands in a file
        with pytest.raises(NotAWitnessKey):
            read_key(BAD_KEYS[name])


@pytest.mark.parametrize(
    "material", [b"", bytes(91), SPKI[:-1], SPKI + b"\0"], ids=["nothing", "zeros", "a byte short", "a byte too many"]
)
def test_key_material_that_is_no_key_on_p256_is_refused(material: bytes) -> None:
    with pytest.raises(NotAVerifierKey):
        read_vkey(VerifierKey("log", ECDSA, material).text(), ED25519, ECDSA)
