"""Acts on clips that are evidence already, and what of them stands in the log: nothing personal in clear."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evidence.canonical import canonical, digest
from evidence.catalogue import schema
from evidence.catalogue.acts import delivery, desk, foundation
from evidence.catalogue.acts.desk import Field, NoSuchClip
from evidence.catalogue.ledger import Commit
from evidence.errors import Exit
from evidence.facts import TextUnfit
from evidence.ids import ClipId, DeviceKey, Digest, ReceiptId
from tests.evidence.catalogue.worlds import CLERK, OFFICER, OPERATOR, World, last, opened, taken


def one_clip(world: World) -> ClipId:
    return world.take(world.dock(), taken(0, b"a.mp4", b"footage"))[0].clip


def test_tagged_with_old_and_new_value_and_undone_by_tagging_back(world: World) -> None:
    clip = one_clip(world)
    before = world.row(schema.clip)
    with world.ledger.commit() as commit:
        made = desk.tagged(commit, clip, {"case_number": "A-17", "category": "traffic", "note": "red van"}, CLERK)
    assert [(one.field, one.old, one.new) for one in made] == [
        ("case_number", None, "A-17"),
        ("category", "unclassified", "traffic"),
        ("note", None, "red van"),
    ]
    entry = last(world)
    assert (entry["type"], entry["subject"], entry["actor"]["role"]) == ("tagged", f"clip:{clip}", "clerk")
    case, category, note = entry["what"]["changes"]
    assert category == {"field": "category", "old": "unclassified", "new": "traffic"}
    assert case["old"] is None
    assert opened(world, entry, case["new"]) == "A-17"
    assert opened(world, entry, note["new"]) == "red van"
    row = world.row(schema.clip)
    assert (row["case_number"], row["category"], row["note"]) == ("A-17", "traffic", "red van")
    with world.ledger.commit() as commit:
        desk.tagged(commit, clip, {"case_number": None, "category": "unclassified", "note": None}, CLERK)
    undone = last(world)
    assert opened(world, undone, undone["what"]["changes"][0]["old"]) == "A-17"
    assert undone["what"]["changes"][0]["new"] is None
    assert world.row(schema.clip) == before
    world.check_log()


def test_the_same_value_committed_twice_looks_different(world: World) -> None:
    clips = [one.clip for one in world.take(world.dock(), taken(0, b"a", b"a"), taken(1, b"b", b"b"))]
    for clip in clips:
        with world.ledger.commit() as commit:
            desk.tagged(commit, clip, {"case_number": "A-17"}, CLERK)
    seen = {entry["what"]["changes"][0]["new"]["commitment"] for entry in world.entries() if entry["type"] == "tagged"}
    assert len(seen) == 2


def test_a_field_that_has_the_value_already_is_no_change(world: World) -> None:
    clip = one_clip(world)
    before = world.everything()
    with world.ledger.commit() as commit:
        assert desk.tagged(commit, clip, {"category": "unclassified", "note": None}, CLERK) == []
    assert world.everything() == before


def test_viewed_and_exported(world: World) -> None:
    clip = one_clip(world)
    rows = world.row(schema.clip)
    with world.ledger.commit() as commit:
        desk.viewed(commit, clip, CLERK)
        desk.exported(commit, clip, CLERK, "court hearing 5")
    viewed, exported = world.entries(f"clip:{clip}")[-2:]
    assert (viewed["type"], viewed["what"]["purpose"]) == ("viewed", None)
    assert exported["type"] == "exported"
    assert opened(world, exported, exported["what"]["purpose"]) == "court hearing 5"
    assert world.row(schema.clip) == rows


def test_a_clip_that_is_not_there_is_a_fault_and_leaves_nothing(world: World) -> None:
    clip = one_clip(world)
    before = world.everything()
    nobody = ClipId("0197f000-0000-7000-8000-000000000000")
    acts_on_nobody: list[Callable[[Commit], object]] = [
        lambda commit: desk.tagged(commit, nobody, {"note": "x"}, CLERK),
        lambda commit: desk.viewed(commit, nobody, CLERK),
        lambda commit: desk.exported(commit, nobody, CLERK),
    ]
    for act in acts_on_nobody:

        def half_right(act: Callable[[Commit], object] = act) -> None:
            with world.ledger.commit() as commit:
                desk.tagged(commit, clip, {"note": "first"}, CLERK)
                act(commit)

        with pytest.raises(NoSuchClip):
            half_right()
    assert world.everything() == before


@pytest.mark.parametrize(
    ("field", "text"),
    [("category", "c" * 65), ("category", "a\0b"), ("note", "a\0b"), ("note", "\udcff"), ("case_number", "\ud800")],
    ids=["long", "nul", "nul-in-note", "no-utf8", "surrogate"],
)
def test_a_text_that_cannot_be_kept_is_a_fault_on_every_database(world: World, field: Field, text: str) -> None:
    clip = one_clip(world)
    before = world.everything()
    with pytest.raises(TextUnfit) as caught, world.ledger.commit() as commit:
        desk.tagged(commit, clip, {field: text}, CLERK)
    assert (caught.value.fields["name"], caught.value.status) == (field, Exit.USAGE)
    assert world.everything() == before


@pytest.mark.parametrize("field", ["category", "case_number", "note"])
def test_any_other_text_is_kept_as_it_is(world: World, field: Field) -> None:
    clip = one_clip(world)
    text = "字'\"\\;\n\t\x1b\U0001f4f9 %s"
    with world.ledger.commit() as commit:
        desk.tagged(commit, clip, {field: text}, CLERK)
    assert world.row(schema.clip)[field] == text
    world.check_log()


@pytest.mark.parametrize(("device", "officer"), [("d" * 129, None), ("d\0", None), ("d", "\udcff")])
def test_a_docking_of_a_name_that_cannot_be_kept_is_a_fault(world: World, device: str, officer: str | None) -> None:
    before = world.everything()
    with pytest.raises(TextUnfit):
        world.dock(DeviceKey(device), officer)
    assert world.everything() == before


def test_sent_and_received(world: World) -> None:
    clip = one_clip(world)
    body = {"kind": "trial", "object_key": "blobs/aa"}
    receipt = ReceiptId("0197f000-0000-7000-8000-000000000001")
    with world.ledger.commit() as commit:
        delivery.received(commit, receipt, f"clip:{clip}", {"store": "folder", "size": 7}, body, proof="full", trial=True)
    sent, received = world.entries(f"clip:{clip}")[-2:]
    assert (sent["type"], sent["what"]) == ("sent", {"store": "folder", "size": 7})
    assert received["what"] == {
        "receipt": receipt,
        "receipt_sha256": digest(canonical(body)),
        "proof": "full",
        "trial": True,
    }
    assert world.row(schema.receipt) == {
        "station": "s1",
        "id": receipt,
        "subject": f"clip:{clip}",
        "body": canonical(body).decode(),
        "at": received["when"]["utc"],
    }


def test_nothing_personal_stands_in_the_log_in_clear(world: World) -> None:
    clip = one_clip(world)
    with world.ledger.commit() as commit:
        desk.tagged(commit, clip, {"case_number": "CASE-4711", "note": "witness lives at 5"}, CLERK)
        desk.exported(commit, clip, CLERK, "for attorney Q")
        changes = [foundation.SettingChange("operator", "Operator Nine", "Operator Ten", private=True)]
        foundation.settings_changed(commit, Digest("11" * 32), None, changes, OPERATOR)
    log = b"".join(bytes(row["body"]) for row in world.rows(schema.custody_entry))
    log += "".join(row["note"] for row in world.rows(schema.checkpoint)).encode()
    beside = {row["value"] for row in world.rows(schema.personal_value)}
    secrets = {OFFICER, "Operator Nine", "Operator Ten", "Clerk Eleven", "CASE-4711", "witness lives at 5", "for attorney Q"}
    assert secrets <= beside
    for secret in secrets:
        assert secret.encode() not in log
    assert b"a.mp4" not in log, "file names carry badge numbers"


def test_a_lawful_erasure_leaves_the_log_whole(world: World) -> None:
    from sqlalchemy import delete

    from evidence.catalogue.connect import writing

    clip = one_clip(world)
    with world.ledger.commit() as commit:
        desk.tagged(commit, clip, {"note": "a name"}, CLERK)
    with writing(world.engine) as connection:
        connection.execute(delete(schema.personal_value))
    world.check_log()
