"""Files on their way to a caller: what is imitated, what is turned back, what is swept."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from evidence.errors import Fault
from station.commands import Answer, Export, ListClips, Package, PrintShift
from station.files import TargetExists, TargetUnusable
from station.home import Home
from station.receiving import place_of, receive
from station.service.outgoing import FETCH_SECONDS, SECONDS, Outgoing
from station.wire import Place


@pytest.fixture
def outgoing(tmp_path: Path) -> Outgoing:
    (tmp_path / "home" / "run" / "outgoing" / "left").mkdir(parents=True)
    made = Outgoing(Home(tmp_path / "home"))
    assert list((tmp_path / "home" / "run" / "outgoing").iterdir()) == [], "what an earlier service left is gone"
    return made


def test_a_command_that_writes_nothing_takes_no_detour(outgoing: Outgoing) -> None:
    assert outgoing.detour(ListClips(), None) is None
    assert place_of(ListClips()) is None


def test_what_lies_at_the_target_is_imitated(outgoing: Outgoing) -> None:
    taken = outgoing.detour(Package(b"/media/court"), Place(taken=True))
    closed = outgoing.detour(PrintShift(b"/media/s.pdf"), Place(closed=True))
    beside = outgoing.detour(Export("x", b"/media/out"), Place(present={"ca.pem": b"pem", "../evil": b"no", "..": b"no"}))
    assert taken is not None
    assert closed is not None
    assert beside is not None
    assert taken.target.exists()
    assert not closed.target.parent.exists()
    assert [one.name for one in beside.target.iterdir()] == ["ca.pem"]
    assert {one.target.name for one in (taken, closed, beside)} == {"court", "s.pdf", "out"}


@pytest.mark.parametrize("asked", [b"/", b"/..", b"/a/.."])
def test_a_target_without_a_name_stays_in_its_folder(outgoing: Outgoing, asked: bytes) -> None:
    detour = outgoing.detour(Package(asked), None)
    assert detour is not None
    assert detour.target.name == "target"


def test_paths_come_out_as_the_caller_gave_them(outgoing: Outgoing) -> None:
    detour = outgoing.detour(Export("x", b"/media/\xff out"), None)
    assert detour is not None
    mine = str(detour.target)
    document = {"files": [f"{mine}/a", mine, f"{mine}b", "/else"], "deep": {"folder": mine}, "size": 3}
    there = "/media/\udcff out"
    assert detour.answer(Answer(document)).document == {  # type: ignore[arg-type]  # a literal is wider than JSON
        "files": [f"{there}/a", there, f"{mine}b", "/else"],
        "deep": {"folder": there},
        "size": 3,
    }
    turned: Fault = detour.fault(TargetExists(path=f"{mine}/a"))
    assert (type(turned), turned.fields) == (TargetExists, {"path": f"{there}/a"})


def test_files_travel_with_their_names_modes_and_bytes(outgoing: Outgoing, tmp_path: Path) -> None:
    command = Package(os.fsencode(tmp_path) + b"/there/court")
    detour = outgoing.detour(command, place_of(command))
    assert detour is not None
    (detour.target / "data" / "empty").mkdir(parents=True)
    (detour.target / "data" / ("n" * 200)).write_bytes(os.urandom(100_001))
    with open(os.fsencode(detour.target) + b"/data/\xff\n", "wb") as file:
        file.write(b"odd")
    (detour.target / "sealed").write_bytes(b"")
    (detour.target / "sealed").chmod(0o444)
    before = {str(one.relative_to(detour.target)): one.read_bytes() for one in detour.target.rglob("*") if one.is_file()}
    receive(command, io.BytesIO(b"".join(outgoing.stream(detour.id))))
    court = tmp_path / "there" / "court"
    assert {str(one.relative_to(court)): one.read_bytes() for one in court.rglob("*") if one.is_file()} == before
    assert (court / "data" / "empty").is_dir()
    assert (court / "sealed").stat().st_mode & 0o777 == 0o444
    assert not outgoing.waits(detour.id), "fetched once"


def test_nothing_is_overwritten_and_nothing_half_is_left(outgoing: Outgoing, tmp_path: Path) -> None:
    command = PrintShift(os.fsencode(tmp_path / "s.pdf"))
    detour = outgoing.detour(command, None)
    assert detour is not None
    detour.target.write_bytes(b"%PDF")
    whole = b"".join(outgoing.stream(detour.id))
    (tmp_path / "s.pdf").write_bytes(b"mine")
    with pytest.raises(TargetExists):
        receive(command, io.BytesIO(whole))
    assert (tmp_path / "s.pdf").read_bytes() == b"mine"
    with pytest.raises(TargetUnusable):
        receive(PrintShift(os.fsencode(tmp_path / "t.pdf")), io.BytesIO(whole[:514]))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "s.pdf"]


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    info = tarfile.TarInfo(name)
    stream = io.BytesIO(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(TargetUnusable):
        receive(Package(os.fsencode(tmp_path / "out")), stream)
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_fetches_goes_and_what_is_being_made_stays(outgoing: Outgoing) -> None:
    old, making = outgoing.detour(Package(b"/a"), None), outgoing.detour(Package(b"/b"), None)
    assert old is not None
    assert making is not None
    outgoing.ready(old.id)
    for one in (old, making):
        os.utime(one.target.parent, (0, 0))
    assert SECONDS > FETCH_SECONDS
    outgoing.detour(Package(b"/c"), None)
    assert (outgoing.waits(old.id), outgoing.waits(making.id)) == (False, True)
    outgoing.wait(60)
    outgoing.drop(making.id)
    assert not outgoing.waits(making.id)
