"""Every text of the window in English and Chinese, by a code; and the binding of texts to widgets, so that a language is switched while running.

One file a subject, a table in it: ``WORDS`` has pairs (English, Chinese), ``COUNTED`` has triples for a number ``n`` (English for one, English for
several, Chinese). What the station itself has a word for (faults, states of slots, acts of the log) comes from the station's tables, under the
station's codes. A test holds each table to both languages, the same fields in both, and no code twice.
"""

from __future__ import annotations

from gui.words.tables import COUNTED, WORDS
from gui.words.words import LANGUAGES, Words

__all__ = ["COUNTED", "LANGUAGES", "WORDS", "Words"]
