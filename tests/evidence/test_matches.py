"""What becomes of a match: the station proposes, a person decides, and nothing that a person decided is changed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from evidence.ids import ClipId, SheetId
from evidence.matches import Decision, Held, Match, Policy, State, decided, match_of
from evidence.matching import BELIEF, Fit, Reason
from evidence.matching.reasons import Code

CLIP = ClipId("c1")
ONE, TWO = SheetId("i1"), SheetId("i2")
VERSIONS = {"i1": 1, "i2": 1}
PROPOSES, ACCEPTS = Policy(accept=False), Policy(accept=True)


def fit(incident: str, score: float, *codes: Code) -> Fit:
    return Fit("d1", (CLIP,), incident, score, "007", 0.0, tuple(Reason(code) for code in codes))


def held(incident: SheetId, state: State, by: str = "station", score: int = 950) -> Held:
    match = Match(CLIP, incident, state, "person" if by == "person" else "station", score, (), 1)
    return Held(SheetId(f"m-{incident}"), 1, match)


def after(decision: Decision) -> list[tuple[str, str, State, str]]:
    return [(change.did, change.match.incident, change.match.state, change.match.by) for change in decision.changes]


def test_what_is_likely_is_proposed_and_the_clip_is_left_alone() -> None:
    decision = decided(CLIP, None, [], [fit("i1", 0.97)], VERSIONS, PROPOSES)
    assert after(decision) == [("proposed", ONE, State.PROPOSED, "station")]
    assert not decision.tag


def test_what_is_unlikely_is_not_proposed() -> None:
    assert decided(CLIP, None, [], [fit("i1", BELIEF.proposed - 0.01)], VERSIONS, ACCEPTS) == Decision()


def test_the_policy_accepts_what_the_station_is_sure_of_and_tags_the_clip() -> None:
    decision = decided(CLIP, None, [], [fit("i1", 0.97)], VERSIONS, ACCEPTS)
    assert after(decision) == [("accepted", ONE, State.ACCEPTED, "station")]
    assert (decision.tag, decision.incident) == (True, ONE)


def test_between_the_thresholds_a_person_is_asked() -> None:
    decision = decided(CLIP, None, [], [fit("i1", BELIEF.accepted - 0.01)], VERSIONS, ACCEPTS)
    assert after(decision) == [("proposed", ONE, State.PROPOSED, "station")]


def test_where_nothing_tells_the_time_a_person_is_asked() -> None:
    decision = decided(CLIP, None, [], [fit("i1", 0.99, Code.NO_TIME)], VERSIONS, ACCEPTS)
    assert after(decision) == [("proposed", ONE, State.PROPOSED, "station")]


def test_the_same_again_writes_nothing() -> None:
    there = [held(ONE, State.ACCEPTED)]
    assert decided(CLIP, ONE, there, [fit("i1", 0.93)], VERSIONS, ACCEPTS) == Decision()


def test_what_holds_no_more_is_opened_again_and_the_clip_loses_it() -> None:
    decision = decided(CLIP, ONE, [held(ONE, State.ACCEPTED)], [fit("i1", 0.2)], VERSIONS, ACCEPTS)
    assert after(decision) == [("reopened", ONE, State.WITHDRAWN, "station")]
    assert (decision.tag, decision.incident) == (True, None)


def test_what_holds_less_is_proposed_again() -> None:
    decision = decided(CLIP, ONE, [held(ONE, State.ACCEPTED)], [fit("i1", BELIEF.proposed + 0.01)], VERSIONS, ACCEPTS)
    assert after(decision) == [("reopened", ONE, State.PROPOSED, "station")]
    assert (decision.tag, decision.incident) == (True, None)


def test_a_small_loss_is_no_change_of_mind() -> None:
    decision = decided(CLIP, ONE, [held(ONE, State.ACCEPTED, score=720)], [fit("i1", BELIEF.accepted - 0.05)], VERSIONS, ACCEPTS)
    assert decision == Decision()


def test_a_better_one_takes_its_place() -> None:
    decision = decided(CLIP, ONE, [held(ONE, State.ACCEPTED)], [fit("i2", 0.95)], VERSIONS, ACCEPTS)
    assert set(after(decision)) == {
        ("accepted", TWO, State.ACCEPTED, "station"),
        ("reopened", ONE, State.WITHDRAWN, "station"),
    }
    assert (decision.tag, decision.incident) == (True, TWO)


def test_a_person_who_tagged_the_clip_has_accepted() -> None:
    decision = decided(CLIP, ONE, [held(ONE, State.PROPOSED)], [fit("i2", 0.99)], VERSIONS, ACCEPTS)
    assert after(decision) == [("accepted", ONE, State.ACCEPTED, "person")]
    assert not decision.tag


def test_a_person_who_cleared_it_has_rejected_and_is_not_asked_again() -> None:
    decision = decided(CLIP, None, [held(ONE, State.ACCEPTED)], [fit("i1", 0.99)], VERSIONS, ACCEPTS)
    assert after(decision) == [("rejected", ONE, State.REJECTED, "person")]
    assert not decision.tag
    assert decided(CLIP, None, [held(ONE, State.REJECTED, "person")], [fit("i1", 0.99)], VERSIONS, ACCEPTS) == Decision()


def test_a_persons_decision_that_is_doubtful_now_says_so_once() -> None:
    there = held(ONE, State.ACCEPTED, "person")
    decision = decided(CLIP, ONE, [there], [fit("i2", 0.99)], VERSIONS, ACCEPTS)
    assert after(decision) == [("doubted", ONE, State.ACCEPTED, "person")]
    assert not decision.tag
    doubted = replace(there, match=decision.changes[0].match)
    assert decided(CLIP, ONE, [doubted], [fit("i2", 0.99)], VERSIONS, ACCEPTS) == Decision()


def test_a_match_is_read_back_from_what_it_says() -> None:
    match = held(ONE, State.PROPOSED).match
    assert match_of(match.said) == match


STATES = st.sampled_from([(State.PROPOSED, "station"), (State.WITHDRAWN, "station"), (State.REJECTED, "person")])


@given(
    st.sampled_from([ONE, TWO]),
    st.lists(st.tuples(st.sampled_from([ONE, TWO]), STATES), max_size=2, unique_by=lambda one: one[0]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.booleans(),
)
def test_what_a_person_set_stays_whatever_is_known(
    bears: SheetId, there: list[tuple[SheetId, tuple[State, str]]], scores: tuple[float, float], accept: bool
) -> None:
    fits = sorted((fit("i1", scores[0]), fit("i2", scores[1])), key=lambda one: -one.score)
    stands = [held(incident, state, by) for incident, (state, by) in there]
    assert not decided(CLIP, bears, stands, fits, VERSIONS, Policy(accept)).tag
