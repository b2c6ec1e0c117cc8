"""What can go wrong with the lab itself, as against what it finds."""

from __future__ import annotations


class LabError(Exception):
    """The lab broke: no finding about the product. The text says what, and where to look."""


class PieceMissing(LabError):
    """Something that the lab is made of is not there. The text names it."""
