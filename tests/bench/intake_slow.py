"""Ingest from cards as slow as a USB camera: nothing may take longer than reading the card does."""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.cards import Kind, slow_cards
from tests.bench.figures import Case, Series, alternate, at_least, at_most
from tests.bench.intake_fast import FULL, NET, STARTUP, Intake, Setting
from tests.bench.machine import need_space
from tests.bench.peers import Shell

MEGABYTE = 1_000_000
READ = "merely reading the source"


def one_card(setting: Setting, size: int, rate: int) -> Case:
    """One file on one slow card."""
    need_space(setting.folder, 2 * size)
    shell, intake = Shell(setting.folder, setting.caches), Intake(setting)
    with slow_cards(setting.folder, 1, 1, size, Kind.CLIP, rate) as (card,):
        runs = alternate(
            {READ: lambda: shell.read(card), FULL: lambda: intake.seconds(card), STARTUP: intake.startup}, setting.rounds
        )
    net = runs[FULL].less(runs[STARTUP], NET)
    about = f"1 x {size / MEGABYTE:.0f} MB at {rate / MEGABYTE:.0f} MB/s; page cache {setting.caches.state}"
    ratio = net.median / runs[READ].median
    bounds = (
        at_most("ours, start-up taken off / merely reading", ratio, 1.03),
        at_least("the same, since nothing reads a card faster than it is read", ratio, 0.97),
    )
    return Case(f"slow card, {rate / MEGABYTE:.0f} MB/s", about, (*runs.values(), net), bounds, READ)


def four_cards(setting: Setting, size: int, rate: int) -> Case:
    """Four slow cards at once, against one of them alone: each round another."""
    number = 4
    need_space(setting.folder, 2 * number * size)
    intake = Intake(setting)
    with slow_cards(setting.folder, number, 1, size, Kind.CLIP, rate) as cards:
        turn = iter(range(setting.rounds))
        contenders: dict[str, Callable[[], float]] = {
            "one alone": lambda: intake.seconds(cards[next(turn) % number]),
            "four at once": lambda: intake.seconds(*cards),
        }
        runs = alternate(contenders, setting.rounds)
    alone, together = runs["one alone"], runs["four at once"]
    slowest = Series("the slowest alone", (max(alone.values),))
    about = f"4 x {size / MEGABYTE:.0f} MB at {rate / MEGABYTE:.0f} MB/s each; page cache {setting.caches.state}; in full"
    bound = at_most("four at once / the slowest alone", together.median / slowest.median, 1.05)
    return Case(f"four slow cards, {rate / MEGABYTE:.0f} MB/s", about, (alone, slowest, together), (bound,), slowest.name)
