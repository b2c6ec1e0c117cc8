"""Samples that nobody chooses."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from evidence.sampling import drawn, population_digest

ROOT = "ab" * 32
MEMBERS = [f"0197f000-0000-7000-8000-{number:012x}" for number in range(200)]


def by_hand(members: list[str], root: str, wanted: int) -> list[str]:
    """As the page of the format says it, in other words."""
    tickets = {
        sha256(b"evidence-station/sample/v1\0" + bytes.fromhex(root) + b"\0" + one.encode()).hexdigest(): one for one in members
    }
    return [tickets[ticket] for ticket in sorted(tickets)[:wanted]]


@given(st.sets(st.sampled_from(MEMBERS), min_size=1), st.binary(min_size=32, max_size=32), st.integers(1, 250))
def test_anybody_draws_the_same_whatever_the_order_of_the_population(members: set[str], root: bytes, wanted: int) -> None:
    expected = by_hand(sorted(members), root.hex(), wanted)
    assert list(drawn(sorted(members), root.hex(), wanted)) == expected
    assert list(drawn(sorted(members, reverse=True), root.hex(), wanted)) == expected


def test_a_smaller_sample_is_the_beginning_of_a_larger_one_and_another_root_draws_others() -> None:
    assert drawn(MEMBERS, ROOT, 20)[:5] == drawn(MEMBERS, ROOT, 5)
    assert drawn(MEMBERS, ROOT, 20) != drawn(MEMBERS, "ac" * 32, 20)


def test_no_place_in_the_population_is_preferred() -> None:
    hits = dict.fromkeys(MEMBERS, 0)
    for number in range(400):
        for one in drawn(MEMBERS, sha256(str(number).encode()).hexdigest(), 20):
            hits[one] += 1
    # 400 draws of one in ten: 40 each on average, a standard deviation of 6; five of them bound all 200
    assert min(hits.values()) > 10
    assert max(hits.values()) < 70
    first, last = sum(list(hits.values())[:100]), sum(list(hits.values())[100:])
    assert abs(first - last) < 400


def test_the_commitment_is_to_the_set_whatever_its_order() -> None:
    assert population_digest(["b", "a"]) == population_digest(["a", "b"]) == sha256(b"a\nb\n").hexdigest()
    assert population_digest(["ab"]) != population_digest(["a", "b"])
