"""The window, as a program of its own: the command line becomes it. Nothing of it is imported here, and no Qt is loaded below it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

import click

from evidence.errors import Exit
from station.cli.output import Context
from station.home import StationError


class WindowMissing(StationError):
    """What draws the window is not installed. No fields."""

    code = "window-missing"
    status = Exit.REFUSED


class NoDisplay(StationError):
    """There is no screen to show a window on. No fields."""

    code = "no-display"
    status = Exit.REFUSED


def need_screen() -> None:
    """Raise :class:`NoDisplay` where no window can be shown."""
    if not any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        raise NoDisplay


@click.command("gui")
@click.option("--kiosk", is_flag=True, help="Full screen, for touch. 全屏触摸界面。")
@click.option("--connect", metavar="URL", help="A service that runs already. 连接已运行的服务。")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of the window. 界面语言。")
@click.option("--theme", type=click.Choice(["light", "dark"]), help="Colours. 配色。")
@click.option("--scale", type=click.IntRange(100, 200), metavar="PERCENT", help="How large. 界面大小。")
@click.option("--quick-cards", metavar="DIR", help="Only write the quick cards there, as PDF. 仅生成快速指南 PDF。")
@click.pass_obj
def gui(
    context: Context,
    kiosk: bool,
    connect: str | None,
    language: str | None,
    theme: str | None,
    scale: int | None,
    quick_cards: str | None,
) -> Exit:
    """Open the window: desk, or kiosk; without a service it starts one and ends it. 打开图形界面。"""
    if quick_cards is None:
        need_screen()
    if find_spec("PySide6") is None:
        raise WindowMissing
    given = [] if context.folder is None else ["--home", str(context.folder)]
    if connect is None and quick_cards is None:
        given = ["--home", str(context.home.root)]
    given += ["--kiosk"] if kiosk else []
    for name, value in (
        ("--connect", connect),
        ("--language", language),
        ("--theme", theme),
        ("--scale", scale),
        ("--quick-cards", quick_cards),
    ):
        given += [] if value is None else [name, str(value)]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "gui", *given])  # noqa: S606  # this very interpreter, no shell


COMMANDS = (gui,)
