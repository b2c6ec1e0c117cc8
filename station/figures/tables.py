"""Tables for other programs: CSV by RFC 4180, and nothing in it that a spreadsheet would carry out. Pure.

Lines end with CR LF; a field with a quote, a comma or a line break stands in quotes. Text that begins with a character by which a spreadsheet
takes a cell for a formula gets an apostrophe before it (OWASP, "CSV Injection"): an officer's number, a device or a note comes from outside.
Numbers are written as numbers, the negative ones too. A byte-order mark is what Excel needs to read UTF-8, and what other programs stumble over:
whoever asks for it gets it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a formula begins; the full-width forms are taken for the others under an East Asian language."""
BOM = "\ufeff"

Cell = str | int | None


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool) -> str:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel", lineterminator="\r\n")
    writer.writerow([harmless(head) for head in heads])
    writer.writerows([[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return (BOM if bom else "") + text.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, also after blanks that it would drop."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
