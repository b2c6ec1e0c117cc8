"""What an entry of the log says was done, in words: the act, and for what case work wrote down, of what kind and what was done to it.

``recorded`` alone tells a reader nothing: a hold was placed, a person was disabled, an approval was given. A word that a later version of the program
wrote is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evidence.custody.entry import Act
from station.messages import PHRASES, phrase, plain


def deed(act: str, what: Mapping[str, Any], language: str) -> str:
    """The words for an entry of this act (``type``) that says this (``what``)."""
    if act == Act.RECORDED:
        kind, did = (_word(prefix, what.get(name), language) for prefix, name in (("kind", "kind"), ("deed", "did")))
        return f"{kind}: {did}"
    if act == Act.NOTED:
        return _word("noted", what.get("did"), language)
    return _word("act", act, language)


def _word(prefix: str, word: object, language: str) -> str:
    code = f"{prefix}-{word}"
    return phrase(code, language) if code in PHRASES else plain(word)
