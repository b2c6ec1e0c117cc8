"""What may be erased from a card: every reason to stay, one by one, and what goes together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.erasure import EraseRule, Plan, ReceiptFacts, Stays, TakenFile, plan, runs
from evidence.inventory import Inventory, Item, Kind

GOOD = ReceiptFacts("r", "ab" * 32, 10, "composite", trial=False)
CLIP = TakenFile(0, "verified", "ab" * 32, 10, changed=False, receipts=(GOOD,))


def card(*paths: bytes, **changes: object) -> Inventory:
    items = tuple(replace(Item(number, path, Kind.FILE, 10, 7), **changes) for number, path in enumerate(paths))  # type: ignore[arg-type]  # fields of Item
    return Inventory(items, None, "2026-11-21T10:00:00.000000Z")


def planned(
    facts: TakenFile | None = CLIP,
    *,
    rule: EraseRule = EraseRule.AFTER_RECEIPT,
    now: Inventory | None = None,
    locked: bool = False,
) -> Plan:
    listed = card(b"a.mp4")
    protected = frozenset({b"a.mp4"}) if locked else frozenset[bytes]()
    return plan(rule, "waiver", listed, now or listed, {} if facts is None else {0: facts}, protected=protected)


def test_a_verified_file_with_a_receipt_goes() -> None:
    found = planned()
    assert [(one.path, one.receipt) for one in found.files] == [(b"a.mp4", "r")]
    assert (found.bytes, found.kept, found.gone, found.unlisted, found.waiver) == (10, {}, (), (), None)


def receipt(**changes: object) -> TakenFile:
    return replace(CLIP, receipts=(replace(GOOD, **changes),))  # type: ignore[arg-type]  # fields of ReceiptFacts


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (None, Stays.NOT_TAKEN),
        (replace(CLIP, state="damaged"), Stays.DAMAGED),
        (replace(CLIP, state="unreadable", sha256=None), Stays.UNREADABLE),
        (replace(CLIP, state="empty", size=0), Stays.EMPTY),
        (replace(CLIP, changed=True), Stays.CHANGED),
        (replace(CLIP, size=9), Stays.CHANGED),
        (replace(CLIP, receipts=()), Stays.NO_RECEIPT),
        (receipt(sha256="cd" * 32), Stays.NO_RECEIPT),
        (receipt(size=11), Stays.NO_RECEIPT),
        (receipt(trial=True), Stays.TRIAL_RECEIPT),
        (receipt(trial=True, proof="full"), Stays.TRIAL_RECEIPT),
        (receipt(proof="sample"), Stays.SAMPLE_RECEIPT),
        (receipt(proof="some day another"), Stays.SAMPLE_RECEIPT),
        (replace(CLIP, receipts=(), safe_vaults=2), Stays.NO_RECEIPT),
    ],
)
def test_each_reason_to_stay(facts: TakenFile | None, why: Stays) -> None:
    found = planned(facts)
    assert (found.files, found.kept) == ((), {why: (0,)})


@pytest.mark.parametrize("change", [{"size": 11}, {"mtime_ns": 8}, {"kind": Kind.SYMLINK}])
def test_a_file_that_is_not_as_it_was_listed_stays(change: dict[str, object]) -> None:
    assert planned(now=card(b"a.mp4", **change)).kept == {Stays.CHANGED: (0,)}


def test_a_protected_file_stays_and_one_that_is_gone_is_no_error() -> None:
    assert planned(locked=True).kept == {Stays.PROTECTED: (0,)}
    assert planned(now=card()).gone == (0,)


def test_what_the_listing_does_not_know_stays_and_is_named() -> None:
    found = planned(now=card(b"a.mp4", b"new.mp4"))
    assert (len(found.files), found.unlisted) == (1, (b"new.mp4",))


def test_what_a_rule_left_out_stays() -> None:
    listed = card(b"a.mp4", reason="system-folder")
    assert plan(EraseRule.AFTER_RECEIPT, None, listed, listed, {0: CLIP}).kept == {Stays.SKIPPED: (0,)}


@pytest.mark.parametrize(("vaults", "goes"), [(0, False), (1, False), (2, True)])
def test_two_vaults_do_for_a_receipt_only_under_that_rule(vaults: int, goes: bool) -> None:
    facts = replace(CLIP, receipts=(replace(GOOD, trial=True),), safe_vaults=vaults)
    found = planned(facts, rule=EraseRule.AFTER_VAULT)
    assert bool(found.files) is goes
    assert found.waiver == "waiver"
    assert planned(facts).files == ()


def test_a_better_receipt_among_others_counts() -> None:
    facts = replace(CLIP, receipts=(replace(GOOD, id="t", trial=True), replace(GOOD, id="s", proof="sample"), GOOD))
    assert [one.receipt for one in planned(facts).files] == ["r"]


WHOLE = (b"PRIVATE/AVCHD",)
TREE = card(b"DCIM/a.jpg", b"PRIVATE/AVCHD/BDMV/INDEX.BDM", b"PRIVATE/AVCHD/BDMV/STREAM/00000.MTS", b"PRIVATE/AVCHDX/b")


def whole(*without: int, now: Inventory = TREE, empty: int | None = None) -> Plan:
    taken = {position: CLIP for position in range(len(TREE.items)) if position not in without}
    if empty is not None:
        taken[empty] = replace(CLIP, state="empty")
    return plan(EraseRule.AFTER_RECEIPT, None, TREE, now, taken, whole=WHOLE)


def test_a_structure_goes_whole_or_not_at_all() -> None:
    assert [[one.position for one in group] for group in whole().together] == [[0], [3], [1, 2]]
    kept = whole(2)
    assert [one.position for one in kept.files] == [0, 3]
    assert kept.kept == {Stays.NOT_TAKEN: (2,), Stays.STRUCTURE: (1,)}


def test_a_new_file_in_a_structure_keeps_all_of_it() -> None:
    now = card(*(item.path for item in TREE.items), b"PRIVATE/AVCHD/BDMV/STREAM/00001.MTS")
    assert whole(now=now).kept == {Stays.STRUCTURE: (1, 2)}


def test_an_empty_file_keeps_nothing_else_and_what_is_gone_does_not_either() -> None:
    assert [one.position for one in whole(empty=1).files] == [0, 2, 3]
    now = Inventory(tuple(item for item in TREE.items if item.position != 1), None, TREE.taken_at)
    assert [one.position for one in whole(now=now).files] == [0, 2, 3]


def test_the_digest_of_a_plan_names_what_goes_and_by_which_receipt() -> None:
    assert planned().sha256 == planned().sha256
    assert planned().sha256 != planned(receipt(id="other")).sha256


def test_positions_as_runs() -> None:
    assert runs([]) == []
    assert runs([4, 1, 2, 3, 9]) == [[1, 4], [9, 1]]
