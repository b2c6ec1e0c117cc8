"""The words for the stable codes that stand in logs, inventories and verdicts, in English and Chinese.

A code never changes once it is signed; its word may. Codes are prefixed by what they are: an act of the custody log, a rule
by which a file is skipped, a kind of problem, or what ``verify`` counts.
"""

from __future__ import annotations

ACTS: dict[str, tuple[str, str]] = {
    "act-initialised": ("station begun", "工作站启用"),
    "act-recovered": ("recovered after a restore", "恢复后重新开始"),
    "act-key-introduced": ("key introduced", "启用密钥"),
    "act-key-revoked": ("key revoked", "吊销密钥"),
    "act-settings-changed": ("settings changed", "更改设置"),
    "act-clock-changed": ("clock changed", "时钟被调整"),
    "act-device-registered": ("device registered", "登记设备"),
    "act-device-changed": ("device changed", "更改设备登记"),
    "act-device-issued": ("device issued", "领用设备"),
    "act-device-returned": ("device returned", "归还设备"),
    "act-clock-measured": ("recorder's clock measured", "测量记录仪时钟"),
    "act-alarm-raised": ("alarm raised", "产生告警"),
    "act-alarm-acknowledged": ("alarm acknowledged", "确认告警"),
    "act-docked": ("docked", "接入"),
    "act-refused": ("refused", "拒绝采集"),
    "act-inventory": ("card listed", "登记存储卡清单"),
    "act-copied": ("copied", "复制"),
    "act-verified": ("copy verified", "副本核对一致"),
    "act-empty": ("empty file noted", "登记空文件"),
    "act-damaged": ("kept, in part unreadable", "部分无法读取, 已保存其余"),
    "act-unreadable": ("unreadable", "完全无法读取"),
    "act-duplicate-seen": ("seen again", "再次出现"),
    "act-sealed": ("sealed", "封存"),
    "act-tagged": ("tagged", "标注"),
    "act-viewed": ("viewed", "查看"),
    "act-exported": ("exported", "导出"),
    "act-sent": ("sent", "上传"),
    "act-received": ("confirmed by the store", "存储端确认收到"),
    "act-time-stamped": ("time-stamped", "加盖时间戳"),
    "act-repaired": ("damaged vault copy replaced", "更换受损的保管库副本"),
}

SLOTS: dict[str, tuple[str, str]] = {
    "slot-empty": ("empty", "空闲"),
    "slot-identifying": ("identifying", "识别中"),
    "slot-unknown": ("unknown device", "未知设备"),
    "slot-waiting": ("waiting", "等待"),
    "slot-copying": ("copying", "采集中"),
    "slot-verifying": ("verifying", "校验中"),
    "slot-safe-to-take": ("✔ safe to take", "✔ 可取走"),
    "slot-do-not-pull": ("✖ do not pull", "✖ 勿拔"),
    "slot-error": ("✖ error", "✖ 错误"),
    "flag-charging": ("charging", "充电"),
    "flag-clock-wrong": ("clock wrong", "时钟不准"),
    "flag-battery": ("battery low", "电量低"),
    "flag-important": ("important", "重点"),
}

ENDINGS: dict[str, tuple[str, str]] = {
    "ending-superseded": ("superseded", "已更换"),
    "ending-ceased": ("out of use", "停止使用"),
    "ending-lost": ("lost", "丢失"),
    "ending-compromised": ("compromised", "泄露"),
}

DEVICES: dict[str, tuple[str, str]] = {
    "device-in-service": ("in service", "使用中"),
    "device-quarantined": ("waits to be admitted", "待准入"),
    "device-retired": ("retired", "已停用"),
}

ALARMS: dict[str, tuple[str, str]] = {
    "alarm-officer-disagrees": ("it is not agreed who recorded", "记录人说法不一"),
    "alarm-device-retired-docked": ("a retired device was docked", "已停用设备被接入"),
    "alarm-two-devices-one-identity": ("two devices bear one identity", "两台设备标识相同"),
    "alarm-clock-wrong": ("the recorder's clock is wrong", "记录仪时钟不准"),
    "alarm-numbering-gap": ("numbers are missing between files", "文件编号有缺失"),
}

SKIPS: dict[str, tuple[str, str]] = {
    "skip-symlink": ("a link; what it points at is taken where it lies", "链接; 其指向的文件在原处采集"),
    "skip-fifo": ("a pipe, which holds no file", "管道, 不含文件"),
    "skip-socket": ("a socket, which holds no file", "套接字, 不含文件"),
    "skip-device": ("a device node, which holds no file", "设备节点, 不含文件"),
    "skip-system-folder": (
        "written by a computer the card was plugged into, and no media",
        "曾连接的计算机所写的系统文件, 不是媒体",
    ),
    "skip-other-file-system": ("another disk is mounted here; ingest it by itself", "此处挂载了另一磁盘; 请单独采集"),
    "skip-directory-loop": ("a folder that contains itself; its files are taken once", "文件夹包含自身; 其中文件只采集一次"),
    "skip-interrupted": (
        "not copied: the docking was sealed without its card; dock the card again to take it",
        "未复制: 存储卡不在时已封存; 请重新接入存储卡采集",
    ),
}

PROBLEMS: dict[str, tuple[str, str]] = {
    "problem-vault-digest": ("evidence bytes altered or unreadable", "证据数据被改动或无法读取"),
    "problem-vault-missing": ("evidence bytes missing", "证据数据缺失"),
    "problem-vault-extra": ("a file in the vault that the log does not know", "保管库中有日志未记载的文件"),
    "problem-catalogue-differs": ("the catalogue says other than the log", "目录库与日志不符"),
    "problem-catalogue-missing-row": ("a row is missing from the catalogue", "目录库缺少记录"),
    "problem-catalogue-extra-row": ("a row in the catalogue that the log does not explain", "目录库有日志未解释的记录"),
    "problem-log-altered": ("a log entry was altered", "日志条目被改动"),
    "problem-log-missing": ("log entries are missing", "日志条目缺失"),
    "problem-log-order": ("log entries are out of order", "日志条目次序错乱"),
    "problem-manifest-altered": ("a manifest was altered", "清单被改动"),
    "problem-manifest-signature": ("a manifest's signature does not hold", "清单签名不成立"),
    "problem-foreign-key": ("signed by a key that is not this station's", "签名密钥不属于本站"),
    "problem-certificate-chain": ("a certificate does not lead to the anchor", "证书不能追溯到锚定指纹"),
    "problem-settings-unexplained": (
        "the settings file was changed outside the log; look at it, then restore it or run 'settings accept'",
        "设置文件在日志之外被更改; 请检查后恢复, 或运行 settings accept",
    ),
    "problem-rolled-back": ("the log is shorter than it once was", "日志比曾经的短 (被回退)"),
    "problem-token-foreign": ("a time stamp was given for something else", "时间戳所证明的是其他内容"),
    "problem-token-invalid": ("a time stamp does not hold", "时间戳不成立"),
    "problem-forked": ("the log is another than the one that was witnessed", "日志与曾被见证的不是同一份"),
}

COUNTS: dict[str, tuple[str, str]] = {
    "checked-entries": ("log entries", "日志条目"),
    "checked-checkpoints": ("checkpoints", "检查点"),
    "checked-witnesses": ("checkpoints kept elsewhere", "异地检查点"),
    "checked-keys": ("keys and certificates", "密钥与证书"),
    "checked-settings": ("settings files", "设置文件"),
    "checked-dockings": ("dockings", "接入记录"),
    "checked-sightings": ("files of dockings", "接入文件记录"),
    "checked-devices": ("devices", "设备"),
    "checked-alarms": ("alarms", "告警"),
    "checked-clips": ("clips", "片段"),
    "checked-recordings": ("recordings", "录像"),
    "checked-manifests": ("sealed manifests", "封存清单"),
    "checked-receipts": ("receipts", "回执"),
    "checked-time_stamps": ("time stamps", "时间戳"),
    "checked-personal_values": ("personal values", "个人信息值"),
    "checked-blobs": ("files in the vault", "保管库文件"),
    "checked-bytes": ("bytes re-read", "重读字节"),
}

NOTES: dict[str, tuple[str, str]] = {
    "note-open-docking": ("a docking is not finished", "有未完成的接入"),
    "note-unanchored": ("origin not proven", "来源未证明"),
    "note-unwitnessed": ("not yet witnessed elsewhere", "尚无异地见证"),
    "note-recovered": ("a gap that a recovery named", "恢复时已登记的缺口"),
    "note-erased": ("a personal value was erased", "个人信息已依法删除"),
    "note-checkpoint-unreadable": ("a checkpoint cannot be read", "检查点无法读取"),
    "note-checkpoint-unproven": ("a checkpoint is not signed by this station", "检查点并非本站签名"),
    "note-checkpoint-elsewhere": ("a checkpoint of another log", "属于其他日志的检查点"),
    "note-cosignature-unproven": ("a cosignature that proves nothing", "无法证实的会签"),
    "note-clock-doubted": ("times are in doubt", "时间存疑"),
    "note-catalogue-not-compared": ("the catalogue was not compared", "未比对目录库"),
    "note-more-problems": ("more problems of this kind", "还有同类问题"),
    "note-settings-pending": ("accepted change not in place yet", "已认可的更改尚未生效"),
    "note-not-yet-in-log": ("in the vault, not yet in the log", "已入库, 尚未写入日志"),
    "note-time-stamped": ("attested by a time-stamp authority", "时间戳机构已证明"),
    "note-authority-not-trusted": ("time stamp consistent, its authority not trusted", "时间戳一致, 但其机构未经信任"),
    "note-second-seal-unproven": ("an SM2 signature by a key that was compromised later", "SM2 签名所用密钥后来泄露"),
    "note-seal-unproven": ("a seal that a compromised key alone would prove", "仅由已泄露密钥证明的封存"),
    "note-heads-unproven": ("heads that a compromised key signed", "由已泄露密钥签名的检查点"),
    "note-store-not-asked": ("the store could not be asked", "无法询问存储端"),
}

FLAWS: dict[str, tuple[str, str]] = {
    "flaw-bag-malformed": ("not a bag as RFC 8493 has it", "不是符合 RFC 8493 的数据包"),
    "flaw-bag-path": ("a path that no package has", "证据包不应有的路径"),
    "flaw-bag-link": ("a link or a special file", "链接或特殊文件"),
    "flaw-bag-duplicate": ("listed twice", "清单重复列出"),
    "flaw-bag-case": ("names that differ in capitals only", "仅大小写不同的名称"),
    "flaw-too-large": ("larger than any package has it", "超过证据包的限度"),
    "flaw-file-missing": ("a file is missing", "文件缺失"),
    "flaw-file-extra": ("a file too many", "多余的文件"),
    "flaw-file-altered": ("a file was altered", "文件被改动"),
    "flaw-package-malformed": ("not of the package's format", "不符合证据包格式"),
    "flaw-package-signature": ("the list of files is not signed by the station", "文件清单没有工作站的有效签名"),
    "flaw-package-index": ("the index says other than the log", "索引与日志不符"),
    "flaw-foreign-key": ("a key that is not this station's", "密钥不属于本站"),
    "flaw-certificate-chain": ("a certificate does not lead to the anchor", "证书不能追溯到锚定指纹"),
    "flaw-key-not-in-force": ("signed by a key that was not in force", "签名密钥当时无效"),
    "flaw-checkpoint-signature": ("a checkpoint's signature does not hold", "检查点签名不成立"),
    "flaw-forked": ("of another log than the one that was witnessed", "与曾被见证的日志不是同一份"),
    "flaw-proof-altered": ("a proof does not lead to the checkpoint", "证明不能通向检查点"),
    "flaw-entry-altered": ("a custody entry was altered", "保管记录被改动"),
    "flaw-entry-missing": ("a custody entry was left out", "保管记录有遗漏"),
    "flaw-entry-extra": ("a custody entry too many", "多余的保管记录"),
    "flaw-record-altered": ("a clip's sealed record was altered", "片段的封存记录被改动"),
    "flaw-personal-altered": ("a personal value is not the one committed to", "个人信息与承诺值不符"),
    "flaw-manifest-altered": ("a manifest was altered", "清单被改动"),
    "flaw-manifest-signature": ("a manifest's seal does not hold", "清单封签不成立"),
    "flaw-clip-altered": ("a clip is not the one that was copied", "片段不是当时复制的内容"),
    "flaw-clip-missing": ("a clip is missing", "片段缺失"),
    "flaw-time-stamp-other": ("a time stamp of something else", "时间戳属于其他内容"),
    "flaw-time-stamp-signature": ("a time stamp does not hold", "时间戳不成立"),
    "flaw-cosignature": ("a witness's cosignature does not hold", "见证方联署不成立"),
}

REMARKS: dict[str, tuple[str, str]] = {
    "remark-unanchored": ("origin not proven", "来源未证明"),
    "remark-withheld": ("not opened", "未公开"),
    "remark-docking-open": ("a docking was not sealed yet", "有未封存的接入"),
    "remark-clock-doubted": ("times are in doubt", "时间存疑"),
    "remark-time-stamped": ("time-stamped", "已有时间戳"),
    "remark-time-stamp-unproven": ("a time stamp is not proven", "时间戳未证明"),
    "remark-checkpoint-elsewhere": ("a checkpoint of something else", "检查点属于其他日志"),
    "remark-checkpoint-later": ("a checkpoint from later", "检查点晚于本包"),
    "remark-checkpoint-agrees": ("a checkpoint from elsewhere agrees", "与站外检查点一致"),
    "remark-not-witnessed": ("not cosigned by this witness", "该见证方未联署"),
    "remark-witnessed": ("cosigned by a witness", "见证方已联署"),
    "remark-cosignature-unproven": ("a cosignature is not proven", "联署未证明"),
    "remark-recovered": ("a gap that a recovery named", "恢复时已登记的缺口"),
    "remark-key-revoked": ("a key was revoked", "密钥已吊销"),
    "remark-gm-unchecked": (
        "this openssl knows no SM2 or SM3, so that was not checked",
        "本机 openssl 不支持 SM2 或 SM3, 未能核验",
    ),
    "remark-second-seal-unproven": ("an SM2 signature by a key that was compromised later", "SM2 签名所用密钥后来泄露"),
    "remark-seal-unproven": (
        "sealed by a key that was compromised later, and nothing proves that the seal is older",
        "封签密钥后来泄露, 且无从证明封存在先",
    ),
    "remark-clip-elsewhere": ("on another part", "在其他分卷"),
}

VOCABULARY: dict[str, tuple[str, str]] = {
    **ACTS,
    **DEVICES,
    **ALARMS,
    **SKIPS,
    **PROBLEMS,
    **NOTES,
    **COUNTS,
    **FLAWS,
    **REMARKS,
    **SLOTS,
    **ENDINGS,
}
