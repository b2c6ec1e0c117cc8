from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bounded import Bounds, Confinement, Finished
from ingest.errors import ChildMissing
from ingest.probe import MediaFacts, ProbeFailure, ProbeFault, Prober, Stream, arguments, parse
from ingest.times import TimeReading, TimeSource, ZoneRule
from tests.pieces import need_program

PROBER = Prober(Confinement.detect())


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One freshly made clip of two seconds with picture and sound, a note, and a photo."""
    folder = tmp_path_factory.mktemp("media")
    program = need_program("ffmpeg", "ffmpeg")
    need_program("ffprobe", "ffmpeg")

    def make(name: str, *options: str) -> None:
        subprocess.run([program, "-v", "error", "-nostdin", *options, str(folder / name)], check=True)

    picture, sound = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25"), ("-f", "lavfi", "-i", "sine=440:r=16000")
    when = ("-metadata", "creation_time=2026-01-15T08:00:00Z")
    make("clip.mp4", *picture, *sound, "-t", "2", *when, "-c:v", "mpeg4", "-c:a", "aac")
    make(
        "note.wav",
        *sound,
        "-t",
        "1",
        "-write_bext",
        "1",
        "-metadata",
        "origination_date=2026-01-15",
        "-metadata",
        "origination_time=09:30:00",
    )
    make("photo.jpg", *picture, "-frames:v", "1")
    return folder


def test_a_clip_s_facts(media: Path) -> None:
    facts = PROBER.probe(media / "clip.mp4", b"DCIM/clip.mp4")
    assert isinstance(facts, MediaFacts)
    assert facts.container.startswith("mov,mp4")
    assert facts.duration_ms == 2000
    assert [(stream.kind, stream.codec) for stream in facts.streams] == [("video", "mpeg4"), ("audio", "aac")]
    assert (facts.streams[0].width, facts.streams[0].height, facts.streams[0].frame_rate) == (320, 180, "25/1")
    assert (facts.streams[1].sample_rate, facts.streams[1].channels) == (16000, 1)
    assert facts.created == (TimeReading(TimeSource.CONTAINER, "2026-01-15T08:00:00+00:00", ZoneRule.CLAIMED_UTC, 1000),)
    assert facts.warnings == ()


def test_a_broadcast_wave_s_local_time(media: Path) -> None:
    facts = PROBER.probe(media / "note.wav", b"note.wav")
    assert isinstance(facts, MediaFacts)
    assert (facts.duration_ms, facts.created) == (
        1000,
        (TimeReading(TimeSource.CONTAINER, "2026-01-15T09:30:00", ZoneRule.STATION, 1000),),
    )


def test_a_photo_has_no_duration(media: Path) -> None:
    facts = PROBER.probe(media / "photo.jpg", b"photo.jpg")
    assert isinstance(facts, MediaFacts)
    assert (facts.duration_ms, facts.streams) == (None, (Stream("video", "mjpeg", 320, 180),))


def test_a_blob_without_extension_is_known_by_its_content(media: Path, tmp_path: Path) -> None:
    blob = tmp_path / ("0" * 64)
    blob.write_bytes((media / "clip.mp4").read_bytes())
    assert isinstance(PROBER.probe(blob, b"strange: name\n.mp4"), MediaFacts)
    assert isinstance(PROBER.probe(blob, b"no-extension"), MediaFacts)


def test_a_truncated_clip_is_a_failure_that_says_why(media: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes((media / "clip.mp4").read_bytes()[:20_000])
    failure = PROBER.probe(cut, b"cut.mp4")
    assert isinstance(failure, ProbeFailure)
    assert failure.reason is ProbeFault.UNREADABLE
    assert "moov atom not found" in failure.detail
    assert str(tmp_path) not in failure.detail
    assert "0x" not in failure.detail


def test_what_is_no_media_is_not_probed(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"12:00 power on\n")
    (tmp_path / "empty").write_bytes(b"")
    never = Prober(Confinement(()), program="no-such-program")
    assert never.probe(tmp_path / "log", b"a.log") == ProbeFailure(ProbeFault.NOT_MEDIA)
    assert never.probe(tmp_path / "empty", b"a.mp4") == ProbeFailure(ProbeFault.NOT_MEDIA)


def test_a_playlist_in_disguise_opens_nothing(media: Path, tmp_path: Path) -> None:
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{media}/clip.mp4\n",
        f"ffconcat version 1.0\nfile '{media}/clip.mp4'\n",
    ):
        (tmp_path / "x.mp4").write_text(text)
        failure = PROBER.probe(tmp_path / "x.mp4", b"x.mp4")
        assert isinstance(failure, ProbeFailure)
        assert failure.reason is ProbeFault.UNREADABLE


def test_a_probe_that_takes_too_long_or_too_much(media: Path) -> None:
    clip = media / "clip.mp4"
    hurried = Prober(Confinement(()), Bounds(wall_s=0.001)).probe(clip, b"clip.mp4")
    assert hurried == ProbeFailure(ProbeFault.TIMED_OUT)
    wordy = Prober(Confinement(()), Bounds(output=100)).probe(clip, b"clip.mp4")
    assert wordy == ProbeFailure(ProbeFault.STRANGE_ANSWER, "too long")
    starved = Prober(Confinement(()), Bounds(address_space=100 << 20)).probe(clip, b"clip.mp4")
    assert isinstance(starved, ProbeFailure)
    assert starved.reason in (ProbeFault.UNREADABLE, ProbeFault.CRASHED)


def test_the_station_s_own_trouble_is_no_failure_of_the_file(media: Path, tmp_path: Path) -> None:
    with pytest.raises(ChildMissing):
        Prober(Confinement(()), program="no-such-program").probe(media / "clip.mp4", b"clip.mp4")
    with pytest.raises(FileNotFoundError):
        PROBER.probe(tmp_path / "absent", b"clip.mp4")


def test_the_arguments_fence_ffprobe_in() -> None:
    built = arguments(Path("/vault/-rf: x"))
    assert built[-2:] == ["-i", "file:/vault/-rf: x"]
    assert built[built.index("-protocol_whitelist") + 1] == "file"
    demuxers = built[built.index("-format_whitelist") + 1].split(",")
    assert {"mov", "mpegts", "avi"} <= set(demuxers)
    assert not {"hls", "concat", "dash", "sdp", "rtsp", "lavfi"} & set(demuxers)


def answered(document: object, status: int = 0, diagnostics: bytes = b"") -> MediaFacts | ProbeFailure:
    return parse(Finished(status, json.dumps(document).encode(), diagnostics, 0.1), Path("/vault/x"))


def test_hostile_values_become_nothing() -> None:
    facts = answered(
        {
            "format": {
                "format_name": "a\x1b[31mb" + "c" * 500,
                "duration": "1e99",
                "tags": {"creation_time": "soon", "model": "\n"},
            },
            "streams": [{"codec_type": "video", "avg_frame_rate": "0/0", "sample_rate": "-1", "width": 0, "duration": "nan"}],
        }
    )
    assert isinstance(facts, MediaFacts)
    assert "\x1b" not in facts.container
    assert len(facts.container) <= 120
    assert (facts.duration_ms, facts.created, facts.model, facts.streams) == (None, (), None, (Stream("video", None),))


def test_a_telephone_s_offset_comes_before_its_utc() -> None:
    tags = {"creation_time": "2026-01-15T00:00:05.000000Z", "com.apple.quicktime.creationdate": "2026-01-15T08:00:00+0800"}
    facts = answered({"format": {"tags": tags}})
    assert isinstance(facts, MediaFacts)
    assert [(reading.value, reading.zone) for reading in facts.created] == [
        ("2026-01-15T08:00:00+08:00", ZoneRule.OFFSET),
        ("2026-01-15T00:00:05+00:00", ZoneRule.CLAIMED_UTC),
    ]


@pytest.mark.parametrize(
    "document", [[], {}, {"format": []}, {"format": {"duration": 5}}, {"format": {}, "streams": [{"width": "x"}]}]
)
def test_an_answer_of_another_shape(document: object) -> None:
    failure = answered(document)
    assert isinstance(failure, ProbeFailure)
    assert failure.reason is ProbeFault.STRANGE_ANSWER


def test_warnings_are_cleaned_of_where_the_file_lies() -> None:
    lines = b"[mov @ 0x55d0c0ffee00] moov \x1b[31m atom\nfile:/vault/x: Invalid\n/vault/x: again\n/vault/x: again\n"
    facts = answered({"format": {}}, diagnostics=lines)
    assert isinstance(facts, MediaFacts)
    assert facts.warnings == ("[mov] moov  [31m atom", "file: Invalid", "file: again")


def test_a_crash_is_a_failure() -> None:
    assert answered({}, status=-11) == ProbeFailure(ProbeFault.CRASHED, "signal 11")


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(min_value=-64, max_value=255))
def test_no_answer_breaks_the_parser(output: bytes, diagnostics: bytes, status: int) -> None:
    parse(Finished(status, output, diagnostics, 0.1), Path("/vault/x"))
