"""Acts of erasing: what is to be removed from a card, written before the first file goes, and how it ended."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import Act, Actor, Draft, subject_docking
from evidence.erasure import Erased, Plan, runs
from evidence.ids import DockingId, EntryId


def erase_begun(commit: Commit, docking: DockingId, plan: Plan, actor: Actor) -> EntryId:
    """Files of a docking's card are about to be erased. Returns the entry that the end names."""
    personal = (commit.personal("waiver", plan.waiver),) if plan.waiver is not None else ()
    what: dict[str, Json] = {
        "rule": plan.rule.value,
        "waiver": personal[0].committed() if personal else None,
        "positions": runs(one.position for one in plan.files),
        "files": len(plan.files),
        "bytes": plan.bytes,
        "plan_sha256": plan.sha256,
    }
    return commit.append(Draft(Act.ERASE_BEGUN, subject_docking(docking), what, actor, personal))


def erase_ended(commit: Commit, docking: DockingId, begun: EntryId, erased: Erased, actor: Actor) -> None:
    """Erasing came to its end: every removal named here is durable on a card that was still there."""
    what: dict[str, Json] = {
        "begun": begun,
        "removed": runs(erased.removed),
        "gone": runs(erased.gone),
        "kept": {reason: runs(positions) for reason, positions in sorted(erased.kept.items())},
        "unlisted": len(erased.unlisted),
        "bytes": erased.freed,
    }
    commit.append(Draft(Act.ERASE_ENDED, subject_docking(docking), what, actor))
