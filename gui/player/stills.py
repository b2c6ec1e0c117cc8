"""Snapshots and cuts: made and recorded by the station, then saved where one wants them, a picture with what it is a picture of beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog

from gui.here import Here
from gui.link import Asker
from station.commands import Answer
from station.commands.derived import CutClip, TakeStill
from station.httpclient import HttpClient


def snapshot(here: Here, asks: Asker, clip: str, at: str) -> None:
    """Take the frame at a place (``pts:N``, ``1200ms``); the station writes down that it was taken."""
    asks.ask("still", TakeStill(clip, at), lambda answer: _taken(here, asks, answer), here.frame.complain)


def cut_out(here: Here, asks: Asker, clip: str, first: str, last: str) -> None:
    """Cut the frames from one place to another, both included."""

    def done(answer: Answer) -> None:
        document: Any = answer.document
        act = ("player-save", lambda: _save(here, asks, document, "mp4"))
        here.frame.say("player-cut-made", "good", act, frames=document["frames"])

    asks.ask("cut", CutClip(clip, first, last), done, here.frame.complain)


def _taken(here: Here, asks: Asker, answer: Answer) -> None:
    document: Any = answer.document
    act = ("player-save", lambda: _save(here, asks, document, "png"))
    here.frame.say("player-took", "good", act, frame=here.words.number(document["frame"] + 1))


def _save(here: Here, asks: Asker, document: dict[str, Any], ending: str) -> None:
    """Ask where to; then fetch it and write it there with its sidecar."""
    name = f"{document['clip']}-{document.get('pts', document.get('first'))}.{ending}"
    chosen, _ = QFileDialog.getSaveFileName(here.frame.over(), here.words("save-as"), name)
    if not chosen:
        return
    target = Path(chosen)

    def work(client: HttpClient, _report: object) -> str | None:
        made = document["made"][0]
        wanted = {"of": "derivative", "derivative": made["id"]}
        ticket = client.ask("POST", f"/v1/clips/{document['clip']}/tickets", wanted)
        return save(target, client.bytes_of(ticket["url"]), document)

    def done(why: str | None) -> None:
        if why is None:
            here.frame.say("saved", "good", path=str(target))
        else:
            here.frame.say("save-failed", "bad", why=why)

    asks.work("save", work, done, here.frame.complain)


def save(target: Path, content: bytes, document: dict[str, Any]) -> str | None:
    """A file, and beside it what it was made of: clip, digest of the original, frame and time stamp. Nothing there is overwritten.

    Returns why it could not be written, where it could not.
    """
    members = ("clip", "original", "sheet", "pts", "frame", "first", "last", "frames", "at_ms")
    said = {name: document[name] for name in members if name in document}
    said["sha256"] = document["made"][0]["sha256"]
    sidecar = target.with_name(f"{target.name}.json")
    for path, data in ((sidecar, json.dumps(said, indent=1).encode() + b"\n"), (target, content)):
        try:
            with path.open("xb") as file:
                file.write(data)
        except OSError as error:
            return f"{path}: {error.strerror}"
    return None
