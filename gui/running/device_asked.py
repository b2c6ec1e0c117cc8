"""What is asked about a device: a new one, one that is issued or comes back with what its display shows, one that goes out of service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from evidence.facts import SourceKind
from gui.here import Here
from gui.link import Asker
from gui.parts.asking import Asking, confirm
from gui.parts.basics import label, line_edit
from station.commands import AddDevice, Command, IssueDevice, RetireDevice, ReturnDevice

Done = Callable[[str], object]


def ask_about_new(here: Here, asks: Asker, done: Done) -> Asking:
    """Register a device. ``done`` gets its key."""
    form = _Form(here, "devices-key", "devices-make", "devices-model", "devices-serial", "devices-own", "devices-note")

    def agreed(_reason: str) -> None:
        key, make, model, serial, own, note = form.texts()
        told = AddDevice(key or "", SourceKind.BODY_CAMERA, make, model, serial, own, note)
        _carry_out(here, asks, told, "devices-added", key or "", done)

    return _open(Asking(here, "devices-add", "devices-add-more", "devices-add", agreed, body=form), form)


def ask_to_issue(here: Here, asks: Asker, key: str, done: Done) -> Asking:
    """An officer takes it."""
    form = _Form(here, "devices-officer", "devices-clock")

    def agreed(_reason: str) -> None:
        officer, clock = form.texts()
        _carry_out(here, asks, IssueDevice(key, officer or "", clock), "devices-issued", key, done)

    return _open(Asking(here, "devices-issue", "devices-clock-more", "devices-issue", agreed, body=form, device=key), form)


def ask_to_return(here: Here, asks: Asker, key: str, done: Done) -> Asking:
    """It comes back."""
    form = _Form(here, "devices-clock", optional=1)

    def agreed(_reason: str) -> None:
        (clock,) = form.texts()
        _carry_out(here, asks, ReturnDevice(key, clock), "devices-returned", key, done)

    return _open(Asking(here, "devices-return", "devices-clock-more", "devices-return", agreed, body=form, device=key), form)


def ask_to_retire(here: Here, asks: Asker, key: str, done: Done) -> Asking:
    """It goes out of service."""

    def agreed() -> None:
        _carry_out(here, asks, RetireDevice(key), "devices-retired", key, done)

    return confirm(here, "devices-retire", "devices-retire-more", "devices-retire", agreed, danger=True, device=key)


def _carry_out(here: Here, asks: Asker, command: Command, said: str, key: str, done: Done) -> None:
    def carried_out(_answer: object) -> None:
        here.frame.say(said, "good", device=key)
        done(key)

    asks.ask("act", command, carried_out, here.frame.complain)


def _open(asking: Asking, form: _Form) -> Asking:
    form.watched_by(asking)
    asking.open()
    form.first.setFocus()
    return asking


class _Form(QWidget):
    """Lines below each other, the first of which has to be filled in."""

    def __init__(self, here: Here, *codes: str, optional: int = 0) -> None:
        """``optional``: from which line on they may stay empty, counted from the end where all of them may."""
        super().__init__()
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._lines: list[QLineEdit] = []
        self._needed = not optional
        for code in codes:
            line = line_edit(here, code)
            if code == "devices-clock":
                here.words.put(line, "devices-clock-form", "setPlaceholderText")
            else:
                line.setPlaceholderText("")
            layout.addRow(label(here, code), line)
            self._lines.append(line)

    @property
    def first(self) -> QLineEdit:
        """The line that the keyboard goes to."""
        return self._lines[0]

    def texts(self) -> list[str | None]:
        """What stands in them; None where nothing does."""
        return [one.text().strip() or None for one in self._lines]

    def watched_by(self, asking: Asking) -> None:
        """The first has to be filled in before it is agreed to; Enter goes on from line to line and agrees at the last."""

        def look(*_: Any) -> None:
            asking.yes.setEnabled(not self._needed or bool(self.first.text().strip()))

        self.first.textChanged.connect(look)
        look()
        asking.no.setDefault(False)
        for one, following in zip(self._lines, self._lines[1:], strict=False):
            one.returnPressed.connect(following.setFocus)
        self._lines[-1].returnPressed.connect(asking.yes.click)
