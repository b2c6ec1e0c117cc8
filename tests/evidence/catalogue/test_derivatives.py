"""Rows of derivatives, on every engine."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from evidence.catalogue.derivatives import DerivativeRow, Derivatives
from evidence.ids import StationId

AT, LATER, LAST = (f"2026-11-21T1{hour}:00:00.000000Z" for hour in range(3))
PROXY = DerivativeRow("a" * 64, "1" * 64, "proxy", "c" * 64, "mp4", 100, AT, AT)
STRIP = DerivativeRow("b" * 64, "1" * 64, "filmstrip", "d" * 64, "jpg", 30, AT, AT)
FAILED = DerivativeRow("e" * 64, "2" * 64, "proxy", None, "mp4", 0, AT, AT, None, "unreadable")


def test_a_row_is_found_by_name_by_original_and_by_how_its_name_begins(engine: Engine) -> None:
    mine, other = Derivatives(engine, StationId("s1")), Derivatives(engine, StationId("s2"))
    for row in (PROXY, STRIP, FAILED):
        mine.put(row)
    other.put(replace(PROXY, size=7))
    assert mine.find(PROXY.id) == PROXY
    assert mine.of("1" * 64) == [PROXY, STRIP]
    assert mine.named("aaaa") == [PROXY]
    assert mine.named("%") == []
    assert mine.every() == [PROXY, STRIP, FAILED]
    assert mine.every(PROXY.id) == [STRIP, FAILED]
    mine.remove(PROXY.id)
    assert mine.find(PROXY.id) is None
    assert other.find(PROXY.id) == replace(PROXY, size=7)


def test_what_nobody_looked_at_longest_comes_first_and_what_is_gone_counts_no_more(engine: Engine) -> None:
    rows = Derivatives(engine, StationId("s1"))
    for row in (PROXY, STRIP, FAILED):
        rows.put(row)
    rows.used(PROXY.id, LATER)
    assert [one.id for one in rows.longest_unused(["proxy", "filmstrip"])] == [STRIP.id, PROXY.id]
    assert rows.held(["proxy", "filmstrip"]) == 130
    rows.gone("d" * 64, LAST)
    assert rows.held(["proxy", "filmstrip"]) == 100
    assert rows.find(STRIP.id) == replace(STRIP, gone_at=LAST)
    rows.put(STRIP)
    assert rows.held(["filmstrip"]) == 30
