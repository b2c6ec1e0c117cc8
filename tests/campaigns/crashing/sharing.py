"""Work shared among a few threads, each with a runner of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.campaigns.crashing.running import Runner
from tests.campaigns.stopping import Stop

PROGRESS_SECONDS = 20.0

T = TypeVar("T")
R = TypeVar("R")


def share(
    things: Sequence[T],
    tree: Path,
    work: Callable[[Runner, T], R],
    stop: Stop,
    jobs: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[R]:
    """What ``work`` makes of each thing, ``jobs`` at a time, in their order; ``progress`` is told now and then how many are done.

    Of fewer things when it is stopped: those that were begun are finished. Raises ``RuntimeError`` when one of them could not be worked on.
    """
    waiting: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
    for numbered in enumerate(things):
        waiting.put(numbered)
    found: dict[int, R] = {}
    broke: list[BaseException] = []

    def serve() -> None:
        try:
            with Runner(tree) as runner:
                while not (broke or stop.asked()):
                    try:
                        number, thing = waiting.get_nowait()
                    except queue.Empty:
                        return
                    found[number] = work(runner, thing)
        except BaseException as error:
            broke.append(error)
            if not stop.asked():  # whoever signals a whole group ends what the work rests on, too
                raise

    threads = [threading.Thread(target=serve) for _ in range(min(jobs, len(things)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(PROGRESS_SECONDS)
            progress(len(found))
    if broke and not stop.asked():
        raise RuntimeError("the campaign itself broke off") from broke[0]
    return [found[number] for number in sorted(found)]
