"""What a file's name says: every reading of it that a profile's grammars allow, best first. Pure.

Grammars overlap (fourteen digits may be a time or a counter), so all readings are kept with their scores, and the first
one is used.
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence.canonical import JsonObject
from ingest.profiles.schema import NameGrammar, Profile
from ingest.times import TimeReading, TimeSource, ZoneRule

NAME_BYTES = 255
PATH_BYTES = 4096


@dataclass(frozen=True, slots=True)
class NameReading:
    """One reading of one name.

    ``invalid_time`` is the text of a time that is no date (``0000-00-00``: the clock was never set); ``digits`` the width
    of the sequence number; ``recording`` what the chapters of one recording share.
    """

    grammar: str
    score: int
    role: str
    officer: str | None = None
    serial: str | None = None
    unit: str | None = None
    channel: str | None = None
    time: TimeReading | None = None
    invalid_time: str | None = None
    sequence: int | None = None
    digits: int = 0
    chapter: int | None = None
    recording: str | None = None
    marks: tuple[str, ...] = ()

    def document(self) -> JsonObject:
        """As it stands in the clip record. The officer stands nowhere but in the docking's commitment."""
        return {
            "grammar": self.grammar,
            "score": self.score,
            "role": self.role,
            "serial": self.serial,
            "unit": self.unit,
            "channel": self.channel,
            "invalid_time": self.invalid_time,
            "sequence": self.sequence,
            "chapter": self.chapter,
            "recording": self.recording,
            "marks": list(self.marks),
        }


def read_name(profile: Profile, path: bytes) -> tuple[NameReading, ...]:
    """All readings of a path, best first; none for a name that is not UTF-8 or longer than a file system allows."""
    if len(path) > PATH_BYTES or len(path.rpartition(b"/")[2]) > NAME_BYTES:
        return ()
    try:
        untrusted_path = path.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    untrusted_name = untrusted_path.rpartition("/")[2]
    readings = [
        reading
        for grammar in profile.names
        if (reading := _read(grammar, untrusted_path if grammar.rule.on == "path" else untrusted_name)) is not None
    ]
    return tuple(sorted(readings, key=lambda reading: -reading.score))


def _read(grammar: NameGrammar, untrusted_text: str) -> NameReading | None:
    # fullmatch: "$" alone would accept a newline after the name.
    match = grammar.pattern.fullmatch(untrusted_text)
    if match is None:
        return None
    rule, groups = grammar.rule, match.groupdict()
    time_text, sequence, chapter, mark = (groups.get(name) for name in ("time", "sequence", "chapter", "mark"))
    time = None if time_text is None else _time(grammar, time_text)
    invalid = time_text is not None and time is None
    return NameReading(
        grammar=rule.id,
        # A text that has the form of a time and is none makes this the worse reading, not a wrong one.
        score=rule.score // 2 if invalid else rule.score,
        role=rule.role,
        officer=groups.get("officer"),
        serial=groups.get("serial"),
        unit=groups.get("unit"),
        channel=groups.get("channel"),
        time=time,
        invalid_time=time_text if invalid else None,
        sequence=int(sequence) if sequence and sequence.isdecimal() else None,
        digits=len(sequence) if sequence else 0,
        chapter=int(chapter) if chapter and chapter.isdecimal() else rule.chapter,
        recording=groups.get("recording"),
        marks=(rule.marks.get(mark.upper(), mark),) if mark else (),
    )


def _time(grammar: NameGrammar, untrusted_text: str) -> TimeReading | None:
    value = None if grammar.time is None else grammar.time.read(untrusted_text)
    if grammar.time is None or value is None:
        return None
    zone, offset = {"station": (ZoneRule.STATION, ""), "utc": (ZoneRule.UTC, "+00:00")}.get(
        grammar.rule.zone, (ZoneRule.OFFSET, grammar.rule.zone)
    )
    return TimeReading(TimeSource.NAME, value.isoformat() + offset, zone, grammar.time.resolution_ms)
