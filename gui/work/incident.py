"""The page of an incident: the dispatch record beside all its footage on one time line, and what the station proposes, with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QTabWidget, QWidget

from evidence.access import Permission
from gui.here import Here
from gui.link import Change, Problem
from gui.parts.basics import button, column, holding, icon_button, label, row, scrolled
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, Row
from gui.parts.states import Stage
from gui.screen import Key, Screen
from gui.words import Words
from gui.work.footage import MOST, Footage, band_of, bar_of, history_columns
from gui.work.incidents import source_of
from gui.work.part import Part
from station.commands import Progress
from station.commands.clips import ShowClip
from station.commands.desk import ShowIncident
from station.commands.matching import AcceptMatch, ListMatches, RejectMatch
from station.httpclient import HttpClient

STATES = {
    "proposed": ("unknown", "warn"),
    "accepted": ("check", "good"),
    "rejected": ("refuse", "quiet"),
    "withdrawn": ("minus", "quiet"),
}
_FACTS = ("begin", "end", "place", "officers", "cameras", "category", "unit", "source", "cases", "text")


class Incident(Screen):
    """An incident."""

    KEYS = (
        Key("A", "key-accept-match", "accept"),
        Key("R", "key-reject-match", "reject"),
        Key("Ctrl+0", "key-whole-line", "whole_line"),
        Key("Alt+Left", "key-upwards", "upwards"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.incident: str | None = None
        self.shown: dict[str, Any] | None = None
        self._number = label(here, of="title")
        self.footage = Footage(here, "incident-line-name", "incident-footage", incident=True)
        self._bare = Stage(here, self.footage.card, self.back)
        self.matches = Part(here, "incident-matches", self._match_columns(), ("matches-none", "matches-none-more", "unknown"))
        self.history = Part(here, "incident-history", history_columns(here), ("empty", None, "log"))
        self.tabs = QTabWidget()
        here.words.put(self.tabs, "page-incident", "setAccessibleName")
        self.accept_button = button(here, "match-accept", self.accept, "primary", picture="check")
        self.reject_button = button(here, "match-reject", self.reject, picture="cross")
        self.why = label(here, of="", wrap=True)
        self.why.setAlignment(Qt.AlignmentFlag.AlignTop)
        for widget in (self._judging(), self.footage.table, self.history):
            self.tabs.addTab(widget, "")
        self._name_tabs({})
        inside = QWidget()
        beside = row(self._record(), self._bare, space=12)
        beside.setStretch(1, 1)
        whole = column(
            row(icon_button(here, "key-upwards", self.upwards, "back"), self._number, None),
            beside,
            self.tabs,
            margins=(16, 12, 16, 16),
        )
        whole.setStretch(1, 5)
        whole.setStretch(2, 4)
        inside.setLayout(whole)
        self.stage = Stage(here, inside, self.back)
        self.setLayout(column(self.stage))
        self.matches.table.stood.connect(lambda _one: self._explain())
        self.matches.table.opened.connect(lambda one: here.frame.go("clip", clip=one["clip"]))

    # What the frame calls

    def entered(self, incident: str | None = None, **_what: Any) -> None:
        if incident is not None and incident != self.incident:
            self.incident, self.shown = incident, None
            self.footage.line.show_bars(())
        if self.incident is None:
            self.upwards()
            return
        if self.shown is None:
            self.stage.looking()
        self._ask()

    def back(self) -> None:
        if self.incident is not None:
            self.stage.looking()
            self._ask()

    def heard(self, changes: tuple[Change, ...]) -> None:
        if self.incident is not None and any(one.name == "clip" for one in changes):
            self._ask()

    def first(self) -> QWidget:
        return self.footage.line

    def _ask(self) -> None:
        wanted = self.incident
        assert wanted is not None
        self.asks.work("incident", lambda client, report: _read(client, wanted, report), self._came, self._wrong)

    def _wrong(self, problem: Problem) -> None:
        if self.shown is None or not problem.unreachable:
            self.stage.failed(problem)

    # What keys do

    def upwards(self) -> None:
        """The list of incidents."""
        self.here.frame.go("incidents")

    def whole_line(self) -> None:
        """All of the time line."""
        self.footage.line.fit()

    def accept(self) -> None:
        """The clip one stands on among the matches belongs to the incident."""
        self._decide("match-accepted-now", AcceptMatch, self.accept_button.isEnabled())

    def reject(self) -> None:
        """It does not belong to it, and is not offered again."""
        self._decide("match-rejected-now", RejectMatch, self.reject_button.isEnabled())

    def _decide(self, code: str, command: type[AcceptMatch | RejectMatch], may: bool) -> None:
        one = self.matches.table.current()
        if one is None or not may or self.tabs.currentIndex() != 0:
            return

        def done(_answer: object) -> None:
            self.here.frame.say(code, "good", number=self.here.words.or_none(one["number"]))
            self._ask()

        self.asks.ask("decide", command(one["id"]), done, self.here.frame.complain)

    # What it shows

    def _came(self, found: dict[str, Any]) -> None:
        document, matches = found["incident"], found["matches"]
        self.shown = document
        words = self.here.words
        words.plainly(self._number, words.or_none(document["number"]))
        words.follow(self, "record", lambda _screen: self._show_record(document))
        self.footage.line.show_bars([bar_of(words, one) for one in document["footage"]], [band_of(words, document)])
        self.footage.show_clips(document["footage"])
        if document["footage"]:
            self._bare.content()
        else:
            self._bare.empty("incident-no-footage", "incident-no-footage-more", picture="film")
        before = self.matches.table.currentIndex().row()
        self.matches.show_rows(matches)
        if matches:
            self.matches.table.selectRow(min(max(before, 0), len(matches) - 1))
        self.history.show_rows(document["history"][::-1])
        self._name_tabs({"matches": len(matches), "footage": len(document["footage"]), "history": len(document["history"])})
        self._explain()
        self.stage.content()

    def _record(self) -> QWidget:
        form = QFormLayout()
        form.setContentsMargins(12, 10, 12, 10)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow(label(self.here, "incident-record", "heading"))
        self._form: dict[str, QLabel] = {}
        for name in _FACTS:
            value = label(self.here, wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._form[name] = value
            form.addRow(label(self.here, _LABELS[name], "muted"), value)
        inner = QWidget()
        inner.setLayout(form)
        made = holding(column(scrolled(inner)), "card")
        made.setFixedWidth(self.here.theme.px(380))  # a moment with its offset on one line
        return made

    def _show_record(self, one: Mapping[str, Any]) -> None:
        words = self.here.words
        told = {
            "begin": words.moment(one["begins_at"]),
            "end": words("incident-goes-on") if one["ends_at"] is None else words.moment(one["ends_at"]),
            "place": words.or_none(one["place"]),
            "officers": words.or_none(", ".join(one["officers"])),
            "cameras": words.or_none(", ".join(one["devices"])),
            "category": words.or_none(one["category"]),
            "unit": words.or_none(one["unit"]),
            "source": source_of(self.here, dict(one)),
            "cases": words.or_none(", ".join(one["cases"])),
            "text": words.or_none(one["text"]),
        }
        for name, text in told.items():
            self._form[name].setText(text)

    def _judging(self) -> QWidget:
        reasons = holding(
            column(
                label(self.here, "match-reasons", "heading"),
                self.why,
                None,
                row(self.accept_button, self.reject_button, None),
                margins=(12, 10, 12, 10),
            ),
            "card",
        )
        reasons.setMinimumWidth(self.here.theme.px(340))
        made = QWidget()
        inside = row(self.matches, reasons, margins=(0, 0, 0, 0))
        inside.setStretch(0, 3)
        inside.setStretch(1, 2)
        made.setLayout(inside)
        return made

    def _explain(self) -> None:
        one, words = self.matches.table.current(), self.here.words
        may = one is not None and self.here.may(Permission.TAG)
        self.accept_button.setEnabled(may and one is not None and one["state"] != "accepted")
        self.reject_button.setEnabled(may and one is not None and one["state"] != "rejected")
        if one is None:
            words.put(self.why, "match-choose")
        else:
            words.follow(
                self.why, "setText", lambda it: it.setText("\n".join(f"• {reason(words, why)}" for why in one["reasons"]))
            )

    def _match_columns(self) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def state(one: Row) -> Cell:
            word = words("match-doubted") if one["doubted"] else words.word("match", one["state"])
            return toned(
                theme, word, *(("unknown", "warn") if one["doubted"] else STATES.get(one["state"], ("unknown", "quiet")))
            )

        def by(one: Row) -> str:
            return words("match-by-station" if one["by"] == "station" else "match-by-person")

        return (
            Column("state", "match-column-state", state, 120),
            Column(
                "score",
                "match-column-score",
                lambda one: words("match-likelihood", percent=f"{one['score'] / 10:.1f}"),
                96,
                right=True,
            ),
            Column("device", "match-column-camera", lambda one: words.or_none(one["device"]), 130),
            Column("recorded_at", "match-column-begin", lambda one: words.moment(one["recorded_at"], offset=False), 164),
            Column("by", "match-column-by", by, 100),
        )

    def _name_tabs(self, counts: dict[str, int]) -> None:
        words = self.here.words

        def name(tabs: QTabWidget) -> None:
            for number, (one, code) in enumerate(_TABS):
                text = words(code)
                tabs.setTabText(number, words("casefile-tab", name=text, n=words.number(counts[one])) if one in counts else text)

        words.follow(self.tabs, "setTabText", name)


_LABELS = {
    "begin": "incidents-begin",
    "end": "incidents-end",
    "place": "incidents-place",
    "officers": "incidents-officers",
    "cameras": "incident-cameras",
    "category": "incidents-category",
    "unit": "cases-unit",
    "source": "incidents-source",
    "cases": "incident-cases",
    "text": "incidents-text",
}
_TABS = (("matches", "incident-matches"), ("footage", "casefile-footage"), ("history", "casefile-history"))


def _read(client: HttpClient, incident: str, _report: Callable[[Progress], None]) -> dict[str, Any]:
    """The incident, what is proposed for it, and of each clip that is proposed its camera and time."""
    document: Any = client.call(ShowIncident(incident, limit=MOST)).document
    answer: Any = client.call(ListMatches(incident=document["id"])).document
    known = {one["clip"]: one for one in document["footage"]}
    matches = []
    for one in answer["matches"]:
        clip: Any = known.get(one["clip"]) or client.call(ShowClip(one["clip"])).document
        matches.append({**one, "device": clip["device"], "recorded_at": clip["recorded_at"]})
    order = list(STATES)
    matches.sort(key=lambda one: (order.index(one["state"]), -one["score"]))
    return {"incident": document, "matches": matches}


def reason(words: Words, one: Mapping[str, Any]) -> str:
    """Why the station proposes a clip, in its own words."""
    fields = {name: value for name, value in one.items() if name != "code"}
    if "seconds" in fields:
        sign = "-" if fields["seconds"] < 0 else ""
        fields["seconds"] = sign + words.duration(abs(fields["seconds"]))
    if "permille" in fields:
        fields["permille"] = f"{fields['permille'] / 10:.1f}"
    code = f"reason-{one['code']}"
    return words(code, **fields) if words.known(code) else words.word("reason", one["code"])
