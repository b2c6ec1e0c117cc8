"""Redacted copies: decoded and looked at, pixel by pixel and sample by sample; and who may say that one is given away."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from station.derived.boxes import Box, KeyFrame, Redaction
from station.derived.making import Workshop
from station.home import Home
from station.rooms import Rooms
from tests.footage import footage
from tests.station.derived.conftest import Films
from tests.station.derived.looking import pictures, sound, streams
from tests.station.stations import Station

WIDE, HIGH = 128, 96
SECRETS = (b"loci", b"Person of interest", b"spoken words", b"Chapter of the person")
"""What the film tells beside pictures and sound; ``loci`` is the atom that holds a place (3GPP TS 26.244, section 8.7)."""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film that says more than it shows: a place, a title, a second sound, subtitles, chapters; three seconds of a moving picture."""
    folder = tmp_path_factory.mktemp("rich")
    (folder / "plain.mp4").write_bytes(footage(seconds=3, size=(WIDE, HIGH)))
    (folder / "words.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nspoken words\n")
    (folder / "chapters").write_text(
        ";FFMETADATA1\ntitle=Person of interest\nlocation=+31.2304+121.4737/\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\n"
        "title=Chapter of the person\n"
    )
    sources = ["-i", "plain.mp4", "-i", "words.srt", "-i", "chapters", "-f", "lavfi", "-i", "sine=frequency=1000:duration=3"]
    maps = ["-map", "0:v", "-map", "0:a", "-map", "3:a", "-map", "1:s", "-map_metadata", "2", "-map_chapters", "2"]
    told = [
        "ffmpeg",
        "-nostdin",
        "-loglevel",
        "error",
        *sources,
        *maps,
        "-c:v",
        "copy",
        "-c:a",
        "aac",
        "-c:s",
        "mov_text",
        "rich.mp4",
    ]
    subprocess.run(told, cwd=folder, check=True)
    data = (folder / "rich.mp4").read_bytes()
    assert all(one in data for one in SECRETS)
    return data


@pytest.fixture
def clip(station: Station, rich: bytes, tmp_path: Path) -> str:
    card = tmp_path / "card"
    card.mkdir()
    (card / "film.mp4").write_bytes(rich)
    (found,) = station.json("ingest", card)["clips"]
    return str(found["id"])


def redacted(station: Station, clip: str, *asked: str) -> tuple[Any, Path]:
    """A redaction, and its copy."""
    added = station.json("redactions", "add", clip, "--no-mark", *asked)
    made = station.json("redactions", "make", added["redaction"])
    return made, Path(made["file"])


def original(station: Station, clip: str) -> Path:
    digest = str(station.json("show", clip)["sha256"])
    return station.folder / "vault" / "blobs" / digest[:2] / digest


def far(one: bytes, other: bytes, inside: range, rows: range) -> tuple[int, int]:
    """The brightest pixel inside a box of the one, and how far the two are apart outside of it, a border of four left out."""
    brightest = max(one[y * WIDE + x] for y in rows for x in inside)
    around = {(x, y) for y in range(rows.start - 4, rows.stop + 4) for x in range(inside.start - 4, inside.stop + 4)}
    apart = max(abs(one[y * WIDE + x] - other[y * WIDE + x]) for y in range(HIGH) for x in range(WIDE) if (x, y) not in around)
    return brightest, apart


def test_a_black_box_covers_every_frame_where_it_is_and_nothing_else_is_changed(station: Station, clip: str) -> None:
    """From (10, 20) to (50, 40) in one second, growing from 21 by 11 to 31 by 21."""
    _, path = redacted(station, clip, "--box", "black 1s:10,20,21,11 2s:50,40,31,21")
    before, after = pictures(original(station, clip), (WIDE, HIGH)), pictures(path, (WIDE, HIGH))
    assert len(before) == len(after) == 30
    for number, (one, other) in enumerate(zip(after, before, strict=True)):
        if not 10 <= number <= 20:
            assert far(one, other, range(4, 5), range(4, 5))[1] < 40, number
            assert one[30 * WIDE + 20] > 20 or one[50 * WIDE + 60] > 20
            continue
        x, y, side = 10 + 4 * (number - 10), 20 + 2 * (number - 10), number - 10
        brightest, apart = far(one, other, range(x, x + 21 + side), range(y, y + 11 + side))
        assert brightest <= 26, f"frame {number}: something shows through"
        assert apart < 40, f"frame {number}: changed outside"


def test_what_lies_under_a_black_box_does_not_change_a_byte_of_the_copy(station: Station, tmp_path: Path) -> None:
    """Two films that differ only under the box give copies whose pictures are the same: nothing of it is left to be recovered."""
    hidden = []
    for number, colour in enumerate(("red", "white")):
        card = tmp_path / f"card{number}"
        card.mkdir()
        filters = f"drawbox=x=20:y=20:w=16:h=16:c={colour}:t=fill"
        (card / "film.mp4").write_bytes(footage(size=(WIDE, HIGH), filters=filters, extra=("-qp", "0")))
        (found,) = station.json("ingest", card)["clips"]
        _, path = redacted(station, found["id"], "--box", "black start:20,20,16,16 end:20,20,16,16")
        hidden.append(pictures(path, (WIDE, HIGH)))
    assert hidden[0] == hidden[1]


def test_a_grey_box_is_grey_and_a_mosaic_or_a_blur_is_refused(station: Station, clip: str) -> None:
    _, path = redacted(station, clip, "--box", "grey start:32,24,44,44 end:32,24,44,44")
    for frame in pictures(path, (WIDE, HIGH))[::10]:
        inside = [frame[y * WIDE + x] for y in range(26, 66) for x in range(34, 74)]
        assert max(abs(one - 126) for one in inside) <= 3
    before = len(station.log())
    for fill in ("blur", "mosaic"):
        refused = station.json("redactions", "add", clip, "--box", f"{fill} start:32,24,44,44 end:32,24,44,44", status=2)
        assert (refused["code"], refused["fill"]) == ("fill-reversible", fill)
    assert len(station.log()) == before


def test_a_mosaic_that_an_older_recipe_names_is_still_made(station: Station, clip: str) -> None:
    """A copy that was approved is made again from its recipe, whatever is refused since."""
    rooms = Rooms.open(Home(station.folder))
    original = (workshop := Workshop(rooms)).original(station.json("clips")["clips"][0]["sha256"])
    frames = original.needs_frames()
    box = Box("blur", tuple(KeyFrame(pts, 32, 24, 44, 44) for pts in (frames.pts[0], frames.pts[-1])))
    recipe = Redaction((box,), (), sound=True, burn_in=False).recipe(WIDE, HIGH, frames.time_base, frames.pts[0])
    path = workshop.shelf.path(workshop.made(original, recipe))
    rooms.close()
    for frame in pictures(path, (WIDE, HIGH))[::10]:
        assert len({frame[46 * WIDE + x] // 12 for x in range(34, 74)}) <= 12


def test_sound_is_silent_where_it_is_muted_and_as_it_was_elsewhere(station: Station, clip: str) -> None:
    _, path = redacted(station, clip, "--mute", "0.5s-1.25s", "--mute", "2s-2.5s")
    heard, before = sound(path), sound(original(station, clip))

    def loudest(samples: Any, begin: float, end: float) -> int:  # noqa: ANN401  # an array of samples
        return max(abs(int(one)) for one in samples[int(begin * 8000) : int(end * 8000)])

    for begin, end in ((0.56, 1.19), (2.06, 2.44)):
        assert loudest(heard, begin, end) <= 4
    for begin, end in ((0.1, 0.45), (1.3, 1.95), (2.55, 2.9)):
        assert loudest(heard, begin, end) == pytest.approx(loudest(before, begin, end), rel=0.1)


def test_nothing_else_of_the_original_is_in_the_copy(station: Station, clip: str) -> None:
    made, path = redacted(station, clip, "--box", "black start:0,0,16,16 end:0,0,16,16")
    told = streams(path)
    assert [one["codec_type"] for one in told["streams"]] == ["video", "audio"]
    assert told["chapters"] == []
    assert set(told["format"]["tags"]) <= {"major_brand", "minor_version", "compatible_brands", "comment"}
    data = path.read_bytes()
    assert not [one for one in SECRETS if one in data]
    assert made["original"].encode() in data
    assert b"udta" in data, "where the mark stands; a GPS atom would stand there too"
    assert b"\xa9xyz" not in data
    _, silent = redacted(station, clip, "--no-sound")
    assert [one["codec_type"] for one in streams(silent)["streams"]] == ["video"]


def test_the_mark_is_in_the_picture_unless_the_recipe_says_otherwise(station: Station, clip: str) -> None:
    added = station.json("redactions", "add", clip, "--mute", "start-1s")
    assert added["recipe"]["burn_in"] is True
    made = station.json("redactions", "make", added["redaction"])
    assert len(made["software"]["font"]) == 64
    _, plain = redacted(station, clip, "--mute", "start-1s")
    with_mark, without = pictures(Path(made["file"]), (WIDE, HIGH))[5], pictures(plain, (WIDE, HIGH))[5]
    bottom = slice((HIGH - 20) * WIDE, HIGH * WIDE)
    assert sum(abs(one - other) for one, other in zip(with_mark[bottom], without[bottom], strict=True)) > 5000


def test_a_copy_is_given_away_only_after_somebody_else_looked_at_it(
    station: Station, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = station.json("redactions", "add", clip, "--mute", "start-1s", "--note", "a minor speaks")
    name = added["redaction"]
    assert (added["state"], added["version"], added["sha256"]) == ("drafted", 1, None)
    assert station.json("redactions", "approve", name, status=5)["code"] == "redaction-not-made"
    made = station.json("redactions", "make", name)
    assert (made["state"], made["version"]) == ("made", 2)
    assert station.json("redactions", "approve", name, status=5)["code"] == "approval-own"
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR", "badge 9")
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", "clerk")
    assert station.json("redactions", "approve", name, status=5)["code"] == "approval-beyond"
    monkeypatch.setenv("EVIDENCE_STATION_OPERATOR_ROLE", "supervisor")
    approved = station.json("redactions", "approve", name, "--note", "looked at all of it")
    assert (approved["state"], approved["sha256"]) == ("approved", made["sha256"])
    changed = station.json("redactions", "change", name, "--mute", "start-2s")
    assert (changed["state"], changed["sha256"], changed["note"]) == ("drafted", None, "a minor speaks")
    assert station.json("redactions", "approve", name, status=5)["code"] == "redaction-not-made"
    station.json("redactions", "make", name)
    assert station.json("redactions", "approve", name, status=5)["code"] == "approval-own", "he has changed it"
    assert station.json("verify")["ok"]
    told = [one["what"]["did"] for one in station.log() if one["type"] == "recorded" and one["what"]["kind"] == "redaction"]
    assert told == ["added", "made", "approved", "changed", "made"]
    assert b"a minor speaks" not in b"".join(str(one["what"]).encode() for one in station.log())


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ((), "nothing-hidden"),
        (("--box", "black"), "one-key-frame"),
        (("--box", "black 1s:1,1,8,8"), "one-key-frame"),
        (("--box", "white 0s:1,1,8,8 1s:1,1,8,8"), "black-or-grey"),
        (("--box", "black 2s:1,1,8,8 1s:1,1,8,8"), "key-frames-out-of-order"),
        (("--box", "black 0s:1,1,0,8 1s:1,1,8,8"), "no-size"),
        (("--box", "black 0s:200,1,8,8 1s:1,1,8,8"), "outside-the-picture"),
        (("--box", "black pts:5:1,1,8,8 1s:1,1,8,8"), "no-such-frame"),
        (("--box", "black 0s:1,1,8 1s:1,1,8,8"), "not-a-key-frame"),
        (("--box", "black 99s:1,1,8,8 end:1,1,8,8"), "after-the-end"),
        (("--mute", "2s-1s"), "no-length"),
        (("--mute", "2s"), "not-a-range"),
        (("--mute", "noon-1s"), "not-a-place"),
    ],
)
def test_what_cannot_be_made_is_refused_before_it_is_written_down(films: Films, asked: tuple[str, ...], rule: str) -> None:
    before = len(films.station.log())
    refused = films.station.json("redactions", "add", films.clips["film.mp4"], *asked, status=2)
    assert (refused["code"], refused["rule"]) == ("recipe-unfit", rule)
    assert len(films.station.log()) == before


def test_somebody_elses_change_is_not_overwritten(films: Films) -> None:
    clip = films.clips["film.mp4"]
    name = films.station.json("redactions", "add", clip, "--no-sound")["redaction"]
    films.station.json("redactions", "change", name, "--sound", "--mute", "start-1s", "--version", "1")
    assert films.station.json("redactions", "change", name, "--no-sound", "--version", "1", status=5)["code"] == "sheet-changed"
    assert films.station.json("redactions", "list", "--clip", clip)["redactions"][0]["recipe"]["mutes"] == [
        {"first_ms": 0, "last_ms": 1000}
    ]
