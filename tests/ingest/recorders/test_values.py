"""The values of recorder control: ZFY_INFO, clock bounds, the table of families."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.docks.facts import UsbStrings
from ingest.recorders.clock import ClockReading, OffsetBounds, narrowed, offset_bounds
from ingest.recorders.driver import Password
from ingest.recorders.families import Proof, families, family_of, parse
from ingest.recorders.zfy import SIZE, WIDTHS, NotAnIdentity, RecorderIdentity, write
from ingest.recorders.zfy import parse as parse_zfy

SECOND = 1_000_000_000
PRINTABLE = st.characters(codec="gbk", exclude_categories=["C", "Z"])


def fitting(width: int, *, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(PRINTABLE, min_size=least, max_size=width - 1).filter(
        lambda text: len(text.encode("gbk")) < width and text.isprintable()
    )


IDENTITIES = st.builds(RecorderIdentity, fitting(8, least=1), *(fitting(width) for width in WIDTHS[1:]))


@given(IDENTITIES)
def test_what_is_written_is_read_back(identity: RecorderIdentity) -> None:
    assert len(write(identity)) == SIZE == 94
    assert parse_zfy(write(identity)) == identity


@given(IDENTITIES, st.binary(min_size=SIZE, max_size=SIZE))
def test_what_stands_behind_an_end_is_not_looked_at(identity: RecorderIdentity, junk: bytes) -> None:
    clean, at = write(identity), 0
    dirty = b""
    for width in WIDTHS:
        text = clean[at : at + width].partition(b"\0")[0] + b"\0"
        dirty += text + junk[at + len(text) : at + width]
        at += width
    assert parse_zfy(dirty) == identity


@given(st.one_of(st.binary(max_size=200), st.binary(min_size=SIZE, max_size=SIZE)))
def test_any_bytes_are_an_identity_that_can_be_shown_or_refused(untrusted: bytes) -> None:
    try:
        found = parse_zfy(untrusted)
    except NotAnIdentity:
        return
    assert found.serial
    assert all(text.isprintable() for text in (found.serial, found.officer, found.officer_name, found.unit, found.unit_name))


def test_a_recorder_of_a_station_in_china() -> None:
    info = (
        b"1234567\x00012345\x00"
        + "张三".encode("gbk").ljust(33, b"\0")
        + b"110101000000\0"
        + "分局".encode("gbk").ljust(33, b"\0")
    )
    assert parse_zfy(info) == RecorderIdentity("1234567", "012345", "张三", "110101000000", "分局")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda good: good[:-1], "93 bytes"),
        (lambda good: b"12345678" + good[8:], "does not end"),
        (lambda good: b"\0" + good[1:], "no serial"),
        (lambda good: b"\xff\xff\0" + good[3:], "no GBK"),
        (lambda good: b"a\x1b[m\0" + good[5:], "cannot be shown"),
    ],
)
def test_bytes_that_are_no_identity(change: object, reason: str) -> None:
    assert callable(change)
    with pytest.raises(NotAnIdentity, match=reason):
        parse_zfy(change(write(RecorderIdentity("1234567"))))


@pytest.mark.parametrize(
    "identity", [RecorderIdentity("12345678"), RecorderIdentity("1", officer_name="🎥"), RecorderIdentity("")]
)
def test_an_identity_that_does_not_fit(identity: RecorderIdentity) -> None:
    with pytest.raises(NotAnIdentity):
        write(identity)


# Clock


@given(
    true=st.integers(0, 4 * 10**18),
    offset=st.integers(-(10**18), 10**18),
    trip=st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 5 * SECOND)),
    resolution=st.sampled_from([1, 10**6, SECOND, 2 * SECOND]),
)
def test_the_bounds_always_hold_the_true_offset(true: int, offset: int, trip: tuple[int, int], resolution: int) -> None:
    """``true``: the moment at which the recorder looked at its clock, between question and answer."""
    shown = (true + offset) // resolution * resolution
    bounds = offset_bounds(ClockReading(shown, true - trip[0], true + trip[1], resolution))
    assert bounds.lowest_ns <= offset <= bounds.highest_ns
    assert bounds.width_ns == trip[0] + trip[1] + resolution
    assert bounds.lowest_ns <= bounds.middle_ns <= bounds.highest_ns


def test_a_clock_eight_hours_fast_read_in_forty_milliseconds() -> None:
    reading = ClockReading(8 * 3600 * SECOND + 100 * SECOND, 100 * SECOND + 400, 100 * SECOND + 40_000_400)
    assert offset_bounds(reading) == OffsetBounds(8 * 3600 * SECOND - 40_000_400, 8 * 3600 * SECOND + SECOND - 400)


def test_several_readings_together_know_more_and_contradictions_show() -> None:
    one, other = OffsetBounds(0, 10), OffsetBounds(5, 20)
    assert narrowed((one, other)) == OffsetBounds(5, 10)
    assert narrowed((one, OffsetBounds(11, 20))) is None
    assert narrowed(()) is None


def test_an_answer_before_its_question_is_no_reading() -> None:
    with pytest.raises(ValueError, match="after"):
        ClockReading(0, 2, 1)


# Families


def test_untested_is_never_called_supported() -> None:
    assert {one.name for one in families() if one.supported} == {"ambarella-simple-class"}
    for one in families():
        assert one.supported or not one.can
        assert one.proof is not Proof.REAL_HARDWARE, "nobody has tried one in hand yet"


@pytest.mark.parametrize(
    "text",
    [
        '[[family]]\nname="x"\ntitle="x"\nusb=[]\nroute="x"\nproof="untested"\ncan=["disk-mode"]\n',
        '[[family]]\nname="x"\ntitle="x"\nusb=[]\nroute="x"\nproof="simulator"\ncan=["disk-mode"]\n',
        '[[family]]\nname="x"\ntitle="x"\nusb=["4255"]\nroute="x"\nproof="untested"\ncan=[]\n',
        '[[family]]\nname="x"\ntitle="x"\nusb=[]\nroute="x"\nproof="certain"\ncan=[]\n',
        '[[family]]\nname="x"\ntitle="x"\nusb=[]\nroute="x"\nproof="untested"\ncan=[]\n' * 2,
        "family = 1",
    ],
)
def test_a_table_that_claims_too_much_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_the_id_on_the_bus_hints_at_the_family() -> None:
    found = family_of(UsbStrings("4255", "0001"))
    assert found is not None
    assert found.driver == "ambarella"
    assert family_of(UsbStrings("4255", "1000")) is None, "the same maker's id is on other cameras"


def test_a_password_shows_in_nothing_that_prints_it() -> None:
    password = Password("secret77")
    assert "secret77" not in f"{password} {password!r} {[password]} {vars(type(password))}"
    assert password.reveal() == "secret77"
