"""Signing in."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "sign-in": ("Sign in", "登录"),
    "sign-in-badge": ("Badge number", "警号"),
    "sign-in-pin": ("PIN or password", "PIN 或口令"),
    "sign-in-again": ("Your session is over. Sign in to go on where you were.", "会话已结束。请重新登录, 将回到原处。"),
    "sign-in-new": ("Somebody else made your PIN. Choose one of your own.", "您的 PIN 由他人设置, 请自行设定新 PIN。"),
    "sign-in-new-pin": ("New PIN or password", "新 PIN 或口令"),
    "sign-in-new-pin-again": ("Once more", "再次输入"),
    "sign-in-differs": ("The two are not the same", "两次输入不一致"),
    "sign-in-incomplete": ("Type badge number and PIN", "请输入警号和 PIN"),
    "sign-in-card": ("Or hold your card to the reader", "或将证件贴近读卡器"),
    "sign-in-card-pin": ("Card read. Now the PIN.", "已读卡, 请输入 PIN。"),
    "sign-in-wait": ("Too many tries. The next one is heard in {time}.", "尝试次数过多, {time} 后可再试。"),
    "sign-in-show": ("Show what is typed", "显示输入内容"),
}
