"""The second person's word by the command of the act itself: whoever repeats what another asked for agrees to it.

Agreeing is a commit of its own, before the one that spends it: what was given is believed only once the log has it.
"""

from __future__ import annotations

from evidence.access import Guarded
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import Actor
from station import approvals
from station.approvals import Approval, ApprovalState
from station.rooms import Rooms


def agreed(rooms: Rooms, actor: Actor, act: Guarded, subject: str) -> Approval | None:
    """The approval that somebody gave, the actor just now if another asked; None where nobody but the actor asked, or nobody at all.

    Raises the faults of :mod:`station.approvals`.
    """
    with rooms.ledger.commit() as commit:
        found = [
            one
            for row in Sheets(commit.connection, commit.station).found(approvals.KIND, "about", f"{act.value} {subject}")
            if not (one := approvals.approval_of(Sheets(commit.connection, commit.station), row.id)).over(commit.utc)
        ]
        given = next((one for one in found if one.state is ApprovalState.GIVEN), None)
        asked = next((one for one in found if one.state is ApprovalState.ASKED and one.asked_by != actor.person), None)
        if given is None and asked is not None:
            given = approvals.give(commit, asked.id, actor)
    return given
