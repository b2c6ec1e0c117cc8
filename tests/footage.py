"""Films for tests, made by ffmpeg once in a process: small, and each pixel and sample known beforehand."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.pieces import need_program


@cache
def footage(
    ending: str = "mp4",
    *,
    seconds: int = 1,
    size: tuple[int, int] = (64, 48),
    rate: str = "10",
    picture: str = "testsrc2",
    filters: str = "null",
    extra: tuple[str, ...] = (),
) -> bytes:
    """A film: a moving test picture with a tone of 440 Hz. ``extra``: further arguments of ffmpeg for the output."""
    ffmpeg = need_program("ffmpeg", "ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"film.{ending}")
        sources = [
            *("-f", "lavfi", "-i", f"{picture}=size={size[0]}x{size[1]}:rate={rate}:duration={seconds},{filters}"),
            *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
        ]
        codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        done = subprocess.run(
            [ffmpeg, "-nostdin", "-loglevel", "error", "-threads", "1", *sources, *codecs, *extra, str(path)],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return path.read_bytes()
