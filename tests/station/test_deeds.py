"""What was done is told in words, in both languages: every kind of sheet, every word that the program writes into an entry."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from evidence.matches import Did
from station.approvals import ApprovalState
from station.deeds import deed
from station.figures import outages
from station.messages import LANGUAGES, PHRASES

ROOT = Path(__file__).parents[2]
KINDS = re.findall(r"^## ([a-z-]+)$", (ROOT / "evidence" / "SHEETS.md").read_text(), re.MULTILINE)


def _trees() -> Iterator[ast.Module]:
    for package in ("evidence", "station"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ast.parse(path.read_text())


def _takers() -> dict[str, set[int]]:
    """Functions that take what was done as ``did``, and at which place of a call."""
    found: dict[str, set[int]] = {}
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and "did" in (names := [one.arg for one in node.args.args]):
                found.setdefault(node.name, set()).add(names.index("did") - (names[0] == "self"))
    return found


def _said(writer: str) -> set[str]:
    """Words that are written out where ``did`` is passed to ``noted``, or to anything else."""
    takers, words = _takers(), set[str]()
    for tree in _trees():
        for node in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if (name == "noted") != (writer == "noted") or name not in takers:
                continue
            given = [node.args[place] for place in takers[name] if place < len(node.args)]
            given += [one.value for one in node.keywords if one.arg == "did"]
            given += [side for one in given if isinstance(one, ast.IfExp) for side in (one.body, one.orelse)]
            words |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return words


DONE = sorted(_said("written") | set(get_args(Did)) | {one.value for one in ApprovalState} | {"renamed"})
NOTED = sorted(_said("noted") | {outages.SLOT_FAILED, outages.SLOT_RECOVERED, "tag-undone"})


def test_the_words_were_found() -> None:
    assert {"placed", "lifted", "entered", "pin-reset", "carried-out", "made-administrator"} <= set(DONE)
    assert {"signed-in", "refused", "derived", "feed-run"} <= set(NOTED)
    assert {"hold", "person", "approval", "case"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sheet_has_a_word(kind: str) -> None:
    assert f"kind-{kind}" in PHRASES


@pytest.mark.parametrize("did", DONE)
def test_everything_done_to_a_sheet_has_a_word(did: str) -> None:
    assert f"deed-{did}" in PHRASES


@pytest.mark.parametrize("did", NOTED)
def test_everything_noted_has_a_word(did: str) -> None:
    assert f"noted-{did}" in PHRASES


@pytest.mark.parametrize(
    ("act", "what", "told"),
    [
        ("recorded", {"kind": "hold", "did": "placed"}, ("hold: placed", "保全: 设立")),
        ("noted", {"did": "signed-in"}, ("signed in", "登录")),
        ("tagged", {"changes": []}, ("tagged", "标注")),
        ("recorded", {"kind": "later\n", "did": "invented"}, ("later\\n: invented", "later\\n: invented")),
    ],
)
def test_an_entry_in_words(act: str, what: Mapping[str, object], told: tuple[str, str]) -> None:
    assert tuple(deed(act, what, language) for language in LANGUAGES) == told
