"""Making a derivative by its recipe.

Rules kept here:

* the original is read from the vault and hashed first: what is marked with a digest was made from bytes that have it;
* what reads it may write no file (:mod:`station.derived.commands`); nothing is ever written beside an original;
* the same name that was made and is here is not made again; one that was let go of and is made again has the same bytes, or that is a fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from evidence.canonical import Json, JsonObject, canonical, digest
from evidence.catalogue.derivatives import DerivativeRow
from evidence.errors import Exit
from ingest.bounded import Bounds, Confinement, program_version
from ingest.errors import ChildStopped
from station.derived import commands, pictures
from station.derived.boxes import RecipeUnfit
from station.derived.media import Frames, Looked, Reins, Unusable, frames, look, ran
from station.derived.recipes import Makes, makes, named
from station.derived.shelf import Shelf
from station.home import StationError
from station.papers.font import font_file
from station.rooms import Rooms

MAKING = Bounds(wall_s=12 * 3600.0, cpu_s=8 * 3600, address_space=4 << 30)
"""An hour of 1080p takes a slow core some hours at the idle priority; what hangs ends some day."""
PICTURE = Bounds(wall_s=3600.0, cpu_s=1800, address_space=3 << 30, output=256 << 20)
BLOCK = 1 << 20


class OriginalAway(StationError):
    """The vault does not have the bytes now: the store alone has them. Fields: ``original``."""

    code = "original-away"
    status = Exit.REFUSED


class OriginalUnsound(StationError):
    """The vault's copy is missing or has another digest than it is to have. Fields: ``original``."""

    code = "original-unsound"
    status = Exit.TAMPERED


class DerivativeDiffers(StationError):
    """The same recipe gave other bytes than before. Fields: ``id``, ``before``, ``now``."""

    code = "derivative-differs"
    status = Exit.REFUSED


class Original:
    """An original in the vault, looked at once."""

    def __init__(self, path: Path, sha256: str, confinement: Confinement, reins: Reins | None) -> None:
        self.path, self.sha256 = path, sha256
        self._confinement, self._reins = confinement, reins

    def check(self) -> None:
        """Raises :class:`OriginalUnsound` unless the bytes have their digest."""
        hasher = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while block := file.read(BLOCK):
                    hasher.update(block)
        except OSError as error:
            raise OriginalUnsound(original=self.sha256) from error
        if hasher.hexdigest() != self.sha256:
            raise OriginalUnsound(original=self.sha256)

    @cached_property
    def looked(self) -> Looked:
        """Its streams. Raises :class:`~station.derived.media.Unusable`."""
        return look(self.path, self.sha256, self._confinement)

    @cached_property
    def frames(self) -> Frames | None:
        """The time stamps of its frames; None of what is all sound. Raises :class:`~station.derived.media.Unusable`."""
        picture = self.looked.picture
        return None if picture is None else frames(self.path, self.sha256, picture, self._confinement, self._reins)

    def needs_frames(self) -> Frames:
        """The time stamps. Raises :class:`~station.derived.media.Unusable` where there is no picture."""
        if self.frames is None:
            raise Unusable(original=self.sha256, rule="no-picture")
        return self.frames


class Workshop:
    """Makes derivatives in one home. ``reins``: asked a few times a second whether a child goes on, waits, or ends."""

    def __init__(self, rooms: Rooms, reins: Reins | None = None) -> None:
        self._rooms = rooms
        self._reins = reins
        self.shelf = Shelf(rooms)
        self._confinement = Confinement.detect()

    @cached_property
    def software(self) -> JsonObject:
        """What decides the bytes beside recipe and original: ffmpeg's version, and the font of what is burnt in."""
        version = program_version("ffmpeg", Bounds(), self._confinement)
        return {"ffmpeg": version.removeprefix("ffmpeg version ").partition(" ")[0]}

    @cached_property
    def _font(self) -> tuple[Path, str]:
        path = font_file()
        return path, digest(path.read_bytes())

    def software_of(self, recipe: JsonObject) -> JsonObject:
        """The software that a recipe is made with. Raises ``FontMissing`` where one is to be burnt in and there is no font."""
        return {**self.software, "font": self._font[1]} if recipe.get("burn_in") else self.software

    def original(self, sha256: str) -> Original:
        """An original of the vault."""
        path = self._rooms.home.vault / "blobs" / sha256[:2] / sha256
        return Original(path, sha256, self._confinement, self._reins)

    def made(self, original: Original, recipe: JsonObject, *, expected: str | None = None) -> DerivativeRow:
        """What a recipe makes of an original: what is here already, or made now.

        ``expected``: the digest that it had when it was made before. Raises :class:`~station.derived.media.Unusable`, after which the reason
        is kept, :class:`OriginalUnsound`, :class:`DerivativeDiffers`, :class:`~ingest.errors.ChildStopped`.
        """
        kind = makes(recipe)
        name = named(recipe, original.sha256, self.software_of(recipe))
        found = self.shelf.found(name)
        if found is not None:
            return found
        before = self.shelf.rows.find(name)
        expected = expected or (None if before is None else before.sha256)
        original.check()
        try:
            with self.shelf.workplace() as work:
                draft = work / "made"
                self._make(kind, original, recipe, name, draft, work)
                row = self.shelf.place(name, original.sha256, kind, draft)
        except Unusable as error:
            self.shelf.failed(name, original.sha256, kind, str(error.fields["rule"]))
            raise
        if expected is not None and row.sha256 != expected:
            self.shelf.remove(row)
            raise DerivativeDiffers(id=name, before=expected, now=row.sha256)
        return row

    def _make(self, kind: Makes, original: Original, recipe: JsonObject, name: str, draft: Path, work: Path) -> None:
        said = commands.mark(original.sha256, digest(canonical(recipe)))
        match kind:
            case Makes.PROXY | Makes.CUT | Makes.REDACTED:
                self._moving(original, recipe, said, draft, work)
            case Makes.WORKING_COPY:
                self._working_copy(original, recipe, said, draft, work)
            case Makes.STILL:
                self._still(original, recipe, said, draft)
            case Makes.FILMSTRIP:
                self._filmstrip(original, recipe, said, draft, work)
            case Makes.FILMSTRIP_INDEX:
                self._document(
                    original, pictures.strip_index(original.needs_frames(), recipe, self._size(original, recipe)), draft
                )
            case Makes.WAVEFORM:
                self._waveform(original, recipe, draft)
            case Makes.PTS_INDEX:
                self._document(original, self._index(original), draft)

    def _moving(self, original: Original, recipe: JsonObject, said: str, draft: Path, work: Path) -> None:
        font = self._font[0] if recipe.get("burn_in") else None
        told = commands.encoded(original.path, original.looked, original.frames, recipe, original.sha256, font, work / "filters")
        spool = self._spooled(told, original, work)
        self._run(commands.finished(spool, draft, said), original, file=self.shelf.room())

    def _working_copy(self, original: Original, recipe: JsonObject, said: str, draft: Path, work: Path) -> None:
        if original.looked.picture is None:
            raise Unusable(original=original.sha256, rule="no-picture")
        spool = self._spooled(commands.copied(original.path, original.looked, recipe), original, work)
        self._run(commands.repacked(spool, draft, said), original, file=self.shelf.room())
        self._same_frames(original, draft)

    def _same_frames(self, original: Original, copy: Path) -> Frames:
        """The frames of a working copy, one for each of the original. Raises :class:`~station.derived.media.Unusable`."""
        looked = look(copy, original.sha256, self._confinement)
        if looked.picture is None:
            raise Unusable(original=original.sha256, rule="working-copy-differs")
        mine, its = original.needs_frames(), frames(copy, original.sha256, looked.picture, self._confinement, self._reins)
        if len(mine.pts) != len(its.pts):
            raise Unusable(original=original.sha256, rule="working-copy-differs")
        return its

    def _index(self, original: Original) -> JsonObject:
        """Every frame's time stamp; those of the working copy beside them, where the container needs one."""
        whole: dict[str, Json] = {**original.needs_frames().document()}
        if original.looked.transport:
            from station.derived.recipes import WORKING_COPY

            row = self.made(original, WORKING_COPY)
            whole["working_copy"] = {"sha256": row.sha256, **self._same_frames(original, self.shelf.path(row)).document()}
        return whole

    def _still(self, original: Original, recipe: JsonObject, said: str, draft: Path) -> None:
        found = original.needs_frames()
        pts = recipe["pts"]
        assert isinstance(pts, int)
        if found.number(pts) is None:
            raise RecipeUnfit(where=f"pts {pts}", rule="no-such-frame")
        font = self._font[0] if recipe.get("burn_in") else None
        told = commands.pictured(original.path, original.looked, found, recipe, original.sha256, font)
        done = ran(told, PICTURE, self._confinement, original.sha256, None, self._reins)
        if not done.output:
            raise Unusable(original=original.sha256, rule="frame-unreadable")
        draft.write_bytes(pictures.png_marked(done.output, said))

    def _filmstrip(self, original: Original, recipe: JsonObject, said: str, draft: Path, work: Path) -> None:
        found = original.needs_frames()
        size = self._size(original, recipe)
        picks, keys_only = pictures.picked(found, int(str(recipe["pictures"])))
        spool = work / "spool"
        each = size[0] * size[1] * 3 // 2
        for only in (True, False) if keys_only else (False,):
            told = commands.thumbed(original.path, picks, size, keys_only=only)
            self._spool(told, original, spool)
            if spool.stat().st_size == each * len(picks):
                break
        else:
            raise Unusable(original=original.sha256, rule="frame-unreadable")
        columns = min(int(str(recipe["columns"])), len(picks))
        rows = -(-len(picks) // columns)
        told = commands.tiled(spool, size, columns, rows, int(str(recipe["quality"])))
        done = ran(told, PICTURE, self._confinement, original.sha256, None, self._reins)
        draft.write_bytes(pictures.jpeg_marked(done.output, said))

    def _waveform(self, original: Original, recipe: JsonObject, draft: Path) -> None:
        if original.looked.sound is None:
            raise Unusable(original=original.sha256, rule="no-sound")
        peaks = pictures.Peaks(int(str(recipe["samples_per_pixel"])))
        rate = int(str(recipe["sample_rate"]))
        self._run(commands.sampled(original.path, rate), original, sink=peaks.take)
        self._document(original, peaks.document(rate), draft)

    def _size(self, original: Original, recipe: JsonObject) -> tuple[int, int]:
        picture = original.looked.picture
        assert picture is not None
        width = int(str(recipe["width"]))
        return width, max(2, 2 * round(picture.height * width / picture.width / 2))

    @staticmethod
    def _document(original: Original, document: JsonObject, draft: Path) -> None:
        whole: dict[str, Json] = {"derivative_of": original.sha256, **document}
        draft.write_bytes(canonical(whole))

    def _spooled(self, told: list[str], original: Original, work: Path) -> Path:
        spool = work / "spool"
        self._spool(told, original, spool)
        return spool

    def _spool(self, told: list[str], original: Original, spool: Path) -> None:
        with spool.open("wb") as file:

            def keep(block: bytes) -> None:
                file.write(block)

            self._run(told, original, sink=keep)
        if spool.stat().st_size == 0:
            raise Unusable(original=original.sha256, rule="unreadable")

    def _run(self, told: list[str], original: Original, *, sink: Callable[[bytes], None] | None = None, file: int = 0) -> None:
        bounds = replace(MAKING, output=self.shelf.room(), file=file)
        ran(told, bounds, self._confinement, original.sha256, sink, self._reins)


__all__ = ["ChildStopped", "DerivativeDiffers", "Original", "OriginalAway", "OriginalUnsound", "Workshop"]
