"""What travels between the service and its clients comes out as it went in."""

from __future__ import annotations

import json

import pytest

from evidence.errors import Exit, Fault
from evidence.facts import SourceKind
from ingest.errors import CardMissing
from station import wire
from station.commands import (
    Answer,
    Command,
    ImportCertificates,
    Ingest,
    Package,
    PrintShift,
    Progress,
    SettingsCommand,
    Tag,
    Verify,
)
from station.messages import FAULTS
from tests.contract.test_client import EVERY

FULL: tuple[Command, ...] = (
    Ingest((b"/media/\xff\n card", b"/b"), "badge 7", SourceKind.INTERVIEW_ROOM, "dsj:1"),
    Package(b"/out", None, ("a", "b"), "p", disclosure=True, playable=True, split=1 << 32, at=9),
    Verify((("name\udcff", b"\x00\xff"),), ("a",), (("x", b""),), ("k",)),
    ImportCertificates((("a", b"pem"),), ("chain", b"pem")),
    SettingsCommand("set", "unit", ""),
    Tag(("x",), case_number="案件 7", note=""),
)


@pytest.mark.parametrize("command", [*EVERY, *FULL], ids=lambda command: type(command).__name__)
def test_a_command_comes_out_as_it_went_in(command: Command) -> None:
    if isinstance(command, Verify) and command.checkpoints:
        command = Verify(((command.checkpoints[0][0].replace("\udcff", "é"), b"\x00\xff"),), ("a",), (("x", b""),), ("k",))
    assert wire.decode_command(wire.encode_command(command)) == (command, None)
    place = wire.Place(taken=True, closed=False, present={"ca.pem": b"\x00pem"})
    assert wire.decode_command(wire.encode_command(command, place)) == (command, place)


def test_every_kind_has_a_name_of_its_own() -> None:
    assert set(wire.kinds()) >= {"ingest", "list-clips", "settings", "print-shift", "show-checkpoint"}
    assert wire.name_of(PrintShift) == "print-shift"
    assert len(wire.kinds()) == len({*wire.kinds().values()})


def test_names_that_are_no_text_travel_exactly() -> None:
    document = {"path": "a\udcff\n.mp4", "names": ["\udc80"], "fine": "文"}
    assert wire.decode(wire.encode(document)) == document
    assert b"\n" not in wire.encode(document)
    line = wire.answer_line(Answer({"path": "\udcff"}, Exit.PARTIAL), None)
    assert wire.decode(line)["answer"] == {"document": {"path": "\udcff"}, "status": 4, "outgoing": None}


def test_progress_is_a_line() -> None:
    assert json.loads(wire.progress_line(Progress("copy", "x", 1, 2))) == {
        "progress": {"what": "copy", "subject": "x", "done": 1, "total": 2}
    }


def test_a_fault_comes_out_with_its_class_where_that_is_known() -> None:
    found = wire.fault_of(wire.problem(CardMissing(path="/x\udcff", error="ENOENT"), "told"))
    assert type(found) is CardMissing
    assert found.fields == {"path": "/x\udcff", "error": "ENOENT"}


def test_a_fault_of_a_class_that_is_not_here_keeps_code_status_and_fields() -> None:
    found = wire.fault_of({"code": "of-tomorrow", "exit": 3, "fields": {"a": 1, "b": None, "c": ["no field"]}})
    assert isinstance(found, Fault)
    assert (found.code, found.status, found.fields) == ("of-tomorrow", Exit.TAMPERED, {"a": 1, "b": None})


def test_http_has_an_error_status_for_every_fault() -> None:
    waiting: list[type[Fault]] = [Fault]
    for kind in waiting:
        waiting.extend(kind.__subclasses__())
        assert wire.http_status(kind()) >= 400
    assert set(wire.OWN_STATUSES) <= set(FAULTS)
