"""What ffmpeg is told.

Two children make a derivative:

* the first reads the original. It may write no file: what it makes comes through a pipe (NUT, raw pictures, or samples), so that a decoder
  that a hostile file took over can alter nothing;
* the second makes of that, which is our own by then, the file as it is kept: an index at the front to stream by, and the mark.

No clock, no version, one thread, exact arithmetic: the same input gives the same bytes.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from evidence.canonical import JsonObject
from ingest.bounded import file_argument
from station.derived import boxes
from station.derived.media import REPACKED, Frames, Looked, Picture, fences, fraction
from station.derived.recipes import Makes, makes

MARK = "DERIVATIVE COPY, NOT THE ORIGINAL / 衍生副本, 非原件"
ROLL_SECONDS = 15
"""How far before a frame reading begins in containers that can be sought in: above any distance between key frames seen on a camera."""
QUIET = ["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-filter_complex_threads", "1"]
EXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1", "-map_chapters", "-1"]
NOTHING_ELSE = ["-dn", "-sn"]
SCALER = "flags=bicubic+accurate_rnd+bitexact"
X264 = "threads=1:lookahead-threads=1:cpu-independent=1"
TICKS = 90000
AHEAD = 10
"""Seconds added between the two children: NUT knows no time below 0, and sound begins before the first frame by what an encoder needs to
start. Taken off again, so that the first frame is at 0 in every copy."""


def mark(original: str, recipe: str) -> str:
    """What every derivative says of itself in its metadata."""
    return f"{MARK}; original sha256:{original}; recipe sha256:{recipe}"


def burnt(original: str, font: Path | None, height: int) -> str:
    """The filter that writes the mark into the picture."""
    if font is None:
        return "null"
    size = max(12, height // 30)
    text = f"衍生副本 COPY sha256 {original[:32]}"
    return (
        f"drawtext=fontfile={font}:text='{text}':expansion=none:fontsize={size}:fontcolor=white:box=1:boxcolor=black@0.7"
        f":boxborderw={size // 4}:x={size // 2}:y=h-th-{size // 2}"
    )


def encoded(
    source: Path, looked: Looked, frames: Frames | None, recipe: JsonObject, original: str, font: Path | None, script: Path
) -> list[str]:
    """The first child of a proxy, a cut or a redacted copy; its filters are written to ``script``, for they may be long."""
    settings: Any = recipe
    window = _Window.of(looked, frames, settings)
    graph: list[str] = []
    maps: list[str] = []
    if looked.picture is not None:
        graph.append(_picture_graph(window, recipe, burnt(original, font, _height(looked.picture, settings))))
        maps += ["-map", "[v]", "-c:v", "libx264", "-preset", settings["preset"], "-crf", str(settings["crf"])]
        maps += ["-pix_fmt", "yuv420p", "-enc_time_base:v", f"1:{TICKS}", "-fps_mode:v", "passthrough", "-a53cc", "0"]
        maps += ["-x264-params", X264]
        maps += ["-force_key_frames", f"expr:gte(t,n_forced*{settings.get('key_frames_ms', 1000) / 1000:.3f})"]
    if looked.sound is not None and settings.get("sound", True):
        silence = boxes.sound_filter(boxes.read(recipe)) if makes(recipe) is Makes.REDACTED else "anull"
        graph.append(f"[0:a:0]{window.sound()},aresample=async=1,{silence},aformat=channel_layouts=mono|stereo[a]")
        maps += ["-map", "[a]", "-c:a", "aac", "-b:a", f"{settings['audio_kbit']}k"]
    seek = window.seek() if looked.picture is not None and not looked.transport else []
    script.write_text(";".join(graph), encoding="utf-8")
    told = ["ffmpeg", *QUIET, "-copyts", *seek, *fences(source), "-filter_complex_script", str(script), *maps]
    return [*told, *EXACT, *NOTHING_ELSE, "-threads", "1", "-output_ts_offset", str(AHEAD), "-f", "nut", "pipe:1"]


def finished(spool: Path, target: Path, said: str) -> list[str]:
    """The second child of these: an MP4 whose index stands at the front, so that it plays while it comes."""
    return [
        *("ffmpeg", *QUIET, "-y", "-copyts", *fences(spool, "nut"), "-map", "0", "-c", "copy", *EXACT),
        *("-write_tmcd", "0", "-output_ts_offset", str(-AHEAD), "-avoid_negative_ts", "disabled"),
        *("-movflags", "+faststart", "-video_track_timescale", str(TICKS), "-metadata", f"comment={said}"),
        *("-f", "mp4", file_argument(target)),
    ]


def copied(source: Path, looked: Looked, recipe: JsonObject) -> list[str]:
    """The first child of a working copy: the streams as they are, every frame of them; fields are made whole frames."""
    fields: Any = recipe["fields"]
    picture = ["-c:v", "copy", "-copyinkf:v"]
    if looked.picture is not None and looked.picture.fields:
        picture = [
            "-c:v",
            "libx264",
            "-preset",
            fields["preset"],
            "-crf",
            str(fields["crf"]),
            "-bf",
            "0",
            "-fps_mode:v",
            "passthrough",
        ]
        picture += [
            "-enc_time_base:v",
            f"1:{TICKS}",
            "-x264-params",
            X264,
            "-force_key_frames",
            "expr:gte(t,n_forced)",
            "-threads",
            "1",
        ]
    sound = ["-map", "0:a?", "-c:a", "pcm_s16le" if looked.sound in REPACKED else "copy"]
    streams = ["-map", "0:v:0", *picture, *sound]
    return ["ffmpeg", *QUIET, *fences(source), *streams, *EXACT, *NOTHING_ELSE, "-f", "nut", "pipe:1"]


def repacked(spool: Path, target: Path, said: str) -> list[str]:
    """The second child of a working copy: Matroska with its index, which needs a file that can be sought in."""
    return [
        *("ffmpeg", *QUIET, "-y", *fences(spool, "nut"), "-map", "0", "-c", "copy", "-copyinkf:v", *EXACT),
        *("-metadata", f"comment={said}", "-f", "matroska", file_argument(target)),
    ]


def pictured(source: Path, looked: Looked, frames: Frames, recipe: JsonObject, original: str, font: Path | None) -> list[str]:
    """The one child of a still: the frame with that time stamp, and no other, as PNG through the pipe."""
    settings: Any = recipe
    assert looked.picture is not None
    seek = [] if looked.transport else _Window(frames, settings["pts"], settings["pts"]).seek()
    chain = f"select='eq(pts,{settings['pts']})',{burnt(original, font, looked.picture.height)}"
    chain += f",scale={SCALER}+full_chroma_int,format=rgb24"
    told = ["ffmpeg", *QUIET, "-copyts", *seek, *fences(source), "-map", "0:v:0", "-vf", chain, "-frames:v", "1"]
    return [*told, "-fps_mode", "passthrough", *EXACT, "-c:v", "png", "-f", "image2pipe", "pipe:1"]


def thumbed(source: Path, picks: list[int], size: tuple[int, int], *, keys_only: bool) -> list[str]:
    """The first child of a filmstrip: small raw pictures of the frames with these time stamps."""
    chosen = "+".join(f"eq(pts,{one})" for one in picks)
    chain = f"select='{chosen}',scale={size[0]}:{size[1]}:{SCALER},format=yuv420p"
    only = ["-skip_frame", "nokey"] if keys_only else []
    told = ["ffmpeg", *QUIET, *only, "-copyts", *fences(source), "-map", "0:v:0", "-vf", chain, "-fps_mode", "passthrough"]
    return [*told, "-f", "rawvideo", "pipe:1"]


def tiled(spool: Path, size: tuple[int, int], columns: int, rows: int, quality: int) -> list[str]:
    """The second child of a filmstrip: one picture of all, as JPEG through the pipe."""
    told = ["ffmpeg", *QUIET, "-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", f"{size[0]}x{size[1]}"]
    told += [
        "-protocol_whitelist",
        "file",
        "-i",
        file_argument(spool),
        "-vf",
        f"tile={columns}x{rows},scale=out_range=pc:{SCALER}",
    ]
    return [
        *told,
        "-frames:v",
        "1",
        *EXACT,
        "-pix_fmt",
        "yuvj420p",
        "-c:v",
        "mjpeg",
        "-q:v",
        str(quality),
        "-f",
        "image2pipe",
        "pipe:1",
    ]


def sampled(source: Path, rate: int) -> list[str]:
    """The one child of a waveform: the sound as samples of 16 bits, mono, from the recording's beginning."""
    chain = f"aresample={rate}:async=1:first_pts=0"
    told = ["ffmpeg", *QUIET, *fences(source), "-map", "0:a:0", "-vn", "-af", chain, "-ac", "1", "-ar", str(rate)]
    return [*told, *EXACT, "-f", "s16le", "pipe:1"]


class _Window:
    """Which frames are wanted, and the time that counts from the first of them."""

    def __init__(self, frames: Frames, first: int, last: int) -> None:
        self._frames, self.first = frames, first
        self._after = next((one for one in frames.pts if one > last), None)

    @classmethod
    def of(cls, looked: Looked, frames: Frames | None, settings: Any) -> _Window | _Whole:  # noqa: ANN401  # a recipe as JSON has it
        """The frames of a recipe: those of a cut, or all."""
        if looked.picture is None or frames is None:
            return _Whole()
        if makes(settings) is Makes.CUT:
            return cls(frames, settings["first"], settings["last"])
        return cls(frames, frames.pts[0], frames.pts[-1])

    def _seconds(self, pts: int) -> Fraction:
        return pts * self._frames.time_base

    def picture(self) -> str:
        """Filters that leave these frames, the first at 0."""
        end = "" if self._after is None else f":end_pts={self._after}"
        return f"trim=start_pts={self.first}{end},setpts=PTS-{self.first}"

    def sound(self) -> str:
        """Filters that leave the sound of these frames, which begins at 0 with the first."""
        start = self._seconds(self.first)
        end = "" if self._after is None else f":end={float(self._seconds(self._after)):.6f}"
        return f"atrim=start={float(start):.6f}{end},asetpts=PTS-({start.numerator}/{start.denominator})/TB"

    def seek(self) -> list[str]:
        """Where reading may begin: well before the first frame. Nothing where that is the beginning."""
        begin = self._seconds(self.first) - ROLL_SECONDS
        if begin <= self._seconds(self._frames.pts[0]):
            return []
        return ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", f"{float(begin):.6f}"]


class _Whole:
    """A recording that is all sound."""

    @staticmethod
    def sound() -> str:
        """All of it."""
        return "asetpts=PTS-STARTPTS"

    @staticmethod
    def seek() -> list[str]:
        """From the beginning."""
        return []

    @staticmethod
    def picture() -> str:
        """There is none."""
        return "null"


def _height(picture: Picture, settings: Any) -> int:  # noqa: ANN401  # a recipe as JSON has it
    return min(picture.height, int(settings.get("height", picture.height)))


def _picture_graph(window: _Window | _Whole, recipe: JsonObject, burnt_in: str) -> str:
    settings: Any = recipe
    kind = makes(recipe)
    begin = f"[0:v:0]{window.picture()}"
    if kind is Makes.REDACTED:
        redaction = boxes.read(recipe)
        width, height, base = settings["width"], settings["height"], fraction(settings["time_base"])
        even = f"{width - width % 2}:{height - height % 2}"
        hidden = boxes.picture_filter(redaction, width, height, base, settings["first"])
        # The size is fixed before anything is hidden: a stream that changes it would otherwise move the picture under the boxes.
        return f"{begin},scale={width}:{height}:{SCALER},format=yuv420p[clear];{hidden};[hidden]crop={even}:0:0,{burnt_in}[v]"
    if kind is Makes.PROXY:
        lines = settings["height"]
        return (
            f"{begin},yadif=mode=send_frame:deint=interlaced,scale=w='2*trunc(iw*min(1,{lines}/min(iw,ih))/2)'"
            f":h='2*trunc(ih*min(1,{lines}/min(iw,ih))/2)':{SCALER},format=yuv420p,{burnt_in}[v]"
        )
    return f"{begin},scale=w='2*trunc(iw/2)':h='2*trunc(ih/2)':{SCALER},format=yuv420p,{burnt_in}[v]"
