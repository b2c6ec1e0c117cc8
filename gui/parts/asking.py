"""Dialogs: each has a way back that is the default for Escape, and none decides anything by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from gui.here import Here
from gui.link import Problem
from gui.parts.basics import button, column, label, row
from station.commands.people import AskApproval


class Asking(QDialog):
    """A question with its answers. ``said`` is called with the reason (empty where none is asked for) when it is agreed to."""

    def __init__(
        self,
        here: Here,
        heading: str,
        more: str,
        act: str,
        said: Callable[[str], object],
        *,
        reason: bool = False,
        danger: bool = False,
        body: QWidget | None = None,
        **fields: Any,
    ) -> None:
        """``heading``, ``more`` and ``act``: codes of texts. ``reason``: one has to be given. ``body``: what is shown between."""
        super().__init__(here.frame.over())
        self._here, self._said = here, said
        self.setModal(True)
        here.words.put(self, heading, "setWindowTitle", **fields)
        title = label(here, heading, "heading", wrap=True, **fields)
        text = label(here, more, wrap=True, **fields)
        text.setMinimumWidth(here.theme.px(420))
        self._reason = QPlainTextEdit()
        self._reason.setTabChangesFocus(True)
        self._reason.setMaximumHeight(here.theme.px(96))
        here.words.put(self._reason, "reason", "setAccessibleName")
        here.words.put(self._reason, "reason-needed", "setPlaceholderText")
        self._reason.setVisible(reason)
        self._wants = reason
        self.wrong = label(here, of="", tone="bad", wrap=True)
        self.wrong.hide()
        self.yes = button(here, act, self._agreed, "danger" if danger else "primary", **fields)
        self.no = button(here, "cancel", self.reject)
        self.no.setDefault(not reason)
        parts: list[QWidget] = [title, text, *([] if body is None else [body]), self._reason, self.wrong]
        self.setLayout(column(*parts, row(None, self.no, self.yes), space=12, margins=(20, 18, 20, 18)))
        self._look()
        self._reason.textChanged.connect(self._look)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        (self._reason if reason else self.no).setFocus()

    def _look(self) -> None:
        self.yes.setEnabled(not self._wants or bool(self._reason.toPlainText().strip()))

    def _agreed(self) -> None:
        reason = self._reason.toPlainText().strip()
        self.accept()
        self._said(reason)


def confirm(
    here: Here, heading: str, more: str, act: str, done: Callable[[], object], *, danger: bool = False, **fields: Any
) -> Asking:
    """Ask before something is done that changes much."""
    made = Asking(here, heading, more, act, lambda _reason: done(), danger=danger, **fields)
    made.open()
    return made


def ask_reason(here: Here, heading: str, more: str, act: str, done: Callable[[str], object], **fields: Any) -> Asking:
    """Ask for the reason of something."""
    made = Asking(here, heading, more, act, done, reason=True, **fields)
    made.open()
    return made


def ask_approval(here: Here, act: str, subject: str) -> Asking:
    """An act needs a second person: ask for his word, with a reason. ``act`` and ``subject`` as the station's fault named them."""
    asker = here.link.asker()

    def asked(reason: str) -> None:
        asker.ask(
            "approval", AskApproval(act, subject, reason), lambda _: here.frame.say("approval-sent", "good"), here.frame.complain
        )

    made = Asking(here, "approval", "approval-needed", "approval-ask", asked, reason=True)
    made.open()
    return made


def explained(here: Here, problem: Problem) -> None:
    """Say what went wrong; where a second person's word is what was missing, offer to ask for it."""
    if problem.code == "approval-missing" and "act" in problem.fields and "subject" in problem.fields:
        ask_approval(here, str(problem.fields["act"]), str(problem.fields["subject"]))
    else:
        here.frame.complain(problem)
