"""Types that msgspec has learned before any thread needs them.

It learns the members of a type at the type's first use, and the process crashes when two threads make that use at once (seen with
0.21 on Python 3.11: 11 of 40 processes, eight threads each). A module that decodes says ``FORM: Final = learned(Form)`` and uses ``FORM``;
a decoder that is made at import does the same.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def learned(form: type[T]) -> type[T]:
    """The type itself, learned."""
    msgspec.json.Decoder(form)
    return form
