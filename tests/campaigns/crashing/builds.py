"""The builds that the campaign runs: a copy of the product with small limits, and copies of it that are broken on purpose.

Nothing here ships. A copy, because a build must not change under a running campaign; small limits, so that a few hundred kilobytes
pass through everything that gigabytes pass through: several blocks, checkpoints, groups and parts.
"""

from __future__ import annotations

import compileall
import logging
import re
import shutil
import string
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from fontTools import subset, ttLib  # type: ignore[import-untyped]  # fpdf2 brings it, published without types

from station.papers.font import font_file
from tests.campaigns.crashing.running import CHECKOUT

PACKAGES = ("evidence", "ingest", "station", "uploader")


@dataclass(frozen=True, slots=True)
class Change:
    """In a file of the product, every match of a pattern becomes something else; there must be as many as given."""

    file: str
    pattern: str
    replacement: str
    times: int | None = 1


SMALL = (
    Change("ingest/copying/facts.py", r"block_bytes: int = MEBIBYTE", "block_bytes: int = 64 << 10"),
    Change("ingest/copying/facts.py", r"checkpoint_bytes: int = .*", "checkpoint_bytes: int = 128 << 10"),
    Change("ingest/copying/facts.py", r"group_files: int = \d+", "group_files: int = 6"),
    Change("ingest/copying/facts.py", r"group_seconds: float = .*", "group_seconds: float = 60.0"),
    Change("station/settings.py", r"Meta\(ge=5 << 20,", "Meta(ge=4096,"),
    Change("station/settings.py", r"store_part_size: PartSize = .*", "store_part_size: PartSize = 128 << 10"),
)
"""A group never waits for the clock, so that a run takes the same steps every time."""

NO_FSYNC = (
    Change("ingest/vault.py", r"os\.fsync\(descriptor\)", "pass"),
    Change("ingest/copying/placing.py", r"os\.fdatasync\(file\.descriptor\)", "pass"),
    Change("ingest/copying/partial.py", r"os\.fdatasync\(descriptor\)", "pass"),
    Change("ingest/copying/medium.py", r"os\.fsync\(self\.descriptor\)", "pass"),
    Change("ingest/copying/syscalls.py", r"_checked\(_libc\.syncfs\(descriptor\)\)", "pass"),
)
"""Fsync removed from the copy engine."""

NO_FSYNC_OF_THE_LOG = (Change("evidence/catalogue/connect.py", r"PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"),)
"""Fsync removed from the ledger."""

NO_REREAD = (
    Change(
        "ingest/copying/placing.py",
        r"if proof\.offset != offset or not proof\.digesting\.give\(\*digests\):",
        "if proof.offset != offset:",
    ),
)
"""What was read back is not compared."""

NO_ENTRY = (
    Change(
        "evidence/catalogue/acts/docking.py",
        r"(?m)^(\s+)for act, what in acts:$",
        r"\1for act, what in acts[:1]:",
    ),
)
"""A clip becomes verified without an entry that says so."""

GIVEN_UP = (
    Change(
        "station/stamping.py",
        r"with self\._rooms\.ledger\.commit\(\) as commit:\n +if not stampbox\.done\(commit\.connection, commit\.station, (.*)\):\n.*\n",
        r"from evidence.catalogue.connect import writing\n"
        r"        with writing(self._rooms.catalogue) as connection:\n"
        r"            stampbox.done(connection, self._rooms.station, \1)\n"
        r"        with self._rooms.ledger.commit() as commit:\n",
    ),
)
"""A time stamp waits no more from one transaction on, and is kept in the next."""

TWO_COMMITS = (
    Change(
        "station/handlers/keys.py",
        r"( +foundation\.key_introduced\(commit, found\.key, role, certificates\.der\(certificate\), actor\)\n)(?= +for row in ended)",
        r"\1        with rooms.ledger.commit(found.signer if role == 'log' and not vouching else None) as commit:\n",
    ),
)
"""The new key comes into force in one commit, and the old one ends in the next."""

NO_RERUN = (
    Change(
        "station/handlers/keys.py",
        r"waits is None and \(before := _done_before\(rooms, command, rows, struck\)\) is not None",
        "(before := None) is not None",
    ),
)
"""A rotation that is typed again is another one."""

IN_PLACE = (
    Change("station/packages.py", r"draft = target\.with_name\(.*\)", "draft = target"),
    Change(
        "station/packages.py",
        r"_place\(draft, target\)\n +finally:\n +shutil\.rmtree\(.*\)",
        "pass\n        finally:\n            pass",
    ),
)
"""A package grows where it is to lie."""

NO_FSYNC_OF_PACKAGES = (Change("station/packages.py", r"os\.fsync\((file|writing)\.fileno\(\)\)", "pass", times=2),)
"""Fsync removed from the files of a package, not from its name."""

ANSWER_FIRST = (
    Change("station/witness/server.py", r"self\._home\.keep\((.*)\)", r"self.later = lambda: self._home.keep(\1)"),
    Change(
        "station/witness/server.py",
        r"(?m)^( +)self\._say\(status, kind, said\)$",
        r"\1self._say(status, kind, said)\n\1self.server.witness.later()",
    ),
)
"""A head becomes durable when its cosignature has left the witness."""


NO_FSYNC_OF_SMALL_FILES = (Change("station/durable.py", r"os\.fsync\((file\.fileno\(\)|handle)\)", "pass", times=2),)
"""Fsync removed from the writing of small files: keys, heads, settings."""

FOUND_LATER = (
    Change(
        "station/handlers/holding.py",
        r"( +)hold = written\(commit, Sheet\(HOLD, said, kept, found_by_of\(said, kept\)\), (.*)\n",
        r"\1hold = written(commit, Sheet(HOLD, said, kept), \2\n"
        r"    from types import SimpleNamespace\n"
        r"    from evidence.catalogue.acts.sheets import index\n"
        r"    from evidence.catalogue.connect import writing\n"
        r"    with writing(rooms.catalogue) as connection:\n"
        r"        index(SimpleNamespace(connection=connection, station=rooms.station), Sheet(HOLD, said, kept, found_by_of(said, kept)), hold)\n"
        r"    with rooms.ledger.commit() as commit:\n"
        r"        keeping = Keeping(commit.connection, commit.station)\n",
    ),
)
"""A hold stands in one commit, and is found, and so holds anything, from the next one on."""

SPENT_BEFORE = (
    Change(
        "station/handlers/holding.py",
        r"(    with rooms\.ledger\.commit\(\) as commit:\n +row = _in_force\(.*\)\n        if lifted:\n) +(approvals\.spend\(.*\)\n)",
        r"    if lifted:\n        with rooms.ledger.commit() as commit:\n            \2\1",
    ),
)
"""The second person's word is spent in one commit, and what it was given for is done in the next."""

TAKEN_WHEN_GIVEN = (
    Change(
        "evidence/catalogue/indexing.py",
        r"record_sha256=record, batch=batch\)",
        "record_sha256=record, batch=batch, accepted_sha256=record)",
        times=2,
    ),
)
"""A record counts as known to the city as soon as it stands in a batch, which may never be written."""

GONE_BEFORE_ITS_ENTRY = (
    Change(
        "station/disposing.py",
        r"        found = \[\]\n(        with self\._rooms\.ledger\.commit\(\) as commit:\n)",
        r"        found = []\n"
        r"        import os\n"
        r"        for vault in vaults_of(self._rooms):\n"
        r"            for one in contents:\n"
        r"                name = one.sha256.encode()\n"
        r"                if os.path.exists(path := os.path.join(vault.blobs_folder, name[:2], name)):\n"
        r"                    os.unlink(path)\n"
        r"\1",
    ),
)
"""Copies go before the commit that takes them out of the catalogue."""


def make(folder: Path, limits: tuple[Change, ...] = SMALL) -> Path:
    """A build of the checkout's product in a new folder. Raises :class:`ValueError` when a change finds nothing to change."""
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    _cut_font(folder)
    return _changed(folder, limits)


def broken(build: Path, folder: Path, changes: tuple[Change, ...]) -> Path:
    """A copy of a build with changes, in a new folder; what is compiled already stays. Raises as :func:`make`."""
    shutil.copytree(build, folder)
    return _changed(folder, changes)


def _changed(folder: Path, changes: tuple[Change, ...]) -> Path:
    for change in changes:
        file = folder / change.file
        changed, times = re.subn(change.pattern, change.replacement, file.read_text(encoding="utf-8"))
        if times != change.times and (change.times is not None or not times):
            raise ValueError(f"{change.file}: {times} times {change.pattern!r}; the campaign's builds must follow the product")
        file.write_text(changed, encoding="utf-8")
    compileall.compile_dir(folder, quiet=1)
    return folder


def _cut_font(folder: Path) -> None:
    """Papers are printed with those characters of the font that stand in the product itself: that takes a tenth of the time."""
    font = folder / "font.ttf"
    font.write_bytes(_cut(font_file()))
    file = folder / "station" / "papers" / "font.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("for path in FILES:", f"for path in [Path({str(font)!r})]:"), encoding="utf-8")


@cache
def _cut(font: Path) -> bytes:
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # it warns of bitmaps
    texts = (path.read_text(encoding="utf-8") for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py"))
    cutter = subset.Subsetter(subset.Options(notdef_outline=True))
    cutter.populate(text="".join({*string.printable, *"".join(texts)}))
    with ttLib.TTFont(font, fontNumber=0) as whole, BytesIO() as cut:
        cutter.subset(whole)
        whole.save(cut)
        return cut.getvalue()
