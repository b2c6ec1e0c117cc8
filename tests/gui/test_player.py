"""The player over a real station: which frame is shown is read from its pixels, on an MP4 and on the working copy of a transport stream."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from evidence.reach import Reach
from gui.desk.window import Desk
from gui.parts.asking import Asking
from gui.player import engine as engines
from gui.player import stills
from gui.player.engine import NoEngine
from gui.work.player import Player
from station.client import InProcess
from station.commands import Custody, Ingest
from station.commands.derived import Derive, ListDerivatives, TakeStill
from station.commands.people import GiveApproval, ListApprovals
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from tests.gui.looked_over import drawn_texts
from tests.gui.windows import WAIT_MS, Served
from tests.pieces import need_program

FRAMES, RATE, BITS = 200, 25, 8
WIDE, HIGH = BITS * 16, 64


def barred(path: Path) -> None:
    """A film whose frames bear their number as a bar code, with sound that begins before the picture where the container lets it."""
    told = [need_program("ffmpeg", "ffmpeg"), "-loglevel", "error", "-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    told += ["-s", f"{WIDE}x{HIGH}", "-r", str(RATE), "-i", "-", "-f", "lavfi", "-i", f"sine=duration={FRAMES / RATE}"]
    told += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2", "-c:a", "aac", str(path)]
    rows = (b"".join(bytes([235 if number >> bit & 1 else 16]) * 16 for bit in range(BITS)) for number in range(FRAMES))
    subprocess.run(told, input=b"".join(row * HIGH + b"\x80" * (WIDE * HIGH // 2) for row in rows), check=True)


def number(image: QImage) -> int:
    """The number that a frame bears."""
    each = image.width() / BITS
    return sum((image.pixelColor(int((bit + 0.5) * each), image.height() // 2).lightness() > 127) << bit for bit in range(BITS))


@pytest.fixture(scope="session")
def filmed_home(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with both films and all that is made of them; nobody writes to it."""
    folder = tmp_path_factory.mktemp("barred")
    shutil.copytree(made_home, folder / "home")
    (folder / "card").mkdir()
    barred(folder / "card" / "film.mp4")
    barred(folder / "card" / "film.ts")
    rooms = Rooms.open(Home(folder / "home"))
    client = InProcess(Engine(rooms), rooms.operator)
    found: Any = client.call(Ingest((os.fsencode(folder / "card"),), "badge 7")).document
    for clip in found["clips"]:
        for makes in ("pts-index", "filmstrip") if clip["path"] == "film.mp4" else ("pts-index",):
            client.call(Derive(clip["id"], makes))
    rooms.close()
    return folder / "home"


@pytest.fixture
def stocked_home(filmed_home: Path) -> Path:
    """What the window of these tests stands over."""
    return filmed_home


def opened(desk: Desk, served: Served, qtbot: QtBot, path: str = "film.mp4") -> Player:
    clip = next(one["id"] for one in served.client.get("/v1/clips")["items"] if one["path"] == path)
    desk.go("player", clip=clip)
    screen = desk.screen_now
    assert isinstance(screen, Player)
    qtbot.waitUntil(lambda: not screen.picture.image.isNull(), timeout=WAIT_MS)
    return screen


def shows(screen: Player, frame: int, qtbot: QtBot) -> None:
    """The pixels and the number beside them say the same."""
    qtbot.waitUntil(lambda: number(screen.picture.image) == frame, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: screen.driver._asked is None, timeout=WAIT_MS)
    assert (number(screen.picture.image), screen.driver.frame) == (frame, frame)


@pytest.mark.parametrize(("path", "copy"), [("film.mp4", "original"), ("film.ts", "working-copy")])
def test_the_frame_that_is_asked_for_is_shown(
    path: str, copy: str, desk: Desk, served: Served, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    screen = opened(desk, served, qtbot, path)
    assert screen.driver.now is not None
    assert screen.driver.now.of == copy
    for frame in random.Random(1).sample(range(FRAMES), 12):
        screen.driver.seek(frame)
        shows(screen, frame, qtbot)
    screen.driver.seek(100)
    shows(screen, 100, qtbot)
    for key, frame in ((Qt.Key.Key_Period, 101), (Qt.Key.Key_Period, 102), (Qt.Key.Key_Comma, 101), (Qt.Key.Key_Comma, 100)):
        QTest.keyClick(desk, key)
        shows(screen, frame, qtbot)
    QTest.keyClick(desk, Qt.Key.Key_End)
    shows(screen, FRAMES - 1, qtbot)
    assert "ticket" not in "".join(capfd.readouterr())


def test_it_is_driven_by_keys_in_both_directions(
    desk: Desk, served: Served, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = opened(desk, served, qtbot)
    rates: list[float] = []
    play = screen.driver._engine.play

    def noted(rate: float) -> None:
        rates.append(rate)
        play(rate)

    monkeypatch.setattr(screen.driver._engine, "play", noted)
    screen.driver.seek(100)
    shows(screen, 100, qtbot)
    QTest.keyClick(desk, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: number(screen.picture.image) > 104, timeout=WAIT_MS)
    QTest.keyClick(desk, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: number(screen.picture.image) < 100, timeout=WAIT_MS)
    QTest.keyClick(desk, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: screen.driver._asked is None, timeout=WAIT_MS)
    assert screen.driver.rate == 0
    shows(screen, screen.driver.frame or 0, qtbot)
    assert rates == [1.0]


def test_one_look_is_one_entry(desk: Desk, served: Served, qtbot: QtBot) -> None:
    screen = opened(desk, served, qtbot)
    assert screen.timeline.strip is not None
    assert screen.clip is not None
    answer: Any = served.client.call(Custody(screen.clip)).document
    seen = [one["what"].get("of") for one in answer["entries"] if one["type"] == "viewed"]
    assert seen == [None, "original"]  # what is known of it was shown, and it was played


def agree(desk: Desk, qtbot: QtBot, reason: str) -> None:
    """Give the reason that is asked for."""
    qtbot.waitUntil(lambda: any(one.isVisible() for one in desk.findChildren(Asking)), timeout=WAIT_MS)
    asking = next(one for one in desk.findChildren(Asking) if one.isVisible())
    line = asking.findChild(QPlainTextEdit)
    assert line is not None
    line.setPlainText(reason)
    QTest.mouseClick(asking.yes, Qt.MouseButton.LeftButton)


def test_an_auditor_says_why_and_asks_a_second_person(desk: Desk, served: Served, qtbot: QtBot) -> None:
    clip = served.client.get("/v1/clips")["items"][0]["id"]
    served.begin("auditor", "012345", Reach())
    desk.go("player", clip=clip)
    screen = desk.screen_now
    assert isinstance(screen, Player)
    agree(desk, qtbot, "a complaint")
    qtbot.waitUntil(
        lambda: any(one.isVisible() and "Ask" in one.text() for one in screen.findChildren(QPushButton)), timeout=WAIT_MS
    )
    assert screen.driver.now is None
    way = next(one for one in screen.findChildren(QPushButton) if one.isVisible() and "Ask" in one.text())
    QTest.mouseClick(way, Qt.MouseButton.LeftButton)
    agree(desk, qtbot, "a complaint, file 7")
    document: Any = None

    def waits() -> bool:
        nonlocal document
        document = served.client.call(ListApprovals()).document
        return bool(document["approvals"])

    qtbot.waitUntil(waits, timeout=WAIT_MS)
    served.begin("supervisor", "054321", Reach())
    served.client.call(GiveApproval(document["approvals"][0]["id"]))
    served.begin("auditor", "012345", Reach())
    screen.back()
    qtbot.waitUntil(lambda: not screen.picture.image.isNull(), timeout=WAIT_MS)
    assert screen.timeline.strip is not None


def test_where_nothing_plays_the_strip_is_shown_and_why(
    desk: Desk, served: Served, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise NoEngine("libpulse.so.0")

    monkeypatch.setattr(engines, "made", none)
    screen = opened(desk, served, qtbot)
    with drawn_texts() as drawn:
        screen.picture.grab()
    assert any("libpulse.so.0" in text for text, _ in drawn)
    QTest.keyClick(desk, Qt.Key.Key_L)
    assert screen.driver.rate == 0
    first = screen.picture.image
    QTest.keyClick(desk, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: screen.picture.image != first, timeout=WAIT_MS)
    assert screen.driver.frame == FRAMES - 1


def test_a_snapshot_is_recorded_with_its_frame_and_saved_with_its_digest(
    desk: Desk, served: Served, qtbot: QtBot, tmp_path: Path
) -> None:
    screen = opened(desk, served, qtbot)
    screen.driver.seek(33)
    shows(screen, 33, qtbot)
    QTest.keyClick(desk, Qt.Key.Key_S)
    assert screen.clip is not None
    clip = screen.clip
    qtbot.waitUntil(lambda: bool(stills_of(served, clip)), timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: any("frame 34" in one.text() for one in desk.findChildren(QLabel) if one.isVisible()), timeout=WAIT_MS
    )
    answer: Any = served.client.call(TakeStill(clip, "pts:0")).document
    assert stills.save(tmp_path / "still.png", b"picture", answer) is None
    said = json.loads((tmp_path / "still.png.json").read_text(encoding="utf-8"))
    assert (said["original"], said["frame"], said["pts"]) == (answer["original"], 0, 0)
    assert "still.png" in (stills.save(tmp_path / "still.png", b"another", answer) or "")
    assert (tmp_path / "still.png").read_bytes() == b"picture"


def stills_of(served: Served, clip: str) -> list[Any]:
    document: Any = served.client.call(ListDerivatives(clip)).document
    return [one for one in document["derivatives"] if one["makes"] == "still"]
