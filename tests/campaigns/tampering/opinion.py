"""The second verifier's opinion on the same copy: written by others from the format alone, it must agree."""

from __future__ import annotations

import signal

from tests import independent_verifier
from tests.campaigns.tampering.command import LIMIT_SECONDS, Said
from tests.campaigns.tampering.homes import STATION
from tests.campaigns.tampering.victim import Victim


class Hanging(BaseException):
    """It took longer than anything takes."""


def disagreements(victim: Victim, said: Said) -> list[str]:
    """What the two verifiers do not agree on: whether something was tampered with, and what to call it."""
    if "problems" not in said.document:
        return []
    # it looks at the home's own vault only, and is given what lies in the store
    mine = {one["kind"] for one in said.document["problems"] if not one["subject"].startswith("second:")}
    given = [file.read_bytes() for file in (*victim.checkpoints, *sorted(victim.far.glob(f"evidence-station/{STATION}/*/*")))]
    signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(LIMIT_SECONDS // 4)
    try:
        opinion = independent_verifier.Verification(victim.home, list(victim.anchors))
        theirs = opinion.kinds(given)
    except Hanging:
        return ["the second verifier hangs"]
    except Exception as error:  # noqa: BLE001  # whatever it cannot read it cannot pass either: its exit status says so
        return [] if mine else [f"the second verifier fails: {type(error).__name__}: {error}"]
    finally:
        signal.alarm(0)
    told = f"the second verifier says {_listed(theirs)}, verify {_listed(mine)}"
    if bool(mine) != bool(theirs):
        return [told]
    stations = {row["station"] for rows in opinion.db.values() for row in rows}
    # it takes every row for this station's, so that rows of another one are extra to it and missing to verify
    return [told] if mine and not mine & theirs and len(stations) == 1 else []


def _hangs(*_: object) -> None:
    raise Hanging


def _listed(kinds: set[str]) -> str:
    return ", ".join(sorted(kinds)) or "nothing"
