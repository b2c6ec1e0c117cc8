"""Taking a card by the command line: every regular file exactly once, whatever it is called, and nothing half taken."""

from __future__ import annotations

import json
import os
import random
import socket
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.listing import SkipRule
from station.client import InProcess
from station.commands import Ingest
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.pieces import need_program, need_root
from tests.station.stations import Station, run
from tests.station.takings import check_taken, path_of, regular_files

# Names


HOSTILE = [
    b"new\nline.mp4",
    b"\x01\x1b[31m\x7f.mp4",
    b"tab\tand\rreturn",
    b"..mp4",
    b"...",
    b" ",
    b"-rf",
    b"--json",
    b"%s%n",
    b"{0}{path!r}",
    b"'; DROP TABLE clip; --",
    b"\xff\xfe\xfd.mp4",
    b"caf\xe9.mp4",
    b"caf\xc3\xa9.mp4",
    b"cafe\xcc\x81.mp4",
    b"\xed\xa0\x80",
    b"A.MP4",
    b"a.mp4",
    b"n" * 255,
    b"\xe5\xad\x97" * 85,
    b"\xf0\x9f\x93\xb9.mp4",
    b"back\\slash",
    b"trailing.",
    b"CON",
    b'*?<>|:"',
]


def test_every_name_that_a_file_system_allows_is_taken_exactly(station: Station, tmp_path: Path) -> None:
    card = os.fsencode(tmp_path) + b"/card \xff\n"
    for folder in (b"", b"/deep\n/\xff"):
        os.makedirs(card + folder)
        for number, name in enumerate(HOSTILE):
            with open(card + folder + b"/" + name, "wb") as file:
                file.write(b"%d" % number * number)
    answer = station.json("ingest", card)
    check_taken(station.folder, card, answer)
    assert len(answer["clips"]) == 2 * len(HOSTILE)
    listed = {path_of(one) for one in station.json("clips")["clips"]}
    assert listed == set(regular_files(card))
    assert station.json("verify")["problems"] == []


def test_what_is_no_regular_file_is_skipped_by_a_written_rule(station: Station, tmp_path: Path) -> None:
    card = tmp_path / "card"
    (card / "DCIM").mkdir(parents=True)
    (card / "DCIM" / "a.mp4").write_bytes(b"x")
    (card / "loop").symlink_to("..")
    (card / "self").symlink_to("self")
    (card / "outside").symlink_to("/etc/passwd")
    (card / "DCIM" / "up").symlink_to("../DCIM")
    os.mkfifo(card / "fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(card / "socket"))
        answer = station.json("ingest", card)
    check_taken(station.folder, os.fsencode(card), answer)
    assert [one["path"] for one in answer["clips"]] == ["DCIM/a.mp4"]
    assert {one["path"]: one["reason"] for one in answer["skipped"]} == {
        "loop": "symlink",
        "self": "symlink",
        "outside": "symlink",
        "DCIM/up": "symlink",
        "fifo": "fifo",
        "socket": "socket",
    }
    assert {one["reason"] for one in answer["skipped"]} <= set(SkipRule)


def test_a_device_node_is_never_opened(station: Station, tmp_path: Path) -> None:
    need_root("make a device node")
    card = tmp_path / "card"
    card.mkdir()
    os.mknod(card / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    os.mknod(card / "disk", stat.S_IFBLK | 0o666, os.makedev(7, 250))
    answer = station.json("ingest", card)
    assert answer["clips"] == []
    assert {one["path"]: one["reason"] for one in answer["skipped"]} == {"zero": "device", "disk": "device"}


def test_a_file_that_may_not_be_read_is_named(station: Station, card: Path) -> None:
    (card / "secret.mp4").write_bytes(b"x")
    (card / "secret.mp4").chmod(0)
    (card / "closed").mkdir(mode=0)
    humble = []  # root may read everything, unless it lays that right down
    if os.geteuid() == 0:
        humble = [need_program("setpriv", "util-linux"), "--bounding-set", "-dac_override,-dac_read_search"]
    told = run("--home", station.folder, "ingest", card, "--json", before=humble)
    assert told.status == 4, told
    answer = told.document
    assert {one["path"]: one["error"] for one in answer["unreadable"]} == {"secret.mp4": "EACCES", "closed": "EACCES"}
    assert len(answer["clips"]) == 3
    assert station.json("verify")["problems"] == []


def test_an_empty_card_is_a_docking_without_clips(station: Station, tmp_path: Path) -> None:
    (tmp_path / "card" / "DCIM").mkdir(parents=True)
    answer = station.json("ingest", tmp_path / "card")
    assert (answer["clips"], answer["skipped"], answer["unreadable"], answer["bytes"]) == ([], [], [], 0)
    assert station.json("dockings")["dockings"][0]["state"] == "sealed"
    assert station.json("verify")["ok"] is True


# Any card at all


names = (
    st.binary(min_size=1, max_size=12)
    .map(lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_"))
    .filter(lambda name: name not in {b".", b".."})
)
trees = st.recursive(
    st.binary(max_size=40) | st.sampled_from(["link", "fifo"]),
    lambda inner: st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)


def plant(place: bytes, tree: Any) -> None:  # noqa: ANN401  # a tree of itself
    """Make a random tree on the disk."""
    if isinstance(tree, dict):
        os.mkdir(place)
        for name, inner in tree.items():
            plant(place + b"/" + name, inner)
    elif isinstance(tree, bytes):
        with open(place, "wb") as file:
            file.write(tree)
    elif tree == "link":
        os.symlink(random.Random(len(place)).choice([b".", b"..", b"nowhere", b"/etc"]), place)
    else:
        os.mkfifo(place)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Rooms:
    """One station for all random cards."""
    home = Home(tmp_path_factory.mktemp("random") / "home")
    init(home, "s1", "u")
    return Rooms.open(home)


@given(st.dictionaries(names, trees, max_size=6))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_regular_file_of_any_card_is_told_exactly_once(
    rooms: Rooms, tmp_path_factory: pytest.TempPathFactory, tree: dict[bytes, Any]
) -> None:
    card = os.fsencode(tmp_path_factory.mktemp("tree") / "card")
    plant(card, tree)
    answer = InProcess(Engine(rooms), rooms.operator).call(Ingest((card,)))
    assert answer.status == 0
    check_taken(rooms.home.root, card, dict(answer.document))
    json.dumps(answer.document).encode()


# Options


def test_what_the_person_says_stands_in_the_log_and_the_answer(station: Station, card: Path) -> None:
    answer = station.json("ingest", card, "--officer", "badge 4567", "--source", "dv", "--device", "dv:900")
    assert (answer["officer"], answer["device"], answer["source"]) == ("badge 4567", "dv:900", "dv")
    docked = next(one for one in station.log() if one["type"] == "docked")
    assert (docked["what"]["source"], docked["what"]["device"]) == ("dv", "dv:900")
    assert set(docked["what"]["officer"]) == {"commitment"}
    assert docked["personal"]["officer"] == "badge 4567"
    assert {one["officer"] for one in station.json("clips")["clips"]} == {"badge 4567"}


def test_nothing_that_names_a_person_leaves_the_station_in_clear(station: Station, card: Path) -> None:
    station.json("ingest", card, "--officer", "badge 4567")
    clip = station.json("clips")["clips"][0]["id"]
    station.json("tag", clip, "--case", "CASE-99", "--note", "witness at the mill")
    station.json("upload", "--until-idle")
    sent = [path for path in (station.folder / "store").rglob("*") if path.is_file()]
    assert len(sent) > 5
    for path in sent:
        for secret in (b"badge 4567", b"CASE-99", b"witness at the mill"):
            assert secret not in path.read_bytes()
            assert secret not in os.fsencode(path)
    for entry in station.log():
        entry.pop("personal")
        for name in ("badge 4567", "CASE-99", "witness at the mill", '"operator"'):
            assert name not in json.dumps(entry)


def test_the_same_card_again_is_noted_and_not_copied_twice(station: Station, card: Path) -> None:
    first = station.json("ingest", card)
    blobs = {path: path.stat().st_mtime_ns for path in (station.folder / "vault" / "blobs").rglob("*") if path.is_file()}
    second = station.json("ingest", card)
    assert second["docking"] != first["docking"]
    by_path = {one["path"]: one for one in first["clips"]}
    for one in second["clips"]:
        assert one["duplicate_of"] == one["id"] == by_path[one["path"]]["id"]
    assert all(one["duplicate_of"] is None for one in first["clips"])
    assert {path: path.stat().st_mtime_ns for path in (station.folder / "vault" / "blobs").rglob("*") if path.is_file()} == blobs
    assert len(station.json("clips")["clips"]) == 3
    shown = station.json("show", first["clips"][0]["id"])
    assert [one["docking"] for one in shown["sightings"]] == [first["docking"], second["docking"]]
    assert shown["docking"] == first["docking"]
    assert station.json("verify")["problems"] == []


def test_twins_are_two_clips_with_one_blob(station: Station, card: Path) -> None:
    clips = {one["path"]: one for one in station.json("ingest", card)["clips"]}
    a, b = clips["DCIM/a.mp4"], clips["DCIM/b.mp4"]
    assert a["id"] != b["id"]
    assert (a["sha256"], a["duplicate_of"]) == (b["sha256"], None)
    assert len([path for path in (station.folder / "vault" / "blobs").rglob("*") if path.is_file()]) == 1


def test_the_listing_is_in_the_log_before_the_first_copy(station: Station, card: Path) -> None:
    station.json("ingest", card)
    kinds = [one["type"] for one in station.log()[5:]]
    assert kinds[:2] == ["docked", "inventory"]
    assert kinds[-1] == "sealed"
    assert Counter(kinds) == {"docked": 1, "inventory": 1, "copied": 3, "verified": 2, "empty": 1, "sealed": 1}
