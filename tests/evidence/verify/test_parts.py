"""The verifier's own parts against published vectors, reference implementations and other programs."""

from __future__ import annotations

import random
import subprocess
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.verify import tree
from evidence.verify.canonical import NotCanonical, decode, encode
from evidence.verify.cms import BadSignature, open_seal
from evidence.verify.compare import aligned
from evidence.verify.der import NotDer, elements
from evidence.verify.entries import Malformed, parse
from evidence.verify.fold import About
from evidence.verify.signednote import NotACheckpoint
from evidence.verify.signednote import parse as parse_note
from evidence.verify.spool import Spool
from evidence.verify.verdict import runs
from tests.evidence.verify.sample import Tree, canonical, keys, note, seal

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The certificate-transparency reference vectors for RFC 6962: eight leaves, the root after each."""


def test_the_tree_gives_the_published_roots() -> None:
    assert tree.Edge().root() == tree.EMPTY
    assert tree.EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    edge = tree.Edge()
    for entry, root in zip(LEAVES, ROOTS, strict=True):
        edge.put(tree.leaf(entry))
        found = edge.root()
        assert found is not None
        assert found.hex() == root


def recursive(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return tree.EMPTY
    if len(leaves) == 1:
        return tree.leaf(leaves[0])
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return tree.node(recursive(leaves[:half]), recursive(leaves[half:]))


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129])
def test_the_tree_is_the_one_of_the_rfc(size: int) -> None:
    leaves = [str(number).encode() for number in range(size)]
    writer, edge = Tree(), tree.Edge()
    for leaf in leaves:
        stored = b"".join(writer.append(leaf))
        assert edge.append(tree.leaf(leaf), stored)
        assert not edge.copy().append(tree.leaf(leaf), stored[:-1] + bytes([stored[-1] ^ 1]))
    assert edge.root() == recursive(leaves)


@given(st.integers(1, 200), st.data())
def test_stored_hashes_close_a_hole(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first + 1, size))
    leaves = [str(number).encode() for number in range(256)]
    writer, edge = Tree(), tree.Edge()
    for number, leaf in enumerate(leaves):
        made = writer.append(leaf)
        if number == first:
            edge.skip_to(last)
        if not first <= number < last:
            assert edge.put(tree.leaf(leaf), made) is None
    assert edge.size == 256
    assert edge.root() == recursive(leaves)  # 256 closes every subtree


def test_hashes_that_are_forgotten_are_unknown() -> None:
    edge = tree.Edge()
    for number in range(13):
        edge.put(tree.leaf(bytes([number])))
    edge.forget_from(9)
    assert [peak is None for peak in edge.peaks] == [False, True, True]
    assert edge.root() is None


# -- signed notes --

GENUINE = note("evidence-station/S-1/1", 7, bytes(range(32)), keys().log)


def test_a_checkpoint_is_read() -> None:
    found = parse_note(GENUINE.encode())
    assert (found.origin, found.size, found.root) == ("evidence-station/S-1/1", 7, bytes(range(32)))


@pytest.mark.parametrize(
    "spoiled",
    [
        GENUINE[:-1],
        GENUINE + "\n",
        GENUINE.replace("\n7\n", "\n07\n"),
        GENUINE.replace("\n7\n", "\n-7\n"),
        GENUINE.replace("\n7\n", "\n7\nextension\n"),
        GENUINE.replace("\N{EM DASH} ", "- "),
        GENUINE.replace("\n7\n", "\n\n7\n"),
        GENUINE.replace("evidence-station/S-1/1\n7", "other\n7"),
        GENUINE.replace("AAEC", "AAE"),
        GENUINE.replace("Hh8=", "Hh9="),
        GENUINE + GENUINE.split("\n\n")[1],
        GENUINE.replace("\n7\n", "\n\N{ARABIC-INDIC DIGIT SEVEN}\n"),
    ],
)
def test_what_is_almost_a_checkpoint_is_refused(spoiled: str) -> None:
    assert spoiled != GENUINE
    with pytest.raises(NotACheckpoint):
        parse_note(spoiled.encode())


# -- canonical JSON --

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(json_values)
def test_canonical_json_is_that_of_the_reference(value: object) -> None:
    expected = rfc8785.dumps(value)  # type: ignore[arg-type]  # its alias is narrower than JSON
    assert encode(value) == expected
    assert decode(expected, msgspec.json.Decoder()) == value


@pytest.mark.parametrize(
    "spoiled",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":9007199254740992}',
        b'{"a":1,"a":1}',
        '{"é":1}'.encode(),
        b'"\\u0041"',
        b"{",
        b"\xff",
    ],
)
def test_what_is_not_canonical_is_refused(spoiled: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(spoiled, msgspec.json.Decoder())


# -- entries --

ENTRY = {
    "v": 1, "seq": 3, "id": "x", "type": "viewed", "subject": "clip:" + "0" * 36, "actor": {"system": "station"}, "what": {}, "prev": None,
    "when": {"utc": "2026-11-21T10:00:00.000000Z", "clock": "unknown", "boot": "b", "mono_ns": "1"}, "salt": "0" * 32,
}  # fmt: skip


def test_an_entry_is_read() -> None:
    assert parse(canonical(ENTRY)).seq == 3


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2}, {"seq": "3"}, {"subject": "clip"}, {"subject": "clip:\n"}, {"type": "erased-all"}, {"extra": 1}, {"salt": "0"}, {"prev": "0"},
        {"actor": {}}, {"actor": {"person": "name", "role": "x"}}, {"what": {"n": 1.5}}, {"what": []}, {"type": "copied"}, {"type": "tagged"},
        {"when": ENTRY["when"] | {"utc": "2026-11-21"}},  # type: ignore[operator]  # a dict in a dict of objects
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse(canonical(ENTRY | change))


# -- seals --


def test_a_seal_is_opened_as_openssl_opens_it(tmp_path: Path) -> None:
    body, ring = b'{"manifest":true}', keys()
    signature = seal(body, ring.seal)
    found = open_seal(signature)
    assert found.certificate == ring.seal.certificate
    assert (
        found.digest.hex()
        == subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=body, capture_output=True, check=True).stdout[:64].decode()
    )
    (tmp_path / "m").write_bytes(body)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-content",
        str(tmp_path / "m"),
        "-noverify",
        "-out",
        "/dev/null",
    ]
    assert subprocess.run(command, input=signature, capture_output=True, check=False).returncode == 0


def test_one_made_by_openssl_is_opened(tmp_path: Path) -> None:
    config = "[v]\nkeyUsage=critical,digitalSignature\n"
    (tmp_path / "c").write_text(config)
    (tmp_path / "m").write_bytes(b"content")
    new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -subj /CN=x -days 2"
    sign = "openssl cms -sign -binary -in m -signer c.pem -inkey k.pem -outform DER -out m.p7s -md sha256"
    for command in (new, sign):
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert open_seal((tmp_path / "m.p7s").read_bytes()).digest == sha256(b"content").digest()


def test_no_flipped_bit_of_what_is_signed_passes() -> None:
    signature = seal(b"content", keys().seal)
    expected = open_seal(signature)
    for place in range(len(signature)):
        spoiled = bytearray(signature)
        spoiled[place] ^= 1 << random.Random(place).randrange(8)
        try:
            found = open_seal(bytes(spoiled))
        except BadSignature:
            continue
        assert found.digest == expected.digest, place  # what nobody signed may change; the certificate is held to the log's


@given(st.binary(max_size=200))
def test_garbage_is_no_seal(garbage: bytes) -> None:
    with pytest.raises(BadSignature):
        open_seal(garbage)


@pytest.mark.parametrize(
    "spoiled", [b"\x30", b"\x30\x01", b"\x30\x81\x01\x00", b"\x30\x80\x00\x00", b"\x1f\x01\x00", b"\x30\x82\x00\x80" + bytes(128)]
)
def test_what_is_not_der_is_refused(spoiled: bytes) -> None:
    with pytest.raises(NotDer):
        elements(spoiled)


# -- sorting --


@given(
    st.lists(st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3), st.integers(0, 5)))
)
def test_the_spool_gives_back_what_went_in_by_key(facts: list[tuple[str, int]]) -> None:
    with Spool() as spool:
        for order, (key, value) in enumerate(facts):
            spool.add("facts", key, order, value)
        found = dict(spool.groups("facts", int))
    assert found == {key: [value for known, value in facts if known == key] for key in {key for key, _ in facts}}
    assert list(found) == sorted(found)


def test_facts_survive_the_way() -> None:
    about = About(1, 2, "copied", "id", "utc", "clock", bytes(32), None, {"ranges": [[0, 1]]})
    with Spool() as spool:
        spool.add("facts", "k", 0, about)
        assert list(spool.groups("facts", About)) == [("k", [about])]


def test_streams_are_walked_together() -> None:
    one = iter([("a", 1), ("c", 2), ("c", 3)])
    other = iter([("b", 4), ("c", 5)])
    assert list(aligned(one, other)) == [("a", [[1], []]), ("b", [[], [4]]), ("c", [[2, 3], [5]])]


def test_runs_of_numbers() -> None:
    assert runs([1, 2, 3, 7, 9, 10]) == ["1-3", "7", "9-10"]
    assert runs([]) == []
