"""What a key does, as menus and the key card say it."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "key-card": ("Keys of this page", "本页快捷键"),
    "key-card-everywhere": ("Everywhere", "通用"),
    "key-help": ("Key card", "快捷键一览"),
    "key-undo": ("Undo", "撤销"),
    "key-redo": ("Redo", "重做"),
    "key-reload": ("Look again", "刷新"),
    "key-language": ("Switch the language", "切换语言"),
    "key-theme": ("Light or dark", "切换浅色/深色"),
    "key-larger": ("Larger", "放大"),
    "key-smaller": ("Smaller", "缩小"),
    "key-sign-out": ("Sign out", "退出登录"),
    "key-quit": ("Quit", "退出程序"),
    "key-page": ("Page {n}", "第 {n} 页面"),
    "key-columns": ("Choose columns", "选择列"),
    "key-open": ("Open", "打开"),
    "key-search": ("Search", "搜索"),
    "key-pages": ("To the list of pages", "转到页面列表"),
}
