"""Each act writes the rows that FORMATS.md says it explains, and nothing personal stands in the log in clear."""

from __future__ import annotations

import json

import pytest

from evidence.canonical import canonical, digest
from evidence.catalogue import schema
from evidence.catalogue.acts import docking as acts
from evidence.catalogue.acts import foundation
from evidence.custody.checkpoint import Head
from evidence.facts import EMPTY_DIGEST, ClipState, IllegalMove, Unread
from evidence.ids import DeviceKey, Digest, DockingId, KeyId, RecordingId
from evidence.manifest import ClipFacts, RecordingFacts, SealedManifest
from tests.evidence.catalogue.worlds import CAMERA, OFFICER, OPERATOR, World, last, opened, taken

# The station itself


def test_key_introduced(world: World) -> None:
    with world.ledger.commit() as commit:
        foundation.key_introduced(commit, KeyId("ab" * 32), "seal", b"certificate")
    assert last(world)["subject"] == f"key:{'ab' * 32}"
    assert last(world)["what"] == {"role": "seal", "certificate_sha256": digest(b"certificate")}
    assert world.row(schema.signing_key) == {
        "station": "s1",
        "id": "ab" * 32,
        "role": "seal",
        "certificate": b"certificate",
        "introduced_at": last(world)["when"]["utc"],
        "revoked_at": None,
    }


def test_settings_changed(world: World) -> None:
    first, second = Digest("11" * 32), Digest("22" * 32)
    with world.ledger.commit() as commit:
        foundation.settings_changed(commit, first, None, [], OPERATOR)
    with world.ledger.commit() as commit:
        changes = [
            foundation.SettingChange("language", "en", "zh"),
            foundation.SettingChange("operator", "Operator Nine", "Somebody Else", private=True),
        ]
        foundation.settings_changed(commit, second, first, changes, OPERATOR)
    entry = last(world)
    assert (entry["type"], entry["subject"]) == ("settings-changed", "settings")
    assert (entry["what"]["sha256"], entry["what"]["previous"]) == (second, first)
    plain, private = entry["what"]["changes"]
    assert plain == {"key": "language", "old": "en", "new": "zh"}
    assert private["key"] == "operator"
    assert opened(world, entry, private["old"]) == "Operator Nine"
    assert opened(world, entry, private["new"]) == "Somebody Else"
    assert world.row(schema.settings) == {"station": "s1", "sha256": second, "accepted_at": entry["when"]["utc"]}


def test_recovered_names_the_gap(world: World) -> None:
    before = {row["size"]: row["root"] for row in world.rows(schema.checkpoint)}
    old, far = Head("evidence-station/s1/1", 1, bytes.fromhex(before[1])), Head("evidence-station/s1/1", 9, bytes(32))
    with world.ledger.begin_log("unit-1", 2) as commit:
        gap = foundation.Gap("disk replaced", old, far, [Head("evidence-station/s1/7", 2, bytes(32))])
        foundation.recovered(commit, "unit-1", {"name": "x"}, gap, OPERATOR)
    what = last(world)["what"]
    assert what["previous"] == {"origin": "evidence-station/s1/1", "size": 1, "root": before[1]}
    assert what["witnessed"] == {"origin": "evidence-station/s1/1", "size": 9, "root": "00" * 32}
    assert what["lost"] == [{"origin": "evidence-station/s1/7", "size": 2, "root": "00" * 32}]
    assert (what["reason"], what["epoch"], what["origin"]) == ("disk replaced", 2, "evidence-station/s1/2")


def test_repaired(world: World) -> None:
    before = world.everything()
    with world.ledger.commit() as commit:
        foundation.repaired(commit, Digest("cd" * 32))
    assert (last(world)["subject"], last(world)["what"]) == ("station", {"sha256": "cd" * 32})
    after = world.everything()
    assert {name for name in after if after[name] != before[name]} == {"custody_entry", "checkpoint"}


# A docking


def test_docked_and_listed(world: World) -> None:
    docking = world.dock()
    docked, listed = world.entries(f"docking:{docking}")
    assert docked["type"] == "docked"
    assert {key: value for key, value in docked["what"].items() if key != "officer"} == {
        "device": CAMERA,
        "source": "body-camera",
        "profile": "dsj",
        "acquisition": {"method": "folder", "path": "/media/card"},
    }
    assert opened(world, docked, docked["what"]["officer"]) == OFFICER
    assert opened(world, docked, docked["actor"]["person"]) == "Operator Nine"
    listing = world.row(schema.inventory)["listing"]
    assert listed["what"] == {
        "listing_sha256": digest(listing),
        "files": 3,
        "bytes": 30,
        "taken": 2,
        "skipped": 1,
        "free_bytes": 500,
        "numbering": [{"gap": 1}],
    }
    assert world.row(schema.docking) == {
        "station": "s1",
        "id": docking,
        "device": CAMERA,
        "source": "body-camera",
        "profile": "dsj",
        "officer": OFFICER,
        "acquisition": canonical({"method": "folder", "path": "/media/card"}).decode(),
        "state": "open",
        "opened_at": docked["when"]["utc"],
        "sealed_at": None,
        "listing_sha256": digest(listing),
        "manifest_sha256": None,
        "card_sha256": digest(b"card"),
    }


def test_nobody_need_have_recorded(world: World) -> None:
    docking = world.dock(officer=None)
    assert world.entries(f"docking:{docking}")[0]["what"]["officer"] is None
    assert world.row(schema.docking)["officer"] is None


def test_refused(world: World) -> None:
    with world.ledger.commit() as commit:
        acts.refused(commit, None, "space", {"needed_bytes": 10, "free_bytes": 1}, OPERATOR)
    assert (last(world)["subject"], last(world)["what"]) == ("station", {"reason": "space", "needed_bytes": 10, "free_bytes": 1})
    assert world.rows(schema.docking) == []
    docking = world.dock()
    with world.ledger.commit() as commit:
        acts.refused(commit, docking, "space", {})
    assert last(world)["subject"] == f"docking:{docking}"
    assert world.row(schema.docking)["state"] == "refused"
    with pytest.raises(IllegalMove), world.ledger.commit() as commit:
        acts.refused(commit, docking, "again", {})


def test_a_file_is_taken(world: World) -> None:
    docking = world.dock()
    file = taken(4, b"DCIM/\xff.MP4", b"footage", resumed_at=3, changed="grew", vaults=2)
    (sighted,) = world.take(docking, file)
    copied, verified = world.entries(f"clip:{sighted.clip}")
    facts = {"docking": docking, "position": 4, "sha256": file.sha256, "size": 7}
    assert copied["type"] == "copied"
    assert copied["what"] == {
        **facts,
        "device": CAMERA,
        "resumed_at": 3,
        "changed": "grew",
    }
    assert verified["type"] == "verified"
    assert verified["what"] == {**facts, "medium": "direct", "vaults": 2}
    assert copied["actor"] == verified["actor"] == {"system": "station"}
    at = copied["when"]["utc"]
    assert world.row(schema.clip) == {
        "station": "s1",
        "id": sighted.clip,
        "device": CAMERA,
        "path": b"DCIM/\xff.MP4",
        "sha256": file.sha256,
        "size": 7,
        "state": "verified",
        "docking": docking,
        "taken_at": at,
        "recorded_at": None,
        "duration_ms": None,
        "recording": None,
        "category": "unclassified",
        "case_number": None,
        "note": None,
        **dict.fromkeys(("recorded_by", "incident", "importance", "sensitivity", "place", "disposed_at")),
    }
    assert world.row(schema.blob) == {
        "station": "s1",
        "sha256": file.sha256,
        "size": 7,
        "placed_at": at,
        "last_verified_at": at,
        "evicted_at": None,
    }
    row = world.row(schema.sighting)
    assert json.loads(row.pop("outcome")) == {"resumed_at": 3, "changed": "grew", "medium": "direct", "vaults": 2}
    assert row == {
        "station": "s1",
        "docking": docking,
        "position": 4,
        "clip": sighted.clip,
        "state": "verified",
        "sha256": file.sha256,
        "sm3": None,
        "size": 7,
        "record": None,
    }


def test_an_empty_file_is_a_clip_without_a_blob(world: World) -> None:
    docking = world.dock()
    (sighted,) = world.take(docking, taken(0, b"empty", b"", state=ClipState.EMPTY))
    assert [one["type"] for one in world.entries(f"clip:{sighted.clip}")] == ["copied", "empty"]
    assert world.entries(f"clip:{sighted.clip}")[1]["what"] == {"docking": docking, "position": 0}
    row = world.row(schema.clip)
    assert (row["state"], row["size"], row["sha256"]) == ("empty", 0, EMPTY_DIGEST)
    assert world.rows(schema.blob) == []


def test_a_damaged_file_says_which_bytes_are_missing(world: World) -> None:
    docking = world.dock()
    damaged = taken(0, b"a", b"part", state=ClipState.DAMAGED, ranges=((1, 2),), reason="read-error")
    (sighted,) = world.take(docking, damaged)
    copied, told = world.entries(f"clip:{sighted.clip}")
    assert (copied["type"], told["type"]) == ("copied", "damaged")
    assert (told["what"]["ranges"], told["what"]["reason"]) == ([[1, 2]], "read-error")
    assert world.row(schema.clip)["state"] == world.row(schema.sighting)["state"] == "damaged"
    assert json.loads(world.row(schema.sighting)["outcome"])["ranges"] == [[1, 2]]
    assert len(world.rows(schema.blob)) == 1


def test_a_file_of_which_not_one_byte_could_be_read_is_no_clip(world: World) -> None:
    docking = world.dock()
    with world.ledger.commit() as commit:
        acts.file_unreadable(commit, docking, Unread(2, b"bad", "EIO"))
    assert (last(world)["type"], last(world)["subject"]) == ("unreadable", f"docking:{docking}")
    assert last(world)["what"] == {"position": 2, "reason": "EIO"}
    row = world.row(schema.sighting)
    assert (row["clip"], row["state"], row["sha256"], row["size"]) == (None, "unreadable", None, 0)
    assert json.loads(row["outcome"]) == {"reason": "EIO"}
    assert world.rows(schema.clip) == world.rows(schema.blob) == []


def test_docked_twice_is_one_clip_with_two_entries(world: World) -> None:
    file = taken(0, b"a.mp4", b"footage")
    first, second = world.dock(), world.dock()
    (one,) = world.take(first, file)
    before = world.row(schema.clip), world.row(schema.blob)
    (two,) = world.take(second, taken(7, b"a.mp4", b"footage"))
    assert (two.clip, two.earlier, one.earlier) == (one.clip, first, None)
    assert (world.row(schema.clip), world.row(schema.blob)) == before
    assert [entry["type"] for entry in world.entries(f"clip:{one.clip}")] == ["copied", "verified", "duplicate-seen"]
    seen = world.entries(f"clip:{one.clip}")[-1]["what"]
    assert {
        "docking": second,
        "position": 7,
        "sha256": file.sha256,
        "state": "verified",
        "medium": "direct",
    }.items() <= seen.items()
    rows = world.rows(schema.sighting)
    assert [(row["docking"], row["position"], row["clip"]) for row in rows] == [(first, 0, one.clip), (second, 7, one.clip)]


@pytest.mark.parametrize(
    ("device", "path", "content"),
    [(DeviceKey("dsj:T999"), b"a.mp4", b"footage"), (CAMERA, b"b.mp4", b"footage"), (CAMERA, b"a.mp4", b"other")],
    ids=["another-device", "another-path", "other-bytes"],
)
def test_evidence_is_device_path_and_digest(world: World, device: DeviceKey, path: bytes, content: bytes) -> None:
    world.take(world.dock(), taken(0, b"a.mp4", b"footage"))
    (sighted,) = world.take(world.dock(device), taken(0, path, content), device=device)
    assert sighted.earlier is None
    assert len(world.rows(schema.clip)) == 2


def test_twins_share_a_blob_and_never_a_record(world: World) -> None:
    one, two = world.take(world.dock(), taken(0, b"a.mp4", b"same"), taken(1, b"b.mp4", b"same"))
    assert one.clip != two.clip
    assert len(world.rows(schema.clip)) == 2
    assert len(world.rows(schema.blob)) == 1
    third = world.take(world.dock(), taken(0, b"c.mp4", b"same"))
    assert third[0].earlier is None
    assert len(world.rows(schema.blob)) == 1


def test_names_equal_but_for_case_are_two_clips(world: World) -> None:
    world.take(world.dock(), taken(0, b"A.mp4", b"same"), taken(1, b"a.mp4", b"same"))
    assert {row["path"] for row in world.rows(schema.clip)} == {b"A.mp4", b"a.mp4"}


# Sealing


def sealed(world: World, docking: DockingId, clips: list[ClipFacts]) -> SealedManifest:
    recording = RecordingId("0197f000-0000-7000-8000-000000000000")
    records = tuple((position, b'{"record":%d}' % position) for position in range(len(clips)))
    facts = (RecordingFacts(recording, ({"clip": clips[0].clip, "gap_before_ms": None},)),) if clips else ()
    manifest = SealedManifest(b'{"manifest":"%s"}' % docking.encode(), records, tuple(clips), facts, 42)
    with world.ledger.commit() as commit:
        acts.sealed(commit, docking, manifest, b"signature", KeyId("ef" * 32))
    return manifest


def test_sealed(world: World) -> None:
    docking = world.dock()
    one, two = world.take(docking, taken(0, b"a", b"a"), taken(1, b"b", b"b"))
    recording = RecordingId("0197f000-0000-7000-8000-000000000000")
    manifest = sealed(
        world,
        docking,
        [
            ClipFacts(one.clip, Digest("aa" * 32), 1, True, "2026-01-15T00:00:00Z", 5000, recording),
            ClipFacts(two.clip, Digest("bb" * 32), 1, False, "2026-01-15T00:00:00Z", 7000, recording),
        ],
    )
    entry = last(world)
    assert (entry["type"], entry["subject"]) == ("sealed", f"docking:{docking}")
    assert entry["what"] == {"manifest_sha256": digest(manifest.body), "key": "ef" * 32, "clips": 2, "files": 2, "bytes": 42}
    row = world.row(schema.docking)
    assert (row["state"], row["sealed_at"], row["manifest_sha256"]) == ("sealed", entry["when"]["utc"], digest(manifest.body))
    assert world.row(schema.manifest) == {
        "station": "s1",
        "docking": docking,
        "body": manifest.body,
        "signature": b"signature",
        "signature_gm": None,
    }
    assert [row["record"] for row in world.rows(schema.sighting)] == [b'{"record":0}', b'{"record":1}']
    rows = {row["id"]: row for row in world.rows(schema.clip)}
    assert (rows[one.clip]["recorded_at"], rows[one.clip]["duration_ms"]) == ("2026-01-15T00:00:00Z", 5000)
    assert rows[one.clip]["recording"] == recording
    assert (rows[two.clip]["recorded_at"], rows[two.clip]["recording"]) == (None, None), "an earlier docking's clip stays"
    assert json.loads(world.row(schema.recording)["segments"]) == [{"clip": one.clip, "gap_before_ms": None}]
    with pytest.raises(Exception, match=r"(?i)illegal-move|unique"):
        sealed(world, docking, [])


def test_a_second_seal_stands_beside_the_first_and_the_entry_names_its_key(world: World) -> None:
    docking = world.dock()
    manifest = SealedManifest(b'{"manifest":1}', (), (), (), 0)
    with world.ledger.commit() as commit:
        acts.sealed(commit, docking, manifest, b"signature", KeyId("ef" * 32), acts.SecondSeal(b"sm2", KeyId("ab" * 32)))
    assert (last(world)["what"]["key"], last(world)["what"]["key_gm"]) == ("ef" * 32, "ab" * 32)
    row = world.row(schema.manifest)
    assert (row["signature"], row["signature_gm"]) == (b"signature", b"sm2")


def test_a_second_digest_stands_in_the_entry_that_takes_a_file_and_in_each_sighting(world: World) -> None:
    second = Digest("cd" * 32)
    (sighted,) = world.take(world.dock(), taken(0, b"a.mp4", b"same", sm3=second))
    (again,) = world.take(world.dock(), taken(0, b"a.mp4", b"same", sm3=second))
    assert again.clip == sighted.clip
    copied, verified, seen = world.entries(f"clip:{sighted.clip}")
    assert [one["what"].get("sm3") for one in (copied, verified, seen)] == [second, None, second]
    assert [row["sm3"] for row in world.rows(schema.sighting)] == [second, second]


def test_an_empty_docking_can_be_sealed(world: World) -> None:
    docking = world.dock()
    sealed(world, docking, [])
    assert last(world)["what"]["clips"] == 0
    assert world.row(schema.docking)["state"] == "sealed"
