"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.station.stations import Station
from tests.station.typed.form import Failure, Files, Names, Ready, Success

NOBODY = "0197f000-0000-7000-8000-000000000000"
FILES: Files = {"TABLE": "file\na.mp4\n", "MAPPING": '[columns]\npath = "file"\n', "ANSWER": f'{{"batch":"{NOBODY}"}}'}


def table(_station: Station, folder: Path) -> str:
    """What an older system said of its files."""
    (folder / "table.csv").write_text(FILES["TABLE"])
    return str(folder / "table.csv")


def mapping(_station: Station, folder: Path) -> str:
    """What its columns are called."""
    (folder / "mapping.toml").write_text(FILES["MAPPING"])
    return str(folder / "mapping.toml")


def answer(station: Station, folder: Path) -> str:
    """What the city's platform said of a batch."""
    batch = station.json("index", "batch", folder)["batch"]
    clip = station.json("clips")["clips"][0]["id"]
    (folder / "answer.json").write_text(json.dumps({"batch": batch, "accepted": [clip]}))
    return str(folder / "answer.json")


def told(station: Station, _folder: Path, _patch: pytest.MonkeyPatch) -> None:
    """There is another system, and it does not answer."""
    secret = station.folder / "keys" / "webhook.secret"
    secret.write_text("one that nobody guesses\n")
    secret.chmod(0o600)
    station.json("settings", "set", "webhook_url", "http://127.0.0.1:1/in")


SUCCESS: Success = {
    "webhooks list": ([], 0),
    "webhooks test": ([], 6),
    "webhooks retry": ([], 0),
    "index batch": (["CARD", "--limit", "2"], 0),
    "index answer": (["ANSWER"], 0),
    "link": (["CLIP"], 0),
    "import": (["CARD", "--metadata", "TABLE", "--mapping", "MAPPING"], 0),
}
FAILURE: Failure = {
    "webhooks list": (["extra"], "usage", 2),
    "webhooks test": ([], "no-webhook", 2),
    "webhooks retry": ([NOBODY], "no-webhook", 2),
    "index batch": (["OUT"], "target-unusable", 5),
    "index answer": (["TABLE"], "answer-malformed", 2),
    "link": ([NOBODY], "no-such-clip", 2),
    "import": (["/nonexistent", "--metadata", "TABLE", "--mapping", "MAPPING"], "usage", 2),
}
NAMES: Names = {"TABLE": table, "MAPPING": mapping, "ANSWER": answer}
READY: Ready = {"webhooks test": told, "webhooks retry": told}
