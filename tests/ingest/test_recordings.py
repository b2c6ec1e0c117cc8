from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.profiles import NameReading, load_profiles, read_name
from ingest.profiles.schema import Segments
from ingest.recordings import Part, Recording, Segment, join
from ingest.times import TimeReading, TimeSource, ZoneRule, derive, file_system_reading, station_zone

PROFILES = {profile.name: profile for profile in load_profiles()}
SHANGHAI = station_zone("Asia/Shanghai")
DOCKED = datetime(2026, 11, 21, 10, tzinfo=UTC)
FIVE_MINUTES = 300_000


def part(position: int, path: str, duration_ms: int | None, profile: str, *more: TimeReading) -> Part:
    reading: NameReading | None = next(iter(read_name(PROFILES[profile], path.encode())), None)
    times = [*([reading.time] if reading is not None and reading.time is not None else []), *more]
    derived = derive(times, zone=SHANGHAI, docked_at=DOCKED, duration_ms=duration_ms)
    return Part(position, path.encode(), reading, derived, duration_ms)


def dsj(
    position: int, clock: str, duration_ms: int | None = FIVE_MINUTES, serial: str = "T1", sequence: int | None = None
) -> Part:
    number = position if sequence is None else sequence
    return part(position, f"DCIM/{serial}00_004567_20260115{clock}_{number:04}.MP4", duration_ms, "dsj")


def segments(recordings: tuple[Recording, ...]) -> list[list[tuple[int, int | None]]]:
    return [[(segment.position, segment.gap_ms) for segment in recording.segments] for recording in recordings]


def test_five_minute_segments_with_a_gap_and_an_overlap() -> None:
    found = join(
        [dsj(0, "080000"), dsj(1, "080500"), dsj(2, "081003"), dsj(3, "081455"), dsj(4, "090000", 10_000)],
        PROFILES["dsj"].segments,
    )
    assert segments(found) == [[(0, None), (1, 0), (2, 3000), (3, -8000)], [(4, None)]]
    assert (found[0].started_at, found[0].duration_ms) == ("2026-01-15T00:00:00.000000Z", 4 * FIVE_MINUTES)
    assert found[0].segments[1] == Segment(1, 0, uncertainty_ms=2000)


def test_the_bounds_are_the_profiles() -> None:
    pair = [dsj(0, "080000"), dsj(1, "080506")]
    assert len(join(pair, Segments(rule="adjacent", gap_ms=6000))) == 1
    assert len(join(pair, Segments(rule="adjacent", gap_ms=5999))) == 2
    early = [dsj(0, "080000"), dsj(1, "080430")]
    assert len(join(early, Segments(rule="adjacent", overlap_ms=30_000))) == 1
    assert len(join(early, Segments(rule="adjacent", overlap_ms=29_999))) == 2
    assert len(join(pair, Segments(rule="none"))) == 2


def test_two_recorders_do_not_join() -> None:
    assert len(join([dsj(0, "080000"), dsj(1, "080500", serial="T2")], PROFILES["dsj"].segments)) == 2


def test_numbers_that_do_not_count_up_do_not_join() -> None:
    assert len(join([dsj(0, "080000", sequence=7), dsj(1, "080500", sequence=7)], PROFILES["dsj"].segments)) == 2


def test_a_truncated_segment_stands_alone_without_a_length() -> None:
    found = join([dsj(0, "080000"), dsj(1, "080500", None), dsj(2, "081000")], PROFILES["dsj"].segments)
    assert segments(found) == [[(0, None)], [(1, None)], [(2, None)]]
    assert [recording.duration_ms for recording in found] == [FIVE_MINUTES, None, FIVE_MINUTES]


def gopro(position: int, name: str, start: int | None, duration_ms: int | None, folder: str = "100GOPRO") -> Part:
    moment = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(seconds=start or 0)
    created = [] if start is None else [TimeReading(TimeSource.CONTAINER, moment.isoformat(), ZoneRule.CLAIMED_UTC, 1000)]
    return part(position, f"DCIM/{folder}/{name}", duration_ms, "gopro", *created)


def test_chapters_join_by_number_in_their_order() -> None:
    found = join(
        [gopro(0, "GX010042.MP4", 0, 60_000), gopro(1, "GX010043.MP4", 500, 1000), gopro(2, "GX020042.MP4", 60, 30_000)],
        PROFILES["gopro"].segments,
    )
    assert segments(found) == [[(0, None), (2, 0)], [(1, None)]]
    assert found[0].duration_ms == 90_000


def test_the_first_chapter_of_older_cameras_has_another_name() -> None:
    found = join([gopro(0, "GOPR0043.MP4", 0, 60_000), gopro(1, "GP010043.MP4", 61, 1000)], PROFILES["gopro"].segments)
    assert segments(found) == [[(0, None), (1, 1000)]]


def test_a_missing_chapter_is_counted() -> None:
    found = join([gopro(0, "GX010042.MP4", None, 60_000), gopro(1, "GX040042.MP4", None, 60_000)], PROFILES["gopro"].segments)
    assert found[0].segments[1] == Segment(1, None, None, missing=2)


def test_chapters_that_all_carry_the_first_ones_time_have_no_known_gap() -> None:
    found = join([gopro(0, "GX010042.MP4", 5, 60_000), gopro(1, "GX020042.MP4", 5, 60_000)], PROFILES["gopro"].segments)
    assert segments(found) == [[(0, None), (1, None)]]


def test_the_same_number_in_another_folder_is_another_recording() -> None:
    found = join([gopro(0, "GX010042.MP4", 5, 1), gopro(1, "GX020042.MP4", 9, 1, folder="101GOPRO")], PROFILES["gopro"].segments)
    assert len(found) == 2


def test_pictures_proxies_and_sidecars_are_no_recordings() -> None:
    parts = [gopro(position, name, 5, None) for position, name in enumerate(("GX010042.THM", "GL010042.LRV", "GOPR0044.JPG"))]
    assert join([*parts, part(3, "MISC/version.txt", None, "gopro")], PROFILES["gopro"].segments) == ()


def test_streams_without_times_in_their_names_join_by_the_end_of_writing() -> None:
    ends = [
        datetime(2026, 1, 15, 0, 5, tzinfo=UTC),
        datetime(2026, 1, 15, 0, 10, 2, tzinfo=UTC),
        datetime(2026, 1, 15, 3, tzinfo=UTC),
    ]
    parts = []
    for position, end in enumerate(ends):
        reading = file_system_reading(int(end.timestamp()) * 10**9)
        assert reading is not None
        parts.append(part(position, f"PRIVATE/AVCHD/BDMV/STREAM/{position:05}.MTS", FIVE_MINUTES, "avchd", reading))
    found = join(parts, PROFILES["avchd"].segments)
    assert segments(found) == [[(0, None), (1, 2000)], [(2, None)]]
    assert found[0].segments[1].uncertainty_ms == 4000


def test_a_file_whose_name_says_nothing_is_a_recording_of_its_own() -> None:
    (found,) = join([part(3, "holiday.mov", 5000, "generic")], PROFILES["generic"].segments)
    assert (found.segments, found.started_at, found.duration_ms) == ((Segment(3),), None, 5000)
