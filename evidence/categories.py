"""Categories: a tree of codes with names in both languages, and a word on how long what they hold is kept. Pure.

Rules kept here:

* a station has the tree below until somebody adds to it or changes it; then the whole tree is written down as sheets (``SHEETS.md``), and
  those alone count;
* a code that was given to a clip stays what it is: a category is renamed in its names only, and one that is out of use is retired, which keeps
  it from being given and from nothing else;
* ``unclassified`` stands outside the tree: every clip begins with it, and nothing may dispose of it by rule.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evidence.canonical import JsonObject
from evidence.errors import EvidenceError, Exit
from evidence.facts import UNCLASSIFIED

KIND = "category"
CODE_CHARACTERS = 64
NAME_CHARACTERS = 64
DEPTH = 8
PERMANENT = "permanent"
NEAREST = 3
_KEEP = re.compile(r"permanent|P[1-9][0-9]{0,3}[DMY]")


class CategoryUnknown(EvidenceError):
    """No category of the tree has that code. Fields: ``category``, ``nearest`` (codes with their names, or ``–``)."""

    code = "category-unknown"
    status = Exit.USAGE


class CategoryRetired(EvidenceError):
    """A category is out of use. Fields: ``category``."""

    code = "category-retired"
    status = Exit.REFUSED


class CategoryUnfit(EvidenceError):
    """A category cannot be so. Fields: ``category``, ``name`` (of the member), ``rule``."""

    code = "category-unfit"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Category:
    """One category. ``keep`` is how long at least what bears it is kept: ``permanent``, an ISO 8601 duration as ``P6M``, or None: nothing special.

    ``parent`` is the code of the one that it belongs to.
    """

    code: str
    parent: str | None
    en: str
    zh: str
    keep: str | None = None
    retired: bool = False

    @property
    def said(self) -> JsonObject:
        """What the log says of it, in plain: it names nobody."""
        return {
            "code": self.code,
            "parent": self.parent,
            "en": self.en,
            "zh": self.zh,
            "keep": self.keep,
            "retired": self.retired,
        }

    @property
    def found_by(self) -> tuple[tuple[str, str], ...]:
        """Names and values by which its sheet is looked for."""
        return (("code", self.code),) if self.parent is None else (("code", self.code), ("parent", self.parent))


def category_of(said: dict[str, Any]) -> Category:
    """The category of a sheet."""
    return Category(said["code"], said["parent"], said["en"], said["zh"], said["keep"], said["retired"])


@dataclass(frozen=True)
class Tree:
    """All categories of a station. ``own``: they are its own, no longer those it began with."""

    categories: tuple[Category, ...]
    own: bool = False

    @cached_property
    def by_code(self) -> dict[str, Category]:
        """The categories by their codes."""
        return {one.code: one for one in self.categories}

    def children(self, parent: str | None) -> list[Category]:
        """What belongs to a category directly; of None: the roots."""
        return [one for one in self.categories if one.parent == parent]

    def path(self, code: str) -> list[Category]:
        """From the root down to a category; nothing for one that is not in the tree."""
        found: list[Category] = []
        one = self.by_code.get(code)
        while one is not None:
            found.insert(0, one)
            one = None if one.parent is None else self.by_code.get(one.parent)
        return found

    def below(self, code: str) -> set[str]:
        """The codes of a category and of everything below it."""
        found = {code}
        for one in self.walk(code):
            found.add(one.code)
        return found

    def walk(self, parent: str | None = None) -> Iterator[Category]:
        """Everything below a category, each after what it belongs to; of None: the whole tree."""
        for one in self.children(parent):
            yield one
            yield from self.walk(one.code)

    def keep(self, code: str) -> str | None:
        """How long a category keeps what bears it: its own word, or else that of the nearest one above it that has one."""
        return next((one.keep for one in reversed(self.path(code)) if one.keep is not None), None)

    def check(self, code: str) -> None:
        """Nothing, when a clip may be given this category. Raises :class:`CategoryUnknown`, :class:`CategoryRetired`."""
        if code == UNCLASSIFIED:
            return
        found = self.by_code.get(code)
        if found is None:
            near = ", ".join(f"{one.code} ({one.en}, {one.zh})" for one in self.nearest(code))
            raise CategoryUnknown(category=code, nearest=near or "–")
        if found.retired:
            raise CategoryRetired(category=code)

    def nearest(self, text: str) -> list[Category]:
        """The categories that somebody may have meant: by code and by name in either language."""
        wanted = text.casefold()
        names = {name.casefold(): one for one in self.categories if not one.retired for name in (one.zh, one.en, one.code)}
        holding = [one for name, one in names.items() if wanted and (wanted in name or (len(name) > 1 and name in wanted))]
        close = [names[name] for name in difflib.get_close_matches(wanted, names, NEAREST, 0.5)]
        return list(dict.fromkeys([*close, *holding]))[:NEAREST]

    def with_one(self, added: Category) -> Tree:
        """The tree with one category more, or another in the place of the one of that code. Raises :class:`CategoryUnfit`."""
        _check(added)
        others = tuple(added if one.code == added.code else one for one in self.categories)
        made = Tree(others if added.code in self.by_code else (*others, added), own=True)
        if added.parent is not None and added.parent not in made.by_code:
            raise CategoryUnfit(category=added.code, name="parent", rule=f"a category of the tree, not {added.parent!r}")
        above, seen = added.parent, {added.code}
        while above is not None:
            if above in seen or len(seen) >= DEPTH:
                raise CategoryUnfit(category=added.code, name="parent", rule=f"not itself, and at most {DEPTH} levels")
            seen.add(above)
            above = made.by_code[above].parent
        return made


def _check(one: Category) -> None:
    def line(name: str, text: str, limit: int) -> None:
        if not text or len(text) > limit or text != text.strip() or not text.isprintable():
            raise CategoryUnfit(category=one.code, name=name, rule=f"1 to {limit} characters in one line, no blank at the ends")

    line("code", one.code, CODE_CHARACTERS)
    line("en", one.en, NAME_CHARACTERS)
    line("zh", one.zh, NAME_CHARACTERS)
    if one.code == UNCLASSIFIED:
        raise CategoryUnfit(category=one.code, name="code", rule="another one: what nobody classified bears this")
    if one.keep is not None and not _KEEP.fullmatch(one.keep):
        raise CategoryUnfit(category=one.code, name="keep", rule="permanent, or a duration as P6M, P180D, P2Y")


def tree(sheets: Iterable[dict[str, Any]]) -> Tree:
    """The tree of a station from what its sheets say, oldest first; without any, the one that every station begins with."""
    found = tuple(category_of(said) for said in sheets)
    return Tree(found, own=True) if found else DEFAULT


DEFAULT = Tree(
    (
        Category("call", None, "Calls for service", "接处警"),
        Category("dispute", "call", "Dispute", "纠纷"),
        Category("assault", "call", "Assault", "殴打伤害"),
        Category("theft", "call", "Theft", "盗窃"),
        Category("fraud", "call", "Fraud", "诈骗"),
        Category("disturbance", "call", "Disturbance", "寻衅滋事"),
        Category("help", "call", "Request for help", "群众求助"),
        Category("major-call", "call", "Other major or complex call", "其他重大复杂警情", PERMANENT),
        Category("emergency", "call", "Major emergency", "重大突发事件", PERMANENT),
        Category("mass-incident", "call", "Mass incident", "群体性事件", PERMANENT),
        Category("traffic", None, "Traffic", "交通管理"),
        Category("traffic-stop", "traffic", "Traffic stop", "交通检查"),
        Category("traffic-accident", "traffic", "Traffic accident", "交通事故"),
        Category("drink-driving", "traffic", "Drink driving", "酒驾醉驾"),
        Category("enforcement", None, "Enforcement", "现场执法"),
        Category("identity-check", "enforcement", "Identity check", "盘查"),
        Category("search", "enforcement", "Search", "检查搜查"),
        Category("seizure", "enforcement", "Seizure", "扣押"),
        Category("arrest", "enforcement", "Arrest", "抓捕"),
        Category("use-of-force", "enforcement", "Use of force", "使用武力", PERMANENT),
        Category("obstruction", "enforcement", "Enforcement obstructed", "阻碍执法", PERMANENT),
        Category("casework", None, "Case work", "办案"),
        Category("evidence", "casework", "Used as evidence", "作为证据使用", PERMANENT),
        Category("scene", "casework", "Scene examination", "现场勘查"),
        Category("interview", "casework", "Interview", "询问讯问"),
        Category("identification", "casework", "Identification", "辨认"),
        Category("duty", None, "Duty", "勤务"),
        Category("patrol", "duty", "Patrol", "巡逻"),
        Category("event", "duty", "Public event", "安保"),
        Category("escort", "duty", "Escort", "押解"),
        Category("handed-in", None, "Handed in", "群众提供"),
        Category("from-shop", "handed-in", "From a shop", "商户提供"),
        Category("from-citizen", "handed-in", "From a citizen", "市民提供"),
        Category("other", None, "Other", "其他"),
        Category("training", "other", "Training", "训练"),
        Category("equipment-test", "other", "Equipment test", "设备测试"),
        Category("recorded-by-mistake", "other", "Recorded by mistake", "误录"),
    )
)
"""What every station begins with. Kept for ever is what the Ministry's rules of 2016 keep so (art. 13): used as evidence, obstruction, major
emergencies and mass incidents, other major or complex calls; the rules of retention name these very codes. And the use of force."""
