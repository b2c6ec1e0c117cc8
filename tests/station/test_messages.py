"""Every code that can come out has a sentence in both languages, and every field that a sentence names is there."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from evidence.access import Role
from evidence.custody.entry import Act
from evidence.erasure import Stays
from evidence.errors import Exit, Fault
from evidence.verify.verdict import Kind, NoteKind
from ingest.listing import SkipRule
from ingest.visit import INTERRUPTED
from station.demo.card import MediaNotMade
from station.demo.words import WORDS
from station.forecast import Line, Outlook
from station.messages import FAULTS, LANGUAGES, PHRASES, fault_text, phrase, plain
from station.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGES = ("evidence", "ingest", "uploader", "station")
SENTENCES = {**FAULTS, **{code: pair for code, pair in WORDS.items() if code == MediaNotMade.code}}
"""The demonstration keeps its own words beside it."""
NOT_FAULTS = {"internal", "interrupted"}
"""Codes of the edge itself."""


def modules() -> Iterator[str]:
    """Every module of the product."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "migrations" not in found.name and not found.name.endswith("__main__"):
                yield found.name


def faults() -> list[type[Fault]]:
    """Every kind of fault that can be raised: those with a code of their own."""
    for name in modules():
        importlib.import_module(name)
    found: list[type[Fault]] = []
    waiting = list(Fault.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.partition(".")[0] in PACKAGES and "code" in vars(kind):
            found.append(kind)
    return sorted(set(found), key=lambda kind: kind.code)


EVERY_FAULT = faults()


def fields_of(kind: type[Fault]) -> set[str]:
    """The fields that a fault's docstring promises."""
    sentence = re.search(r"Fields(?: begin with)?:? (.*)", kind.__doc__ or "", re.DOTALL)
    return set(re.findall(r"``([a-z_0-9]+)``", sentence[1])) if sentence else set()


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_there_are_faults_of_every_package() -> None:
    assert len(EVERY_FAULT) > 50
    assert {kind.__module__.partition(".")[0] for kind in EVERY_FAULT} == set(PACKAGES)


@pytest.mark.parametrize("kind", EVERY_FAULT, ids=lambda kind: kind.code)
def test_a_fault_has_a_stable_code_one_status_and_a_sentence_in_both_languages(kind: type[Fault]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", kind.code)
    assert kind.status in set(Exit) - {Exit.OK}
    english, chinese = SENTENCES[kind.code]
    assert english
    assert not chinese.isascii() or kind.code == "settings-invalid", "a Chinese sentence"
    assert placeholders(english) == placeholders(chinese)
    assert placeholders(english) <= fields_of(kind), "its docstring names every field that the sentence shows"
    fields = dict.fromkeys(fields_of(kind), "x")
    for template in (english, chinese):
        told = template.format(**fields)
        assert "{" not in told
        assert "\n" not in told


def test_no_two_faults_share_a_code_with_another_status() -> None:
    statuses: dict[str, set[Exit]] = {}
    for kind in EVERY_FAULT:
        statuses.setdefault(kind.code, set()).add(kind.status)
    assert {code for code, found in statuses.items() if len(found) > 1} == set()
    assert len({kind.code for kind in EVERY_FAULT}) == len(EVERY_FAULT)


def test_no_sentence_is_left_of_a_fault_that_is_gone() -> None:
    assert set(SENTENCES) - {kind.code for kind in EVERY_FAULT} == NOT_FAULTS


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """Every place where a fault is raised with keyword fields: file, name of the class, names of the fields."""
    by_name = {kind.__name__: kind for kind in EVERY_FAULT}
    for module in modules():
        namespace = vars(importlib.import_module(module))
        path = Path(namespace["__file__"])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            is_fault = name in by_name and namespace.get(name, by_name[name]) is by_name[name]
            if is_fault and all(keyword.arg is not None for keyword in node.keywords):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", name, {keyword.arg or "" for keyword in node.keywords}


def test_wherever_a_fault_is_raised_it_has_the_fields_of_its_sentence() -> None:
    by_name = {kind.__name__: kind for kind in EVERY_FAULT}
    places = list(raised())
    assert len(places) > 60
    wrong = [
        f"{place}: {name} lacks {missing}"
        for place, name, given in places
        if (missing := placeholders(SENTENCES[by_name[name].code][0]) - given)
    ]
    assert wrong == []


# Phrases


def literals(path: Path) -> Iterator[str]:
    """Codes of phrases that a file of the command line uses: ``voice("…")`` and ``voice.line("…")``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        target = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "line" else node.func
        if not (isinstance(target, ast.Name) and target.id == "voice") and not (
            isinstance(target, ast.Attribute) and target.attr == "_voice"
        ):
            continue
        said = node.args[0]
        for leaf in (said.body, said.orelse) if isinstance(said, ast.IfExp) else (said,):
            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                yield leaf.value


def test_every_phrase_that_the_command_line_uses_is_there() -> None:
    used = {code for path in (ROOT / "station" / "cli").glob("*.py") for code in literals(path)}
    used |= {"settings-set-done", "settings-accept-done"}
    assert len(used) > 30
    assert used - set(PHRASES) == set()


VOCABULARIES = {
    "act": list(Act),
    "skip": [*SkipRule, INTERRUPTED],
    "problem": list(Kind),
    "note": list(NoteKind),
    "stays": [*Stays, "unlisted"],
    "outlook": list(Outlook),
    "line": list(Line),
    "progress": ["copy", "probe", "verify", "export", "upload", "erase", "evict", "recall"],
}


@pytest.mark.parametrize("prefix", VOCABULARIES)
def test_every_word_of_a_vocabulary_is_there_and_none_is_left_over(prefix: str) -> None:
    words = {str(word) for word in VOCABULARIES[prefix]}
    known = {code.removeprefix(f"{prefix}-") for code in PHRASES if code.startswith(f"{prefix}-")}
    assert words - known == set()
    if prefix in {"act", "skip", "problem"}:
        assert known == words


def test_the_kinds_of_problem_are_those_that_were_promised() -> None:
    assert {kind.value for kind in Kind} == {
        *("vault-digest", "vault-missing", "vault-extra", "catalogue-differs", "catalogue-missing-row", "catalogue-extra-row"),
        *("log-altered", "log-missing", "log-order", "manifest-altered", "manifest-signature", "foreign-key"),
        *("certificate-chain", "settings-unexplained", "rolled-back", "forked"),
        *("token-foreign", "token-invalid"),
    }


def test_what_verify_counts_has_a_name() -> None:
    counted = set()
    for path in (ROOT / "evidence" / "verify").glob("*.py"):
        counted |= set(re.findall(r'checked\["([a-z_]+)"\]', path.read_text(encoding="utf-8")))
    assert len(counted) > 5
    assert {f"checked-{name}" for name in counted} <= set(PHRASES)


@pytest.mark.parametrize("code", sorted(PHRASES))
def test_a_phrase_is_in_both_languages_with_the_same_fields(code: str) -> None:
    english, chinese = PHRASES[code]
    assert english
    assert chinese
    assert placeholders(english) == placeholders(chinese)
    fields = dict.fromkeys(placeholders(english), "x")
    assert phrase(code, "en", **fields)
    assert phrase(code, "zh", **fields)


def test_the_languages_and_roles_of_the_settings_are_those_there_are() -> None:
    allowed = get_type_hints(Settings)
    assert get_args(allowed["language"]) == LANGUAGES
    assert set(get_args(allowed["operator_role"])) == {role.value for role in Role}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 文", "plain 文"),
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\udcff", "\\udcff"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\x9b2J", "\\x9b2J"),
        (5, "5"),
    ],
)
def test_untrusted_text_is_shown_and_not_obeyed(text: object, shown: str) -> None:
    assert plain(text) == shown


def test_a_sentence_shows_a_hostile_name_and_does_not_obey_it() -> None:
    told = fault_text("card-missing", {"path": "/media/\x1b[2J\n\udcff", "error": "ENOENT"}, "en")
    assert told.isprintable()
    assert "\\x1b[2J\\n" in told
    told.encode()
