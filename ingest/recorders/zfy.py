"""``ZFY_INFO``: who a law-enforcement recorder (执法记录仪) says it is. Parser and writer. Pure.

The structure that makers of such recorders share (device facts, section 1.1): packed, 94 bytes, five fields that each end with a NUL
byte; text is in the code page of a Chinese Windows, GBK. The header comment gives 7 digits to serials and 6 to officer numbers, and
recorders are known that do otherwise: nothing here rests on a length but that of the field.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

ENCODING: Final = "gbk"
WIDTHS: Final = (8, 7, 33, 13, 33)
"""Bytes of each field in the order of :class:`RecorderIdentity`, its NUL byte included."""
SIZE: Final = sum(WIDTHS)


class NotAnIdentity(ValueError):
    """Bytes that are no ``ZFY_INFO``, or an identity that does not fit into one; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class RecorderIdentity:
    """Who a recorder says it is. What it does not say is empty."""

    serial: str
    officer: str = ""
    officer_name: str = ""
    unit: str = ""
    unit_name: str = ""


def parse(untrusted_info: bytes) -> RecorderIdentity:
    """An identity from its 94 bytes. What stands behind a NUL byte is what was there before, and is not looked at.

    Raises :class:`NotAnIdentity`: another size, a field without an end, text that is no GBK or cannot be shown, no serial.
    """
    if len(untrusted_info) != SIZE:
        raise NotAnIdentity(f"{len(untrusted_info)} bytes, not {SIZE}")
    texts, at = [], 0
    for name, width in zip(_NAMES, WIDTHS, strict=True):
        untrusted_field = untrusted_info[at : at + width]
        at += width
        text, end, _ = untrusted_field.partition(b"\0")
        if not end:
            raise NotAnIdentity(f"{name} does not end")
        texts.append(_text(name, text))
    if not texts[0]:
        raise NotAnIdentity("no serial")
    return RecorderIdentity(*texts)


def write(identity: RecorderIdentity) -> bytes:
    """The 94 bytes of an identity. Raises :class:`NotAnIdentity` when a text does not fit into its field, or is no GBK."""
    parts = []
    for name, width in zip(_NAMES, WIDTHS, strict=True):
        try:
            text = getattr(identity, name).encode(ENCODING)
        except UnicodeEncodeError as error:
            raise NotAnIdentity(f"{name} has characters that GBK has not") from error
        if len(text) >= width:
            raise NotAnIdentity(f"{name} takes {len(text)} bytes of {width - 1}")
        parts.append(text.ljust(width, b"\0"))
    made = b"".join(parts)
    parse(made)
    return made


def _text(name: str, untrusted_text: bytes) -> str:
    try:
        text = untrusted_text.decode(ENCODING)
    except UnicodeDecodeError as error:
        raise NotAnIdentity(f"{name} is no GBK") from error
    if not text.isprintable():
        raise NotAnIdentity(f"{name} has characters that cannot be shown")
    return text.strip()


_NAMES: Final = tuple(field.name for field in fields(RecorderIdentity))
