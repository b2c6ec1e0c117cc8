"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "period-unfit": (
        "{text} is no period: write 15d, 6m or permanent.",
        "“{text}” 不是有效期限: 请写 15d (天)、6m (月) 或 permanent (永久)。",
    ),
    "no-such-rule": (
        "No rule in force is called {name}: 'rules list' shows them.",
        "没有名为 {name} 的现行规则: 见 rules list。",
    ),
    "rule-taken": (
        "There is a rule called {name} already: change it with 'rules change', or choose another name.",
        "已有名为 {name} 的规则: 请用 rules change 更改, 或另取名称。",
    ),
    "rule-unfit": ("A rule's {member} has to be {rule}.", "规则的 {member} 应为: {rule}。"),
    "below-minimum": (
        "{name} would keep footage for less than {clause} asks for; name with --law what allows it.",
        "规则 {name} 将低于法定保存要求 ({clause}); 请用 --law 注明允许的依据。",
    ),
    "rule-makes-due": (
        "With {name} as asked, {clips} clips ({bytes} bytes) would be due at once: look at them with --preview, then give --yes.",
        "规则 {name} 这样更改会使 {clips} 段素材 ({bytes} 字节) 立即到期: 请先用 --preview 查看, 再加 --yes 确认。",
    ),
    "hold-unfit": ("A hold's {member} has to be {rule}.", "保全的 {member} 应为: {rule}。"),
    "page-unknown": (
        "{after} is not where a page ended: take 'next' of the page before.",
        "{after} 不是上一页的结尾: 请使用上一页的 next。",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "rule-name": ("rule", "规则"),
    "rule-period": ("kept for", "保存期限"),
    "rule-scope": ("speaks of", "适用范围"),
    "rule-version": ("version", "版本"),
    "rule-clause": ("clause", "条款"),
    "rule-added": ("rule added", "新增规则"),
    "rule-changed": ("rule changed", "更改规则"),
    "rule-retired": ("rule retired", "停用规则"),
    "rule-all": ("everything", "全部"),
    "rule-besides": ("but for {categories}", "除外: {categories}"),
    "rule-importance": ("importance {importance}", "重要程度 {importance}"),
    "rule-unit": ("of {unit}", "单位 {unit}"),
    "rule-would-make-due": ("It would make {count} clips due at once, {size}:", "将使 {count} 段素材立即到期, 共 {size}:"),
    "rule-made-due": ("It made {count} clips due, {size}:", "已使 {count} 段素材到期, 共 {size}:"),
    "rule-makes-nothing-due": ("It makes nothing due at this moment.", "目前不会使任何素材到期。"),
    "period-months": ("{count} months", "{count} 个月"),
    "period-days": ("{count} days", "{count} 天"),
    "period-permanent": ("permanently{count}", "永久{count}"),
    "hold-line": (
        "{id}  {state}  {on} {value}: {count} clips; {clause}, {at}",
        "{id}  {state}  {on} {value}: {count} 段素材; {clause}, {at}",
    ),
    "hold-in-force": ("in force", "生效中"),
    "hold-lifted": ("lifted", "已解除"),
    "hold-on-clip": ("clip", "素材"),
    "hold-on-case": ("case", "案件"),
    "hold-on-incident": ("incident", "警情"),
    "hold-on-device": ("device", "设备"),
    "hold-on-officer": ("officer", "警员"),
    "hold-placed": ("hold placed", "设置保全"),
    "holds-rebuilt": (
        "Holds made anew from the log: {count} in force, {restored} rows were not what the log says.",
        "已凭日志重建保全: 生效 {count} 项, {restored} 行与日志不符已更正。",
    ),
    "noted-holds-rebuilt": ("holds made anew from the log", "凭日志重建保全"),
    "due-total": ("{count} clips are due or come up for review, {size}.", "{count} 段素材已到期或待复核, 共 {size}。"),
    "due-next": ("More with --after {after}", "后续: --after {after}"),
    "due-fate": ("now", "状态"),
    "due-since": ("since", "起始"),
    "fate-due": ("due", "到期"),
    "fate-review": ("review by two people", "待双人复核"),
}
