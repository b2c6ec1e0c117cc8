"""``packaging/run screenshots``: every page in both languages, light and dark, in two sizes, of a real station made for it, and looked over.

Fails when a text is cut, a glyph is empty, a text was left in the other language, or a contrast is too low. ``--out DIR`` (default: ``screenshots``
in a temporary folder, which it names) gets a picture each, and a sheet of all eight of each page. Names of pages choose.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QMainWindow

from gui.app import window_of
from gui.desk.window import Desk
from gui.kept import Kept
from gui.kiosk.badge import BadgeSheet
from gui.kiosk.window import Kiosk
from gui.link import Link, Station
from gui.pages import PAGES
from gui.running.devices import Devices
from gui.theme import Theme
from gui.words import Words
from gui.work.clips import Clips
from gui.work.player import Player
from station.home import Home
from tests.gui.looked_over import cut, drawn_texts, empty_glyphs, left_over, pale

ROOT = Path(__file__).resolve().parents[2]
SIZES = ((1280, 800), (1920, 1080))
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
PATIENCE = 60.0
QUIET = 0.4
"""A page that asked nothing for so long shows what there is."""

Scene = Callable[[QMainWindow], None]


def _desk(page: str) -> Scene:
    def show(window: QMainWindow) -> None:
        assert isinstance(window, Desk)
        window.go(page)

    return show


def _kiosk(then: Callable[[Kiosk], None]) -> Scene:
    def show(window: QMainWindow) -> None:
        assert isinstance(window, Kiosk)
        then(window)

    return show


def _letters(window: Kiosk) -> None:
    window.ask_badge()
    assert isinstance(window._sheet, BadgeSheet)
    window._sheet._switch()


def _sign_in(window: QMainWindow) -> None:
    assert isinstance(window, Desk)
    window._ask_in()


def _player(window: QMainWindow) -> None:
    """A clip that can be played, some seconds in, with a range."""
    assert isinstance(window, Desk)
    window.go("clips")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    settle(app, window.link)
    screen = window.screen_now
    assert isinstance(screen, Clips)
    rows = [screen.model.row(at) for at in range(screen.model.rowCount())]
    clip = next((one["id"] for one in rows if one is not None and one["duration"]), None)
    window.go("player", **({} if clip is None else {"clip": clip}))
    settle(app, window.link)
    player = window.screen_now
    assert isinstance(player, Player)
    player.driver.seek_us(player.driver.length_us // 4)
    settle(app, window.link)
    player.mark_in()
    player.driver.seek_us(player.driver.length_us // 2)
    settle(app, window.link)
    player.mark_out()
    player.lighter()


def _keys(window: QMainWindow) -> None:
    assert isinstance(window, Desk)
    window.go("clips")
    window.show_keys()


def _device(window: QMainWindow) -> None:
    assert isinstance(window, Desk)
    window.go("registry")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    settle(app, window.link)
    screen = window.screen_now
    assert isinstance(screen, Devices)
    if screen.model.rowCount() > 1:
        screen.show_device(str((screen.model.row(1) or {})["key"]))


SCENES: dict[str, tuple[bool, Scene]] = {
    **{one.name: (False, _desk(one.name)) for one in PAGES},
    "player": (False, _player),
    "player-none": (False, _desk("player")),
    "device": (False, _device),
    "sign-in": (False, _sign_in),
    "key-card": (False, _keys),
    "kiosk": (True, _kiosk(lambda _window: None)),
    "kiosk-slot": (True, _kiosk(lambda window: window.show_slot(1))),
    "kiosk-badge": (True, _kiosk(lambda window: window.ask_badge())),
    "kiosk-letters": (True, _kiosk(_letters)),
    "kiosk-help": (True, _kiosk(lambda window: window.show_help())),
}
"""What is shown: whether at the kiosk, and how one comes there. A page of the list is here by itself."""


@contextmanager
def served(home: Path) -> Iterator[Station]:
    """A service whose board shows every state."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.gui.showing", str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert json.loads(child.stdout.readline())["url"]
    try:
        yield Station(Home(home))
    finally:
        child.terminate()
        child.communicate(timeout=60)


def settle(app: QApplication, link: Link) -> None:
    """Until nothing was asked for a while."""
    until, quiet = time.monotonic() + PATIENCE, time.monotonic() + QUIET
    while time.monotonic() < min(until, quiet):
        app.processEvents()
        if link._open or link.state.value != "connected":
            quiet = time.monotonic() + QUIET
        time.sleep(0.005)


def picture(window: QMainWindow) -> QImage:
    image = QImage(window.size(), QImage.Format.Format_RGB32)
    window.render(image)
    for one in QApplication.topLevelWidgets():  # dialogs are windows of their own
        if one is not window and one.isVisible() and one.isWindow() and one.parent() is window:
            painter = QPainter(image)
            at = window.rect().center() - one.rect().center()
            one.render(painter, at)
            painter.end()
    return image


def sheet_of(images: list[QImage], path: Path) -> None:
    """All pictures of a page, small, on one."""
    wide, high = 960, 600
    whole = QImage(wide * 2, high * ((len(images) + 1) // 2), QImage.Format.Format_RGB32)
    whole.fill(Qt.GlobalColor.gray)
    painter = QPainter(whole)
    for number, one in enumerate(images):
        small = one.scaled(wide - 8, high - 8, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        painter.drawImage(QRect(wide * (number % 2) + 4, high * (number // 2) + 4, small.width(), small.height()), small)
    painter.end()
    whole.save(str(path))


def look(app: QApplication, station: Station, name: str, out: Path, *, sizes: tuple[tuple[int, int], ...]) -> list[str]:
    """Every picture of a page; what is wrong with it."""
    kiosk, show = SCENES[name]
    found, images = [], []
    words, theme = Words("en"), Theme("light")
    link = Link(station)
    with tempfile.TemporaryDirectory() as folder:
        window = window_of(link, words, theme, Kept(Path(folder) / "kept.json"), kiosk=kiosk)
        window.resize(*sizes[0])
        window.show()
        link.open()
        settle(app, link)
        show(window)
        for language in LANGUAGES:
            words.speak(language)
            link.language = language
            for colours in THEMES:
                theme.look(colours)
                for width, height in sizes:
                    window.resize(width, height)
                    settle(app, link)
                    with drawn_texts() as drawn:
                        image = picture(window)
                    path = out / f"{name}-{language}-{colours}-{width}x{height}.png"
                    image.save(str(path))
                    images.append(image)
                    wrong = cut(window) + [f"cut: {text!r} (drawn)" for text, is_cut in drawn if is_cut]
                    wrong += empty_glyphs(window, drawn) + left_over(window, drawn, words) + pale(window, image)
                    found += [f"{path.name}: {one}" for one in dict.fromkeys(wrong)]
        window.close()
        link.close()
        window.deleteLater()
        app.processEvents()
    sheet_of(images, out / f"{name}.png")
    return found


@click.command()
@click.argument("names", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help="Where the pictures go.")
@click.option(
    "--home", type=click.Path(path_type=Path, exists=True), help="A home that was made before, instead of one made now."
)
@click.option("--small", is_flag=True, help="The smaller size only.")
def main(names: tuple[str, ...], out: Path | None, home: Path | None, small: bool) -> None:
    """Make pictures of pages, and look them over."""
    unknown = set(names) - SCENES.keys()
    if unknown:
        raise click.UsageError(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    out = (out or Path(tempfile.mkdtemp(prefix="evidence-station-screenshots-"))).absolute()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="evidence-station-window-") as folder:
        if home is None:
            from station.practice.filling import fill

            home = Path(folder) / "home"
            fill(home, "zh", lambda _done, _total: None, days=4)
        app = QApplication(["screenshots", "-style", "Fusion"])
        found = []
        with served(home) as station:
            for name in names or SCENES:
                wrong = look(app, station, name, out, sizes=SIZES[:1] if small else SIZES)
                print(f"{name}: {len(wrong)} faults", flush=True)
                found += wrong
    for one in found:
        print(one)
    print(f"pictures: {out}")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
