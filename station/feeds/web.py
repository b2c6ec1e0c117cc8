"""An HTTP JSON source: its pages, asked for with time-outs, bounded in every way, and not again while nothing changed (RFC 9110, 13.1.2).

Requests go through :mod:`uploader.http`: certificates are checked, plain HTTP reaches this machine only, no redirect is followed. The next
page lies at the same origin, or the answer is refused. A token is read from a file that only its owner may read, and stands in no error.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import msgspec

from evidence.errors import Exit
from station.feeds.delimited import LIMIT_ROWS
from station.feeds.mapping import HttpSource
from station.home import StationError
from uploader.errors import StoreUnreachable, StoreUnusable
from uploader.http import Http, HttpLimits, Trust

LIMITS = HttpLimits(connect=10.0, silence=30.0, answer=32 << 20, whole=120.0)
PAGES = 1000
DEPTH = 12
_DECODER = msgspec.json.Decoder()


class FeedUnreachable(StationError):
    """A feed's source cannot be read. Fields: ``feed``, ``rule``."""

    code = "feed-unreachable"
    status = Exit.UNREACHABLE


@dataclass(frozen=True, slots=True)
class Fetched:
    """Rows by their place in the answer, from 1; None: nothing changed since ``etag``. ``etag`` of an answer of one page."""

    rows: tuple[tuple[int, dict[str, str]], ...] | None
    etag: str | None


def fetch(name: str, source: HttpSource, home: Path, etag: str | None) -> Fetched:
    """All pages of a source. Raises :class:`FeedUnreachable`."""
    parts = urlsplit(source.url)
    trust = Trust(source.ca_file, source.client_certificate, source.client_key)
    headers = {"Accept": "application/json", **_token(name, source, home)}
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        with Http(f"{parts.scheme}://{parts.netloc}", f"feed {name}", LIMITS, trust, 1) as http:
            target: str | None = _numbered(source, _target(source.url), 0)
            tag: str | None = None
            for page in range(PAGES + 1):
                if target is None:
                    return Fetched(tuple(rows), tag if page == 1 else None)
                asked = headers | ({"If-None-Match": etag} if page == 0 and etag is not None else {})
                answer = http.request("GET", target, asked)
                if page == 0 and answer.status == 304 and etag is not None:
                    return Fetched(None, etag)
                if answer.status != 200:
                    raise FeedUnreachable(feed=name, rule=f"status {answer.status}")
                tag = answer.headers.get("etag")
                document = _document(name, answer.untrusted_body)
                items = _records(name, document, source.items)
                rows += [(len(rows) + place, _flat(one)) for place, one in enumerate(items, 1)]
                if len(rows) > LIMIT_ROWS:
                    raise FeedUnreachable(feed=name, rule=f"at most {LIMIT_ROWS} records")
                target = _next(name, source, document, target, page + 1, bool(items))
    except (StoreUnreachable, StoreUnusable) as error:
        raise FeedUnreachable(feed=name, rule=str(error.fields["rule"])) from error
    raise FeedUnreachable(feed=name, rule=f"at most {PAGES} pages")


def _token(name: str, source: HttpSource, home: Path) -> Mapping[str, str]:
    if not source.token_file:
        return {}
    path = home / source.token_file
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise FeedUnreachable(feed=name, rule=f"{source.token_file}: mode 0600")
            token = file.read(4096).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FeedUnreachable(feed=name, rule=f"{source.token_file}: cannot be read") from error
    if not token.isprintable() or not token:
        raise FeedUnreachable(feed=name, rule=f"{source.token_file}: one line of text")
    return {"Authorization": f"Bearer {token}"}


def _document(name: str, untrusted_body: bytes) -> object:
    try:
        return _DECODER.decode(untrusted_body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FeedUnreachable(feed=name, rule="JSON") from error


def _member(document: object, path: str) -> object:
    found = document
    for member in filter(None, path.split(".")):
        found = found.get(member) if isinstance(found, dict) else None
    return found


def _records(name: str, document: object, path: str) -> list[dict[str, Any]]:
    found = _member(document, path)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise FeedUnreachable(feed=name, rule=f"a list of objects at {path or 'the top'}")
    return found


def _flat(record: Mapping[str, Any]) -> dict[str, str]:
    """A record as a row: members of members by a dot, lists with a comma between."""
    return dict(_members(record, "", 0))


def _members(record: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, str]]:
    for member, value in record.items():
        name = before + member
        if isinstance(value, dict) and depth < DEPTH:
            yield from _members(value, f"{name}.", depth + 1)
        elif isinstance(value, list):
            yield name, ",".join(_text(one) for one in value)
        else:
            yield name, _text(value)


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _numbered(source: HttpSource, target: str, page: int) -> str:
    if not source.page:
        return target
    path, _, query = target.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != source.page]
    return f"{path}?{urlencode([*kept, (source.page, str(source.first + page))])}"


def _next(name: str, source: HttpSource, document: object, target: str, page: int, some: bool) -> str | None:
    if source.page:
        return _numbered(source, target, page) if some else None
    found = _member(document, source.next) if source.next else None
    if not found:
        return None
    here = urlsplit(source.url)
    there = urlsplit(urljoin(source.url, str(found)))
    if (there.scheme, there.netloc) != (here.scheme, here.netloc) or not there.path.isprintable() or " " in there.geturl():
        raise FeedUnreachable(feed=name, rule="the next page at the same origin")
    return _target(there.geturl())
