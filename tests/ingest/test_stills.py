"""Pictures: read without a child process, and as ffprobe reads them; hostile ones end quietly."""

from __future__ import annotations

import io
import json
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import stills
from ingest.bounded import Confinement
from ingest.probe import MediaFacts, Prober, Stream
from ingest.times import TimeReading, TimeSource, ZoneRule
from tests.pieces import need_program

MAKE, MODEL, SOFTWARE, CHANGED, TAKEN, OFFSET_TAKEN = 0x010F, 0x0110, 0x0131, 0x0132, 0x9003, 0x9011


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A JPEG of 320 x 180 pixels by ffmpeg, without EXIF."""
    made = tmp_path_factory.mktemp("stills") / "picture.jpg"
    source = ("-f", "lavfi", "-i", "testsrc2=s=320x180", "-frames:v", "1")
    subprocess.run([need_program("ffmpeg", "ffmpeg"), "-v", "error", "-nostdin", *source, str(made)], check=True)
    return made.read_bytes()


def tiff(first: dict[int, str], second: dict[int, str], order: str = "<") -> bytes:
    """A TIFF of two directories of texts, the second as the EXIF directory of the first (TIFF 6.0, section 2)."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8)
    after = 8 + 2 + 12 * (len(first) + 1) + 4
    texts_at = after + 2 + 12 * len(second) + 4
    blob = b""

    def directory(texts: dict[int, str], *extra: bytes) -> bytes:
        nonlocal blob
        entries = list(extra)
        for tag, text in texts.items():
            raw = text.encode() + b"\0"
            value = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(f"{order}I", texts_at + len(blob))
            blob += raw if len(raw) > 4 else b""
            entries.append(struct.pack(f"{order}HHI", tag, 2, len(raw)) + value)
        return struct.pack(f"{order}H", len(entries)) + b"".join(sorted(entries)) + bytes(4)

    pointer = struct.pack(f"{order}HHII", 0x8769, 4, 1, after)
    return head + directory(first, pointer) + directory(second) + blob


def with_exif(picture: bytes, body: bytes) -> bytes:
    payload = b"Exif\0\0" + body
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + picture[2:]


@pytest.mark.parametrize("order", ["<", ">"])
def test_size_and_exif_are_what_ffprobe_reads(picture: bytes, tmp_path: Path, order: str) -> None:
    first = {MAKE: "Harbour Optics", MODEL: "BC2", SOFTWARE: "v1", CHANGED: "2026:01:16 00:00:00"}
    file = tmp_path / "photo.jpg"
    file.write_bytes(with_exif(picture, tiff(first, {TAKEN: "2026:01:15 08:07:00"}, order)))
    still = stills.read_jpeg(io.BytesIO(file.read_bytes()))
    assert still is not None
    asked = ("-v", "error", "-print_format", "json", "-show_entries", "frame=width,height:frame_tags", str(file))
    done = subprocess.run([need_program("ffprobe", "ffmpeg"), *asked], capture_output=True, check=True)
    frame = json.loads(done.stdout)["frames"][0]
    assert (still.width, still.height) == (frame["width"], frame["height"]) == (320, 180)
    tags = frame["tags"]
    assert (still.untrusted_make, still.untrusted_model) == (tags["Make"], tags["Model"]) == ("Harbour Optics", "BC2")
    assert still.untrusted_software == tags["Software"]
    assert tags["DateTimeOriginal"] == "2026:01:15 08:07:00"
    assert still.created == (TimeReading(TimeSource.CONTAINER, "2026-01-15T08:07:00", ZoneRule.STATION, 1000),)


def test_an_offset_makes_the_time_certain(picture: bytes) -> None:
    body = tiff({}, {TAKEN: "2026:01:15 08:07:00", OFFSET_TAKEN: "+08:00"})
    still = stills.read_jpeg(io.BytesIO(with_exif(picture, body)))
    assert still is not None
    assert still.created == (TimeReading(TimeSource.CONTAINER, "2026-01-15T08:07:00+08:00", ZoneRule.OFFSET, 1000),)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "2026:13:01 08:00:00", "2026-01-15 08:07:00"])
def test_a_clock_that_was_not_set_is_no_reading(picture: bytes, text: str) -> None:
    still = stills.read_jpeg(io.BytesIO(with_exif(picture, tiff({CHANGED: text}, {TAKEN: text}))))
    assert still is not None
    assert still.created == ()


def test_the_prober_needs_no_program_for_it(picture: bytes, tmp_path: Path) -> None:
    file = tmp_path / "photo"
    file.write_bytes(with_exif(picture, tiff({MAKE: "Harbour\nOptics"}, {})))
    facts = Prober(Confinement(()), program="no-such-program").probe(file, b"DCIM/1.JPG")
    assert isinstance(facts, MediaFacts)
    assert (facts.container, facts.streams, facts.duration_ms) == ("jpeg_pipe", (Stream("video", "mjpeg", 320, 180),), None)
    assert facts.make == "Harbour Optics"


def test_as_ffprobe_says_it(picture: bytes, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(picture)
    asked = ("-v", "error", "-print_format", "json", "-show_format", "-show_streams", str(file))
    done = subprocess.run([need_program("ffprobe", "ffmpeg"), *asked, "-f", "jpeg_pipe"], capture_output=True, check=True)
    theirs = json.loads(done.stdout)
    ours = Prober(Confinement(())).probe(file, b"photo.jpg")
    assert isinstance(ours, MediaFacts)
    assert (ours.container, ours.streams[0].codec) == (theirs["format"]["format_name"], theirs["streams"][0]["codec_name"])


@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 400))
def test_hostile_bytes_raise_nothing(picture: bytes, junk: bytes, at: int, gone: int) -> None:
    body = tiff({MAKE: "M" * 40, CHANGED: "2026:01:16 00:00:00"}, {TAKEN: "2026:01:15 08:07:00"})
    whole = with_exif(picture, body)[:3000]
    struck = whole[: 3 + at] + junk + whole[3 + at + gone :]
    read = stills.read_jpeg(io.BytesIO(struck))
    assert read is None or 0 < read.width < 1 << 16


def test_directories_that_point_at_themselves_end(picture: bytes) -> None:
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + bytes(4)
    still = stills.read_jpeg(io.BytesIO(with_exif(picture, body)))
    assert still is not None
    assert still.created == ()
