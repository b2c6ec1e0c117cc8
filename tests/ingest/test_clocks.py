"""How far a recorder's clock is off: what each way of measuring proves, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.custody.entry import ClockState, Moment
from ingest.clocks import READING_MS, ClockBasis, ClockBounds, by_content, by_recorder, shown, written_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)  # 12:00 in Shanghai
SECOND = 1_000_000_000


def moment(at: datetime) -> Moment:
    return Moment(round(at.timestamp() * 1000) * 1_000_000, 0, "boot", ClockState.SYNCHRONISED)


@settings(deadline=None)
@given(st.integers(-(1 << 60), 1 << 60), st.integers(0, 1 << 40))
def test_what_a_recorder_answered_is_rounded_outwards(lowest_ns: int, width_ns: int) -> None:
    bounds = by_recorder(lowest_ns, lowest_ns + width_ns, moment(NOON))
    assert bounds.at_least_ms is not None
    assert bounds.at_most_ms is not None
    assert 0 <= lowest_ns - bounds.at_least_ms * 1_000_000 < 1_000_000
    assert 0 <= bounds.at_most_ms * 1_000_000 - (lowest_ns + width_ns) < 1_000_000
    assert bounds.basis is ClockBasis.RECORDER


def test_what_a_person_reads_off_leaves_the_time_of_typing_open() -> None:
    bounds = shown(datetime(2026, 11, 21, 12, 0, 3), moment(NOON), SHANGHAI)  # noqa: DTZ001  # a display has no zone
    assert (bounds.at_least_ms, bounds.at_most_ms) == (3000, 4000 + READING_MS)
    assert not bounds.excludes(60_000)
    year_2010 = shown(datetime(2010, 1, 1, 0, 0, 3), moment(NOON), SHANGHAI)  # noqa: DTZ001  # a display has no zone
    assert year_2010.excludes(60_000)


def test_a_local_time_that_comes_twice_is_bounded_by_both() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2:30 summer time
    bounds = shown(datetime(2026, 10, 25, 2, 30), moment(now), berlin)  # noqa: DTZ001  # a display has no zone
    assert (bounds.at_least_ms, bounds.at_most_ms) == (0, 3_600_000 + 1000 + READING_MS)


def content(written: datetime, fs_type: str, *options: str) -> ClockBounds:
    return by_content([0, round(written.timestamp()) * SECOND], fs_type, options, SHANGHAI, moment(NOON))


def test_a_file_from_the_future_bounds_the_clock_from_below_only() -> None:
    bounds = content(NOON + timedelta(hours=8), "ext4")
    assert (bounds.at_least_ms, bounds.at_most_ms) == (8 * 3_600_000, None)
    assert bounds.excludes(60_000)


def test_a_card_whose_newest_file_is_old_proves_nothing_wrong_and_nothing_right() -> None:
    bounds = content(NOON - timedelta(days=400), "ext4")
    assert bounds.at_most_ms is None
    assert bounds.at_least_ms is not None
    assert bounds.at_least_ms < 0
    assert not bounds.excludes(60_000)
    document = bounds.document(60_000)
    assert document["wrong"] is False
    assert "right" not in document


def test_an_empty_card_bounds_nothing() -> None:
    bounds = by_content([], "vfat", (), SHANGHAI, moment(NOON))
    assert (bounds.at_least_ms, bounds.at_most_ms, bounds.excludes(0)) == (None, None, False)


def test_fat_whose_zone_the_mount_names_is_read_as_local_time_in_steps_of_two_seconds() -> None:
    """On the card stands 12:00:10 local; a kernel that was told tz=UTC calls that 12:00:10 UTC."""
    as_utc = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)
    assert content(as_utc, "vfat", "ro", "tz=UTC").at_least_ms == 10_000 - 2000
    assert content(NOON + timedelta(seconds=10), "vfat", "time_offset=480").at_least_ms == 10_000 - 2000


def test_fat_whose_zone_nobody_names_accuses_nobody() -> None:
    """The kernel took local time for UTC: eight hours ahead by its word, and right by the card's."""
    for fs_type in ("vfat", "msdos", "exfat"):
        assert not content(datetime(2026, 11, 21, 12, tzinfo=UTC), fs_type).excludes(60_000)
        assert content(datetime(2026, 11, 21, 22, tzinfo=UTC), fs_type).excludes(60_000), "ten hours are too many either way"


@settings(deadline=None)
@given(st.integers(-(1 << 62), 1 << 62), st.sampled_from(["vfat", "ext4", "exfat", None]))
def test_no_time_on_a_card_is_too_strange(mtime_ns: int, fs_type: str | None) -> None:
    for options in ((), ("tz=UTC",), ("time_offset=-720",), ("time_offset=x",)):
        found = written_at(mtime_ns, fs_type, options, SHANGHAI)
        assert list(found) == sorted(found)
        by_content([mtime_ns], fs_type, options, SHANGHAI, moment(NOON)).document(60_000)


@pytest.mark.parametrize(
    ("at_least_ms", "at_most_ms", "wrong"),
    [(60_000, None, False), (60_001, None, True), (None, -60_001, True), (None, -60_000, False), (-90_000, 90_000, False)],
)
def test_a_clock_is_wrong_only_where_the_bounds_leave_nothing_else(
    at_least_ms: int | None, at_most_ms: int | None, wrong: bool
) -> None:
    bounds = ClockBounds(ClockBasis.RECORDER, at_least_ms, at_most_ms, "2026-11-21T04:00:00.000000Z", "synchronised")
    assert bounds.excludes(60_000) is wrong
    assert bounds.document(60_000)["wrong"] is wrong
