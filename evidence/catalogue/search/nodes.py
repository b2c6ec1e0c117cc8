"""What is asked of the index, as a tree of values. ``language`` makes it, ``finding`` carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evidence.catalogue.search.words import TERM_CHARACTERS, term
from evidence.reach import Reach


@dataclass(frozen=True, slots=True)
class Term:
    """The clips that have a term."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """The clips that have a term from ``low`` on and before ``high``."""

    low: bytes
    high: bytes


@dataclass(frozen=True, slots=True)
class Between:
    """The clips of moments from ``low`` on and before ``high`` (RFC 3339, UTC); None: without that end."""

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Digest:
    """The clips whose SHA-256 begins so."""

    beginning: str


@dataclass(frozen=True, slots=True)
class Nearly:
    """The clips that have a term of a kind which is at most so many characters away from a text."""

    kind: str
    text: str
    most: int


@dataclass(frozen=True, slots=True)
class Not:
    """The clips that something does not hold for."""

    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """The clips that everything here holds for; every clip, where nothing is here."""

    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """The clips that something here holds for; none, where nothing is here."""

    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """The clips of a node whose canonical lines also pass a test: they have a piece of text in them, or ``holds`` says so of a clip's lines."""

    node: Node
    holds: str | Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Clips that are known already, by block."""

    bits: Mapping[int, int]


Node = Numbers | Term | Span | Between | Digest | Nearly | Not | All | Any | Check


def beginning(kind: str, text: str) -> Span:
    """Terms of a kind that begin so; of a text that is longer than terms are, as much as they have of it."""
    low = term(kind, text[:TERM_CHARACTERS])
    return Span(low, low + b"\xff")


def within(reach: Reach | None) -> Node:
    """The clips that a person may know of (``evidence/reach.py``); None: every clip."""
    if reach is None:
        return All()
    near: Node = All()
    if reach.units is not None:
        own = (Term(term("O", reach.own)),) if reach.own is not None else ()
        units = tuple(Term(term("u", unit)) for unit in sorted(reach.units))
        near = Any((*own, *units, *(Term(term("C", case)) for case in sorted(reach.cases - {""}))))
    if reach.sensitivities is None:
        return near
    granted = tuple(Term(term("s", one)) for one in sorted(reach.sensitivities))
    return All((near, Any((Not(Term(term("h", "sensitivity"))), *granted))))
