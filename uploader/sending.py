"""Sending one object: whole in one piece, or in parts that survive a cut, a restart and a power failure.

Rules kept here: the bytes that are hashed are the bytes that are sent, from the same buffer; nothing is completed before the
whole object's SHA-256 was recomputed from them and is the sealed one; a part is journalled before it is sent; a part that the
store lists is trusted only if number, size and MD5 are those of our own bytes and it was journalled with them; an object that is
already there is confirmed instead of sent; memory is one part for each that is in flight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import md5, sha256
from threading import Event, Lock
from typing import BinaryIO

from evidence.ids import Digest
from evidence.uploads import JournalledPart, Part, QueuedUpload
from uploader.errors import (
    PartRejected,
    Stopped,
    StoreConflict,
    StoreDisagrees,
    UploadGone,
    VaultDigest,
    VaultUnreadable,
)
from uploader.queue import Queue
from uploader.stores import Confirmed, Content, HeldPart, Store, Told, part_size_for

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was to be sent and what the store confirmed."""

    content: Content
    confirmed: Confirmed


class Sending:
    """The sending of one upload through one store."""

    def __init__(
        self, store: Store, queue: Queue, upload: QueuedUpload, retain_until: datetime | None, told: Told, stop: Event
    ) -> None:
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
        try:
            return self._deliver(source)
        except UploadGone:
            # The store dropped what it had of it, as stores do after some days: not a failure, it starts anew.
            self._queue.gone(self._upload.id)
            self._upload = replace(self._upload, token=None, part_size=None)
            source.seek(0)
            return self._deliver(source)

    def _deliver(self, source: BinaryIO) -> Delivered:
        if self._upload.size <= self._store.part_size and self._upload.token is None:
            return self._in_one_piece(source)
        return self._in_parts(source)

    def _in_one_piece(self, source: BinaryIO) -> Delivered:
        data = _read(source, self._upload, self._upload.size + 1)
        content = self._sealed(Content(len(data), Digest(sha256(data).hexdigest())))
        try:
            confirmed = self._store.put(self._key, data, content, self._retain_until)
        except PartRejected:
            confirmed = self._store.put(self._key, data, content, self._retain_until)  # once more at once: twice is no accident
        self._told(content.size)
        return Delivered(content, confirmed)

    def _in_parts(self, source: BinaryIO) -> Delivered:
        token, part_size = self._upload.token, self._upload.part_size
        held: set[HeldPart] = set()
        if token is not None:
            held = set(self._store.list_parts(self._key, token))
        elif (there := self._already_there(source)) is not None:
            return there
        if token is None or part_size is None:
            part_size = part_size_for(self._upload.size, self._store.part_size)
            token = self._store.open_upload(self._key, self._upload.size, part_size, self._retain_until)
            self._queue.opened(self._upload.id, token, part_size)
        journal = self._queue.parts(self._upload.id)
        try:
            content = self._parts_sent(source, token, part_size, _trusted(journal, held))
            return Delivered(content, self._store.finish(self._key, token, content, self._retain_until))
        except (VaultDigest, StoreDisagrees):
            # What the store has is of no use: the next attempt must not build on it.
            self._store.abort(self._key, token)
            self._queue.gone(self._upload.id)
            raise

    def _already_there(self, source: BinaryIO) -> Delivered | None:
        """The object may be there: another clip has these bytes, or the answer to our own completing was lost."""
        found = self._store.find(self._key)
        if found is None:
            return None
        content = self._sealed(_content(source, self._upload, found.part_size))
        source.seek(0)
        try:
            confirmed = self._store.confirm(self._key, found.version, content, self._retain_until)
        except StoreDisagrees as error:
            raise StoreConflict(store=self._store.name, object_key=self._key) from error
        self._told(content.size)
        return Delivered(content, confirmed)

    def _parts_sent(self, source: BinaryIO, token: str, part_size: int, trusted: dict[int, Part]) -> Content:
        """Send every part that the store does not have. ``trusted`` are those that journal and store agree upon."""
        reader = _PartReader(source, self._upload, part_size)
        ended = Event()

        def stream() -> None:
            buffer = memoryview(bytearray(min(part_size, self._upload.size)))
            try:
                while not ended.is_set() and (part := reader.next_into(buffer)) is not None:
                    if self._stop.is_set():
                        raise Stopped
                    if trusted.get(part.number) == part:
                        self._told(part.size)
                    else:
                        self._send(token, part, buffer[: part.size])
            finally:
                ended.set()  # all parts are taken, or one failed: the other stream ends with the part it is at

        with ThreadPoolExecutor(self._store.streams, "part") as pool:
            streams = [pool.submit(stream) for _ in range(self._store.streams)]
            try:
                wait(streams)
            finally:
                ended.set()
        for one in streams:
            one.result()
        return self._sealed(reader.content())

    def _send(self, token: str, part: Part, data: memoryview) -> None:
        self._queue.sending(self._upload.id, part)
        try:
            etag = self._store.send_part(self._key, token, part, data, self._told)
        except PartRejected:
            etag = self._store.send_part(self._key, token, part, data, self._told)  # once more at once: twice is no accident
        self._queue.sent(self._upload.id, part.number, etag)

    def _sealed(self, content: Content) -> Content:
        """The content, if it is what was sealed. Raises ``VaultDigest``."""
        if (content.size, content.sha256) != (self._upload.size, self._upload.sha256):
            raise VaultDigest(object_key=self._key, sha256=self._upload.sha256, found=content.sha256)
        return content


class _PartReader:
    """Reads a source once, in order, for several streams; hashes each part and the whole from the buffers that are sent."""

    def __init__(self, source: BinaryIO, upload: QueuedUpload, part_size: int) -> None:
        self._source = source
        self._upload = upload
        self._part_size = part_size
        self._lock = Lock()
        self._whole = sha256()
        self._at = 0
        self._count = 0
        self._parts: dict[int, Part] = {}

    def next_into(self, buffer: memoryview) -> Part | None:
        """The next part, its bytes at the start of ``buffer``; None when all were read. Raises ``VaultUnreadable``."""
        with self._lock:
            wanted = min(self._part_size, self._upload.size - self._at)
            size = _read_into(self._source, self._upload, buffer[:wanted])
            if size == 0:
                return None
            self._whole.update(buffer[:size])
            self._count += 1
            number, offset = self._count, self._at
            self._at += size
        data = buffer[:size]  # these two digests need no order, so streams compute them side by side
        part = Part(number, offset, size, Digest(sha256(data).hexdigest()), md5(data, usedforsecurity=False).hexdigest())
        self._parts[number] = part
        return part

    def content(self) -> Content:
        """What was read; a source that goes on beyond its sealed size is larger."""
        beyond = len(_read(self._source, self._upload, 1))
        return Content(
            self._at + beyond, Digest(self._whole.hexdigest()), tuple(self._parts[number] for number in sorted(self._parts))
        )


def _trusted(journal: Iterable[JournalledPart], held: set[HeldPart]) -> dict[int, Part]:
    """The parts that the store holds as they were journalled. A number that it lists in two versions is not trusted."""
    listed = Counter(one.number for one in held)
    return {
        one.part.number: one.part
        for one in journal
        if HeldPart(one.part.number, one.part.size, one.part.md5) in held and listed[one.part.number] == 1
    }


def _content(source: BinaryIO, upload: QueuedUpload, part_size: int | None) -> Content:
    """What a source holds, without sending it: in parts of that size, or as one piece."""
    step = part_size or _BLOCK
    reader = _PartReader(source, upload, step)
    buffer = memoryview(bytearray(min(step, upload.size)))
    while reader.next_into(buffer) is not None:
        pass
    content = reader.content()
    return content if part_size else replace(content, parts=())


def _read_into(source: BinaryIO, upload: QueuedUpload, buffer: memoryview) -> int:
    """Fill a buffer from a source, less only at its end. Raises ``VaultUnreadable``."""
    filled = 0
    while filled < len(buffer):
        block = _read(source, upload, min(_BLOCK, len(buffer) - filled))
        if not block:
            break
        buffer[filled : filled + len(block)] = block
        filled += len(block)
    return filled


def _read(source: BinaryIO, upload: QueuedUpload, size: int) -> bytes:
    try:
        return source.read(size)
    except OSError as error:
        raise VaultUnreadable(object_key=upload.object_key, reason=error.strerror or type(error).__name__) from error
