"""Which software this is: name, version, and one digest over its source files, as manifests and the log state it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evidence.canonical import JsonObject

NAME = "evidence-station"
PACKAGES = ("evidence", "ingest", "uploader", "station")


@cache
def software() -> JsonObject:
    """``{"name","version","digest"}``; the digest is over the relative path and digest of every source file in order."""
    return {"name": NAME, "version": _version(), "digest": _digest()}


def _version() -> str:
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0"


def _digest() -> str:
    root = Path(__file__).resolve().parent.parent
    total = sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".toml"}:
                total.update(f"{path.relative_to(root)}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
