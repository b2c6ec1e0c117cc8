"""Taking a tag back: a new amendment that says which one it undoes. The first stays where it is, for ever."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from evidence.catalogue import schema
from evidence.catalogue.acts.desk import FIELDS, Amendment, Field, tagged
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.histories import UNDONE, Place, Value, field_history
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
    clip = clip_of_tag(commit, place)
    history = field_history(Queries(commit.connection, commit.station), clip)
    mine = [one for one in history if one.place == place]
    table = schema.clip
    row = commit.connection.execute(select(table).where(table.c.station == commit.station, table.c.id == clip)).mappings().one()
    wanted: dict[Field, str | None] = {}
    for one in mine:
        field = _field(one.field)
        if one.undone_by is not None:
            raise TagUndone(entry=shown(place), by=shown(one.undone_by))
        if one.erased:
            raise TagErased(entry=shown(place), clip=clip, field=field)
        since = _since(history, one)
        if not anyway and (since or row[field] != one.new):
            raise TagOverwritten(entry=shown(place), clip=clip, field=field, by=shown(since[-1].place) if since else "–")
        wanted[field] = one.old
    noted(commit, subject_clip(clip), UNDONE, actor, what={"epoch": place[0], "seq": place[1]})
    return clip, tagged(commit, clip, wanted, actor)


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
    entry = schema.custody_entry
    body = commit.connection.execute(
        select(entry.c.body).where(
            entry.c.station == commit.station,
            entry.c.epoch == place[0],
            entry.c.seq == place[1],
            entry.c.type == Act.TAGGED.value,
        )
    ).scalar()
    if body is None:
        raise NoSuchTag(entry=shown(place))
    return ClipId(str(msgspec.json.decode(body)["subject"]).removeprefix("clip:"))


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
