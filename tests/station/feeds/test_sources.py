"""Where feeds come from: an HTTP JSON source, a view of another database, a folder. Real ones, and hostile ones."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from sqlalchemy import create_engine, text

from evidence.catalogue.foreign import ViewUnreadable, address, read_view
from station.feeds import folder, web
from station.feeds.mapping import HttpSource
from station.feeds.web import FeedUnreachable, fetch

Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """A server on loopback that answers as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(document: object, **headers: str) -> Answer:
    return 200, headers, json.dumps(document).encode()


def asked(url: str, home: Path, etag: str | None = None, **source: str) -> web.Fetched:
    return fetch("dispatch", msgspec.convert({"url": url, **source}, HttpSource), home, etag)


def test_records_come_as_rows_members_of_members_by_a_dot(tmp_path: Path) -> None:
    records = [{"id": 7, "at": {"sent": "09:00"}, "who": ["000123", "000124"], "none": None, "yes": True}]
    with serving(lambda *_: said({"data": {"list": records}})) as url:
        found = asked(f"{url}/calls?day=today", tmp_path, items="data.list")
    assert found.rows == ((1, {"id": "7", "at.sent": "09:00", "who": "000123,000124", "none": "", "yes": "true"}),)


def test_numbered_pages_end_with_the_one_that_is_empty(tmp_path: Path) -> None:
    def answer(path: str, _headers: dict[str, str]) -> Answer:
        page = int(parse_qs(urlsplit(path).query)["p"][0])
        assert parse_qs(urlsplit(path).query)["day"] == ["1"]
        return said([{"n": f"{page}-{number}"} for number in range(2 if page < 3 else 0)])

    with serving(answer) as url:
        found = asked(f"{url}/calls?day=1", tmp_path, page="p")
    assert found.rows is not None
    assert [row["n"] for _, row in found.rows] == ["1-0", "1-1", "2-0", "2-1"]
    assert [number for number, _ in found.rows] == [1, 2, 3, 4]


def test_the_answer_names_the_next_page(tmp_path: Path) -> None:
    pages = {"/a": {"items": [{"n": 1}], "next": "/b?x=1"}, "/b?x=1": {"items": [{"n": 2}], "next": None}}
    with serving(lambda path, _: said(pages[path])) as url:
        found = asked(f"{url}/a", tmp_path, items="items", next="next")
    assert found.rows is not None
    assert len(found.rows) == 2


def test_a_next_page_elsewhere_is_not_asked_for(tmp_path: Path) -> None:
    answer = said({"items": [], "next": "http://192.0.2.1/steal"})
    with serving(lambda *_: answer) as url, pytest.raises(FeedUnreachable) as caught:
        asked(f"{url}/a", tmp_path, items="items", next="next")
    assert caught.value.fields["rule"] == "the next page at the same origin"


def test_pages_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PAGES", 5)
    with serving(lambda *_: said({"items": [{"n": 1}], "next": "/a"})) as url, pytest.raises(FeedUnreachable, match="pages"):
        asked(f"{url}/a", tmp_path, items="items", next="next")


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    def answer(_path: str, headers: dict[str, str]) -> Answer:
        return (304, {}, b"") if headers.get("if-none-match") == '"7"' else said([{"n": 1}], ETag='"7"')

    with serving(answer) as url:
        first = asked(f"{url}/a", tmp_path)
        again = asked(f"{url}/a", tmp_path, first.etag)
    assert first.etag == '"7"'
    assert again.rows is None


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ((500, {}, b""), "status 500"),
        ((302, {"Location": "/elsewhere"}, b""), "status 302"),
        ((304, {}, b""), "status 304"),
        ((200, {}, b"<html>"), "JSON"),
        ((200, {}, b"[" * 100_000), "JSON"),
        ((200, {}, b'{"items": 7}'), "a list of objects"),
        ((200, {}, b'{"items": [7]}'), "a list of objects"),
    ],
    ids=["error", "redirect", "unasked 304", "html", "deep", "no list", "no objects"],
)
def test_another_answer_is_a_fault_and_no_rows(tmp_path: Path, answer: Answer, rule: str) -> None:
    with serving(lambda *_: answer) as url, pytest.raises(FeedUnreachable) as caught:
        asked(f"{url}/a", tmp_path, items="items")
    assert str(caught.value.fields["rule"]).startswith(rule)


def test_a_token_is_sent_from_a_file_that_only_its_owner_reads_and_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    (tmp_path / "token").chmod(0o600)
    with serving(lambda _, headers: said([{"n": headers.get("authorization", "")}])) as url:
        found = asked(f"{url}/a", tmp_path, token_file="token")
        (tmp_path / "token").chmod(0o644)
        with pytest.raises(FeedUnreachable) as caught:
            asked(f"{url}/a", tmp_path, token_file="token")
    assert found.rows == ((1, {"n": "Bearer s3cret"}),)
    assert "s3cret" not in str(caught.value.fields)


def test_plain_http_reaches_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(FeedUnreachable) as caught:
        asked("http://192.0.2.1/a", tmp_path)
    assert "https" in str(caught.value.fields["rule"])


# -- a view --


def test_a_view_is_read_as_text_and_nothing_can_be_written(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE call_ (no_ VARCHAR(9), sent TIMESTAMP, length NUMERIC(8,2), note TEXT)"))
        connection.execute(text("INSERT INTO call_ VALUES ('J1', '2026-01-15 09:00:00', 7.50, NULL)"))
        connection.execute(text('CREATE VIEW "Calls" AS SELECT * FROM call_'))
    engine.dispose()
    (row,) = read_view(database_url, "Calls", ["no_", "sent", "length", "note"], 10)
    assert row["no_"] == "J1"
    assert row["sent"].replace("T", " ").startswith("2026-01-15 09:00:00")
    assert float(row["length"]) == 7.5
    assert row["note"] == ""


def test_a_view_is_a_name_and_never_a_statement(database_url: str) -> None:
    with pytest.raises(ViewUnreadable):
        read_view(database_url, 'x"; DROP TABLE clip; --', ["a"], 10)


def test_more_rows_than_may_be_are_a_fault_and_no_part_of_them(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (1), (2), (3)"))
    engine.dispose()
    assert len(read_view(sqlite_url, "t", ["a"], 3)) == 3
    with pytest.raises(ViewUnreadable) as caught:
        read_view(sqlite_url, "t", ["a"], 2)
    assert "at most 2 rows" in str(caught.value.fields["rule"])


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ViewUnreadable):
        read_view(f"sqlite:///{tmp_path / 'none.db'}", "t", ["a"], 2)
    assert list(tmp_path.iterdir()) == []


def test_an_address_with_a_password_is_refused_without_saying_it() -> None:
    rule = address("postgresql://u:s3cret@h/d")
    assert rule is not None
    assert "s3cret" not in rule


# -- a folder --


def test_only_ordinary_files_that_nobody_writes_to_are_whole(tmp_path: Path) -> None:
    old = 1_700_000_000
    for name in ("b.csv", "a.csv", "new.csv", "notes.txt", ".hidden.csv"):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, (old, old))
    os.utime(tmp_path / "b.csv", (old - 60, old - 60))
    os.utime(tmp_path / "new.csv", (old + 100, old + 100))
    (tmp_path / "secret").write_text("not yours")
    (tmp_path / "link.csv").symlink_to(tmp_path / "secret")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    found = list(folder.whole(tmp_path, "*.csv", 10, old + 105))
    assert [one.path.name for one in found] == ["b.csv", "a.csv"]


def test_a_file_that_is_kept_replaces_no_other(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "a.csv").write_text(str(number))
        (dropped,) = folder.whole(tmp_path, "*.csv", 0, 4e9)
        folder.keep(dropped, folder.TAKEN, "20260115T080000", {"rows": number})
    kept = sorted(path for path in (tmp_path / "taken").iterdir() if path.suffix == ".csv")
    assert sorted(path.read_text() for path in kept) == ["0", "1", "2"]
    assert len(list((tmp_path / "taken").glob("*.report.json"))) == 3
