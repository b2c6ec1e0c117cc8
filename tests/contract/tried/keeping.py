"""How long footage is kept: rules, holds, what is due, disposal."""

from __future__ import annotations

from evidence.catalogue.acts.sheets import NoSuchSheet
from evidence.errors import Exit
from evidence.retention import HoldOn
from station.commands import Command
from station.commands.keeping import (
    AddRule,
    ApproveDisposal,
    AskDisposal,
    ChangeRule,
    CheckDisposals,
    LiftHold,
    ListDisposals,
    ListDue,
    ListHolds,
    ListRules,
    PlaceHold,
    PrintCertificate,
    RebuildHolds,
    RetireRule,
    RunDisposals,
    ShowDisposal,
    ShowRule,
    UndoDisposal,
)
from station.disposals import NothingToDispose
from station.files import TargetUnusable
from station.handlers.holding import HoldUnfit
from station.handlers.keeping import PageUnknown
from station.retaining import BelowMinimum, NoSuchRule, RuleTaken
from tests.contract.tried.form import Asked, Faults

ASKED: Asked = {
    ListRules: (lambda *_: ListRules(), "rules", Exit.OK),
    ShowRule: (lambda *_: ShowRule("six-months"), "history", Exit.OK),
    AddRule: (lambda *_: AddRule("thefts", "12m", "order 7", category="theft"), "made_due", Exit.OK),
    ChangeRule: (lambda *_: ChangeRule("six-months", "12m", reason="order 8"), "rule", Exit.OK),
    RetireRule: (lambda *_: RetireRule("major-call", law="order 9", preview=True), "made_due", Exit.OK),
    ListHolds: (lambda *_: ListHolds(), "holds", Exit.OK),
    PlaceHold: (lambda *_: PlaceHold(HoldOn.OFFICER, "000123", "order 7", "complaint"), "clips", Exit.OK),
    RebuildHolds: (lambda *_: RebuildHolds(), "restored", Exit.OK),
    ListDue: (lambda *_: ListDue(), "due", Exit.OK),
    ListDisposals: (lambda *_: ListDisposals(), "disposals", Exit.OK),
    RunDisposals: (lambda *_: RunDisposals(), "carried_out", Exit.OK),
    CheckDisposals: (lambda *_: CheckDisposals(), "problems", Exit.OK),
}
FAULTS: Faults = {
    ShowRule: (ShowRule("none"), NoSuchRule),
    AddRule: (AddRule("six-months", "7m", "order 7"), RuleTaken),
    ChangeRule: (ChangeRule("six-months", "15d"), BelowMinimum),
    RetireRule: (RetireRule("six-months"), BelowMinimum),
    PlaceHold: (PlaceHold(HoldOn.CLIP, "none", "order 7", "complaint"), HoldUnfit),
    ListDue: (ListDue(after="none"), PageUnknown),
    LiftHold: (LiftHold("none", "why"), NoSuchSheet),
    ShowDisposal: (ShowDisposal("none"), NoSuchSheet),
    AskDisposal: (AskDisposal((), "why"), NothingToDispose),
    ApproveDisposal: (ApproveDisposal("none"), NoSuchSheet),
    UndoDisposal: (UndoDisposal("none", "why"), NoSuchSheet),
    PrintCertificate: (PrintCertificate("none", b"/nowhere/c.pdf"), TargetUnusable),
}
EVERY: tuple[Command, ...] = (
    *(ListRules(), ShowRule("six-months"), ListHolds(lifted=True), RebuildHolds(), ListDue(7, "2026/a")),
    AddRule("thefts", "12m", "order 7", "theft", ("fraud",), "1", "U7", "order 1", preview=True, confirmed=True),
    ChangeRule("six-months", "12m", "order 7", "theft", ("fraud",), "1", "U7", "order 1", "why", preview=True, confirmed=True),
    RetireRule("major-call", "order 9", "why", preview=True, confirmed=True),
    *(LiftHold("h", "why"), ListDisposals(open_only=True), ShowDisposal("d"), ApproveDisposal("d"), UndoDisposal("d", "why")),
    *(RunDisposals(), CheckDisposals(), PrintCertificate("d", b"/x/c.pdf"), AskDisposal(("c",), "why", 7, "who")),
    PlaceHold(HoldOn.DEVICE, "dsj:1", "order 7", "complaint", "court", "2026-11-21T10:00:00Z", "2026-11-21T12:00:00Z"),
)
ELSEWHERE: frozenset[type[Command]] = frozenset(
    {LiftHold, ShowDisposal, AskDisposal, ApproveDisposal, UndoDisposal, PrintCertificate}
)
