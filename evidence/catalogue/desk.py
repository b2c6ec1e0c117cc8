"""What the clerk's desk asks of the catalogue, on one connection: a reading one, or a commit's own. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, select

from evidence.catalogue import schema
from evidence.catalogue.acts.desk import CHUNK, FIELDS, Each, Field, NoSuchClip, Wanted, would_tag
from evidence.catalogue.casefile import CaseFile
from evidence.catalogue.histories import Value, field_history
from evidence.catalogue.queries import Queries
from evidence.catalogue.reaching import check_clip, seen
from evidence.catalogue.sheets import Sheets
from evidence.ids import ClipId, StationId
from evidence.reach import Reach


class Desk:
    """Questions of one person's desk: what is out of the person's reach is not there, or refused by its name."""

    def __init__(self, connection: Connection, station: StationId, reach: Reach | None) -> None:
        self.connection = connection
        self._station = station
        self._reach = reach
        self.sheets = Sheets(connection, station)
        self.queries = Queries(connection, station)
        self.casefile = CaseFile(connection, station, reach)

    def check_clips(self, clips: Sequence[ClipId]) -> None:
        """Nothing, when all clips are seen. Raises as :func:`~evidence.catalogue.reaching.check_clip`, of the first that is not."""
        table = schema.clip
        for at in range(0, len(clips), CHUNK):
            chunk = list(dict.fromkeys(clips[at : at + CHUNK]))
            wanted = select(func.count()).where(table.c.station == self._station, table.c.id.in_(chunk), seen(self._reach))
            if int(self.connection.execute(wanted).scalar_one()) < len(chunk):
                for clip in chunk:
                    check_clip(self.connection, self._station, clip, self._reach)

    def would_tag(self, clips: Sequence[ClipId], wanted: Wanted, each: Each) -> None:
        """What tagging would change. Raises as :func:`~evidence.catalogue.acts.desk.tagged_all`."""
        would_tag(self.connection, self._station, clips, wanted, each)

    def tags(self, clip: ClipId) -> dict[Field, str | None]:
        """What was said of a clip. Raises :class:`~evidence.catalogue.acts.desk.NoSuchClip`."""
        table = schema.clip
        mine = (table.c.station == self._station) & (table.c.id == clip)
        row = self.connection.execute(select(*(table.c[name] for name in FIELDS)).where(mine)).mappings().first()
        if row is None:
            raise NoSuchClip(clip=clip)
        return {name: row[name] for name in FIELDS}

    def previous(self, clip: ClipId) -> ClipId | None:
        """The clip before another: the last that the same camera recorded before it, or else the same officer; none that is out of reach.

        By the time that the recorder gave; where it gave none, by that of taking. Raises
        :class:`~evidence.catalogue.acts.desk.NoSuchClip`.
        """
        table, docking = schema.clip, schema.docking
        when = func.coalesce(table.c.recorded_at, table.c.taken_at)
        joined = select(table.c.id, table.c.device, docking.c.officer, when.label("at")).join_from(
            table, docking, (docking.c.station == table.c.station) & (docking.c.id == table.c.docking)
        )
        mine = self.connection.execute(joined.where(table.c.station == self._station, table.c.id == clip)).first()
        if mine is None:
            raise NoSuchClip(clip=clip)
        earlier = (when < mine.at) | ((when == mine.at) & (table.c.id < clip))
        same: list[ColumnElement[bool]] = [table.c.device == mine.device]
        if mine.officer is not None:
            same.append(docking.c.officer == mine.officer)
        for condition in same:
            wanted = joined.where(table.c.station == self._station, condition, earlier, seen(self._reach))
            found = self.connection.execute(wanted.order_by(when.desc(), table.c.id.desc()).limit(1)).first()
            if found is not None:
                return ClipId(found.id)
        return None

    def history(self, clip: ClipId) -> list[Value]:
        """Every value of every field of a clip. Raises as :func:`~evidence.catalogue.reaching.check_clip`."""
        check_clip(self.connection, self._station, clip, self._reach)
        return field_history(self.queries, clip)

    def categories_in_use(self) -> list[tuple[str, int]]:
        """Each category that clips bear, with how many of those that are seen do, the most frequent first."""
        table = schema.clip
        count = func.count()
        rows = self.connection.execute(
            select(table.c.category, count)
            .where(table.c.station == self._station, seen(self._reach))
            .group_by(table.c.category)
            .order_by(count.desc(), table.c.category)
        )
        return [(category, int(number)) for category, number in rows]
