"""The order of the system calls is the promise: watched from outside, by strace."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.copying.facts import MEBIBYTE
from ingest.vault import Vault
from tests.ingest.copying.copies import sha256
from tests.pieces import need_program

COPY = """
import sys
from pathlib import Path
from ingest.vault import Vault
from tests.ingest.copying.copies import copy, job
copied = copy(job(Path(sys.argv[1])), Vault(sys.argv[2]))
assert copied.fault is None, copied.fault
"""
CALLS = "openat,pwrite64,preadv,preadv2,fsync,fdatasync,syncfs,fchmod,renameat2,unlink,sendto,mkdir"
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Call:
    name: str
    text: str


def traced(card: Path, vault: Vault, tmp_path: Path) -> list[Call]:
    """The system calls of the worker while it copied a card, in the order in which they ended."""
    strace = need_program("strace", "strace")
    log = tmp_path / "strace"
    command = [strace, "-f", "--seccomp-bpf", "-y", "-s", "200", "-e", f"trace={CALLS}", "-o", str(log)]
    copying = [sys.executable, "-c", COPY, str(card), os.fsdecode(vault.root)]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode != 0:
        from tests.pieces import missing

        missing("permission to trace processes with strace")
    subprocess.run([*command, *copying], check=True, cwd=ROOT)
    calls, begun = [], {}
    for line in log.read_text(errors="replace").splitlines():
        thread, text = line.split(maxsplit=1)
        if text.endswith("<unfinished ...>"):
            begun[thread] = text
            continue
        if text.startswith("<... "):
            text = begun.pop(thread) + text
        if match := re.match(r"(\w+)\(", text):
            calls.append(Call(match[1], text))
    return calls


class Order:
    """Finds calls one after the other."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self._at = 0

    def then(self, *names: str, about: str) -> Call:
        """The next call of one of these names that mentions ``about``."""
        for number in range(self._at, len(self._calls)):
            call = self._calls[number]
            if call.name in names and about in call.text:
                self._at = number + 1
                return call
        raise AssertionError(f"no {names} about {about} after {self._calls[self._at - 1].text}")


def last_write(calls: list[Call], path: str) -> int:
    return max(number for number, call in enumerate(calls) if call.name == "pwrite64" and path in call.text)


@pytest.mark.parametrize("size", [1000, 3 * MEBIBYTE + 10])
def test_one_file_is_durable_then_read_back_then_placed_then_told(card: Path, vault: Vault, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (card / "clip").write_bytes(data)
    calls = traced(card, vault, tmp_path)
    digest = sha256(data)
    order = Order(calls[last_write(calls, "/0.part>") :])
    order.then("openat", about=".intent")
    order.then("fsync", about="/0.part>")
    order.then("fsync", about=".intent>")
    order.then("fsync", about="/partial/docking-1>")
    assert "O_DIRECT" in order.then("openat", about="/0.part").text
    order.then("preadv", "preadv2", about="/0.part>")
    assert "RENAME_NOREPLACE" in order.then("renameat2", about=digest).text
    order.then("fsync", about=f"/blobs/{digest[:2]}>")
    order.then("sendto", about="HasPlaced")
    order.then("unlink", about=".intent")


def test_the_folder_of_a_new_prefix_is_durable_too(card: Path, vault: Vault, tmp_path: Path) -> None:
    (card / "clip").write_bytes(b"clip")
    order = Order(traced(card, vault, tmp_path))
    order.then("mkdir", about=f"/blobs/{sha256(b'clip')[:2]}")
    order.then("fsync", about="/blobs>")
    order.then("renameat2", about=sha256(b"clip"))


def test_many_files_are_synchronised_at_once_and_none_is_placed_before(card: Path, vault: Vault, tmp_path: Path) -> None:
    for number in range(20):
        (card / str(number)).write_bytes(b"%d" % number)
    calls = traced(card, vault, tmp_path)
    order = Order(calls[max(last_write(calls, f"/{number}.part>") for number in range(20)) :])
    order.then("openat", about=".intent")
    order.then("syncfs", about="/vault>")
    after = Order(calls[: next(number for number, call in enumerate(calls) if call.name == "syncfs")])
    with pytest.raises(AssertionError):
        after.then("renameat2", about=".part")
    for _ in range(20):
        order.then("renameat2", about=".part")
    order.then("syncfs", about="/vault>")
    order.then("sendto", about="HasPlaced")


def test_a_checkpoint_is_durable_and_read_back_before_it_is_journalled(card: Path, vault: Vault, tmp_path: Path) -> None:
    (card / "clip").write_bytes(os.urandom(5 * MEBIBYTE))
    order = Order(traced(card, vault, tmp_path))
    order.then("fdatasync", about="/0.part>")
    order.then("preadv", "preadv2", about="/0.part>")
    order.then("openat", about="/0.journal")
    order.then("fdatasync", about="/0.journal>")
    order.then("fsync", about="/partial/docking-1>")
    order.then("fdatasync", about="/0.part>")
    order.then("fdatasync", about="/0.journal>")
