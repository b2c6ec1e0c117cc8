"""A feed's run: what its source has now becomes sheets, in one ledger commit a delivery, or is refused with every reason. Or is only tried.

Where a run got to (``feeds/NAME.state.json``) is for comfort: without it, everything is read once more and changes nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from evidence import people
from evidence.canonical import Json, JsonObject, digest
from evidence.catalogue.acts import feeds as acts
from evidence.catalogue.acts.feeds import Brought
from evidence.catalogue.connect import reading
from evidence.catalogue.foreign import ViewUnreadable, read_view
from evidence.catalogue.people import People
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import Actor
from evidence.errors import Exit, Fault
from evidence.learned import learned
from evidence.people import Keyed, Listed
from station import durable
from station.feeds import folder as dropping
from station.feeds import web
from station.feeds.delimited import LIMIT_ROWS, NotATable, table
from station.feeds.mapping import NAME, Feed, FeedUnfit, Record, Refused, column_of, parse, translated
from station.feeds.rostering import Came, Roster, taken, tried
from station.feeds.web import FeedUnreachable
from station.home import StationError
from station.people import keyed, make_key
from station.rooms import Rooms

SHOWN = 200
"""So many refused rows of a delivery are told of; they are all counted."""
MAPPING_BYTES = 1 << 20


class NoSuchFeed(StationError):
    """The home has no mapping file of that name. Fields: ``feed``."""

    code = "no-such-feed"
    status = Exit.USAGE


class State(msgspec.Struct, omit_defaults=True):
    """How far a feed was read. ``mapping``: digest of the mapping file under which ``etag`` was taken."""

    mapping: str = ""
    etag: str | None = None
    at: str | None = None
    outcome: str | None = None
    refused: int = 0


_STATE: Final = learned(State)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a source gave at once. ``whole``: why it is refused as a whole."""

    name: str
    sha256: str
    records: Sequence[Record]
    refused: list[Refused]
    rows: int
    whole: bool = False
    file: dropping.Dropped | None = None
    etag: str | None = None

    @property
    def brought(self) -> list[Brought]:
        """Its records of incidents or shifts."""
        return [one for one in self.records if not isinstance(one, Listed)]

    def roster(self, feed: Feed, *, sure: bool) -> Roster:
        """It as a roster of people."""
        listed = [one for one in self.records if isinstance(one, Listed)]
        return Roster(feed.name, listed, _may_vanish(feed, self), sure)


def names(rooms: Rooms) -> list[str]:
    """The feeds that the home has mapping files of."""
    with rooms.home.faults():
        found = rooms.home.feeds.glob("*.toml") if rooms.home.feeds.is_dir() else ()
        return sorted(path.stem for path in found if NAME.fullmatch(path.stem))


def feed_of(rooms: Rooms, name: str) -> Feed:
    """A feed by its name. Raises :class:`NoSuchFeed`, :class:`~station.feeds.mapping.FeedUnfit`."""
    if not NAME.fullmatch(name):
        raise NoSuchFeed(feed=name)
    try:
        with (rooms.home.feeds / f"{name}.toml").open("rb") as file:
            untrusted_file = file.read(MAPPING_BYTES + 1)
    except FileNotFoundError as error:
        raise NoSuchFeed(feed=name) from error
    except OSError as error:
        raise FeedUnfit(feed=name, rule=str(error.strerror)) from error
    if len(untrusted_file) > MAPPING_BYTES:
        raise FeedUnfit(feed=name, rule=f"at most {MAPPING_BYTES} bytes")
    return parse(name, untrusted_file, digest(untrusted_file), rooms.settings.time_zone)


def state_of(rooms: Rooms, name: str) -> State:
    """How far a feed was read; a state that cannot be read is none."""
    try:
        return msgspec.json.decode((rooms.home.feeds / f"{name}.state.json").read_bytes(), type=_STATE)
    except (OSError, msgspec.MsgspecError):
        return State()


def run(rooms: Rooms, name: str, actor: Actor, *, dry: bool, sure: bool = False) -> JsonObject:
    """Read a feed and take what it has; ``dry``: say what that would do, and do nothing. ``sure``: as many people left as a roster says.

    Raises :class:`NoSuchFeed`, :class:`~station.feeds.mapping.FeedUnfit`, :class:`~station.feeds.web.FeedUnreachable`.
    """
    feed = feed_of(rooms, name)
    deliveries: list[Json] = []
    with _alone(rooms):
        state = state_of(rooms, name)
        for delivery in _deliveries(rooms, feed, None if dry or state.mapping != feed.sha256 else state.etag):
            document = _tried(rooms, feed, delivery) if dry else _taken(rooms, feed, delivery, actor, sure=sure)
            deliveries.append(document)
            if not dry:
                _remember(rooms, feed, delivery, str(document["outcome"]))
    return {"feed": name, "kind": feed.form.kind, "source": feed.source, "mapping": feed.sha256, "deliveries": deliveries}


@contextmanager
def _alone(rooms: Rooms) -> Iterator[None]:
    """One run at a time, whichever process: two would move the same file."""
    with rooms.home.faults():
        handle = os.open(rooms.home.feeds, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remember(rooms: Rooms, feed: Feed, delivery: Delivery, outcome: str) -> None:
    etag = delivery.etag if outcome == "taken" else None
    state = State(feed.sha256, etag, rooms.clock().utc, outcome, len(delivery.refused))
    with rooms.home.faults():
        durable.replace(rooms.home.feeds / f"{feed.name}.state.json", msgspec.json.encode(state), 0o640)


# -- what a source has --


def _deliveries(rooms: Rooms, feed: Feed, etag: str | None) -> Iterator[Delivery]:
    if feed.form.csv is not None:
        yield from _files(rooms, feed)
    elif feed.form.http is not None:
        fetched = web.fetch(feed.name, feed.form.http, rooms.home.root, etag)
        if fetched.rows is not None:
            yield _delivery(feed, feed.form.http.url, fetched.rows, etag=fetched.etag)
    elif feed.form.sql is not None:
        try:
            rows = read_view(feed.form.sql.url, feed.form.sql.view, feed.columns, LIMIT_ROWS)
        except ViewUnreadable as error:
            raise FeedUnreachable(feed=feed.name, rule=str(error.fields["rule"])) from error
        yield _delivery(feed, feed.form.sql.view, tuple(enumerate(rows, 1)))


def _files(rooms: Rooms, feed: Feed) -> Iterator[Delivery]:
    source = feed.form.csv
    assert source is not None
    folder = rooms.home.root / source.folder
    now = rooms.clock().unix_ns / 1e9
    try:
        for dropped in dropping.whole(folder, source.pattern, rooms.settings.drop_settle_seconds, now):
            sha256 = digest(dropped.untrusted_bytes)
            name = os.fsencode(dropped.path.name).decode(errors="replace")
            try:
                found = table(dropped.untrusted_bytes, source, feed.columns)
            except NotATable as unfit:
                refused = [Refused(unfit.line, "", unfit.rule)]
                yield Delivery(name, sha256, [], refused, 0, whole=True, file=dropped)
                continue
            records, unfit_rows = translated(feed, found.rows)
            refused = sorted([*found.refused, *unfit_rows], key=lambda one: one.row)
            yield Delivery(name, sha256, records, refused, len(found.rows) + len(found.refused), file=dropped)
    except OSError as error:
        raise FeedUnreachable(feed=feed.name, rule=f"{source.folder}: {error.strerror}") from error


def _delivery(feed: Feed, name: str, rows: tuple[tuple[int, dict[str, str]], ...], etag: str | None = None) -> Delivery:
    lacking = [(number, column) for number, row in rows for column in feed.columns if column not in row]
    records, refused = translated(feed, rows)
    if rows and len(lacking) == len(rows) * len(feed.columns):
        refused = [Refused(0, feed.columns[0], "none of the columns is there")]
    sha256 = digest(msgspec.json.encode(rows))
    return Delivery(name, sha256, records, refused, len(rows), etag=etag)


# -- what becomes of it --


def _period(feed: Feed, delivery: Delivery) -> tuple[str, str] | None:
    begins = [record.begins_at for record in delivery.brought]
    return (min(begins), max(begins)) if feed.form.delivers == "period" else None


def _may_vanish(feed: Feed, delivery: Delivery) -> bool:
    """Nothing vanishes for a delivery that is empty, or of which a row could not be read."""
    return feed.form.delivers != "changes" and bool(delivery.records) and not delivery.refused


def _refuses(feed: Feed, delivery: Delivery) -> bool:
    return delivery.whole or (bool(delivery.refused) and (feed.form.refuse == "delivery" or not delivery.records))


def _tried(rooms: Rooms, feed: Feed, delivery: Delivery) -> JsonObject:
    counts: Counter[str] = Counter()
    with rooms.queries(), reading(rooms.catalogue) as connection:
        sheets = Sheets(connection, rooms.station)
        if feed.form.kind == people.KIND:
            came = tried(People(sheets, _keyed(rooms, dry=True)), delivery.roster(feed, sure=False))
            delivery = _cut_short(feed, delivery, came)
            return _document(delivery, _would(feed, delivery), came.counts, came.left)
        for record in delivery.brought:
            counts[acts.outcome(sheets, record, acts.known(sheets, record))] += 1
        if _may_vanish(feed, delivery):
            have = {record.number for record in delivery.brought}
            counts["gone"] = sum(1 for _ in acts.missing(sheets, feed.form.kind, feed.name, have, _period(feed, delivery)))
    return _document(delivery, _would(feed, delivery), counts)


def _would(feed: Feed, delivery: Delivery) -> str:
    return "would-be-refused" if _refuses(feed, delivery) else "would-be-taken"


def _keyed(rooms: Rooms, *, dry: bool) -> Keyed:
    """The digests that people are found by; the key is made with the first of them, and never anew. Raises ``PeopleKeyMissing``."""
    with rooms.sheets() as sheets:
        nobody = next(sheets.sheets(people.KIND), None) is None
    if nobody and dry:
        return lambda _what, value: value  # there is nobody to be found
    if nobody:
        make_key(rooms.home)
    return keyed(rooms.home)


def _cut_short(feed: Feed, delivery: Delivery, came: Came) -> Delivery:
    """It is refused as a whole where more people would leave than may at once."""
    if came.limit is None:
        return delivery
    rule = f"at most {came.limit} leave at once, {len(came.left)} would: 'feeds run {feed.name} --sure' takes it nevertheless"
    return replace(delivery, whole=True, refused=[*delivery.refused, Refused(0, column_of(feed, "badge"), rule)])


def _taken(rooms: Rooms, feed: Feed, delivery: Delivery, actor: Actor, *, sure: bool) -> JsonObject:
    counts: Counter[str] = Counter()
    left: list[str] = []
    refuses = _refuses(feed, delivery)
    digests = _keyed(rooms, dry=False) if feed.form.kind == people.KIND and not refuses else None
    with rooms.ledger.commit() as commit:
        if digests is not None:
            came = taken(commit, digests, delivery.roster(feed, sure=sure))
            delivery, left = _cut_short(feed, delivery, came), came.left
            refuses = came.limit is not None
            counts = Counter() if refuses else came.counts
        elif not refuses:
            for record in delivery.brought:
                counts[acts.brought(commit, record).outcome] += 1
            if _may_vanish(feed, delivery):
                sheets = Sheets(commit.connection, commit.station)
                have = {record.number for record in delivery.brought}
                for row in list(acts.missing(sheets, feed.form.kind, feed.name, have, _period(feed, delivery))):
                    acts.gone(commit, row)
                    counts["gone"] += 1
        document = _document(delivery, "refused" if refuses else "taken", counts, left)
        if delivery.file is not None or refuses or any(counts[one] for one in ("added", "changed", "gone")):
            facts = {name: document[name] for name in ("outcome", "sha256", "rows", "refused_rows", *COUNTED)}
            acts.run_noted(commit, feed.name, actor, {**facts, "mapping": feed.sha256}, delivery.name)
    if delivery.file is not None:
        into = dropping.REFUSED if refuses else dropping.TAKEN
        stamp = rooms.clock().utc[:19].replace(":", "").replace("-", "")
        dropping.keep(delivery.file, into, stamp, document)
    return document


COUNTED = ("added", "changed", "same", "corrected", "gone")


def _document(delivery: Delivery, outcome: str, counts: Counter[str], left: Sequence[str] = ()) -> dict[str, Json]:
    """As answers and reports show it. ``leaving``: the badges of who is disabled, or would be."""
    shown: list[Json] = [
        {"row": one.row, "column": one.column, "rule": one.rule, "text": one.text} for one in delivery.refused[:SHOWN]
    ]
    return {
        "delivery": delivery.name,
        "outcome": outcome,
        "sha256": delivery.sha256,
        "rows": delivery.rows,
        **{name: counts[name] for name in COUNTED},
        "refused_rows": len(delivery.refused),
        "refused": shown,
        "leaving": [*left],
    }


def told(fault: Fault) -> JsonObject:
    """A fault as a part of an answer."""
    return {"code": fault.code, **fault.fields}
