"""The second verifier's opinion on the same copy: written by others from the format alone, it must agree."""

from __future__ import annotations

from evidence.ids import origin
from tests import independent_verifier
from tests.campaigns.tampering.command import Said
from tests.campaigns.tampering.homes import STATION
from tests.campaigns.tampering.victim import Victim


def disagreements(victim: Victim, said: Said) -> list[str]:
    """What the two verifiers do not agree on: whether something was tampered with, and what to call it."""
    if "problems" not in said.document:
        return []
    # it looks at the home's own vault only, and is given what lies in the store
    mine = {one["kind"] for one in said.document["problems"] if not one["subject"].startswith("second:")}
    far = sorted(file for epoch in (1, 2, 3) for file in (victim.far / origin(STATION, epoch)).glob("*"))  # type: ignore[arg-type]
    given = [file.read_bytes() for file in (*victim.checkpoints, *far)]
    try:
        opinion = independent_verifier.Verification(victim.home, list(victim.anchors))
        theirs = opinion.kinds(given)
    except Exception as error:  # noqa: BLE001  # whatever it cannot read it cannot pass either: its exit status says so
        return [] if mine else [f"the second verifier fails: {type(error).__name__}: {error}"]
    if bool(mine) != bool(theirs):
        return [
            f"the second verifier says {', '.join(sorted(theirs)) or 'nothing'}, verify {', '.join(sorted(mine)) or 'nothing'}"
        ]
    stations = {row["station"] for rows in opinion.db.values() for row in rows}
    if mine and not mine & theirs and len(stations) == 1:  # it takes every row for this station's
        return [f"the second verifier calls it {', '.join(sorted(theirs))}, verify {', '.join(sorted(mine))}"]
    return []
