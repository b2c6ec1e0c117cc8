"""Moments as the catalogue and the receipts write them: RFC 3339, UTC, microseconds, ``Z``; they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """A moment as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> datetime:
    """A moment from the text that :func:`written` makes."""
    return datetime.fromisoformat(text)
