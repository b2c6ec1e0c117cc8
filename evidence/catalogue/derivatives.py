"""What was made of originals for viewing, as rows. Operational: losing them costs making again, never proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, delete, exists, func, insert, literal, select, update

from evidence.catalogue import schema
from evidence.catalogue.connect import reading, writing
from evidence.ids import ClipId, StationId

PAGE = 500
_table = schema.derivative


@dataclass(frozen=True, slots=True)
class DerivativeRow:
    """Something that was made, or could not be. Moments RFC 3339 in UTC, size in bytes.

    ``id``: digest of recipe, original and software. ``sha256`` is None, and ``reason`` says why, where nothing came of it; ``gone_at``:
    since when the file is not here any more. One whose ``used_at`` is later than that was asked for since, and is to be made again.
    """

    id: str
    original: str
    makes: str
    sha256: str | None
    ending: str
    size: int
    made_at: str
    used_at: str
    gone_at: str | None = None
    reason: str | None = None

    @property
    def present(self) -> bool:
        """Whether its file is to be here."""
        return self.sha256 is not None and self.gone_at is None


@dataclass(frozen=True, slots=True)
class Wanting:
    """A clip of whose bytes nothing was made yet. ``path`` is that on the card."""

    clip: ClipId
    sha256: str
    path: bytes


class Derivatives:
    """The derivatives of one station."""

    def __init__(self, engine: Engine, station: StationId) -> None:
        self._engine = engine
        self._station = station

    def put(self, row: DerivativeRow) -> None:
        """What was made, or why not; in place of what was known of the same making."""
        values = {name: getattr(row, name) for name in DerivativeRow.__slots__}
        with writing(self._engine) as connection:
            connection.execute(delete(_table).where(self._mine(), _table.c.id == row.id))
            connection.execute(insert(_table).values(station=self._station, **values))

    def find(self, name: str) -> DerivativeRow | None:
        """One, by its id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(_table).where(self._mine(), _table.c.id == name)).first()
            return None if row is None else _row(row)

    def named(self, beginning: str) -> list[DerivativeRow]:
        """Those whose id begins so; at most two, which is one too many."""
        found = _table.c.id.startswith(beginning, autoescape=True)
        return list(self._rows(select(_table).where(self._mine(), found).order_by(_table.c.id).limit(2)))

    def of(self, original: str) -> list[DerivativeRow]:
        """All of one original, oldest first."""
        wanted = select(_table).where(self._mine(), _table.c.original == original)
        return list(self._rows(wanted.order_by(_table.c.made_at, _table.c.id)))

    def every(self, after: str = "") -> list[DerivativeRow]:
        """A page of all, by id, beginning after one."""
        return list(self._rows(select(_table).where(self._mine(), _table.c.id > after).order_by(_table.c.id).limit(PAGE)))

    def used(self, name: str, at: str) -> None:
        """Somebody looked at it."""
        with writing(self._engine) as connection:
            connection.execute(update(_table).where(self._mine(), _table.c.id == name).values(used_at=at))

    def gone(self, sha256: str, at: str) -> None:
        """The file with that digest was let go of."""
        with writing(self._engine) as connection:
            connection.execute(update(_table).where(self._mine(), _table.c.sha256 == sha256).values(gone_at=at))

    def ask(self, name: str, at: str) -> None:
        """Somebody wants one that is not here any more. What never came about stays as it is."""
        made = self._mine(), _table.c.id == name, _table.c.sha256.is_not(None)
        values = {"used_at": at, "gone_at": func.coalesce(_table.c.gone_at, _table.c.made_at)}
        with writing(self._engine) as connection:
            connection.execute(update(_table).where(*made).values(values))

    def asked(self, makes: Sequence[str], since: str) -> DerivativeRow | None:
        """What was asked for last, after a moment, of some kinds that was let go of, and whose original's bytes are in the vault."""
        blob = schema.blob
        same = (blob.c.station == _table.c.station) & (blob.c.sha256 == _table.c.original) & blob.c.evicted_at.is_(None)
        wanted = self._mine(), _table.c.makes.in_(makes), _table.c.used_at > since, _table.c.used_at > _table.c.gone_at
        found = select(_table).join(blob, same).where(*wanted).order_by(_table.c.used_at.desc(), _table.c.id).limit(1)
        return next(self._rows(found), None)

    def remove(self, name: str) -> None:
        """Forget one."""
        with writing(self._engine) as connection:
            connection.execute(delete(_table).where(self._mine(), _table.c.id == name))

    def held(self, makes: Sequence[str]) -> int:
        """Bytes of what is here of some kinds."""
        here = _table.c.sha256.is_not(None), _table.c.gone_at.is_(None), _table.c.makes.in_(makes)
        with reading(self._engine) as connection:
            return int(
                connection.execute(select(func.coalesce(func.sum(_table.c.size), 0)).where(self._mine(), *here)).scalar_one()
            )

    def longest_unused(self, makes: Sequence[str]) -> Iterator[DerivativeRow]:
        """What is here of some kinds, that nobody looked at for the longest time first; at most :data:`PAGE`."""
        here = _table.c.sha256.is_not(None), _table.c.gone_at.is_(None), _table.c.makes.in_(makes)
        return self._rows(select(_table).where(self._mine(), *here).order_by(_table.c.used_at, _table.c.id).limit(PAGE))

    def wanting(self, makes: str, since: str) -> Wanting | None:
        """The newest clip whose id is above ``since``, whose bytes are in the vault, and of which nothing of the kind was made or tried."""
        clip, blob = schema.clip, schema.blob
        same = (blob.c.station == clip.c.station) & (blob.c.sha256 == clip.c.sha256)
        tried = exists().where(_table.c.station == clip.c.station, _table.c.original == clip.c.sha256, _table.c.makes == makes)
        wanted = (
            select(clip.c.id, clip.c.sha256, clip.c.path)
            .join_from(clip, blob, same)
            .where(clip.c.station == self._station, clip.c.id > since, blob.c.evicted_at.is_(None), ~tried)
            .order_by(clip.c.id.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(wanted).first()
            return None if row is None else Wanting(ClipId(row.id), row.sha256, bytes(row.path))

    def untold(self, makes: str, kind: str, since: str) -> Iterator[tuple[Wanting, str]]:
        """Clips above ``since`` of which nothing of a kind could be made, and why, where no alarm of ``kind`` was ever raised about their bytes.

        The newest clip of the same bytes alone.
        """
        clip, alarm, other = schema.clip, schema.alarm, schema.clip.alias("other")
        told = (
            exists()
            .where(other.c.station == clip.c.station, other.c.sha256 == clip.c.sha256)
            .where(
                alarm.c.station == clip.c.station, alarm.c.kind == kind, alarm.c.subject == literal("clip:").concat(other.c.id)
            )
        )
        row = _table.alias("row")
        made = exists().where(row.c.station == clip.c.station, row.c.original == clip.c.sha256, row.c.makes == makes)
        made = made.where(row.c.sha256.is_not(None))
        newer = exists().where(other.c.station == clip.c.station, other.c.sha256 == clip.c.sha256, other.c.id > clip.c.id)
        failed = (_table.c.station == clip.c.station) & (_table.c.original == clip.c.sha256) & (_table.c.makes == makes)
        wanted = (
            select(clip.c.id, clip.c.sha256, clip.c.path, _table.c.reason)
            .join_from(clip, _table, failed)
            .where(clip.c.station == self._station, clip.c.id > since, _table.c.sha256.is_(None), ~made, ~told, ~newer)
            .order_by(clip.c.id)
        )
        with reading(self._engine) as connection:
            return iter(
                [(Wanting(ClipId(row.id), row.sha256, bytes(row.path)), row.reason) for row in connection.execute(wanted)]
            )

    def _rows(self, wanted: Any) -> Iterator[DerivativeRow]:  # noqa: ANN401  # a SELECT has no narrower public type
        with reading(self._engine) as connection:
            return iter([_row(one) for one in connection.execute(wanted)])

    def _mine(self) -> ColumnElement[bool]:
        return _table.c.station == self._station


def _row(row: Any) -> DerivativeRow:  # noqa: ANN401  # a row whose values have the types of the columns
    return DerivativeRow(**{name: getattr(row, name) for name in DerivativeRow.__slots__})
