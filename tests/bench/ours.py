"""Our side of a benchmark: the real command on a home of its own, and a look at whether the run counts.

A run counts only if every file of the card is in the vault's records with the digest it was made with, the log says of each how
it was re-read from the medium, and as many bytes came from the disks as a re-read of everything takes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.bench.builds import Build
from tests.bench.cards import Card
from tests.bench.children import Ran, run

MEDIA_READ_TWICE = ("direct", "cold-cache")
TOLERATED = 0.99
"""Of the bytes that have to come from the disks: what the kernel read ahead for somebody else is not ours."""


class Refused(Exception):
    """A run that does not count: what it claims to have done did not happen."""


class Home:
    """A station's home that lives as long as a run."""

    def __init__(self, folder: Path, build: Build | None = None) -> None:
        self.path = folder
        self.build = build or Build()

    def __enter__(self) -> Self:
        self.evidence_station("init", "--station", "bench", "--json")
        return self

    def __exit__(self, *raised: object) -> None:
        shutil.rmtree(self.path)
        os.sync()

    def evidence_station(
        self, *words: str | Path, group: Path | None = None, watch_memory: bool = False, statuses: Sequence[int] = (0,)
    ) -> Ran:
        """Run a command of the station. Raises :class:`~tests.bench.children.Failed`."""
        command = [*self.build.command, "--home", self.path, *words]
        return run(command, environment=self.build.environment, group=group, watch_memory=watch_memory, statuses=statuses)

    def ingest(self, cards: Sequence[Card], *, watch_memory: bool = False) -> Ran:
        """Take cards, side by side where they are several."""
        paths = [card.path for card in cards]
        return self.evidence_station("ingest", *paths, "--json", group=cards[0].group, watch_memory=watch_memory)

    def check(self, cards: Sequence[Card], ran: Ran, *, cold: bool) -> None:
        """Raise :class:`Refused` unless this ingest did all it has to. ``cold``: the sources were not in memory either."""
        answer = json.loads(ran.output)
        answers = answer.get("dockings", [answer])
        for card, docking in zip(cards, answers, strict=True):
            found = {clip["path"]: clip["sha256"] for clip in docking["clips"] if clip["state"] == "verified"}
            if found != dict(card.digests):
                raise Refused(f"{len(card.digests)} files went in, and {len(found)} came out verified, or others")
        media = [entry["what"].get("medium") for entry in self._entries() if entry["type"] == "verified"]
        told = sum(medium in MEDIA_READ_TWICE for medium in media)
        if told != sum(len(card.digests) for card in cards):
            raise Refused(f"the log says of {told} files how they were re-read from the medium")
        needed = sum(card.bytes for card in cards) * (2 if cold else 1)
        if ran.read_bytes < needed * TOLERATED:
            raise Refused(f"{ran.read_bytes} bytes came from the disks, and reading the copies back takes {needed}")

    def _entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self.evidence_station("custody", "--json").output)["entries"]
        return entries
