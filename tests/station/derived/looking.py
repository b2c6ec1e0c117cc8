"""Looking at films frame by frame, with ffmpeg alone."""

from __future__ import annotations

import json
import subprocess
from array import array
from pathlib import Path
from typing import Any

SIZE = (64, 48)
BRIGHTER = 6
DARKEST = 20


COUNTED = f"geq=lum='{DARKEST}+{BRIGHTER}*N':cb=128:cr=128"
"""Filters after which a frame's number is its brightness: what is read off is which frame it is."""


def number(frame: bytes) -> int:
    """Which frame of a counted film that is, by its middle."""
    return round((frame[len(frame) // 2] - DARKEST) / BRIGHTER)


def pictures(path: Path, size: tuple[int, int] = SIZE) -> list[bytes]:
    """Brightness of every pixel of every frame."""
    told = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    done = subprocess.run([*told, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    each = size[0] * size[1] * 3 // 2
    assert len(done) % each == 0
    return [done[at : at + size[0] * size[1]] for at in range(0, len(done), each)]


def sound(path: Path) -> array[int]:
    """Samples, 8000 a second."""
    told = [
        "ffmpeg",
        "-nostdin",
        "-loglevel",
        "error",
        "-i",
        str(path),
        "-map",
        "0:a:0",
        "-ac",
        "1",
        "-ar",
        "8000",
        "-f",
        "s16le",
        "-",
    ]
    return array("h", subprocess.run(told, capture_output=True, check=True).stdout)


def streams(path: Path) -> Any:  # noqa: ANN401  # a JSON document
    """What ffprobe says of a file."""
    told = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", str(path)]
    return json.loads(subprocess.run(told, capture_output=True, check=True).stdout)


def shown_at(path: Path) -> list[tuple[float, bool]]:
    """When each frame is shown, and whether it is a key frame."""
    told = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_entries",
        "packet=pts_time,flags",
        "-of",
        "json",
        str(path),
    ]
    found = json.loads(subprocess.run(told, capture_output=True, check=True).stdout)["packets"]
    return sorted((float(one["pts_time"]), one["flags"].startswith("K")) for one in found)
