"""The window, before it can speak for itself."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "window-missing": (
        "what draws the window is not installed here; install the extra 'gui' (PySide6), or use the command line",
        "未安装图形界面组件; 请安装 gui 附加组件 (PySide6), 或使用命令行",
    ),
    "no-display": (
        "there is no screen here to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); start it in a desktop or kiosk session",
        "此处没有可显示窗口的屏幕 (未设置 DISPLAY 或 WAYLAND_DISPLAY); 请在桌面或自助终端会话中启动",
    ),
}
PHRASES: dict[str, tuple[str, str]] = {}
