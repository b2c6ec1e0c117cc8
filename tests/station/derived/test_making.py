"""What is made of a film, looked at with ffmpeg; and that it never touches the original."""

from __future__ import annotations

import json
import shutil
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from evidence.catalogue.derivatives import DerivativeRow
from ingest import bounded
from ingest.bounded import Bounds, Rein
from ingest.errors import ChildStopped
from station.client import InProcess
from station.commands import Play
from station.derived import media
from station.derived.making import Workshop
from station.derived.recipes import PROXY, Makes
from station.derived.shelf import Shelf
from station.engine import Engine
from station.handlers.clips import NoSuchProxy
from station.home import Home
from station.rooms import Rooms
from station.service.deriving import Deriving
from tests.footage import footage
from tests.station.derived.conftest import Films
from tests.station.derived.looking import COUNTED, number, pictures, shown_at, sound, streams
from tests.station.stations import Station


def made(films: Films, *asked: str) -> list[Any]:
    found: list[Any] = films.station.json("derive", *asked)["made"]
    return found


def vault(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "vault" / "blobs").glob("*/*")}


def test_a_proxy_streams_begins_with_the_first_frame_and_says_what_it_is_of(films: Films) -> None:
    (proxy,) = made(films, "proxy", films.clips["film.ts"])
    path = Path(proxy["file"])
    told = streams(path)
    assert [(one["codec_type"], one["codec_name"]) for one in told["streams"]] == [("video", "h264"), ("audio", "aac")]
    assert f"original sha256:{proxy['original']}" in told["format"]["tags"]["comment"]
    assert "NOT THE ORIGINAL" in told["format"]["tags"]["comment"]
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "its index comes first"
    assert [number(one) for one in pictures(path)] == list(range(30))
    shown = shown_at(path)
    assert [round(at * 1000) for at, _ in shown] == [100 * frame for frame in range(30)]
    assert [at for at, key in shown if key] == [0.0, 2.0], "a key frame every two seconds to seek by"
    assert path.name == f"{sha256(data).hexdigest()}.mp4"


def test_the_same_recipe_gives_the_same_bytes_in_another_home_and_another_time(films: Films, tmp_path: Path) -> None:
    shutil.copytree(films.home, tmp_path / "other")
    other = Films(Station(tmp_path / "other", films.station.capture), films.clips)
    for asked in (("proxy",), ("filmstrip",), ("waveform",), ("working-copy",), ("still", "--at", "1s", "--mark"), ("clip",)):
        what = [asked[0], films.clips["film.ts"], *asked[1:]]
        assert [one["sha256"] for one in made(films, *what)] == [one["sha256"] for one in made(other, *what)], asked
    (proxy,) = made(films, "proxy", films.clips["film.ts"])
    films.station.json("derivatives", "remove", proxy["id"])
    assert not Path(proxy["file"]).exists()
    assert made(films, "proxy", films.clips["film.ts"])[0]["sha256"] == proxy["sha256"]


def test_what_is_made_lies_beside_the_vault_and_the_station_still_verifies(films: Films) -> None:
    before = vault(films.home)
    for makes in ("proxy", "filmstrip", "waveform", "working-copy"):
        made(films, makes, films.clips["film.m2ts"])
    assert vault(films.home) == before
    assert not list((films.home / "derived" / ".work").iterdir())
    assert films.station.json("verify")["ok"]
    shutil.rmtree(films.home / "derived")
    assert films.station.json("verify")["ok"], "losing it costs work"
    made(films, "proxy", films.clips["film.m2ts"])


@pytest.mark.parametrize("name", ["film.mp4", "film.ts", "film.m2ts"])
def test_a_still_is_the_very_frame_of_its_time_stamp(films: Films, name: str) -> None:
    for at, frame in (("start", 0), ("0.149s", 1), ("1500ms", 15), ("2.899s", 28), ("end", 29)):
        answer = films.station.json("derive", "still", films.clips[name], "--at", at)
        assert answer["frame"] == frame
        (shown,) = pictures(Path(answer["made"][0]["file"]))
        assert number(shown) == frame
        assert answer["original"].encode() in Path(answer["made"][0]["file"]).read_bytes()
        again = films.station.json("derive", "still", films.clips[name], "--at", f"pts:{answer['pts']}")
        assert again["made"][0]["id"] == answer["made"][0]["id"]
        assert again["sheet"] == answer["sheet"], "the same question makes no second sheet"


@pytest.mark.parametrize("name", ["film.mp4", "film.ts", "film.m2ts"])
def test_a_clip_has_its_first_and_last_frame_and_the_sound_between(films: Films, name: str) -> None:
    answer = films.station.json("derive", "clip", films.clips[name], "--from", "1s", "--to", "1.9s")
    path = Path(answer["made"][0]["file"])
    assert answer["frames"] == 10
    assert [number(one) for one in pictures(path)] == list(range(10, 20))
    assert abs(len(sound(path)) - 8000) < 400
    assert shown_at(path)[0] == (0.0, True)


def test_a_transport_stream_gets_a_working_copy_with_every_frame_as_it_was(films: Films) -> None:
    copy, index = made(films, "working-copy", films.clips["film.m2ts"])
    told = json.loads(Path(index["file"]).read_bytes())
    assert told["derivative_of"] == copy["original"]
    assert (told["frames"], told["time_base"], told["steps"]) == (30, "1/90000", [[9000, 29]])
    assert told["working_copy"]["sha256"] == copy["sha256"]
    assert told["working_copy"]["keys"] == told["keys"] == [0, 10, 20]
    assert [number(one) for one in pictures(Path(copy["file"]))] == list(range(30))
    assert copy["original"] in streams(Path(copy["file"]))["format"]["tags"]["COMMENT"]


def test_a_filmstrip_says_of_each_picture_which_frame_it_is(films: Films) -> None:
    strip, index = made(films, "filmstrip", films.clips["film.ts"])
    told = json.loads(Path(index["file"]).read_bytes())
    width, height, columns = told["width"], told["height"], told["columns"]
    rows = -(-len(told["pictures"]) // columns)
    (sheet,) = pictures(Path(strip["file"]), (width * columns, height * rows))
    for place, one in enumerate(told["pictures"]):
        row, column = divmod(place, columns)
        at = (row * height + height // 2) * width * columns + column * width + width // 2
        assert round((sheet[at] - 20) / 6) == round(one["at_ms"] / 100)
    assert len(told["pictures"]) == 30


def test_a_waveform_shows_where_it_is_loud(films: Films) -> None:
    (wave,) = made(films, "waveform", films.clips["film.mp4"])
    told = json.loads(Path(wave["file"]).read_bytes())
    assert told["length"] == len(told["data"]) // 2 == pytest.approx(3 * 8000 / told["samples_per_pixel"], abs=2)
    assert min(told["data"][20:-20:2]) < -10
    assert all(one >= other for one, other in zip(told["data"][1::2], told["data"][::2], strict=True))


def test_a_broken_original_leaves_its_reason_and_is_not_tried_again_by_itself(films: Films) -> None:
    assert films.station.json("derive", "proxy", films.clips["broken.mp4"], status=4)["code"] == "original-unusable"
    (row,) = films.station.json("derivatives", "list", "--clip", films.clips["broken.mp4"])["derivatives"]
    assert (row["reason"], row["file"], row["sha256"]) == ("unreadable", None, None)
    rooms = Rooms.open(Home(films.home))
    assert tried(rooms) == set(films.clips.values()) - {films.clips["broken.mp4"]}
    rooms.close()


def tried(rooms: Rooms) -> set[str]:
    """All the clips that wait; of none anything came."""
    shelf, waiting = Workshop(rooms).shelf, set()
    while (one := shelf.rows.wanting("proxy", "")) is not None:
        waiting.add(str(one.clip))
        shelf.failed(one.sha256, one.sha256, Makes.PROXY, "tried")
    return waiting


def test_what_failed_and_was_not_told_when_the_power_went_is_one_alarm_at_the_next_start(films: Films) -> None:
    films.station.json(
        "derive", "proxy", films.clips["broken.mp4"], status=4
    )  # the reason is kept; who was to tell of it was killed
    rooms = Rooms.open(Home(films.home))
    for digest in {one["sha256"] for one in films.station.json("clips")["clips"] if one["id"] != films.clips["broken.mp4"]}:
        (shelf := Shelf(rooms)).rows.put(DerivativeRow(digest, digest, "proxy", "0" * 64, "mp4", 1, shelf.now, shelf.now))
    alarms = []
    for _ in range(2):
        Deriving(rooms, lambda: False).turn(threading.Event())
        (alarm,) = films.station.json("alarms", "list")["alarms"]
        alarms.append(alarm)
    assert (alarms[0]["kind"], alarms[0]["subject"]) == ("footage-unreadable", f"clip:{films.clips['broken.mp4']}")
    assert alarms[0] == alarms[1]
    films.station.json("alarms", "acknowledge", alarms[0]["id"])
    Deriving(rooms, lambda: False).turn(threading.Event())
    rooms.close()
    (alarm,) = films.station.json("alarms", "list")["alarms"]
    assert alarm["acknowledged_at"], "somebody has looked, and that is that"


def test_what_was_let_go_of_is_made_again_when_somebody_asks_for_it_and_not_before(films: Films) -> None:
    clip = films.clips["film.mp4"]
    (proxy,) = made(films, "proxy", clip)
    file, bytes_of_it = Path(proxy["file"]), Path(proxy["file"]).read_bytes()
    rooms = Rooms.open(Home(films.home))
    tried(rooms)
    somebody = InProcess(Engine(rooms), rooms.operator)
    for let_go in (True, False):  # by the station; by somebody who removed a file
        if let_go:
            Shelf(rooms).rows.gone(proxy["sha256"], Shelf(rooms).now)
        file.unlink()
        Deriving(rooms, lambda: False).turn(threading.Event())
        assert not file.exists()
        with pytest.raises(NoSuchProxy):
            somebody.call(Play(clip, "proxy"))
        Deriving(rooms, lambda: False).turn(threading.Event())
        assert file.read_bytes() == bytes_of_it
        used = [one.used_at for one in Shelf(rooms).rows.of(proxy["original"])]
        assert somebody.call(Play(clip, "proxy")).document["sha256"] == proxy["sha256"]
        assert used < [one.used_at for one in Shelf(rooms).rows.of(proxy["original"])], "it was looked at"
    file.unlink()
    Shelf(rooms).rows.gone(proxy["sha256"], Shelf(rooms).now)
    Deriving(rooms, lambda: False).turn(threading.Event())
    assert not file.exists(), "it was asked for once"
    rows = Shelf(rooms).rows
    assert rows.asked(["proxy"], "") is None
    somebody.call(Play(clip, beside=("proxy", "waveform")))
    wanted = rows.asked(["proxy", "waveform"], "")
    rooms.close()
    assert wanted is not None
    assert wanted.makes == "proxy", "what is to stand beside another, and was made before"


def test_an_altered_original_is_not_marked_with_the_digest_it_had(films: Films) -> None:
    clip = films.clips["film.mp4"]
    digest = next(one["sha256"] for one in films.station.json("clips")["clips"] if one["id"] == clip)
    blob = films.home / "vault" / "blobs" / digest[:2] / digest
    blob.chmod(0o640)
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    assert films.station.json("derive", "proxy", clip, status=3)["code"] == "original-unsound"


def test_what_reads_an_original_may_write_no_file(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, int]] = []
    real = bounded.run_bounded

    def watched(command: list[str], bounds: Bounds, *rest: Any) -> Any:  # noqa: ANN401  # as the real one
        seen.append((any("/vault/" in word for word in command), bounds.file))
        return real(command, bounds, *rest)

    monkeypatch.setattr(media, "run_bounded", watched)
    for makes in ("proxy", "filmstrip", "waveform", "working-copy"):
        made(films, makes, films.clips["film.ts"])
    assert {file for reads, file in seen if reads} == {0}
    assert any(file for reads, file in seen if not reads)


def test_what_was_not_looked_at_longest_makes_room_and_what_a_person_asked_for_stays(films: Films) -> None:
    films.station.json("derive", "still", films.clips["film.mp4"], "--at", "start")
    made(films, "proxy", films.clips["film.ts"])
    made(films, "proxy", films.clips["film.mp4"])
    made(films, "proxy", films.clips["film.ts"])  # looked at again
    sizes = {
        one["original"]: one["size"]
        for one in films.station.json("derivatives", "list")["derivatives"]
        if one["makes"] == "proxy"
    }
    films.station.json("settings", "set", "derived_budget", str(sum(sizes.values())))
    made(films, "waveform", films.clips["film.mp4"])
    here = {(one["makes"], one["file"] is not None) for one in films.station.json("derivatives", "list")["derivatives"]}
    assert here == {("still", True), ("proxy", True), ("proxy", False), ("waveform", True)}
    gone = next(one for one in films.station.json("derivatives", "list")["derivatives"] if one["gone_at"])
    mine = next(one for one in films.station.json("clips")["clips"] if one["id"] == films.clips["film.mp4"])
    assert gone["original"] == mine["sha256"]
    assert made(films, "proxy", films.clips["film.mp4"])[0]["sha256"] == gone["sha256"], "it can be had again"


def test_the_service_makes_them_for_new_clips_and_never_while_something_is_copied(films: Films) -> None:
    rooms = Rooms.open(Home(films.home))
    Deriving(rooms, lambda: True).turn(threading.Event())
    assert films.station.json("derivatives", "list")["derivatives"] == []
    Deriving(rooms, lambda: False).turn(threading.Event())
    rooms.close()
    by_clip = {
        name: {one["makes"] for one in films.station.json("derivatives", "list", "--clip", clip)["derivatives"] if one["file"]}
        for name, clip in films.clips.items()
    }
    usual = {"proxy", "filmstrip", "filmstrip-index", "waveform", "pts-index"}
    assert by_clip["film.mp4"] == usual
    assert by_clip["film.ts"] == by_clip["film.m2ts"] == usual | {"working-copy"}
    assert by_clip["broken.mp4"] == set()
    (alarm,) = films.station.json("alarms", "list")["alarms"]
    assert (alarm["kind"], alarm["subject"]) == ("footage-unreadable", f"clip:{films.clips['broken.mp4']}")
    recipes = [one for one in films.station.log() if one["type"] == "recorded" and one["what"]["kind"] == "recipe"]
    assert len(recipes) == 6, "each recipe is in the log once"


def test_what_is_not_wanted_any_more_leaves_nothing_behind(films: Films) -> None:
    rooms = Rooms.open(Home(films.home))
    workshop = Workshop(rooms, lambda: Rein.END)
    digest = next(one["sha256"] for one in films.station.json("clips")["clips"] if one["id"] == films.clips["film.mp4"])
    with pytest.raises(ChildStopped):
        workshop.made(workshop.original(digest), {**PROXY, "preset": "placebo"})
    rooms.close()
    assert films.station.json("derivatives", "list")["derivatives"] == []
    assert not list((films.home / "derived" / ".work").iterdir())


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("interlaced.ts", ("-flags", "+ildct+ilme", "-x264opts", "tff=1")),
        ("without-stamps.avi", ("-c:v", "mpeg4", "-bf", "0", "-c:a", "pcm_s16le")),
    ],
)
def test_frames_are_known_where_a_packet_is_no_frame_or_has_no_time_stamp(
    station: Station, tmp_path: Path, name: str, extra: tuple[str, ...]
) -> None:
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / name).write_bytes(footage(Path(name).suffix[1:], picture="nullsrc", filters=COUNTED, extra=extra))
    (clip,) = station.json("ingest", tmp_path / "card")["clips"]
    answer = station.json("derive", "still", clip["id"], "--at", "0.7s")
    (shown,) = pictures(Path(answer["made"][0]["file"]))
    assert (answer["frame"], number(shown)) == (7, 7)
    copy, index = station.json("derive", "working-copy", clip["id"])["made"]
    assert [number(one) for one in pictures(Path(copy["file"]))] == list(range(10))
    assert json.loads(Path(index["file"]).read_bytes())["frames"] == 10
