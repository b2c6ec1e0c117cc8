"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "not-a-day": (
        "{text} is not a day as 2026-11-21, or the first day lies after the last.",
        "{text} 不是形如 2026-11-21 的日期, 或起始日期晚于截止日期。",
    ),
    "population-empty": (
        "No clip came in from {since} to {until} that fits: there is nothing to draw from.",
        "{since} 至 {until} 没有符合条件的录像, 无法抽样。",
    ),
    "population-too-large": (
        "More than {limit} clips fit: choose fewer days, a unit or a category.",
        "符合条件的录像超过 {limit} 段: 请缩短日期范围, 或限定单位、类别。",
    ),
    "nothing-to-draw": ("{wanted} clips cannot be drawn: ask for one at least.", "无法抽取 {wanted} 段: 至少抽取 1 段。"),
    "no-such-sample": (
        "No sample here has the id {sample}; 'samples' lists them.",
        "没有编号为 {sample} 的抽样; 可用 samples 列出。",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "figure-late-docking": ("docked late", "逾时导入"),
    "figure-dispatch-without-footage": ("dispatches without footage", "有警情无录像"),
    "figure-untagged": ("clips that nobody tagged", "未标注录像"),
    "figure-clock-drift": ("clocks that are wrong", "时钟偏差"),
    "figure-numbering-gaps": ("missing numbers", "编号缺失"),
    "figure-devices-overdue": ("devices overdue", "逾期未还设备"),
    "figure-head-unit": ("unit", "单位"),
    "figure-head-officer": ("officer", "民警"),
    "figure-head-counted": ("counted", "统计数"),
    "figure-head-flagged": ("flagged", "问题数"),
    "figure-head-excluded": ("left out: the station's doing", "剔除 (采集站原因)"),
    "figure-head-unsure": ("undecided", "无法判定"),
    "figure-head-worst": ("worst", "最大值"),
    "figure-head-log": ("head of the log", "日志位置"),
    "figure-because-station-off": ("station off", "采集站停机"),
    "figure-because-disk-full": ("disk full", "磁盘已满"),
    "figure-because-slot-error": ("slot in error", "插槽故障"),
    "figure-because-refused-at-door": ("kept out by the station", "采集站拒绝接入"),
    "figure-because-open-docking": ("docked, not finished", "已接入, 采集未完成"),
    "figure-because-station-clock": ("the station's own clock in doubt", "采集站时钟存疑"),
    "figure-because-erased-by-station": ("erased by the station", "由采集站清除"),
    "figure-because-clock-unknown": ("the camera's clock is not known well enough", "记录仪时钟不明"),
    "figure-because-no-time": ("nothing says when", "无时间信息"),
    "figure-because-not-docked-yet": ("a camera is still out", "设备尚未接入"),
    "verdict-flagged": ("flagged", "问题"),
    "verdict-excluded": ("left out", "剔除"),
    "verdict-unsure": ("undecided", "无法判定"),
    "figure-measure-minutes": ("minutes", "分钟"),
    "figure-measure-milliseconds": ("milliseconds", "毫秒"),
    "figure-measure-numbers": ("numbers", "个编号"),
    "figure-measure-clips": ("clips", "段"),
    "figure-line": (
        "{title}, {first} – {last}: {flagged} of {counted} flagged, {excluded} left out, {unsure} undecided (worst in {measure})",
        "{title}, {first} – {last}: 统计 {counted}, 问题 {flagged}, 剔除 {excluded}, 无法判定 {unsure} (最大值单位: {measure})",
    ),
    "figure-as-of": ("As of {origin}, entry {size}, root {root}", "截至 {origin} 第 {size} 条, 根 {root}"),
    "sample-line": (
        "{sample}: {wanted} of {count} clips, {since} – {until}, fixed {at}",
        "{sample}: 从 {count} 段中抽取 {wanted} 段, {since} – {until}, 总体确定于 {at}",
    ),
    "sample-not-drawn": ("fixed, not drawn", "总体已确定, 尚未抽取"),
    "sample-seed": ("Drawn by root {root} (entry {size} of {origin})", "抽取依据: {origin} 第 {size} 条处的根 {root}"),
    "sample-before": (
        "{count} populations over these days were fixed before this one",
        "此前已有 {count} 次抽样涉及这些日期",
    ),
    "sample-holds": (
        "✔ drawn again: the same {count} clips, as the log decides",
        "✔ 重新抽取结果一致: {count} 段, 由日志决定",
    ),
    "sample-wrong-population-differs": ("✘ the population is not the one that was committed to", "✘ 总体与承诺不符"),
    "sample-wrong-population-changed": ("✘ the population was changed after it was fixed", "✘ 总体在确定后被更改"),
    "sample-wrong-population-incomplete": (
        "✘ the population is not all that came in on these days",
        "✘ 总体不等于这些日期的全部录像",
    ),
    "sample-wrong-draw-differs": ("✘ the sample is not the one that the log decides", "✘ 样本与日志决定的不符"),
    "sample-wrong-seed-differs": ("✘ the root is not that of the log", "✘ 根与日志不符"),
    "about-minutes": ("{officer}, {hours} hours", "{officer}, {hours} 小时"),
    "alarms-checked": ("{raised} alarms raised, {escalated} handed on", "新增告警 {raised} 条, 升级 {escalated} 条"),
    "escalation-line": (
        "{at}  alarm {alarm} ({what}) to the {role}: {minutes} minutes without acknowledgement",
        "{at}  告警 {alarm} ({what}) 升级至 {role}: {minutes} 分钟未确认",
    ),
    "escalation-seen": ("  acknowledged {at}", "  已于 {at} 确认"),
    "escalation-to-officer": ("officer", "民警"),
    "escalation-to-clerk": ("clerk", "管理员 (内勤)"),
    "escalation-to-supervisor": ("supervisor", "督察"),
    "escalation-to-administrator": ("administrator", "系统管理员"),
    "escalation-to-auditor": ("auditor", "审计员"),
    "figure-rule": ("{name} = {value}", "{name} = {value}"),
}
