"""Signed heads of the log, kept where the station cannot take them back: what a rollback is found by.

Checkpoints lie under ``checkpoints/<origin>/<size>``, are never overwritten, and are locked where the store locks. Reading
them lists every version, so one that somebody deleted or wrote over still bears witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from evidence.canonical import digest
from evidence.custody.checkpoint import NotACheckpoint, read_head
from uploader import keys
from uploader.errors import StoreConflict
from uploader.stores import Content, Store

_LARGEST_NOTE = 1 << 16


@dataclass(frozen=True, slots=True)
class WitnessedNote:
    """A checkpoint as a store returned it: what its key claims, and the note, of which nothing was checked."""

    key: str
    origin: str
    epoch: int
    size: int
    untrusted_note: bytes


def put_checkpoint(store: Store, origin: str, size: int, note: str, retain_until: datetime | None) -> None:
    """Store a checkpoint. Raises ``StoreConflict`` when one with another root stands at that size: the log was forked."""
    key, data = keys.checkpoint(origin, size), note.encode()
    try:
        store.put(key, data, Content(len(data), digest(data)), retain_until)
    except StoreConflict:
        # The same head may have been signed twice, by another key or with another nonce.
        there = (found.untrusted_note for found in witnessed(store, keys.checkpoint_prefix(origin)) if found.size == size)
        if not any(_same_head(one, note) for one in there):
            raise


def witnessed(store: Store, prefix: str) -> Iterator[WitnessedNote]:
    """Every checkpoint that the store holds under a prefix (of one log, or of all logs of a station), newest log and largest first."""
    found = [(place, one) for one in store.list(prefix) if (place := keys.checkpoint_place(one.key)) is not None]
    for (origin, epoch, size), one in sorted(found, key=lambda pair: pair[0][1:], reverse=True):
        yield WitnessedNote(one.key, origin, epoch, size, store.fetch(one.key, one.version, _LARGEST_NOTE))


def _same_head(untrusted_note: bytes, note: str) -> bool:
    try:
        return read_head(untrusted_note.decode()) == read_head(note)
    except (NotACheckpoint, UnicodeDecodeError):
        return False
