"""Where derivatives lie: a folder of their own beside the vault, each file by its digest, with rows that say what was made of what.

``verify`` says nothing of it, and losing it costs work. A file never lies there without its row, whenever the power goes: its row comes first
and goes last, so that whoever disposes of an original finds all that was made of it. What anybody can have made again at any time goes when room is short, that
which nobody looked at for the longest time first; stills, cuts and redacted copies, which a person asked for, only when one removes them.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence.catalogue.derivatives import DerivativeRow, Derivatives
from station import durable
from station.derived.recipes import AUTOMATIC, ENDINGS, Makes
from station.home import Home
from station.rooms import Rooms

_DRAFT = re.compile(r"([0-9]+)-[0-9]+")
_numbers = itertools.count()


class Shelf:
    """The derivatives of a home."""

    def __init__(self, rooms: Rooms) -> None:
        self._home: Home = rooms.home
        self._clock = rooms.clock
        self._reserve = rooms.settings.vault_reserve
        self._budget = rooms.settings.derived_budget
        self.rows = Derivatives(rooms.catalogue, rooms.station)

    @property
    def now(self) -> str:
        """The moment, for a row."""
        return self._clock().utc

    def path(self, row: DerivativeRow) -> Path:
        """Where its file lies, or would."""
        assert row.sha256 is not None
        return self._home.derived / row.sha256[:2] / f"{row.sha256}.{row.ending}"

    def found(self, name: str) -> DerivativeRow | None:
        """What has this name and is really here; whoever asks looks at it."""
        row = self.rows.find(name)
        if row is None or not row.present or not self.path(row).is_file():
            return None
        self.rows.used(name, self.now)
        return row

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A folder for what is being made, gone afterwards. What a power cut left of others is swept."""
        with self._home.faults():
            work = self._home.derived / ".work"
            durable.make_folder(work, 0o750)
            for left in work.iterdir():
                found = _DRAFT.fullmatch(left.name)
                if found is not None and not Path("/proc", found[1]).exists():
                    shutil.rmtree(left, ignore_errors=True)
            place = work / f"{os.getpid()}-{next(_numbers)}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(0o750)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def room(self) -> int:
        """Bytes that a file may have at most: the disk's, but for what the vault is to keep free."""
        with self._home.faults():
            return max(0, shutil.disk_usage(self._home.root).free - self._reserve)

    def place(self, name: str, original: str, makes: Makes, draft: Path) -> DerivativeRow:
        """A finished file gets its digest for a name, whole or not at all, and its row."""
        with self._home.faults():
            hasher, size = hashlib.sha256(), 0
            with draft.open("rb") as file:
                while block := file.read(1 << 20):
                    hasher.update(block)
                    size += len(block)
                os.fsync(file.fileno())
            now = self.now
            row = DerivativeRow(name, original, makes.value, hasher.hexdigest(), ENDINGS[makes], size, now, now)
            self.rows.put(row)
            target = self.path(row)
            durable.make_folder(target.parent, 0o750)
            draft.chmod(0o440)
            draft.replace(target)  # the name is the digest: what was there has the same bytes, or is torn
            durable.sync_folder(target.parent)
            if self.rows.find(name) is None:  # its original was disposed of while the file was on its way
                target.unlink(missing_ok=True)
        return row

    def failed(self, name: str, original: str, makes: Makes, reason: str) -> None:
        """Nothing came of it; the reason is kept, so that it is not tried again by itself."""
        now = self.now
        self.rows.put(DerivativeRow(name, original, makes.value, None, ENDINGS[makes], 0, now, now, None, reason))

    def remove(self, row: DerivativeRow) -> None:
        """Let go of a derivative and forget it; a file that is also another's stays."""
        others = (one for one in self.rows.of(row.original) if one.id != row.id)
        if row.present and not any(one.present and one.sha256 == row.sha256 for one in others):
            with self._home.faults():
                path = self.path(row)
                path.unlink(missing_ok=True)
                if path.parent.is_dir():
                    durable.sync_folder(path.parent)
        self.rows.remove(row.id)

    def tidy(self, coming: int = 0) -> int:
        """Let go of what was not looked at for the longest time, until so many more bytes fit into the budget. Bytes let go of."""
        kinds = [one.value for one in AUTOMATIC]
        over, let_go = self.rows.held(kinds) + coming - self._budget, 0
        while let_go < over:
            page = list(self.rows.longest_unused(kinds))
            if not page:
                break
            for row in page:
                if let_go >= over:
                    break
                assert row.sha256 is not None
                self.rows.gone(row.sha256, self.now)
                with self._home.faults():
                    self.path(row).unlink(missing_ok=True)
                let_go += row.size
        return let_go
