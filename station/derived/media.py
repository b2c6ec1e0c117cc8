"""What there is to make something of: streams of an original, and the time stamp of every frame.

ffprobe reads both, bounded and without a network as everywhere (:mod:`ingest.bounded`). Its answers are hostile: narrow structs, whole
numbers within bounds, or a :class:`Unusable` that names the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import msgspec

from evidence.canonical import Json, JsonObject
from evidence.errors import Exit
from ingest.bounded import Bounds, Confinement, Finished, Rein, file_argument, run_bounded
from ingest.errors import ChildTimedOut, ChildTooTalkative
from ingest.probe import DEMUXERS
from station.home import StationError

LOOKING = Bounds(wall_s=60.0, cpu_s=30)
COUNTING = Bounds(wall_s=1800.0, cpu_s=900, address_space=2 << 30, output=1 << 30)
"""Every packet of a file is a line of some 20 bytes."""
FRAMES = 8_000_000
"""More than three days at 30 frames a second: no recording, and no list of ours."""
SIDE = 16384
LARGEST = 1 << 53
TRANSPORT = frozenset({"mpegts", "mpeg"})
"""Containers in which players do not land on the frame that they are asked for: these need a working copy."""
REPACKED = frozenset({"pcm_bluray", "pcm_dvd"})
"""Sound of discs, as AVCHD cameras write it; Matroska has no name for it."""
_FIELDS = frozenset({"tt", "bb", "tb", "bt"})
DECODING = Bounds(wall_s=12 * 3600.0, cpu_s=4 * 3600, address_space=2 << 30, output=1 << 30)
_LINE = re.compile(rb"(-?\d{1,18})\|([A-Za-z_]{1,8})\|?\s*\Z")
_FRAME = re.compile(rb"([01])\|(-?\d{1,18})\|?\s*\Z")


class Unusable(StationError):
    """Nothing can be made of an original. Fields: ``original``, ``rule``."""

    code = "original-unusable"
    status = Exit.PARTIAL


@dataclass(frozen=True, slots=True)
class Picture:
    """A video stream, upright. Sizes in pixels; ``time_base`` in seconds. ``fields``: a frame may come as two packets, a field in each."""

    codec: str
    width: int
    height: int
    time_base: Fraction
    fields: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """Streams of an original: the first picture and the first sound, which are all that is ever made of one."""

    container: str
    picture: Picture | None
    sound: str | None
    """Codec of the first sound."""
    duration_ms: int | None

    @property
    def transport(self) -> bool:
        """Whether frame-exact review needs a working copy."""
        return self.container in TRANSPORT


@dataclass(frozen=True, slots=True)
class Frames:
    """The time stamps of all frames, in the order in which they are shown, and which of them are key frames."""

    time_base: Fraction
    pts: tuple[int, ...]
    keys: frozenset[int]

    def at(self, milliseconds: int) -> int:
        """The time stamp of the frame that is on the screen so long after the first one."""
        from bisect import bisect_right

        wanted = self.pts[0] + Fraction(milliseconds, 1000) / self.time_base
        return self.pts[max(0, bisect_right(self.pts, wanted) - 1)]

    def number(self, pts: int) -> int | None:
        """Which frame that is, from 0; None where no frame has that time stamp."""
        from bisect import bisect_left

        found = bisect_left(self.pts, pts)
        return found if found < len(self.pts) and self.pts[found] == pts else None

    def milliseconds(self, pts: int) -> int:
        """How long after the first frame."""
        return round((pts - self.pts[0]) * self.time_base * 1000)

    def document(self) -> JsonObject:
        """As an index stands in a file: steps between time stamps as ``[step, times]``, key frames by number."""
        steps: list[Json] = []
        before, times = 0, 0
        for one, other in zip(self.pts, self.pts[1:], strict=False):
            if times and other - one == before:
                times += 1
                continue
            if times:
                steps.append([before, times])
            before, times = other - one, 1
        if times:
            steps.append([before, times])
        keys: list[Json] = [number for number, one in enumerate(self.pts) if one in self.keys]
        return {"time_base": ratio(self.time_base), "first": self.pts[0], "frames": len(self.pts), "steps": steps, "keys": keys}


class _SideData(msgspec.Struct):
    rotation: float | int | None = None


class _Disposition(msgspec.Struct):
    attached_pic: int = 0


class _Stream(msgspec.Struct):
    codec_type: str = ""
    codec_name: str = ""
    width: int = 0
    height: int = 0
    time_base: str = ""
    field_order: str = ""
    side_data_list: list[_SideData] = []
    disposition: _Disposition | None = None


class _Format(msgspec.Struct):
    format_name: str = ""
    duration: str = ""


class _Answer(msgspec.Struct):
    format: _Format
    streams: list[_Stream] = []


_ANSWER = msgspec.json.Decoder(_Answer)

Reins = Callable[[], Rein]


def ratio(value: Fraction) -> str:
    """A time base as text."""
    return f"{value.numerator}/{value.denominator}"


def fraction(text: str) -> Fraction:
    """A time base from text. Raises ``ValueError``."""
    found = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,9})", text)
    if found is None:
        raise ValueError(text)
    return Fraction(int(found[1]), int(found[2]))


def fences(source: Path, demuxers: str = DEMUXERS) -> list[str]:
    """What every reading of a file begins with: one file, by demuxers that open no other."""
    return ["-protocol_whitelist", "file", "-format_whitelist", demuxers, "-i", file_argument(source)]


def look(source: Path, original: str, confinement: Confinement) -> Looked:
    """The streams of a file. Raises :class:`Unusable`."""
    asked = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", *fences(source)]
    done = ran(asked, LOOKING, confinement, original)
    try:
        untrusted = _ANSWER.decode(done.output)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unusable(original=original, rule="not-media") from error
    picture, sound = None, None
    for one in untrusted.streams:
        attached = one.disposition is not None and one.disposition.attached_pic
        if one.codec_type == "video" and picture is None and not attached:
            picture = _picture(one, original)
        elif one.codec_type == "audio" and sound is None:
            sound = one.codec_name[:40]
    container = untrusted.format.format_name.partition(",")[0][:40]
    if picture is None and sound is None:
        raise Unusable(original=original, rule="no-picture-and-no-sound")
    if container.endswith("_pipe") or container in ("image2", "mjpeg", "gif"):
        raise Unusable(original=original, rule="not-moving")
    return Looked(container, picture, sound, _milliseconds(untrusted.format.duration))


def frames(source: Path, original: str, picture: Picture, confinement: Confinement, reins: Reins | None = None) -> Frames:
    """The time stamp of every frame of the first picture. Raises :class:`Unusable`.

    From its packets where each is a frame: nothing is decoded then. Where a frame may be two fields in two packets (AVCHD), and where packets have no
    time stamps (AVI), from the frames themselves.
    """
    found, keys = set[int](), set[int]()
    whole = not picture.fields
    if whole:
        nameless: list[bytes] = []

        def packet(line: bytes) -> int:
            if line.startswith(b"N/A"):
                nameless.append(line[:3])
            return _packet(line, found, keys) + len(nameless)

        _listed(source, original, (confinement, reins), ["-show_entries", "packet=pts,flags"], COUNTING, packet)
        whole = bool(found) and not nameless
    if not whole:
        found.clear()
        keys.clear()
        asked = ["-skip_loop_filter", "all", "-skip_idct", "all", "-show_entries", "frame=key_frame,best_effort_timestamp"]
        _listed(source, original, (confinement, reins), asked, DECODING, lambda line: _frame(line, found, keys))
    if not found:
        raise Unusable(original=original, rule="no-time-stamps")
    return Frames(picture.time_base, tuple(sorted(found)), frozenset(keys))


def _packet(line: bytes, found: set[int], keys: set[int]) -> int:
    """A packet, unless an edit list leaves it out ("D"). Lines come twice in a transport stream, and empty where there is side data."""
    untrusted = _LINE.match(line)
    if untrusted is not None and b"D" not in untrusted[2] and abs(int(untrusted[1])) < LARGEST:
        found.add(int(untrusted[1]))
        if b"K" in untrusted[2]:
            keys.add(int(untrusted[1]))
    return len(found)


def _frame(line: bytes, found: set[int], keys: set[int]) -> int:
    untrusted = _FRAME.match(line)
    if untrusted is not None and abs(int(untrusted[2])) < LARGEST:
        found.add(int(untrusted[2]))
        if untrusted[1] == b"1":
            keys.add(int(untrusted[2]))
    return len(found)


def _listed(
    source: Path,
    original: str,
    around: tuple[Confinement, Reins | None],
    asked: Sequence[str],
    bounds: Bounds,
    read: Callable[[bytes], int],
) -> None:
    """Every line that ffprobe says of the first picture, as it comes."""
    rest = b""

    def take(block: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + block).split(b"\n")
        if max((read(line.strip()) for line in lines), default=0) > FRAMES or len(rest) > 65536:
            raise Unusable(original=original, rule="too-many-frames")

    told = ["ffprobe", "-v", "error", "-threads", "1", "-select_streams", "v:0", *asked]
    ran([*told, "-of", "compact=p=0:nk=1", *fences(source)], bounds, around[0], original, take, around[1])


def ran(
    command: Sequence[str],
    bounds: Bounds,
    confinement: Confinement,
    original: str,
    sink: Callable[[bytes], None] | None = None,
    reins: Reins | None = None,
) -> Finished:
    """Run a child; what goes wrong with it is said of the original. Raises :class:`Unusable`."""
    try:
        done = run_bounded(command, bounds, confinement, sink, reins)
    except ChildTimedOut as error:
        raise Unusable(original=original, rule="timed-out") from error
    except ChildTooTalkative as error:
        raise Unusable(original=original, rule="too-large") from error
    if done.status < 0:
        raise Unusable(original=original, rule="crashed")
    if done.status > 0:
        raise Unusable(original=original, rule="unreadable")
    return done


def _picture(untrusted: _Stream, original: str) -> Picture:
    try:
        base = fraction(untrusted.time_base)
    except ValueError as error:
        raise Unusable(original=original, rule="no-time-stamps") from error
    if not (0 < untrusted.width <= SIDE and 0 < untrusted.height <= SIDE):
        raise Unusable(original=original, rule="no-size")
    turned = any(one.rotation is not None and round(one.rotation) % 180 == 90 for one in untrusted.side_data_list)
    width, height = (untrusted.height, untrusted.width) if turned else (untrusted.width, untrusted.height)
    return Picture(untrusted.codec_name[:40], width, height, base, untrusted.field_order in _FIELDS)


def _milliseconds(untrusted: str) -> int | None:
    return round(float(untrusted) * 1000) if re.fullmatch(r"\d{1,8}(\.\d{1,9})?", untrusted) else None
