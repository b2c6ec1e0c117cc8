"""Just enough DER (X.690, section 10) to take a CMS signature apart: strict, and nothing kept but slices of the input."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, OCTET_STRING, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
MAX_BYTES = 1 << 24


class NotDer(ValueError):
    """Bytes that are not DER."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: identifier octet, content, and the element whole as it stood."""

    tag: int
    content: bytes
    whole: bytes

    def children(self, tag: int) -> list[Element]:
        """The elements inside a constructed one that must have this tag. Raises :class:`NotDer`."""
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#04x} where {tag:#04x} belongs")
        return elements(self.content)

    def primitive(self, tag: int) -> bytes:
        """The content of one that must have this tag. Raises :class:`NotDer`."""
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#04x} where {tag:#04x} belongs")
        return self.content


def elements(untrusted_bytes: bytes) -> list[Element]:
    """All elements of a sequence of bytes, nothing left over. Raises :class:`NotDer`."""
    found = []
    place = 0
    while place < len(untrusted_bytes):
        element = _element(untrusted_bytes, place)
        found.append(element)
        place += len(element.whole)
    return found


def _element(data: bytes, start: int) -> Element:
    if len(data) - start < 2 or len(data) > MAX_BYTES:
        raise NotDer("cut off")
    tag, length, body = data[start], data[start + 1], start + 2
    if tag & 0x1F == 0x1F:
        raise NotDer("multi-byte tag")
    if length >= 0x80:
        width = length & 0x7F
        digits = data[body : body + width]
        if not 1 <= width <= 4 or len(digits) != width or digits[0] == 0:
            raise NotDer("length")
        length, body = int.from_bytes(digits), body + width
        if length < 0x80:
            raise NotDer("length not in its shortest form")
    if body + length > len(data):
        raise NotDer("cut off")
    return Element(tag, data[body : body + length], data[start : body + length])
