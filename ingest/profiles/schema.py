"""The schema of a profile file: what a TOML file may say.

The structs are the file as written, the dataclasses the same ready for use; ``parsing.py`` makes the second from the
first. ``README.md`` beside this file says it in prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

SCHEMA: Final = 1
GROUPS: Final = frozenset(("officer", "serial", "unit", "time", "sequence", "chapter", "recording", "mark", "channel"))
IDENTITY_GROUPS: Final = frozenset(("serial", "model", "firmware", "officer"))

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Score = Annotated[int, msgspec.Meta(ge=0, le=100)]
Role = Literal["footage", "proxy", "thumbnail", "metadata", "structure", "log"]


class MatchRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One sign that a card is of this family, and what it is worth. Exactly one of folder, file, names."""

    score: Score
    folder: str | None = None
    """Glob on the path of a folder (``DCIM/*GOPRO``)."""
    file: str | None = None
    """Glob on the path of a file."""
    contains: str | None = None
    """With ``file``: pattern that its first 64 KiB must contain."""
    names: bool = False
    """The share of media files (thumbnails and proxies aside) whose name this profile's grammars read, times the score."""


class NameRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One grammar of file names."""

    id: Name
    pattern: str
    """Anchored pattern; its named groups are :data:`GROUPS`."""
    score: Score
    on: Literal["name", "path"] = "name"
    """Match the last component, or the whole path."""
    role: Role = "footage"
    time: str | None = None
    """How the group ``time`` reads: ``%Y %y %m %d %H %M %S %f`` as in strptime, each of full width; ``%y`` is of this century."""
    zone: str = "station"
    """``station`` (the recorder's clock shows local time), ``utc``, or a fixed offset such as ``+08:00``."""
    chapter: int | None = None
    """The chapter when the pattern has no group for it (a first file without a chapter number)."""
    marks: dict[str, str] = {}  # msgspec copies mutable defaults
    """What the text of the group ``mark`` (in capitals) means, such as ``IMP = "important"``."""


class SidecarRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which file belongs to which clip: both patterns have a group ``key``, and the keys agree (case does not count)."""

    sidecar: str
    clip: str
    kind: Role
    same_folder: bool = True


class Segments(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How consecutive files join into one recording."""

    rule: Literal["chapters", "adjacent", "none"] = "none"
    gap_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 5_000
    """``adjacent``: the longest pause that still is the same recording."""
    overlap_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 60_000
    """``adjacent``: the longest overlap. A recorder that pre-records begins before its last file ended."""


class Identity(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where the card says what device it is of."""

    file: str
    """Glob on the path of a small text file."""
    patterns: list[str]
    """Patterns searched in its first 64 KiB; their named groups are :data:`IDENTITY_GROUPS`."""


class ProfileFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A whole profile file."""

    schema: int
    name: Name
    title: str
    source: Literal["body-camera", "dv", "audio-recorder", "interview-room", "cctv", "other"]
    match: list[MatchRule] = []
    names: list[NameRule] = []
    sidecars: list[SidecarRule] = []
    segments: Segments = Segments()
    identity: list[Identity] = []
    serial_in_names: bool = False
    """The group ``serial`` of the names identifies the device when all footage agrees on it."""
    bundles: list[str] = []
    """Globs on folders whose files belong together and are kept whole."""
    numbering: Literal["folder", "card", "day"] = "folder"
    """Within what the numbers of the names count up."""


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How a time reads: a pattern with one group per field, and the step of its finest field in milliseconds."""

    pattern: re.Pattern[str]
    resolution_ms: int

    def read(self, untrusted_text: str) -> datetime | None:
        """The time without a zone; None when the text is no date."""
        match = self.pattern.fullmatch(untrusted_text)
        if match is None:
            return None
        fields = match.groupdict()
        year = int(fields["Y"]) if "Y" in fields else 2000 + int(fields["y"])
        fraction = fields.get("f", "0").ljust(6, "0")
        hour, minute, second = (int(fields.get(field, "0")) for field in "HMS")
        try:
            # Without a zone on purpose: which one it is says the rule.
            return datetime(year, int(fields["m"]), int(fields["d"]), hour, minute, second, int(fraction))  # noqa: DTZ001  # a recorder's clock has no zone
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class NameGrammar:
    """A :class:`NameRule` ready for use."""

    rule: NameRule
    pattern: re.Pattern[str]
    time: TimeFormat | None


@dataclass(frozen=True, slots=True)
class SidecarGrammar:
    """A :class:`SidecarRule` ready for use."""

    rule: SidecarRule
    sidecar: re.Pattern[str]
    clip: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class MatchGrammar:
    """A :class:`MatchRule` ready for use."""

    rule: MatchRule
    folder: re.Pattern[str] | None
    file: re.Pattern[str] | None
    contains: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class IdentityGrammar:
    """An :class:`Identity` ready for use."""

    file: re.Pattern[str]
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of recorders. ``digest`` is the SHA-256 of its file: the manifest names it."""

    name: str
    title: str
    source: str
    digest: str
    match: tuple[MatchGrammar, ...]
    names: tuple[NameGrammar, ...]
    sidecars: tuple[SidecarGrammar, ...]
    segments: Segments
    identity: tuple[IdentityGrammar, ...]
    serial_in_names: bool
    bundles: tuple[re.Pattern[str], ...]
    numbering: str
