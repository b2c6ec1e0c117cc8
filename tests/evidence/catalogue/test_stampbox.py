"""The queue of time stamps, on every engine."""

from __future__ import annotations

from evidence.catalogue import stampbox
from evidence.catalogue.connect import connect, writing
from evidence.catalogue.migrate import upgrade
from evidence.catalogue.stampbox import StampBox
from evidence.ids import StationId

MINE, OTHER = StationId("s1"), StationId("s2")
AT, LATER = "2026-11-21T10:00:00.000000Z", "2026-11-21T11:00:00.000000Z"


def test_a_request_waits_for_each_authority_until_it_is_done_once(database_url: str) -> None:
    engine = connect(database_url)
    upgrade(engine)
    with writing(engine) as connection:
        stampbox.enqueue(connection, MINE, "docking:1", ["city", "national"], AT)
        stampbox.enqueue(connection, OTHER, "docking:1", ["city"], AT)
        stampbox.enqueue(connection, MINE, "evidence-station/s1/1/9", ["city"], AT)
        stampbox.enqueue(connection, MINE, "docking:0", [], AT)
    box = StampBox(engine, MINE)
    waiting = box.waiting()
    assert [(one.covers, one.authority) for one in waiting] == [
        ("docking:1", "city"),
        ("docking:1", "national"),
        ("evidence-station/s1/1/9", "city"),
    ]
    box.failed(waiting[0], '{"code":"authority-unreachable"}', LATER)
    box.failed(waiting[0], '{"code":"authority-failing"}', LATER)
    tried = box.waiting()[0]
    assert (tried.attempts, tried.reason, tried.next_try_at, tried.queued_at) == (2, '{"code":"authority-failing"}', LATER, AT)
    with writing(engine) as connection:
        assert stampbox.done(connection, MINE, "docking:1", "city")
    with writing(engine) as connection:
        assert not stampbox.done(connection, MINE, "docking:1", "city")
    assert [one.authority for one in box.waiting()] == ["national", "city"]
    assert len(StampBox(engine, OTHER).waiting()) == 1
    engine.dispose()
