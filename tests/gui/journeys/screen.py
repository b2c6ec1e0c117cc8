"""A screen of its own (Xvfb with a window manager), a window on it, and a person before it: who sees, points and types.

Pointer and keys are the X server's own (xdotool, XTEST); the window cannot tell them from a mouse and a keyboard. A moment that a journey waits for has
:data:`PATIENCE`; what it says when it does not come is what stood on the screen.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.pieces import need_program

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0
LOOKS = 0.1
"""Seconds between two looks at the screen."""
SIZE = (1280, 800)

Thing = dict[str, Any]
Found = TypeVar("Found")


class NotSeen(AssertionError):
    """What a person waited for did not appear."""


def until(look: Callable[[], Found | None], what: str, told: Callable[[], object] = lambda: "") -> Found:
    """Look until there is something. Raises :class:`NotSeen`."""
    end = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise NotSeen(f"{what}: not within {PATIENCE:.0f} s; {told()}")
        time.sleep(LOOKS)


@contextmanager
def screen() -> Iterator[str]:
    """An X display of its own, with a window manager. Its name, as ``DISPLAY`` has it."""
    xvfb, manager = need_program("Xvfb", "xvfb"), need_program("openbox", "openbox")
    read, write = os.pipe()
    size = f"{SIZE[0]}x{SIZE[1]}x24"
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as told:
            display = ":" + told.readline().strip()
        if display == ":":
            raise NotSeen("Xvfb did not start")
        windows = subprocess.Popen([manager, "--sm-disable"], env={**os.environ, "DISPLAY": display}, stderr=subprocess.DEVNULL)
        try:
            yield display
        finally:
            windows.terminate()
            windows.wait(PATIENCE)
    finally:
        server.terminate()
        server.wait(PATIENCE)


class Person:
    """Sits before the window. Everything is done through the screen."""

    def __init__(self, display: str, home: Path, *options: str, scratch: Path, pictures: Path | None = None) -> None:
        self._xdotool = need_program("xdotool", "xdotool")
        self._pictures, self._taken = pictures, 0
        settings = {"XDG_CONFIG_HOME": str(scratch / "config"), "XDG_RUNTIME_DIR": str(scratch), "QT_QPA_PLATFORM": "xcb"}
        self._environment = {**os.environ, **settings, "DISPLAY": display, "QT_LOGGING_RULES": "*=false"}
        self._window = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.journeys.looking", "--home", str(home), "--language", "en", *options],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    # What is seen

    def look(self) -> list[Thing]:
        """Everything on the screen that says something. Raises :class:`NotSeen` when the window is gone."""
        assert self._window.stdin is not None
        assert self._window.stdout is not None
        if self._window.poll() is not None:
            raise NotSeen(f"the window is gone, status {self._window.returncode}")
        self._window.stdin.write("look\n")
        self._window.stdin.flush()
        if not select.select([self._window.stdout], [], [], PATIENCE)[0]:
            raise NotSeen("the window does not answer")
        found: list[Thing] = json.loads(self._window.stdout.readline())
        return found

    def sees(self, text: str, kind: str | None = None) -> Thing | None:
        """What says this now: its words or its accessible name begin so, or it is a cell that holds it."""
        for one in self.look():
            if kind in {None, one["kind"]} and (
                one["words"].startswith(text) or one["name"].startswith(text) or (one["kind"] == "cell" and text in one["words"])
            ):
                return one
        return None

    def waits_for(self, text: str, kind: str | None = None) -> Thing:
        """Wait until something says this."""
        return until(lambda: self.sees(text, kind), f"{text!r} on the screen", self.said)

    def said(self) -> str:
        """The words on the screen."""
        return " | ".join(one["words"] or one["name"] for one in self.look())

    # What is done

    def points_at(self, text: str, kind: str | None = None) -> Thing:
        """Wait for what says this, and press it in its middle."""
        found = self.waits_for(text, kind)
        self.presses(found)
        return found

    def presses(self, thing: Thing, times: int = 1) -> None:
        """The pointer goes there and the button goes down and up."""
        left, top, width, height = thing["place"]
        self._do("mousemove", "--sync", left + width // 2, top + height // 2, "click", "--repeat", times, "--delay", 60, 1)

    def types(self, text: str) -> None:
        """Keys, one after the other, as slow as people."""
        self._do("type", "--delay", 70, text)

    def keys(self, *names: str) -> None:
        """Keys by their X names, ``ctrl+Return`` among them."""
        self._do("key", "--delay", 70, *names)

    def takes_picture(self, name: str) -> None:
        """Of the whole screen, where somebody wants pictures."""
        if self._pictures is not None:
            self._taken += 1
            file = self._pictures / f"{name}-{self._taken:02}.png"
            command = [need_program("import", "imagemagick"), "-window", "root", str(file)]
            subprocess.run(command, env=self._environment, check=True)

    def _do(self, *arguments: object) -> None:
        subprocess.run([self._xdotool, *map(str, arguments)], env=self._environment, check=True)

    def leaves(self) -> None:
        """Close the window; what it wrote to stdout by then belongs to nobody."""
        self._window.terminate()
        self._window.communicate(timeout=PATIENCE)


@contextmanager
def before(home: Path, scratch: Path, *options: str, pictures: Path | None = None) -> Iterator[Person]:
    """Somebody before a window of the station in a home, until done."""
    with screen() as display:
        person = Person(display, home, *options, scratch=scratch, pictures=pictures)
        try:
            yield person
        finally:
            person.leaves()
