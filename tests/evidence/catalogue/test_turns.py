"""Writers of one process come to the database one at a time, in their order."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from evidence.catalogue.connect import connect, reading, sqlite_url, writing
from evidence.catalogue.turns import Turns, WaitedTooLong

SECONDS = 30.0


class Queue:
    """Threads that stand in a queue in a known order."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[int] = []
        self.threads: list[threading.Thread] = []

    def join(self, number: int) -> None:
        """One more comes, and this returns when it waits."""
        thread = threading.Thread(target=self._write, args=(number,))
        self.threads.append(thread)
        thread.start()
        while self.turns.waiting < len(self.threads):
            thread.join(0.001)

    def _write(self, number: int) -> None:
        with self.turns.mine(SECONDS):
            self.order.append(number)


def test_whoever_came_first_writes_first() -> None:
    queue = Queue(Turns())
    with queue.turns.mine(SECONDS):
        for number in range(20):
            queue.join(number)
    for thread in queue.threads:
        thread.join(SECONDS)
    assert queue.order == list(range(20))


def test_whoever_writes_again_goes_to_the_end_of_the_queue() -> None:
    queue = Queue(Turns())
    with queue.turns.mine(SECONDS):
        queue.join(1)
    with queue.turns.mine(SECONDS):
        assert queue.order == [1]


def test_a_turn_that_does_not_come_in_time_is_told_and_leaves_the_queue() -> None:
    turns = Turns()
    told: list[type[BaseException]] = []

    def late() -> None:
        try:
            with turns.mine(0.01):
                pass
        except WaitedTooLong as error:
            told.append(type(error))

    with turns.mine(SECONDS):
        thread = threading.Thread(target=late)
        thread.start()
        thread.join(SECONDS)
    assert told == [WaitedTooLong]
    with turns.mine(SECONDS):
        assert turns.waiting == 0


def test_a_failed_block_gives_the_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.mine(SECONDS):
        raise ZeroDivisionError
    with turns.mine(0.0):
        assert turns.waiting == 0


def test_a_write_inside_a_write_is_a_mistake_that_is_told_at_once(tmp_path: Path) -> None:
    engine = connect(sqlite_url(tmp_path / "c.sqlite3"))
    with (
        writing(engine),
        pytest.raises(RuntimeError, match="inside a write transaction"),
        writing(engine),
    ):
        pass
    engine.dispose()


def test_forty_writers_and_readers_at_once_lose_nothing_and_none_is_turned_away(tmp_path: Path) -> None:
    engine = connect(sqlite_url(tmp_path / "c.sqlite3"))
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counted (n INTEGER)"))
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                with writing(engine) as connection:
                    connection.execute(text("INSERT INTO counted VALUES (:n)"), {"n": number})
                with reading(engine) as connection:
                    connection.execute(text("SELECT count(*) FROM counted")).scalar()
        except BaseException as error:  # noqa: BLE001  # told to the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM counted")).scalar() == 200
    assert faults == []
    engine.dispose()
