"""The house rules, checked by the real tools, and by a look at what lies where."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("station", "ingest", "evidence", "gui", "uploader")
FOLDERS = {*PACKAGES, "tests", "packaging"}
MADE_BY_TOOLS = {"__pycache__", "build", "dist", "htmlcov", "evidence_station.egg-info"}
# Written in two halves each, so that this file does not hold what it forbids.
FORBIDDEN = tuple(
    "".join(halves).encode()
    for halves in (
        ("pypi", ".org"),
        ("files.python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("deb.debi", "an.org"),
        ("proxy.gol", "ang.org"),
        ("/work/", "main"),
        ("/work/", "shared"),
        ("/work/", "."),
        ("/tmp", "/hq"),
    )
)

house = pytest.mark.house
pytestmark = pytest.mark.timeout(400)


def tool(*arguments: str) -> None:
    """Run one of the environment's development tools as a person would; its findings are the failure."""
    program = Path(sys.executable).parent / arguments[0]
    done = subprocess.run([program, *arguments[1:]], cwd=ROOT, capture_output=True, text=True, timeout=390, check=False)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}", pytrace=False)


def cache(name: str, tmp_path: Path) -> str:
    """Where a tool may keep its cache: in the checkout if that is ours to write."""
    return str(ROOT / name if os.access(ROOT, os.W_OK) else tmp_path)


@house
def test_ruff_finds_nothing(tmp_path: Path) -> None:
    tool("ruff", "check", "--cache-dir", cache(".ruff_cache", tmp_path), "--output-format", "concise", ".")


@house
def test_ruff_would_format_nothing(tmp_path: Path) -> None:
    tool("ruff", "format", "--cache-dir", cache(".ruff_cache", tmp_path), "--check", ".")


@house
def test_mypy_is_content(tmp_path: Path) -> None:
    # An environment from before the window checks the rest; packaging/run makes one that has everything.
    whole = find_spec("PySide6") is not None or os.environ.get("CI") == "true"
    rest = ("--exclude", "^tests/gui/", "evidence", "ingest", "station", "tests", "uploader")
    tool("mypy", "--cache-dir", cache(".mypy_cache", tmp_path), *(() if whole else rest))


@house
def test_imports_keep_their_direction(tmp_path: Path) -> None:
    tool("lint-imports", "--cache-dir", cache(".import_linter_cache", tmp_path))


@house
def test_dependencies_are_declared_and_used() -> None:
    tool("deptry", ".")


def tracked() -> list[Path]:
    """The files that belong to the project: what git knows, or without git whatever lies in the visible folders."""
    git = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
        found = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    except (FileNotFoundError, subprocess.CalledProcessError):
        found = [
            path
            for top in ROOT.iterdir()
            if top.name in FOLDERS or top.is_file()
            for path in (top.rglob("*") if top.is_dir() else [top])
            if "__pycache__" not in path.parts
        ]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def test_nothing_else_lies_at_the_top() -> None:
    visible = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert visible - MADE_BY_TOOLS == FOLDERS


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_each_folder_has_its_readme_on_the_door(folder: str) -> None:
    assert len((ROOT / folder / "README.md").read_text(encoding="utf-8").split()) > 30


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_typed_and_says_what_it_is(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert (ROOT / package / "__init__.py").read_text(encoding="utf-8").startswith('"""')


def test_no_registry_and_no_workplace_is_named() -> None:
    files = tracked()
    assert len(files) > 50
    named = [f"{path.relative_to(ROOT)}: {word.decode()}" for path in files for word in FORBIDDEN if word in path.read_bytes()]
    assert named == []


def test_the_second_verifier_stays_short_and_shares_nothing_with_the_first() -> None:
    text = (ROOT / "tests" / "independent_verifier.py").read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if line.strip()]) < 300
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in ([one.name for one in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or "."] if isinstance(node, ast.ImportFrom) else [])
    }
    assert imported <= {*sys.stdlib_module_names, "cryptography"}


LEARN_OTHERWISE = frozenset({"station/httpclient.py", "evidence/verify/entries.py"})
"""The client of the service has one thread; the verifier learns all its forms in a loop."""


def test_every_silenced_warning_names_its_rule_and_reason() -> None:
    silencer = re.compile(
        r"#\s*(?:noqa|type:\s*ignore)(?P<rule>:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|\[[a-z-, ]+\])?(?P<reason>.*)"
    )
    bare = []
    for path in tracked():
        if path.suffix != ".py" or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = silencer.search(line)
            if found and (not found["rule"] or len(found["reason"].strip(" #-:")) < 10):
                bare.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert bare == []


def test_a_type_is_learned_before_threads_decode_it() -> None:
    # msgspec crashes when two threads are the first to use a type (evidence/learned.py).
    at_once = re.compile(r"\bdecode\([^()]*(?:\([^()]*\))?[^()]*type=(?P<type>\w+)|\bmsgspec\.convert\(.*, (?P<form>\w+)\)")
    found = []
    for path in tracked():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"station", "ingest", "evidence", "uploader", "gui"}:
            for line in path.read_text(encoding="utf-8").splitlines():
                for one in at_once.finditer(line):
                    name = one["type"] or one["form"]
                    if not name.isupper() and str(path.relative_to(ROOT)) not in LEARN_OTHERWISE:
                        found.append(f"{path.relative_to(ROOT)}: {line.strip()}")
    assert found == []


def test_a_test_reaches_no_further_than_this_machine() -> None:
    # pytest-socket warns before it raises, and here warnings are errors.
    with socket.socket() as outward, pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        outward.connect(("192.0.2.1", 80))  # RFC 5737: an address for documentation
