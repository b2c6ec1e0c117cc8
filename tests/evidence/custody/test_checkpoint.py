"""Checkpoints against the published examples of C2SP signed-note and tlog-checkpoint, and one bad sample for each rule."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from evidence.custody.checkpoint import Head, NotACheckpoint, is_signed_by, key_hash, read_head, sign
from evidence.errors import Exit
from evidence.signing import Algorithm, FileSigner

# The key, the note and its signature in the documentation of the reference implementation (golang.org/x/mod/sumdb/note).
NEUMANN_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
NEUMANN_PUBLIC = b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
NEUMANN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NEUMANN_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

# The example of the specification tlog-checkpoint.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
HEAD = Head("evidence-station/s1/1", 7, sha256(b"root").digest())


class Published:
    """The public half of a key that somebody else holds."""

    def __init__(self, algorithm: Algorithm, der: bytes, raw: bytes = b"") -> None:
        self.algorithm: Algorithm = algorithm
        self._der = der
        self._raw = raw

    def public_der(self) -> bytes:
        return self._der

    def public_raw(self) -> bytes:
        return self._raw

    def sign(self, message: bytes) -> bytes:
        raise NotImplementedError


def test_the_key_id_of_the_specification() -> None:
    raw = bytes.fromhex("e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4")  # signed-note, "Verifier keys"
    assert key_hash("example.com/foo", Published("ed25519", b"", raw)).hex() == "530d903a"
    assert key_hash("PeterNeumann", Published("ed25519", b"", NEUMANN_PUBLIC)).hex() == "c74f20a3"


def test_the_key_id_of_an_ecdsa_key_is_that_of_a_log_in_use() -> None:
    # The public instance of Sigstore's Rekor: rekor.sigstore.dev+c0d23d6a+Aj… (type 2, DER SubjectPublicKeyInfo).
    der = b64decode(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw=="
    )
    assert key_hash("rekor.sigstore.dev", Published("ecdsa-p256-sha256", der)).hex() == "c0d23d6a"


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_a_signature_is_known_again_and_nothing_else_is(kind: str) -> None:
    made = [Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    mine, other = (FileSigner(key) for key in made)
    note = sign(HEAD, mine)
    assert is_signed_by(note, mine.public_der())
    assert not is_signed_by(note, other.public_der())
    assert not is_signed_by(note.replace("\n7\n", "\n8\n"), mine.public_der())
    assert not is_signed_by(note.replace("— evidence-station/s1/1", "— evidence-station/s1/2"), mine.public_der())
    assert is_signed_by(note + sign(HEAD, other).rpartition("\n\n")[2], other.public_der())


def test_the_published_note_is_signed_byte_for_byte() -> None:
    signer = FileSigner(Ed25519PrivateKey.from_private_bytes(NEUMANN_SEED))
    assert signer.public_raw() == NEUMANN_PUBLIC
    made = key_hash("PeterNeumann", signer) + signer.sign(NEUMANN_TEXT.encode())
    assert b64encode(made).decode() == NEUMANN_SIGNATURE


def test_the_example_checkpoint_is_read() -> None:
    head = read_head(EXAMPLE)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert b64encode(head.root).decode() == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert head.text() == EXAMPLE.partition("\n\n")[0] + "\n"


def test_a_checkpoint_is_three_lines_and_one_signature_that_its_key_verifies() -> None:
    key = Ed25519PrivateKey.generate()
    note = sign(HEAD, FileSigner(key))
    root = b64encode(HEAD.root).decode()
    text, _, line = note.partition("\n\n")
    assert text == f"evidence-station/s1/1\n7\n{root}"
    assert line.startswith("— evidence-station/s1/1 ")
    assert note.endswith("\n")
    assert note.count("\n") == 5
    blob = b64decode(line.rsplit(" ", 1)[1].strip(), validate=True)
    public: Ed25519PublicKey = key.public_key()
    assert blob[:4] == sha256(b"evidence-station/s1/1\n\x01" + public.public_bytes_raw()).digest()[:4]
    public.verify(blob[4:], text.encode() + b"\n")
    assert read_head(note) == HEAD


def test_a_key_that_cannot_do_ed25519_signs_with_ecdsa() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text, _, line = sign(HEAD, FileSigner(key)).partition("\n\n")
    blob = b64decode(line.rsplit(" ", 1)[1].strip(), validate=True)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert blob[:4] == sha256(der).digest()[:4]
    public = load_der_public_key(der)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(blob[4:], text.encode() + b"\n", ec.ECDSA(SHA256()))


ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
LINE = "— o AAAAAAAA\n"
BAD = {
    "empty": "",
    "no-signature": f"o\n1\n{ROOT}\n",
    "no-blank-line": f"o\n1\n{ROOT}\n{LINE}",
    "two-lines": f"o\n1\n\n{LINE}",
    "empty-origin": f"\n1\n{ROOT}\n\n{LINE}",
    "size-not-a-number": f"o\nx\n{ROOT}\n\n{LINE}",
    "size-with-leading-zero": f"o\n01\n{ROOT}\n\n{LINE}",
    "size-negative": f"o\n-1\n{ROOT}\n\n{LINE}",
    "size-with-sign": f"o\n+1\n{ROOT}\n\n{LINE}",
    "size-with-blank": f"o\n 1\n{ROOT}\n\n{LINE}",
    "size-not-ascii": f"o\n\u0661\n{ROOT}\n\n{LINE}",
    "size-beyond-63-bits": f"o\n99999999999999999999\n{ROOT}\n\n{LINE}",
    "root-not-base64": f"o\n1\n!{ROOT[1:]}\n\n{LINE}",
    "root-without-padding": f"o\n1\n{ROOT[:-1]}\n\n{LINE}",
    "root-too-short": f"o\n1\n{b64encode(bytes(31)).decode()}\n\n{LINE}",
    "root-too-long": f"o\n1\n{b64encode(bytes(33)).decode()}\n\n{LINE}",
    "root-in-another-spelling": f"o\n1\n{ROOT[:-2]}J=\n\n{LINE}",
    "root-missing": f"o\n1\n\n\n{LINE}",
    "signature-with-a-hyphen": f"o\n1\n{ROOT}\n\n- o AAAAAAAA\n",
    "signature-without-name": f"o\n1\n{ROOT}\n\n— AAAAAAAA\n",
    "signature-not-base64": f"o\n1\n{ROOT}\n\n— o !!!!\n",
    "something-after-the-signature": f"o\n1\n{ROOT}\n\n{LINE}more\n",
    "carriage-returns": f"o\r\n1\r\n{ROOT}\r\n\r\n{LINE}",
}


@pytest.mark.parametrize("note", BAD.values(), ids=BAD)
def test_what_is_no_checkpoint(note: str) -> None:
    with pytest.raises(NotACheckpoint) as caught:
        read_head(note)
    assert caught.value.fields["rule"]
    assert caught.value.status is Exit.USAGE


def test_several_signatures_are_a_checkpoint_still() -> None:
    assert read_head(EXAMPLE + "— witness.example BBBBBBBBBB==\n").size == 20852163
