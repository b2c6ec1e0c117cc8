"""Verification: its result, what it found, and what it was held against."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "verify-now": ("Verify everything", "核验全部"),
    "verify-never": ("Not verified in this window yet", "本窗口尚未核验"),
    "verify-never-more": (
        "Every byte of the vault is read again, and every row, signature and entry is held against the log. Nothing is written.",
        "将重读保管库的每个字节, 并逐条核对目录、签名与日志。不写入任何内容。",
    ),
    "verify-running": ("Reading every byte of the vault again…", "正在重读保管库的全部内容…"),
    "verify-good": ("All is as it was", "一切如初"),
    "verify-good-anchored": (
        "Everything agrees with the log, and it comes from the station with that fingerprint.",
        "全部内容与日志一致, 且出自该指纹所指的工作站。",
    ),
    "verify-good-consistent": (
        "Everything agrees with the log. Give the fingerprint that was printed at the beginning to prove which station it comes from.",
        "全部内容与日志一致。填写初始化时打印的指纹, 可进一步证明出自哪个工作站。",
    ),
    "verify-bad-more": ("{subject}: {detail}", "{subject}: {detail}"),
    "verify-go": ("Go to the first fault", "转到第一处问题"),
    "verify-keep": (
        "Leave the station as it is, tell who is responsible, and keep the checkpoints that lie elsewhere.",
        "请保持工作站原状, 通知负责人, 并保留异地保存的检查点。",
    ),
    "verify-at": ("Verified {at}", "核验于 {at}"),
    "verify-left": (
        "No longer waited for; the station finishes by itself and changes nothing.",
        "已不再等待; 工作站会自行完成, 不作任何改动。",
    ),
    "verify-anchor": ("Fingerprint from the beginning (64 digits)", "初始化指纹 (64 位)"),
    "verify-add": ("Hold against a kept checkpoint…", "与异地检查点比对…"),
    "verify-problems": ("Faults", "问题"),
    "verify-kind": ("What is wrong", "问题"),
    "verify-subject": ("Where", "位置"),
    "verify-detail": ("In detail", "详情"),
    "verify-checked": ("What was checked", "已核验内容"),
    "verify-notes": ("Worth knowing", "提示"),
    "verify-head": ("Head of the log", "日志检查点"),
    "verify-head-more": (
        "Keep a copy where this station cannot reach it: whoever has one can prove later that nothing before it was changed.",
        "请在本站无法触及之处保存副本: 日后可据此证明此前内容未被改动。",
    ),
    "verify-save": ("Save the checkpoint…", "保存检查点…"),
    "verify-size": ("{n} entries, log {origin}", "{n} 条记录, 日志 {origin}"),
    "verify-witnesses": ("Witnesses of this head: {names}", "此检查点的见证方: {names}"),
    "verify-unwitnessed": (
        "No witness has signed this head. Without one only kept checkpoints show that the log was cut off.",
        "此检查点尚无见证方会签。没有见证时, 只有异地检查点能发现日志被截断。",
    ),
    "verify-keys": ("Keys", "密钥"),
    "verify-key": ("Key", "密钥"),
    "verify-key-role": ("Signs", "用途"),
    "verify-key-from": ("In force since", "启用时间"),
    "verify-key-until": ("Certificate until", "证书有效期至"),
    "verify-key-state": ("State", "状态"),
    "verify-key-in-force": ("in force", "生效中"),
    "keyrole-ca": ("the station's authority", "本站证书机构"),
    "keyrole-seal": ("manifests", "封存清单"),
    "keyrole-seal-gm": ("manifests (SM2)", "封存清单 (SM2)"),
    "keyrole-log": ("the log", "日志"),
    "key-verify": ("Verify everything", "核验全部"),
    "key-fault": ("To the first fault", "转到第一处问题"),
    "key-checkpoint": ("Save the checkpoint", "保存检查点"),
    "log-from-place": ("from entry {place} on, older ones below", "自第 {place} 条起, 往下更早"),
}

COUNTED: dict[str, tuple[str, str, str]] = {
    "verify-faults": ("{n} fault", "{n} faults", "{n} 处问题"),
    "verify-kept": ("Held against {n} kept checkpoint", "Held against {n} kept checkpoints", "与 {n} 个异地检查点比对"),
}
