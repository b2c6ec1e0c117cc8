"""Sending one object: whole in one piece, or in parts that survive a cut, a restart and a power failure.

Rules kept here: the bytes that are hashed are the bytes that are sent, from the same buffer; nothing is completed before the
whole object's SHA-256 was recomputed from them and is the sealed one; a part is journalled before it is sent; a part that the
store lists is trusted only if number, size and MD5 are those of our own bytes and it was journalled with them; an object that is
already there is confirmed instead of sent; memory is one part for each that is in flight.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5, sha256
from threading import Event, Lock
from typing import BinaryIO

from evidence.ids import Digest
from evidence.uploads import JournalledPart, Part, QueuedUpload
from uploader.errors import (
    ObjectMissing,
    PartRejected,
    StoreConflict,
    StoreDisagrees,
    Stopped,
    UploadGone,
    VaultDigest,
    VaultUnreadable,
)
from uploader.queue import Queue
from uploader.stores import Confirmed, Content, HeldPart, Store, Told, part_size_for

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was sent and what the store confirmed. ``sent`` counts the bytes that went over the link, repetitions included."""

    content: Content
    confirmed: Confirmed


class Sending:
    """The sending of one upload through one store."""

    def __init__(self, store: Store, queue: Queue, upload: QueuedUpload, retain_until: datetime | None, told: Told, stop: Event) -> None:
        """``told`` hears of bytes handed to the link or found at the store; ``stop`` ends it at the next part border."""
        self._store = store
        self._queue = queue
        self._upload = upload
        self._key = upload.object_key
        self._retain_until = retain_until
        self._told = told
        self._stop = stop

    def deliver(self, source: BinaryIO) -> Delivered:
        """Send the object, unless it is there, and have it confirmed. Raises the faults of ``uploader/errors.py`` and ``Stopped``."""
        if self._upload.size <= self._store.part_size and self._upload.token is None:
            return self._in_one_piece(source)
        return self._in_parts(source)

    def _in_one_piece(self, source: BinaryIO) -> Delivered:
        data = _read(source, self._upload, self._upload.size + 1)
        content = self._sealed(Content(len(data), Digest(sha256(data).hexdigest())))
        confirmed = self._twice(lambda: self._store.put(self._key, data, content, self._retain_until))
        self._told(content.size)
        return Delivered(content, confirmed)

    def _in_parts(self, source: BinaryIO) -> Delivered:
        held = self._resumed()
        if held is None:
            if (there := self._already_there(source)) is not None:
                return there
            part_size = part_size_for(self._upload.size, self._store.part_size)
            token = self._store.open_upload(self._key, self._upload.size, part_size, self._retain_until)
            self._queue.opened(self._upload.id, token, part_size)
            held, journal = {}, {}
        else:
            assert self._upload.token is not None
            assert self._upload.part_size is not None
            token, part_size = self._upload.token, self._upload.part_size
            journal = {one.part.number: one for one in self._queue.parts(self._upload.id)}
        try:
            content = self._parts_sent(source, token, part_size, held, journal)
            return Delivered(content, self._store.finish(self._key, token, content, self._retain_until))
        except (VaultDigest, StoreDisagrees):
            self._store.abort(self._key, token)
            self._queue.gone(self._upload.id)
            raise
        except UploadGone:
            self._queue.gone(self._upload.id)
            raise

    def _resumed(self) -> dict[int, HeldPart] | None:
        """What the store holds of the journalled upload; None when there is none, or none any more."""
        if self._upload.token is None or self._upload.part_size is None:
            return None
        try:
            return {part.number: part for part in self._store.list_parts(self._key, self._upload.token)}
        except UploadGone:
            self._queue.gone(self._upload.id)
            return None

    def _already_there(self, source: BinaryIO) -> Delivered | None:
        """The object may be there: another clip has these bytes, or the answer to our own completing was lost."""
        found = self._store.find(self._key)
        if found is None:
            return None
        content = self._sealed(_content(source, self._upload, found.part_size))
        source.seek(0)
        try:
            confirmed = self._store.confirm(self._key, found.version, content, self._retain_until)
        except ObjectMissing:
            return None
        except StoreDisagrees as error:
            raise StoreConflict(store=self._store.name, object_key=self._key) from error
        self._told(content.size)
        return Delivered(content, confirmed)

    def _parts_sent(
        self, source: BinaryIO, token: str, part_size: int, held: dict[int, HeldPart], journal: dict[int, JournalledPart]
    ) -> Content:
        reader = _PartReader(source, self._upload, part_size)
        ended = Event()

        def work() -> None:
            buffer = memoryview(bytearray(min(part_size, self._upload.size)))
            try:
                while not ended.is_set() and (part := reader.next_into(buffer)) is not None:
                    if self._stop.is_set():
                        raise Stopped
                    if _trusted(part, held.get(part.number), journal.get(part.number)):
                        self._told(part.size)
                    else:
                        self._send(token, part, buffer[: part.size])
            finally:
                ended.set()  # the parts were all read, or one failed: the other stream stops after its own part

        with ThreadPoolExecutor(self._store.streams, "part") as pool:
            works = [pool.submit(work) for _ in range(min(self._store.streams, reader.count))]
        for one in works:
            one.result()
        return self._sealed(reader.content())

    def _send(self, token: str, part: Part, data: memoryview) -> None:
        self._queue.sending(self._upload.id, part)
        etag = self._twice(lambda: self._store.send_part(self._key, token, part, data, self._told))
        self._queue.sent(self._upload.id, part.number, etag)

    def _twice[T](self, act: Callable[[], T]) -> T:
        """Bytes that arrived wrong go once more at once; twice is not an accident."""
        try:
            return act()
        except PartRejected:
            return act()

    def _sealed(self, content: Content) -> Content:
        """The content, if it is what was sealed. Raises ``VaultDigest``."""
        if (content.size, content.sha256) != (self._upload.size, self._upload.sha256):
            raise VaultDigest(object_key=self._key, sha256=self._upload.sha256, found=content.sha256)
        return content
