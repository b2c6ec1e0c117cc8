"""Ten thousand clips tagged by one command, and taken back by one: the time it takes and the memory that grows. python -m tests.bench bulk [--clips N]"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from evidence.catalogue.acts import docking as acts
from evidence.custody.entry import Actor
from evidence.facts import ClipState, SourceKind, Taken
from evidence.ids import DeviceKey, Digest, DockingId
from station.client import InProcess
from station.commands import ListClips, Tag
from station.commands.desk import Untag
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.bench.machine import description, headline

CLERK = Actor("Clerk Eleven", "clerk")
CAMERA = DeviceKey("dsj:T000123")
GROUP = 500


def fill(rooms: Rooms, count: int) -> list[str]:
    """Clips without bytes behind them: tagging does not look at bytes."""
    with rooms.ledger.commit() as commit:
        docking = DockingId(commit.new_id())
        acts.docked(commit, docking, CAMERA, SourceKind.BODY_CAMERA, "dsj", {"method": "folder"}, "004567", CLERK)
        acts.inventoried(commit, docking, acts.Listed(b"{}", Digest("0" * 64), count, count, count, 0, 500, ()))
    found: list[str] = []
    for start in range(0, count, GROUP):
        files = [
            Taken(at, b"%d.mp4" % at, 1, Digest(sha256(b"%d" % at).hexdigest()), ClipState.VERIFIED, "direct", 1)
            for at in range(start, min(count, start + GROUP))
        ]
        with rooms.ledger.commit() as commit:
            found += [one.clip for one in acts.files_taken(commit, docking, CAMERA, files)]
    return found


def grown() -> float:
    """MB of memory that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(arguments: list[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="bulk")
    parser.add_argument("--clips", type=int, default=10_000)
    count = parser.parse_args(arguments).clips
    with tempfile.TemporaryDirectory() as folder:
        print(headline(description(), Path(folder)))
        home = Home(Path(folder) / "home")
        init(home, "bench", "unit")
        rooms = Rooms.open(home)
        clips = tuple(fill(rooms, count))
        client = InProcess(Engine(rooms), CLERK)
        client.call(Tag(clips[:10], case_number="A-1"))
        client.call(ListClips(limit=10))
        for name, command in (
            ("dry run", Tag(clips, case_number="A-2", category="traffic", importance="2", note="seen", dry_run=True)),
            ("tagged", Tag(clips, case_number="A-2", category="traffic", importance="2", note="seen")),
            ("tagged again, nothing to change", Tag(clips, case_number="A-2", category="traffic")),
        ):
            before, begun, cpu = grown(), time.perf_counter(), time.process_time()
            answer = client.call(command).document
            taken, used = time.perf_counter() - begun, time.process_time() - cpu
            print(
                f"{name}: {answer['clips']} clips, {answer['changed']} changed, {taken:.1f} s ({used:.1f} s of CPU), "
                f"memory {before:.0f} to {grown():.0f} MB"
            )
        client.call(Tag(clips, note="seen twice"))
        before, begun, cpu = grown(), time.perf_counter(), time.process_time()
        undone = client.call(Untag(str(rooms_head(rooms) - 1), whole=True)).document["undone"]
        taken, used = time.perf_counter() - begun, time.process_time() - cpu
        assert isinstance(undone, list)
        print(
            f"taken back whole: {len(undone)} clips, {taken:.1f} s ({used:.1f} s of CPU), memory {before:.0f} to {grown():.0f} MB"
        )
        rooms.close()
    return 0


def rooms_head(rooms: Rooms) -> int:
    """How many entries the log has."""
    with rooms.queries() as queries:
        return queries.head().size


if __name__ == "__main__":
    raise SystemExit(main())
