"""Which family of recorders wrote this card? Signs are counted, the best score wins, and the reasons are kept. Pure.

The small files that a rule looks into come through a reader that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from evidence.inventory import Inventory, Item, Kind
from ingest import mediatype
from ingest.errors import CardUnreadable
from ingest.profiles.names import NameReading, read_name
from ingest.profiles.schema import MatchGrammar, Profile
from ingest.source import CardIdentity

SMALL_FILE = 64 << 10
ENOUGH = 50
"""A card is of a family from this score on; below it the generic profile takes it in full."""
NAMES_LOOKED_AT = 1000
GENERIC = "generic"

SmallReader = Callable[[bytes, int], bytes]
"""Path on the card and a limit to the first bytes of that file; raises :class:`~ingest.errors.CardUnreadable`."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One rule that a card satisfied, with what it added."""

    profile: str
    rule: str
    score: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profile of a card. ``also`` are the other profiles that found a sign, with their scores, best first."""

    profile: Profile
    score: int
    evidence: tuple[Sign, ...]
    also: tuple[tuple[str, int], ...]


def choose(profiles: Sequence[Profile], inventory: Inventory, reader: SmallReader) -> Chosen:
    """The profile with the highest score of at least :data:`ENOUGH`, else the generic one; ties go by name.

    Raises ``ValueError`` when there is no generic profile: the shipped ones have it, and it cannot be removed.
    """
    card = _CardText(inventory, reader)
    scored = sorted(
        ((profile, _signs(profile, card)) for profile in profiles if profile.name != GENERIC),
        key=lambda pair: (-_total(pair[1]), pair[0].name),
    )
    also = tuple((profile.name, _total(signs)) for profile, signs in scored if signs)
    if scored and _total(scored[0][1]) >= ENOUGH:
        profile, signs = scored[0]
        return Chosen(profile, _total(signs), signs, also[1:])
    generic = next((profile for profile in profiles if profile.name == GENERIC), None)
    if generic is None:
        raise ValueError("no generic profile")
    return Chosen(generic, 0, (), also)


def identify(
    profile: Profile, inventory: Inventory, reader: SmallReader, names: Mapping[int, NameReading]
) -> CardIdentity | None:
    """What the content of the card says about its device: from a small file, else from names that all agree."""
    agreed_officer = _agreed(reading.officer for reading in names.values())
    for grammar in profile.identity:
        for item in inventory.wanted:
            if grammar.file.fullmatch(item.path.decode("utf-8", "replace")) is None:
                continue
            try:
                untrusted_text = reader(item.path, SMALL_FILE).decode("utf-8", "replace")
            except CardUnreadable:
                continue
            found: dict[str, str] = {}
            for pattern in grammar.patterns:
                if (match := pattern.search(untrusted_text)) is not None:
                    found.update({name: value for name, value in match.groupdict().items() if value})
            if "serial" in found:
                basis = f"file {item.path.decode('utf-8', 'replace')}"
                officer = found.get("officer", agreed_officer)
                return CardIdentity(profile.name, found["serial"], basis, found.get("model"), found.get("firmware"), officer)
    if profile.serial_in_names:
        serial = _agreed(reading.serial for reading in names.values() if reading.role == "footage")
        if serial is not None:
            return CardIdentity(profile.name, serial, "names", officer=agreed_officer)
    return None


def best_readings(profile: Profile, items: Iterable[Item]) -> dict[int, NameReading]:
    """The best reading of each file's name, by position; files whose names no grammar reads are absent."""
    found = {item.position: read_name(profile, item.path) for item in items if item.kind is Kind.FILE}
    return {position: readings[0] for position, readings in found.items() if readings}


class _CardText:
    """The listing as text, made once for all profiles."""

    def __init__(self, inventory: Inventory, reader: SmallReader) -> None:
        named = [(item, item.path.decode("utf-8", "replace")) for item in inventory.items]
        self.folders = [path for item, path in named if item.kind is Kind.DIRECTORY]
        self.files = [(item.path, path) for item, path in named if item.wanted]
        self.media = [
            item.path
            for item in inventory.wanted
            if mediatype.by_name(item.path) and mediatype.extension(item.path) not in mediatype.COMPANIONS
        ]
        self.read = reader


def _signs(profile: Profile, card: _CardText) -> tuple[Sign, ...]:
    return tuple(
        Sign(profile.name, f"match[{index}]", score)
        for index, grammar in enumerate(profile.match)
        if (score := _score(profile, grammar, card)) > 0
    )


def _score(profile: Profile, grammar: MatchGrammar, card: _CardText) -> int:
    worth = grammar.rule.score
    if grammar.folder is not None:
        return worth if any(grammar.folder.fullmatch(folder) for folder in card.folders) else 0
    if grammar.file is not None:
        return worth if any(_holds(grammar, path, text, card) for path, text in card.files) else 0
    # Evenly spread, so that a full card costs no more than a small one and the answer is the same each time.
    looked_at = card.media[:: len(card.media) // NAMES_LOOKED_AT + 1]
    if not looked_at:
        return 0
    read = sum(1 for path in looked_at if any(reading.score >= ENOUGH for reading in read_name(profile, path)))
    return worth * read // len(looked_at)


def _holds(grammar: MatchGrammar, path: bytes, text: str, card: _CardText) -> bool:
    if grammar.file is None or grammar.file.fullmatch(text) is None:
        return False
    if grammar.contains is None:
        return True
    try:
        return grammar.contains.search(card.read(path, SMALL_FILE).decode("utf-8", "replace")) is not None
    except CardUnreadable:
        return False  # A sign that cannot be read is no sign; the file itself is listed and taken all the same.


def _total(signs: tuple[Sign, ...]) -> int:
    return sum(sign.score for sign in signs)


def _agreed(values: Iterable[str | None]) -> str | None:
    """The one value that everybody has who has any."""
    distinct = {value for value in values if value}
    return distinct.pop() if len(distinct) == 1 else None
