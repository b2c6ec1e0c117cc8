"""The mapping of a feed: a TOML file ``feeds/NAME.toml`` in the home that says which column is what. And what it makes of a row.

Pure: text in, values or refusals out. An unknown name in the file is an error; so is a member that the kind does not have.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from evidence import incidents, people, shifts
from evidence.catalogue.acts.feeds import Brought
from evidence.catalogue.foreign import address
from evidence.errors import EvidenceError, Exit
from evidence.facts import TextUnfit
from evidence.incidents import Incident, IncidentUnfit, incident
from evidence.learned import learned
from evidence.people import BadgeUnfit, Listed, listed
from evidence.shifts import ShiftUnfit, shift
from station.home import StationError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SEPARATORS = ",;|/、，；"
ANY = "*"
"""In a lookup: whatever the table does not have."""
_MANY = frozenset({"officers", "devices"})
_TIMES = frozenset({"begins_at", "ends_at", "arrived_at"})
_MEMBERS: dict[str, frozenset[str]] = {
    incidents.KIND: frozenset(incidents.NAMES) - {"source", "gone_at"},
    shifts.KIND: frozenset(shifts.NAMES) - {"source", "gone_at"},
    people.KIND: frozenset(people.LISTED),
}
_NEEDED: dict[str, frozenset[str]] = {
    incidents.KIND: frozenset({"number", "begins_at"}),
    shifts.KIND: frozenset({"number", "officer", "begins_at", "ends_at"}),
    people.KIND: frozenset({"badge", "unit"}),
}
_KEY = {incidents.KIND: "number", shifts.KIND: "number", people.KIND: "badge"}
"""By which member a record is known."""

Record = Brought | Listed


class FeedUnfit(StationError):
    """The mapping of a feed is wrong. Fields: ``feed``, ``rule``."""

    code = "feed-unfit"
    status = Exit.USAGE


class CsvSource(Struct, frozen=True, forbid_unknown_fields=True):
    """A folder into which files are dropped."""

    folder: str
    pattern: str = "*.csv"
    encoding: Literal["auto", "utf-8", "gb18030", "utf-16"] = "auto"
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"


class HttpSource(Struct, frozen=True, forbid_unknown_fields=True):
    """A URL that answers JSON. ``items``: where in the answer the records are, member by member; ``next``: where the next page's address is.

    ``page``: instead, the parameter that numbers the pages from ``first``; they end with one that has no record.
    """

    url: str
    items: str = ""
    next: str = ""
    page: str = ""
    first: int = 1
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    token_file: str = ""


class SqlSource(Struct, frozen=True, forbid_unknown_fields=True):
    """A view of another database."""

    url: str
    view: Annotated[str, Meta(pattern=r"^\w+(\.\w+)?$", max_length=130)]


class Form(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping file. ``delivers``: what it means that a record is not in a delivery; ``refuse``: how much a wrong row takes with it."""

    kind: Literal["incident", "shift", "person"]
    delivers: Literal["changes", "period", "all"] = "changes"
    refuse: Literal["delivery", "row"] = "delivery"
    time_zone: str = ""
    times: tuple[str, ...] = ("iso",)
    separators: str = SEPARATORS
    merge: bool = False
    columns: dict[str, str | list[str]]
    constants: dict[str, str] = {}
    lookups: dict[str, dict[str, str]] = {}
    csv: CsvSource | None = None
    http: HttpSource | None = None
    sql: SqlSource | None = None


_FORM: Final = learned(Form)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row was not taken: its number in the delivery (a line of a file), the column, the rule, and what stood there."""

    row: int
    column: str
    rule: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as its file says it. ``sha256``: of the file."""

    name: str
    sha256: str
    form: Form
    zone: ZoneInfo

    @property
    def columns(self) -> list[str]:
        """The columns that have to be there."""
        named = (one for given in self.form.columns.values() for one in ([given] if isinstance(given, str) else given))
        return list(dict.fromkeys(named))

    @property
    def source(self) -> Literal["csv", "http", "sql"]:
        """Where it comes from."""
        return "csv" if self.form.csv is not None else "http" if self.form.http is not None else "sql"


def parse(name: str, untrusted_file: bytes, sha256: str, zone: str) -> Feed:
    """A mapping file. ``zone``: the station's, for one that names none. Raises :class:`FeedUnfit`."""
    try:
        form = msgspec.convert(tomllib.loads(untrusted_file.decode()), _FORM)
        rule = _broken(form)
        if rule is not None:
            raise FeedUnfit(feed=name, rule=rule)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise FeedUnfit(feed=name, rule=str(error)) from error
    try:
        return Feed(name, sha256, form, ZoneInfo(form.time_zone or zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones, or too long a name
        raise FeedUnfit(feed=name, rule=f"time_zone: {form.time_zone!r}") from error


def _broken(form: Form) -> str | None:
    """The rule that a mapping breaks."""
    members = _MEMBERS[form.kind]
    given = form.columns.keys() | form.constants.keys()
    if sum(one is not None for one in (form.csv, form.http, form.sql)) != 1:
        return "one of [csv], [http], [sql]"
    if unknown := (given | form.lookups.keys()) - members:
        return f"{min(unknown)}: no member of {form.kind}; these are: {', '.join(sorted(members))}"
    if twice := form.columns.keys() & form.constants.keys():
        return f"{min(twice)}: a column or a constant, not both"
    if lacking := _NEEDED[form.kind] - given:
        return f"{min(lacking)}: needed"
    if form.lookups.keys() & _TIMES or form.constants.keys() & _TIMES:
        return "times are told by a column"
    if form.merge and form.kind != incidents.KIND:
        return "merge: of incidents only"
    if form.delivers == "period" and form.kind == people.KIND:
        return "delivers: changes, or all; people have no period"
    return _address(form)


def _address(form: Form) -> str | None:
    if form.sql is not None:
        wrong = address(form.sql.url)
        return None if wrong is None else f"sql.url: {wrong}"
    if form.http is not None:
        if urlsplit(form.http.url).scheme not in {"http", "https"} or urlsplit(form.http.url).hostname is None:
            return "http.url: https://host[:port]/path"
        if form.http.next and form.http.page:
            return "http: next or page, not both"
        if bool(form.http.client_certificate) != bool(form.http.client_key):
            return "http: client_certificate and client_key, both"
    if form.csv is not None and "/" in form.csv.pattern:
        return "csv.pattern: names, no folders"
    return None


# -- what it makes of rows --


def translated(feed: Feed, rows: Iterable[tuple[int, Mapping[str, str]]]) -> tuple[list[Record], list[Refused]]:
    """Records of rows, in their order, and why others are none. A record that comes twice is refused the second time, or merged."""
    found: dict[str, tuple[int, Record]] = {}
    refused: list[Refused] = []
    for number, row in rows:
        made = _record(feed, number, row)
        if isinstance(made, Refused):
            refused.append(made)
        elif (key := key_of(made)) not in found:
            found[key] = (number, made)
        elif feed.form.merge and isinstance(made, Incident) and isinstance(first := found[key][1], Incident):
            found[key] = (found[key][0], _merged(first, made))
        elif found[key][1] != made:
            rule = f"once in a delivery; row {found[key][0]} has it otherwise"
            refused.append(Refused(number, column_of(feed, _KEY[feed.form.kind]), rule, key))
    return [record for _, record in found.values()], refused


def key_of(record: Record) -> str:
    """By what a record is known: a number, a badge."""
    return record.badge if isinstance(record, Listed) else record.number


def column_of(feed: Feed, member: str) -> str:
    """The column, or the first of the columns, of a member; the member itself where it has none."""
    column = feed.form.columns.get(member, member)
    return column if isinstance(column, str) else column[0]


def _record(feed: Feed, number: int, row: Mapping[str, str]) -> Record | Refused:
    told: dict[str, str | tuple[str, ...]] = dict(feed.form.constants)
    for member, column in feed.form.columns.items():
        columns = [column] if isinstance(column, str) else column
        values = [row.get(one, "").strip() for one in columns]
        try:
            told[member] = _value(feed, member, values)
        except _Unfit as unfit:
            return Refused(number, columns[0], unfit.rule, " ".join(values)[:64])
    for member in _MANY & feed.form.constants.keys():
        told[member] = _split(feed, [feed.form.constants[member]])
    try:
        if feed.form.kind == incidents.KIND:
            return incident(zone=feed.zone, source=feed.name, **told)  # type: ignore[arg-type]  # which member is a list is in _MANY
        if feed.form.kind == people.KIND:
            return listed(**told)  # type: ignore[arg-type]  # nor has somebody of a roster
        return shift(zone=feed.zone, source=feed.name, **told)  # type: ignore[arg-type]  # a shift has no lists
    except (IncidentUnfit, ShiftUnfit, BadgeUnfit, TextUnfit) as error:
        return _refused(feed, number, error, told)


def _refused(feed: Feed, number: int, error: EvidenceError, told: Mapping[str, str | tuple[str, ...]]) -> Refused:
    member = str(error.fields.get("name", "badge"))
    text = str(error.fields.get("text", told.get(member, "")))[:64]
    return Refused(number, column_of(feed, member), str(error.fields["rule"]), text)


class _Unfit(Exception):  # never leaves this module
    def __init__(self, rule: str) -> None:
        self.rule = rule


def _value(feed: Feed, member: str, values: list[str]) -> str | tuple[str, ...]:
    if member in _MANY:
        return tuple(_looked_up(feed, member, one) for one in _split(feed, values))
    text = " ".join(filter(None, values))
    if member in _TIMES:
        return _time(feed, text) if text else ""
    return _looked_up(feed, member, text) if text else ""


def _split(feed: Feed, values: list[str]) -> tuple[str, ...]:
    pattern = f"[{re.escape(feed.form.separators)}]" if feed.form.separators else r"(?!)"
    return tuple(part.strip() for one in values for part in re.split(pattern, one) if part.strip())


def _looked_up(feed: Feed, member: str, text: str) -> str:
    table = feed.form.lookups.get(member)
    if table is None:
        return text
    if text in table:
        return table[text]
    if ANY in table:
        return table[ANY]
    raise _Unfit(f"in the table lookups.{member}")


def _time(feed: Feed, text: str) -> str:
    """A time as ISO 8601, of the first format that reads it. Which moment that is in its zone is decided by who makes the record."""
    for form in feed.form.times:
        try:
            if form == "iso":
                return datetime.fromisoformat(text).isoformat()
            if form in {"unix", "unix-ms"}:
                return datetime.fromtimestamp(float(text) / (1000 if form == "unix-ms" else 1), UTC).isoformat()
            return datetime.strptime(text, form).isoformat()  # noqa: DTZ007  # its zone is the feed's
        except (ValueError, OverflowError, OSError):
            continue
    raise _Unfit("a time as one of: " + ", ".join(feed.form.times))


def _merged(first: Incident, other: Incident) -> Incident:
    """Two rows about one incident: everybody of both, from the first beginning to the last end."""

    def first_of(one: str | None, two: str | None) -> str | None:
        return one if two is None else two if one is None else min(one, two)

    return replace(
        first,
        begins_at=min(first.begins_at, other.begins_at),
        arrived_at=first_of(first.arrived_at, other.arrived_at),
        ends_at=None if first.ends_at is None or other.ends_at is None else max(first.ends_at, other.ends_at),
        officers=tuple(dict.fromkeys(first.officers + other.officers)),
        devices=tuple(dict.fromkeys(first.devices + other.devices)),
        unit=first.unit or other.unit,
        place=first.place or other.place,
        text=first.text or other.text,
        category=first.category or other.category,
    )
