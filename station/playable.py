"""Playable copies: derivatives that any player shows, made for viewing and marked as such. They prove nothing."""

from __future__ import annotations

from pathlib import Path

from ingest.bounded import Bounds, file_argument
from ingest.probe import DEMUXERS

MARK = "DERIVATIVE COPY, NOT THE ORIGINAL / 衍生副本, 非原件"
HEIGHT = 720
ENDINGS = frozenset(
    (
        "mp4",
        "mov",
        "avi",
        "mkv",
        "mpg",
        "mpeg",
        "ts",
        "mts",
        "m2ts",
        "3gp",
        "wav",
        "mp3",
        "aac",
        "m4a",
        "amr",
        "ogg",
        "flac",
        "bin",
    )
)
"""What may be sound or moving pictures; a picture or a text needs no copy to be seen."""
BOUNDS = Bounds(wall_s=1800.0, cpu_s=3600, address_space=3 << 30, output=512 << 20)
"""The copy comes out through a pipe into memory, because the child may write no file."""


def arguments(source: Path) -> list[str]:
    """How ffmpeg makes one: H.264 and AAC in fragments, so that a pipe can take it; without clock or version, so that it repeats."""
    import ffmpeg  # the one thing it is for: building arguments

    output = ffmpeg.input(file_argument(source), protocol_whitelist="file", format_whitelist=DEMUXERS).output(
        "pipe:1",
        format="mp4",
        vcodec="libx264",
        acodec="aac",
        preset="veryfast",
        crf=26,
        pix_fmt="yuv420p",
        threads=1,
        vf=f"scale=-2:'trunc(min({HEIGHT},ih)/2)*2'",
        movflags="frag_keyframe+empty_moov",
        map_metadata=-1,
        fflags="+bitexact",
        metadata=f"comment={MARK}",
    )
    made: list[str] = output.global_args("-nostdin", "-loglevel", "error").compile()
    return made


def is_playable(file: str, size: int) -> bool:
    """Whether a file of a package may be something to play."""
    return size > 0 and file.rpartition(".")[2] in ENDINGS
