"""What a media file says about itself, read by ffprobe in a bounded child; JPEG pictures by :mod:`ingest.stills`.

Rules it keeps:

* bad media is a :class:`ProbeFailure`, never an exception: a failed probe changes nothing about the evidence;
* only files that may be media are probed;
* ffprobe may open local files only, by demuxers that read one file (no playlists), without a network;
* its answer is hostile: decoded strictly into narrow structs, text cut and stripped of control characters.

ffmpeg-python builds the arguments; its own ``probe()`` has no time-out and is not used.
"""

from __future__ import annotations

import math
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from evidence.canonical import JsonObject
from ingest import mediatype, stills
from ingest.bounded import Bounds, Confinement, Finished, file_argument, run_bounded
from ingest.errors import ChildTimedOut, ChildTooTalkative
from ingest.times import TimeReading, TimeSource, ZoneRule

DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,dv,mxf,asf,flv,dhav,wav,w64,mp3,aac,ac3,amr,amrnb,amrwb,"
    "flac,ogg,aiff,au,caf,dss,ape,wv,h264,hevc,m4v,mjpeg,image2,jpeg_pipe,png_pipe,tiff_pipe,bmp_pipe,gif,webp_pipe"
)
"""ffmpeg's names. Left out on purpose: hls, dash, concat, sdp, rtsp and whatever else opens further files."""
LONGEST_MS = 400 * 24 * 3600 * 1000
"""A duration beyond this is a broken header, not a recording."""
TEXT = 120
WARNINGS = 20


class ProbeFault(StrEnum):
    """Why there are no media facts."""

    NOT_MEDIA = "not-media"
    UNREADABLE = "unreadable"
    """ffprobe finds no media it can read: truncated, damaged, encrypted, or unknown to it."""
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"
    """Killed by a signal: it crashed, or used more memory or CPU than it may."""
    STRANGE_ANSWER = "strange-answer"
    NOT_INSTALLED = "not-installed"
    """ffprobe is missing on this station."""


@dataclass(frozen=True, slots=True)
class ProbeFailure:
    """No facts, and why. ``detail`` is ffprobe's own first line, cleaned: the last one says no more than that it failed."""

    reason: ProbeFault
    detail: str = ""

    def document(self) -> JsonObject:
        """As it stands in the clip record."""
        return {"failure": self.reason.value, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. Sizes in pixels; ``frame_rate`` a ratio as text (``30000/1001``); ``sample_rate`` in Hz."""

    kind: str
    codec: str | None
    width: int | None = None
    height: int | None = None
    frame_rate: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What the file says. ``created`` are the container's readings, the one with an offset first; ``device`` its claim."""

    container: str
    duration_ms: int | None
    streams: tuple[Stream, ...]
    created: tuple[TimeReading, ...]
    make: str | None
    model: str | None
    firmware: str | None
    warnings: tuple[str, ...]

    def document(self) -> JsonObject:
        """As it stands in the clip record (times and duration stand beside it)."""
        return {
            "container": self.container,
            "streams": [
                {
                    "kind": stream.kind,
                    "codec": stream.codec,
                    "width": stream.width,
                    "height": stream.height,
                    "frame_rate": stream.frame_rate,
                    "sample_rate": stream.sample_rate,
                    "channels": stream.channels,
                    "duration_ms": stream.duration_ms,
                }
                for stream in self.streams
            ],
            "make": self.make,
            "model": self.model,
            "firmware": self.firmware,
            "warnings": list(self.warnings),
        }


class _Stream(msgspec.Struct):
    codec_type: str = ""
    codec_name: str | None = None
    width: int | None = None
    height: int | None = None
    avg_frame_rate: str | None = None
    sample_rate: str | None = None
    channels: int | None = None
    duration: str | None = None
    tags: dict[str, str] = {}


class _Format(msgspec.Struct):
    format_name: str = ""
    duration: str | None = None
    tags: dict[str, str] = {}


class _Answer(msgspec.Struct):
    format: _Format
    streams: list[_Stream] = []


_ANSWER = msgspec.json.Decoder(_Answer)
"""Made once: msgspec crashes when two probes have it learn the members of a type at the same time."""


class Prober:
    """Asks ffprobe about one file after the other, with the same bounds around each."""

    def __init__(
        self,
        confinement: Confinement,
        bounds: Bounds | None = None,
        program: str = "ffprobe",
        turns: AbstractContextManager[object] | None = None,
    ) -> None:
        """``turns``: entered for as long as a child runs; a semaphore bounds how many there are at once."""
        self._confinement = confinement
        self._bounds = bounds or Bounds()
        self._program = program
        self._turns: AbstractContextManager[object] = nullcontext() if turns is None else turns

    def taking_turns(self, turns: AbstractContextManager[object]) -> Prober:
        """The same, but children wait for their turn: many visits at once must not start as many children each."""
        return Prober(self._confinement, self._bounds, self._program, turns)

    def probe(self, file: Path, card_path: bytes) -> MediaFacts | ProbeFailure:
        """Facts about a file of ours. ``card_path`` is its path on the card: the vault's name has no extension.

        Raises :class:`~ingest.errors.ChildMissing` when ffprobe is not installed, ``OSError`` when ``file`` cannot be read:
        both are the station's trouble, not the file's.
        """
        with file.open("rb") as stream:
            head = stream.read(mediatype.HEAD_BYTES)
            if head.startswith(stills.START) and (still := stills.read_jpeg(stream)) is not None:
                return _still(still)
        if not head or not (mediatype.by_name(card_path) or mediatype.by_content(head)):
            return ProbeFailure(ProbeFault.NOT_MEDIA)
        try:
            with self._turns:
                finished = run_bounded([self._program, *arguments(file)], self._bounds, self._confinement)
        except ChildTimedOut:
            return ProbeFailure(ProbeFault.TIMED_OUT)
        except ChildTooTalkative:
            return ProbeFailure(ProbeFault.STRANGE_ANSWER, "too long")
        return parse(finished, file)


def arguments(file: Path) -> list[str]:
    """Arguments of ffprobe for one file."""
    # Imported here: building arguments is all we take from it, and most commands never probe.
    import ffmpeg

    options = {"v": "error", "print_format": "json", "show_format": None, "show_streams": None}
    fences = {"protocol_whitelist": "file", "format_whitelist": DEMUXERS}
    built = ffmpeg.get_args(ffmpeg.input(file_argument(file), **options, **fences).output("-"))
    return [str(argument) for argument in built[:-1]]  # the output is ffmpeg's, ffprobe has none


def parse(finished: Finished, file: Path) -> MediaFacts | ProbeFailure:
    """Facts from a finished ffprobe."""
    warnings = _warnings(finished.diagnostics, file)
    if finished.status < 0:
        return ProbeFailure(ProbeFault.CRASHED, f"signal {-finished.status}")
    if finished.status > 0:
        return ProbeFailure(ProbeFault.UNREADABLE, warnings[0] if warnings else f"status {finished.status}")
    try:
        untrusted = _ANSWER.decode(finished.output)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return ProbeFailure(ProbeFault.STRANGE_ANSWER, _clean(str(error)) or "")
    tags = {name.lower(): value for stream in reversed(untrusted.streams) for name, value in stream.tags.items()}
    tags |= {name.lower(): value for name, value in untrusted.format.tags.items()}
    container = _clean(untrusted.format.format_name) or "unknown"
    still = container.endswith("_pipe") or container in ("image2", "mjpeg", "gif")
    return MediaFacts(
        container=container,
        duration_ms=None if still else _milliseconds(untrusted.format.duration),
        streams=tuple(_stream(stream, still=still) for stream in untrusted.streams),
        created=_created(tags),
        make=_clean(tags.get("com.apple.quicktime.make") or tags.get("make")),
        model=_clean(tags.get("com.apple.quicktime.model") or tags.get("model")),
        firmware=_clean(tags.get("firmware")),
        warnings=warnings,
    )


def _still(still: stills.Still) -> MediaFacts:
    """A picture that was read without ffprobe, in ffprobe's words."""
    return MediaFacts(
        container="jpeg_pipe",
        duration_ms=None,
        streams=(Stream("video", "mjpeg", still.width, still.height or None),),
        created=still.created,
        make=_clean(still.untrusted_make),
        model=_clean(still.untrusted_model),
        firmware=_clean(still.untrusted_software),
        warnings=(),
    )


def _stream(untrusted: _Stream, *, still: bool) -> Stream:
    rate, frequency = untrusted.avg_frame_rate, untrusted.sample_rate or ""
    return Stream(
        kind=_clean(untrusted.codec_type) or "unknown",
        codec=_clean(untrusted.codec_name),
        width=untrusted.width or None,
        height=untrusted.height or None,
        frame_rate=rate if rate and not still and re.fullmatch(r"[1-9][0-9]{0,9}/[1-9][0-9]{0,9}", rate) else None,
        sample_rate=int(frequency) if re.fullmatch(r"[1-9][0-9]{0,8}", frequency) else None,
        channels=untrusted.channels or None,
        duration_ms=None if still else _milliseconds(untrusted.duration),
    )


def _milliseconds(untrusted_seconds: str | None) -> int | None:
    try:
        seconds = float(untrusted_seconds or "nan")
    except ValueError:
        return None
    if not math.isfinite(seconds) or seconds < 0 or seconds * 1000 > LONGEST_MS:
        return None
    return round(seconds * 1000)


def _created(untrusted_tags: dict[str, str]) -> tuple[TimeReading, ...]:
    """Container times. QuickTime's own tag has an offset; ``creation_time`` ends in Z by rule; RIFF and BWF have no zone."""
    found = []
    date, clock = untrusted_tags.get("date", ""), untrusted_tags.get("creation_time", "")
    if re.fullmatch(r"\d{2}:\d{2}:\d{2}", clock) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        clock = f"{date}T{clock}"  # Broadcast Wave: two fields of the bext chunk (EBU Tech 3285, section 2.3)
    for untrusted_text in (untrusted_tags.get("com.apple.quicktime.creationdate", ""), clock):
        try:
            value = datetime.fromisoformat(untrusted_text)
        except ValueError:
            continue
        claimed = untrusted_text.endswith("Z")
        zone = ZoneRule.STATION if value.tzinfo is None else ZoneRule.CLAIMED_UTC if claimed else ZoneRule.OFFSET
        found.append(TimeReading(TimeSource.CONTAINER, value.replace(microsecond=0).isoformat(), zone, 1000))
    return tuple(found)


def _warnings(untrusted_diagnostics: bytes, file: Path) -> tuple[str, ...]:
    text = untrusted_diagnostics.decode("utf-8", "replace").replace(file_argument(file), "file").replace(str(file), "file")
    text = re.sub(r" @ 0x[0-9a-f]+", "", text)  # an address says nothing and differs in each run
    lines = dict.fromkeys(line for raw in text.splitlines() if (line := _clean(raw)))
    return tuple(lines)[:WARNINGS]


def _clean(untrusted_text: str | None) -> str | None:
    if untrusted_text is None:
        return None
    return "".join(character if character.isprintable() else " " for character in untrusted_text).strip()[:TEXT] or None
