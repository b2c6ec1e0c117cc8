"""What others do with a card: copy it with the tools at hand, and look whether the copy is right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.cards import Card
from tests.bench.children import Failed, run
from tests.bench.machine import Caches
from tests.pieces import SYSTEM_PATH

PEERS = "EVIDENCE_STATION_BENCH_PEERS"
MANY = 100
"""More files than this are not given to dd one by one."""


class Shell:
    """Runs the peers of one benchmark, each into a fresh folder that is gone afterwards."""

    def __init__(self, folder: Path, caches: Caches) -> None:
        self._folder = folder
        self._caches = caches
        self.until_synchronised = 0.0
        """Seconds of the last work that filled a folder, had it gone on until the copy was on the disk."""
        self._environment = {"PATH": os.pathsep.join([os.environ.get(PEERS, ""), SYSTEM_PATH]), "LC_ALL": "C.UTF-8"}

    def has(self, program: str) -> bool:
        """Whether a peer is installed."""
        return shutil.which(program, path=self._environment["PATH"]) is not None

    def chill(self) -> None:
        """Nothing of the footage is in memory; the programs are, as ours are."""
        self._caches.chill()
        self.step(
            "for program in cat cp dd find mkdir openssl rsync sync xargs ascmhl; do $program --version; done >/dev/null 2>&1 || :"
        )

    def step(self, script: str, *words: str | Path, group: Path | None = None) -> float:
        """Seconds that a script took; its words are ``$1``, ``$2``, …"""
        return run(["sh", "-euc", script, "sh", *words], environment=self._environment, group=group).seconds

    def into(self, work: Callable[[Path], float]) -> float:
        """Seconds that some work takes that fills a folder, with nothing in memory when it begins."""
        target = self._folder / "copy"
        target.mkdir()
        try:
            self.chill()
            seconds = work(target)
            self.until_synchronised = seconds + self.step("sync")
            return seconds
        finally:
            shutil.rmtree(target)
            os.sync()

    def read(self, card: Card) -> float:
        """Merely reading the source."""
        self.chill()
        if len(card.digests) > MANY:
            return self.step('find "$1" -type f -print0 | xargs -0 cat >/dev/null', card.path, group=card.group)
        return self.step('for file; do dd if="$file" of=/dev/null bs=1M status=none; done', *card.files, group=card.group)

    def plain_copy(self, card: Card) -> float:
        """Source to disk, each file synchronised, and no look at it afterwards."""
        return self.into(lambda target: self._written(card, target))

    def floor(self, card: Card) -> float:
        """The least that reading, writing and a cold re-read take, one after the other."""

        def work(target: Path) -> float:
            written = self._written(card, target)
            self.chill()
            return written + self.step('find "$1" -type f -print0 | xargs -0 cat >/dev/null', target)

        return self.into(work)

    def copy_and_digests(self, card: Card) -> float:
        """(a) cp, sync, then openssl over the source and, from the disk, over the copy."""

        def work(target: Path) -> float:
            copied = self.step('cp -a "$1/." "$2" && sync', card.path, target)
            source = self._digests(card.path, target.with_name("source.txt"))
            self.chill()
            copy = self._digests(target, target.with_name("copy.txt"))
            lists = [target.with_name(name) for name in ("source.txt", "copy.txt")]
            if len({_sorted(one) for one in lists}) != 1:
                raise Failed("(a) found its copy to differ")
            for one in lists:
                one.unlink()
            return copied + source + copy

        return self.into(work)

    def rsync_twice(self, card: Card) -> float:
        """(b) rsync, then rsync with checksums of both sides; nothing is synchronised, and the copy comes from memory."""
        return self.into(lambda target: self.step('rsync -a "$1/" "$2"; rsync -acn "$1/" "$2"', card.path, target))

    def media_hash_list(self, card: Card) -> float:
        """(c) cp, then a media hash list of the copy, which comes from memory."""
        return self.into(lambda target: self.step('cp -a "$1/." "$2" && ascmhl create "$2" >/dev/null', card.path, target))

    def _written(self, card: Card, target: Path) -> float:
        if len(card.digests) > MANY:
            return self.step('cp -a "$1/." "$2" && sync', card.path, target)
        names: Sequence[str] = list(card.digests)
        script = 'cd "$1"; to=$2; shift 2; for file; do mkdir -p "$to/${file%/*}"; '
        script += 'dd if="$file" of="$to/$file" bs=1M conv=fsync status=none; done'
        return self.step(script, card.path, target, *names)

    def _digests(self, folder: Path, file: Path) -> float:
        return self.step('cd "$1"; find . -type f -print0 | xargs -0 openssl dgst -sha256 >"$2"', folder, file)


def _sorted(file: Path) -> str:
    return "\n".join(sorted(file.read_text(encoding="utf-8").splitlines()))
