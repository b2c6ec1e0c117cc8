"""What viewing copies cost beside plain ffmpeg by hand, and the memory they need: python -m tests.bench derived [--seconds N]"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.builds import Build
from tests.bench.children import Failed, Ran, run
from tests.bench.figures import Case, Series, alternate, at_most, conclude, show
from tests.bench.machine import description, headline
from tests.bench.ours import Home

SECONDS, ROUNDS = 60, 3
SLOWER = 1.3
"""Of ffmpeg's own processor time: the original is hashed first, time stamps are counted, and the file is finished by a second child."""
GROWS = 1.15
"""Memory with a film of twice the length."""
HAND = ["ffmpeg", "-nostdin", "-y", "-loglevel", "error", "-threads", "1"]
ENCODED = [
    "-vf",
    "scale=-2:480",
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "28",
    "-c:a",
    "aac",
    "-b:a",
    "64k",
    "-threads",
    "1",
]


def film(folder: Path, seconds: int) -> Path:
    """A transport stream at 1280 by 720, 30 frames a second, as a camera writes one."""
    folder.mkdir()
    path = folder / "film.ts"
    sources = ["-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=30:duration={seconds}"]
    sources += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    run([*HAND, *sources, "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "4M", "-g", "60", "-c:a", "aac", path])
    return path


def compare(folder: Path, seconds: int, rounds: int, build: Build) -> Case:
    """Processor time of each kind, made anew in each round; ffmpeg by hand makes what is nearest to it."""
    source = film(folder / "card", seconds)
    box = f"black start:100,100,200,150 {seconds - 1}s:800,400,250,200"
    with Home(folder / "home", build) as home:
        clip = json.loads(home.evidence_station("ingest", source.parent, "--json").output)["clips"][0]["id"]
        added = json.loads(home.evidence_station("redactions", "add", clip, "--box", box, "--no-mark", "--json").output)
        peaks: dict[str, float] = {}

        def ours(name: str, *words: str) -> float:
            ran = home.evidence_station(*words, "--json", watch_memory=True)
            peaks[name] = max(peaks.get(name, 0.0), ran.peak_rss / 1e6)
            for one in json.loads(home.evidence_station("derivatives", "list", "--json").output)["derivatives"]:
                home.evidence_station("derivatives", "remove", one["id"], "--json")
            return ran.cpu_seconds

        def by_hand(*words: str | Path) -> float:
            return hand(source, *words).cpu_seconds

        runs = alternate(
            {
                "proxy": lambda: ours("proxy", "derive", "proxy", clip),
                "proxy, ffmpeg by hand": lambda: by_hand(*ENCODED, "-movflags", "+faststart", folder / "proxy.mp4"),
                "working copy": lambda: ours("working copy", "derive", "working-copy", clip),
                "working copy, ffmpeg by hand": lambda: by_hand("-c", "copy", folder / "copy.mkv"),
                "filmstrip": lambda: ours("filmstrip", "derive", "filmstrip", clip),
                "waveform": lambda: ours("waveform", "derive", "waveform", clip),
                "still": lambda: ours("still", "derive", "still", clip, "--at", f"{seconds // 2}s"),
                "redacted copy": lambda: ours("redacted copy", "redactions", "make", added["redaction"]),
            },
            rounds,
        )
    proxy = runs["proxy"].median / runs["proxy, ffmpeg by hand"].median
    return Case(
        f"derived, {seconds} s of 720p",
        f"processor seconds; {source.stat().st_size / 1e6:.0f} MB, H.264 and AAC in a transport stream",
        (*runs.values(), *(Series(f"{name}, memory", (value,), "MB") for name, value in peaks.items())),
        (at_most("proxy, of ffmpeg's processor time by hand", proxy, SLOWER),),
        "proxy, ffmpeg by hand",
        facts={"peaks_mb": peaks},
    )


def hand(source: Path, *words: str | Path) -> Ran:
    """Plain ffmpeg."""
    return run([*HAND, "-i", source, *words])


def main(arguments: list[str]) -> int:
    """Measure. 0: the bounds were kept; 1: one was missed."""
    parser = argparse.ArgumentParser(prog="tests.bench derived", description=__doc__)
    parser.add_argument("--full", action="store_true", help="a film of ten minutes")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="length of the film; another of half of it is made, too")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", type=Path, help="where the home is made")
    parser.add_argument("--build", type=Path, help="measure the product of another checkout", default=Build().root)
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    asked = parser.parse_args(arguments)
    seconds = 600 if asked.full else asked.seconds
    machine = description()
    try:
        with tempfile.TemporaryDirectory(prefix="derived-bench-", dir=asked.folder) as name:
            print(headline(machine, Path(name)))
            build = Build(asked.build.resolve())
            (Path(name) / "half").mkdir()
            half = compare(Path(name) / "half", seconds // 2, 1, build)
            whole = compare(Path(name), seconds, asked.rounds, build)
    except Failed as trouble:
        print(f"no figures: {trouble}", file=sys.stderr)
        return 1
    grown = [
        at_most(f"{one.name} of twice the length", one.median / half[one.name].median, GROWS)
        for one in whole.series
        if one.unit == "MB"
    ]
    cases = [half, Case("memory", "of the whole tree of a command, as the film grows", (), tuple(grown)), whole]
    for case in cases:
        show(case)
    return conclude(cases, machine, asked.json)
