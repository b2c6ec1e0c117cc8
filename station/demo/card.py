"""A card as a body camera leaves it after a shift, made of real media with ffmpeg, and what taking it must give.

The names follow the DSJ kind of recorder (``serial_badge_time_sequence``). Device and badge are made up.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence.errors import Exit
from station.home import StationError

SERIAL = "DSJ0042"
BADGE = "004217"
SEGMENT_SECONDS = 4
MISSING_NUMBER = 5
"""The number that no file of the card has."""


class MediaNotMade(StationError):
    """ffmpeg could not make a file of the card. Fields: ``program``, ``path``, ``detail``."""

    code = "media-not-made"
    status = Exit.INTERNAL


@dataclass(frozen=True, slots=True)
class DemoCard:
    """Where the card lies and what is on it; paths are relative, as the station names them."""

    root: Path
    segments: tuple[str, ...]
    important: str
    thumbnail: str
    photo: str
    note: str
    truncated: str
    empty: str
    log: str
    foreign: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every file that must be taken."""
        return (
            *self.segments,
            self.important,
            self.thumbnail,
            self.photo,
            self.note,
            self.truncated,
            self.empty,
            self.log,
        )


@dataclass(frozen=True, slots=True)
class _File:
    """One file to make: how long after the first it begins and what ffmpeg is told, or its bytes."""

    path: str
    begins_s: int
    lasts_s: int
    arguments: tuple[str, ...] = ()
    content: bytes = b""


def make_card(root: Path, began: datetime, made: Callable[[int, int], None]) -> DemoCard:
    """Make the card in a folder that is not there yet.

    ``began`` is the first recording's start on the camera's clock, in the camera's zone; ``made`` is told how many files are
    done, of how many. Raises :class:`MediaNotMade`.
    """
    began = began.replace(microsecond=0)
    folder = f"DCIM/{began:%Y%m%d}"

    def name(sequence: int, begins_s: int, ending: str) -> str:
        return f"{folder}/{SERIAL}_{BADGE}_{began + timedelta(seconds=begins_s):%Y%m%d%H%M%S}_{sequence:04}{ending}"

    segments = tuple(name(1 + number, number * SEGMENT_SECONDS, ".MP4") for number in range(3))
    card = DemoCard(
        root=root,
        segments=segments,
        important=name(4, 300, "_IMP.MP4"),
        thumbnail=name(4, 300, "_IMP.THM"),
        photo=name(6, 420, ".JPG"),
        note=name(7, 480, ".WAV"),
        truncated=name(8, 600, ".MP4"),
        empty=name(9, 660, ".MP4"),
        log=f"LOG/{began:%Y%m%d}.LOG",
        foreign="System Volume Information/IndexerVolumeGuid",
    )
    footage = [(path, number * SEGMENT_SECONDS) for number, path in enumerate(segments)]
    footage += [(card.important, 300), (card.truncated, 600)]
    files = [_File(path, begins, SEGMENT_SECONDS, _film(began + timedelta(seconds=begins), begins)) for path, begins in footage]
    files += [
        _File(card.thumbnail, 300, 0, _picture("160x90", 300)),
        _File(card.photo, 420, 0, _picture("1280x720", 420)),
        _File(card.note, 480, 3, ("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=16000:duration=3", "-f", "wav")),
        _File(card.empty, 660, 0),
        _File(card.log, 660, 0, content=f"{began:%Y-%m-%d %H:%M:%S} power on, battery 96 %\r\n".encode()),
        _File(card.foreign, 660, 0, content=b"{00000000-0000-0000-0000-000000000000}"),
    ]
    for number, file in enumerate(files):
        made(number, len(files))
        target = root / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.arguments:
            _ffmpeg(file.arguments, target)
        else:
            target.write_bytes(file.content)
        if file.path == card.truncated:
            os.truncate(target, target.stat().st_size * 3 // 5)  # the index of an MP4 is written last: the battery died before
        ended = (began + timedelta(seconds=file.begins_s + file.lasts_s)).timestamp()
        os.utime(target, (ended, ended))
    made(len(files), len(files))
    return card


def _film(start: datetime, offset_s: int) -> tuple[str, ...]:
    picture = f"testsrc2=size=1280x720:rate=25:duration={SEGMENT_SECONDS}"
    sound = f"sine=frequency={440 + offset_s}:sample_rate=48000:duration={SEGMENT_SECONDS}"
    created = f"creation_time={start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    coding = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-metadata", created, "-f", "mp4")
    return ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *coding)


def _picture(size: str, offset_s: int) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:duration=1", "-vf", f"hue=h={offset_s}", "-frames:v", "1", "-f", "mjpeg")


def _ffmpeg(arguments: Sequence[str], target: Path) -> None:
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments, str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    except FileNotFoundError as error:
        raise MediaNotMade(program="ffmpeg", path=target.name, detail="it is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise MediaNotMade(program="ffmpeg", path=target.name, detail="it did not end") from error
    if done.returncode != 0:
        raise MediaNotMade(program="ffmpeg", path=target.name, detail=done.stderr.strip()[-400:])
