"""Footage as cases and incidents show it: columns of a table, bars of a time line, and its history, from what the station answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QFrame, QWidget

from gui.here import Here
from gui.parts.basics import column, holding, label, row
from gui.parts.cells import Cell, toned
from gui.parts.listed import ListedModel
from gui.parts.paged import Column, Row
from gui.parts.table import Table
from gui.parts.timeline import Band, Bar, TimeLine, seconds_of
from gui.words import Words

MOST = 1000
"""Clips that a page draws: what the station gives at once. It says when there are more."""
_OVERLAPS = {"certain": ("check", "good"), "possible": ("unknown", "warn"), "none": ("refuse", "quiet")}


def doubt(words: Words, one: Row) -> str:
    """The interval in which a clip began, by the station's clock, in the station's zone."""
    low, high = one["begins"]["at_least"], one["begins"]["at_most"]
    if low is not None and high is not None:
        span = words("footage-within", low=words.moment(low, offset=False), high=words.moment(high, offset=False))
    elif high is not None:
        span = words("footage-not-after", high=words.moment(high, offset=False))
    elif low is not None:
        span = words("footage-not-before", low=words.moment(low, offset=False))
    else:
        span = words("footage-unbounded")
    return words("footage-disagree", span=span) if one["clock"]["disagree"] else span


def seconds_long(one: Row) -> float | None:
    """How long a clip is."""
    return None if one["duration_ms"] is None else one["duration_ms"] / 1000


def bar_of(words: Words, one: Row) -> Bar:
    """A clip as a bar on its camera's lane."""

    def says() -> str:
        return words(
            "footage-says",
            camera=words.or_none(one["device"]),
            officer=words.or_none(one["officer"]),
            told=words.moment(one["recorded_at"]),
            length=words.duration(seconds_long(one)),
            doubt=doubt(words, one),
        )

    return Bar(
        key=one["clip"],
        lane=words.or_none(one["device"]),
        told=seconds_of(one["recorded_at"]),
        low=seconds_of(one["begins"]["at_least"]),
        high=seconds_of(one["begins"]["at_most"]),
        length=seconds_long(one) or 0.0,
        says=says,
        tone="accent" if one["importance"] == "1" else "info",
    )


def band_of(words: Words, one: Row) -> Band:
    """An incident as a band behind the lanes."""
    begin = seconds_of(one["begins_at"])
    assert begin is not None, "an incident has a beginning"

    def says() -> str:
        end = words("incident-goes-on") if one["ends_at"] is None else words.moment(one["ends_at"])
        return words("incident-band", begin=words.moment(one["begins_at"]), end=end)

    return Band(words.or_none(one["number"]), begin, seconds_of(one["ends_at"]), says)


class Footage(QWidget):
    """A time line over a table of the same clips: who stands on one of them stands on it in the other."""

    def __init__(self, here: Here, name: str, table: str, *, incident: bool = False) -> None:
        """``name``: the code of what the line is called; ``table``: under which the table's columns are kept."""
        super().__init__()
        self.here = here
        self.model = ListedModel(here.link.asker(), self._columns(incident=incident), here.words, self)
        self.table = Table(here, here.kept, self.model, table, many=True)
        here.words.put(self.table, "casefile-footage", "setAccessibleName")
        self.line = TimeLine(here, name)
        self.left_out = label(here, of="", tone="warn")
        self.left_out.hide()
        legend = label(here, "line-legend", "muted", wrap=True)
        self._more = label(here, "line-legend-incident", "muted")
        self._more.setVisible(incident)
        keys = label(here, "line-keys", "muted")
        self.card: QFrame = holding(
            column(self.line, legend, row(keys, None, self._more, self.left_out), space=4, margins=(10, 8, 10, 8), free=0), "card"
        )
        self.line.stood.connect(self._on_line)
        self.table.stood.connect(self._on_table)
        self.line.opened.connect(self.play)
        self.table.opened.connect(lambda one: self.play(one["clip"]))

    def show_clips(self, rows: Sequence[Row], whole: int | None = None) -> None:
        """Show these; ``whole``: how many there are in all, where these are not all."""
        self.model.show_rows(rows)
        self.left_out.setVisible(whole is not None)
        if whole is not None:
            shown, everything = self.here.words.number(len(rows)), self.here.words.number(whole)
            self.here.words.put(self.left_out, "casefile-clips-left", shown=shown, all=everything)
        if rows and self.line.now is None:
            self.line.stand_on(self.line.bars[0].key if self.line.bars else None)
            self.table.selectRow(0)

    def play(self, clip: str | None = None) -> None:
        """Go to the clip one stands on."""
        stands = self.table.current()
        found = clip or self.line.now or (None if stands is None else stands["clip"])
        if found is not None:
            self.here.frame.go("clip", clip=found)

    def _on_line(self, key: str | None) -> None:
        for number, one in enumerate(self.model.rows()):
            stands = self.table.current()
            if one["clip"] == key and (stands is None or stands["clip"] != key):
                self.table.selectRow(number)

    def _on_table(self, one: Row | None) -> None:
        if one is not None:
            self.line.stand_on(one["clip"])

    def _columns(self, *, incident: bool) -> tuple[Column, ...]:
        words, theme = self.here.words, self.here.theme

        def shares(one: Row) -> str | Cell:
            if one["overlap"] is None:
                return words("none")
            return toned(theme, words.word("overlap", one["overlap"]), *_OVERLAPS[one["overlap"]])

        return (
            Column("recorded_at", "footage-begin", lambda one: words.moment(one["recorded_at"]), 224),
            Column("doubt", "footage-doubt", lambda one: doubt(words, one), 260),
            Column("device", "footage-camera", lambda one: words.or_none(one["device"]), 130),
            Column("officer", "footage-officer", lambda one: words.or_none(one["officer"]), 90),
            Column("duration", "footage-length", lambda one: words.duration(seconds_long(one)), 76, right=True),
            Column("overlap", "footage-shares", shares, 150, at_first=incident),
            Column("category", "footage-category", lambda one: words.or_none(one["category"]), 120),
            Column("note", "footage-note", lambda one: words.or_none(one["note"]), 180, at_first=not incident),
            Column("path", "footage-file", lambda one: words.or_none(one["path"]), 260, at_first=False),
        )


def history_columns(here: Here) -> tuple[Column, ...]:
    """Columns of what was done to a case or an incident."""
    words = here.words

    def changes(one: Row) -> str:
        if one["erased"]:
            return words("history-is-erased")
        return "; ".join(changed(words, member) for member in one["changes"]) or words("none")

    return (
        Column("at", "history-at", lambda one: words.moment(one["at"]), 220),
        Column("did", "history-did", lambda one: words.word("did", one["did"]), 150),
        Column("by", "history-by", lambda one: words.or_none(one["by"]), 100),
        Column("changes", "history-changes", changes, 340),
        Column("reason", "history-reason", lambda one: words.or_none(one["reason"]), 200),
        Column("entry", "history-entry", lambda one: words.or_none(one["entry"]), 80),
    )


def changed(words: Words, one: Mapping[str, Any]) -> str:
    """A member before and after."""
    return words(
        "field-change", field=words.word("field", one["field"]), old=shown(words, one["old"]), new=shown(words, one["new"])
    )


def shown(words: Words, value: object) -> str:
    """A member of a case or an incident as one line."""
    if isinstance(value, list):
        return ", ".join(shown(words, one) for one in value) or words("none")
    if isinstance(value, Mapping):
        return f"{words.word('party', value.get('role'))} {words.or_none(value.get('name'))}"
    return words.or_none(value)
