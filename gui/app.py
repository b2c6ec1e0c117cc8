"""Putting the window together, and nothing else: options, the door, words and look, and which window stands."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType

import click
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from evidence.errors import Exit, Fault
from gui import kept as keeping
from gui.kept import Kept
from gui.link import Link, Station
from gui.theme import SCALES, Theme
from gui.words import LANGUAGES, Words
from station.cli.window import need_screen
from station.home import Home, NoHome
from station.messages import fault_text


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home", envvar="EVIDENCE_STATION_HOME", type=click.Path(path_type=Path), help="The station's folder. 工作站主目录。"
)
@click.option("--kiosk", is_flag=True, help="Full screen, for touch. 全屏触摸界面。")
@click.option("--connect", metavar="URL", help="A service that runs already. 连接已运行的服务。")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the window. 界面语言。")
@click.option("--theme", type=click.Choice(["light", "dark"]), help="Colours. 配色。")
@click.option("--scale", type=click.IntRange(SCALES[0], SCALES[-1]), help="Percent. 界面大小百分比。")
@click.option("--quick-cards", type=click.Path(path_type=Path), help="Only write the quick cards there. 仅生成快速指南。")
def run(
    home: Path | None,
    kiosk: bool,
    connect: str | None,
    language: str | None,
    theme: str | None,
    scale: int | None,
    quick_cards: Path | None,
) -> None:
    """Open the window (打开窗口)."""
    if quick_cards is not None:
        _cards(quick_cards)
        return
    told = language or os.environ.get("EVIDENCE_STATION_LANGUAGE", "en")
    station = Station(None if home is None else Home(home.absolute()), connect)
    try:
        if home is None and connect is None:
            raise NoHome(home="EVIDENCE_STATION_HOME")
        need_screen()
        station.begin()
        status = show(station, kiosk=kiosk, language=language, theme=theme, scale=scale)
    except Fault as fault:
        click.echo(f"evidence-station: {fault_text(fault.code, fault.fields, told)}", err=True)
        raise SystemExit(fault.status) from None
    finally:
        station.end()
    raise SystemExit(status)


def _cards(folder: Path) -> None:
    from gui.cards import write_cards

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    try:
        for path in write_cards(folder):
            click.echo(path)
    except OSError as error:
        click.echo(f"evidence-station: {error}", err=True)
        raise SystemExit(Exit.REFUSED) from error
    finally:
        del app


def show(station: Station, *, kiosk: bool, language: str | None, theme: str | None, scale: int | None) -> int:
    """Show the window until it is closed. Returns the exit status."""
    app = QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    app.setApplicationName("evidence-station")
    app.setDesktopFileName("evidence-station")
    kept = Kept(keeping.place())
    words = Words(language or kept.get("language") or os.environ.get("EVIDENCE_STATION_LANGUAGE", "en"))
    look = Theme(theme or ("dark" if kiosk else kept.get("theme", "light")), scale or (100 if kiosk else kept.get("scale", 100)))
    link = Link(station)
    link.language = words.language
    window = window_of(link, words, look, kept, kiosk=kiosk)
    sys.excepthook = _unexpected
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: app.quit())
    awake = QTimer()
    awake.start(500)  # Python looks at signals only between its own steps
    awake.timeout.connect(lambda: None)
    link.open()
    if kiosk:
        window.showFullScreen()
    else:
        window.show()
    status = app.exec()
    link.close()
    kept.write()
    return status


def window_of(link: Link, words: Words, look: Theme, kept: Kept, *, kiosk: bool) -> QMainWindow:
    """The window, put together. For the program and for tests."""
    look.apply()
    if kiosk:
        from gui.kiosk.window import Kiosk

        return Kiosk(link, words, look, kept)
    from gui.desk.window import Desk

    return Desk(link, words, look, kept)


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A mistake of ours in one slot does not end the window; it stands in the journal."""
    traceback.print_exception(kind, error, trace)


def main() -> None:
    """Entry point."""
    run(prog_name="evidence-station gui")
