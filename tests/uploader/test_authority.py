"""Asking a time-stamp authority: a real one on loopback, and one that misbehaves in every way that HTTP allows."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.timestamps import judge, request, roots
from tests.servers.authority import Authority, dead, make_authority, serving, silent
from tests.uploader.test_http import certificate
from uploader.authority import LIMITS, AuthorityFailing, AuthorityUnreachable, ask
from uploader.http import HttpLimits

HASTY = replace(LIMITS, connect=0.5, silence=0.5, whole=1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("tsa") / "city")


@pytest.fixture
def city(folder: Path) -> Iterator[Authority]:
    with serving(folder) as it:
        yield it


def test_the_answer_of_a_real_authority_counts(city: Authority) -> None:
    asked = request(b"message", b"nonce..!")
    answer = ask("city", city.url, "", asked.encoded())
    assert city.asked == [asked.encoded()]
    assert judge(asked, answer, "city", roots(city.root)).at.endswith("Z")


def test_over_tls_its_server_must_chain_to_the_chosen_authorities(folder: Path, tmp_path: Path) -> None:
    ours, other = certificate(tmp_path, "127.0.0.1"), certificate(tmp_path, "127.0.0.2")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours)
    asked = request(b"message", b"nonce..!")
    with serving(folder, context) as city:
        assert judge(asked, ask("city", city.url, str(ours), asked.encoded()), "city", roots(city.root)).at.endswith("Z")
        for ca_file in (str(other), ""):
            with pytest.raises(AuthorityUnreachable, match="TLS: "):
                ask("city", city.url, ca_file, asked.encoded())
        city.drips = b"0"
        begun = time.monotonic()
        with pytest.raises(AuthorityUnreachable):
            ask("city", city.url, str(ours), asked.encoded(), HASTY)
        assert time.monotonic() - begun < 5
        assert len(city.asked) == 2


def test_path_and_query_of_the_address_are_kept(city: Authority) -> None:
    assert ask("city", f"{city.url}/x?policy=1", "", request(b"m", bytes(8)).encoded())


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 500, 503])
def test_no_redirect_is_followed_and_no_error_taken_for_an_answer(city: Authority, status: int) -> None:
    city.status, city.headers = status, {"Location": city.url}
    with pytest.raises(AuthorityFailing) as raised:
        ask("city", city.url, "", b"query")
    assert raised.value.fields == {"authority": "city", "answer": f"HTTP {status}"}
    assert len(city.asked) == 1


def refused(url: str, limits: HttpLimits = HASTY) -> str:
    with pytest.raises(AuthorityUnreachable) as raised:
        ask("city", url, "", b"query", limits)
    assert raised.value.fields["authority"] == "city"
    return str(raised.value.fields["rule"])


def test_nobody_is_there() -> None:
    assert "refused" in refused(dead())


def test_one_that_never_says_a_word() -> None:
    with silent() as url:
        assert refused(url) == "silent for too long"


def test_a_huge_answer_is_not_read_to_its_end(city: Authority) -> None:
    city.answer = lambda _: bytes(50 << 20)
    assert "more than 65536 bytes" in refused(city.url, LIMITS)


def test_an_endless_answer_is_not_read_to_its_end(city: Authority) -> None:
    city.drips = bytes(1 << 14)
    assert "more than 65536 bytes" in refused(city.url, LIMITS)


def test_an_answer_that_comes_byte_by_byte_is_given_up_in_time(city: Authority) -> None:
    """Never silent for long, and never done: each byte would begin the wait anew."""
    city.drips = b"0"
    begun = time.monotonic()
    assert "no whole answer in 1 s" in refused(city.url)
    assert time.monotonic() - begun < 5


def test_plain_http_to_another_machine_is_never_tried() -> None:
    assert "https" in refused("http://192.0.2.1/tsa")
