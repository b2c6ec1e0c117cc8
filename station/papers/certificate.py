"""The certificate of a disposal, on paper: what went, by which rule, on whose word, every copy, and the head of the log that says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evidence.canonical import JsonObject
from evidence.catalogue.queries import LogHead
from evidence.disposal import CopyKind
from station.papers.document import Bilingual, Language, Paper, Sheet
from station.papers.facts import code

COPIES: dict[str, Bilingual] = {
    CopyKind.VAULT.value: Bilingual("vault", "保管库"),
    CopyKind.SECOND_VAULT.value: Bilingual("second vault", "第二保管库"),
    CopyKind.STORE.value: Bilingual("store", "存储端"),
    CopyKind.COURIER.value: Bilingual("to be sent", "待上传"),
    CopyKind.DERIVATIVE.value: Bilingual("made for viewing", "浏览副本"),
}
OUTCOMES = {"removed": Bilingual("removed", "已移除"), "gone": Bilingual("was not there", "原已不在")}
STEPS = {
    "asked": Bilingual("asked for", "提出"),
    "approved": Bilingual("approved", "批准"),
    "begun": Bilingual("begun", "开始"),
    "carried-out": Bilingual("carried out", "完成"),
}


def printed(made: JsonObject, head: LogHead, first: Language) -> bytes:
    """The certificate as PDF (A4). Raises ``FontMissing``."""
    said: Any = made
    ended = said["steps"][-1]["at"]
    title = Bilingual("Certificate of disposal", "处置销毁证明")
    paper = Paper(Sheet.A4, title, said["station"], datetime.fromisoformat(ended), first=first)
    contents = said["contents"]
    paper.facts(
        [
            (Bilingual("Station, unit", "工作站、单位"), f"{said['station']}, {said['unit'] or '–'}"),
            (Bilingual("Disposal", "处置编号"), said["disposal"]),
            (Bilingual("Reason", "理由"), said["reason"] or "–"),
            (Bilingual("Waiver of a receipt", "免除回执的责任声明"), said["waiver"] or "–"),
            (Bilingual("Contents, bytes", "内容数、字节数"), f"{len(contents)}, {sum(one['size'] for one in contents)}"),
            (Bilingual("Kept back, because it changed", "因变更而保留"), str(len(said["kept_back"]))),
        ]
    )
    paper.heading(Bilingual("On whose word", "经手人"))
    paper.table(
        [Bilingual("Step", "步骤"), Bilingual("When", "时间"), Bilingual("Who", "人员"), Bilingual("Entry", "日志条目")],
        [
            [
                STEPS[one["did"]].inline(first),
                one["at"],
                one["by"] or one["role"] or "–",
                f"{one['log']['origin']} {one['log']['seq']}",
            ]
            for one in said["steps"]
            if one["did"] in STEPS
        ],
        [2, 3, 2, 4],
    )
    paper.heading(Bilingual("What went", "已销毁的内容"))
    paper.text(
        Bilingual(
            "The bytes are gone; these digests, the clips' records and the whole history stay in the log for ever.",
            "数据已不存在; 下列摘要、素材记录及全部履历永久保留于日志。",
        )
    )
    for one in contents:
        paper.plain(one["sha256"], small=True)
        copies = [
            f"{COPIES[copy['kind']].inline(first)}{_object(copy)}: {OUTCOMES[copy['outcome']].inline(first) if copy['outcome'] else '–'}"
            for copy in one["copies"]
        ]
        paper.facts(
            [
                (Bilingual("Clips, bytes", "素材、字节"), f"{', '.join(clip['id'] for clip in one['clips'])}; {one['size']}"),
                (Bilingual("Rule", "规则"), f"{one['rule']} ({one['rule_version']}): {one['clause']}; {one['until']}"),
                (Bilingual("Receipt", "回执"), one["receipt"] or "–"),
                (Bilingual("Copies", "副本"), "\n".join(copies)),
            ]
        )
    paper.heading(Bilingual("Head of the log", "日志头"))
    paper.plain(head.note, small=True)
    facts: dict[str, str | int] = {"station": said["station"], "disposal": said["disposal"], "contents": len(contents)}
    paper.qr(
        code("disposal", facts, head.note),
        45,
        Bilingual("The signed head that covers this disposal, as text.", "涵盖本次处置的已签名日志头 (文本)。"),
    )
    paper.signatures([Bilingual("Carried out by", "执行人"), Bilingual("Witnessed by", "监督人")])
    return paper.data()


def _object(copy: dict[str, Any]) -> str:
    return f" {copy['name']} {copy['object_key']}" if copy["object_key"] else ""
