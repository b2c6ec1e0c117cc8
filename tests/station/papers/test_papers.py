"""Slip and shift head: what stands on them, what their QR code is good for, and the entry that each leaves."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from station.papers import font
from tests.station.papers.reading import need_font, pages, qr_codes, words
from tests.station.stations import Document, Station


@pytest.fixture(autouse=True)
def _font() -> None:
    need_font()


@pytest.fixture
def docking(stocked: Station) -> Document:
    found: Document = stocked.json("dockings")["dockings"][0]
    return found


def test_a_slip_shows_what_the_catalogue_has_in_both_languages(stocked: Station, docking: Document, tmp_path: Path) -> None:
    made = stocked.json("slip", docking["id"], "--out", tmp_path / "slip.pdf")
    assert made["files"] == {"verified": 2, "empty": 1}
    listing = next(entry for entry in stocked.log() if entry["type"] == "inventory")["what"]["listing_sha256"]
    read = words((tmp_path / "slip.pdf").read_bytes())
    for fact in ("Docking slip", "接入凭单", "s1, unit-1", docking["id"], "badge 7", docking["opened_at"], docking["sealed_at"]):
        assert fact in read, fact
    together = read.replace(" ", "")
    for digest in (listing, docking["manifest_sha256"], made["root"]):
        assert _wrapped(digest, together), digest
    assert "3:verified已核对2,empty空文件1" in together
    assert f"evidence-station/s1/1, {made['size']}" in read


def _wrapped(digest: str, read: str) -> bool:
    """Whether a digest stands there, its last characters perhaps in the next line, after what else stands in this one."""
    return any(digest[:cut] in read and digest[cut:] in read for cut in range(50, 65))


def test_printing_a_slip_is_an_entry_and_the_slip_shows_the_head_over_it(
    stocked: Station, docking: Document, tmp_path: Path
) -> None:
    made = stocked.json("slip", docking["id"], "--out", tmp_path / "slip.pdf")
    entry = stocked.log()[-1]
    assert (entry["type"], entry["subject"], entry["what"]["paper"]) == ("exported", f"docking:{docking['id']}", "slip")
    assert made["size"] == entry["seq"] + 1
    assert stocked.json("verify")["ok"]


def test_the_code_on_a_slip_is_text_that_says_the_same_and_holds_a_checkpoint_for_verify(
    stocked: Station, docking: Document, tmp_path: Path
) -> None:
    made = stocked.json("slip", docking["id"], "--out", tmp_path / "slip.pdf")
    facts, blank, note = made["qr"].partition("\n\n")
    kind, *lines = facts.split("\n")
    assert kind == "evidence-station/slip/v1"
    assert blank
    assert dict(line.split("=", 1) for line in lines) == {
        "station": "s1",
        "docking": docking["id"],
        "device": docking["device"],
        "clips": "3",
        "bytes": str(made["bytes"]),
        "listing": next(one for one in stocked.log() if one["type"] == "inventory")["what"]["listing_sha256"],
        "manifest": docking["manifest_sha256"],
    }
    kept = tmp_path / "from-the-slip"
    kept.write_text(note)
    verdict = stocked.json("verify", "--checkpoint", kept)
    assert verdict["ok"]
    assert verdict["witnessed_until"] is not None


def test_the_code_on_a_slip_can_be_scanned(stocked: Station, docking: Document, tmp_path: Path) -> None:
    made = stocked.json("slip", docking["id"], "--out", tmp_path / "slip.pdf")
    assert qr_codes((tmp_path / "slip.pdf").read_bytes(), tmp_path) == [made["qr"]]


def test_a_long_device_and_a_hostile_name_leave_the_slip_whole(stocked: Station, docking: Document, tmp_path: Path) -> None:
    with stocked.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("UPDATE docking SET device = ?, officer = ?", ("d" * 128, "\u202e王䶮\n😀" * 20))
    stocked.json("slip", docking["id"], "--out", tmp_path / "slip.pdf")
    read = words((tmp_path / "slip.pdf").read_bytes())
    assert read.count("王䶮") == 20
    assert "<U+202E>" in read
    assert "Received by" in read


def test_a_shift_s_head_counts_from_the_print_before_and_shows_anchor_and_cosignatures(stocked: Station, tmp_path: Path) -> None:
    first = stocked.json("shift", "--out", tmp_path / "first.pdf")
    assert first["since"] == 0
    assert first["cosigned"] is None
    stocked.json("tag", stocked.json("clips")["clips"][0]["id"], "--note", "x")
    with stocked.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO cosignature VALUES ('s1', 1, ?, 'city.example/w1', '— city.example/w1 AAAA', 'now')", (first["size"],)
        )
    second = stocked.json("shift", "--out", tmp_path / "second.pdf")
    assert (second["since"], second["cosigned"]) == (first["size"], first["size"])
    read = words((tmp_path / "second.pdf").read_bytes())
    assert second["anchor"] in read
    assert f"Over the head of {first['size']} entries" in read
    assert "— city.example/w1 AAAA" in read
    assert "交班日志头" in read
    assert "No witness has cosigned this log yet." in words((tmp_path / "first.pdf").read_bytes())
    entry = stocked.log()[-1]
    assert (entry["type"], entry["subject"], entry["what"]["paper"]) == ("exported", "station", "shift")
    assert second["size"] == entry["seq"] + 1
    assert stocked.json("verify")["ok"]
    kept = tmp_path / "kept"
    kept.write_text(second["qr"].partition("\n\n")[2])
    assert stocked.json("verify", "--checkpoint", kept)["witnessed_until"] is not None


def test_the_papers_of_one_moment_are_the_same_bytes(stocked: Station, docking: Document, tmp_path: Path) -> None:
    from evidence.ids import DockingId
    from station.papers import slip

    with stocked.rooms().queries() as queries:
        row, head = queries.docking(DockingId(docking["id"])), queries.head()
    assert row is not None
    facts = slip.Slip("s1", "unit-1", row, {"verified": 2}, 14, head, "2026-01-15T08:00:00.000000Z")
    assert slip.printed(facts, "en") == slip.printed(facts, "en")
    assert slip.printed(facts, "en") != slip.printed(facts, "zh")
    assert b"D:20260115080000" in slip.printed(facts, "en")
    assert datetime.fromisoformat(facts.printed_at).tzinfo is not None


def test_each_paper_is_one_page(stocked: Station, docking: Document, tmp_path: Path) -> None:
    stocked.json("slip", docking["id"], "--out", tmp_path / "slip.pdf")
    stocked.json("shift", "--out", tmp_path / "shift.pdf")
    for name in ("slip", "shift"):
        (tmp_path / name).mkdir()
        assert len(pages((tmp_path / f"{name}.pdf").read_bytes(), tmp_path / name)) == 1


def test_nothing_is_logged_for_a_paper_that_cannot_be_printed(
    stocked: Station, docking: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there.pdf"
    there.write_bytes(b"mine")
    before = len(stocked.log())
    for command in (("slip", docking["id"]), ("shift",)):
        assert stocked.json(*command, "--out", there, status=5)["code"] == "target-exists"
    assert stocked.json("slip", "00000000-0000-7000-8000-000000000000", "--out", tmp_path / "x.pdf", status=2)["code"] == (
        "no-such-docking"
    )
    monkeypatch.setattr(font, "FILES", (tmp_path / "no-font.ttc",))
    error = stocked.json("slip", docking["id"], "--out", tmp_path / "x.pdf", status=5)
    assert error["code"] == "font-missing"
    assert re.search(r"Debian package fonts-wqy-zenhei", error["message"])
    assert there.read_bytes() == b"mine"
    assert not (tmp_path / "x.pdf").exists()
    assert len(stocked.log()) == before
