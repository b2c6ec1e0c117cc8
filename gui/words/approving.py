"""Approvals: what waits for a second person."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "approvals-everything": ("Everything", "全部"),
    "approvals-none": ("Nothing waits for a second person", "没有待第二人批准的事项"),
    "approvals-none-more": ("What somebody asks for appears here by itself.", "有人提出申请后会自动出现在这里。"),
    "approvals-act": ("What", "事项"),
    "approvals-by": ("Asked by", "申请人"),
    "approvals-asked": ("Asked", "申请时间"),
    "approvals-until": ("Lasts until", "有效期至"),
    "approvals-state": ("State", "状态"),
    "approvals-reason": ("Reason", "理由"),
    "approvals-give": ("Agree", "同意"),
    "approvals-refuse": ("Refuse", "拒绝"),
    "approvals-withdraw": ("Take back", "撤回"),
    "approvals-see": ("See it in the log", "在日志中查看"),
    "approvals-own": (
        "You asked for this: somebody else agrees. You can take it back.",
        "此事由您提出, 须由他人同意; 您可以撤回。",
    ),
    "approvals-beyond": ("Your role does not agree to such an act.", "您的角色不能批准此类事项。"),
    "approvals-yours": (
        "Somebody else asks you. Once you agree, that person may do it once.",
        "他人向您申请。您同意后, 申请人可执行一次。",
    ),
    "approvals-over": ("Nothing is to be done about it any more.", "此事已无须处理。"),
    "approvals-is-given": ("Agreed to, not used yet. It can still be refused.", "已同意, 尚未使用; 仍可拒绝。"),
    "approvals-give-title": ("Agree to: {what}?", "同意: {what}?"),
    "approvals-give-more": (
        "{who} asks: {why}. Your badge stands in the log beside it.",
        "{who} 的理由: {why}。您的警号将一并记入日志。",
    ),
    "approvals-refuse-title": ("Refuse: {what}?", "拒绝: {what}?"),
    "approvals-refuse-more": ("Say why. {who} sees it, and it stands in the log.", "请说明理由, {who} 可见, 并记入日志。"),
    "approvals-given": ("Agreed: {what}", "已同意: {what}"),
    "approvals-refused": ("Refused: {what}", "已拒绝: {what}"),
    "key-approve": ("Agree", "同意"),
    "key-refuse": ("Refuse, or take back", "拒绝或撤回"),
    "key-everything": ("All, or what waits", "切换全部/待处理"),
}
