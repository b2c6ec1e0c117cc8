"""Memory of an ingest: the whole tree of processes, for small and large cards."""

from __future__ import annotations

from shutil import rmtree

from tests.bench.cards import Kind, fill
from tests.bench.figures import Bound, Case, Series, at_most, say
from tests.bench.intake_fast import Setting
from tests.bench.machine import need_space
from tests.bench.ours import Home

LIMIT = 200.0
FLAT = 1.15
"""How much more eight times the size, or ten times the count, may take and still be called flat."""


def memory(setting: Setting, sizes: tuple[int, int], counts: tuple[int, int], small: int) -> Case:
    """Peak memory for two sizes of one file, and for two counts of small ones, in megabytes."""
    shapes = {
        **{f"1 x {size / 1e6:.0f} MB": (1, size) for size in sizes},
        **{f"{count:,} x {small / 1e3:.0f} kB": (count, small) for count in counts},
    }
    series = [Series(name, (_peak(setting, name, *shape),), "MB") for name, shape in shapes.items()]
    small_one, big_one, few, many = series
    bounds: list[Bound] = [at_most("most of all, MB", max(one.median for one in series), LIMIT)]
    bounds.append(at_most(f"flat in size: {big_one.name} / {small_one.name}", big_one.median / small_one.median, FLAT))
    bounds.append(at_most(f"flat in count: {many.name} / {few.name}", many.median / few.median, FLAT))
    about = "peak of what is resident in the command, its copy worker and its probes, shared pages counted in each"
    return Case("memory", about, tuple(series), tuple(bounds))


def _peak(setting: Setting, name: str, count: int, size: int) -> float:
    say(f"  memory: {name}")
    need_space(setting.folder, 2 * count * size)
    card = fill(setting.folder / "card", count, size, Kind.DATA if count > 1 else Kind.CLIP)
    try:
        with Home(setting.folder / "home", setting.build) as home:
            setting.caches.chill()
            ran = home.ingest([card], watch_memory=True)
            home.check([card], ran, cold=setting.caches.cold)
    finally:
        rmtree(card.path)
    return ran.peak_rss / 1e6
