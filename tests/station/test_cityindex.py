"""The index for a city's platform, held to golden files, and links to clips."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from evidence.catalogue.indexing import IndexRow
from station.cityindex import Place, batch, link, record
from tests.pieces import need_program
from tests.station.stations import Document, Station

GOLDEN = Path(__file__).parent / "golden"
PLACE = Place("desk-1", "310101", ZoneInfo("Asia/Shanghai"), "https://station.example/es")
ROW = IndexRow(
    clip="0197f000-0000-7000-8000-000000000001",
    path=b"DCIM/100MEDIA/DSJ0042_004217_20260115_080000.MP4",
    device="dsj:DSJ0042",
    serial="SN-42",
    officer="004217",
    state="verified",
    size=1234567,
    sha256="ab" * 32,
    taken_at="2026-01-15T10:30:00.000000Z",
    recorded_at="2026-01-15T00:00:00.000000Z",
    duration_ms=61_400,
    importance=None,
    case_number=None,
    received=False,
    evicted=False,
    disposed=False,
    given=None,
)
ROWS = {
    "fresh": ROW,
    "uploaded": replace(ROW, received=True, importance="1", case_number="A310101-2026-7"),
    "in-the-store-alone": replace(ROW, received=True, evicted=True),
    "disposed": replace(ROW, disposed=True, received=True, evicted=True),
    "damaged-sound-of-nobody": replace(
        ROW, path=b"REC/\xff.mp3", state="damaged", officer=None, recorded_at=None, duration_ms=None
    ),
    "log": replace(ROW, path=b"LOG.TXT", state="empty", size=0, serial=None),
}
FIELDS = [
    "wjbh",
    "wjmc",
    "bmbh",
    "gzz_xh",
    "sbbh",
    "sjzt",
    "sczt",
    "ccbs",
    "yhbh",
    "pssj",
    "drsj",
    "mtlx",
    "wjgs",
    "wjdx",
    "zybj",
    "wjsc",
    "wjzt",
    "bflj",
    "xzlj",
]


@pytest.mark.parametrize("name", ROWS)
def test_a_record_is_the_golden_one(name: str) -> None:
    golden = json.loads((GOLDEN / f"index-{name}.json").read_text(encoding="utf-8"))
    assert record(ROWS[name], PLACE) == golden
    assert list(golden)[:-1] == FIELDS


def test_a_batch_is_the_golden_one_to_the_byte() -> None:
    made = batch(
        "0197f000-0000-7000-8000-0000000000ff",
        PLACE,
        {"origin": "evidence-station/desk-1/1", "size": 7},
        [record(ROW, PLACE)],
        [],
    )
    assert made == (GOLDEN / "index-batch.json").read_bytes()


def test_a_link_names_the_station_where_it_has_no_address() -> None:
    assert link(PLACE.public_url, "desk-1", ROW.clip) == f"https://station.example/es/go/clips/{ROW.clip}"
    assert link("", "desk-1", ROW.clip) == f"evidence-station:desk-1/clips/{ROW.clip}"


@pytest.fixture
def stocked(station: Station, tmp_path: Path) -> Station:
    (tmp_path / "card").mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / "card" / name).write_bytes(name.encode())
    station.json("ingest", tmp_path / "card", "--officer", "004217")
    return station


def given(station: Station, folder: Path, *more: str) -> Document:
    told = station.json("index", "batch", folder, *more)
    found: Document = json.loads(Path(told["file"]).read_bytes())
    assert found["batch"] == told["batch"]
    return found


def answered(station: Station, folder: Path, answer: Document, status: int = 0) -> Document:
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    return station.json("index", "answer", folder / "answer.json", status=status)


def test_what_the_platform_took_is_not_given_again_before_it_changes_and_then_as_an_update(
    stocked: Station, tmp_path: Path
) -> None:
    first = given(stocked, tmp_path)
    clips = [one["wjbh"] for one in first["records"]]
    assert [one["op"] for one in first["records"]] == ["add"] * 3
    assert [one["wjbh"] for one in given(stocked, tmp_path)["records"]] == clips, "without an answer the same comes again"
    last = given(stocked, tmp_path)
    told = answered(
        stocked, tmp_path, {"batch": last["batch"], "accepted": clips[:1], "known": clips[1:2], "failed": clips[2:]}, status=4
    )
    assert (told["settled"], told["again"]) == (2, clips[2:])
    assert [one["wjbh"] for one in given(stocked, tmp_path)["records"]] == clips[2:]
    stocked.json("tag", clips[0], "--case", "A-7")
    assert [(one["wjbh"], one["op"]) for one in given(stocked, tmp_path)["records"]] == [(clips[2], "add"), (clips[0], "update")]


def test_a_platform_that_has_everything_gets_nothing_unless_somebody_wants_it(stocked: Station, tmp_path: Path) -> None:
    first = given(stocked, tmp_path)
    answered(stocked, tmp_path, {"batch": first["batch"], "accepted": [one["wjbh"] for one in first["records"]]})
    assert stocked.json("index", "batch", tmp_path, status=5)["code"] == "nothing-to-give"
    assert len(given(stocked, tmp_path, "--everything", "--limit", "2")["records"]) == 2


def test_openssl_finds_the_station_s_seal_on_a_batch_and_the_log_has_its_digest(stocked: Station, tmp_path: Path) -> None:
    openssl = need_program("openssl", "openssl")
    told = stocked.json("index", "batch", tmp_path)
    noted = stocked.log()[-1]
    assert (noted["what"]["did"], noted["what"]["sha256"]) == ("index-given", told["sha256"])
    verify = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", told["signature"], "-content", told["file"]]
    authority = stocked.folder / "keys" / "ca.pem"
    assert authority.exists(), sorted((stocked.folder / "keys").iterdir())
    done = subprocess.run(
        [*verify, "-CAfile", authority, "-purpose", "any", "-out", "/dev/null"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    Path(told["file"]).chmod(0o600)
    Path(told["file"]).write_bytes(Path(told["file"]).read_bytes().replace(b"310101", b"310102").replace(b"unit-1", b"unit-2"))
    assert subprocess.run(
        [*verify, "-CAfile", authority, "-purpose", "any", "-out", "/dev/null"], capture_output=True, check=False
    ).returncode


def test_a_folder_that_is_not_there_is_said_before_a_batch_is_made(stocked: Station, tmp_path: Path) -> None:
    refused = stocked.json("index", "batch", tmp_path / "nowhere", status=5)
    assert (refused["code"], refused["path"]) == ("target-unusable", str(tmp_path / "nowhere"))
    assert not any(one["what"].get("did") == "index-given" for one in stocked.log())


def test_an_answer_to_something_else_changes_nothing(stocked: Station, tmp_path: Path) -> None:
    given(stocked, tmp_path)
    assert answered(stocked, tmp_path, {"batch": "another", "accepted": ["x"]}, status=2)["code"] == "no-such-batch"
    (tmp_path / "answer.json").write_text("[]", encoding="utf-8")
    assert stocked.json("index", "answer", tmp_path / "answer.json", status=2)["code"] == "answer-malformed"


def test_a_link_leads_to_its_clip_and_its_case_in_either_form(stocked: Station) -> None:
    clip = stocked.json("clips")["clips"][0]["id"]
    stocked.json("tag", clip, "--case", "A-7")
    told = stocked.json("link", clip)
    assert (told["clip"], told["case_number"], told["link"]) == (clip, "A-7", f"evidence-station:s1/clips/{clip}")
    stocked.json("settings", "set", "public_url", "https://station.example")
    again = stocked.json("link", told["uri"])
    assert again["link"] == f"https://station.example/go/clips/{clip}"
    assert stocked.json("link", again["link"])["clip"] == clip
    assert stocked.json("link", f"evidence-station:elsewhere/clips/{clip}", status=2)["code"] == "link-malformed"
    assert stocked.json("link", "nonsense", status=2)["code"] == "link-malformed"
