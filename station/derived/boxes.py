"""Redaction as ffmpeg filters: boxes that move from key frame to key frame, and sound that falls silent.

Rules kept here, all on the side of hiding too much:

* a box covers every frame from its first key frame to its last, both included; between two it moves in a straight line;
* its edges are rounded outwards to whole pairs of pixels, because colour has half the resolution;
* a box is filled with one colour that owes nothing to what was there, so that nothing of it is left to be encoded. A mosaic or a blur is made of
  what it hides, anew on every frame: moving pictures give a number plate back, and a known face is told from others. None is made any more;
  recipes of before (``blur``: a mosaic of six by six tiles) are still understood, so that a copy that was approved can be made again;
* sound is silenced sample by sample before it is encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from evidence.canonical import Json, JsonObject
from evidence.errors import Exit
from station.derived.media import SIDE, Frames, ratio
from station.derived.recipes import FINE
from station.home import StationError

BOXES = 64
KEY_FRAMES = 2000
MUTES = 500
TILES = 6
LONGEST_MS = 400 * 24 * 3600 * 1000
Fill = Literal["black", "grey", "blur"]
LUMA = {"black": 16, "grey": 126}
"""Brightness of a box (BT.601 and BT.709, limited range); it has no colour."""


class RecipeUnfit(StationError):
    """A redaction cannot be made as it is written. Fields: ``where``, ``rule``."""

    code = "recipe-unfit"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """Where a box is on one frame, in pixels of the upright picture. ``pts``: the frame's time stamp in the original."""

    pts: int
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Box:
    """One box, by its key frames in order."""

    fill: Fill
    frames: tuple[KeyFrame, ...]


@dataclass(frozen=True, slots=True)
class Mute:
    """Sound that is silenced, in milliseconds after the first frame."""

    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """All that is hidden. ``sound`` False leaves the whole sound out."""

    boxes: tuple[Box, ...]
    mutes: tuple[Mute, ...]
    sound: bool
    burn_in: bool

    def recipe(self, width: int, height: int, time_base: Fraction, first: int) -> JsonObject:
        """As it is recorded. ``first``: time stamp of the first frame, from which sound is counted."""
        boxes: list[Json] = [
            {"fill": one.fill, "frames": [{"pts": at.pts, "x": at.x, "y": at.y, "w": at.w, "h": at.h} for at in one.frames]}
            for one in self.boxes
        ]
        mutes: list[Json] = [{"first_ms": one.first_ms, "last_ms": one.last_ms} for one in self.mutes]
        return {
            "makes": "redacted",
            "v": 1,
            "width": width,
            "height": height,
            "time_base": ratio(time_base),
            "first": first,
            "boxes": boxes,
            "mutes": mutes,
            "sound": self.sound,
            "burn_in": self.burn_in,
            **FINE,
        }


def read(recipe: JsonObject) -> Redaction:
    """A redaction out of a recipe that :meth:`Redaction.recipe` made."""
    whole: Any = recipe
    boxes = tuple(
        Box(one["fill"], tuple(KeyFrame(at["pts"], at["x"], at["y"], at["w"], at["h"]) for at in one["frames"]))
        for one in whole["boxes"]
    )
    mutes = tuple(Mute(one["first_ms"], one["last_ms"]) for one in whole["mutes"])
    return Redaction(boxes, mutes, whole["sound"], whole["burn_in"])


def check(redaction: Redaction, frames: Frames | None, width: int, height: int) -> None:
    """Whether it can be made of a picture of that size. Raises :class:`RecipeUnfit`."""
    if not (redaction.boxes or redaction.mutes) and redaction.sound:
        raise RecipeUnfit(where="redaction", rule="nothing-hidden")
    if len(redaction.boxes) > BOXES or sum(len(one.frames) for one in redaction.boxes) > KEY_FRAMES:
        raise RecipeUnfit(where="boxes", rule="too-many")
    if len(redaction.mutes) > MUTES:
        raise RecipeUnfit(where="mutes", rule="too-many")
    for number, box in enumerate(redaction.boxes, 1):
        where = f"box {number}"
        if frames is None:
            raise RecipeUnfit(where=where, rule="no-picture")
        if len(box.frames) < 2:
            raise RecipeUnfit(where=where, rule="one-key-frame")
        if any(one.pts >= other.pts for one, other in zip(box.frames, box.frames[1:], strict=False)):
            raise RecipeUnfit(where=where, rule="key-frames-out-of-order")
        for one in box.frames:
            if frames.number(one.pts) is None:
                raise RecipeUnfit(where=where, rule="no-such-frame")
            if one.w < 1 or one.h < 1 or max(map(abs, (one.x, one.y, one.w, one.h))) > SIDE:
                raise RecipeUnfit(where=where, rule="no-size")
            if one.x >= width or one.y >= height or one.x + one.w <= 0 or one.y + one.h <= 0:
                raise RecipeUnfit(where=where, rule="outside-the-picture")
    for number, mute in enumerate(redaction.mutes, 1):
        if not 0 <= mute.first_ms < mute.last_ms <= LONGEST_MS:
            raise RecipeUnfit(where=f"mute {number}", rule="no-length")


def picture_filter(redaction: Redaction, width: int, height: int, time_base: Fraction, first: int) -> str:
    """Filters from ``[clear]``, whose frames have that size and begin at 0, to ``[hidden]``."""
    parts: list[str] = []
    source = "clear"
    for number, box in enumerate(redaction.boxes):
        motion = _Motion(box.frames, time_base, first)
        parts.append(f"[{source}]split[under{number}][from{number}]")
        parts.append(
            _mosaic(number, box, motion, width, height) if box.fill == "blur" else _solid(number, motion, LUMA[box.fill])
        )
        source = f"over{number}"
    return ";".join([*parts, f"[{source}]null[hidden]"])


def sound_filter(redaction: Redaction) -> str:
    """The filter that silences; sound begins at 0 with the first frame."""
    if not redaction.mutes:
        return "anull"
    silent = "+".join(f"gte(t,{_milliseconds(one.first_ms)})*lt(t,{_milliseconds(one.last_ms)})" for one in redaction.mutes)
    return f"aeval=exprs='if({silent},0,val(ch))':c=same"


class _Motion:
    """A box's edges as expressions of ``t``, in seconds after the first frame."""

    def __init__(self, frames: Sequence[KeyFrame], time_base: Fraction, first: int) -> None:
        self._frames, self._base, self._first = frames, time_base, first
        last = self._time(frames[-1].pts, Fraction(1, 2))
        self.active = f"gte(t,{self._time(frames[0].pts)})*lt(t,{last})"
        self.left = f"2*floor(({self._edge([one.x for one in frames])})/2)"
        self.top = f"2*floor(({self._edge([one.y for one in frames])})/2)"
        self.right = f"2*ceil(({self._edge([one.x + one.w for one in frames])})/2)"
        self.bottom = f"2*ceil(({self._edge([one.y + one.h for one in frames])})/2)"

    def _time(self, pts: int, ticks: Fraction = Fraction(-1, 2)) -> str:
        """Half a tick before a frame, so that no rounding of a double ever puts the frame on the other side."""
        return _decimal((pts - self._first + ticks) * self._base)

    def _edge(self, values: Sequence[int]) -> str:
        """One edge: a straight line between each two key frames, as a sum of which one term at a time counts."""
        if len(set(values)) == 1:
            return str(values[0])
        terms = []
        for number, (one, other) in enumerate(zip(self._frames, self._frames[1:], strict=False)):
            begin, step = values[number], values[number + 1] - values[number]
            within = f"gte(t,{self._time(one.pts)})*lt(t,{self._time(other.pts)})"
            length, start = (other.pts - one.pts) * self._base, (one.pts - self._first) * self._base
            line = f"({begin}+{step}*(t-{_decimal(start)})/{_decimal(length)})" if step else f"({begin})"
            terms.append(f"{within}*{line}")
        return "+".join([*terms, f"gte(t,{self._time(self._frames[-1].pts)})*({values[-1]})"])


def _solid(number: int, motion: _Motion, luma: int) -> str:
    """Two by two pixels of one colour, stretched to the box frame by frame, over the picture."""
    stretch = ":".join(
        f"{side}='if({motion.active},max(2,({far})-({near})),2)'"
        for side, near, far in (("w", motion.left, motion.right), ("h", motion.top, motion.bottom))
    )
    return (
        f"[from{number}]crop=2:2:0:0,lutyuv=y={luma}:u=128:v=128,scale={stretch}:eval=frame:flags=neighbor[box{number}];"
        f"[under{number}][box{number}]overlay=x='{motion.left}':y='{motion.top}':eval=frame:enable='{motion.active}'[over{number}]"
    )


def _mosaic(number: int, box: Box, motion: _Motion, width: int, height: int) -> str:
    """What lies under the box at its largest, as tiles of one colour, over the picture."""
    wide = min(width - width % 2, 2 * max(one.w for one in box.frames) // 2 + 4)
    high = min(height - height % 2, 2 * max(one.h for one in box.frames) // 2 + 4)
    wide, high = max(2, wide - wide % 2), max(2, high - high % 2)
    x = f"max(0,min({motion.left},{width - wide}))"
    y = f"max(0,min({motion.top},{height - high}))"
    tiles = f"{min(TILES, wide)}:{min(TILES, high)}"
    return (
        f"[from{number}]crop={wide}:{high}:x='{x}':y='{y}',scale={tiles}:flags=area,scale={wide}:{high}:flags=neighbor[box{number}];"
        f"[under{number}][box{number}]overlay=x='{x}':y='{y}':eval=frame:enable='{motion.active}'[over{number}]"
    )


def _decimal(value: Fraction) -> str:
    """Seconds with nanoseconds."""
    return f"{float(value):.9f}"


def _milliseconds(value: int) -> str:
    return f"{value // 1000}.{value % 1000:03d}"
