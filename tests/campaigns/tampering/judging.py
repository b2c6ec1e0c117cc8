"""What must be named in a case, and what is said of a verdict: silent, misnamed, an avalanche, or as it should be."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.campaigns.tampering.command import Said

if TYPE_CHECKING:
    from tests.campaigns.tampering.victim import Victim

A_CAUSE = 3
"""More problems than this for one thing that was done are an avalanche."""

Named = tuple[str, str]
"""Kind and subject of a problem."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What ``verify`` must say. ``named``: these problems, each of them; for a clean case none at all.

    ``also``: kinds that may be named beside them, within ``A_CAUSE`` problems for each of ``causes``; ``either``: of these kinds
    there must be one at least, whatever its subject. ``notes``: kinds of notes that must be there. ``anchored``: what the verdict
    must say of that, if it matters.
    """

    named: tuple[Named, ...] = ()
    also: frozenset[str] = frozenset()
    either: frozenset[str] = frozenset()
    causes: int = 1
    notes: tuple[str, ...] = ()
    anchored: bool | None = None
    refused: tuple[str, int] | None = None
    """Code and status of the error with which nothing more is said, where ``verify`` cannot even begin."""

    @property
    def clean(self) -> bool:
        return not self.named and not self.either and self.refused is None


def tampered(
    *named: Named, also: Collection[str] = (), either: Collection[str] = (), causes: int = 1, notes: tuple[str, ...] = ()
) -> Expected:
    """Problems that must be named."""
    return Expected(named, frozenset(also), frozenset(either), causes, notes)


def clean(*notes: str, anchored: bool | None = None) -> Expected:
    """Nothing may be named, but these notes must be there."""
    return Expected(notes=notes, anchored=anchored)


@dataclass(frozen=True, slots=True)
class Case:
    """One attack. ``group``: the kind it is about, or what else it is counted under. ``plant`` does it and says what must follow.

    ``pattern``: the home of which a copy is attacked. ``quick``: part of the short run. ``alone``: without anything from outside, no
    anchor and no checkpoint, neither given nor in the store.
    """

    group: str
    name: str
    plant: Callable[[Victim], Expected]
    pattern: str = "main"
    quick: bool = False
    alone: bool = False
    on_disk: bool = False
    """The copy must lie on a real disk: the case takes footage in, or is about how footage is read."""

    lenient: bool = False
    """The second verifier is not asked: it does without this, or leaves it to ``openssl``, which lets it pass."""

    @property
    def title(self) -> str:
        return f"{self.group}/{self.name}{'/alone' if self.alone else ''}"


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement on one case. ``complaints`` is empty when the verdict was as it should be."""

    title: str
    group: str
    seconds: float
    silent: bool = False
    complaints: tuple[str, ...] = ()


def complaints(expected: Expected, said: Said) -> list[str]:
    """Everything that is wrong with what was said."""
    if expected.refused is not None:
        code, status = expected.refused
        return [] if (said.error(), said.status) == expected.refused else [f"{code} with status {status} was due: {said.told()}"]
    if "problems" not in said.document:
        return [f"no verdict: {said.told()}"]
    document = said.document
    found = [(one["kind"], one["subject"]) for one in document["problems"]]
    wrong = []
    if said.status != (0 if expected.clean else 3):
        wrong.append(f"exit status {said.status}")
    if document["ok"] != (not found):
        wrong.append(f"ok is {document['ok']} with {len(found)} problems")
    if "Traceback" in said.diagnostics:
        wrong.append(f"a traceback: {said.diagnostics.strip().splitlines()[-1]}")
    wrong += [f"not named: {kind} {subject}" for kind, subject in expected.named if (kind, subject) not in found]
    kinds = {kind for kind, _ in found}
    if expected.either and not expected.either & kinds:
        wrong.append(f"named none of {', '.join(sorted(expected.either))}")
    allowed = expected.also | expected.either
    wrong += [
        f"misnamed: {kind} {subject}" for kind, subject in found if (kind, subject) not in expected.named and kind not in allowed
    ]
    if len(found) > max(len(expected.named), A_CAUSE * expected.causes):
        wrong.append(f"an avalanche: {len(found)} problems")
    notes = [one["kind"] for one in document["notes"]]
    wrong += [f"no note: {kind}" for kind in expected.notes if kind not in notes]
    if expected.anchored is not None and document["anchored"] != expected.anchored:
        wrong.append(f"anchored is {document['anchored']}")
    return wrong


def silent(expected: Expected, said: Said) -> bool:
    """Whether something was done and nothing was said of it."""
    return not expected.clean and said.status == 0
