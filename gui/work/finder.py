"""The head of a list that is searched: what is typed, filters that type for one, how many there are of what, saved searches.

The text is all there is to a search: a filter writes into it, a saved search replaces it. What it means, and whether it can be understood, the
station says.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from gui.here import Here
from gui.link import Asker, Problem
from gui.pages import there
from gui.parts.asking import Asking
from gui.parts.basics import button, column, holding, icon_button, label, line_edit, pictured, row
from gui.parts.flow import Flow
from gui.work import typed
from gui.work.categories import Categories
from station.commands import Answer
from station.commands.searching import ListSearches, SaveSearch, Search
from station.httpclient import HttpClient

SOON_MS = 350
"""After the last key a search is asked for by itself."""
FACETS = ("day", "unit", "officer", "device", "category", "state")
WANTING = (("missing", "case"), ("missing", "category"), ("missing", "incident"), ("is", "late"))
PERIODS = (("today", 0), ("last-7-days", 6), ("last-30-days", 29))


class Finder(QWidget):
    """What is looked for."""

    asked = Signal(str)
    """A text is to be looked for."""

    def __init__(self, here: Here, asks: Asker, categories: Categories) -> None:
        super().__init__()
        self.here, self._asks, self._categories = here, asks, categories
        words = here.words
        self.box: QLineEdit = line_edit(here, "find-box")
        self.box.setClearButtonEnabled(True)
        for clear in self.box.findChildren(QToolButton):
            words.put(clear, "find-clear", "setAccessibleName")
        words.put(self.box, "find-box-help", "setToolTip")
        self.wrong = label(here, of="", tone="bad", wrap=True)
        self.wrong.hide()
        self._saved = button(here, "find-saved", self._ask_saved, picture="queue")
        self._facets = {name: self._chip(f"find-{name}", partial(self._ask_values, name), "down") for name in FACETS}
        self._wanting = {one: self._chip(f"find-{'-'.join(one)}", partial(self._switch, *one)) for one in WANTING}
        self._counts: dict[tuple[str, str], str] = {}
        chips = holding(Flow(*self._facets.values(), *self._wanting.values()))
        self.setLayout(
            column(
                row(self.box, icon_button(here, "find-save", self.save, "plus"), self._saved, free=0),
                self.wrong,
                chips,
                space=6,
            )
        )
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.look)
        self.box.textEdited.connect(lambda _text: self._soon.start())
        self.box.returnPressed.connect(self.look)
        words.changed.connect(self._show_chips)
        categories.changed.connect(self._show_chips)
        self._shown = ""
        self._show_chips()

    # What the screen calls

    @property
    def text(self) -> str:
        """What is looked for."""
        return self.box.text().strip()

    def put(self, text: str) -> None:
        """Look for this."""
        self.box.setText(text)
        self.look()

    def look(self) -> None:
        """Look for what stands there now."""
        self._soon.stop()
        self.wrong.hide()
        self._show_chips()
        self.asked.emit(self.text)

    def understood(self) -> None:
        """The station found something, or nothing: now it is worth counting what the other filters would find."""
        self.wrong.hide()
        text = self.text

        def count(client: HttpClient, _report: object) -> dict[tuple[str, str], str]:
            found = {}
            for field, value in WANTING:
                one: Any = client.call(Search(text if value in typed.values(text, field) else f"{text} {field}:{value}", limit=1))
                found[field, value] = one.document["count"]["shown"]
            return found

        self._asks.work("counts", count, self._counted)

    def misunderstood(self, problem: Problem) -> bool:
        """What stands there cannot be looked for: said below it. False: the problem is another one."""
        if not problem.code.startswith("search-"):
            return False
        words = self.here.words
        words.follow(self.wrong, "setText", lambda one: one.setText(problem.text(words.language)))
        self.wrong.show()
        return True

    def save(self) -> None:
        """Keep this search under a name."""
        name = line_edit(self.here, "find-name")
        shared = QCheckBox()
        self.here.words.put(shared, "find-shared")
        text = label(self.here, of="fixed", wrap=True)
        self.here.words.plainly(text, self.text or "–")

        def done(_reason: str) -> None:
            command = SaveSearch(name.text().strip(), self.text, shared=shared.isChecked())
            self._asks.ask("save", command, lambda _: self.here.frame.say("find-kept", "good"), self.here.frame.complain)

        body = holding(column(text, name, shared))
        asking = Asking(self.here, "find-save", "find-save-more", "save", done, body=body)
        name.textChanged.connect(lambda typed_: asking.yes.setEnabled(bool(typed_.strip())))
        name.returnPressed.connect(asking.yes.click)
        asking.yes.setEnabled(False)
        asking.open()
        name.setFocus()

    # Filters

    def _chip(self, code: str, pressed: Any, picture: str | None = None) -> QPushButton:
        made = button(self.here, code, pressed, "chip")
        made.setCheckable(True)
        if picture is not None:
            pictured(self.here, made, picture, "text", 10)
        made.setProperty("code", code)
        return made

    def _switch(self, field: str, value: str) -> None:
        self.put(typed.switched(self.text, field, value))

    def _show_chips(self) -> None:
        words, text = self.here.words, self.text
        for name, chip in self._facets.items():
            chosen = [self._named(name, one) for one in self._chosen(name)]
            shown = words(f"find-{name}")
            if chosen:
                shown = words("find-is", field=shown, values=", ".join(chosen[:2]) + (" …" if len(chosen) > 2 else ""))
            self._show(chip, shown, on=bool(chosen))
        for (field, value), chip in self._wanting.items():
            shown = words(f"find-{field}-{value}")
            count = self._counts.get((field, value))
            if count is not None:
                shown = words("find-counted", value=shown, count=_shown(count))
            self._show(chip, shown, on=value in typed.values(text, field))

    def _show(self, chip: QPushButton, text: str, *, on: bool) -> None:
        self.here.words.plainly(chip, text)
        self.here.words.plainly(chip, text, "setAccessibleName")
        chip.setChecked(on)
        chip.updateGeometry()

    def _counted(self, counts: dict[tuple[str, str], str]) -> None:
        self._counts = counts
        self._show_chips()

    def _chosen(self, facet: str) -> list[str]:
        found = typed.values(self.text, facet)
        return [*found, *(f"{one} →" for one in typed.values(self.text, "after"))] if facet == "day" else found

    def _ask_values(self, facet: str) -> None:
        """The values are counted when somebody wants to see them: what else is looked for bounds them, what is chosen of the field itself does not."""
        self._show_chips()  # a press has turned it round, which only a choice may
        text = typed.asked(self.text, facet, ())
        if facet == "day":
            text = typed.asked(text, "after", ())
        self._asks.ask(
            "values",
            Search(text, limit=1, count=False, values=(facet,)),
            lambda answer: self._show_values(facet, answer),
            self._not_counted,
        )

    def _not_counted(self, problem: Problem) -> None:
        if not self.misunderstood(problem):
            self.here.frame.complain(problem)

    def _show_values(self, facet: str, answer: Answer) -> None:
        document: Any = answer.document
        told = {one["value"]: one["shown"] for one in document["values"][facet]["counts"]}
        chosen = typed.values(self.text, facet)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        if facet == "day":
            for code, days in PERIODS:
                day = (datetime.now(self.here.words.zone) - timedelta(days=days)).strftime("%Y-%m-%d")
                on = day in typed.values(self.text, "after") if days else day in chosen
                act = partial(self._since, day) if days else partial(self._switch, "day", day)
                self._entry(menu, self.here.words(f"find-{code}"), act, on=on)
            menu.addSeparator()
        values = [*told, *(one for one in chosen if one not in told)]
        for value in sorted(values, reverse=True) if facet == "day" else values:
            shown = self.here.words("find-counted", value=self._named(facet, value), count=_shown(told.get(value, "0")))
            self._entry(menu, shown, partial(self._switch, facet, value), on=value in chosen)
        if not values:
            self._entry(menu, self.here.words("nothing-found"), lambda: None).setEnabled(False)
        if chosen or (facet == "day" and typed.values(self.text, "after")):
            menu.addSeparator()
            self._entry(menu, self.here.words("find-any"), partial(self._any, facet))
        chip = self._facets[facet]
        menu.popup(chip.mapToGlobal(chip.rect().bottomLeft()))

    def _entry(self, menu: QMenu, text: str, does: Any, *, on: bool | None = None) -> QAction:
        made = QAction(text.replace("&", "&&"), menu)
        if on is not None:
            made.setCheckable(True)
            made.setChecked(on)
        made.triggered.connect(lambda _on=False: does())
        menu.addAction(made)
        return made

    def _since(self, day: str) -> None:
        text = typed.asked(self.text, "day", ())
        on = day in typed.values(text, "after")
        self.put(typed.asked(text, "after", () if on else (day,)))

    def _any(self, facet: str) -> None:
        text = typed.asked(self.text, facet, ())
        self.put(typed.asked(text, "after", ()) if facet == "day" else text)

    def _named(self, facet: str, value: str) -> str:
        if facet == "category":
            return self._categories.name(value)
        if facet == "state":
            return self.here.words.word("act", value)
        return self.here.words.or_none(value)

    # Saved searches

    def _ask_saved(self) -> None:
        self._asks.ask("saved", ListSearches(), self._show_saved, self.here.frame.complain)

    def _show_saved(self, answer: Answer) -> None:
        document: Any = answer.document
        words = self.here.words
        menu = QMenu(self)
        for one in document["searches"]:
            name = words.or_none(one["name"])
            shown = name if one["own"] else words("find-of", name=name, owner=words.or_none(one["owner"]))
            self._entry(menu, shown, partial(self.put, one["query"]), on=one["query"] == self.text)
        if not document["searches"]:
            self._entry(menu, words("find-none-saved"), lambda: None).setEnabled(False)
        menu.addSeparator()
        self._entry(menu, words("find-save"), self.save)
        if there("searches"):
            self._entry(menu, words("find-manage"), lambda: self.here.frame.go("searches"))
        menu.popup(self._saved.mapToGlobal(self._saved.rect().bottomLeft()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's own name
        if event.key() == Qt.Key.Key_Escape and self.text:
            self.put("")
            return
        super().keyPressEvent(event)


def _shown(count: str) -> str:
    """A count with its thousands apart."""
    number = count.rstrip("+")
    return f"{int(number):,}".replace(",", " ") + count[len(number) :]
