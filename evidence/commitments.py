"""Salted commitments: a personal value in the log without the value.

The log must never lose an entry, and a person's name must be erasable where the law says so. So an entry holds a salted
digest of each personal value; value and salt lie beside the log and can be removed without breaking it
(``FORMATS.md``, "Entry").
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from evidence.canonical import JsonObject

SALT_BYTES = 16
_DOMAIN = b"evidence-station/commitment/v1\0"


def commitment(field: str, value: str, salt: bytes) -> str:
    """The commitment of one value under one field name, as hex. ``salt`` is 16 random bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a commitment takes 16 bytes of salt")
    return sha256(_DOMAIN + salt + field.encode() + b"\0" + value.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Personal:
    """A value that the entry may only commit to. ``salt`` is drawn for this one use."""

    field: str
    value: str
    salt: bytes

    def committed(self) -> JsonObject:
        """What stands in the entry in place of the value."""
        return {"commitment": commitment(self.field, self.value, self.salt)}
