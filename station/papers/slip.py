"""The docking slip: what the officer takes along in place of the footage that was handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from evidence.catalogue.queries import DockingRow, LogHead
from evidence.facts import ClipState
from station.papers.document import Bilingual, Language, Paper, Sheet
from station.papers.facts import code

STATES: dict[str, Bilingual] = {
    ClipState.VERIFIED.value: Bilingual("verified", "已核对"),
    ClipState.DAMAGED.value: Bilingual("damaged in part", "部分受损"),
    ClipState.EMPTY.value: Bilingual("empty", "空文件"),
    "unreadable": Bilingual("unreadable", "无法读取"),
}


@dataclass(frozen=True, slots=True)
class Slip:
    """The facts of a docking slip. ``counts``: files by state, size in bytes, moments RFC 3339."""

    station: str
    unit: str
    docking: DockingRow
    counts: Mapping[str, int]
    size: int
    head: LogHead
    printed_at: str

    def qr(self) -> str:
        """The text of the QR code."""
        facts: dict[str, str | int] = {
            "station": self.station,
            "docking": self.docking.id,
            "device": "".join(one if one.isprintable() else "?" for one in self.docking.device),
            "clips": sum(self.counts.values()),
            "bytes": self.size,
            "listing": self.docking.listing_sha256 or "",
            "manifest": self.docking.manifest_sha256 or "",
        }
        return code("slip", facts, self.head.note)


def printed(slip: Slip, first: Language) -> bytes:
    """The slip as PDF (A5). Raises ``FontMissing``."""
    paper = Paper(
        Sheet.A5, Bilingual("Docking slip", "接入凭单"), slip.station, datetime.fromisoformat(slip.printed_at), first=first
    )
    docking = slip.docking
    states = ", ".join(f"{STATES[state].inline(first)} {count}" for state, count in slip.counts.items() if count)
    paper.facts(
        [
            (Bilingual("Station, unit", "工作站、单位"), f"{slip.station}, {slip.unit or '–'}"),
            (Bilingual("Docking", "接入编号"), docking.id),
            (Bilingual("Device", "设备"), docking.device),
            (Bilingual("Officer", "警员"), docking.officer or "–"),
            (Bilingual("Docked", "接入时间"), docking.opened_at),
            (Bilingual("Sealed", "封存时间"), docking.sealed_at or "–"),
            (Bilingual("Files", "文件数"), f"{sum(slip.counts.values())}: {states}" if states else "0"),
            (Bilingual("Bytes", "字节数"), str(slip.size)),
            (Bilingual("Listing SHA-256", "清单摘要"), docking.listing_sha256 or "–"),
            (Bilingual("Manifest SHA-256", "封存清单摘要"), docking.manifest_sha256 or "–"),
            (Bilingual("Log", "日志"), f"{slip.head.origin}, {slip.head.size}"),
            (Bilingual("Root", "根"), slip.head.root),
            (Bilingual("Printed", "打印时间"), slip.printed_at),
        ]
    )
    paper.qr(
        slip.qr(),
        58,
        Bilingual(
            "The same facts and the signed head of the log, as text. Keep this slip: the station cannot take the head back.",
            "同样的事实与已签名的日志头 (文本)。请保存此凭单: 工作站无法撤回该日志头。",
        ),
    )
    paper.signatures([Bilingual("Handed over by", "交件人"), Bilingual("Received by", "接收人")])
    return paper.data()
