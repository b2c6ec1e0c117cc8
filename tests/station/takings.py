"""What a card holds, held against what a station says it took."""

from __future__ import annotations

import os
import stat
from base64 import b64decode
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from tests.station.stations import Document


def path_of(one: Document) -> bytes:
    """The exact bytes of a path in an answer."""
    exact = one.get("path_b64")
    if exact is None:
        return str(one["path"]).encode()
    found = b64decode(exact)
    with pytest.raises(UnicodeDecodeError):
        found.decode()
    return found


def regular_files(root: bytes) -> dict[bytes, bytes]:
    """Every regular file below a folder with its bytes, links not followed."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


def check_taken(home: Path, card: bytes, answer: Document) -> None:
    """Every regular file is exactly once among clips, skipped and unreadable, and every clip's bytes are in the vault."""
    files = regular_files(card)
    told = Counter(path_of(one) for name in ("clips", "skipped", "unreadable") for one in answer[name])
    for path in files:
        assert told[path] == 1, path
    clips = {path_of(one): one for one in answer["clips"]}
    assert len(clips) == len(answer["clips"])
    for path, clip in clips.items():
        content = files[path]
        assert clip["size"] == len(content)
        assert clip["sha256"] == sha256(content).hexdigest()
        assert clip["state"] == ("verified" if content else "empty")
        if content:
            blob = home / "vault" / "blobs" / clip["sha256"][:2] / clip["sha256"]
            assert blob.read_bytes() == content
            assert stat.S_IMODE(blob.stat().st_mode) == 0o440
    assert not list((home / "vault" / "partial").iterdir()), "no work in progress stays"
    assert answer["bytes"] == sum(clip["size"] for clip in answer["clips"])
