"""The lock files pin, with hashes, everything that pyproject.toml declares, and agree with one another."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "packaging" / "lock"
# The fixed list of packages that the station is built on, whichever capability uses each first.
FIXED = ("pyudev", "watchdog", "ffmpeg-python", "cryptography", "SQLAlchemy", "PySide6-Essentials", "requests", "pytest")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared(lock: str) -> list[Requirement]:
    """What a lock file has to satisfy."""
    told = project()
    base, extras, groups = told["project"]["dependencies"], told["project"]["optional-dependencies"], told["dependency-groups"]
    lines = {
        "station": [*base, *groups["build"], *extras["mtp"], *extras["recorders"]],
        "test": [
            *base,
            *groups["build"],
            *groups["test"],
            *extras["gui"],
            *extras["postgresql"],
            *extras["mtp"],
            *extras["recorders"],
        ],
        "gui": [*base, *groups["build"], *extras["gui"], *extras["mtp"], *extras["recorders"]],
        "bench": groups["bench"],
    }[lock]
    return [Requirement(line) for line in lines]


def pins(lock: str) -> dict[str, tuple[Version, list[str]]]:
    """Name → version and hashes of each entry; a line of any other form fails."""
    entries: dict[str, tuple[Version, list[str]]] = {}
    for entry in (LOCKS / f"{lock}.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        found = re.fullmatch(r"([a-z0-9-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})+)\s*", entry)
        assert found, f"not a hashed pin: {entry[:80]}"
        entries[canonicalize_name(found[1])] = (Version(found[2]), found[3].split())
    return entries


@pytest.mark.parametrize("lock", ["station", "test", "gui", "bench"])
def test_everything_declared_is_pinned_with_hashes(lock: str) -> None:
    pinned = pins(lock)
    for requirement in declared(lock):
        version, hashes = pinned[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, requirement
        assert hashes


@pytest.mark.parametrize("lock", ["test", "gui"])
def test_the_locks_of_one_environment_agree(lock: str) -> None:
    pinned = pins(lock)
    assert {name: pinned[name] for name in pins("station")} == pins("station")


def test_the_fixed_packages_are_declared() -> None:
    told = project()
    groups = [
        told["project"]["dependencies"],
        *told["project"]["optional-dependencies"].values(),
        *told["dependency-groups"].values(),
    ]
    names = {canonicalize_name(Requirement(line).name) for group in groups for line in group}
    assert {canonicalize_name(name) for name in FIXED} <= names


def test_the_tests_run_on_what_the_lock_pins() -> None:
    differing = {}
    for name, (version, _) in pins("test").items():
        installed = Version(metadata.version(name))
        if installed != version and name != "pip":  # a person's own environment may have another pip
            differing[name] = (str(installed), str(version))
    assert differing == {}
