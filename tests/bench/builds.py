"""The product as it is benchmarked: this checkout, or a copy of it that was broken on purpose to see a benchmark notice.

A copy is broken by lines appended to one of its modules, which replace something there by name; where that name is gone the
copy does not start, so a control never passes because it broke nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("station", "ingest", "evidence", "uploader")

SKIP_THE_RE_READ = (
    "ingest/copying/placing.py",
    """
assert callable(Placer._prove)


def _believe(self, file, proof, offset, sha256, vault, position):
    proof.offset = offset


Placer._prove = _believe
""",
)
"""Copies are believed instead of read back. Also how copying is measured alone: the rest of the engine stays as it is."""

FORGET_THE_MEDIUM = (
    "evidence/catalogue/acts/docking.py",
    """
assert callable(_kept)
_kept_in_full = _kept


def _kept(seen, file):
    return {key: value for key, value in _kept_in_full(seen, file).items() if key != "medium"}
""",
)
"""The log does not say any more how a copy was re-read."""

DAWDLE = (
    "ingest/copying/reading.py",
    """
assert callable(CardFile.fill)
_fill_at_once = CardFile.fill


def _fill_later(self, buffer, offset):
    time.sleep(len(buffer) / (1 << 20) * 0.12)
    return _fill_at_once(self, buffer, offset)


CardFile.fill = _fill_later
""",
)
"""Every mebibyte is waited for four times as long as a slow card takes for it."""

LATE = 0.8
START_LATE = ("station/cli/main.py", f"\nimport time\n\ntime.sleep({LATE})\n")
"""Every command starts so many seconds later."""

SKIM = (
    "evidence/verify/vault.py",
    """
assert callable(BlobReader.check)


def _believe(self, path, digest, sm3=()):
    self._tell(os.stat(path).st_size)


BlobReader.check = _believe
""",
)
"""The verifier takes a blob for what its name says."""

READ_SLOWLY = (
    "evidence/verify/vault.py",
    """
import time

assert callable(BlobReader.check)
_check_at_once = BlobReader.check


def _check_later(self, path, digest, sm3=()):
    time.sleep(3)
    return _check_at_once(self, path, digest, sm3)


BlobReader.check = _check_later
""",
)
"""The verifier waits before each blob."""

Flaw = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Build:
    """One tree of the product, run by this interpreter, in one suite of algorithms."""

    root: Path = _ROOT
    suite: str = "standard"

    @property
    def command(self) -> list[str | Path]:
        """``evidence-station`` of this tree."""
        return [Path(sys.executable).with_name("evidence-station")]

    @property
    def environment(self) -> dict[str, str]:
        """Of the outside only what finds programs: nobody's own settings are measured."""
        own = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(self.root), "LC_ALL": "C.UTF-8"}
        return own if self.suite == "standard" else {**own, "EVIDENCE_STATION_SUITE": self.suite}


def broken(sound: Build, folder: Path, flaw: Flaw) -> Build:
    """A copy of a build in a new folder, broken."""
    for package in _PACKAGES:
        shutil.copytree(sound.root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    module, lines = flaw
    with (folder / module).open("a", encoding="utf-8") as file:
        file.write(lines)
    return Build(folder, sound.suite)
