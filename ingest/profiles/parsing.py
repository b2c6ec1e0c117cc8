"""From the bytes of a profile file to a :class:`~ingest.profiles.schema.Profile`.

The file comes from an administrator, so it is untrusted until :func:`parse` returns: unknown keys, unknown groups,
patterns that are not anchored or that could take for ever are refused with the place and the way out.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

import msgspec

from evidence.learned import learned
from ingest.errors import ProfileInvalid
from ingest.profiles.schema import (
    GROUPS,
    IDENTITY_GROUPS,
    SCHEMA,
    Identity,
    IdentityGrammar,
    MatchGrammar,
    MatchRule,
    NameGrammar,
    NameRule,
    Profile,
    ProfileFile,
    SidecarGrammar,
    SidecarRule,
    TimeFormat,
)

PATTERN_LENGTH: Final = 300
UNBOUNDED: Final = 2
"""Open-ended repeats in one pattern: with n of them a name of 255 bytes costs up to 255 to the n steps."""
TIME_FIELDS: Final = {
    "Y": ("[0-9]{4}", 31_536_000_000),
    "y": ("[0-9]{2}", 31_536_000_000),
    "m": ("[0-9]{2}", 2_678_400_000),
    "d": ("[0-9]{2}", 86_400_000),
    "H": ("[0-9]{2}", 3_600_000),
    "M": ("[0-9]{2}", 60_000),
    "S": ("[0-9]{2}", 1000),
    "f": ("[0-9]{1,6}", 1),
}
"""Fields of a time: what each looks like, and the resolution in milliseconds that it gives."""
_LITERAL: Final = re.compile(r"\\.|\[[^\]]*\]")
"""Escapes and sets, in which * and + repeat nothing."""


_FORM: Final = learned(ProfileFile)


def parse(untrusted_toml: bytes, file: str, digest: str) -> Profile:
    """A profile from the bytes of its file. Raises :class:`~ingest.errors.ProfileInvalid` naming file, rule and way out."""
    try:
        untrusted_profile = msgspec.toml.decode(untrusted_toml, type=_FORM)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        detail, _, place = str(error).partition(" - at ")
        raise ProfileInvalid(file=file, rule=place.strip("`") or "file", detail=detail) from error
    return _Checked(file).profile(untrusted_profile, digest)


class _Checked:
    """The rules that types cannot say, each failing with the place it stands in."""

    def __init__(self, file: str) -> None:
        self._file = file

    def profile(self, untrusted: ProfileFile, digest: str) -> Profile:
        if untrusted.schema != SCHEMA:
            self._refuse("schema", f"this version reads schema = {SCHEMA}")
        ids = [rule.id for rule in untrusted.names]
        if len(ids) != len(set(ids)):
            self._refuse("names", "give each [[names]] an id of its own")
        return Profile(
            name=untrusted.name,
            title=untrusted.title,
            source=untrusted.source,
            digest=digest,
            match=tuple(self._match(rule, f"match[{index}]") for index, rule in enumerate(untrusted.match)),
            names=tuple(self._name(rule, f"names.{rule.id}") for rule in untrusted.names),
            sidecars=tuple(self._sidecar(rule, f"sidecars[{index}]") for index, rule in enumerate(untrusted.sidecars)),
            segments=untrusted.segments,
            identity=tuple(self._identity(rule, f"identity[{index}]") for index, rule in enumerate(untrusted.identity)),
            serial_in_names=untrusted.serial_in_names,
            bundles=tuple(self._glob(glob, f"bundles[{index}]") for index, glob in enumerate(untrusted.bundles)),
            numbering=untrusted.numbering,
        )

    def _match(self, rule: MatchRule, place: str) -> MatchGrammar:
        if [rule.folder is not None, rule.file is not None, rule.names].count(True) != 1:
            self._refuse(place, "say exactly one of folder, file and names = true")
        if rule.contains is not None and rule.file is None:
            self._refuse(place, "contains needs file")
        return MatchGrammar(
            rule,
            None if rule.folder is None else self._glob(rule.folder, place),
            None if rule.file is None else self._glob(rule.file, place),
            None if rule.contains is None else self._pattern(rule.contains, place, anchored=False),
        )

    def _name(self, rule: NameRule, place: str) -> NameGrammar:
        pattern = self._pattern(rule.pattern, place, groups=GROUPS)
        groups = set(pattern.groupindex)
        if ("time" in groups) != (rule.time is not None):
            self._refuse(place, 'a group (?P<time>…) and time = "%Y…" go together')
        if "mark" not in groups and rule.marks:
            self._refuse(place, "marks need a group (?P<mark>…)")
        if "chapter" in groups and rule.chapter is not None:
            self._refuse(place, "chapter stands in for a missing group (?P<chapter>…); say one of the two")
        if rule.zone not in ("station", "utc") and not re.fullmatch(r"[+-][01][0-9]:[0-5][0-9]", rule.zone):
            self._refuse(place, 'zone is "station", "utc" or an offset such as "+08:00"')
        return NameGrammar(rule, pattern, None if rule.time is None else self._time(rule.time, place))

    def _time(self, time: str, place: str) -> TimeFormat:
        # strptime would do the same, at a tenth of the speed: a card holds ten thousand names.
        parts = re.split(r"%(.?)", time)
        literals, fields = parts[::2], parts[1::2]
        if any(field not in TIME_FIELDS for field in fields) or len(fields) != len(set(fields)):
            self._refuse(place, "time uses %Y %y %m %d %H %M %S %f only, each once")
        if not {"m", "d"} <= set(fields) or len({"Y", "y"} & set(fields)) != 1:
            self._refuse(place, "time needs year, month and day")
        text = re.escape(literals[0])
        for field, literal in zip(fields, literals[1:], strict=True):
            text += f"(?P<{field}>{TIME_FIELDS[field][0]}){re.escape(literal)}"
        return TimeFormat(re.compile(text, re.ASCII), min(TIME_FIELDS[field][1] for field in fields))

    def _sidecar(self, rule: SidecarRule, place: str) -> SidecarGrammar:
        sidecar, clip = (self._pattern(text, place, groups=frozenset(("key",))) for text in (rule.sidecar, rule.clip))
        if "key" not in sidecar.groupindex or "key" not in clip.groupindex:
            self._refuse(place, "both patterns need a group (?P<key>…)")
        return SidecarGrammar(rule, sidecar, clip)

    def _identity(self, rule: Identity, place: str) -> IdentityGrammar:
        patterns = tuple(self._pattern(text, place, anchored=False, groups=IDENTITY_GROUPS) for text in rule.patterns)
        return IdentityGrammar(self._glob(rule.file, place), patterns)

    def _pattern(self, text: str, place: str, *, anchored: bool = True, groups: frozenset[str] = frozenset()) -> re.Pattern[str]:
        if len(text) > PATTERN_LENGTH:
            self._refuse(place, f"a pattern has at most {PATTERN_LENGTH} characters")
        if anchored and not (text.startswith("^") and text.endswith("$")):
            self._refuse(place, "a pattern begins with ^ and ends with $")
        if len(re.findall(r"[*+]|\{[0-9]*,\}", _LITERAL.sub("", text))) > UNBOUNDED:
            self._refuse(place, f"at most {UNBOUNDED} of * and + in a pattern; write {{1,20}} for the others")
        # A repeated group that repeats inside takes exponential time on a name made for it; a backreference may too.
        if re.search(r"[*+}]\??\)(?:[*+]|\{[0-9]*,)", text) or re.search(r"\([^()]*[*+}][^()]*\)(?:[*+]|\{[0-9]*,)", text):
            self._refuse(place, "a repeated group may not repeat inside")
        if re.search(r"\\[1-9]|\(\?P=|\(\?\(", text):
            self._refuse(place, "no backreferences and no conditions")
        try:
            pattern = re.compile(text, re.ASCII | re.IGNORECASE)
        except re.error as error:
            raise ProfileInvalid(file=self._file, rule=place, detail=f"not a pattern: {error}") from error
        unknown = sorted(set(pattern.groupindex) - groups)
        if unknown:
            self._refuse(place, f"unknown group {unknown[0]}; known are {', '.join(sorted(groups)) or 'none here'}")
        return pattern

    def _glob(self, glob: str, place: str) -> re.Pattern[str]:
        """``*`` and ``?`` within one component, ``[0-9]`` sets, ``**/`` for any folders, also none. Case does not count."""
        if len(glob) > PATTERN_LENGTH or glob.startswith("/") or glob.endswith("/") or not glob:
            self._refuse(place, "a glob is a relative path without a slash at its ends")
        parts = re.split(r"(\*\*/|\*|\?|\[[^\]/]+\])", glob)
        meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
        text = "".join(meaning.get(part, part if part.startswith("[") else re.escape(part)) for part in parts)
        try:
            return re.compile(text, re.IGNORECASE)
        except re.error as error:
            raise ProfileInvalid(file=self._file, rule=place, detail=f"not a glob: {error}") from error

    def _refuse(self, place: str, detail: str) -> NoReturn:
        raise ProfileInvalid(file=self._file, rule=place, detail=detail)
