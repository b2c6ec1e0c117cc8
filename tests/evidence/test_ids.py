"""Ids: the layout of RFC 9562, their order, and what a station may be called."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import Exit
from evidence.ids import InvalidStationId, StationId, is_uuid7, origin, parse_station_id, uuid7

MS = 1_000_000
moments = st.integers(0, (1 << 48) - 2).map(lambda milliseconds: milliseconds * MS)
randomness = st.binary(min_size=8, max_size=8)


def test_the_example_of_the_specification() -> None:
    # RFC 9562, appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    rand_b = 0x18C4DC0C0C07398F << 2
    assert uuid7(0x017F22E279B0 * MS, rand_b.to_bytes(8, "big"), 0xCC3) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(moments, randomness, st.integers(0, 4095))
def test_layout(unix_ns: int, draw: bytes, counter: int) -> None:
    made = uuid.UUID(uuid7(unix_ns, draw, counter))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == unix_ns // MS
    assert made.int >> 64 & 0xFFF == counter
    assert made.int & (1 << 62) - 1 == int.from_bytes(draw, "big") >> 2
    assert is_uuid7(str(made))


@given(
    moments.filter(lambda unix_ns: unix_ns < ((1 << 48) - 16) * MS),
    st.lists(randomness, min_size=2, max_size=2),
    st.integers(0, 20_000),
    st.integers(1, 20_000),
)
def test_a_later_counter_sorts_later_also_when_it_carries(unix_ns: int, draws: list[bytes], counter: int, step: int) -> None:
    assert uuid7(unix_ns, draws[0], counter) < uuid7(unix_ns, draws[1], counter + step)


@given(moments, st.integers(1, 1 << 40), st.lists(randomness, min_size=2, max_size=2))
def test_a_later_millisecond_sorts_later(unix_ns: int, later_ms: int, draws: list[bytes]) -> None:
    then = min(unix_ns + later_ms * MS, ((1 << 48) - 1) * MS)
    assert uuid7(unix_ns, draws[0], 4095) < uuid7(then, draws[1])


def test_the_counter_carries_into_the_milliseconds() -> None:
    assert uuid7(5 * MS, bytes(8), 4095)[:18] == "00000000-0005-7fff"
    assert uuid7(5 * MS, bytes(8), 4096)[:18] == "00000000-0006-7000"
    assert uuid7(5 * MS, bytes(8), 3 * 4096 + 7)[:18] == "00000000-0008-7007"


@pytest.mark.parametrize("size", [0, 7, 9, 16])
def test_it_takes_eight_random_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        uuid7(0, bytes(size))


@pytest.mark.parametrize(
    "text",
    [
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",  # version 4
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",  # another variant
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",  # one spelling only
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        "",
    ],
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_uuid7(text)


@pytest.mark.parametrize("value", ["s", "Station-7", "a.b_c-d", "0", "x" * 64])
def test_a_station_id(value: str) -> None:
    assert parse_station_id(value) == value


@pytest.mark.parametrize(
    "value",
    ["", "x" * 65, "-a", "a-", ".a", "a.", "a b", "a+b", "a/b", "a\nb", "a\n", "é", "ｓ", "..", "a\x00"],  # noqa: RUF001  # a full-width letter
)
def test_what_cannot_be_a_station_id(value: str) -> None:
    with pytest.raises(InvalidStationId) as caught:
        parse_station_id(value)
    assert caught.value.fields == {"value": value}
    assert caught.value.status is Exit.USAGE


def test_a_log_has_an_origin_of_its_own() -> None:
    assert origin(StationId("s-1"), 3) == "evidence-station/s-1/3"
