"""Columns of lists of clips, the same wherever clips are listed."""

from __future__ import annotations

from gui.here import Here
from gui.parts.cells import Cell, toned
from gui.parts.paged import Column, Row
from gui.work.categories import Categories

STATES = {
    "verified": ("check", "good"),
    "copied": ("wait", "info"),
    "empty": ("empty", "quiet"),
    "damaged": ("incident", "warn"),
    "unreadable": ("cross", "bad"),
}


def state_cell(here: Here, state: str) -> Cell:
    """How a clip was taken."""
    picture, tone = STATES.get(state, ("unknown", "quiet"))
    return toned(here.theme, here.words.word("act", state), picture, tone)


def clip_columns(here: Here, categories: Categories) -> tuple[Column, ...]:
    """All of them; some are shown at first."""
    words = here.words

    def category(one: Row) -> str | Cell:
        name = categories.name(one["category"])
        return name if name != words("none") else toned(here.theme, words("clips-no-category"), "tag", "quiet")

    def importance(one: Row) -> str | Cell:
        value = one["importance"]
        return "" if value is None else toned(here.theme, words.word("importance", value), "important", "warn")

    return (
        Column(
            "recorded_at", "clips-recorded-at", lambda one: words.moment(one["recorded_at"], seconds=False), 192, sort="recorded"
        ),
        Column("officer", "clips-officer", lambda one: words.or_none(one["recorded_by"] or one["officer"]), 92, sort="officer"),
        Column("category", "clips-category", category, 150),
        Column("case", "clips-case", lambda one: words.or_none(one["case"]), 152),
        Column("incident", "clips-incident", lambda one: words("clips-yes" if one["incident"] else "none"), 84),
        Column("duration", "clips-duration", lambda one: words.duration(one["duration"]), 72, right=True),
        Column("size", "clips-size", lambda one: words.bytes(one["size"]), 84, right=True, sort="size"),
        Column("importance", "clips-importance", importance, 136),
        Column("state", "clips-state", lambda one: state_cell(here, one["state"]), 136),
        Column("note", "clips-note", lambda one: words.or_none(one["note"]), 200),
        Column(
            "taken_at",
            "clips-taken-at",
            lambda one: words.moment(one["taken_at"], seconds=False),
            192,
            at_first=False,
            sort="taken",
        ),
        Column("device", "clips-device", lambda one: words.or_none(one["device"]), 150, at_first=False),
        Column("place", "clips-place", lambda one: words.or_none(one["place"]), 150, at_first=False),
        Column("path", "clips-path", lambda one: words.or_none(one["path"]), 260, at_first=False),
        Column("sha256", "clips-sha256", lambda one: one["sha256"], 200, at_first=False),
    )
