"""What waits for a second person: asked for, by whom, why; agree, refuse, or take one's own question back. Nobody agrees to his own."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from evidence.access import APPROVERS, Guarded, Permission
from gui.here import Here
from gui.link import Change, Problem
from gui.parts.asking import ask_reason, confirm
from gui.parts.basics import button, column, holding, label, row
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, Row
from gui.parts.states import Stage
from gui.proof.listing import Listing
from gui.screen import Key, Screen
from station.commands import Answer, Command
from station.commands.people import GiveApproval, ListApprovals, RefuseApproval

STATES = {
    "asked": ("wait", "warn"),
    "given": ("approve", "good"),
    "refused": ("refuse", "bad"),
    "spent": ("check", "quiet"),
    "expired": ("clock", "quiet"),
}


class Approvals(Screen):
    """The inbox."""

    KEYS = (
        Key("Ctrl+Return", "key-approve", "give"),
        Key("Ctrl+Delete", "key-refuse", "refuse"),
        Key("Ctrl+E", "key-everything", "turn"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.list = Listing(here, "page-approvals", self._columns(), lambda one: one["id"])
        self.stage = Stage(here, self.list, self.back)
        self.everything = button(here, "approvals-everything", self.turn, picture="filter")
        self.everything.setCheckable(True)
        self._act = label(here, of="heading", wrap=True)
        self._reason = label(here, wrap=True)
        self._subject = label(here, of="muted", wrap=True)
        self._note = label(here, of="muted", wrap=True)
        self._rule = label(here, of="muted", wrap=True)
        self.give_button = button(here, "approvals-give", self.give, "primary", "approve")
        self.refuse_button = button(here, "approvals-refuse", self.refuse, picture="refuse")
        self.see_button = button(here, "approvals-see", self.see, "flat", "log")
        self._sheet = holding(
            column(
                self._act,
                self._subject,
                self._reason,
                self._note,
                self._rule,
                row(self.give_button, self.refuse_button, self.see_button, None),
                space=6,
                margins=(14, 10, 14, 12),
            ),
            "card",
        )
        self.setLayout(
            column(
                row(label(here, "page-approvals", "title"), None, self.everything),
                label(here, "page-approvals-about", "muted", wrap=True),
                self.stage,
                self._sheet,
                margins=(16, 12, 16, 16),
                free=2,
            )
        )
        self.list.stood.connect(self._stood)
        self._stood(None)

    def entered(self, **_what: Any) -> None:
        self.back()

    def back(self) -> None:
        self.stage.looking()
        self.asks.ask("list", ListApprovals(everything=self.everything.isChecked()), self._came, self.stage.failed)

    def heard(self, changes: tuple[Change, ...]) -> None:
        if any(one.name != "slot" for one in changes):
            self.asks.ask("list", ListApprovals(everything=self.everything.isChecked()), self._came)

    def first(self) -> QWidget:
        return self.list

    # What keys do

    def turn(self) -> None:
        """Everything that was ever asked for, or what waits."""
        if self.sender() is not self.everything:
            self.everything.setChecked(not self.everything.isChecked())
        self.back()

    def give(self) -> None:
        """Agree to what one stands on, after a look at its reason."""
        one = self.list.current()
        if one is None or not self.give_button.isEnabled():
            return
        confirm(
            self.here,
            "approvals-give-title",
            "approvals-give-more",
            "approvals-give",
            lambda: self._decide(GiveApproval(one["id"]), "approvals-given", one),
            what=self.here.words.word("guarded", one["act"]),
            who=self.here.words.or_none(one["asked_by"]),
            why=self.here.words.or_none(one["reason"]),
        )

    def refuse(self) -> None:
        """Refuse it, or take one's own back, with a reason."""
        one = self.list.current()
        if one is None or not self.refuse_button.isEnabled():
            return
        ask_reason(
            self.here,
            "approvals-refuse-title",
            "approvals-refuse-more",
            "approvals-withdraw" if self._mine(one) else "approvals-refuse",
            lambda reason: self._decide(RefuseApproval(one["id"], reason), "approvals-refused", one),
            what=self.here.words.word("guarded", one["act"]),
            who=self.here.words.or_none(one["asked_by"]),
        )

    def see(self) -> None:
        """Its entries in the log."""
        one = self.list.current()
        if one is not None:
            self.here.frame.go("custody", subject=f"sheet:{one['id']}")

    # What comes

    def _decide(self, command: Command, said: str, one: Row) -> None:
        def done(_answer: Answer) -> None:
            self.here.frame.say(said, "good", what=self.here.words.word("guarded", one["act"]))
            self.back()

        def failed(problem: Problem) -> None:
            self.here.frame.complain(problem)
            self.back()

        self.asks.ask("decide", command, done, failed)

    def _came(self, answer: Answer) -> None:
        document: Any = answer.document
        self.list.show_rows(document["approvals"])
        if document["approvals"]:
            self.stage.content()
        else:
            self.stage.empty("approvals-none", "approvals-none-more", picture="approve")

    def _mine(self, one: Row) -> bool:
        return self.here.person is not None and one["asked_by"] == self.here.person.badge

    def _stood(self, one: Row | None) -> None:
        self._sheet.setVisible(one is not None)
        if one is None:
            return
        words = self.here.words
        open_, mine = one["state"] in {"asked", "given"}, self._mine(one)
        role = None if self.here.person is None else self.here.person.role
        may = one["act"] in set(Guarded) and role in {approver.value for approver in APPROVERS[Guarded(one["act"])]}
        words.follow(self._act, "setText", lambda at: at.setText(words.word("guarded", one["act"])))
        words.plainly(self._subject, words.or_none(one["subject"]))
        words.plainly(self._reason, words.or_none(one["reason"]))
        self._note.setVisible(bool(one["note"]))
        words.plainly(self._note, f"{words.or_none(one['decided_by'])}: {words.or_none(one['note'])}")
        rule = "approvals-over" if not open_ else "approvals-own" if mine else "approvals-yours" if may else "approvals-beyond"
        if rule == "approvals-yours" and one["state"] == "given":
            rule = "approvals-is-given"
        words.put(self._rule, rule)
        self.give_button.setVisible(one["state"] == "asked" and not mine)
        self.give_button.setEnabled(one["state"] == "asked" and may and not mine)
        self.refuse_button.setVisible(open_)
        self.refuse_button.setEnabled(open_ and (mine or may))
        for into in ("setText", "setAccessibleName"):
            words.put(self.refuse_button, "approvals-withdraw" if mine else "approvals-refuse", into)
        self.see_button.setVisible(self.here.may(Permission.READ_LOG))

    def _columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            picture, tone = STATES.get(one["state"], ("unknown", "quiet"))
            return toned(theme, words.word("approval", one["state"]), picture, tone)

        return (
            Column("state", "approvals-state", state, 220),
            Column("act", "approvals-act", lambda one: words.word("guarded", one["act"]), 190),
            Column("by", "approvals-by", lambda one: words.or_none(one["asked_by"]), 100),
            Column("asked", "approvals-asked", lambda one: words.moment(one["asked_at"], seconds=False), 200),
            Column("until", "approvals-until", lambda one: words.moment(one["expires_at"], seconds=False), 200),
            Column("reason", "approvals-reason", lambda one: words.or_none(one["reason"]), 200),
        )
