"""Just enough DER (X.690) for time stamps and SM2 keys: elements read strictly, elements written, a SET put into its order.

For the writing side only; the verifier reads with code of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, SEQUENCE, SET = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
CONTEXT_0, CONTEXT_1 = 0xA0, 0xA1
GENERALIZED_TIME = 0x18


class NotDer(ValueError):
    """Bytes that are not DER, or not the element that belongs there."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: identifier octet and content."""

    tag: int
    content: bytes

    @property
    def whole(self) -> bytes:
        """The element as it stands in DER."""
        return element(self.tag, self.content)

    def inside(self, tag: int) -> list[Element]:
        """The elements inside one that must have this tag. Raises :class:`NotDer`."""
        return read(self.value(tag))

    def value(self, tag: int) -> bytes:
        """The content of one that must have this tag. Raises :class:`NotDer`."""
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#04x} where {tag:#04x} belongs")
        return self.content


def read(untrusted_bytes: bytes) -> list[Element]:
    """All elements of a sequence of bytes, nothing left over. Raises :class:`NotDer`."""
    found = []
    place = 0
    while place < len(untrusted_bytes):
        if len(untrusted_bytes) - place < 2:
            raise NotDer("cut off")
        tag, length = untrusted_bytes[place], untrusted_bytes[place + 1]
        place += 2
        if tag & 0x1F == 0x1F:
            raise NotDer("multi-byte tag")
        if length >= 0x80:
            digits = untrusted_bytes[place : place + (length & 0x7F)]
            place += len(digits)
            if not 1 <= length & 0x7F <= 4 or len(digits) != length & 0x7F or int.from_bytes(digits) < 0x80 or digits[0] == 0:
                raise NotDer("length")
            length = int.from_bytes(digits)
        if place + length > len(untrusted_bytes):
            raise NotDer("cut off")
        found.append(Element(tag, untrusted_bytes[place : place + length]))
        place += length
    return found


def element(tag: int, content: bytes) -> bytes:
    """One element in DER."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded elements."""
    return element(SEQUENCE, b"".join(parts))


def integer(value: int) -> bytes:
    """A non-negative INTEGER in its shortest form."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def in_order(one: Element) -> bytes:
    """A SET OF (whatever its tag) with its members in the order that DER asks for (X.690, section 11.6)."""
    return element(one.tag, b"".join(sorted(member.whole for member in read(one.content))))
