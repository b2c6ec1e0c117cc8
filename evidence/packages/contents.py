"""What a court package holds beside the footage, gathered from the catalogue as of one position of the log.

Rules kept here: everything is derived from the entries that the package carries, so that the verifier can derive it again; only
the records of the packaged clips go in, the others stay digests; file names on the card are hostile, so no file of a package bears
one; the same clips at the same position give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography import x509

from evidence import certificates
from evidence.canonical import Json, canonical
from evidence.catalogue.extracts import Extracts, LoggedEntry
from evidence.custody.checkpoint import read_head
from evidence.errors import EvidenceError, Exit
from evidence.ids import ClipId, DockingId, StationId, origin
from evidence.inventory import path_members
from evidence.pem import pem as pem_of

ENDINGS = frozenset(
    [
        "mp4",
        "mov",
        "avi",
        "mkv",
        "mpg",
        "mpeg",
        "ts",
        "mts",
        "m2ts",
        "3gp",
        "wav",
        "mp3",
        "aac",
        "m4a",
        "amr",
        "ogg",
        "flac",
        "jpg",
        "jpeg",
        "png",
        "thm",
        "lrv",
        "lrf",
        "360",
        "insv",
        "moi",
        "cpi",
        "mpl",
        "bdm",
        "txt",
        "log",
        "nmea",
        "gpx",
        "csv",
    ]
)
"""Endings that a copy keeps; any other becomes ``bin``, so that no program on a card can be started by a click."""


class NoSuchPackage(EvidenceError):
    """No package of these clips was made at that position. Fields: ``at``."""

    code = "no-such-package"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the logs a package stands: the epoch, its size after the packaging, and the entries that it appended."""

    epoch: int
    size: int
    package: str
    tail: tuple[LoggedEntry, ...]

    @property
    def clips(self) -> list[ClipId]:
        """The clips that were packaged, in order."""
        return [ClipId(one.subject[5:]) for one in self.tail if one.subject.startswith("clip:")]

    @property
    def disclosure(self) -> bool:
        """Whether redacted copies left in place of the originals."""
        return any("redacted" in one.what for one in self.tail)

    @property
    def made_at(self) -> str:
        """The moment of the packaging, which every date in the package repeats."""
        found: str = msgspec.json.decode(self.tail[-1].body)["when"]["utc"]
        return found


@dataclass(frozen=True, slots=True)
class RedactedCopy:
    """What a package for disclosure holds in place of an original: the copy's digest and size in bytes, and its redaction's newest entry."""

    sheet: str
    sha256: str
    size: int
    recipe: Mapping[str, Any]
    entry: LoggedEntry


@dataclass(frozen=True, slots=True)
class PackagedClip:
    """A clip in a package: where its bytes lie there, and what the log and the sealed record say of it.

    ``sha256`` and ``size`` are those of the original, also where ``file`` is a redacted copy.
    """

    clip: ClipId
    file: str
    sha256: str
    size: int
    state: str
    docking: DockingId
    path: bytes
    taken_at: str
    record: Mapping[str, Any]
    copied: LoggedEntry
    redacted: RedactedCopy | None = None

    @property
    def file_sha256(self) -> str:
        """Digest of the file that the package holds."""
        return self.sha256 if self.redacted is None else self.redacted.sha256

    @property
    def file_size(self) -> int:
        """Bytes of the file that the package holds."""
        return self.size if self.redacted is None else self.redacted.size


@dataclass(frozen=True, slots=True)
class Contents:
    """One bag's worth: small files by path under ``data/``, the clips to copy, and what the papers tell."""

    position: Position
    station: StationId
    unit: str
    clips: tuple[PackagedClip, ...]
    entries: tuple[LoggedEntry, ...]
    values: Mapping[tuple[str, str], str]
    manifests: Mapping[str, Mapping[str, Any]]
    anchors: tuple[str, ...]
    files: Mapping[str, bytes]

    def value(self, entry: str, field: str) -> str | None:
        """A personal value that is still there."""
        return self.values.get((entry, field))


def position_at(extracts: Extracts, epoch: int, size: int) -> Position:
    """The packaging that ended at a position of the log. Raises :class:`NoSuchPackage`."""
    last = extracts.entry(epoch, size - 1)
    what = {} if last is None or last.type != "exported" else last.what
    package, count = what.get("package"), what.get("subjects")
    if not isinstance(package, str) or not isinstance(count, int):
        raise NoSuchPackage(at=size)
    tail = [extracts.entry(epoch, seq) for seq in range(size - count, size)]
    return Position(epoch, size, package, tuple(one for one in tail if one is not None))


class Gathering:
    """Gathers what a package at one position holds, for all of its clips or for those of one part."""

    def __init__(self, extracts: Extracts, station: StationId, position: Position) -> None:
        self._extracts = extracts
        self._station = station
        self._position = position
        self.clips = [self._clip(clip) for clip in position.clips]

    def gather(self, parts: Mapping[ClipId, int], part: int, *, playable: Sequence[ClipId] = ()) -> Contents:
        """The contents of one part. ``parts`` says for every clip on which it lies; ``playable`` which have a playable copy."""
        mine = [one for one in self.clips if parts[one.clip] == part]
        dockings = self._dockings(mine)
        subjects = [f"clip:{one.clip}" for one in mine] + [f"docking:{one}" for one in dockings]
        subjects += [f"sheet:{one.redacted.sheet}" for one in mine if one.redacted is not None]
        keys = self._extracts.queries.certificates()
        entries = self._entries([*subjects, *(f"key:{key}" for _, key, _ in keys)])
        # Of clips on other parts only the entry that ends their list: its purpose is opened once, on their own part.
        own = {*subjects, *(f"key:{key}" for _, key, _ in keys)}
        # For disclosure no value is opened: who recorded, who redacted and why is nothing to whoever gets the copies.
        disclosure = self._position.disclosure
        opened = self._extracts.opened([] if disclosure else [one.id for one in entries if one.subject in own])
        files: dict[str, bytes] = {}
        manifests = self._manifests(files, dockings, entries)
        self._records(files, entries, {one.clip for one in mine if one.redacted is None}, manifests)
        anchors = _certificates(files, keys, {one.subject[4:] for one in entries if one.type == "key-introduced"})
        self._log(files, entries)
        personal: list[Json] = [{"entry": one.entry, "field": one.field, "salt": one.salt, "value": one.value} for one in opened]
        files["data/custody/personal.json"] = canonical(personal)
        values = {(one.entry, one.field): one.value for one in opened}
        unit = self._extracts.queries.unit()
        files["data/package.json"] = self._index(unit, parts, part, dockings, frozenset(playable))
        return Contents(
            self._position, self._station, unit, tuple(mine), tuple(entries), values, manifests, tuple(anchors), files
        )

    def _within(self, one: LoggedEntry) -> bool:
        return one.epoch < self._position.epoch or (one.epoch == self._position.epoch and one.seq < self._position.size)

    def _entries(self, subjects: Sequence[str]) -> list[LoggedEntry]:
        """Those about the subjects, all that end a list at this packaging, and the first of every log."""
        found = {(one.epoch, one.seq): one for one in self._extracts.entries(subjects) if self._within(one)}
        found |= {(one.epoch, one.seq): one for one in self._position.tail}
        for epoch in self._epochs():
            first = self._extracts.entry(epoch, 0)
            if first is not None:
                found[epoch, 0] = first
        return [found[place] for place in sorted(found)]

    def _epochs(self) -> list[int]:
        return [one for one in self._extracts.epochs() if one <= self._position.epoch]

    def _clip(self, clip: ClipId) -> PackagedClip:
        about = [one for one in self._extracts.entries([f"clip:{clip}"]) if self._within(one)]
        copied = next(one for one in about if one.type == "copied")
        kept = next(one for one in about if one.type in ("verified", "empty", "damaged"))
        what: Mapping[str, Any] = copied.what
        row = self._extracts.queries.clip(clip)
        record = self._extracts.record(what["docking"], what["position"])
        redacted = self._redacted(clip)
        path = b"" if row is None or redacted is not None else row.path
        return PackagedClip(
            clip,
            f"data/clips/{clip}.{_ending(path)}" if redacted is None else f"data/redacted/{clip}.mp4",
            what["sha256"],
            what["size"],
            kept.type,
            DockingId(what["docking"]),
            path,
            msgspec.json.decode(copied.body)["when"]["utc"],
            {} if record is None or redacted is not None else msgspec.json.decode(record),
            copied,
            redacted,
        )

    def _redacted(self, clip: ClipId) -> RedactedCopy | None:
        """What went in place of an original, by the packaging's own entry."""
        tail = next(one for one in self._position.tail if one.subject == f"clip:{clip}")
        told: Any = tail.what.get("redacted")
        if told is None:
            return None
        about = [one for one in self._extracts.entries([f"sheet:{told['sheet']}"]) if self._within(one)]
        newest = [one for one in about if one.type == "recorded"][-1]
        said: Any = newest.what["said"]
        return RedactedCopy(told["sheet"], told["sha256"], said["size"], said["recipe"], newest)

    def _dockings(self, clips: Sequence[PackagedClip]) -> list[DockingId]:
        found: set[str] = set()
        for one in self._extracts.entries([f"clip:{clip.clip}" for clip in clips]):
            docking = one.what.get("docking")
            if self._within(one) and isinstance(docking, str):
                found.add(docking)
        return [DockingId(one) for one in sorted(found)]

    def _manifests(
        self, files: dict[str, bytes], dockings: Sequence[DockingId], entries: Sequence[LoggedEntry]
    ) -> dict[str, Mapping[str, Any]]:
        sealed = {one.subject[8:] for one in entries if one.type == "sealed"}
        found: dict[str, Mapping[str, Any]] = {}
        for docking in dockings:
            stored = self._extracts.queries.manifest(docking)
            if docking not in sealed or stored is None:
                continue
            files[f"data/manifests/{docking}.json"], files[f"data/manifests/{docking}.p7s"] = stored
            if (second := self._extracts.queries.signature_gm(docking)) is not None:
                files[f"data/manifests/{docking}.sm2"] = second
            for name, response in _numbered(self._extracts, f"docking:{docking}"):
                files[f"data/manifests/{docking}{name}"] = response
            found[docking] = msgspec.json.decode(stored[0])
        return found

    def _records(
        self, files: dict[str, bytes], entries: Sequence[LoggedEntry], clips: set[ClipId], sealed: Mapping[str, object]
    ) -> None:
        for one in entries:
            if one.type in ("copied", "duplicate-seen") and one.subject[5:] in clips:
                what: Mapping[str, Any] = one.what
                record = self._extracts.record(what["docking"], what["position"])
                if record is not None and what["docking"] in sealed:
                    files[f"data/records/{what['docking']}-{what['position']}.json"] = record

    def _log(self, files: dict[str, bytes], entries: Sequence[LoggedEntry]) -> None:
        """Heads, leaf hashes, entries and proofs of every log, and the checkpoints that others attested."""
        heads: dict[str, Json] = {}
        inclusion: dict[str, Json] = {}
        consistency: list[Json] = []
        for epoch in self._epochs():
            size = self._size(epoch)
            tree = self._extracts.tree(epoch)
            mine = [one for one in entries if one.epoch == epoch]
            heads[str(epoch)] = {"size": size}
            inclusion |= {f"{epoch}/{one.seq}": [step.hex() for step in tree.inclusion(one.seq, size)] for one in mine}
            files[f"data/custody/log-{epoch}.jsonl"] = b"".join(one.body + b"\n" for one in mine)
            files[f"data/custody/leaves-{epoch}.bin"] = b"".join(self._extracts.leaves(epoch, size))
            self._attested(files, epoch, size)
            for other in self._extracts.attested_sizes(epoch, size):
                self._attested(files, epoch, other)
                old, new = sorted((other, size))
                proof = [step.hex() for step in tree.consistency(old, new)]
                consistency.append({"epoch": epoch, "old": old, "new": new, "proof": proof})
        proofs: dict[str, Json] = {"v": 1, "heads": heads, "inclusion": inclusion, "consistency": consistency}
        files["data/custody/proofs.json"] = canonical(proofs)

    def _size(self, epoch: int) -> int:
        """How long a log was: here up to the packaging, an earlier one up to the end that the next one names."""
        if epoch == self._position.epoch:
            return self._position.size
        after = min(one for one in self._epochs() if one > epoch)
        first = self._extracts.entry(after, 0)
        assert first is not None
        previous: Mapping[str, Any] = msgspec.json.decode(first.body)["what"]["previous"]
        return int(previous["size"])

    def _attested(self, files: dict[str, bytes], epoch: int, size: int) -> None:
        note = self._extracts.queries.checkpoint_at(epoch, size)
        if note is None:
            raise NoSuchPackage(at=size)
        stem = f"data/custody/{epoch}-{size}"
        files[f"{stem}.checkpoint"] = note.encode()
        if lines := self._extracts.queries.cosignatures(epoch, size):
            files[f"{stem}.cosigned"] = (note + "".join(f"{line}\n" for _, line in lines)).encode()
        for name, response in _numbered(self._extracts, f"{origin(self._station, epoch)}/{size}"):
            files[f"{stem}{name}"] = response
        assert read_head(note).size == size

    def _index(
        self, unit: str, parts: Mapping[ClipId, int], part: int, dockings: Sequence[DockingId], playable: frozenset[ClipId]
    ) -> bytes:
        clips: list[Json] = [
            {
                "clip": one.clip,
                "part": parts[one.clip],
                "file": one.file,
                "sha256": one.sha256,
                "size": one.size,
                "state": one.state,
                "docking": one.docking,
                **(path_members(one.path) if one.redacted is None else _redacted_members(one.redacted)),
                **({"playable": f"data/playable/{one.clip}.mp4"} if one.clip in playable else {}),
            }
            for one in self.clips
        ]
        return canonical(
            {
                "v": 1,
                "package": self._position.package,
                "station": self._station,
                "unit": unit,
                "log": {"origin": origin(self._station, self._position.epoch), "size": self._position.size},
                "made_at": self._position.made_at,
                "part": part,
                "parts": max(parts.values()),
                "clips": clips,
                "dockings": list(dockings),
            }
        )


def _redacted_members(one: RedactedCopy) -> dict[str, Json]:
    return {"redacted": {"sheet": one.sheet, "sha256": one.sha256, "size": one.size}}


def _ending(path: bytes) -> str:
    ending = path.rsplit(b"/", 1)[-1].rpartition(b".")[2].decode("ascii", "replace").lower()
    return ending if ending in ENDINGS else "bin"


def _numbered(extracts: Extracts, covers: str) -> list[tuple[str, bytes]]:
    """Endings and responses of the time stamps over one thing: ``.tsr``, ``.2.tsr``, and so on."""
    stamps = extracts.queries.time_stamps(covers)
    return [(".tsr" if number == 1 else f".{number}.tsr", one.response) for number, one in enumerate(stamps, 1)]


def _certificates(files: dict[str, bytes], keys: Sequence[tuple[str, str, bytes]], introduced: set[str]) -> list[str]:
    """Every key's certificate, the roots once more as ``ca.pem`` and what lies between as ``chain.pem``; the roots' fingerprints."""
    roots: list[bytes] = []
    between: list[bytes] = []
    anchors: list[str] = []
    for role, key, der in keys:
        if key not in introduced:
            continue
        certificate = x509.load_der_x509_certificate(der)
        pem = certificates.pem(certificate)
        files[f"data/certificates/{role}-{key[:16]}.pem"] = pem
        if role == "seal-gm":
            files[f"data/certificates/{role}-{key[:16]}.pub.pem"] = pem_of("PUBLIC KEY", certificates.public_der(certificate))
        if role == "ca" and certificate.issuer == certificate.subject:
            roots.append(pem)
            anchors.append(certificates.fingerprint(certificate))
        elif role == "ca":
            between.append(pem)
    if not roots:  # an authority of the police whose own root is kept elsewhere: the highest we know stands for it
        roots, between, anchors = between, [], [certificates.fingerprint(x509.load_pem_x509_certificate(one)) for one in between]
    files["data/certificates/ca.pem"] = b"".join(roots)
    if between:
        files["data/certificates/chain.pem"] = b"".join(between)
    return anchors
