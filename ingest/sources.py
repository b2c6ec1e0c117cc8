"""What can be collected from, behind one Protocol: file systems, devices that show objects (MTP, PTP), whole block devices.

A source is named by its root. A root that begins with a known prefix is of that kind; every other one is the path of a folder:

* ``gphoto2:usb:BBB,DDD`` is a device that libgphoto2 opens at that port (``BBB,DDD``: bus and device number in decimal);
* ``image:/dev/sdb`` is a block device, or a file that holds one, taken whole.

Listing happens in the station's process, reading in the copy worker. A device that one process alone may hold is therefore let go
between the two (:meth:`Source.hand_over`). Whatever the kind: nothing is ever written to a source, names are bytes and hostile, and
an empty or short answer is believed only after the source proved to be still there.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from evidence.canonical import JsonObject
from evidence.inventory import Inventory
from ingest.copying.facts import CopyLimits, CopyTask
from ingest.copying.reading import CardReader, PatientFile
from ingest.errors import CardBusy
from ingest.listing import Card, list_card, open_card
from ingest.source import acquisition

OBJECTS = b"gphoto2:"
IMAGE = b"image:"


def is_folder(root: bytes) -> bool:
    """Whether a root names a folder, rather than a device or an image."""
    return not root.startswith((OBJECTS, IMAGE))


class Provenance(Protocol):
    """How a source was acquired."""

    @property
    def volume_id(self) -> str | None:
        """The id of the file system that is the whole source; None where there is none, or only a part of it was named."""

    def document(self) -> JsonObject:
        """As it stands in the manifest."""


class Reader(Protocol):
    """Opens the files of a source for one job, on one thread."""

    def open(self, task: CopyTask) -> AbstractContextManager[PatientFile]:
        """A listed file. Raises :class:`ingest.copying.reading.NotTaken`, :class:`ingest.errors.CardGone`."""

    def expect(self, task: CopyTask) -> None:
        """A small file comes next: it may be fetched already. What goes wrong here is met again by ``open``."""

    def close(self) -> None:
        """Let go of what is held open."""


class Source(Protocol):
    """A source that is held open."""

    @property
    def root(self) -> bytes:
        """Its name."""

    @property
    def fingerprint(self) -> str | None:
        """What tells this source from another one with the same listing; None where the listing says enough."""

    def lock(self) -> None:
        """Keep other collections away as long as the source is open. Raises :class:`ingest.errors.CardBusy`."""

    def listing(self, taken_at: str) -> Inventory:
        """Everything that lies there. Raises the faults of reading a card."""

    def read_head(self, path: bytes, limit: int) -> bytes:
        """The first ``limit`` bytes of a listed file. Raises :class:`ingest.errors.CardUnreadable`."""

    def check_present(self) -> None:
        """Raise :class:`ingest.errors.CardGone` unless the source is still there."""

    def provenance(self) -> Provenance:
        """How it is being acquired. Called while it is listed, before it is handed over."""

    def hand_over(self) -> None:
        """Let another process read it from now on; the lock stays, and whether it is there can still be asked."""

    def reader(self, limits: CopyLimits) -> Reader:
        """What reads its files."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or the file system of a card, as a source."""

    card: Card
    fingerprint: None = None

    @property
    def root(self) -> bytes:
        return self.card.root

    def lock(self) -> None:
        try:
            fcntl.flock(self.card.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a lock leaves no trace on the card
        except OSError as error:
            raise CardBusy(path=os.fsdecode(self.root)) from error

    def listing(self, taken_at: str) -> Inventory:
        return list_card(self.card, taken_at)

    def read_head(self, path: bytes, limit: int) -> bytes:
        return self.card.read_head(path, limit)

    def check_present(self) -> None:
        self.card.check_present()

    def provenance(self) -> Provenance:
        return acquisition(self.card)

    def hand_over(self) -> None:
        """Any number of processes may read a file system."""

    def reader(self, limits: CopyLimits) -> CardReader:
        return CardReader(self.card, limits)


@contextmanager
def open_source(root: bytes) -> Iterator[Source]:
    """Hold a source open. Raises :class:`ingest.errors.CardMissing` and the other faults of its kind."""
    if root.startswith(OBJECTS):
        # Imported where needed: most cards are file systems, and each of these costs something to load.
        from ingest.objects import open_objects

        with open_objects(root, root.removeprefix(OBJECTS)) as objects:
            yield objects
    elif root.startswith(IMAGE):
        from ingest.imaging import open_image

        with open_image(root, root.removeprefix(IMAGE)) as image:
            yield image
    else:
        with open_card(root) as card:
            yield Folder(card)
