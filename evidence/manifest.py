"""The manifest of a docking: what is sealed, in canonical JSON (``FORMATS.md``, "Clip record" and "Manifest").

Each file has a salted record of its own, and the manifest lists the records by digest. So one clip can be shown to a court
with its record and the signed manifest, and the names of the others stay unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evidence.canonical import Json, JsonObject, canonical, digest
from evidence.ids import ClipId, DeviceKey, Digest, DockingId, RecordingId, StationId
from evidence.inventory import path_members


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What is known of one file of a card when the docking is sealed.

    ``times`` holds every reading (name, container, file system, station); ``derived`` the rule, zone and uncertainty of the one
    published time ``recorded_at``. Times in RFC 3339, durations and gaps in milliseconds (an overlap is a negative gap).
    """

    position: int
    clip: ClipId | None
    path: bytes
    size: int
    sha256: Digest | None
    state: str
    duplicate: bool
    mtime_ns: int
    ranges: tuple[tuple[int, int], ...] = ()
    recorded_at: str | None = None
    duration_ms: int | None = None
    derived: JsonObject | None = None
    times: tuple[JsonObject, ...] = ()
    name: JsonObject | None = None
    media: JsonObject | None = None
    recording: RecordingId | None = None
    segment: int | None = None
    gap_before_ms: int | None = None
    warnings: tuple[str, ...] = ()
    sm3: Digest | None = None

    def encode(self, docking: DockingId, salt: bytes) -> bytes:
        """The record's canonical bytes, whose digest the manifest lists."""
        return canonical(
            {
                "v": 1,
                "salt": salt.hex(),
                "docking": docking,
                "position": self.position,
                "clip": self.clip,
                **path_members(self.path),
                "size": self.size,
                "sha256": self.sha256,
                **({} if self.sm3 is None else {"sm3": self.sm3}),
                "state": self.state,
                "duplicate": self.duplicate,
                "mtime_ns": str(self.mtime_ns),
                "unreadable_ranges": [list(one) for one in self.ranges],
                "recorded_at": self.recorded_at,
                "duration_ms": self.duration_ms,
                "derived": self.derived,
                "times": self.times,
                "name": self.name,
                "media": self.media,
                "recording": self.recording,
                "segment": self.segment,
                "gap_before_ms": self.gap_before_ms,
                "warnings": self.warnings,
            }
        )


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """Segments that belong together: ``{"clip", "gap_before_ms"}`` in order."""

    id: RecordingId
    segments: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What sealing tells the catalogue of a clip. ``first_taken_here`` is False for one that an earlier docking took."""

    clip: ClipId
    sha256: Digest
    size: int
    first_taken_here: bool
    recorded_at: str | None
    duration_ms: int | None
    recording: RecordingId | None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How the docking came about: everything of the manifest that is not about its files."""

    station: StationId
    unit: str
    docking: DockingId
    device: DeviceKey
    source: str
    profile: JsonObject
    acquisition: JsonObject
    officer: JsonObject | None
    opened_at: str
    sealed_at: str
    listing_sha256: Digest
    software: JsonObject
    log: JsonObject


@dataclass(frozen=True, slots=True)
class SealedManifest:
    """The bytes to sign, and what the catalogue stores with them. ``records`` are ``(position, bytes)`` in order."""

    body: bytes
    records: tuple[tuple[int, bytes], ...]
    clips: tuple[ClipFacts, ...]
    recordings: tuple[RecordingFacts, ...]
    bytes: int


def build(
    circumstances: Circumstances,
    files: Iterable[FileRecord],
    skipped: Sequence[tuple[int, str]],
    recordings: Sequence[RecordingFacts],
    salt: Callable[[], bytes],
) -> SealedManifest:
    """Put a manifest together.

    ``files`` come in the order of their positions and are let go of one by one; ``salt`` gives 16 fresh bytes for each;
    ``skipped`` pairs positions with reasons.
    """
    records: list[tuple[int, bytes]] = []
    clips: list[ClipFacts] = []
    total = 0
    for one in files:
        if records and records[-1][0] >= one.position:
            raise ValueError("records stand in the order of their positions")
        records.append((one.position, one.encode(circumstances.docking, salt())))
        total += one.size
        if one.clip is not None and one.sha256 is not None:
            facts = one.recorded_at, one.duration_ms, one.recording
            clips.append(ClipFacts(one.clip, one.sha256, one.size, not one.duplicate, *facts))
    about: dict[str, Json] = {
        "v": 1,
        "station": circumstances.station,
        "unit": circumstances.unit,
        "docking": circumstances.docking,
        "device": circumstances.device,
        "source": circumstances.source,
        "profile": circumstances.profile,
        "acquisition": circumstances.acquisition,
        "officer": circumstances.officer,
        "opened_at": circumstances.opened_at,
        "sealed_at": circumstances.sealed_at,
        "listing_sha256": circumstances.listing_sha256,
        "software": circumstances.software,
        "log": circumstances.log,
        "records": [{"position": position, "record_sha256": digest(record)} for position, record in records],
        "skipped": [{"position": position, "reason": reason} for position, reason in sorted(skipped)],
        "recordings": [{"id": one.id, "segments": one.segments} for one in recordings],
        "bytes": total,
    }
    return SealedManifest(canonical(about), tuple(records), tuple(clips), tuple(recordings), total)
