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
    """A checkpoint as a store returned it: the tree size its key claims, and the note, of which nothing was checked."""

    size: int
    untrusted_note: bytes


def put_checkpoint(store: Store, origin: str, size: int, note: str, retain_until: datetime | None) -> None:
    """Store a checkpoint. Raises ``StoreConflict`` when one with another root stands at that size: the log was forked."""
    key, data = keys.checkpoint(origin, size), note.encode()
    try:
        store.put(key, data, Content(len(data), digest(data)), retain_until)
    except StoreConflict:
        # The same head may have been signed twice, by another key or with another nonce.
        if not any(_same_head(found.untrusted_note, note) for found in witnessed(store, origin) if found.size == size):
            raise


def witnessed(store: Store, origin: str) -> Iterator[WitnessedNote]:
    """Every checkpoint of a log that the store holds, the largest first."""
    found = [
        (size, one)
        for one in store.list(keys.checkpoint_prefix(origin))
        if (size := keys.checkpoint_size(origin, one.key)) is not None
    ]
    for size, one in sorted(found, key=lambda pair: pair[0], reverse=True):
        yield WitnessedNote(size, store.fetch(one.key, one.version, _LARGEST_NOTE))


def _same_head(untrusted_note: bytes, note: str) -> bool:
    try:
        return read_head(untrusted_note.decode()) == read_head(note)
    except (NotACheckpoint, UnicodeDecodeError):
        return False
