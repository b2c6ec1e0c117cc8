"""What was known of a clip, field by field: every value with who gave it, when, where in the log, and whether it was taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.catalogue.queries import EntryRow, Queries
from evidence.custody.entry import Act, subject_clip
from evidence.ids import ClipId

UNDONE = "tag-undone"
"""What the ``noted`` entry says did happen that stands right before an undoing ``tagged`` entry, and names the entry that it undoes."""

Place = tuple[int, int]
"""Where an entry stands: epoch and number in its log."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one field: what it followed (``old``), and who gave it in which role.

    ``erased``: the values were removed lawfully, and are None here. ``undoes``: the place of the entry that this one took back;
    ``undone_by``: of the one that took this back and was not itself taken back.
    """

    field: str
    old: str | None
    new: str | None
    person: str | None
    role: str
    at: str
    place: Place
    erased: bool
    undoes: Place | None = None
    undone_by: Place | None = None


def field_history(queries: Queries, clip: ClipId) -> list[Value]:
    """All values of all fields of a clip since it was taken, in log order."""
    return field_histories(queries, [clip])[clip]


def field_histories(queries: Queries, clips: Sequence[ClipId]) -> dict[ClipId, list[Value]]:
    """The same of several clips, with one look at the log."""
    found: dict[ClipId, list[Value]] = {clip: [] for clip in clips}
    for clip, value in _values(queries, clips):
        found[clip].append(value)
    return {clip: _with_undoings(values) for clip, values in found.items()}


def _with_undoings(found: list[Value]) -> list[Value]:
    taken_back: dict[Place, Place] = {}
    for one in reversed(found):  # a later one first: whether an undoing was itself undone is known when it is come to
        if one.undoes is not None and one.place not in taken_back:
            taken_back.setdefault(one.undoes, one.place)
    return [_marked(one, taken_back.get(one.place)) for one in found]


def _marked(one: Value, undone_by: Place | None) -> Value:
    return Value(
        one.field, one.old, one.new, one.person, one.role, one.at, one.place, one.erased, one.undoes, undone_by
    )  # fmt: skip


def _values(queries: Queries, clips: Sequence[ClipId]) -> Iterator[tuple[ClipId, Value]]:
    announced: dict[Place, Place] = {}
    by_subject = {subject_clip(clip): clip for clip in clips}
    for entry in queries.entries(*by_subject):
        what, place = entry.body["what"], (entry.epoch, entry.seq)
        if entry.body["type"] == Act.NOTED and what["did"] == UNDONE:
            announced[entry.epoch, entry.seq + 1] = (int(what["epoch"]), int(what["seq"]))
        elif entry.body["type"] == Act.TAGGED:
            for change in what["changes"]:
                yield by_subject[entry.body["subject"]], _value(entry, change, announced.get(place))


def _value(entry: EntryRow, change: dict[str, Any], undoes: Place | None) -> Value:
    field, actor = change["field"], entry.body["actor"]
    told = {side: _told(entry, field, side, change[side]) for side in ("old", "new")}
    return Value(
        field=field,
        old=told["old"],
        new=told["new"],
        person=entry.personal.get("actor"),
        role=actor.get("role") or actor["system"],
        at=entry.body["when"]["utc"],
        place=(entry.epoch, entry.seq),
        erased=any(change[side] is not None and told[side] is None for side in ("old", "new")),
        undoes=undoes,
    )


def _told(entry: EntryRow, field: str, side: str, said: object) -> str | None:
    return said if isinstance(said, str) else entry.personal.get(f"{field}.{side}")
