from __future__ import annotations

import os
from pathlib import Path

import pytest

from evidence.inventory import Inventory
from evidence.numbering import BreakKind, numbering
from ingest import mediatype
from ingest.listing import list_card, open_card
from ingest.profiles import (
    Chosen,
    NameReading,
    best_readings,
    bundles,
    choose,
    identify,
    load_profiles,
    numbered,
    read_name,
    sidecars,
)
from ingest.profiles.library import SHIPPED
from ingest.source import CardIdentity
from ingest.times import TimeSource, ZoneRule
from tests.ingest.cards import JPEG, MP4, SAMPLES, SampleCard

PROFILES = {profile.name: profile for profile in load_profiles()}
WHEN = "2026-11-21T10:00:00.000000Z"


def read_card(root: Path) -> tuple[Inventory, Chosen, CardIdentity | None]:
    with open_card(os.fsencode(root)) as card:
        inventory = list_card(card, WHEN)
        chosen = choose(tuple(PROFILES.values()), inventory, card.read_head)
        names = best_readings(chosen.profile, inventory.items)
        return inventory, chosen, identify(chosen.profile, inventory, card.read_head, names)


def best(profile: str, path: str) -> NameReading:
    return read_name(PROFILES[profile], path.encode())[0]


def test_each_shipped_profile_has_a_sample_card() -> None:
    assert set(SAMPLES) == set(PROFILES)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_sample_card_is_known_and_taken_in_full(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    inventory, chosen, identity = read_card(sample.make(tmp_path))
    assert chosen.profile.name == name
    assert sorted(os.fsdecode(item.path) for item in inventory.wanted) == sorted(sample.files)
    assert inventory.skipped == ()
    readings = best_readings(chosen.profile, inventory.items)
    unread = {
        os.fsdecode(item.path) for item in inventory.wanted if mediatype.by_name(item.path) and item.position not in readings
    }
    assert unread == sample.unread
    paths = {item.position: os.fsdecode(item.path) for item in inventory.items}
    found = {paths[sidecar.position]: paths[sidecar.clip] for sidecar in sidecars(chosen.profile, inventory.items)}
    assert found == sample.sidecars
    assert (None if identity is None else f"{identity.maker}:{identity.serial}") == sample.device
    if identity is not None:
        assert identity.officer == sample.officer


def test_why_a_profile_was_chosen_is_kept(tmp_path: Path) -> None:
    _, chosen, _ = read_card(SAMPLES["gopro"].make(tmp_path))
    assert chosen.score == sum(sign.score for sign in chosen.evidence) >= 100
    assert [sign.rule for sign in chosen.evidence] == ["match[0]", "match[1]", "match[3]"]
    assert ("dsj", 10) in chosen.also


def test_an_unknown_layout_goes_to_the_generic_profile_and_an_empty_card_too(tmp_path: Path) -> None:
    assert read_card(tmp_path)[1].profile.name == "generic"
    (tmp_path / "DCIM").mkdir()
    (tmp_path / "DCIM/holiday.mp4").write_bytes(MP4)
    _, chosen, _ = read_card(tmp_path)
    assert (chosen.profile.name, chosen.also) == ("generic", (("dsj", 10),))


def test_a_marker_file_that_is_a_link_is_no_sign(tmp_path: Path) -> None:
    sample = SampleCard({"DCIM/100GOPRO/holiday.mp4": MP4, "secret": b'"camera serial number":"C1234567"'})
    sample.make(tmp_path)
    (tmp_path / "MISC").mkdir()
    (tmp_path / "MISC/version.txt").symlink_to("../secret")
    _, chosen, identity = read_card(tmp_path)
    assert (chosen.profile.name, identity) == ("generic", None)


def test_names_of_fourteen_digits(tmp_path: Path) -> None:
    SampleCard({f"DCIM/2026011508{minute:02}00.avi": b"" for minute in (0, 5, 10)}).make(tmp_path)
    _, chosen, identity = read_card(tmp_path)
    assert (chosen.profile.name, identity) == ("dsj", None)
    reading = best("dsj", "DCIM/20260115080500.avi")
    assert reading.time is not None
    assert (reading.time.value, reading.time.zone, reading.time.resolution_ms) == ("2026-01-15T08:05:00", ZoneRule.STATION, 1000)


def test_a_thumbnail_for_every_clip_hides_no_recorder(tmp_path: Path) -> None:
    SampleCard({f"CLIPS/2026011508{minute:02}00.{suffix}": b"" for minute in (0, 5) for suffix in ("MP4", "THM")}).make(tmp_path)
    assert read_card(tmp_path)[1].profile.name == "dsj"


def test_two_serials_on_one_card_identify_nothing(tmp_path: Path) -> None:
    SampleCard({f"DCIM/{serial}_004567_20260115080000_0001.MP4": MP4 for serial in ("T000123", "T000124")}).make(tmp_path)
    _, chosen, identity = read_card(tmp_path)
    assert (chosen.profile.name, identity) == ("dsj", None)


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("T000123_004567_20260115080000_0001.MP4", ()),
        ("T000123_004567_20260115080000_0001_IMP.MP4", ("important",)),
        ("T000123_004567_20260115080000_0001IMP.MP4", ("important",)),
        ("t000123_004567_20260115080000_0001_imp.mp4", ("important",)),
        ("T000123_004567_20260115080000_0001R.MP4", ("marked",)),
    ],
)
def test_serial_officer_time_sequence_and_mark(name: str, mark: tuple[str, ...]) -> None:
    reading = best("dsj", f"DCIM/{name}")
    assert reading.time is not None
    assert reading.time.source is TimeSource.NAME
    assert (reading.serial or "").upper() == "T000123"
    assert (reading.officer, reading.time.value, reading.sequence, reading.digits, reading.marks) == (
        "004567",
        "2026-01-15T08:00:00",
        1,
        4,
        mark,
    )


def test_a_folder_of_a_day_with_names_of_the_time() -> None:
    reading = best("dsj", "DCIM/20260115/081530.MP4")
    assert reading.time is not None
    assert reading.time.value == "2026-01-15T08:15:30"


@pytest.mark.parametrize(
    ("name", "chapter", "recording"),
    [("GX010042.MP4", 1, "0042"), ("GH120042.MP4", 12, "0042"), ("GOPR0043.MP4", 0, "0043"), ("GP010043.MP4", 1, "0043")],
)
def test_chapters(name: str, chapter: int, recording: str) -> None:
    reading = best("gopro", f"DCIM/100GOPRO/{name}")
    assert (reading.role, reading.chapter, reading.recording) == ("footage", chapter, recording)


def test_an_audio_recorder_s_minute_is_a_minute() -> None:
    reading = best("audio-recorder", "REC_FILE/FOLDER01/260115_0930_01.mp3")
    assert reading.time is not None
    assert (reading.time.value, reading.time.resolution_ms, reading.sequence) == ("2026-01-15T09:30:00", 60_000, 1)


def test_all_readings_are_kept_best_first() -> None:
    readings = read_name(PROFILES["dsj"], b"DCIM/20260115/20260115080000.MP4")
    assert [reading.score for reading in readings] == sorted((reading.score for reading in readings), reverse=True)
    several = read_name(PROFILES["generic"], b"IMG_20260115.jpg")
    assert [reading.grammar for reading in several] == ["counter"]


def test_a_time_that_is_none_is_kept_as_text_and_counts_less() -> None:
    reading = best("generic", "HVR/00_0001_0000-00-00_000000.M2T")
    assert (reading.time, reading.invalid_time, reading.score) == (None, "0000-00-00_000000", 23)


@pytest.mark.parametrize(
    "path", [b"DCIM/\xd6\xb4\xb7\xa8.mp4", b"20260115080000.mp4\n", b"x" * 256 + b".mp4", b"a/" * 2100 + b"b"]
)
def test_names_no_grammar_may_read(path: bytes) -> None:
    for profile in PROFILES.values():
        assert read_name(profile, path) == ()


def test_avchd_is_one_structure(tmp_path: Path) -> None:
    inventory, chosen, _ = read_card(SAMPLES["avchd"].make(tmp_path))
    (bundle,) = bundles(chosen.profile, inventory.items)
    assert bundle.folder == b"PRIVATE/AVCHD"
    inside = [item.position for item in inventory.wanted if item.path.startswith(b"PRIVATE/AVCHD/")]
    assert list(bundle.positions) == inside
    assert len(inside) == 7


def test_sidecars_of_the_same_name_in_another_folder_go_with_their_own_clip(tmp_path: Path) -> None:
    SampleCard({f"DCIM/10{n}MEDIA/20260115080000.{suffix}": b"" for n in (0, 1) for suffix in ("MP4", "thm")}).make(tmp_path)
    inventory, chosen, _ = read_card(tmp_path)
    paths = {item.position: os.path.dirname(item.path) for item in inventory.items}
    found = sidecars(chosen.profile, inventory.items)
    assert len(found) == 2
    assert all(paths[sidecar.position] == paths[sidecar.clip] for sidecar in found)


def test_a_sidecar_without_its_clip_belongs_to_nothing(tmp_path: Path) -> None:
    SampleCard({"DCIM/100GOPRO/GX010042.THM": JPEG, "DCIM/100GOPRO/GX010041.MP4": MP4}).make(tmp_path)
    inventory, chosen, _ = read_card(tmp_path)
    assert sidecars(chosen.profile, inventory.items) == ()


def test_gaps_in_the_numbers_of_a_card(tmp_path: Path) -> None:
    stamps = ((1, "080000"), (2, "080500"), (5, "083000"), (1, "090000"))
    SampleCard({f"DCIM/T000123_004567_20260115{clock}_{number:04}.MP4": MP4 for number, clock in stamps}).make(tmp_path)
    inventory, chosen, _ = read_card(tmp_path)
    found = numbering(numbered(chosen.profile, inventory.items, best_readings(chosen.profile, inventory.items)))
    assert [(broken.kind, broken.after, broken.before, broken.missing) for broken in found] == [
        (BreakKind.GAP, 2, 5, 2),
        (BreakKind.RESET, 5, 1, 0),
    ]


def test_chapters_and_sidecars_are_no_gaps(tmp_path: Path) -> None:
    SAMPLES["gopro"].make(tmp_path)
    (tmp_path / "DCIM/100GOPRO/GX010050.THM").write_bytes(JPEG)
    inventory, chosen, _ = read_card(tmp_path)
    rows = numbered(chosen.profile, inventory.items, best_readings(chosen.profile, inventory.items))
    assert numbering(rows) == ()
    assert {row.number for row in rows} == {42, 43, 44}


def test_no_profile_knows_a_sample_by_its_name() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in SHIPPED.glob("*.*"))
    stems = {path.rpartition("/")[2].partition(".")[0] for sample in SAMPLES.values() for path in sample.files}
    assert {stem for stem in stems if len(stem) >= 7 and stem in text} == {"version", "MOVIEOBJ"}  # the same on every card
