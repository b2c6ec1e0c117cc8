"""Every disposal in the log held against the rules that were to be kept, from the log alone: whoever planted one is found here.

``verify`` proves that each disposal was announced by the sheet that it names. This asks whether that sheet was right to: two people, the time to
undo, a receipt or a waiver, and no case and no hold at the moment of removal. And whether the certificates in the home say what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evidence.canonical import canonical
from evidence.catalogue.keeping import HOLD, IN_FORCE, Keeping, hold_of
from evidence.catalogue.logged import Logged, Version
from evidence.catalogue.queries import EntryRow, Queries
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import Act, subject_clip, subject_sheet
from evidence.disposal import DISPOSAL, DisposalState
from evidence.ids import ClipId, SheetId
from station import certifying
from station.approvals import KIND, ApprovalState
from station.rooms import Rooms

Place = tuple[int, int]
"""Where in the log something stands: epoch and number."""


class DisposalFlaw(StrEnum):
    """What may be wrong with a disposal."""

    UNAPPROVED = "disposal-unapproved"
    EARLY = "disposal-early"
    UNNAMED = "disposal-unnamed"
    UNRECEIPTED = "disposal-unreceipted"
    HELD = "disposal-held"
    UNFOUNDED = "certificate-unfounded"
    DIFFERS = "certificate-differs"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a disposal of one clip, or with a certificate."""

    kind: DisposalFlaw
    subject: str
    detail: str


def problems(rooms: Rooms) -> tuple[int, list[Problem]]:
    """How many disposals of a clip the log knows, and what is wrong with them."""
    with rooms.queries() as queries, rooms.keeping() as keeping, rooms.sheets() as sheets, rooms.logged() as logged:
        entries = list(logged.disposed())
        holds = list(logged.versions(HOLD)) if entries else []
        found = [one for entry in entries for one in _Check(queries, keeping, sheets, logged, holds, entry).problems()]
    return len(entries), [*found, *_certificates(rooms)]


def _certificates(rooms: Rooms) -> Iterator[Problem]:
    """Certificates in the home that nothing stands behind, or that are not what sheets and log say."""
    folder = rooms.home.root / certifying.FOLDER
    with rooms.home.faults():
        lying = sorted(path for ending in ("json", "pdf") for path in folder.glob(f"*.{ending}"))
    for path in lying:
        subject = subject_sheet(SheetId(path.stem))
        with rooms.sheets() as sheets:
            row = sheets.sheet(DISPOSAL, path.stem)
        if row is None or row.said["state"] != DisposalState.CARRIED_OUT.value:
            yield Problem(DisposalFlaw.UNFOUNDED, subject, f"no such disposal was carried out, and {path.name} says so")
        elif path.suffix == ".json":
            with rooms.home.faults():
                untrusted = path.read_bytes()
            if untrusted != canonical(certifying.document(rooms, row.id)):
                yield Problem(DisposalFlaw.DIFFERS, subject, f"{path.name} is not what the log says")


def _at(entry: EntryRow) -> Place:
    return entry.epoch, entry.seq


class _Check:
    """One ``disposed`` entry."""

    def __init__(
        self, queries: Queries, keeping: Keeping, sheets: Sheets, logged: Logged, holds: list[Version], entry: EntryRow
    ) -> None:
        self._queries = queries
        self._keeping = keeping
        self._sheets = sheets
        self._logged = logged
        self._holds = holds
        self._place: Place = (entry.epoch, entry.seq)
        self._at: str = entry.body["when"]["utc"]
        self._subject: str = entry.body["subject"]
        self._what: dict[str, Any] = entry.body["what"]

    def problems(self) -> Iterator[Problem]:
        history = self._before(subject_sheet(SheetId(self._what["disposal"])))
        steps = {one.body["what"]["did"]: one for one in history}
        asked, approved = steps.get("asked"), steps.get("approved")
        said = history[-1].body["what"]["said"] if history else {}
        content = self._named(said)
        if asked is None or approved is None or not self._two_people(asked, approved, said):
            yield self._wrong(DisposalFlaw.UNAPPROVED, "no second person agreed before it went")
        elif self._at < str(said.get("not_before")):
            yield self._wrong(DisposalFlaw.EARLY, f"it could still be undone until {said.get('not_before')}")
        if content is None or asked is None or self._named(asked.body["what"]["said"]) is None:
            yield self._wrong(DisposalFlaw.UNNAMED, "the disposal was not asked for this content")
        elif not self._receipted(content) and not (said.get("waived") and asked.personal.get("kept", "").find('"waiver":"') >= 0):
            yield self._wrong(DisposalFlaw.UNRECEIPTED, "no store had received it for good, and nobody took it upon himself")
        yield from self._held()

    def _wrong(self, kind: DisposalFlaw, detail: str) -> Problem:
        return Problem(kind, self._subject, detail)

    def _before(self, *subjects: str) -> list[EntryRow]:
        return [one for one in self._queries.entries(*subjects) if (one.epoch, one.seq) < self._place]

    def _named(self, said: dict[str, Any]) -> dict[str, Any] | None:
        return next((one for one in said.get("contents", []) if one["sha256"] == self._what["sha256"]), None)

    def _two_people(self, asked: EntryRow, approved: EntryRow, said: dict[str, Any]) -> bool:
        """Whether another person's approval was given for this very disposal, and spent."""
        approval = said.get("approval")
        if not isinstance(approval, str):
            return False
        entries = [entry for entry in self._before(subject_sheet(SheetId(approval))) if (entry.epoch, entry.seq) < _at(approved)]
        word = [entry.body["what"] for entry in entries]
        people = {entry.body["what"]["did"]: entry.personal.get("actor") for entry in entries}
        first, second = asked.personal.get("actor"), people.get("given")
        if first is None or second is None or first == second or people.get("asked") != first:
            return False
        about = all(
            (what["kind"], what["said"].get("subject")) == (KIND, subject_sheet(SheetId(self._what["disposal"]))) for what in word
        )
        states = [what["said"].get("state") for what in word]
        return about and states == [ApprovalState.ASKED.value, ApprovalState.GIVEN.value, ApprovalState.SPENT.value]

    def _receipted(self, content: dict[str, Any]) -> bool:
        subjects = [subject_clip(ClipId(clip["id"])) for clip in content["clips"]]
        return any(
            one.body["type"] == Act.RECEIVED.value
            and one.body["what"]["receipt"] == content["receipt"]
            and not one.body["what"]["trial"]
            and one.body["what"]["proof"] in ("composite", "full")
            for one in self._before(*subjects)
        )

    def _held(self) -> Iterator[Problem]:
        clip = self._keeping.clip(self._subject.removeprefix("clip:"))
        if clip is None:
            return
        if self._logged.tags(ClipId(clip.facts.id), before=self._place).cased:
            yield self._wrong(DisposalFlaw.HELD, "it belonged to a case")
            return
        newest = {one.row.id: one.row for one in self._holds if (one.epoch, one.seq) < self._place}
        for row in newest.values():
            if row.said["state"] == IN_FORCE and hold_of(row).holds(clip.facts):
                yield self._wrong(DisposalFlaw.HELD, f"hold {row.id} was in force")
                return
