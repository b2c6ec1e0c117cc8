"""The page of a case: its footage on one time line with each clock's doubt, its people by role, incidents, holds, packages, and its history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QTabWidget, QWidget

from evidence.access import Permission
from evidence.retention import HoldOn
from gui.here import Here
from gui.link import Change, Problem
from gui.look import kind
from gui.parts.asking import Asking, ask_reason
from gui.parts.basics import button, chip, column, holding, icon_button, label, line_edit, row
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, Row
from gui.parts.states import Stage
from gui.screen import Key, Screen
from gui.work.footage import MOST, Footage, band_of, bar_of, history_columns
from gui.work.part import Part
from station.commands import Answer
from station.commands.desk import ShowCase
from station.commands.keeping import LiftHold, PlaceHold


class CaseFile(Screen):
    """A case."""

    KEYS = (
        Key("Ctrl+H", "key-case-hold", "place_hold"),
        Key("Ctrl+0", "key-whole-line", "whole_line"),
        Key("Alt+Left", "key-upwards", "upwards"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.case: str | None = None
        self.shown: dict[str, Any] | None = None
        self._number, self._title = label(here, of="title"), label(here, of="heading", wrap=True)
        self._state, self._held = chip(here), chip(here, "casefile-held", "warn")
        self._facts = label(here, of="muted", wrap=True)
        self.hold = button(here, "hold-place", self.place_hold, picture="hold")
        self.hold.setVisible(here.may(Permission.PLACE_HOLDS))
        self.footage = Footage(here, "casefile-line", "casefile-footage")
        self._bare = Stage(here, self.footage.card, self.back)
        self.tabs = QTabWidget()
        here.words.put(self.tabs, "page-case", "setAccessibleName")
        self.parts = self._parts()
        self.lift = button(here, "hold-lift", self.lift_hold)
        self.lift.setVisible(here.may(Permission.LIFT_HOLDS))
        holds = QWidget()
        holds.setLayout(column(self.parts["holds"], row(None, self.lift), margins=(0, 0, 0, 0), free=0))
        self.parts["holds"].table.stood.connect(lambda _one: self._look_at_hold())
        for widget in (
            self.footage.table,
            self.parts["people"],
            self.parts["incidents"],
            holds,
            self.parts["packages"],
            self.parts["history"],
        ):
            self.tabs.addTab(widget, "")
        self._name_tabs({})
        inside = QWidget()
        whole = column(
            row(
                icon_button(here, "key-upwards", self.upwards, "back"),
                self._number,
                self._state,
                self._held,
                None,
                self.hold,
            ),
            self._title,
            self._facts,
            self._bare,
            self.tabs,
            margins=(16, 12, 16, 16),
        )
        whole.setStretch(3, 5)
        whole.setStretch(4, 4)
        inside.setLayout(whole)
        self.stage = Stage(here, inside, self.back)
        self.setLayout(column(self.stage))
        self.parts["incidents"].table.opened.connect(lambda one: here.frame.go("incident", incident=one["id"]))

    # What the frame calls

    def entered(self, case: str | None = None, **_what: Any) -> None:
        if case is not None and case != self.case:
            self.case, self.shown = case, None
            self.footage.line.show_bars(())
        if self.case is None:
            self.upwards()
            return
        if self.shown is None:
            self.stage.looking()
        self._ask()

    def back(self) -> None:
        if self.case is not None:
            self.stage.looking()
            self._ask()

    def heard(self, changes: tuple[Change, ...]) -> None:
        if self.case is not None and any(one.name == "clip" for one in changes):
            self._ask()

    def first(self) -> QWidget:
        return self.footage.line

    def _ask(self) -> None:
        assert self.case is not None
        self.asks.ask("case", ShowCase(self.case, limit=MOST), self._came, self._wrong)

    def _wrong(self, problem: Problem) -> None:
        if self.shown is None or not problem.unreachable:
            self.stage.failed(problem)

    # What keys do

    def upwards(self) -> None:
        """The list of cases."""
        self.here.frame.go("cases")

    def whole_line(self) -> None:
        """All of the time line."""
        self.footage.line.fit()

    def place_hold(self) -> None:
        """Ask what it rests on and why, and place it."""
        if self.shown is None or not self.here.may(Permission.PLACE_HOLDS):
            return
        number = self.shown["number"]
        clause, asked_by = line_edit(self.here, "hold-clause"), line_edit(self.here, "hold-asked-by")

        def said(reason: str) -> None:
            wanted = PlaceHold(HoldOn.CASE, number, clause.text().strip(), reason, asked_by.text().strip() or None)
            self.asks.ask("hold", wanted, lambda _answer: self._did("hold-placed-now", number=number), self.here.frame.complain)

        body = holding(column(clause, asked_by))
        asking = Asking(
            self.here, "hold-place-title", "hold-place-more", "hold-place-do", said, reason=True, body=body, number=number
        )
        asking.open()
        clause.setFocus()

    def lift_hold(self) -> None:
        """Ask that the hold one stands on be lifted, or lift it as the second person."""
        one = self.parts["holds"].table.current()
        if one is None:
            return

        def said(reason: str) -> None:
            self.asks.ask("hold", LiftHold(one["id"], reason), lifted, self.here.frame.complain)

        def lifted(answer: Answer) -> None:
            document: Any = answer.document
            self._did("hold-lifted-now" if document["lifted"] else "hold-lift-asked")

        ask_reason(self.here, "hold-lift-title", "hold-lift-more", "hold-lift-do", said)

    def _did(self, code: str, **fields: Any) -> None:
        self.here.frame.say(code, "good", **fields)
        self._ask()

    # What it shows

    def _came(self, answer: Answer) -> None:
        document: Any = answer.document
        self.shown = document
        words = self.here.words
        words.plainly(self._number, words.or_none(document["number"]))
        words.plainly(self._title, words.or_none(document["title"]))
        words.follow(self._state, "setText", lambda one: one.setText(words.word("case", document["state"])))
        kind(self._state, "chip", {"open": "info"}.get(document["state"], "quiet"))
        in_force = any(one["state"] == "in-force" for one in document["holds"])
        self._held.setVisible(in_force)
        words.follow(self._facts, "setText", lambda one: one.setText(" · ".join(self._facts_of(document))))
        self.footage.line.show_bars(
            [bar_of(words, one) for one in document["footage"]], [band_of(words, one) for one in document["incidents"]]
        )
        self.footage.show_clips(document["footage"], document["clips"] if document["next"] is not None else None)
        if document["footage"]:
            self._bare.content()
        else:
            go: tuple[str, Callable[[], object]] = ("casefile-to-clips", lambda: self.here.frame.go("clips"))
            self._bare.empty("casefile-no-footage", "casefile-no-footage-more", go, "film")
        rows = {
            "people": sorted(document["people"], key=lambda one: (one["role"], one["name"])),
            "incidents": document["incidents"],
            "holds": sorted(document["holds"], key=lambda one: one["state"] != "in-force"),
            "packages": document["packages"],
            "history": document["history"][::-1],
        }
        for name, found in rows.items():
            self.parts[name].show_rows(found)
        self._name_tabs({"footage": document["clips"], **{name: len(found) for name, found in rows.items()}})
        if rows["holds"]:
            self.parts["holds"].table.selectRow(0)
        self._look_at_hold()
        self.stage.content()

    def _facts_of(self, document: dict[str, Any]) -> list[str]:
        words = self.here.words
        found = [words("casefile-unit", unit=words.or_none(document["unit"])), words("count-clips", n=document["clips"])]
        if document["clips_out_of_reach"]:
            found.append(words("count-hidden", n=document["clips_out_of_reach"]))
        if document["sensitivity"]:
            found.append(words("casefile-sensitive", what=words.word("sensitivity", document["sensitivity"])))
        if document["earlier"]:
            found.append(words("casefile-earlier", numbers=", ".join(map(words.or_none, document["earlier"]))))
        if document["merged_into"]:
            found.append(words("casefile-merged-into", number=words.or_none(document["merged_into"])))
        if document["history_left_out"]:
            found.append(words("count-earlier-versions", n=document["history_left_out"]))
        return found

    def _look_at_hold(self) -> None:
        one = self.parts["holds"].table.current()
        self.lift.setEnabled(one is not None and one["state"] == "in-force")

    def _name_tabs(self, counts: dict[str, int]) -> None:
        words = self.here.words

        def name(tabs: QTabWidget) -> None:
            for number, one in enumerate(_TABS):
                text = words(f"casefile-{one}")
                tabs.setTabText(number, words("casefile-tab", name=text, n=words.number(counts[one])) if one in counts else text)

        words.follow(self.tabs, "setTabText", name)

    def _parts(self) -> dict[str, Part]:
        here, words = self.here, self.here.words

        def state(one: Row) -> Cell:
            looks = ("hold", "warn") if one["state"] == "in-force" else ("check", "quiet")
            return toned(here.theme, words.word("hold", one["state"]), *looks)

        people = (
            Column("role", "people-role", lambda one: words.word("party", one["role"]), 160),
            Column("name", "people-name", lambda one: words.or_none(one["name"]), 300),
        )
        incidents = (
            Column("number", "incidents-number", lambda one: words.or_none(one["number"]), 160),
            Column("begins_at", "incidents-begin", lambda one: words.moment(one["begins_at"]), 220),
            Column("place", "incidents-place", lambda one: words.or_none(one["place"]), 200),
            Column("category", "incidents-category", lambda one: words.or_none(one["category"]), 150),
            Column("officers", "incidents-officers", lambda one: words.or_none(", ".join(one["officers"])), 160),
        )
        holds = (
            Column("state", "hold-column-state", state, 130),
            Column("on", "hold-column-on", lambda one: f"{words.word('hold-on', one['on'])} {words.or_none(one['value'])}", 280),
            Column("clause", "hold-column-clause", lambda one: words.or_none(one["clause"]), 180),
            Column("reason", "hold-column-reason", lambda one: words.or_none(one["reason"]), 220),
            Column("at", "hold-column-at", lambda one: words.moment(one["at"]), 220),
        )
        packages = (
            Column("at", "package-column-at", lambda one: words.moment(one["at"]), 220),
            Column("by", "package-column-by", lambda one: words.or_none(one["by"]), 120),
            Column("clips", "package-column-clips", lambda one: words.number(one["clips"]), 90, right=True),
            Column("package", "package-column-id", lambda one: words.or_none(one["package"]), 320),
        )
        nothing: dict[str, tuple[str, str | None, str]] = {
            "people": ("people-none", None, "people"),
            "incidents": ("incident-none-of-case", None, "incident"),
            "holds": ("holds-none", "holds-none-more", "hold"),
            "packages": ("packages-none", "packages-none-more", "package"),
            "history": ("empty", None, "log"),
        }
        columns = {
            "people": people,
            "incidents": incidents,
            "holds": holds,
            "packages": packages,
            "history": history_columns(here),
        }
        return {name: Part(here, f"casefile-{name}", columns[name], nothing[name]) for name in columns}


_TABS = ("footage", "people", "incidents", "holds", "packages", "history")
