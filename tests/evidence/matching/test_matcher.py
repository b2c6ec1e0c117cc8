"""Which recording belongs to which incident, told by small stories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.matching import BELIEF, Carried, Dispatch, Duty, Fit, Material, Point, Recorded, match
from evidence.matching.reasons import Code

HOUR = 3600.0
MORNING = 1_800_000_000.0
OWN = ("007", "cam-7")
OTHER = ("008", "cam-8")


def dispatch(name: str, hours: float, officer: str = "007", **other: object) -> Dispatch:
    begins = MORNING + hours * HOUR
    made = Dispatch(name, begins, begins + 400, begins + 1800, frozenset({officer}))
    return replace(made, **other)  # type: ignore[arg-type]  # members of a dispatch


def recorded(name: str, hours: float, seconds: float = 1200.0, **other: object) -> Recorded:
    """Begun shortly after the arrival at a dispatch of that hour."""
    made = Recorded((name,), MORNING + hours * HOUR + 420, seconds)
    return replace(made, **other)  # type: ignore[arg-type]  # members of a recording


def docked(*recordings: Recorded, officer: str | None = "007", **other: object) -> Carried:
    made = Carried("d1", "cam-7", officer, MORNING + 13 * HOUR, MORNING - 12 * HOUR, recordings)
    return replace(made, **other)  # type: ignore[arg-type]  # members of a docking


def best(carried: Carried, *dispatches: Dispatch, roster: tuple[Duty, ...] = ()) -> dict[str, Fit]:
    found: dict[str, Fit] = {}
    for fit in match([carried], Material(dispatches, roster)):
        for clip in fit.clips:
            found.setdefault(clip, fit)
    return found


def codes(fit: Fit) -> set[Code]:
    return {one.code for one in fit.reasons}


def test_a_recording_made_at_the_arrival_belongs_to_it() -> None:
    fit = best(docked(recorded("a", 2)), dispatch("J1", 2))["a"]
    assert fit.incident == "J1"
    assert fit.score > 0.95
    assert codes(fit) == {Code.OFFICER, Code.AT_ARRIVAL, Code.ALONE}


def test_a_recording_of_nothing_belongs_to_nothing() -> None:
    found = best(docked(recorded("a", 2), recorded("b", 6)), dispatch("J1", 2))
    assert "b" not in found


def test_all_clips_of_a_recording_go_together() -> None:
    fit = next(iter(match([docked(recorded("a", 2, clips=("a1", "a2")))], Material((dispatch("J1", 2),)))))
    assert fit.clips == ("a1", "a2")


def test_another_officers_incident_at_the_same_hour_is_not_ours() -> None:
    assert best(docked(recorded("a", 2)), dispatch("J1", 2, "008")) == {}


def test_a_clock_that_is_hours_wrong_shows_in_the_whole_docking() -> None:
    sent = [dispatch(f"J{number}", hours) for number, hours in enumerate((1, 2.7, 5.1, 7.8))]
    carried = docked(*(recorded(f"r{number}", hours - 8) for number, hours in enumerate((1, 2.7, 5.1, 7.8))), before=None)
    found = best(carried, *sent)
    assert {clip: fit.incident for clip, fit in found.items()} == {f"r{n}": f"J{n}" for n in range(4)}
    assert all(fit.score > BELIEF.accepted for fit in found.values())
    reason = next(one for one in found["r0"].reasons if one.code is Code.CLOCK_OFF)
    assert abs(reason.fields["seconds"] + 8 * HOUR) < 400
    assert (reason.fields["fitting"], reason.fields["of"]) == (4, 4)


def test_one_recording_alone_does_not_move_a_clock_by_hours() -> None:
    assert best(docked(recorded("a", 6)), dispatch("J1", 2)) == {}


def test_a_clock_that_was_measured_is_taken_at_its_word() -> None:
    carried = docked(recorded("a", 10), ahead_least=8 * HOUR - 1, ahead_most=8 * HOUR + 1)
    fit = best(carried, dispatch("J1", 2))["a"]
    assert fit.score > 0.95
    assert Code.CLOCK_MEASURED in codes(fit)
    assert fit.offset == pytest.approx(8 * HOUR, abs=40)


def test_a_camera_of_the_year_2000_is_looked_for_between_its_dockings() -> None:
    begun = (1, 2.7, 5.1, 7.8)
    carried = docked(*(recorded(f"r{number}", hours, begins=946_684_800.0 + hours * HOUR) for number, hours in enumerate(begun)))
    found = best(carried, *(dispatch(f"J{number}", hours) for number, hours in enumerate(begun)))
    assert {clip: fit.incident for clip, fit in found.items()} == {f"r{n}": f"J{n}" for n in range(4)}


def test_somebody_elses_camera_shows_in_what_it_recorded() -> None:
    begun = (1, 2.7, 5.1, 7.8)
    sent = [dispatch(f"J{number}", hours, "008") for number, hours in enumerate(begun)]
    mine = [dispatch(f"K{number}", hours + 0.8, "007") for number, hours in enumerate(begun)]
    found = best(docked(*(recorded(f"r{number}", hours) for number, hours in enumerate(begun))), *sent, *mine)
    assert {clip: fit.incident for clip, fit in found.items()} == {f"r{n}": f"J{n}" for n in range(4)}
    assert {fit.officer for fit in found.values()} == {"008"}
    assert all(Code.OTHER_OFFICER in codes(fit) for fit in found.values())


def test_the_roster_says_who_had_a_camera_that_nobody_named() -> None:
    roster = (Duty("007", MORNING, MORNING + 12 * HOUR, "U1", "cam-7"),)
    fit = best(docked(recorded("a", 2), officer=None), dispatch("J1", 2), roster=roster)["a"]
    assert fit.score > 0.9
    assert {Code.OFFICER, Code.ON_DUTY} <= codes(fit)


def test_a_record_that_names_a_unit_only_is_of_those_whom_the_roster_has_in_it() -> None:
    roster = (Duty("007", MORNING, MORNING + 12 * HOUR, "U1"),)
    unit_only = dispatch("J1", 2, officers=frozenset(), units=frozenset({"U1"}))
    assert Code.UNIT in codes(best(docked(recorded("a", 2)), unit_only, roster=roster)["a"])
    assert best(docked(recorded("a", 2)), unit_only) == {}


def test_a_branch_is_no_crew() -> None:
    roster = tuple(Duty(f"{number:03}", MORNING, MORNING + 12 * HOUR, "U1") for number in range(30))
    unit_only = dispatch("J1", 2, officers=frozenset(), units=frozenset({"U1"}))
    assert best(docked(recorded("a", 2)), unit_only, roster=roster) == {}


def test_a_record_that_names_the_camera_needs_no_officer() -> None:
    named = dispatch("J1", 2, officers=frozenset(), devices=frozenset({"cam-7"}))
    assert Code.DEVICE in codes(best(docked(recorded("a", 2), officer=None), named)["a"])


def test_a_recording_is_not_of_after_its_docking() -> None:
    assert best(docked(recorded("a", 15)), dispatch("J1", 15)) == {}


def test_the_place_decides_between_two() -> None:
    here, there = Point(31.2304, 121.4737), Point(31.3304, 121.4737)
    near = dispatch("J1", 2, point=there)
    far = dispatch("J2", 2.1, point=here)
    fit = best(docked(recorded("a", 2.05, point=here)), near, far)["a"]
    assert fit.incident == "J2"
    assert fit.score > 0.9
    assert Code.PLACE_NEAR in codes(fit)


def test_a_recording_without_a_time_is_proposed_where_it_can_only_be_one() -> None:
    fit = best(docked(recorded("a", 2, begins=None)), dispatch("J1", 2))["a"]
    assert BELIEF.proposed <= fit.score
    assert Code.NO_TIME in codes(fit)
    two = best(docked(recorded("a", 2, begins=None)), dispatch("J1", 2), dispatch("J2", 4))
    assert two["a"].score < BELIEF.proposed


def test_scores_of_a_recording_are_shares_of_one() -> None:
    carried = docked(recorded("a", 2.05), recorded("b", 2.4, 30))
    fits = list(match([carried], Material((dispatch("J1", 2), dispatch("J2", 2.1), dispatch("J3", 2.2)))))
    for clip in ("a", "b"):
        assert 0 < sum(fit.score for fit in fits if clip in fit.clips) <= 1 + 1e-9


def test_the_order_in_which_things_are_told_changes_nothing() -> None:
    sent = [dispatch(f"J{number}", hours) for number, hours in enumerate((1, 2.7, 5.1, 7.8))]
    carried = docked(*(recorded(f"r{number}", hours) for number, hours in enumerate((1, 2.7, 5.1, 7.8))))
    again = replace(carried, recordings=carried.recordings[::-1])
    assert best(carried, *sent).keys() == best(again, *sent[::-1]).keys()
    for clip, fit in best(carried, *sent).items():
        assert best(again, *sent[::-1])[clip].score == pytest.approx(fit.score)
