from __future__ import annotations

from ingest.settling import DropRules, FileState, Settling, Snapshot, Verdict, Waiting

RULES = DropRules(quiet_s=10)


def holding(*sizes: int) -> Snapshot:
    return tuple(FileState(b"x/%d" % index, size, 1, index) for index, size in enumerate(sizes))


def judge(settling: Settling, snapshot: Snapshot, now: float, *, is_open: bool = False, marked: bool = False) -> Verdict:
    return settling.judge(b"x", snapshot, is_open=is_open, marked=marked, now=now)


def test_whole_after_the_quiet_time_and_not_before() -> None:
    settling = Settling(RULES)
    assert judge(settling, holding(5), 0) is Verdict.CHANGING
    assert judge(settling, holding(5), 9.9) is Verdict.CHANGING
    assert judge(settling, holding(5), 10) is Verdict.READY
    assert judge(settling, holding(5), 11) is Verdict.HANDED_OUT


def test_every_change_begins_the_quiet_time_again() -> None:
    settling = Settling(RULES)
    judge(settling, holding(5), 0)
    assert judge(settling, holding(6), 9) is Verdict.CHANGING
    assert judge(settling, holding(6), 18) is Verdict.CHANGING
    assert judge(settling, holding(6, 1), 19) is Verdict.CHANGING
    assert settling.waiting == (Waiting(b"x", Verdict.CHANGING, 19),)
    assert judge(settling, holding(6, 1), 29) is Verdict.READY
    assert not settling.waiting


def test_what_is_open_is_not_whole_however_quiet() -> None:
    settling = Settling(RULES)
    judge(settling, holding(5), 0)
    assert judge(settling, holding(5), 1000, is_open=True) is Verdict.OPEN
    assert judge(settling, holding(5), 1001) is Verdict.READY


def test_a_marker_needs_no_waiting_but_a_closed_file() -> None:
    assert judge(Settling(RULES), holding(5), 0, marked=True) is Verdict.READY
    assert judge(Settling(RULES), holding(5), 0, marked=True, is_open=True) is Verdict.OPEN


def test_where_markers_are_the_rule_nothing_goes_without_one() -> None:
    settling = Settling(DropRules(quiet_s=10, only_marked=True))
    judge(settling, holding(5), 0)
    assert judge(settling, holding(5), 1000) is Verdict.UNMARKED
    assert judge(settling, holding(5), 1001, marked=True) is Verdict.READY


def test_an_empty_folder_is_not_whole_yet() -> None:
    assert judge(Settling(RULES), (), 1000) is Verdict.EMPTY


def test_what_changed_after_it_was_handed_out_is_handed_out_again() -> None:
    settling = Settling(RULES)
    assert judge(settling, holding(5), 0, marked=True) is Verdict.READY
    assert judge(settling, holding(6), 1) is Verdict.CHANGING
    assert judge(settling, holding(6), 11) is Verdict.READY


def test_what_failed_is_handed_out_again() -> None:
    settling = Settling(RULES)
    judge(settling, holding(5), 0, marked=True)
    settling.forget(b"x")
    assert judge(settling, holding(5), 1, marked=True) is Verdict.READY


def test_what_went_away_is_forgotten() -> None:
    settling = Settling(RULES)
    judge(settling, holding(5), 0)
    settling.gone(b"x")
    assert not settling.waiting
    assert judge(settling, holding(5), 100) is Verdict.CHANGING
