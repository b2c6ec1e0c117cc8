"""Rows of a delimited text (RFC 4180, and what is sent for it): its encoding, its delimiter, its lines. Pure, bounded, and hard to fool.

UTF-8 with or without a byte order mark, UTF-16 with one, else GB18030; nothing is replaced, nothing is guessed at: what is none of them is
refused. The delimiter is the one under which the header has every column that the mapping names. A quote that is never closed, a cell that
is too long, a line with too many or too few cells: refused, with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from station.feeds.mapping import CsvSource, Refused

LIMIT_BYTES = 64 << 20
LIMIT_ROWS = 200_000
LIMIT_COLUMNS = 500
LIMIT_CELL = 32_768
DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by their line numbers, and the lines that are none."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    refused: tuple[Refused, ...] = ()
    encoding: str = ""


class NotATable(Exception):  # says why of a whole delivery; becomes its refusal
    """The text as a whole cannot be read: ``line`` and ``rule``."""

    def __init__(self, rule: str, line: int = 0) -> None:
        super().__init__(rule)
        self.rule = rule
        self.line = line


def table(untrusted_bytes: bytes, source: CsvSource, columns: Sequence[str]) -> Table:
    """The table in a file. Raises :class:`NotATable`."""
    if len(untrusted_bytes) > LIMIT_BYTES:
        raise NotATable(f"at most {LIMIT_BYTES} bytes")
    text, encoding = _decoded(untrusted_bytes, source.encoding)
    if "\0" in text:
        raise NotATable("text: there are NUL characters in it")
    delimiter = _delimiter(text, source.delimiter, columns)
    return Table(*_rows(text, delimiter, columns), encoding)


def _decoded(untrusted_bytes: bytes, wanted: str) -> tuple[str, str]:
    marked = next((name for mark, name in _MARKS if untrusted_bytes.startswith(mark)), None)
    tried = [marked] if marked is not None else ["utf-8", "gb18030"] if wanted == "auto" else [wanted]
    line = 0
    for name in tried:
        try:
            return untrusted_bytes.decode(name), name
        except UnicodeDecodeError as error:
            line = untrusted_bytes.count(b"\n", 0, error.start) + 1
    raise NotATable(f"text in {' or '.join(tried)}", line)


def _delimiter(text: str, wanted: str, columns: Sequence[str]) -> str:
    tried = DELIMITERS if wanted == "auto" else (wanted,)
    lacking: list[str] = []
    for one in tried:
        header = _header(text, one)
        missing = [name for name in columns if name not in header]
        if not missing:
            if twice := [name for name in columns if header.count(name) > 1]:
                raise NotATable(f"a column once: {twice[0]}", 1)
            return one
        if not lacking or len(missing) < len(lacking):
            lacking = missing
    raise NotATable(f"the column {lacking[0]} in the header", 1)


def _header(text: str, delimiter: str) -> list[str]:
    for row in _cells(text, delimiter):
        return [cell.strip() for cell in row[1]]
    return []


def _rows(
    text: str, delimiter: str, columns: Sequence[str]
) -> tuple[tuple[tuple[int, dict[str, str]], ...], tuple[Refused, ...]]:
    header: list[str] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    refused: list[Refused] = []
    for line, cells in _cells(text, delimiter):
        if header is None:
            header = [cell.strip() for cell in cells]
        elif any(cell.strip() for cell in cells):
            if len(cells) != len(header):
                refused.append(Refused(line, columns[0], f"{len(header)} cells, as the header has; these are {len(cells)}"))
            else:
                rows.append((line, dict(zip(header, cells, strict=True))))
        if len(rows) + len(refused) > LIMIT_ROWS:
            raise NotATable(f"at most {LIMIT_ROWS} rows", line)
    return tuple(rows), tuple(refused)


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not empty, by the number of the line on which each ends."""
    read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in read:
            if len(cells) > LIMIT_COLUMNS:
                raise NotATable(f"at most {LIMIT_COLUMNS} columns", read.line_num)
            if any(len(cell) > LIMIT_CELL for cell in cells):
                raise NotATable(f"cells of at most {LIMIT_CELL} characters", read.line_num)
            if cells:
                yield read.line_num, cells
    except csv.Error as error:
        raise NotATable(f"quotes and delimiters as in RFC 4180 ({error})", read.line_num) from error
