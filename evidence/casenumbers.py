"""Case numbers: each unit has its own form of them, and a wrong one is told character by character. Pure.

A form is text with elements in braces:

=============  ===========================================================
``{4d}``       four digits 0–9
``{1-6d}``     one to six of them
``{2A}``       capital letters A–Z (``a``: small ones, ``L``: either)
``{6x}``       capital letters and digits
``{1h}``       Chinese characters (U+4E00–U+9FFF)
``{刑|行|民}``  one of these words
``{{`` ``}}``  the braces themselves
=============  ===========================================================

Anything else stands for itself. No form looks ahead or goes back: an element of variable length must be followed by something that cannot
belong to it, no word begins another, and a form that breaks this is refused when it is set. So a number is judged in one pass, however
long it is, and the place that is named is the first wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from evidence.errors import EvidenceError, Exit

FORM_CHARACTERS = 256
REPEATED = 64
NUMBER_CHARACTERS = 128

_ALPHABETS = {
    "d": ("0–9", (("0", "9"),)),
    "A": ("A–Z", (("A", "Z"),)),
    "a": ("a–z", (("a", "z"),)),
    "L": ("A–Z a–z", (("A", "Z"), ("a", "z"))),
    "x": ("A–Z 0–9", (("A", "Z"), ("0", "9"))),
    "h": ("一–鿿", (("一", "鿿"),)),
}
_REPEAT = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?([dAaLxh])")


class CaseFormUnfit(EvidenceError):
    """A form of case numbers cannot be. Fields: ``form``, ``position`` (from 1), ``rule``."""

    code = "case-form-unfit"
    status = Exit.USAGE


class CaseNumberUnfit(EvidenceError):
    """A character of a case number is not the one its form has there.

    Fields: ``number``, ``position`` (of the character, from 1), ``found``, ``expected``, ``form``.
    """

    code = "case-number-unfit"
    status = Exit.USAGE


class CaseNumberShort(EvidenceError):
    """A case number ends too early. Fields: ``number``, ``position`` (where the next character belongs), ``expected``, ``form``."""

    code = "case-number-short"
    status = Exit.USAGE


class CaseNumberLong(EvidenceError):
    """A case number goes on after its end. Fields: ``number``, ``position`` (of the first character too many), ``found``, ``form``."""

    code = "case-number-long"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class _Run:
    """Between ``least`` and ``most`` characters of an alphabet."""

    alphabet: str
    least: int
    most: int

    @property
    def label(self) -> str:
        return _ALPHABETS[self.alphabet][0]

    def has(self, character: str) -> bool:
        return any(low <= character <= high for low, high in _ALPHABETS[self.alphabet][1])


@dataclass(frozen=True, slots=True)
class _Words:
    """One of some words; what stands for itself is a single one."""

    words: tuple[str, ...]

    @property
    def label(self) -> str:
        return " / ".join(f'"{word}"' for word in self.words)


_Element = _Run | _Words


@dataclass(frozen=True, slots=True)
class Misfit:
    """The first thing wrong: its position from 1, the character there (None: the number has ended), and what belongs there.

    ``expected`` is None where nothing does.
    """

    position: int
    found: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """A form of case numbers, as it was written and as it is read."""

    text: str
    elements: tuple[_Element, ...]

    def misfit(self, number: str) -> Misfit | None:
        """The first thing wrong with a number; None: it has this form."""
        at, more = 0, ""
        for one in self.elements:
            if isinstance(one, _Run):
                start = at
                while at < len(number) and at - start < one.most and one.has(number[at]):
                    at += 1
                if at - start < one.least:
                    return _wrong(number, at, more if at == start else "", one.label)
                more = one.label if at - start < one.most else ""
                continue
            word = next((word for word in one.words if number.startswith(word, at)), None)
            if word is None:
                right = max(_shared(word, number[at:]) for word in one.words)
                wanted = _Words(tuple(dict.fromkeys(w[right:] for w in one.words if w[:right] == number[at : at + right])))
                return _wrong(number, at + right, more if right == 0 else "", wanted.label)
            at, more = at + len(word), ""
        if at < len(number):
            return Misfit(at + 1, number[at], more or None)
        return None


def form(text: str) -> Form:
    """A form from its text. Raises :class:`CaseFormUnfit`."""
    if not text or len(text) > FORM_CHARACTERS:
        raise CaseFormUnfit(form=text[:FORM_CHARACTERS], position=1, rule=f"1 to {FORM_CHARACTERS} characters")
    elements: list[_Element] = []
    at = 0
    while at < len(text):
        position = at + 1
        if text[at : at + 2] in {"{{", "}}"}:
            element: _Element = _Words((text[at],))
            at += 2
        elif text[at] == "{":
            end = text.find("}", at)
            if end < 0:
                raise CaseFormUnfit(form=text, position=position, rule="a brace that is closed")
            element = _braced(text, position, text[at + 1 : end])
            at = end + 1
        elif text[at] == "}" or text[at].isspace():
            raise CaseFormUnfit(form=text, position=position, rule="no blank and no single closing brace")
        else:
            element = _Words((text[at],))
            at += 1
        _follow(text, position, elements, element)
    return Form(text, tuple(elements))


@dataclass(frozen=True, slots=True)
class CaseForms:
    """The forms of all units: by the beginning of the unit's code; an empty beginning is every unit's."""

    by_unit: tuple[tuple[str, Form], ...] = ()

    def of(self, unit: str) -> tuple[Form, ...]:
        """The forms of a unit: those of the longest beginning of its code."""
        fitting = [prefix for prefix, _ in self.by_unit if unit.startswith(prefix)]
        longest = max(fitting, key=len, default=None)
        return tuple(one for prefix, one in self.by_unit if prefix == longest)

    def check(self, number: str, unit: str) -> None:
        """Nothing, when a number has one of the unit's forms, or the unit has none.

        Raises :class:`CaseNumberUnfit`, :class:`CaseNumberShort`, :class:`CaseNumberLong`: by the form that it has for longest.
        """
        if len(number) > NUMBER_CHARACTERS:
            found = number[NUMBER_CHARACTERS]
            raise CaseNumberLong(number=number[:NUMBER_CHARACTERS], position=NUMBER_CHARACTERS + 1, found=found, form="–")
        for position, character in enumerate(number, 1):
            if not character.isprintable() or (character.isspace() and position in {1, len(number)}):
                raise CaseNumberUnfit(number=number, position=position, found=character, expected="!–~ 一–鿿 …", form="–")
        judged = [(one, one.misfit(number)) for one in self.of(unit)]
        wrong = [(misfit, one) for one, misfit in judged if misfit is not None]
        if len(wrong) < len(judged) or not wrong:
            return
        misfit, one = max(wrong, key=lambda pair: pair[0].position)
        if misfit.found is None:
            raise CaseNumberShort(number=number, position=misfit.position, expected=misfit.expected, form=one.text)
        if misfit.expected is None:
            raise CaseNumberLong(number=number, position=misfit.position, found=misfit.found, form=one.text)
        raise CaseNumberUnfit(
            number=number, position=misfit.position, found=misfit.found, expected=misfit.expected, form=one.text
        )


def case_forms(text: str) -> CaseForms:
    """Forms as a setting holds them: ``UNIT=FORM``, a blank between two; ``UNIT`` is the beginning of a code, ``*`` every unit's.

    Raises :class:`CaseFormUnfit`.
    """
    found: list[tuple[str, Form]] = []
    for one in text.split():
        unit, equals, told = one.partition("=")
        if not equals or not unit:
            raise CaseFormUnfit(form=one, position=1, rule="UNIT=FORM, a blank between two; * is every unit")
        found.append(("" if unit == "*" else unit, form(told)))
    return CaseForms(tuple(found))


def _braced(text: str, position: int, inner: str) -> _Element:
    repeated = _REPEAT.fullmatch(inner)
    if repeated is None:
        words = tuple(inner.split("|"))
        if not all(words) or len(words) < 2:
            raise CaseFormUnfit(form=text, position=position, rule="{4d}, {1-6d} (d A a L x h) or {one|two}")
        if any(one != other and other.startswith(one) for one in words for other in words) or len(set(words)) < len(words):
            raise CaseFormUnfit(form=text, position=position, rule="words of which none begins another")
        return _Words(words)
    least, most = int(repeated[1]), int(repeated[2] or repeated[1])
    if not 1 <= least <= most <= REPEATED:
        raise CaseFormUnfit(form=text, position=position, rule=f"1 to {REPEATED} characters, the smaller number first")
    return _Run(repeated[3], least, most)


def _follow(text: str, position: int, elements: list[_Element], element: _Element) -> None:
    before = elements[-1] if elements else None
    if isinstance(before, _Run) and before.least < before.most and _may_belong(before, element):
        raise CaseFormUnfit(form=text, position=position, rule="something that cannot belong to the element before it")
    elements.append(element)


def _may_belong(run: _Run, element: _Element) -> bool:
    if isinstance(element, _Words):
        return any(run.has(word[0]) for word in element.words)
    ends = [end for _, pairs in (_ALPHABETS[run.alphabet], _ALPHABETS[element.alphabet]) for pair in pairs for end in pair]
    return any(run.has(end) and element.has(end) for end in ends)


def _shared(word: str, rest: str) -> int:
    """How many characters the beginnings have in common."""
    count = 0
    while count < min(len(word), len(rest)) and word[count] == rest[count]:
        count += 1
    return count


def _wrong(number: str, at: int, more: str, expected: str) -> Misfit:
    return Misfit(at + 1, number[at] if at < len(number) else None, f"{more} / {expected}" if more else expected)
