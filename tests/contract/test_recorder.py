"""What every driver of a recorder promises, run over each of them with the recorder that plays its family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from evidence.errors import Fault
from ingest.errors import RecorderCannot, RecorderFault, RecorderGone, RecorderRefused, RecorderSilent, RecorderUnclear
from ingest.recorders.ambarella import Ambarella
from ingest.recorders.clock import ClockReading, CommittedReading
from ingest.recorders.driver import Capability, Password, Recorder
from ingest.recorders.families import families
from tests.servers.amba import AmbaPipe, AmbaRecorder, Trouble

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 21, 4, 5, 6, 789000, tzinfo=UTC)
COMMITTED = CommittedReading(ClockReading(0, 0, 0), "entry-1")
SECRET = "s3cret77"


@dataclass
class Played:
    """A recorder that is played, and its driver. ``clock``: what it was last set to, its local time to the second."""

    open: Callable[[Password], Recorder]
    serial: str
    clock: Callable[[], str]
    is_disk: Callable[[], bool]
    commands: dict[Capability, tuple[str, ...]]
    trouble: Callable[[str, Trouble], None]
    closed: Callable[[], bool]
    sent: Callable[[], list[bytes]]


def ambarella() -> Played:
    recorder = AmbaRecorder(password=SECRET)
    pipe = AmbaPipe(recorder)
    return Played(
        open=lambda password: Ambarella(pipe, "1-1.4", password),
        serial="DSJ0001",
        clock=lambda: f"{recorder.date}{recorder.time}"[:14],
        is_disk=lambda: recorder.is_disk,
        commands={Capability.IDENTITY: ("Gdv",), Capability.SET_CLOCK: ("Sdt", "Stm"), Capability.DISK_MODE: ("ATH",)},
        trouble=lambda command, trouble: recorder.trouble.update({command: trouble}),
        closed=lambda: pipe.closed,
        sent=lambda: pipe.written,
    )


DRIVERS: dict[str, Callable[[], Played]] = {"ambarella": ambarella}

ASKED: dict[Capability, Callable[[Recorder], object]] = {
    Capability.IDENTITY: lambda one: one.identity(),
    Capability.BATTERY: lambda one: one.battery(),
    Capability.CAPACITY: lambda one: one.capacity(),
    Capability.READ_CLOCK: lambda one: one.read_clock(ZONE),
    Capability.SET_CLOCK: lambda one: one.set_clock(lambda: NOON, ZONE, COMMITTED),
    Capability.DISK_MODE: lambda one: one.disk_mode(),
    Capability.CLEAR: lambda one: one.clear(),
}
FAULTS: dict[Trouble, type[Fault] | None] = {
    Trouble.SHORT: RecorderUnclear,
    Trouble.GARBAGE: RecorderUnclear,
    Trouble.EMPTY: RecorderUnclear,
    Trouble.SILENT: RecorderSilent,
    Trouble.STALL: RecorderUnclear,
    Trouble.UNPLUG: RecorderGone,
    Trouble.FOREIGN: RecorderSilent,
    Trouble.STUCK: RecorderUnclear,
    Trouble.LEFT_OVER: None,
    Trouble.STALL_ONCE: None,
}


@pytest.fixture(params=sorted(DRIVERS))
def played(request: pytest.FixtureRequest) -> Played:
    return DRIVERS[request.param]()


def opened(played: Played) -> Recorder:
    return played.open(Password(SECRET))


def test_every_driver_of_the_table_is_held_to_this_and_claims_what_it_can() -> None:
    assert {one.driver for one in families() if one.driver is not None} == set(DRIVERS)
    for one in families():
        if one.driver is not None:
            recorder = opened(DRIVERS[one.driver]())
            assert (recorder.family, recorder.capabilities) == (one.name, one.can)


def test_it_says_who_it_is(played: Played) -> None:
    assert opened(played).identity().serial == played.serial


@pytest.mark.parametrize("capability", Capability)
def test_what_it_cannot_do_is_said_and_nothing_is_sent(played: Played, capability: Capability) -> None:
    recorder = opened(played)
    sent = len(played.sent())
    if capability in recorder.capabilities:
        ASKED[capability](recorder)
        assert len(played.sent()) > sent
    else:
        with pytest.raises(RecorderCannot) as cannot:
            ASKED[capability](recorder)
        assert cannot.value.fields["capability"] == capability.value
        assert len(played.sent()) == sent


def test_the_clock_is_set_to_the_local_time_of_the_moment(played: Played) -> None:
    recorder = opened(played)
    recorder.set_clock(lambda: NOON, ZONE, COMMITTED)
    assert played.clock() == "20261121120506"


def test_over_midnight_date_and_time_are_of_one_day(played: Played) -> None:
    recorder = opened(played)
    moments = iter(
        [datetime(2026, 11, 21, 15, 59, 59, 990000, tzinfo=UTC) + timedelta(milliseconds=5 * step) for step in range(9)]
    )
    recorder.set_clock(lambda: next(moments), ZONE, COMMITTED)
    assert played.clock() in {"20261121235959", "20261122000000"}


def test_it_becomes_a_disk(played: Played) -> None:
    recorder = opened(played)
    assert not played.is_disk()
    recorder.disk_mode()
    assert played.is_disk()
    recorder.close()
    assert played.closed()


def test_a_recorder_that_leaves_the_bus_at_once_has_become_a_disk(played: Played) -> None:
    recorder = opened(played)
    for command in played.commands[Capability.DISK_MODE]:
        played.trouble(command, Trouble.UNPLUG)
    recorder.disk_mode()
    assert played.is_disk()


@pytest.mark.parametrize("trouble", FAULTS)
@pytest.mark.parametrize("capability", [Capability.IDENTITY, Capability.SET_CLOCK])
def test_what_goes_wrong_is_a_fault_and_never_a_value(played: Played, trouble: Trouble, capability: Capability) -> None:
    recorder = opened(played)
    for command in played.commands[capability]:
        played.trouble(command, trouble)
    expected = FAULTS[trouble]
    if expected is None:
        ASKED[capability](recorder)
        return
    with pytest.raises(expected) as caught:
        ASKED[capability](recorder)
    assert isinstance(caught.value, RecorderFault)


@pytest.mark.parametrize("capability", [Capability.SET_CLOCK, Capability.DISK_MODE])
def test_a_no_is_no_success(played: Played, capability: Capability) -> None:
    recorder = opened(played)
    for command in played.commands[capability]:
        played.trouble(command, Trouble.REFUSED)
    with pytest.raises(RecorderRefused):
        ASKED[capability](recorder)


@pytest.mark.parametrize("wrong", ["00000000", "short", "a;#@ATH;8", "", "密码密码密码密码"])
def test_with_another_password_nothing_opens_and_it_stands_in_no_fault(played: Played, wrong: str) -> None:
    with pytest.raises(RecorderRefused) as refused:
        played.open(Password(wrong))
    assert not wrong or wrong not in _everything(refused.value)
    assert not any(b"ATH" in message for message in played.sent())


@pytest.mark.parametrize("trouble", [one for one, fault in FAULTS.items() if fault is not None])
def test_no_fault_while_opening_holds_the_password(played: Played, trouble: Trouble) -> None:
    for command in ("Ver",):
        played.trouble(command, trouble)
    with pytest.raises(RecorderFault) as caught:
        opened(played)
    assert SECRET not in _everything(caught.value)


def _everything(error: BaseException) -> str:
    """What a log of an error and of its causes would hold."""
    found: list[Any] = []
    at: BaseException | None = error
    while at is not None:
        found += [at, repr(at), at.args]
        at = at.__cause__
    return " ".join(map(str, found))
