"""Whether bytes are canonical JSON (RFC 8785) as the formats use it. Independent of the writer's encoder.

The formats have neither floats nor integers from 2^53 on; within that, sorting the members (ASCII keys) and writing without
blanks is all RFC 8785 asks, and a test holds this to the reference package.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")
_EXACT = 1 << 53

Form = TypeVar("Form")


class NotCanonical(ValueError):
    """Bytes that the writer would not have written."""


def encode(value: Any) -> bytes:  # noqa: ANN401  # any JSON value
    """Canonical bytes of a value that came out of a document or a typed form of one."""
    return _ENCODER.encode(value)


def exact(value: object) -> bool:
    """Whether a decoded value has only what the formats have."""
    if isinstance(value, dict):
        return all(key.isascii() and exact(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(exact(inner) for inner in value)
    if isinstance(value, int):
        return -_EXACT < value < _EXACT
    return value is None or isinstance(value, str)


def decode(untrusted_bytes: bytes, decoder: msgspec.json.Decoder[Form]) -> Form:
    """Decode a canonical document strictly. Raises :class:`NotCanonical`."""
    try:
        value = msgspec.json.decode(untrusted_bytes)
        if not exact(value) or _ENCODER.encode(value) != untrusted_bytes:
            raise NotCanonical("not canonical JSON")
        return decoder.decode(untrusted_bytes)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise NotCanonical(str(error)) from error
