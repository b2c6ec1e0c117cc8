"""What the demo finds out without the station: digests of files, what a folder holds, what OpenSSL says; and a copy of a home."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Noted:
    """One file as it lies in a folder: size in bytes, digest, time of its last change."""

    size: int
    sha256: str
    mtime_ns: int


def note(folder: Path) -> dict[str, Noted]:
    """Every file under a folder, by its relative path."""
    noted = {}
    for inside, _, names in os.walk(folder):
        for name in names:
            path = Path(inside, name)
            facts = path.stat()
            noted[str(path.relative_to(folder))] = Noted(facts.st_size, sha256(path) or "", facts.st_mtime_ns)
    return noted


def sha256(path: Path) -> str | None:
    """The digest of a file; None for one that is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def is_sealed_blob(path: Path, expected: str) -> bool:
    """Whether a file holds the bytes of that digest and lets nobody write to it."""
    return sha256(path) == expected and path.stat().st_mode & 0o222 == 0


def fingerprint(home: Path) -> dict[str, tuple[int, int, int]]:
    """Every file of a home with its size and times, but for the two that SQLite makes for readers and takes away again."""
    found = {}
    for path in home.rglob("*"):
        if path.is_file() and not path.name.endswith(("-wal", "-shm")):
            facts = path.stat()
            found[str(path.relative_to(home))] = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    return found


def openssl_verifies(papers: Path, docking: str, content: Path) -> tuple[list[str], bool, str]:
    """Ask OpenSSL whether a docking's exported signature fits ``content``: the command, its verdict, and what it said."""
    files = ["-in", f"{docking}.p7s", "-content", str(content), "-CAfile", "ca.pem"]
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", *files, "-purpose", "any", "-out", os.devnull]
    try:
        done = subprocess.run(command, cwd=papers, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return command, False, "openssl is not installed"
    return command, done.returncode == 0, (done.stderr.strip().splitlines() or [""])[0]


def copy_home(home: Path, copy: Path) -> None:
    """A copy without the store. The vault's files are linked where the file system can: they are many and never written."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)

    copy.mkdir(0o700)
    for entry in home.iterdir():
        if entry.is_file():
            shutil.copy2(entry, copy / entry.name)
        elif entry.name != "store":
            shutil.copytree(entry, copy / entry.name, copy_function=link if entry.name == "vault" else shutil.copy2)


def flip_a_bit(file: Path) -> None:
    """Change one bit in the middle of a file. The file is made anew: others may share its bytes by a link."""
    altered = bytearray(file.read_bytes())
    altered[len(altered) // 2] ^= 1
    file.unlink()
    file.write_bytes(altered)


def write_json(path: Path, document: object) -> None:
    """Write a document for people to read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
