"""The page of a clip: what it is, how it is tagged, which incident it belongs to and why, what was said of it, and who did what with it.

Opening it is an entry of the log; so it is opened once, and only what may have changed is asked again.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QTabWidget, QWidget

from evidence.access import Permission
from evidence.retention import HoldOn
from gui.here import Here
from gui.link import Problem
from gui.pages import there
from gui.parts.asking import Asking, explained
from gui.parts.basics import button, chip, column, holding, label, line_edit, row, scrolled
from gui.parts.states import Stage
from gui.screen import Key, Screen
from gui.work.categories import Categories
from gui.work.reasons import reason_text
from station.commands import Answer, Custody, ShowClip
from station.commands.desk import ShowHistory, ShowIncident
from station.commands.keeping import PlaceHold
from station.commands.matching import AcceptMatch, ListMatches, RejectMatch
from station.deeds import deed
from station.httpclient import HttpClient

TABS = ("match", "history", "custody", "receipts")
MATCH_TONES = {"accepted": "good", "proposed": "info", "rejected": "quiet", "withdrawn": "quiet"}


class Clip(Screen):
    """One clip. ``go("clip", clip=ID)``."""

    KEYS = (
        Key("Esc", "key-back", "go_back"),
        Key("Ctrl+P", "key-play", "play"),
        Key("Ctrl+H", "key-hold", "hold"),
        Key("Ctrl+Shift+P", "key-package", "package"),
    )

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self._clip = ""
        self.document: dict[str, Any] = {}
        self._more: dict[str, Any] = {}
        self.categories = Categories(here, self)
        self._title = label(here, of="title")
        self._facts, self._tags = _card(), _card()
        self.tabs = QTabWidget()
        here.words.put(self.tabs, "page-clip", "setAccessibleName")
        self._pages = {name: QWidget() for name in TABS}
        for name, page in self._pages.items():
            page.setLayout(column(None))
            self.tabs.addTab(scrolled(page), here.words(f"clip-{name}"))
        self._plays = button(here, "key-play", self.play, "primary", "play")
        self._holds = button(here, "clip-hold", self.hold, picture="hold")
        self._packs = button(here, "clip-package", self.package, picture="package")
        self._plays.setVisible(there("player"))
        self._packs.setVisible(there("package") and here.may(Permission.EXPORT))
        self._holds.setVisible(here.may(Permission.PLACE_HOLDS))
        left = QWidget()
        left.setLayout(column(self._facts, self._tags, None, space=10))
        side = scrolled(left)
        side.setMinimumWidth(here.theme.px(470))
        body = QWidget()
        body.setLayout(row(side, self.tabs, space=12, free=1))
        self.stage = Stage(here, body, self.back)
        head = row(
            button(here, "back", self.go_back, picture="back"), self._title, None, self._packs, self._holds, self._plays, space=10
        )
        self.setLayout(column(head, self.stage, margins=(16, 12, 16, 16), free=1))
        here.words.changed.connect(self._show)
        self.categories.changed.connect(self._show)

    # What the frame calls

    def entered(self, **what: Any) -> None:
        self._clip = str(what.get("clip") or self._clip)
        if not self._clip:
            self.stage.empty("clip-none", "clip-none-more", ("clip-to-list", self.go_back), "film")
            return
        self.categories.ask()
        self.back()

    def back(self) -> None:
        if not self._clip:
            return
        self.stage.looking()
        clip, log, cases = self._clip, self.here.may(Permission.READ_LOG), self.here.may(Permission.READ_CASES)

        def ask(client: HttpClient, _report: object) -> tuple[Any, dict[str, Any]]:
            shown: Any = client.call(ShowClip(clip)).document
            matches: Any = client.call(ListMatches(clip=clip)).document
            history: Any = client.call(ShowHistory(clip)).document
            entries: Any = client.call(Custody(clip)).document if log else {"entries": []}
            number = shown["incident"]
            if number is not None and cases:
                incident: Any = client.call(ShowIncident(number, limit=1)).document
                number = incident["number"] or number
            return {**shown, "number": number}, {
                "match": matches["matches"],
                "history": history["fields"],
                "custody": entries["entries"],
            }

        self.asks.work("clip", ask, self._came, self._wrong)

    def first(self) -> QWidget:
        return self._plays if self._plays.isVisibleTo(self) else self.tabs.tabBar()

    # What keys do

    def go_back(self) -> None:
        """To the catalogue."""
        self.here.frame.go("clips")

    def play(self) -> None:
        """Watch it."""
        if there("player") and self._clip:
            self.here.frame.go("player", clip=self._clip)

    def package(self) -> None:
        """Into a package for the court."""
        if there("package") and self._clip:
            self.here.frame.go("package", clips=[self._clip])

    def hold(self) -> None:
        """Keep it from being disposed of."""
        if not self._clip or not self.here.may(Permission.PLACE_HOLDS):
            return
        clause = line_edit(self.here, "clip-clause")

        def placed(reason: str) -> None:
            command = PlaceHold(HoldOn.CLIP, self._clip, clause.text().strip(), reason)
            self.asks.ask("hold", command, self._held, partial(explained, self.here))

        Asking(self.here, "clip-hold", "clip-hold-more", "clip-hold", placed, reason=True, body=clause).open()
        clause.setFocus()

    # What comes

    def _held(self, _answer: Answer) -> None:
        self.here.frame.say("clip-held", "good")
        self.back()

    def _came(self, told: tuple[Any, dict[str, Any]]) -> None:
        self.document, self._more = told
        self._show()
        self.stage.content()

    def _wrong(self, problem: Problem) -> None:
        self.stage.failed(problem)

    def decide(self, match: str, *, belongs: bool) -> None:
        """Say whether it belongs to an incident."""
        command = AcceptMatch(match) if belongs else RejectMatch(match)

        def done(_answer: Answer) -> None:
            self.here.frame.say("match-said-yes" if belongs else "match-said-no", "good")
            self.back()

        self.asks.ask("decide", command, done, partial(explained, self.here))

    # How it shows

    def _show(self) -> None:
        words, one = self.here.words, self.document
        for at, name in enumerate(TABS):
            self.tabs.setTabText(at, words(f"clip-{name}"))
        if not one:
            return
        words.plainly(self._title, words.or_none(one["path"].rpartition("/")[2]))
        _fill(
            self.here,
            self._facts,
            "clip-facts",
            [
                ("clips-recorded-at", words.moment(one["recorded_at"])),
                ("clips-duration", words.duration(one["duration"])),
                ("clips-officer", words.or_none(one["recorded_by"] or one["officer"])),
                ("clips-device", words.or_none(one["device"])),
                ("clips-taken-at", words.moment(one["taken_at"])),
                ("clips-state", words.word("act", one["state"])),
                ("clips-size", words.bytes(one["size"])),
                ("clips-path", words.or_none(one["path"])),
                ("clips-sha256", _grouped(one["sha256"])),
                ("clip-kept-in", words.word("kept", one["kept_in"])),
                ("clip-verified-at", words.moment(one["last_verified_at"])),
            ],
        )
        level, kept = one["importance"], one["sensitivity"]
        _fill(
            self.here,
            self._tags,
            "clip-tags",
            [
                ("tag-case", words.or_none(one["case"])),
                ("tag-category", self.categories.name(one["category"])),
                ("tag-incident", words.or_none(one["number"])),
                ("tag-importance", words("none") if level is None else words.word("importance", level)),
                ("tag-sensitivity", words("none") if kept is None else words.word("sensitivity", kept)),
                ("tag-place", words.or_none(one["place"])),
                ("tag-note", words.or_none(one["note"])),
            ],
        )
        self._rows("match", [self._match(match) for match in self._more["match"]])
        self._rows("history", [self._field(field) for field in self._more["history"]])
        self._rows("custody", [self._entry(entry) for entry in self._more["custody"]])
        self._rows("receipts", [self._receipt(receipt) for receipt in one["receipts"]])

    def _rows(self, name: str, made: list[QWidget]) -> None:
        if not made:
            denied = name == "custody" and not self.here.may(Permission.READ_LOG)
            made = [label(self.here, "clip-custody-denied" if denied else f"clip-no-{name}", "muted", wrap=True)]
        inner = QWidget()
        inner.setLayout(column(*made, None, space=10, margins=(12, 12, 12, 12)))
        area = self.tabs.widget(TABS.index(name))
        inner.setProperty("kind", "scrolled")
        assert isinstance(area, QScrollArea)
        area.setWidget(inner)

    def _match(self, one: dict[str, Any]) -> QWidget:
        words = self.here.words
        number = label(self.here, of="heading")
        words.plainly(number, words.or_none(one["number"] or one["incident"]))
        score = label(self.here, "match-percent", "muted", percent=f"{one['score'] / 10:.1f}")
        state = chip(self.here, f"match-{one['state']}", MATCH_TONES.get(one["state"]))
        whys = []
        for reason in one["reasons"]:
            why = label(self.here, wrap=True)
            words.plainly(why, "· " + reason_text(words, reason))
            whys.append(why)
        acts: list[QWidget | None] = [None]
        if self.here.may(Permission.TAG) and one["state"] in {"proposed", "accepted"}:
            acts.append(button(self.here, "match-no", partial(self.decide, one["id"], belongs=False), picture="cross"))
        if self.here.may(Permission.TAG) and one["state"] == "proposed":
            acts.append(button(self.here, "match-yes", partial(self.decide, one["id"], belongs=True), "primary", "check"))
        return holding(column(row(number, state, score, None), *whys, row(*acts), space=4, margins=(12, 10, 12, 10)), "card")

    def _field(self, one: dict[str, Any]) -> QWidget:
        name = label(self.here, f"tag-{_SHOWN.get(one['field'], one['field'])}", "heading")
        lines = [self._line(value["at"], self._change(one["field"], value), value["by"]) for value in one["values"]]
        return holding(column(name, *lines, space=4))

    def _change(self, field: str, value: dict[str, Any]) -> str:
        words = self.here.words
        if value["erased"]:
            return words("clip-erased")
        old, new = (
            self.categories.name(one) if field == "category" else words.or_none(one) for one in (value["old"], value["new"])
        )
        return words("clip-undone" if value["undone_by"] else "clip-change", old=old, new=new)

    def _entry(self, one: dict[str, Any]) -> QWidget:
        who = one["personal"].get("actor") or one["actor"].get("system")
        return self._line(one["when"]["utc"], deed(one["type"], one["what"], self.here.words.language), who)

    def _receipt(self, one: dict[str, Any]) -> QWidget:
        return self._line(one["at"], self.here.words("clip-received"), one["id"])

    def _line(self, at: str, what: str, who: str | None) -> QWidget:
        words = self.here.words
        when, did, by = label(self.here, of="muted"), label(self.here, wrap=True), label(self.here, of="muted")
        for widget, text in ((when, words.moment(at)), (did, what), (by, words.or_none(who))):
            words.plainly(widget, text)
        when.setMinimumWidth(self.here.theme.px(212))
        return holding(row(when, did, by, space=12, free=1))


_SHOWN = {"case_number": "case"}


def _grouped(digest: str) -> str:
    """A digest in groups that can be read aloud, and broken into lines."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _card() -> QFrame:
    return holding(column(), "card")


def _fill(here: Here, card: QFrame, heading: str, facts: list[tuple[str, str]]) -> None:
    """What stands on a card from now on."""
    inner = QWidget()
    grid = QGridLayout(inner)
    grid.setContentsMargins(14, 10, 14, 12)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(1, 1)
    grid.addWidget(label(here, heading, "heading"), 0, 0, 1, 2)
    for at, (name, text) in enumerate(facts, 1):
        value = label(here, of="fixed" if name == "clips-sha256" else "", wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        here.words.plainly(value, text)
        grid.addWidget(label(here, name, "muted"), at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, at, 1)
    layout = card.layout()
    assert layout is not None
    while (item := layout.takeAt(0)) is not None:
        old = item.widget()
        if old is not None:
            old.hide()
            old.deleteLater()
    layout.addWidget(inner)
