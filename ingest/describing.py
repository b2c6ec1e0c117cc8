"""What is known of the files of a docking when it is sealed: names read, times derived, media probed, segments joined.

Works from the inventory and the vault alone, so that a docking whose card is gone can be sealed with what was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from evidence.canonical import JsonObject
from evidence.facts import UNREADABLE, ClipState
from evidence.ids import ClipId, Digest, RecordingId
from evidence.inventory import Inventory, Item
from evidence.manifest import FileRecord, RecordingFacts
from ingest import mediatype
from ingest.errors import ChildMissing
from ingest.probe import MediaFacts, ProbeFailure, ProbeFault, Prober
from ingest.profiles.belonging import sidecars
from ingest.profiles.choice import best_readings
from ingest.profiles.names import NameReading
from ingest.profiles.schema import Profile
from ingest.recordings import Part, join
from ingest.times import Derived, derive, file_system_reading, station_reading

PROBE_THREADS = 2
FRUITLESS = 16
"""After so many files in a row that only their names call media, and that the probe could not read, the rest is not tried.

A card of encrypted clips would otherwise cost a child process for each of ten thousand files.
"""

Media = MediaFacts | ProbeFailure


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the docking as the catalogue has it: what became of it. ``clip`` is None for an unreadable one."""

    position: int
    clip: ClipId | None
    state: str
    sha256: Digest | None
    size: int
    duplicate: bool
    ranges: tuple[tuple[int, int], ...]
    sm3: Digest | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """Everything the manifest says of the files of one docking. ``files`` are made one by one, in the order of their positions."""

    files: Iterator[FileRecord]
    recordings: tuple[RecordingFacts, ...]


class Probing:
    """Media facts of the files of one docking, read while the others are still being copied."""

    def __init__(self, prober: Prober, blob: Callable[[Digest], Path]) -> None:
        self._prober = prober
        self._blob = blob
        self._pool = ThreadPoolExecutor(PROBE_THREADS, thread_name_prefix="probe")
        self._asked: dict[int, Future[Media | None]] = {}
        self._no_media: set[int] = set()
        self._fruitless = 0

    def ask(self, position: int, path: bytes, sha256: Digest | None, media: bool | None = None) -> None:
        """Look at one file of the vault when there is time. Asking twice is asking once.

        ``media``: whether its first bytes say so, where somebody has seen them; who was told no does not open the file again.
        """
        if sha256 is None or position in self._asked or position in self._no_media:
            return
        if media is False and not mediatype.by_name(path):
            self._no_media.add(position)
        else:
            self._asked[position] = self._pool.submit(self._probe, path, self._blob(sha256))

    def answers(self, progress: Callable[[int, int], None]) -> dict[int, Media]:
        """Wait for all answers; files that are no media have none. ``progress`` gets how many of how many."""
        found = {}
        for done, (position, future) in enumerate(self._asked.items(), 1):
            media = future.result()
            if media is not None:
                found[position] = media
            progress(done, len(self._asked))
        return found

    def close(self) -> None:
        """Give up what was not looked at yet."""
        self._pool.shutdown(cancel_futures=True)

    def _probe(self, path: bytes, blob: Path) -> Media | None:
        try:
            with blob.open("rb") as stream:
                known = mediatype.by_content(stream.read(mediatype.HEAD_BYTES))
            if not known and (self._fruitless >= FRUITLESS or not mediatype.by_name(path)):
                return None
            media = self._prober.probe(blob, path)
        except OSError as error:
            return ProbeFailure(ProbeFault.UNREADABLE, error.strerror or "")
        except ChildMissing as missing:  # without media facts a clip is evidence all the same
            return ProbeFailure(ProbeFault.NOT_INSTALLED, str(missing.fields["program"]))
        if not known:
            self._fruitless = self._fruitless + 1 if isinstance(media, ProbeFailure) else 0
        return None if isinstance(media, ProbeFailure) and media.reason is ProbeFault.NOT_MEDIA else media


def describe(
    inventory: Inventory,
    kept: Iterable[Kept],
    media: Mapping[int, Media],
    profile: Profile,
    *,
    zone: ZoneInfo,
    docked_at: datetime,
    new_id: Callable[[], str],
) -> Described:
    """Records of all files that were taken or could not be read, and the recordings they make. Pure but for the new ids."""
    files = sorted(kept, key=lambda one: one.position)
    readings = best_readings(profile, (inventory.items[one.position] for one in files))
    derived = {one.position: _derived(one, inventory.items[one.position], readings, media, zone, docked_at) for one in files}
    place, recordings = _joined(files, inventory, readings, derived, media, profile, new_id)
    belongs = {one.position: one for one in sidecars(profile, (inventory.items[one.position] for one in files))}

    def records() -> Iterator[FileRecord]:
        for one in files:
            item, when, facts = inventory.items[one.position], derived[one.position], media.get(one.position)
            recording, segment, gap = place.get(one.position, (None, None, None))
            name = _name(readings.get(one.position))
            if (sidecar := belongs.get(one.position)) is not None:
                name = {**(name or {}), "sidecar_of": sidecar.clip, "sidecar_kind": sidecar.kind}
            yield FileRecord(
                position=one.position,
                clip=one.clip,
                path=item.path,
                size=one.size,
                sha256=one.sha256,
                state=one.state,
                duplicate=one.duplicate,
                mtime_ns=item.mtime_ns,
                ranges=one.ranges,
                sm3=one.sm3,
                recorded_at=when.recorded_at,
                duration_ms=_duration(facts),
                derived=when.document(),
                times=tuple(reading.document() for reading in when.readings),
                name=name,
                media=None if facts is None else facts.document(),
                recording=recording,
                segment=segment,
                gap_before_ms=gap,
                warnings=tuple(flag.value for flag in when.flags),
            )

    return Described(records(), recordings)


def _derived(
    one: Kept, item: Item, readings: Mapping[int, NameReading], media: Mapping[int, Media], zone: ZoneInfo, docked_at: datetime
) -> Derived:
    name, facts = readings.get(one.position), media.get(one.position)
    found = [station_reading(docked_at)]
    if name is not None and name.time is not None:
        found.append(name.time)
    if isinstance(facts, MediaFacts):
        found.extend(facts.created)
    if (written := file_system_reading(item.mtime_ns)) is not None:
        found.append(written)
    return derive(found, zone=zone, docked_at=docked_at, duration_ms=_duration(facts))


def _joined(
    files: list[Kept],
    inventory: Inventory,
    readings: Mapping[int, NameReading],
    derived: Mapping[int, Derived],
    media: Mapping[int, Media],
    profile: Profile,
    new_id: Callable[[], str],
) -> tuple[dict[int, tuple[RecordingId, int, int | None]], tuple[RecordingFacts, ...]]:
    clips = {one.position: one.clip for one in files if one.clip is not None and one.state != UNREADABLE}
    parts = [
        Part(
            one.position,
            inventory.items[one.position].path,
            readings.get(one.position),
            derived[one.position],
            _duration(media.get(one.position)),
        )
        for one in files
        if one.position in clips and one.state != ClipState.EMPTY
    ]
    place: dict[int, tuple[RecordingId, int, int | None]] = {}
    made = []
    taken_before = {one.position for one in files if one.duplicate}
    for recording in join(parts, profile.segments):
        if all(segment.position in taken_before for segment in recording.segments):
            continue  # it was made when these clips were taken
        name = RecordingId(new_id())
        segments: list[JsonObject] = []
        for number, segment in enumerate(recording.segments):
            place[segment.position] = (name, number, segment.gap_ms)
            segments.append({"clip": clips[segment.position], "gap_before_ms": segment.gap_ms})
        made.append(RecordingFacts(name, tuple(segments)))
    return place, tuple(made)


def _duration(media: Media | None) -> int | None:
    return media.duration_ms if isinstance(media, MediaFacts) else None


def _name(reading: NameReading | None) -> JsonObject | None:
    return None if reading is None else reading.document()
