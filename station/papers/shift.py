"""The log's head at the end of a shift, to be signed by hand and kept in a file: a witness that needs no link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence.catalogue.queries import LogHead
from station.papers.document import Bilingual, Language, Paper, Sheet
from station.papers.facts import code


@dataclass(frozen=True, slots=True)
class Shift:
    """The facts of a shift's head. ``since``: entries below the head of the print before, 0 for the first of a log.

    ``cosigned``: size of the newest head that witnesses cosigned, and each one's name and signature line.
    """

    station: str
    unit: str
    anchor: str
    head: LogHead
    since: int
    cosigned: tuple[int, Sequence[tuple[str, str]]] | None
    printed_at: str

    def qr(self) -> str:
        """The text of the QR code."""
        return code("shift", {"station": self.station, "anchor": self.anchor, "since": self.since}, self.head.note)


def printed(shift: Shift, first: Language) -> bytes:
    """The paper as PDF (A4). Raises ``FontMissing``."""
    paper = Paper(
        Sheet.A4,
        Bilingual("Head of the log at the end of the shift", "交班日志头"),
        shift.station,
        datetime.fromisoformat(shift.printed_at),
        first=first,
    )
    paper.facts(
        [
            (Bilingual("Station, unit", "工作站、单位"), f"{shift.station}, {shift.unit or '–'}"),
            (Bilingual("Anchor", "锚定指纹"), shift.anchor),
            (Bilingual("Log", "日志"), shift.head.origin),
            (Bilingual("Entries", "条数"), str(shift.head.size)),
            (Bilingual("Since the print before", "自上次打印以来"), str(shift.head.size - shift.since)),
            (Bilingual("Root", "根"), shift.head.root),
            (Bilingual("Printed", "打印时间"), shift.printed_at),
        ]
    )
    paper.heading(Bilingual("Signed head", "已签名的日志头"))
    paper.plain(shift.head.note, small=True)
    paper.heading(Bilingual("Cosignatures", "会签"))
    if shift.cosigned is None:
        paper.text(Bilingual("No witness has cosigned this log yet.", "尚无见证方会签此日志。"))
    else:
        size, lines = shift.cosigned
        paper.text(Bilingual(f"Over the head of {size} entries:", f"针对第 {size} 条处的日志头:"))
        paper.table(
            [Bilingual("Witness", "见证方"), Bilingual("Signature line", "签名行")], [list(line) for line in lines], [2, 5]
        )
    paper.qr(
        shift.qr(),
        50,
        Bilingual(
            "The signed head as text. Keep this sheet away from the station: a log that was turned back will contradict it.",
            "已签名的日志头 (文本)。请将此页存放于站外: 日志若被回退, 将与其矛盾。",
        ),
    )
    paper.signatures([Bilingual("Handed over by", "交班人"), Bilingual("Taken over by", "接班人")])
    return paper.data()
