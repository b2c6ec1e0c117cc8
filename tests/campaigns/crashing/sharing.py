"""Work shared among a few threads, each with a runner of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.campaigns.crashing.running import Runner

THREADS = 2
PROGRESS_SECONDS = 20.0

T = TypeVar("T")
R = TypeVar("R")


def share(
    things: Sequence[T], tree: Path, work: Callable[[Runner, T], R], progress: Callable[[int], None] = lambda _done: None
) -> list[R]:
    """What ``work`` makes of each thing, in their order; ``progress`` is told now and then how many are done.

    Raises ``RuntimeError`` when one of them could not be worked on.
    """
    waiting: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
    for numbered in enumerate(things):
        waiting.put(numbered)
    found: dict[int, R] = {}
    broke: list[BaseException] = []

    def serve() -> None:
        try:
            with Runner(tree) as runner:
                while not broke:
                    try:
                        number, thing = waiting.get_nowait()
                    except queue.Empty:
                        return
                    found[number] = work(runner, thing)
        except BaseException as error:
            broke.append(error)
            raise

    threads = [threading.Thread(target=serve) for _ in range(min(THREADS, len(things)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(PROGRESS_SECONDS)
            progress(len(found))
    if broke:
        raise RuntimeError("the campaign itself broke off") from broke[0]
    return [found[number] for number in sorted(found)]
