"""Places in time, boxes and silences as people type them, and as a window sends them.

* a place: ``12.5s`` or ``12500ms`` after the first frame, ``pts:N`` for the frame with that time stamp, ``start``, ``end``; seconds name the frame
  that is on the screen then;
* a box: ``black`` or ``grey``, then two or more key frames ``PLACE:x,y,w,h``, a blank between them;
* a silence: ``PLACE-PLACE``, of seconds or ``start`` and ``end``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from evidence.errors import Exit
from station.derived.boxes import Box, Fill, KeyFrame, Mute, RecipeUnfit
from station.derived.media import LARGEST, Frames
from station.home import StationError

TEXT = 65536
_SECONDS = re.compile(r"(\d{1,8})(?:\.(\d{1,3}))?s")
_MILLISECONDS = re.compile(r"(\d{1,11})ms")
_PTS = re.compile(r"pts:(-?\d{1,16})")
_KEY_FRAME = re.compile(r"(?P<place>.+):(?P<x>-?\d{1,5}),(?P<y>-?\d{1,5}),(?P<w>\d{1,5}),(?P<h>\d{1,5})")
_FILLS: dict[str, Fill] = {"black": "black", "grey": "grey"}
_REVERSIBLE = frozenset({"blur", "mosaic", "pixelate"})


class FillReversible(StationError):
    """A box was asked for that what it hides can be told from. Fields: ``fill``."""

    code = "fill-reversible"
    status = Exit.USAGE


def frame(text: str, frames: Frames) -> int:
    """The time stamp of the frame at a place. Raises :class:`~station.derived.boxes.RecipeUnfit`."""
    if text in ("start", "end"):
        return frames.pts[0 if text == "start" else -1]
    exact = _PTS.fullmatch(text)
    if exact is not None:
        pts = int(exact[1])
        if abs(pts) > LARGEST or frames.number(pts) is None:
            raise RecipeUnfit(where=text, rule="no-such-frame")
        return pts
    found = _after_start(text)
    if found > frames.milliseconds(frames.pts[-1]) + 1000:
        raise RecipeUnfit(where=text, rule="after-the-end")
    return frames.at(found)


def box(text: str, frames: Frames) -> Box:
    """A box. Raises :class:`~station.derived.boxes.RecipeUnfit`."""
    fill, *rest = text[:TEXT].split()
    if fill in _REVERSIBLE:
        raise FillReversible(fill=fill)
    if fill not in _FILLS:
        raise RecipeUnfit(where=fill[:40], rule="black-or-grey")
    found = []
    for one in rest:
        read = _KEY_FRAME.fullmatch(one)
        if read is None:
            raise RecipeUnfit(where=one[:80], rule="not-a-key-frame")
        found.append(KeyFrame(frame(read["place"], frames), int(read["x"]), int(read["y"]), int(read["w"]), int(read["h"])))
    return Box(_FILLS[fill], tuple(found))


def boxes(texts: Sequence[str], frames: Frames | None) -> tuple[Box, ...]:
    """Several. Raises :class:`~station.derived.boxes.RecipeUnfit`."""
    if texts and frames is None:
        raise RecipeUnfit(where="boxes", rule="no-picture")
    return tuple(box(one, frames) for one in texts if frames is not None and one.strip())


def mute(text: str, length_ms: int) -> Mute:
    """A silence. Raises :class:`~station.derived.boxes.RecipeUnfit`."""
    first, dash, last = text[:80].partition("-")
    if not dash:
        raise RecipeUnfit(where=text[:80], rule="not-a-range")
    begin = 0 if first == "start" else _after_start(first)
    end = max(length_ms, begin + 1) if last == "end" else _after_start(last)
    return Mute(begin, end)


def _after_start(text: str) -> int:
    seconds = _SECONDS.fullmatch(text)
    if seconds is not None:
        return int(Fraction(f"{seconds[1]}.{seconds[2] or 0}") * 1000)
    milliseconds = _MILLISECONDS.fullmatch(text)
    if milliseconds is None:
        raise RecipeUnfit(where=text[:80], rule="not-a-place")
    return int(milliseconds[1])
