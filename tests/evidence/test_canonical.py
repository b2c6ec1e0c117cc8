"""Canonical JSON against the reference package, and what it must refuse."""

from __future__ import annotations

from typing import cast

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import Json, canonical, digest

EXACT = 2**53
keys = st.text(st.characters(max_codepoint=0x7F), max_size=12)
scalars = st.none() | st.booleans() | st.integers(1 - EXACT, EXACT - 1) | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)


@given(values)
def test_it_writes_what_the_reference_package_writes(value: Json) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "é"], "": -0}, b'{"":0,"a":[true,null,"\xc3\xa9"],"b":1}'),
        # RFC 8785, section 3.2.2.2: the short escapes, \u00xx in lower case, and nothing else escaped.
        (
            '\b\t\n\f\r"\\/\x00\x1f\x7f\u2028€😀',
            b'"\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\x7f\xe2\x80\xa8\xe2\x82\xac\xf0\x9f\x98\x80"',
        ),
        ({"a": {"B": 1, "A": 2}, "Z": 3, "10": 4, "9": 5}, b'{"10":4,"9":5,"Z":3,"a":{"A":2,"B":1}}'),
        ((1, (2, 3)), b"[1,[2,3]]"),
        (EXACT - 1, b"9007199254740991"),
        (1 - EXACT, b"-9007199254740991"),
    ],
)
def test_the_bytes_are_those_of_the_specification(value: Json, expected: bytes) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        0.5,
        float("nan"),
        EXACT,
        -EXACT,
        {"é": 1},
        {"a": {"клад": 1}},
        {"a": [1, {"b": 2.5}]},
        b"bytes",
        {1, 2},
        1j,
        "\ud800",
        {"a": "\udcff"},
    ],
    ids=repr,
)
def test_what_it_cannot_say_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # a lone surrogate is refused by the encoder, the rest by our own words
        canonical(cast("Json", value))


@given(st.text(st.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=1, max_size=3))
def test_a_key_that_is_not_ascii_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        canonical({"a": 1, key: 2})


def test_a_digest_is_lower_case_sha256() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
