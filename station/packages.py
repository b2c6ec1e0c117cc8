"""Writing a court package: a bag, or one for each disc, that appears whole or not at all.

Rules kept here: the entries stand in the log before the first byte is copied; an original is read from the medium, below the page
cache, and hashed on its way, and one that differs ends the packaging; everything is written beside the target and durable before
it gets its name; nothing is ever overwritten.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evidence import package_verifier
from evidence.canonical import Json, digest
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.acts.packaging import packaged, packaged_again
from evidence.catalogue.connect import reading
from evidence.catalogue.extracts import Extracts
from evidence.catalogue.queries import ClipRow
from evidence.custody.entry import Actor, subject_key
from evidence.errors import Exit
from evidence.facts import EMPTY_DIGEST, DockingState
from evidence.ids import ClipId, DockingId, SheetId
from evidence.packages import bag, casefile, howto
from evidence.packages.contents import Contents, Gathering, NoSuchPackage, PackagedClip, Position, RedactedCopy, position_at
from evidence.signing import key_id
from ingest.copying.medium import Hasher, Resident, aligned_block, new_hasher, open_medium
from ingest.copying.syscalls import rename_noreplace
from station import durable, looking
from station.commands import Answer, Package, Progress, Report
from station.exporting import BlobUnsound, NotSealed
from station.files import TargetExists, TargetUnusable
from station.home import StationError
from station.papers.court import papers
from station.papers.font import font_file
from station.playable import BOUNDS, arguments, is_playable
from station.rooms import Rooms
from station.software import NAME, software

SLACK = 1 << 20
"""Bytes of a disc that its file system may want for itself."""


class NothingToPackage(StationError):
    """No clip belongs to that case. Fields: ``case_number``."""

    code = "nothing-to-package"
    status = Exit.USAGE


class NothingRedacted(StationError):
    """A package for disclosure holds redacted copies only, and none of this clip was approved. Fields: ``clip``."""

    code = "nothing-redacted"
    status = Exit.REFUSED


class KeyCameLater(StationError):
    """A package of that position could not prove the log key of today. Fields: ``at``."""

    code = "key-came-later"
    status = Exit.REFUSED


class PartTooSmall(StationError):
    """A clip with its proofs does not fit on a disc of that size. Fields: ``clip``, ``needed``, ``limit``."""

    code = "part-too-small"
    status = Exit.USAGE


def write_package(rooms: Rooms, command: Package, actor: Actor, report: Report) -> Answer:
    """Package clips. Raises faults; after one, the log may hold the entries, and no folder bears the name."""
    target = Path(os.path.abspath(os.fsdecode(command.folder)))
    if os.path.lexists(target):
        raise TargetExists(path=str(target))
    chosen = _chosen(rooms, command)
    if not chosen:
        raise NothingToPackage(case_number=command.case_number or "–")
    looking.may_have(rooms, [row.id for row in chosen], actor)
    copies = _copies(rooms, command, chosen)
    largest = max(chosen, key=lambda row: row.size)
    if command.split is not None and copies is None and largest.size + SLACK > command.split:
        raise PartTooSmall(clip=largest.id, needed=largest.size + SLACK, limit=command.split)
    font_file()  # without it the papers could not be printed: said before anything is logged
    if not command.disclosure and any(row.evicted_at is not None for row in chosen):
        from station.space import recall  # loads the store, which most packages do without

        recall(rooms, chosen, actor, report)
    dockings = _dockings(rooms, chosen, originals=not command.disclosure)
    clips = [ClipId(row.id) for row in chosen]
    epoch, size = _log(rooms, command, clips, dockings, actor, copies)
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        _sweep(target)
        durable.make_folder(target.parent, 0o750)
        draft.mkdir(0o750)
        try:
            answer = _written(rooms, command, Writing(rooms, draft, report), epoch, size)
            _place(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except FileExistsError as error:
        raise TargetExists(path=str(target)) from error
    except OSError as error:
        raise TargetUnusable(path=str(target), error=error.strerror) from error
    return Answer({"folder": str(target), **answer})


def _chosen(rooms: Rooms, command: Package) -> list[ClipRow]:
    with rooms.queries() as queries:
        if command.case_number is not None:
            found = list(queries.clips(case_number=command.case_number))
            if not found:
                raise NothingToPackage(case_number=command.case_number)
            return found
        rows = []
        for clip in sorted(set(command.clips)):
            row = queries.clip(ClipId(clip))
            if row is None:
                raise NoSuchClip(clip=clip)
            rows.append(row)
        return rows


def _copies(rooms: Rooms, command: Package, chosen: Sequence[ClipRow]) -> dict[ClipId, tuple[SheetId, str]] | None:
    """What goes in place of each original; None when the originals go, or when an earlier packaging says it."""
    if not command.disclosure or command.at is not None:
        return None
    from station.derived.disclosing import approved_copies

    found = approved_copies(rooms, [ClipId(row.id) for row in chosen])
    for row in chosen:
        if row.id not in found:
            raise NothingRedacted(clip=row.id)
    return found


def _dockings(rooms: Rooms, chosen: Sequence[ClipRow], *, originals: bool) -> list[DockingId]:
    """The dockings that saw the clips; the one that took a clip first must be sealed."""
    found: set[DockingId] = set()
    with rooms.queries() as queries:
        for row in chosen:
            docking = queries.docking(row.docking)
            if docking is None or docking.state != DockingState.SEALED:
                raise NotSealed(docking=row.docking)
            blob = rooms.home.vault / "blobs" / row.sha256[:2] / row.sha256
            if originals and row.sha256 != EMPTY_DIGEST and not blob.exists():
                raise BlobUnsound(sha256=row.sha256, clip=row.id)
            found |= {one.docking for one in queries.sightings(clip=row.id)}
    return sorted(found)


def _log(
    rooms: Rooms,
    command: Package,
    clips: Sequence[ClipId],
    dockings: Sequence[DockingId],
    actor: Actor,
    copies: Mapping[ClipId, tuple[SheetId, str]] | None,
) -> tuple[int, int]:
    """The packaging as an act; where in the log the package stands."""
    if command.at is None:
        with rooms.ledger.commit() as commit:
            packaged(commit, clips, dockings, actor, command.purpose, copies)
            return commit.epoch, commit.size
    with reading(rooms.catalogue) as connection:
        extracts = Extracts(connection, rooms.station)
        epoch = extracts.queries.head().epoch
        before = position_at(extracts, epoch, command.at)
        if sorted(before.clips) != sorted(clips) or before.disclosure != command.disclosure:
            raise NoSuchPackage(at=command.at)
        introduced = extracts.entries([subject_key(key_id(rooms.log_signer.public_der()))])
        if not introduced or (introduced[0].epoch, introduced[0].seq) >= (epoch, command.at):
            raise KeyCameLater(at=command.at)
    with rooms.ledger.commit() as commit:
        packaged_again(commit, clips, before.package, command.at, actor, command.purpose)
    return epoch, command.at


def _written(rooms: Rooms, command: Package, writing: Writing, epoch: int, size: int) -> dict[str, Json]:
    with reading(rooms.catalogue) as connection:
        extracts = Extracts(connection, rooms.station)
        position = position_at(extracts, epoch, size)
        gathering = Gathering(extracts, rooms.station, position)
        playable = writing.playable_copies(gathering.clips) if command.playable and not command.disclosure else {}
        parts = _parts(gathering, command.split, playable)
        count = max(parts.values())
        written: list[Json] = []
        for part in range(1, count + 1):
            contents = gathering.gather(parts, part, playable=sorted(playable))
            folder = f"part-{part:02}-of-{count:02}" if count > 1 else ""
            written.append(writing.bag(contents, folder, part, count, playable))
        if count > 1:
            writing.index(position, gathering.clips, parts, written)
    clips: list[Json] = [
        {"id": one.clip, "file": one.file, "part": parts[one.clip], "sha256": one.file_sha256, "size": one.file_size}
        for one in gathering.clips
    ]

    def wanted(one: PackagedClip) -> bool:
        return command.playable and one.redacted is None and is_playable(one.file, one.size)

    unplayable: list[Json] = [one.clip for one in gathering.clips if wanted(one) and one.clip not in playable]
    return {
        "package": position.package,
        "origin": f"evidence-station/{rooms.station}/{epoch}",
        "size": size,
        "parts": written,
        "clips": clips,
        "unplayable": unplayable,
    }


def _parts(gathering: Gathering, limit: int | None, playable: Mapping[ClipId, bytes]) -> dict[ClipId, int]:
    """On which part each clip goes, in order; every part bears the proofs too, counted as if it had those of all clips."""
    clips = gathering.clips
    whole = dict.fromkeys((one.clip for one in clips), 1)
    if limit is None:
        return whole
    everything = gathering.gather(whole, 1)
    proofs = SLACK + sum(2 * len(data) for data in everything.files.values())
    proofs += sum(len(data) for data in papers(everything, "en").values())
    found: dict[ClipId, int] = {}
    part, used = 1, proofs
    for one in clips:
        needed = one.file_size + len(playable.get(one.clip, b""))
        if proofs + needed > limit:
            raise PartTooSmall(clip=one.clip, needed=proofs + needed, limit=limit)
        if used + needed > limit:
            part, used = part + 1, proofs
        found[one.clip], used = part, used + needed
    return found


@dataclass(frozen=True, slots=True)
class Writing:
    """A package on its way, below one draft folder."""

    rooms: Rooms
    draft: Path
    report: Report

    def bag(self, contents: Contents, folder: str, part: int, count: int, playable: Mapping[ClipId, bytes]) -> dict[str, Json]:
        """One bag: small files, clips, lists, signature; every file and folder is durable in the end."""
        root = self.draft / folder
        written = papers(contents, "zh" if self.rooms.settings.language == "zh" else "en")
        files = {**contents.files, "data/case.jsonld": casefile.graph(contents), **written}
        files |= {f"data/playable/{one.clip}.mp4": playable[one.clip] for one in contents.clips if one.clip in playable}
        digests: dict[str, str] = {path: digest(data) for path, data in files.items()}
        sizes = {path: len(data) for path, data in files.items()}
        signer = self.rooms.log_signer
        key = key_id(signer.public_der())
        certificate = f"data/certificates/log-{key[:16]}.pem"
        if certificate not in files:
            raise KeyCameLater(at=contents.position.size)
        for one in contents.clips:
            if one.redacted is not None:
                self._redacted(one, one.redacted, root / one.file)
            elif one.sha256 == EMPTY_DIGEST:
                _write(root / one.file, b"")
            else:
                self._copy(one, root / one.file)
            digests[one.file], sizes[one.file] = one.file_sha256, one.file_size
        others = {
            "HOW-TO-VERIFY.txt": howto.text(contents, certificate, signer.algorithm),
            "verify_package.py": Path(package_verifier.__file__).read_bytes(),
        }
        tags = bag.tag_files(digests, sizes, self._fields(contents, part, count), others)
        for path, data in {**files, **tags}.items():
            _write(root / path, data)
        _write(root / bag.SIGNATURE, signer.sign(tags[bag.TAG_MANIFEST]))
        for inner, _, _ in os.walk(root, topdown=False):
            durable.sync_folder(Path(inner))
        return {
            "folder": folder or ".",
            "clips": len(contents.clips),
            "bytes": sum(sizes.values()),
            "tagmanifest_sha256": digest(tags[bag.TAG_MANIFEST]),
        }

    def index(
        self, position: Position, clips: Sequence[PackagedClip], parts: Mapping[ClipId, int], written: Sequence[Json]
    ) -> None:
        """What lies on which disc, and what to write on it."""
        lines = [f"PACKAGE 证据包 {position.package}", f"made at 制作时间 {position.made_at}", ""]
        for number, one in enumerate(written, 1):
            assert isinstance(one, dict)
            lines += [
                f"DISC 光盘 {number} / {len(written)}: {one['folder']}",
                f"  label 标签: {position.package[:13]} {number}/{len(written)} {position.made_at[:10]}",
                f"  sha256 of tagmanifest-sha256.txt: {one['tagmanifest_sha256']}",
                *(f"  {clip.clip} {clip.file_sha256} {clip.file_size}" for clip in clips if parts[clip.clip] == number),
                "",
            ]
        _write(self.draft / "INDEX.txt", "\n".join(lines).encode())
        durable.sync_folder(self.draft)

    def playable_copies(self, clips: Sequence[PackagedClip]) -> dict[ClipId, bytes]:
        """Derivatives that any player shows, of the clips that ffmpeg can read."""
        from ingest.bounded import Bounds, Confinement, run_bounded
        from ingest.errors import ChildTimedOut, ChildTooTalkative

        confinement = Confinement.detect()
        found: dict[ClipId, bytes] = {}
        bounds: Bounds = BOUNDS
        for one in clips:
            if not is_playable(one.file, one.size):
                continue
            with suppress(ChildTimedOut, ChildTooTalkative):
                done = run_bounded(arguments(self._blob(one)), bounds, confinement)
                if done.status == 0 and done.output:
                    found[one.clip] = done.output
        return found

    def _blob(self, one: PackagedClip) -> Path:
        return self.rooms.home.vault / "blobs" / one.sha256[:2] / one.sha256

    def _redacted(self, one: PackagedClip, copy: RedactedCopy, target: Path) -> None:
        """A redacted copy, made again where it was let go of; hashed on its way."""
        from station.derived.disclosing import file_of

        durable.make_folder(target.parent, 0o755)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o444)
        with os.fdopen(handle, "wb", buffering=0) as writing, file_of(self.rooms, one, copy).open("rb") as source:
            tee = _Tee(new_hasher(), writing.fileno())
            while block := source.read(1 << 20):
                tee.update(memoryview(block))
            os.fsync(writing.fileno())
        if tee.hexdigest() != copy.sha256:
            raise BlobUnsound(sha256=copy.sha256, clip=one.clip)

    def _copy(self, one: PackagedClip, target: Path) -> None:
        """An original, from the medium, hashed and written in one pass."""
        durable.make_folder(target.parent, 0o755)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o444)
        with os.fdopen(handle, "wb", buffering=0) as writing:
            tee = _Tee(new_hasher(), writing.fileno())
            try:
                with open_medium(os.fsencode(self._blob(one)), shared=True) as medium:
                    block, done = aligned_block(), 0
                    while done < medium.size:
                        end = min(medium.size, done + (64 << 20))
                        done = medium.feed(tee, done, end, block)
                        self.report(Progress("export", one.clip, done, one.size))
                        if done < end:
                            break
            except (OSError, Resident) as error:
                raise BlobUnsound(sha256=one.sha256, clip=one.clip) from error
            os.fsync(writing.fileno())
        if tee.hexdigest() != one.sha256:
            raise BlobUnsound(sha256=one.sha256, clip=one.clip)

    def _fields(self, contents: Contents, part: int, count: int) -> dict[str, str]:
        position = contents.position
        return {
            "Source-Organization": contents.unit or contents.station,
            "Bagging-Date": position.made_at[:10],
            "External-Identifier": position.package,
            "External-Description": f"Evidence of station {contents.station}, {len(contents.clips)} clips, log position {position.epoch}/{position.size}",
            "Bag-Software-Agent": f"{NAME} {software()['version']}",
            **({"Bag-Group-Identifier": position.package, "Bag-Count": f"{part} of {count}"} if count > 1 else {}),
        }


class _Tee:
    """A hasher that also writes what it is fed."""

    def __init__(self, hasher: Hasher, descriptor: int) -> None:
        self._hasher = hasher
        self._descriptor = descriptor

    def update(self, data: memoryview, /) -> None:
        self._hasher.update(data)
        while data:
            data = data[os.write(self._descriptor, data) :]

    def copy(self) -> Hasher:
        return self._hasher.copy()

    def hexdigest(self) -> str:
        return self._hasher.hexdigest()


def _write(path: Path, data: bytes) -> None:
    """A new file in the draft, durable. Raises ``OSError``."""
    durable.make_folder(path.parent, 0o755)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o444)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _place(draft: Path, target: Path) -> None:
    """Give the draft its name, over nothing, durably. A disk of a PC's format knows no rename that never replaces."""
    try:
        rename_noreplace(os.fsencode(draft), os.fsencode(target))
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        draft.rename(target)
    durable.sync_folder(target.parent)


def _sweep(target: Path) -> None:
    """Remove what a power cut left of an earlier attempt at the same name."""
    pattern = re.compile(re.escape(f".{target.name}.") + r"([0-9]+)\.new")
    if not target.parent.is_dir():
        return
    for left in target.parent.iterdir():
        found = pattern.fullmatch(left.name)
        if found is not None and (not Path("/proc", found[1]).exists() or int(found[1]) == os.getpid()):
            shutil.rmtree(left, ignore_errors=True)
