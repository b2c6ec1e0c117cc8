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
        "this needs a second person: 'approvals ask {act} {subject} --reason …', and somebody else gives it",
        "此操作需要第二人同意: 请用 approvals ask {act} {subject} --reason … 申请, 由他人批准",
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
}
