"""Taking tags back: for each a new amendment that says which one it undoes. The first stays where it is, for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
from sqlalchemy import RowMapping, select, update

from evidence.catalogue import outbox, schema
from evidence.catalogue.acts.desk import CHUNK, FIELDS, KEEPING, Amendment, Field, amended
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.histories import UNDONE, Place, Value, field_histories
from evidence.catalogue.ledger import Commit
from evidence.catalogue.queries import Queries
from evidence.custody.entry import Act, Actor, subject_clip
from evidence.errors import EvidenceError, Exit
from evidence.ids import ClipId


class NoSuchTag(EvidenceError):
    """No tag stands at that place of the log. Fields: ``entry``."""

    code = "no-such-tag"
    status = Exit.USAGE


class TagUndone(EvidenceError):
    """That tag was taken back already. Fields: ``entry``, ``by`` (the place of the entry that did)."""

    code = "tag-undone"
    status = Exit.REFUSED


class TagOverwritten(EvidenceError):
    """Something else changed the field since. Fields: ``entry``, ``clip``, ``field``, ``by`` (the place of the entry that did)."""

    code = "tag-overwritten"
    status = Exit.REFUSED


class TagErased(EvidenceError):
    """The value of before was removed lawfully, so nothing leads back to it. Fields: ``entry``, ``clip``, ``field``."""

    code = "tag-erased"
    status = Exit.REFUSED


def shown(place: Place) -> str:
    """A place in the log as people write it: ``EPOCH/NUMBER``."""
    return f"{place[0]}/{place[1]}"


def undone(commit: Commit, place: Place, actor: Actor, *, anyway: bool = False) -> tuple[ClipId, list[Amendment]]:
    """Give the fields that a ``tagged`` entry changed the values of before it; returns the clip and what changed.

    ``anyway``: also where something else changed them since. Raises :class:`NoSuchTag`, :class:`TagUndone`, :class:`TagOverwritten`,
    :class:`TagErased`.
    """
    found: list[tuple[ClipId, list[Amendment]]] = []
    undone_all(commit, [place], actor, lambda _, clip, amendments: found.append((clip, amendments)), anyway=anyway)
    return found[0]


Each = Callable[[Place, ClipId, list[Amendment]], None]
"""Who is told what each undoing changed."""


def undone_all(commit: Commit, places: Sequence[Place], actor: Actor, each: Each, *, anyway: bool = False) -> None:
    """The same for many entries, in their order, a chunk of clips at a time. Raises as :func:`undone`."""
    table, connection, station = schema.clip, commit.connection, commit.station
    for group in _groups(commit, places):
        histories = field_histories(Queries(connection, station), list(group))
        mine = (table.c.station == station) & table.c.id.in_(list(group))
        rows = {row["id"]: row for row in connection.execute(select(table).where(mine)).mappings()}
        if len(group) > 1:
            commit.foresee([subject_clip(clip) for clip in group])
        alike: dict[tuple[tuple[Field, str | None], ...], list[ClipId]] = {}
        for clip, place in group.items():
            wanted = _values_before(place, clip, histories[clip], rows[clip], anyway=anyway)
            noted(commit, subject_clip(clip), UNDONE, actor, what={"epoch": place[0], "seq": place[1]})
            amendments = [Amendment(field, rows[clip][field], new) for field, new in wanted.items() if rows[clip][field] != new]
            if amendments:
                amended(commit, clip, amendments, actor)  # right behind the note, which says so
                alike.setdefault(tuple((one.field, one.new) for one in amendments), []).append(clip)
            each(place, clip, amendments)
        for values, clips in alike.items():
            some = (table.c.station == station) & table.c.id.in_(clips)
            connection.execute(update(table).where(some).values(dict(values)))
        changed = [clip for values, clips in alike.items() if KEEPING & dict(values).keys() for clip in clips]
        if changed:
            outbox.review_locks(connection, station, changed, commit.utc, commit.new_id)


def _groups(commit: Commit, places: Sequence[Place]) -> Iterator[dict[ClipId, Place]]:
    """Clips with the entries about them, each clip once in a group: the entry before is undone before the next is looked at."""
    for first in range(0, len(places), CHUNK):
        some = places[first : first + CHUNK]
        clips = clips_of_tags(commit, some)
        group: dict[ClipId, Place] = {}
        for place in some:
            if clips[place] in group:
                yield group
                group = {}
            group[clips[place]] = place
        yield group


def _values_before(place: Place, clip: ClipId, history: list[Value], row: RowMapping, *, anyway: bool) -> dict[Field, str | None]:
    wanted: dict[Field, str | None] = {}
    for one in (value for value in history if value.place == place):
        field = _field(one.field)
        if one.undone_by is not None:
            raise TagUndone(entry=shown(place), by=shown(one.undone_by))
        if one.erased:
            raise TagErased(entry=shown(place), clip=clip, field=field)
        since = _since(history, one)
        if not anyway and (since or row[field] != one.new):
            raise TagOverwritten(entry=shown(place), clip=clip, field=field, by=shown(since[-1].place) if since else "–")
        wanted[field] = one.old
    return wanted


def tags_of_commit(commit: Commit, place: Place) -> Sequence[Place]:
    """The places of all ``tagged`` entries of the commit that one belongs to, the newest first: what one command did."""
    head, entry = schema.checkpoint, schema.custody_entry
    sizes = select(head.c.size).where(head.c.station == commit.station, head.c.epoch == place[0])
    begin = commit.connection.execute(sizes.where(head.c.size <= place[1]).order_by(head.c.size.desc()).limit(1)).scalar() or 0
    end = commit.connection.execute(sizes.where(head.c.size > place[1]).order_by(head.c.size).limit(1)).scalar_one()
    rows = commit.connection.execute(
        select(entry.c.seq)
        .where(
            entry.c.station == commit.station,
            entry.c.epoch == place[0],
            entry.c.seq >= begin,
            entry.c.seq < end,
            entry.c.type == Act.TAGGED.value,
        )
        .order_by(entry.c.seq.desc())
    )
    return [(place[0], int(row.seq)) for row in rows]


def clip_of_tag(commit: Commit, place: Place) -> ClipId:
    """The clip that the ``tagged`` entry at a place is about. Raises :class:`NoSuchTag`."""
    return clips_of_tags(commit, [place])[place]


def clips_of_tags(commit: Commit, places: Sequence[Place]) -> dict[Place, ClipId]:
    """The clips that the ``tagged`` entries at some places of one log are about. Raises :class:`NoSuchTag` of the first that is none."""
    entry = schema.custody_entry
    found: dict[Place, ClipId] = {}
    for first in range(0, len(places), CHUNK):
        some = places[first : first + CHUNK]
        rows = commit.connection.execute(
            select(entry.c.epoch, entry.c.seq, entry.c.body).where(
                entry.c.station == commit.station,
                entry.c.epoch == some[0][0],
                entry.c.seq.in_([seq for _, seq in some]),
                entry.c.type == Act.TAGGED.value,
            )
        )
        for row in rows:
            subject = str(msgspec.json.decode(row.body)["subject"])
            found[int(row.epoch), int(row.seq)] = ClipId(subject.removeprefix("clip:"))
        for place in some:
            if place not in found:
                raise NoSuchTag(entry=shown(place))
    return found


def _since(history: list[Value], one: Value) -> list[Value]:
    """What gave the field a value after this, and still counts: neither taken back, nor a taking back that led here again."""
    later = [other for other in history if other.field == one.field and other.place > one.place]
    return [other for other in later if other.undone_by is None and not _cancels(history, other)]


def _cancels(history: list[Value], other: Value) -> bool:
    """Whether an entry only took back another that is counted as taken back."""
    return other.undoes is not None and any(
        one.place == other.undoes and one.field == other.field and one.undone_by == other.place for one in history
    )


def _field(name: str) -> Field:
    return next(one for one in FIELDS if one == name)
