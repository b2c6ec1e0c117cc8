"""Disposals that somebody with the keys planted in log and catalogue: ``verify`` or ``disposals check`` names each, by what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.access import Guarded
from evidence.canonical import Json, canonical
from evidence.catalogue.acts.keeping import disposed
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.custody.entry import STATION, Actor, subject_sheet
from evidence.disposal import DISPOSAL, Content, Copy, CopyKind, Named
from evidence.ids import ClipId, Digest, SheetId
from station import approvals, certifying
from station.rooms import Rooms
from tests.independent_verifier import Verification
from tests.station.confirmed import clips_of, confirm
from tests.station.disposing import blob, fill
from tests.station.stations import Station

FIRST, SECOND = Actor("000001", "supervisor"), Actor("000002", "supervisor")
LONG_AGO, NEVER = "2020-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"


@pytest.fixture
def ids(station: Station, tmp_path: Path) -> dict[str, str]:
    """Footage; a store has the patrol."""
    found = fill(station, tmp_path / "card")
    rooms = station.rooms()
    confirm(rooms, [clips_of(rooms)["patrol.mp4"]])
    rooms.close()
    return found


def plant(
    rooms: Rooms,
    clip: str,
    *,
    word: bool = True,
    second: Actor = SECOND,
    receipted: bool = True,
    not_before: str = LONG_AGO,
    about: str | None = None,
    begun: bool = True,
) -> None:
    """What a real disposal leaves in the log, as far as it is asked for."""
    with rooms.queries() as queries:
        row = queries.clip(ClipId(clip))
        assert row is not None
        receipts = queries.receipts(f"clip:{clip}")
    content = Content(
        sha256=about or row.sha256,
        size=row.size,
        clips=(Named(row.id, None),),
        fate="due",
        rule="six-months",
        rule_version=0,
        clause="c",
        until=LONG_AGO,
        receipt=receipts[0].id if receipted else None,
        copies=(Copy(CopyKind.VAULT, "vault"),),
    )
    said: dict[str, Json] = {"state": "asked", "contents": [content.document()], "kept_back": [], "not_before": None}
    said |= {"approval": None, "waived": False}
    kept: dict[str, Json] = {"reason": "r", "waiver": None, "asked_by": FIRST.person, "approved_by": None}
    with rooms.ledger.commit() as commit:
        disposal = written(commit, Sheet(DISPOSAL, said, kept), "asked", FIRST)
        approval = approvals.ask(commit, Guarded.DISPOSE.value, subject_sheet(disposal), FIRST, "r")
    if word:
        with rooms.ledger.commit() as commit:
            approvals.give(commit, approval, second)
        with rooms.ledger.commit() as commit:
            approvals.spend(commit, Guarded.DISPOSE.value, subject_sheet(disposal), STATION)
    steps = [("approved", "pending"), *([("begun", "begun")] if begun else [])]
    for did, state in steps:
        said = {**said, "state": state, "approval": approval, "not_before": not_before}
        with rooms.ledger.commit() as commit:
            written(commit, Sheet(DISPOSAL, said, kept), did, SECOND, of=SheetId(disposal))
    with rooms.ledger.commit() as commit:
        disposed(commit, SheetId(disposal), Digest(row.sha256), row.size, FIRST)


def checked(station: Station) -> list[str]:
    answer = station.json("disposals", "check", status=3)
    return [one["kind"] for one in answer["problems"]]


def verified(station: Station, status: int = 0) -> list[str]:
    found = station.json("verify", status=status)
    theirs = Verification(station.folder, []).kinds([])
    assert theirs == {one["kind"] for one in found["problems"]}
    return [f"{one['kind']} {one['subject']}" for one in found["problems"]]


def test_one_that_lacks_nothing_is_found_right(station: Station, ids: dict[str, str]) -> None:
    plant(station.rooms(), ids["patrol"])
    blob(station, "patrol").unlink()
    assert station.json("disposals", "check") == {"checked": 1, "problems": []}
    assert verified(station) == []


@pytest.mark.parametrize("lacking", [{"begun": False}, {"about": "ab" * 32}], ids=["that never began", "of something else"])
def test_one_that_no_sheet_announced_is_found_by_both_verifiers(
    station: Station, ids: dict[str, str], lacking: dict[str, object]
) -> None:
    plant(station.rooms(), ids["patrol"], **lacking)  # type: ignore[arg-type]  # members of the form
    blob(station, "patrol").unlink()
    assert verified(station, 3) == [f"log-missing clip:{ids['patrol']}"]


def test_one_that_began_on_nobody_s_word_is_found_by_both_verifiers(station: Station, ids: dict[str, str]) -> None:
    plant(station.rooms(), ids["patrol"], word=False)
    blob(station, "patrol").unlink()
    disposal = station.json("disposals")["disposals"][0]["id"]
    assert checked(station) == ["disposal-unapproved"]
    assert verified(station, 3) == [f"log-missing sheet:{disposal}"]


def test_a_word_that_is_spent_twice_is_found_by_both_verifiers(station: Station, ids: dict[str, str]) -> None:
    plant(station.rooms(), ids["patrol"])
    blob(station, "patrol").unlink()
    rooms = station.rooms()
    with rooms.sheets() as sheets:
        (row,) = sheets.sheets(approvals.KIND)
    with rooms.ledger.commit() as commit:
        written(commit, Sheet(approvals.KIND, row.said, row.kept), "spent", STATION, of=row.id)
    assert verified(station, 3) == [f"log-missing sheet:{row.id}"]


def test_a_certificate_is_held_against_the_log(station: Station, ids: dict[str, str]) -> None:
    plant(station.rooms(), ids["patrol"])
    blob(station, "patrol").unlink()
    disposal = station.json("disposals")["disposals"][0]["id"]
    (station.folder / "certificates").mkdir()
    lying = station.folder / "certificates" / f"{disposal}.json"
    lying.write_bytes(b"{}")
    assert checked(station) == ["certificate-unfounded"], "it began, and was not carried out"
    rooms = station.rooms()
    with rooms.sheets() as sheets:
        (row,) = sheets.sheets(DISPOSAL)
    with rooms.ledger.commit() as commit:
        written(commit, Sheet(DISPOSAL, {**row.said, "state": "carried-out"}, row.kept), "carried-out", FIRST, of=row.id)
    assert checked(station) == ["certificate-differs"]
    lying.write_bytes(canonical(certifying.document(rooms, row.id)))
    assert station.json("disposals", "check")["problems"] == []


def test_one_without_any_sheet_is_found_by_both_verifiers(station: Station, ids: dict[str, str]) -> None:
    with station.rooms().ledger.commit() as commit:
        disposed(commit, SheetId("00000000-0000-7000-8000-000000000000"), Digest(blob(station, "patrol").name), 2880, FIRST)
    assert verified(station, 3) == [f"log-missing clip:{ids['patrol']}"]
    assert set(checked(station)) == {"disposal-unapproved", "disposal-unnamed"}


def test_a_clip_that_only_a_row_says_was_disposed_of(station: Station, ids: dict[str, str]) -> None:
    with station.rooms().catalogue.begin() as connection:
        connection.exec_driver_sql("UPDATE clip SET disposed_at = taken_at WHERE id = ?", (ids["patrol"],))
    assert verified(station, 3) == [f"catalogue-differs clip:{ids['patrol']}"]


@pytest.mark.parametrize(
    ("lacking", "kind"),
    [
        ({"not_before": NEVER}, "disposal-early"),
        ({"receipted": False}, "disposal-unreceipted"),
    ],
    ids=["before its time", "without a receipt"],
)
def test_one_that_lacks_something_is_named_by_it(
    station: Station, ids: dict[str, str], lacking: dict[str, object], kind: str
) -> None:
    plant(station.rooms(), ids["patrol"], **lacking)  # type: ignore[arg-type]  # members of the form
    blob(station, "patrol").unlink()
    assert checked(station) == [kind]
    assert verified(station) == []


def test_a_trial_receipt_is_no_receipt(station: Station, ids: dict[str, str]) -> None:
    station.json("upload", "--until-idle")
    plant(station.rooms(), ids["theft"])
    assert checked(station) == ["disposal-unreceipted"]


@pytest.mark.parametrize(
    "held",
    [
        ["tag", "CLIP", "--case", "A-1"],
        ["holds", "place", "clip", "CLIP", "--clause", "c", "--reason", "r"],
        ["holds", "place", "officer", "000123", "--clause", "c", "--reason", "r"],
    ],
    ids=["case", "clip", "officer"],
)
def test_one_of_a_held_clip_is_found(station: Station, ids: dict[str, str], held: list[str]) -> None:
    station.json(*(ids["patrol"] if word == "CLIP" else word for word in held))
    plant(station.rooms(), ids["patrol"])
    assert checked(station) == ["disposal-held"]


def test_a_hold_that_came_later_is_no_reproach(station: Station, ids: dict[str, str]) -> None:
    plant(station.rooms(), ids["patrol"])
    station.json("holds", "place", "officer", "000123", "--clause", "c", "--reason", "r")
    assert station.json("disposals", "check")["problems"] == []
