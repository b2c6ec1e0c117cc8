"""Controls of the campaign itself: builds that are broken on purpose, each of which a scenario must catch.

The change is made in the guest, to the installed program; the service is started anew with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.campaigns.crashing.builds import Change
from tests.campaigns.docking.stage import Stage
from tests.dock.shell import Shell

PROGRAM = "/opt/evidence-station/current/lib/python3.11/site-packages"


@dataclass(frozen=True, slots=True)
class BrokenBuild:
    """What is broken, how, and which scenario must see it."""

    name: str
    changes: tuple[Change, ...]
    scenario: str


BELIEVES_AN_EMPTY_LISTING = (
    Change(
        "ingest/listing.py",
        r"def check_present\(self\) -> None:\n",
        "def check_present(self) -> None:\n        return\n\n    def _never(self) -> None:\n",
    ),
    Change(
        "ingest/listing.py",
        r"def refusals\(self\) -> int:\n",
        "def refusals(self) -> int:\n        return 0\n\n    def _counted(self) -> int:\n",
    ),
    Change(
        "ingest/listing.py",
        r"raise CardGone\(path=os\.fsdecode\(card\.root\), error=_errno_name\(error\)\) from error\n    total",
        "return None\n    total",
    ),
)
"""Nobody asks whether the card is still there, what its device refused, or how big it is: each of the three alone would tell."""

LIST_NOW = "/etc/evidence-station/list-now"
"""The file whose appearance lets a service with :data:`LISTS_WHEN_TOLD` list a mounted card."""

LISTS_WHEN_TOLD = (
    Change(
        "station/docks/visitor.py",
        r"( +)point = self\._desk\.mounter\.mount\(volume\)\n",
        rf"\g<0>\1while not __import__('os').path.exists('{LIST_NOW}'):\n\1    self._woken.wait(0.1)\n",
    ),
)
"""Not broken: a station as it is, that waits between mounting and listing, so that a card can be pulled just there."""

NOTHING_PROTECTED = (Change("packaging/system/dock-port", r'blockdev --setro "/dev/\$name"', ":"),)
"""The udev rule leaves devices as they are."""

MOUNTED_FOR_WRITING = (
    *NOTHING_PROTECTED,
    Change("ingest/docks/filesystems.py", r'\("ro", \*COMMON, \*_READ_ONLY\[volume\.fs_type\]\)', '("rw", *COMMON)'),
    Change("ingest/docks/mounting.py", r'\*\(\(\) if writable else \("ro",\)\)', ""),
    Change("ingest/docks/writeblock.py", r"if not blocked and not waived:", "if False:"),
)
"""Cards are mounted for writing, and nobody looks whether they are."""

BUILDS = (
    BrokenBuild("an empty listing is believed", BELIEVES_AN_EMPTY_LISTING, "pulled-early"),
    BrokenBuild("a mount that is for writing", MOUNTED_FOR_WRITING, "undisturbed"),
    BrokenBuild("a udev rule that protects nothing", NOTHING_PROTECTED, "rights"),
)


def break_it(stage: Stage, build: BrokenBuild) -> None:
    """Put the broken build in the place of the installed one. Raises :class:`ValueError` when a change finds nothing to change."""
    apply(stage, build.changes)


def apply(stage: Stage, changes: tuple[Change, ...]) -> None:
    """Change the installed program and start it anew. Raises :class:`ValueError` when a change finds nothing to change."""
    for change in changes:
        _apply(stage.station.shell, change)
    stage.station.restart()


def _apply(shell: Shell, change: Change) -> None:
    place = (
        f"/opt/evidence-station/sbin/{change.file.rpartition('/')[2]}"
        if change.file.startswith("packaging/")
        else f"{PROGRAM}/{change.file}"
    )
    text = shell.run(f"cat {place}").stdout  # what is there: an earlier change of the same file stays
    changed, times = re.subn(change.pattern, change.replacement, text)
    if times != change.times and (change.times is not None or not times):
        raise ValueError(f"{change.file}: {times} times {change.pattern!r}; the campaign's builds must follow the product")
    shell.put(changed, place)
