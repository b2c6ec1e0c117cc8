"""The papers of a court package: custody report, statement of making and extraction (制作、提取说明), draft certificate.

They tell in words what the package proves in digits, and leave lines to sign by hand. Every date is that of the packaging, so the
same package gives the same papers. The certificate is a draft: a qualified person completes, corrects and signs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from evidence.catalogue.extracts import LoggedEntry
from evidence.custody.checkpoint import read_head
from evidence.packages.contents import Contents, PackagedClip
from station.deeds import deed
from station.messages import LANGUAGES
from station.papers.document import Bilingual, Language, Paper, Sheet

_TITLES = {
    "custody-report": Bilingual("Custody report", "保管链报告"),
    "statement": Bilingual("Statement of making and extraction", "制作、提取说明"),
    "disclosure": Bilingual("Redacted copies for disclosure", "披露用遮蔽副本"),
    "certificate-fre-902-14": Bilingual("Certification of data copied (draft)", "复制数据认证书 (草稿)"),
}
MAKER = Bilingual("made by (name, unit, signature)", "制作人 (姓名、单位、签名)")
HOLDER = Bilingual("holder of the original (name, unit, signature)", "原始数据持有人 (姓名、单位、签名)")
WITNESS = Bilingual("witness (name, signature)", "见证人 (姓名、签名)")


def papers(contents: Contents, first: Language) -> dict[str, bytes]:
    """The papers by their paths in the package. Raises ``FontMissing``."""
    made_at = datetime.fromisoformat(contents.position.made_at)
    found: dict[str, bytes] = {}
    wanted = [("custody-report", _report), ("statement", _statement), ("certificate-fre-902-14", _certificate)]
    if contents.position.disclosure:  # what the others certify is of originals
        wanted = [("disclosure", _disclosure)]
    for name, write in wanted:
        paper = Paper(Sheet.A4, _TITLES[name], contents.position.package, made_at, first)
        write(paper, contents)
        found[f"data/papers/{name}.pdf"] = paper.data()
    return found


def _report(paper: Paper, contents: Contents) -> None:
    _about(paper, contents)
    position = contents.position
    note = contents.files[f"data/custody/{position.epoch}-{position.size}.checkpoint"].decode()
    paper.qr(
        note,
        42,
        Bilingual(
            "The signed head of the custody log at the packaging. Compare it with one that was kept elsewhere.",
            "制作时保管链日志的签名检查点。请与站外保存的检查点比对。",
        ),
    )
    paper.heading(Bilingual("Clips", "片段"))
    for one in contents.clips:
        _clip(paper, one)
    paper.heading(Bilingual("Dockings", "接入"))
    for docking, manifest in contents.manifests.items():
        _docking(paper, contents, docking, manifest)
    paper.heading(Bilingual("Who did what, when", "何人何时做了何事"))
    _entries(paper, contents)
    paper.text(
        Bilingual(
            "Times are those of the station's clock. Each entry stands in a signed log; its proof is in data/custody/proofs.json. "
            "Up to the packaging no entry about these clips and dockings is left out: HOW-TO-VERIFY.txt says how to check that, "
            "and what it does not prove.",
            "时间以工作站时钟为准。每条记录均在签名日志中, 其证明见 data/custody/proofs.json。截至制作时, 与这些片段和接入有关的记录没有遗漏: "
            "核验方法及不能证明的事项见 HOW-TO-VERIFY.txt。",
        )
    )


def _disclosure(paper: Paper, contents: Contents) -> None:
    _about(paper, contents)
    paper.text(
        Bilingual(
            "The files listed below are redacted copies. They were made by the station from originals that it keeps, by the recipe in the entry "
            "of the custody log that approved each; they are not the originals, and something of these is hidden or silenced in them. The "
            "digests of both are given, so that a court that has the original can hold the copy against it.",
            "下列文件为遮蔽副本, 由工作站按保管链日志中批准记录所载配方从其保存的原件制作; 副本不是原件, 其中部分画面或声音已被遮蔽。"
            "同时列出两者的摘要, 以便持有原件的法院核对。",
        )
    )
    paper.heading(Bilingual("Copies", "副本"))
    for one in contents.clips:
        copy = one.redacted
        assert copy is not None
        paper.facts(
            [
                (Bilingual("clip", "片段"), one.clip),
                (Bilingual("file in this package", "包内文件"), one.file),
                (Bilingual("SHA-256, bytes", "SHA-256、字节数"), f"{copy.sha256}, {copy.size}"),
                (Bilingual("SHA-256 of the original", "原件 SHA-256"), one.sha256),
                (Bilingual("boxes, silences", "遮挡框、静音"), f"{len(copy.recipe['boxes'])}, {len(copy.recipe['mutes'])}"),
                (Bilingual("sound", "声音"), "+" if copy.recipe["sound"] else "–"),
                (Bilingual("approved by entry", "批准记录"), f"{copy.entry.epoch}/{copy.entry.seq}"),
                (Bilingual("copied at", "复制时间"), one.taken_at),
            ]
        )
    paper.heading(Bilingual("Signatures", "签名"))
    paper.signatures((MAKER, HOLDER, WITNESS))


def _about(paper: Paper, contents: Contents) -> None:
    position = contents.position
    head = read_head(contents.files[f"data/custody/{position.epoch}-{position.size}.checkpoint"].decode())
    last = position.tail[-1]
    facts = [
        (Bilingual("package", "证据包"), position.package),
        (Bilingual("station, unit", "工作站、单位"), f"{contents.station}, {contents.unit or '–'}"),
        (Bilingual("made at", "制作时间"), position.made_at),
        (Bilingual("made by", "制作人"), contents.value(last.id, "actor") or "–"),
        (Bilingual("purpose", "用途"), contents.value(last.id, "purpose") or "–"),
        (Bilingual("log, entries", "日志、条数"), f"{head.origin}, {head.size}"),
        (Bilingual("root of the log", "日志根"), head.root.hex()),
    ]
    facts += [(Bilingual("authority's fingerprint", "证书机构指纹"), one) for one in contents.anchors]
    paper.facts(facts)


def _clip(paper: Paper, one: PackagedClip) -> None:
    paper.facts(
        [
            (Bilingual("clip", "片段"), one.clip),
            (Bilingual("file in this package", "包内文件"), one.file),
            (Bilingual("path on the device", "设备上的路径"), one.path.decode("utf-8", "backslashreplace")),
            (Bilingual("bytes, state", "字节数、状态"), f"{one.size}, {one.state}"),
            (Bilingual("SHA-256", "SHA-256"), one.sha256),
            *([(Bilingual("SM3", "SM3"), str(one.copied.what["sm3"]))] if "sm3" in one.copied.what else []),
            (Bilingual("recorded at (device's clock)", "录制时间 (设备时钟)"), str(one.record.get("recorded_at") or "–")),
            (Bilingual("copied at", "复制时间"), one.taken_at),
        ]
    )


def _docking(paper: Paper, contents: Contents, docking: str, manifest: Mapping[str, Any]) -> None:
    docked = next(one for one in contents.entries if one.subject == f"docking:{docking}" and one.type == "docked")
    stamps = [
        f"{one.what['token_at']} ({one.what['authority']})"
        for one in contents.entries
        if one.subject == f"docking:{docking}" and one.type == "time-stamped"
    ]
    paper.facts(
        [
            (Bilingual("docking", "接入"), docking),
            (Bilingual("device", "设备"), str(manifest["device"])),
            (Bilingual("recorded by", "录制人"), contents.value(docked.id, "officer") or "–"),
            (Bilingual("docked at", "接入时间"), str(manifest["opened_at"])),
            (Bilingual("sealed at", "封存时间"), str(manifest["sealed_at"])),
            (Bilingual("time stamps", "时间戳"), ", ".join(stamps) or "–"),
        ]
    )


def _entries(paper: Paper, contents: Contents) -> None:
    heads = (
        Bilingual("no.", "序号"),
        Bilingual("time", "时间"),
        Bilingual("act", "行为"),
        Bilingual("about", "对象"),
        Bilingual("by", "行为人"),
    )
    mine = {f"clip:{one.clip}" for one in contents.clips} | {f"docking:{one}" for one in contents.manifests}
    rows = [_row(contents, one) for one in contents.entries if one.subject in mine]
    paper.table(heads, rows, (9, 22, 24, 30, 15))


def _row(contents: Contents, one: LoggedEntry) -> list[str]:
    body = msgspec.json.decode(one.body)
    actor = body["actor"]
    by = actor.get("system") or f"{contents.value(one.id, 'actor') or '–'} ({actor['role']})"
    both = " ".join(deed(one.type, one.what, language) for language in LANGUAGES)
    told = "\n".join([both, *_changes(contents, one)])
    return [f"{one.epoch}/{one.seq}", body["when"]["utc"][:19] + "Z", told, one.subject, str(by)]


def _changes(contents: Contents, one: LoggedEntry) -> list[str]:
    """What was tagged, with the values that may be shown."""
    what: Mapping[str, Any] = one.what
    found = []
    for change in what.get("changes", []) if one.type == "tagged" else []:
        sides = [
            contents.value(one.id, f"{change['field']}.{side}") if isinstance(change[side], dict) else change[side]
            for side in ("old", "new")
        ]
        found.append(f"{change['field']}: {sides[0] or '–'} → {sides[1] or '–'}")
    return found


def _name(one: PackagedClip) -> str:
    return one.file.rsplit("/", 1)[-1]


def _statement(paper: Paper, contents: Contents) -> None:
    _about(paper, contents)
    paper.heading(Bilingual("Making", "制作过程"))
    paper.text(
        Bilingual(
            "The recordings listed below were copied from the recording devices when these were docked. The device was only read. Each file "
            "was read once; its SHA-256 digest was taken while it was read, and the copy was read again from the storage medium and "
            "compared before it counted. A manifest of the whole docking was signed with the station's certificate.",
            "下列录音录像于设备接入时从记录设备复制。对设备只读取, 不写入。每个文件读取一次, 读取同时计算 SHA-256 摘要; 副本从存储介质重新读取并比对一致后方为有效。"
            "整次接入的清单由工作站证书签名。",
        )
    )
    paper.heading(Bilingual("Extraction", "提取过程"))
    paper.text(
        Bilingual(
            "For this package each original was read again from the storage medium, its digest compared with the signed one, and "
            "written unchanged. File names were replaced by safe ones; the original paths are in the records. The packaging is itself "
            "an entry of the custody log.",
            "制作本包时, 逐一从存储介质重新读取原件, 与已签名的摘要比对后原样写出。文件名改为安全名称, 原路径保留在记录中。制作行为本身亦已记入保管链日志。",
        )
    )
    paper.heading(Bilingual("Recordings", "录音录像"))
    heads = (Bilingual("file", "文件"), Bilingual("SHA-256", "SHA-256"), Bilingual("bytes, state", "字节数、状态"))
    paper.table(heads, [[_name(one), one.sha256, f"{one.size} {one.state}"] for one in contents.clips], (36, 47, 17))
    paper.heading(Bilingual("Signatures", "签名"))
    paper.signatures((MAKER, HOLDER, WITNESS))


def _certificate(paper: Paper, contents: Contents) -> None:
    paper.text(
        Bilingual(
            "DRAFT for a certification under Federal Rules of Evidence 902(11), 902(13) and 902(14). To be completed, corrected and signed by a "
            "qualified person; nothing is certified until then.",
            "依据《美国联邦证据规则》第 902(11)、902(13)、902(14) 条的认证书草稿。须由具备资格的人员补充、更正并签署; 签署前不构成认证。",
        )
    )
    paper.text(
        Bilingual(
            "I, ______________________________, am employed as ______________________________. I am qualified by training and experience to "
            "make this certification, and I am familiar with how the station named below copies, stores and verifies recordings.",
            "本人 ______________________________, 职务 ______________________________, 具备作出本认证的培训与经验, 并熟悉下述工作站复制、保存和核验录音录像的方式。",
        )
    )
    _about(paper, contents)
    paper.text(
        Bilingual(
            "The files listed below are copies of data from an electronic device. Their identity with what the station copied was "
            "authenticated by a process of digital identification: the SHA-256 digest of each was computed when it was copied, was signed "
            "by the station, and was computed again for this package; the digests are equal.",
            "下列文件系电子设备数据的副本。其与工作站所复制内容的同一性经数字识别程序认证: 复制时计算每个文件的 SHA-256 摘要并由工作站签名, 制作本包时再次计算, 摘要一致。",
        )
    )
    heads = (Bilingual("file", "文件"), Bilingual("SHA-256", "SHA-256"))
    paper.table(heads, [[_name(one), one.sha256] for one in contents.clips], (42, 58))
    paper.text(
        Bilingual(
            "I declare under penalty of perjury that the foregoing is true and correct.",
            "本人声明以上内容真实无误, 如有虚假愿承担伪证责任。",
        )
    )
    paper.signatures((Bilingual("qualified person (name, signature)", "具备资格的人员 (姓名、签名)"),))
