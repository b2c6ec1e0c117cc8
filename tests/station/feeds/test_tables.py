"""Rows of delimited files, and what a mapping makes of them."""

from __future__ import annotations

import codecs

import pytest

from evidence.incidents import Incident
from evidence.shifts import Shift
from station.feeds.delimited import LIMIT_CELL, NotATable, Table, table
from station.feeds.mapping import CsvSource, Feed, FeedUnfit, Refused, parse, translated

SOURCE = CsvSource("drop")
INCIDENTS = """
kind = "incident"
times = ["iso", "%Y/%m/%d %H:%M"]
[columns]
number = "警情编号"
begins_at = ["日期", "时间"]
officers = "民警"
category = "类别"
[constants]
unit = "310106"
[lookups.category]
"01" = "theft"
[csv]
folder = "drop"
"""
HEAD = "警情编号,日期,时间,民警,类别\r\n"
COLUMNS = ["警情编号", "日期", "时间", "民警", "类别"]
GOOD = "J1,2026/01/15,09:00,000123、000124,01\r\n"


def feed(text: str = INCIDENTS) -> Feed:
    return parse("dispatch", text.encode(), "00", "Asia/Shanghai")


def read(data: bytes | str, **source: object) -> Table:
    made = data.encode() if isinstance(data, str) else data
    return table(made, CsvSource("drop", **source), COLUMNS)  # type: ignore[arg-type]  # members of a source


def taken(data: bytes | str) -> tuple[list[object], list[Refused]]:
    records, refused = translated(feed(), read(data).rows)
    return list(records), refused


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + GOOD).encode(),
        codecs.BOM_UTF8 + (HEAD + GOOD).encode(),
        (HEAD + GOOD).encode("gb18030"),
        (HEAD + GOOD).encode("utf-16"),
        (HEAD + GOOD).replace(",", "\t").encode("gb18030"),
        (HEAD + GOOD).replace(",", ";").replace("\r\n", "\n").encode(),
    ],
    ids=["utf-8", "utf-8 with a mark", "gb18030", "utf-16", "gb18030 with tabs", "semicolons and line feeds"],
)
def test_every_way_of_writing_it_is_read_as_the_same(data: bytes) -> None:
    records, refused = taken(data)
    assert refused == []
    assert records == [
        Incident(
            "J1", "2026-01-15T01:00:00.000000Z", officers=("000123", "000124"), category="theft", unit="310106", source="dispatch"
        )
    ]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ((HEAD + GOOD).encode("gb18030")[:-20] + b"\xff\xff\r\n", "text in utf-8 or gb18030"),
        (HEAD + "J1,2026/01/15,09:00,\0,01\r\n", "NUL"),
        (HEAD + 'J1,"2026/01/15,09:00,0,01\r\n', "RFC 4180"),
        (HEAD + f"J1,{'x' * (LIMIT_CELL + 1)},09:00,0,01\r\n", "at most"),
        ("number,begin\r\nJ1,2026\r\n", "the column 警情编号 in the header"),
        ("警情编号,日期,时间,民警,类别,日期\r\n", "a column once"),
        ("", "in the header"),
    ],
    ids=["no text", "nul", "open quote", "huge cell", "other columns", "twice the same column", "nothing"],
)
def test_what_is_no_table_is_refused_as_a_whole(data: bytes | str, rule: str) -> None:
    with pytest.raises(NotATable) as caught:
        read(data)
    assert rule in caught.value.rule


def test_a_line_with_another_number_of_cells_is_refused_with_its_number() -> None:
    found = read(HEAD + GOOD + "J2,2026/01/15,09:00\r\n" + GOOD)
    assert [one.row for one in found.refused] == [3]
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("J1,2026/01/15,25:00,0,01", "日期", "a time as one of"),
        ("J1,2026/01/15,09:00,0,99", "类别", "lookups.category"),
        (",2026/01/15,09:00,0,01", "警情编号", "a number is needed"),
        (f"{'J' * 65},2026/01/15,09:00,0,01", "警情编号", "at most 64"),
        ("J1,,,0,01", "日期", "ISO 8601"),
    ],
    ids=["no time", "not in the table", "no number", "long number", "no beginning"],
)
def test_a_row_is_refused_with_its_column_and_its_rule(row: str, column: str, rule: str) -> None:
    records, (refused,) = taken(HEAD + row + "\r\n")
    assert records == []
    assert (refused.row, refused.column) == (2, column)
    assert rule in refused.rule


def test_a_number_that_comes_twice_and_otherwise_is_refused() -> None:
    records, refused = taken(HEAD + GOOD + GOOD + GOOD.replace("09:00", "10:00"))
    assert len(records) == 1
    assert [one.row for one in refused] == [4]


def test_rows_of_one_incident_are_merged_where_the_mapping_says_so() -> None:
    merging = feed("merge = true\n" + INCIDENTS)
    other = GOOD.replace("09:00", "08:50").replace("000123、000124", "000125")
    (one,), refused = translated(merging, read(HEAD + GOOD + other).rows)
    assert refused == []
    assert isinstance(one, Incident)
    assert one.officers == ("000123", "000124", "000125")
    assert one.begins_at == "2026-01-15T00:50:00.000000Z"


def test_a_time_that_the_clocks_show_twice_is_refused() -> None:
    berlin = feed('time_zone = "Europe/Berlin"\n' + INCIDENTS)
    _, (refused,) = translated(berlin, read(HEAD + GOOD.replace("2026/01/15,09:00", "2026/10/25,02:30")).rows)
    assert "one moment in Europe/Berlin" in refused.rule


def test_a_roster_is_read_the_same_way() -> None:
    roster = feed(
        'kind = "shift"\n[columns]\nnumber = "id"\nofficer = "who"\nbegins_at = "from"\nends_at = "to"\ndevice = "cam"\n'
        '[csv]\nfolder = "drop"\n'
    )
    rows = [(2, {"id": "7", "who": "000123", "from": "2026-01-15T08:00", "to": "2026-01-15T20:00", "cam": "dsj:1"})]
    (one,), refused = translated(roster, rows)
    assert refused == []
    begins, ends = "2026-01-15T00:00:00.000000Z", "2026-01-15T12:00:00.000000Z"
    assert one == Shift("7", "000123", begins, ends, device="dsj:1", source="dispatch")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (('kind = "incident"', 'kind = "weather"'), "kind"),
        (('number = "警情编号"', 'nummer = "警情编号"'), "nummer"),
        (('number = "警情编号"\n', ""), "number: needed"),
        (('[csv]\nfolder = "drop"', ""), "one of [csv], [http], [sql]"),
        (('unit = "310106"', 'unit = "310106"\ncategory = "x"'), "a column or a constant"),
        (('times = ["iso"', 'colour = "red"\ntimes = ["iso"'), "colour"),
        (('kind = "incident"', 'kind = "incident"\ntime_zone = "Mars/Olympus"'), "time_zone"),
        (('[csv]\nfolder = "drop"', '[sql]\nurl = "postgresql://u:secret@h/d"\nview = "v"'), "no password"),
        (('[csv]\nfolder = "drop"', '[sql]\nurl = "mysql://h/d"\nview = "v"'), "postgresql or sqlite"),
        (('[csv]\nfolder = "drop"', '[sql]\nurl = "sqlite:///x"\nview = "v; drop table clip"'), "view"),
        (('[csv]\nfolder = "drop"', '[http]\nurl = "ftp://h/x"'), "https://"),
        (('folder = "drop"', 'folder = "drop"\npattern = "../*"'), "no folders"),
    ],
)
def test_a_mapping_that_is_wrong_says_what_is(change: tuple[str, str], rule: str) -> None:
    assert change[0] in INCIDENTS
    with pytest.raises(FeedUnfit) as caught:
        feed(INCIDENTS.replace(*change))
    assert rule in str(caught.value.fields["rule"])
    assert "secret" not in str(caught.value.fields)
