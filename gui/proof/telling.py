"""What an entry of the custody log says, as lines of field, before and after. No widgets.

A personal value stands in the log as a commitment; beside it comes the value itself, where the reader may see it and no lawful erasure took it.
Where it did not come, its fingerprint is shown and that it is not shown, never an empty cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gui.words import Words

Entry = Mapping[str, Any]
_SHEET = frozenset({"said", "kept", "version", "kind", "did"})

_CODED = {
    "role": ("role",),
    "to": ("role",),
    "kind": ("alarm",),
    "act": ("guarded",),
    "on": ("hold-on",),
    "state": ("hold", "disposal", "approval", "person", "device"),
}
"""Fields whose values are codes, and what their words begin with."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field. ``before`` None: there is no before, the act says ``after``."""

    field: str
    before: str | None
    after: str


def who(words: Words, entry: Entry) -> str:
    """Who acted: the badge, or that the station did it itself."""
    person = entry["personal"].get("actor")
    if person is not None:
        return words.or_none(person)
    if "system" in entry["actor"]:
        return words("log-by-station")
    return words("log-withheld")


def object_of(words: Words, entry: Entry) -> str:
    """The object's kind in words, with the end of its id, which differs between two of one hour."""
    kind, _, name = str(entry["subject"]).partition(":")
    sheet = entry["what"].get("kind") if kind == "sheet" else None
    word = words.word("object", kind) if sheet is None else words.word("sheet", sheet)
    return f"{word} …{name[-8:]}" if len(name) > 12 else f"{word} {name}".strip()


def act(words: Words, entry: Entry) -> str:
    """What was done; of a sheet of case work, to what and how."""
    word = words.word("act", entry["type"])
    what = entry["what"]
    if entry["type"] != "recorded":
        return word
    return words("log-recorded", kind=words.word("sheet", what.get("kind")), did=did(words, what.get("did")))


def did(words: Words, code: str | None) -> str:
    """How a sheet was changed, by whichever subject has a word for it."""
    for prefix in ("did", "person", "approval", "hold", "disposal"):
        if words.known(f"{prefix}-{code}"):
            return words(f"{prefix}-{code}")
    return words.word("did", code)


def lines(words: Words, entry: Entry, before: Entry | None = None) -> list[Line]:
    """Field by field. ``before``: the entry before about the same sheet."""
    what = entry["what"]
    if isinstance(what.get("changes"), list):
        return [_change(words, entry, one) for one in what["changes"]]
    if entry["type"] == "recorded":
        now, old = _sheet(entry), {} if before is None else _sheet(before)
        told = [one for one in {**old, **now} if before is None or old.get(one) != now.get(one)]
        return [
            Line(
                words.word("field", one),
                None if before is None else _worded(words, one, old.get(one)),
                _worded(words, one, now.get(one)),
            )
            for one in told
        ]
    return [
        Line(words.word("field", name), None, _valued(words, entry, name, value))
        for name, value in _flat(what)
        if value is not None
    ]


def _change(words: Words, entry: Entry, one: Mapping[str, Any]) -> Line:
    field = str(one["field"] if "field" in one else one.get("name"))
    return Line(
        words.word("field", field),
        _valued(words, entry, f"{field}.old", one.get("old")),
        _valued(words, entry, f"{field}.new", one.get("new")),
    )


def _sheet(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = dict(_flat(entry["what"].get("said") or {}))
    kept = entry["personal"].get("kept")
    if kept is not None:
        found |= {name: value for name, value in _flat(json.loads(kept)) if value is not None or name not in found}
    elif entry["what"].get("kept") is not None:
        found["kept"] = entry["what"]["kept"]
    if entry["personal"].get("reason"):
        found["reason"] = entry["personal"]["reason"]
    return {name: value for name, value in found.items() if value is not None}


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict) and "commitment" not in value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _valued(words: Words, entry: Entry, name: str, value: object) -> str:
    if isinstance(value, dict) and "commitment" in value:
        personal = entry["personal"].get(name, entry["personal"].get(name.rpartition(".")[2]))
        if personal is not None:
            return words.or_none(personal)
    return _worded(words, name.partition(".")[0], value)


def _worded(words: Words, field: str, value: object) -> str:
    """A value that is a code by its word, where there is one."""
    for prefix in _CODED.get(field, ()):
        code = f"{prefix}-{value}"
        if words.word(prefix, str(value)) != str(value) or words.known(code):
            return words.word(prefix, str(value))
    return _shown(words, value)


def _shown(words: Words, value: object) -> str:
    if value in (None, "", []):
        return words("none")
    if isinstance(value, bool):
        return words("log-yes" if value else "log-no")
    if isinstance(value, dict) and "commitment" in value:
        return words("log-fingerprint", digest=str(value["commitment"])[:12])
    if isinstance(value, list):
        return words("log-and").join(_shown(words, one) for one in value)
    if isinstance(value, dict):
        return words.or_none(json.dumps(value, ensure_ascii=False, sort_keys=True))
    text = str(value)
    if len(text) == 27 and text[10] == "T" and text.endswith("Z"):
        return words.moment(text)
    return words.or_none(text)
