"""States of a slot, one word each; the icon beside it says the same."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "tile-empty": ("Free", "空闲"),
    "tile-identifying": ("Identifying", "识别中"),
    "tile-unknown": ("Not ours", "未登记设备"),
    "tile-waiting": ("Waiting", "等待中"),
    "tile-copying": ("Copying", "采集中"),
    "tile-verifying": ("Checking", "校验中"),
    "tile-safe-to-take": ("Take it", "可取走"),
    "tile-do-not-pull": ("Do not pull", "勿拔"),
    "tile-error": ("Problem", "有问题"),
    "tile-left": ("{left} left", "剩余 {left}"),
    "tile-time": ("about {time}", "约 {time}"),
    "tile-all-checked": ("all checked", "全部校验一致"),
    "tile-not-learned": ("port not learned", "端口未登记"),
    "board-none": ("No port was learned yet", "尚未登记任何端口"),
    "board-none-more": (
        "Plug a camera into the first port, and an administrator makes it slot 1.",
        "请将记录仪插入第一个端口, 由管理员登记为 1 号槽位。",
    ),
    "tile-name": ("Slot {slot}: {state}", "{slot} 号槽位: {state}"),
}
