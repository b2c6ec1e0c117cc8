"""What stands in a paper's QR code: the same facts as on the paper, in lines that a person, a phone or ``verify`` can compare.

    evidence-station/slip/v1
    station=harbour-1
    …
    (an empty line)
    the checkpoint, as it was signed

``name=value`` in the order in which the paper has them; the checkpoint after the empty line is the whole signed note, so that
whoever keeps the paper keeps a witness against rollback: what follows the empty line is a file for ``verify --checkpoint``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["slip", "shift", "disposal"]


def code(kind: Kind, facts: Mapping[str, str | int], note: str) -> str:
    """The text of a QR code. Values hold no line feed: they are ids, digests and numbers."""
    lines = [f"evidence-station/{kind}/v1", *(f"{name}={value}" for name, value in facts.items())]
    return "\n".join(lines) + "\n\n" + note
