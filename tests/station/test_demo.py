"""The demo, run as a person runs it: it holds twice, and it fails when something is not as it should be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from evidence.errors import Exit
from station import setup
from station.demo.words import WORDS
from station.home import Home
from tests.pieces import need_program

pytestmark = pytest.mark.timeout(300)
FIELD = re.compile(r"\{(\w+)\}")


class Outcome(msgspec.Struct, forbid_unknown_fields=True):
    ok: bool
    home: str
    results: str
    passed: int
    failed: list[str]
    seconds: float


def demo(home: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    need_program("ffmpeg", "ffmpeg")
    need_program("openssl", "openssl")
    command = [sys.executable, "-m", "station.demo", "--home", str(home), *options]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=200, check=False)


def outcome(done: subprocess.CompletedProcess[str]) -> Outcome:
    return msgspec.json.decode(done.stdout, type=Outcome)


def sentence(code: str, **fields: object) -> str:
    return WORDS[code][0].format(**fields)


def test_it_holds_twice_and_finds_what_was_changed_in_between(home: Path) -> None:
    # A store named from outside is for real footage: the demo must not send there.
    first = demo(home, "--json", EVIDENCE_STATION_STORE="s3")
    assert (first.returncode, outcome(first).ok, outcome(first).failed) == (Exit.OK, True, []), first.stderr
    assert {"manifest", "clip", "checkpoint.txt", "receipts.json", "verdict.json"} == set(os.listdir(outcome(first).results))

    second = demo(home, "--keep", EVIDENCE_STATION_LANGUAGE="zh")
    assert second.returncode == Exit.OK, second.stdout + second.stderr
    checks = outcome(first).passed + 1  # now there is an earlier checkpoint to agree with
    assert f"全部 {checks} 项检查成立" in second.stdout
    assert "✖ 证据数据被改动或无法读取 [vault-digest]" in second.stdout  # in the copy that was tampered with
    later = max(home.with_name("home-results").glob("2*"))
    assert len(list((later / "card").rglob("*.MP4"))) == 6

    blob = max(home.glob("vault/blobs/*/*"), key=lambda path: path.stat().st_size)
    blob.chmod(0o640)
    with blob.open("r+b") as file:
        file.write(b"\xff")
    home.with_name("home-results").joinpath("anchor.txt").write_text("0" * 64)
    third = demo(home, "--json")
    assert third.returncode == Exit.TAMPERED
    failed = outcome(third).failed
    assert sentence("anchor-same", anchor="0" * 12) in failed
    assert sentence("verify-ok") in failed
    assert sentence("verify-anchor") in failed
    assert "[vault-digest]" in third.stderr
    assert not outcome(third).ok


def test_a_real_station_is_left_alone(home: Path) -> None:
    setup.init(Home(home), "harbour-1", "310000")
    done = demo(home, "--json")
    assert done.returncode == Exit.REFUSED
    assert msgspec.json.decode(done.stdout)["error"]["code"] == "other-station"
    assert not list(home.glob("vault/blobs/*/*"))


@pytest.mark.parametrize("code", sorted(WORDS))
def test_both_languages_say_the_same_and_somebody_says_it(code: str) -> None:
    english, chinese = WORDS[code]
    assert set(FIELD.findall(english)) >= set(FIELD.findall(chinese))
    assert not set(FIELD.findall(english)) - set(FIELD.findall(chinese))
    assert re.search("[一-鿿]", chinese)
    package = Path(setup.__file__).with_name("demo")
    source = "".join(file.read_text(encoding="utf-8") for file in package.glob("*.py") if file.name != "words.py")
    spoken = {code, code.removeprefix("step-"), code.removeprefix("progress-")}
    assert any(f'"{name}"' in source for name in spoken) or f'step("{code.removeprefix("why-")}"' in source
