"""Which files of a card belong together: a clip and its sidecars, a structure that is kept whole, a row of numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evidence.inventory import Item, Kind
from evidence.numbering import Numbered
from ingest.profiles.names import NameReading
from ingest.profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The file at ``position`` goes with the clip at ``clip``; ``kind`` as in the profile (thumbnail, proxy, metadata …)."""

    position: int
    clip: int
    kind: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder whose files are one structure: none of them means anything without the others."""

    folder: bytes
    positions: tuple[int, ...]


def sidecars(profile: Profile, items: Iterable[Item]) -> tuple[Sidecar, ...]:
    """Each sidecar whose clip lies on the card, in position order. Where two clips would do, the first of them."""
    files = [(item, *_split(item.path)) for item in items if item.kind is Kind.FILE]
    found: dict[int, Sidecar] = {}
    for grammar in profile.sidecars:
        clips: dict[tuple[bytes, str], int] = {}
        for item, folder, name in files:
            match = grammar.clip.fullmatch(name)
            if match is not None and match["key"] is not None:
                clips.setdefault((folder if grammar.rule.same_folder else b"", match["key"].casefold()), item.position)
        for item, folder, name in files:
            match = grammar.sidecar.fullmatch(name)
            if match is None or match["key"] is None or item.position in found:
                continue
            clip = clips.get((folder if grammar.rule.same_folder else b"", match["key"].casefold()))
            if clip is not None and clip != item.position:
                found[item.position] = Sidecar(item.position, clip, grammar.rule.kind)
    return tuple(found[position] for position in sorted(found))


def bundles(profile: Profile, items: Iterable[Item]) -> tuple[Bundle, ...]:
    """The structures to keep whole: the outermost folders a profile names, with every file below them."""
    everything = tuple(items)
    roots: list[bytes] = []
    for item in everything:
        inside = any(item.path.startswith(root + b"/") for root in roots)
        if item.kind is Kind.DIRECTORY and not inside:
            text = item.path.decode("utf-8", "replace")
            if any(glob.fullmatch(text) for glob in profile.bundles):
                roots.append(item.path)
    return tuple(
        Bundle(root, tuple(item.position for item in everything if item.kind is Kind.FILE and item.path.startswith(root + b"/")))
        for root in roots
    )


def numbered(profile: Profile, items: Iterable[Item], readings: Mapping[int, NameReading]) -> tuple[Numbered, ...]:
    """The numbered footage of a card, by the series that the profile counts in. ``readings``: best reading by position."""
    return tuple(
        Numbered(_series(profile, item, reading), reading.sequence, reading.digits, _order(item, reading), item.position)
        for item in items
        if (reading := readings.get(item.position)) is not None and reading.sequence is not None and reading.role == "footage"
    )


def _series(profile: Profile, item: Item, reading: NameReading) -> str:
    scope = {
        "folder": _split(item.path)[0].decode("utf-8", "replace"),
        "day": reading.time.value[:10] if reading.time else "",
        "card": "",
    }[profile.numbering]
    return "|".join(part for part in (scope, reading.grammar, reading.serial, reading.channel) if part)


def _order(item: Item, reading: NameReading) -> int:
    """Digits of the name's time as a number, or the modification time: one series has the same kind throughout."""
    if reading.time is None:
        return item.mtime_ns
    return int("".join(character for character in reading.time.value[:19] if character.isdecimal()))


def _split(path: bytes) -> tuple[bytes, str]:
    folder, _, name = path.rpartition(b"/")
    return folder, name.decode("utf-8", "replace")
