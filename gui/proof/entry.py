"""One entry of the custody log as a sheet: who, what before and after, its place in the chain, and the proof that it stands in the signed log.

The proof is asked for as soon as one stays on an entry. What the station says of it is worked out here once more from the bytes it sent: a window
that only repeated "proven" would prove nothing.
"""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from evidence.custody.checkpoint import read_head
from evidence.custody.merkle import check_inclusion, leaf_hash
from evidence.errors import Fault
from gui.here import Here
from gui.link import Asker, Problem
from gui.look import kind
from gui.parts.basics import Picture, button, chip, column, holding, label, row, scrolled
from gui.parts.paged import Row
from gui.proof.telling import Line, act, lines, who
from station.commands import Answer
from station.commands.log import Custody, ProveEntry

STAY_MS = 200
"""One who only passes over rows asks for nothing."""


class EntrySheet(QWidget):
    """The sheet."""

    only_object = Signal(str)
    only_person = Signal(str)

    def __init__(self, here: Here, asks: Asker) -> None:
        super().__init__()
        self.here, self._asks = here, asks
        self.entry: Row | None = None
        self.proof: dict[str, Any] | None = None
        self._none = label(here, "log-none-yet", "muted", wrap=True)
        self._act = label(here, of="heading", wrap=True)
        self._at = label(here, wrap=True)
        self._who = label(here, of="muted", wrap=True)
        self._object = label(here, of="muted", wrap=True)
        self._told = label(here, "log-told", "heading")
        self._lines = QWidget()
        self._grid = QGridLayout(self._lines)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._previous = label(here, of="fixed", wrap=True)
        self._previous_word = label(here, of="muted", wrap=True)
        self._own = label(here, of="fixed", wrap=True)
        self._verdict = chip(here)
        self._picture = Picture(here, "wait", "muted", 20)
        self._meaning = label(here, wrap=True)
        self._numbers = label(here, of="muted", wrap=True)
        self._root = label(here, of="fixed", wrap=True)
        self._key = label(here, of="fixed", wrap=True)
        self._witnesses = label(here, of="muted", wrap=True)
        for one in (self._previous, self._own, self._root, self._key, self._object):
            one.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._object_button = button(here, "log-only-this", self._want_object, "flat", "filter")
        self._person_button = button(here, "log-only-person", self._want_person, "flat", "person")
        self._content = self._made()
        self._outer = scrolled(self._content)
        kind(self, "side")
        self.setLayout(column(self._none, self._outer, margins=(0, 0, 0, 0)))
        self._stay = QTimer(self)
        self._stay.setSingleShot(True)
        self._stay.setInterval(STAY_MS)
        self._stay.timeout.connect(self._ask)
        self.show_entry(None)

    def _made(self) -> QWidget:
        here = self.here
        head = column(self._act, self._at, self._who, self._object, row(self._object_button, self._person_button, None), space=4)
        chain = column(
            label(here, "log-chain", "heading"),
            self._previous_word,
            self._previous,
            label(here, "log-own", "muted", wrap=True),
            self._own,
            space=4,
        )
        proof = column(
            row(label(here, "log-proof", "heading"), None, self._picture, self._verdict),
            self._meaning,
            self._numbers,
            label(here, "log-root", "muted"),
            self._root,
            label(here, "log-signed-by", "muted"),
            self._key,
            self._witnesses,
            space=4,
        )
        made = QWidget()
        inner = QVBoxLayout(made)
        inner.setSpacing(10)
        inner.setContentsMargins(0, 0, 4, 0)
        for one in (head, column(self._told, self._lines, space=6), proof, chain):
            inner.addWidget(holding(_padded(one), "card"))
        inner.addStretch(1)
        return made

    def show_entry(self, entry: Row | None) -> None:
        """Show this entry; None: none."""
        if entry is not None and self.entry is not None and _key(entry) == _key(self.entry):
            return
        self.entry, self.proof = entry, None
        self._asks.drop("before")
        self._asks.drop("proof")
        self._none.setVisible(entry is None)
        self._outer.setVisible(entry is not None)
        if entry is None:
            self._stay.stop()
            return
        follow = self.here.words.follow
        follow(self._act, "setText", lambda one: one.setText(act(self.here.words, entry)))
        follow(self._at, "setText", lambda one: one.setText(self._when(entry)))
        follow(self._who, "setText", lambda one: one.setText(self._person(entry)))
        follow(self._object, "setText", lambda one: one.setText(self._subject(entry)))
        self._person_button.setVisible(bool(entry["personal"].get("actor")))
        self.here.words.put(self._previous_word, "log-previous" if entry["prev"] else "log-previous-none")
        self._previous.setVisible(bool(entry["prev"]))
        self.here.words.plainly(self._previous, _hex(entry["prev"]) if entry["prev"] else "")
        self.here.words.plainly(self._own, "")
        self._fill(lines(self.here.words, entry))
        follow(self._lines, "lines", lambda _one: self._fill(lines(self.here.words, entry, None)))
        self._verdict_is("log-proving", None, "wait", "muted")
        for one in (self._meaning, self._numbers, self._root, self._key, self._witnesses):
            self.here.words.plainly(one, "")
        self._stay.start()

    # What it says

    def _when(self, entry: Row) -> str:
        words = self.here.words
        clock = words(f"clock-{entry['when']['clock']}") if words.known(f"clock-{entry['when']['clock']}") else ""
        return f"{words.moment(entry['when']['utc'])} · {words('log-clock')}: {clock} · {entry['epoch']}/{entry['seq']}"

    def _person(self, entry: Row) -> str:
        words = self.here.words
        name = who(words, entry)
        role = entry["actor"].get("role")
        return name if role is None else words("log-by", who=name, role=words.word("role", role))

    def _subject(self, entry: Row) -> str:
        kind_, _, name = str(entry["subject"]).partition(":")
        word = self.here.words.word("object", kind_)
        return f"{word}\n{_hex(name)}" if name else word

    def _fill(self, found: list[Line]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # it goes when the loop comes round; until then it would stand behind what comes now
                widget.deleteLater()
        words = self.here.words
        changed = any(one.before is not None for one in found)
        words.put(self._told, "log-changed" if changed else "log-told")
        if not found:
            self._grid.addWidget(label(self.here, "log-nothing-told", "muted", wrap=True), 0, 0, 1, 2)
        for number, one in enumerate(found):
            name = _plain(self.here, one.field, "muted")
            name.setMinimumWidth(self.here.theme.px(108))
            name.setMaximumWidth(self.here.theme.px(140))
            self._grid.addWidget(name, number, 0, Qt.AlignmentFlag.AlignTop)
            value = _plain(self.here, _broken(one.after))
            if one.before is None:
                self._grid.addWidget(value, number, 1)
                continue
            before = _plain(self.here, _broken(one.before), "muted")
            before.setAccessibleName(f"{words('log-before')}: {one.before}")
            value.setAccessibleName(f"{words('log-after')}: {one.after}")
            pair = QGridLayout()
            pair.setColumnStretch(1, 1)
            pair.setVerticalSpacing(1)
            for at, (code, shown) in enumerate((("log-before", before), ("log-after", value))):
                pair.addWidget(label(self.here, code, "muted"), at, 0, Qt.AlignmentFlag.AlignTop)
                pair.addWidget(shown, at, 1)
            self._grid.addWidget(holding(pair), number, 1)

    # What is asked

    def _ask(self) -> None:
        entry = self.entry
        if entry is None:
            return
        self._asks.ask("proof", ProveEntry(entry["epoch"], entry["seq"]), self._proven, self._not_proven)
        if entry["type"] == "recorded" and entry["what"].get("version", 1) > 1:
            behind = json.dumps([entry["epoch"], entry["seq"]])
            before = Custody(subject=entry["subject"], after=behind, limit=1, newest_first=True, acts=("recorded",))
            self._asks.ask("before", before, self._came_before)

    def _came_before(self, answer: Answer) -> None:
        document: Any = answer.document
        entry, before = self.entry, next(iter(document["entries"]), None)
        if entry is not None:
            self.here.words.follow(self._lines, "lines", lambda _one: self._fill(lines(self.here.words, entry, before)))

    def _proven(self, answer: Answer) -> None:
        proof: Any = answer.document
        entry, words = self.entry, self.here.words
        if entry is None:
            return
        self.proof = proof
        leads = leads_to_root(proof) and json.loads(proof["entry"])["id"] == entry["id"]
        if leads and proof["holds"]:
            self._verdict_is("log-holds", "good", "check", "good")
            words.put(self._meaning, "log-holds-more", size=words.number(proof["size"]))
        else:
            self._verdict_is("log-fails", "bad", "cross", "bad")
            words.put(self._meaning, "log-fails-signed" if leads else "log-fails-path")
        words.put(self._numbers, "log-steps", n=len(proof["path"]))
        words.plainly(self._own, _hex(proof["leaf"]))
        words.plainly(self._root, _hex(proof["root"]))
        words.plainly(self._key, words("none") if proof["key"] is None else _hex(proof["key"]))
        if proof["witnesses"]:
            names = ", ".join(words.or_none(one) for one in proof["witnesses"])
            words.follow(self._witnesses, "setText", lambda one: one.setText(f"{words('log-witnessed-by')}: {names}"))
        else:
            words.put(self._witnesses, "log-unwitnessed")

    def _not_proven(self, problem: Problem) -> None:
        self._verdict_is("failed", "warn", "incident", "warn")
        self.here.words.follow(self._meaning, "setText", lambda one: one.setText(problem.text(self.here.words.language)))

    def _verdict_is(self, code: str, tone: str | None, picture: str, token: str) -> None:
        self.here.words.put(self._verdict, code)
        kind(self._verdict, "chip", tone)
        self._picture.show_icon(picture, token)

    def _want_object(self) -> None:
        if self.entry is not None:
            self.only_object.emit(self.entry["subject"])

    def _want_person(self) -> None:
        if self.entry is not None and self.entry["personal"].get("actor"):
            self.only_person.emit(self.entry["personal"]["actor"])


def leads_to_root(untrusted_proof: dict[str, Any]) -> bool:
    """Whether the path leads from the entry's bytes to the root of the head that it comes with; worked out here."""
    try:
        head = read_head(untrusted_proof["note"])
        leaf = leaf_hash(untrusted_proof["entry"].encode())
        path = [bytes.fromhex(one) for one in untrusted_proof["path"]]
    except (Fault, KeyError, ValueError):
        return False
    return check_inclusion(leaf, untrusted_proof["seq"], head.size, path, head.root)


def _key(entry: Row) -> tuple[int, int]:
    return entry["epoch"], entry["seq"]


def _plain(here: Here, text: str, of: str = "") -> QLabel:
    made = label(here, of=of, wrap=True)
    made.setText(text)
    return made


def _padded(layout: QVBoxLayout) -> QVBoxLayout:
    layout.setContentsMargins(12, 10, 12, 12)
    return layout


def _hex(text: str) -> str:
    """A digest in lines that fit; whoever reads it aloud has a pause there."""
    return "\n".join(text[at : at + 32] for at in range(0, len(text), 32)) if len(text) > 40 else text


def _broken(text: str) -> str:
    """Long unbroken texts in lines: nothing else can be wrapped."""
    return " ".join(_hex(one) if len(one) > 40 else one for one in text.split(" "))
