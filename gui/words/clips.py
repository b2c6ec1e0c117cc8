"""The list of clips."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "clips-taken-at": ("Taken", "采集时间"),
    "clips-recorded-at": ("Recorded", "录制时间"),
    "clips-officer": ("Officer", "警员"),
    "clips-device": ("Camera", "设备"),
    "clips-path": ("File", "文件"),
    "clips-duration": ("Length", "时长"),
    "clips-size": ("Size", "大小"),
    "clips-category": ("Category", "类别"),
    "clips-case": ("Case", "案号"),
    "clips-state": ("State", "状态"),
    "clips-sha256": ("SHA-256", "SHA-256"),
    "clips-empty": ("No clip has been taken yet", "尚未采集任何片段"),
    "clips-empty-more": ("Dock a camera, and its clips appear here by themselves.", "接入记录仪后, 片段会自动出现在这里。"),
}
