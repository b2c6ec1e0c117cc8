"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "clip-out-of-reach": (
        "clip {clip} is another's: you see clips that you recorded, of your units, and of cases that were granted to you; an administrator grants cases",
        "片段 {clip} 不在你的权限范围内: 你只能查看本人录制、本单位以及已授权案件的片段; 案件授权由管理员办理",
    ),
    "clip-restricted": (
        "clip {clip} is restricted ({sensitivity}): have that sensitivity granted, or 'approvals ask open-restricted clip:{clip}' for one look",
        "片段 {clip} 为受限内容 ({sensitivity}): 请申请该敏感类别授权, 或用 approvals ask open-restricted clip:{clip} 申请查看一次",
    ),
    "docking-out-of-reach": (
        "docking {docking} is another's, or holds a clip that you may not see",
        "接入记录 {docking} 不在你的权限范围内, 或其中有你无权查看的片段",
    ),
    "approval-missing": (
        "this needs a second person: 'approvals ask {act} {subject} --reason …', and somebody else gives it (nobody there who could? 'people add' and 'people reset-pin' make a supervisor or administrator)",
        "此操作需要第二人同意: 请用 approvals ask {act} {subject} --reason … 申请, 由他人批准 (尚无他人可批准时, 先用 people add 和 people reset-pin 设立主管或管理员)",
    ),
    "no-such-approval": ("no approval has the id {approval}", "没有编号为 {approval} 的批准"),
    "approval-over": (
        "approval {approval} is {state}: ask anew with 'approvals ask'",
        "批准 {approval} 已处于 {state} 状态: 请用 approvals ask 重新申请",
    ),
    "approval-own": (
        "approval {approval} is given by somebody else: not by who asked for it, nor by anybody with a hand in it",
        "批准 {approval} 须由他人给予: 申请人及经手人不得批准",
    ),
    "approval-beyond": (
        "approval {approval}: the role {role} does not decide about {act}",
        "批准 {approval}: 角色 {role} 无权决定 {act}",
    ),
    "approval-nameless": (
        "{act}: a person with a name asks for an approval, and for an act that needs one",
        "{act}: 批准须由具名人员申请, 且该操作须是需要批准的操作",
    ),
    "reason-needed": ("playing clip {clip} takes a reason: --reason", "播放片段 {clip} 须说明理由: --reason"),
    "badge-unfit": ("a badge number has {rule}", "警号须为 {rule} (1 至 32 个可显示字符)"),
    "person-known": ("somebody has that {what} already; see 'people list'", "该 {what} 已属于他人; 见 people list"),
    "no-such-person": (
        "nobody here has the badge {badge}; 'people add' enters somebody",
        "没有警号为 {badge} 的人员; 用 people add 登记",
    ),
    "first-administrator": (
        "the first account is an administrator's: 'init --administrator BADGE'",
        "首个账户须为管理员: 请用 init --administrator 警号",
    ),
    "administrator-there": (
        "there are accounts already: an administrator signs in and adds others with 'people add'",
        "账户已存在: 请由管理员登录后用 people add 添加",
    ),
    "last-administrator": (
        "{badge} is the last administrator who can sign in: make another one first",
        "{badge} 是最后一名可登录的管理员: 请先设立另一名管理员",
    ),
    "own-rights": (
        "nobody changes his own rights: another administrator changes those of {badge}",
        "不得更改本人权限: {badge} 的权限须由另一名管理员更改",
    ),
    "people-key-missing": (
        "{path} is missing or damaged, and nobody can sign in without it: put it back from the backup of the home's keys",
        "{path} 缺失或损坏, 无法登录: 请从主目录密钥的备份中恢复",
    ),
    "too-many-leave": (
        "the roster leaves out {count} people, and at most {limit} leave at once: it may have been cut short; say --sure if it was not",
        "名册中少了 {count} 人, 一次最多 {limit} 人离职: 名册可能不完整; 如确认无误请加 --sure",
    ),
    "no-accounts": (
        "nobody has an account here: whoever types acts as the operator; 'init --administrator BADGE' makes the first one",
        "本站尚无账户: 目前由设置中的操作人操作; 用 init --administrator 警号 建立首个账户",
    ),
    "not-signed-in": ("sign in first: 'sign-in BADGE'", "请先登录: sign-in 警号"),
    "sign-in-refused": ("that is not a badge and PIN by which somebody comes in", "警号或 PIN 不正确, 或该人员不得登录"),
    "sign-in-locked": (
        "too many tries: wait {seconds} s, or come in by another door; an administrator lets try again with 'people reset-pin'",
        "尝试次数过多: 请等待 {seconds} 秒, 或用其他方式登录; 管理员可用 people reset-pin 解除",
    ),
    "pin-must-change": (
        "that PIN was made by somebody else: 'sign-in --change' takes a new one with it",
        "该 PIN 由他人设定: 请用 sign-in --change 同时设定新的 PIN",
    ),
    "secret-too-easy": (
        "too easy to guess: a PIN has at least 6 digits that are no run, repetition, date, pattern or part of the badge; a password at least 10 characters, and no usual word",
        "过于简单: PIN 至少 6 位, 不得为连号、重复、日期、键盘图形或警号的一部分; 密码至少 10 个字符, 不得为常见词",
    ),
    "unit-unfit": (
        "{unit} cannot stand below {parent}, which is itself or stands below it",
        "{unit} 不能隶属于 {parent}: 后者即其本身或其下级",
    ),
    "grant-unfit": ("{what} cannot be granted: {rule}", "无法授权 {what}: {rule}"),
    "card-unfit": ("a card's number has {rule}", "卡号须为 {rule} (可显示字符)"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "approval-asked": ("waits for a second person", "待第二人批准"),
    "approval-given": ("given", "已批准"),
    "approval-refused": ("refused", "已拒绝"),
    "approval-spent": ("used", "已使用"),
    "approval-expired": ("too late", "已过期"),
    "approval-line": (
        "{id}  {act} {subject}: {state}, asked by {asked_by}, until {until}",
        "{id}  {act} {subject}: {state}, 申请人 {asked_by}, 有效至 {until}",
    ),
    "approval-why": ("  {reason}", "  {reason}"),
    "approval-decided": ("  by {decided_by}: {note}", "  决定人 {decided_by}: {note}"),
    "prompt-pin": ("PIN or password", "PIN 或密码"),
    "prompt-new-pin": ("new PIN or password", "新的 PIN 或密码"),
    "prompt-card": ("card", "请刷卡"),
    "signed-in": ("{badge} ({role}) is signed in until {ends_at} at the latest", "{badge} ({role}) 已登录, 最迟至 {ends_at}"),
    "signed-out": ("{badge} is signed out", "{badge} 已退出登录"),
    "administrator-made": (
        "administrator: {badge}; from now on nobody acts without signing in",
        "管理员: {badge}; 此后须登录方可操作",
    ),
    "who-acts": ("{badge}, {role}", "{badge}, {role}"),
    "who-operates": (
        "{badge}, {role}: the operator of the settings; nobody has an account",
        "{badge}, {role}: 设置中的操作人; 尚无账户",
    ),
    "reach-line": ("{what}: {reach}", "{what}: {reach}"),
    "reach-units": ("units", "单位"),
    "reach-cases": ("cases", "案件"),
    "reach-sensitivities": ("restricted clips", "受限片段"),
    "every": ("all", "全部"),
    "role-officer": ("officer", "民警"),
    "role-clerk": ("clerk", "证据管理员"),
    "role-supervisor": ("supervisor", "主管"),
    "role-administrator": ("administrator", "系统管理员"),
    "role-auditor": ("auditor", "审计员"),
    "person-badge": ("badge", "警号"),
    "person-name": ("name", "姓名"),
    "person-role": ("role", "角色"),
    "person-unit": ("unit", "单位"),
    "person-state": ("state", "状态"),
    "person-doors": ("signs in by", "登录方式"),
    "person-grants": ("granted", "授权"),
    "person-active": ("active", "在用"),
    "person-disabled": ("disabled", "停用"),
    "door-pin": ("PIN", "PIN"),
    "door-card": ("card", "卡"),
    "door-certificate": ("certificate", "证书"),
    "person-line": (
        "{badge}  {name}, {role}, unit {unit}: {state}; signs in by {doors}; granted {grants}",
        "{badge}  {name}, {role}, 单位 {unit}: {state}; 登录方式 {doors}; 授权 {grants}",
    ),
    "initial-pin": (
        "PIN of {badge}: {pin}; hand it over, it must be changed at the first sign-in, before {until}",
        "{badge} 的初始 PIN: {pin}; 请当面交付, 须在 {until} 前首次登录并更改",
    ),
    "unit-below": ("below {parent}", "隶属 {parent}"),
    "noted-signed-in": ("signed in", "登录"),
    "noted-signed-out": ("signed out", "退出登录"),
    "noted-sign-in-refused": ("sign-in refused", "登录被拒"),
    "noted-refused": ("refused", "操作被拒"),
}
