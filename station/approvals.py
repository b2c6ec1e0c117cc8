"""The one way in which a second person agrees: an approval is asked for, given or refused by somebody else, and spent once.

Rules kept here: only a person with a name asks, gives, refuses and spends; who asked never gives, nor does anybody whom the asking named; who
gives has a role that the table of acts allows (:data:`evidence.access.APPROVERS`), and sees the clip that it is about; what was given serves the one who
asked, or the station that carries it out for him, for that act on that subject, once; nothing outlives its time. What decides is the sheet as
it is read back, held against the log's newest entry about it: a row that somebody edited gives nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from evidence.access import Guarded, may_approve
from evidence.canonical import Json
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.ledger import Commit
from evidence.catalogue.reaching import check_clip
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.facts import check_text
from evidence.ids import ClipId, SheetId
from station.home import StationError

KIND = "approval"
HOURS = 24
"""How long one lasts from being asked for, unless the setting ``approval_hours`` says otherwise."""
SUBJECT_CHARACTERS = 160


class ApprovalState(StrEnum):
    """Where an approval stands. That its time is over is no state: it is read from the clock."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    SPENT = "spent"


class ApprovalMissing(StationError):
    """The act needs a second person, and nobody has agreed. Fields: ``act``, ``subject``."""

    code = "approval-missing"
    status = Exit.REFUSED


class NoSuchApproval(StationError):
    """No approval has that id. Fields: ``approval``."""

    code = "no-such-approval"
    status = Exit.USAGE


class ApprovalOver(StationError):
    """It was decided, spent or is over. Fields: ``approval``, ``state``."""

    code = "approval-over"
    status = Exit.REFUSED


class ApprovalOwn(StationError):
    """Whoever asked for it, or has a hand in it, does not give it. Fields: ``approval``."""

    code = "approval-own"
    status = Exit.REFUSED


class ApprovalBeyond(StationError):
    """That role does not approve such an act. Fields: ``approval``, ``act``, ``role``."""

    code = "approval-beyond"
    status = Exit.REFUSED


class ApprovalNameless(StationError):
    """Only a person asks, and only for an act that there is. Fields: ``act``."""

    code = "approval-nameless"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval as its sheet has it. Moments RFC 3339 in UTC; people are badges."""

    id: SheetId
    version: int
    act: Guarded
    subject: str
    state: ApprovalState
    asked_at: str
    expires_at: str
    asked_by: str
    reason: str
    not_by: tuple[str, ...] = ()
    decided_by: str | None = None
    note: str | None = None

    def over(self, utc: str) -> bool:
        """Whether nothing can come of it any more."""
        return self.state in {ApprovalState.REFUSED, ApprovalState.SPENT} or utc >= self.expires_at

    def document(self, utc: str) -> dict[str, Json]:
        """As every answer shows it."""
        expired = utc >= self.expires_at and self.state in {ApprovalState.ASKED, ApprovalState.GIVEN}
        return {
            "id": self.id,
            "act": self.act.value,
            "subject": self.subject,
            "state": "expired" if expired else self.state.value,
            "asked_by": self.asked_by,
            "asked_at": self.asked_at,
            "expires_at": self.expires_at,
            "reason": self.reason,
            "decided_by": self.decided_by,
            "note": self.note,
        }


def ask(
    commit: Commit, act: str, subject: str, actor: Actor, reason: str, *, hours: int = HOURS, not_by: Collection[str] = ()
) -> SheetId:
    """Ask for one; the same question that is still open is not asked twice: the id.

    ``act``: one of :class:`~evidence.access.Guarded`. ``subject``: as entries name it (``clip:…``, ``sheet:…``, ``key:…``, ``setting:…``). ``not_by``: who has a
    hand in it and must not give it. A clip must be in reach, its sensitivity left aside: that may be the very question. Raises
    :class:`ApprovalNameless`, :class:`~evidence.facts.TextUnfit`, and what a look at the clip would.
    """
    if act not in set(Guarded) or actor.person is None:
        raise ApprovalNameless(act=act)
    check_text("subject", subject, SUBJECT_CHARACTERS)
    _check_near(commit, subject, actor)
    for one in _about(commit, act, subject):
        if one.asked_by == actor.person and not one.over(commit.utc):
            return one.id
    expires = datetime.fromisoformat(commit.utc) + timedelta(hours=hours)
    asked = Approval(
        id=SheetId(""),
        version=0,
        act=Guarded(act),
        subject=subject,
        state=ApprovalState.ASKED,
        asked_at=commit.utc,
        expires_at=expires.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        asked_by=actor.person,
        reason=reason,
        not_by=tuple(sorted(set(not_by))),
    )
    return written(commit, _sheet(asked), "asked", actor)


def give(commit: Commit, approval: str, actor: Actor, note: str | None = None) -> Approval:
    """Agree. Raises :class:`NoSuchApproval`, :class:`ApprovalOver`, :class:`ApprovalOwn`, :class:`ApprovalBeyond`, and what a look at the clip would."""
    found = _open(commit, approval)
    if actor.person is None or actor.person in {found.asked_by, *found.not_by}:
        raise ApprovalOwn(approval=approval)
    if not may_approve(actor, found.act):
        raise ApprovalBeyond(approval=approval, act=found.act.value, role=actor.role)
    _check_reach(commit, found, actor)
    return _decided(commit, found, ApprovalState.GIVEN, actor, note)


def refuse(commit: Commit, approval: str, actor: Actor, note: str | None = None) -> Approval:
    """Decline, or take one's own question back, also after it was given. Raises as :func:`give`, except that one's own is no fault."""
    found = _open(commit, approval, given=True)
    if actor.person is None or not (actor.person == found.asked_by or may_approve(actor, found.act)):
        raise ApprovalBeyond(approval=approval, act=found.act.value, role=actor.role)
    return _decided(commit, found, ApprovalState.REFUSED, actor, note)


def spend(commit: Commit, act: str, subject: str, actor: Actor) -> SheetId:
    """Use what was given, in the very commit of the act: its id.

    ``actor``: who asked, or the station that carries it out. Raises :class:`ApprovalMissing`.
    """
    for one in _about(commit, act, subject):
        if one.state is ApprovalState.GIVEN and not one.over(commit.utc) and actor.person in {one.asked_by, None}:
            return written(
                commit, _sheet(replace(one, state=ApprovalState.SPENT)), "spent", actor, of=one.id, version=one.version
            )
    raise ApprovalMissing(act=act, subject=subject)


def given(commit: Commit, act: str, subject: str, actor: Actor) -> bool:
    """Whether :func:`spend` would find one."""
    return any(
        one.state is ApprovalState.GIVEN and not one.over(commit.utc) and actor.person in {one.asked_by, None}
        for one in _about(commit, act, subject)
    )


def required(commit: Commit, act: str, subject: str, actor: Actor) -> SheetId | None:
    """:func:`spend` for an act of the main line: the operator of the settings, while nobody has an account, needs nobody beside him."""
    return None if actor.reach is None else spend(commit, act, subject, actor)


def approvals(sheets: Sheets) -> Iterator[Approval]:
    """All of them, newest first. One whose row is not what the log says is left out."""
    for row in sheets.sheets(KIND, newest_first=True):
        if (found := _approval(sheets, row)) is not None:
            yield found


def approval_of(sheets: Sheets, approval: str) -> Approval:
    """One of them. Raises :class:`NoSuchApproval`."""
    row = sheets.sheet(KIND, approval)
    found = None if row is None else _approval(sheets, row)
    if found is None:
        raise NoSuchApproval(approval=approval)
    return found


def _open(commit: Commit, approval: str, *, given: bool = False) -> Approval:
    found = approval_of(Sheets(commit.connection, commit.station), approval)
    if found.over(commit.utc) or found.state not in {ApprovalState.ASKED, *([ApprovalState.GIVEN] if given else [])}:
        raise ApprovalOver(approval=approval, state=str(found.document(commit.utc)["state"]))
    return found


def _decided(commit: Commit, found: Approval, state: ApprovalState, actor: Actor, note: str | None) -> Approval:
    decided = replace(found, state=state, decided_by=actor.person, note=note)
    written(commit, _sheet(decided), state.value, actor, of=found.id, version=found.version)
    return decided


def _check_reach(commit: Commit, found: Approval, actor: Actor) -> None:
    kind, _, clip = found.subject.partition(":")
    if kind == "clip":
        check_clip(commit.connection, commit.station, ClipId(clip), actor.reach)


def _check_near(commit: Commit, subject: str, actor: Actor) -> None:
    kind, _, clip = subject.partition(":")
    if kind == "clip":
        reach = actor.reach and replace(actor.reach, sensitivities=None)
        check_clip(commit.connection, commit.station, ClipId(clip), reach)


def _about(commit: Commit, act: str, subject: str) -> Iterator[Approval]:
    return approvals_about(Sheets(commit.connection, commit.station), act, subject)


def approvals_about(sheets: Sheets, act: str, subject: str) -> Iterator[Approval]:
    """Those of one act on one subject, oldest first."""
    for row in sheets.found(KIND, "about", f"{act} {subject}"):
        found = _approval(sheets, row)
        if found is not None and (found.act.value, found.subject) == (act, subject):
            yield found


def _sheet(one: Approval) -> Sheet:
    said: dict[str, Json] = {
        "act": one.act.value,
        "subject": one.subject,
        "state": one.state.value,
        "asked_at": one.asked_at,
        "expires_at": one.expires_at,
    }
    kept: dict[str, Json] = {
        "asked_by": one.asked_by,
        "reason": one.reason,
        "not_by": list(one.not_by),
        "decided_by": one.decided_by,
        "note": one.note,
    }
    return Sheet(KIND, said, kept, (("about", f"{one.act.value} {one.subject}"), ("state", one.state.value)))


def _approval(sheets: Sheets, row: SheetRow) -> Approval | None:
    """What a row says, if the log says it too."""
    kept: dict[str, Any] | None = row.kept
    if kept is None or not sheets.is_logged(row):
        return None
    said = row.said
    return Approval(
        id=row.id,
        version=row.version,
        act=Guarded(said["act"]),
        subject=said["subject"],
        state=ApprovalState(said["state"]),
        asked_at=said["asked_at"],
        expires_at=said["expires_at"],
        asked_by=kept["asked_by"],
        reason=kept["reason"],
        not_by=tuple(kept["not_by"]),
        decided_by=kept["decided_by"],
        note=kept["note"],
    )
