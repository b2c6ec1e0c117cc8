"""The door: answers come on the window's thread, stale ones do not come at all, and a cancelled question is left."""

from __future__ import annotations

import threading

from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from gui.link import Link, LinkState, Problem
from station.commands import ListClips, ShowClip, Status
from tests.gui.windows import WAIT_MS, Served


def test_an_answer_comes_on_the_windows_thread(link: Link, qtbot: QtBot) -> None:
    came: list[object] = []
    here = QThread.currentThread()
    link.asker().ask("status", Status(), lambda answer: came.append((answer.document["station"], QThread.currentThread())))
    qtbot.waitUntil(lambda: bool(came), timeout=WAIT_MS)
    assert came == [("s1", here)]


def test_a_fault_comes_as_a_problem_that_speaks_both_languages(link: Link, qtbot: QtBot) -> None:
    told: list[Problem] = []
    link.asker().ask("clip", ShowClip("0197f000-0000-7000-8000-000000000000"), lambda _: None, told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    assert told[0].code == "no-such-clip"
    assert told[0].text("en") != told[0].text("zh")


def test_what_is_asked_anew_takes_the_place_of_what_was_asked_before(link: Link, qtbot: QtBot) -> None:
    came: list[str] = []
    asker, hold = link.asker(), threading.Event()
    asker.work("list", lambda _client, _report: hold.wait(10), lambda _: came.append("old"))
    asker.ask("list", ListClips(), lambda _: came.append("new"))
    qtbot.waitUntil(lambda: came == ["new"], timeout=WAIT_MS)
    hold.set()
    qtbot.waitUntil(lambda: not link._open, timeout=WAIT_MS)
    assert came == ["new"]


def test_nothing_comes_to_a_screen_that_was_left(link: Link, qtbot: QtBot) -> None:
    came: list[object] = []
    asker = link.asker()
    asker.ask("status", Status(), came.append, came.append)
    asker.drop()
    qtbot.waitUntil(lambda: not link._open, timeout=WAIT_MS)
    assert came == []


def test_a_cancelled_question_does_not_wait_for_its_answer(link: Link, qtbot: QtBot) -> None:
    came: list[object] = []
    asker, begun = link.asker(), threading.Event()

    def listen(client: object, _report: object) -> None:
        from station.httpclient import HttpClient

        assert isinstance(client, HttpClient)
        for _ in client.events():
            begun.set()  # and then nothing comes for a long time

    question = asker.work("events", listen, came.append, came.append)
    qtbot.waitUntil(begun.is_set, timeout=WAIT_MS)
    question.cancel()
    qtbot.waitUntil(lambda: not link._open, timeout=WAIT_MS)
    assert came == []


def test_what_changes_at_the_station_is_heard(link: Link, served: Served, qtbot: QtBot) -> None:
    from station.commands import Tag

    heard: list[str] = []
    link.changed.connect(lambda changes: heard.extend(one.name for one in changes))
    clip = served.client.get("/v1/clips")["items"][0]["id"]
    served.client.call(Tag((clip,), note="seen"))
    qtbot.waitUntil(lambda: "clip" in heard, timeout=WAIT_MS)


def test_a_station_that_ends_and_begins_again_is_heard_of(link: Link, served: Served, qtbot: QtBot) -> None:
    states: list[str] = []
    link.state_changed.connect(states.append)
    served.end()
    qtbot.waitUntil(lambda: link.state is LinkState.RECONNECTING, timeout=WAIT_MS)
    served.begin()
    qtbot.waitUntil(lambda: link.state is LinkState.CONNECTED, timeout=WAIT_MS)
    assert states == ["reconnecting", "connected"]
