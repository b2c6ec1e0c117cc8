"""Acts of one docking: docked, inventory, each file, sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from evidence.canonical import Json, JsonObject, canonical, digest
from evidence.catalogue import schema
from evidence.catalogue.acts.space import recalled
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import STATION, SUBJECT_STATION, Act, Actor, Draft, subject_clip, subject_docking
from evidence.facts import UNCLASSIFIED, UNREADABLE, ClipState, DockingState, SourceKind, Taken, Unread, check_move, check_text
from evidence.ids import ClipId, DeviceKey, Digest, DockingId, KeyId
from evidence.manifest import ClipFacts, SealedManifest


@dataclass(frozen=True, slots=True)
class Sighted:
    """A file of a docking in the catalogue. ``earlier`` is the docking that first took an equal clip, if there is one."""

    position: int
    clip: ClipId
    state: ClipState
    earlier: DockingId | None


_KEPT = {Act.VERIFIED: ClipState.VERIFIED, Act.EMPTY: ClipState.EMPTY, Act.DAMAGED: ClipState.DAMAGED}
_ACT = {state: act for act, state in _KEPT.items()}


def docked(
    commit: Commit,
    docking: DockingId,
    device: DeviceKey,
    source: SourceKind,
    profile: str,
    acquisition: JsonObject,
    officer: str | None,
    actor: Actor,
) -> None:
    """A source is here. ``officer`` is who recorded; the actor is who docked. Raises :class:`~evidence.facts.TextUnfit`."""
    check_text("device", device, schema.DEVICE_CHARACTERS)
    personal = (commit.personal("officer", officer),) if officer is not None else ()
    what: dict[str, Json] = {
        "device": device,
        "source": source.value,
        "profile": profile,
        "acquisition": acquisition,
        "officer": personal[0].committed() if personal else None,
    }
    commit.append(Draft(Act.DOCKED, subject_docking(docking), what, actor, personal, fresh=True))
    commit.connection.execute(
        insert(schema.docking).values(
            station=commit.station,
            id=docking,
            device=device,
            source=source.value,
            profile=profile,
            officer=officer,
            acquisition=canonical(acquisition).decode(),
            state=DockingState.OPEN.value,
            opened_at=commit.utc,
        )
    )


def refused(commit: Commit, docking: DockingId | None, reason: str, facts: JsonObject, actor: Actor = STATION) -> None:
    """Nothing was taken, by a rule. A docking that exists is closed by it."""
    subject = SUBJECT_STATION if docking is None else subject_docking(docking)
    commit.append(Draft(Act.REFUSED, subject, {"reason": reason, **facts}, actor))
    if docking is not None:
        _move(commit, docking, DockingState.REFUSED, {})


@dataclass(frozen=True, slots=True)
class Listed:
    """A card inventory on its way into the ledger: canonical bytes and what they sum up to."""

    listing: bytes
    card_sha256: Digest
    files: int
    bytes: int
    taken: int
    skipped: int
    free_bytes: int
    numbering: tuple[JsonObject, ...]


def inventoried(commit: Commit, docking: DockingId, listed: Listed) -> None:
    """The whole card was listed, before its first byte was copied."""
    what: dict[str, Json] = {
        "listing_sha256": digest(listed.listing),
        "files": listed.files,
        "bytes": listed.bytes,
        "taken": listed.taken,
        "skipped": listed.skipped,
        "free_bytes": listed.free_bytes,
        "numbering": listed.numbering,
    }
    commit.append(Draft(Act.INVENTORY, subject_docking(docking), what))
    commit.connection.execute(insert(schema.inventory).values(station=commit.station, docking=docking, listing=listed.listing))
    commit.connection.execute(
        _docking(commit, docking).values(listing_sha256=digest(listed.listing), card_sha256=listed.card_sha256)
    )


def files_taken(commit: Commit, docking: DockingId, device: DeviceKey, files: Sequence[Taken]) -> list[Sighted]:
    """A group of files lies verified in the vault. Each becomes a clip, or a second sighting of one that it equals."""
    known = _known_clips(commit, device, files)
    sighted: list[Sighted] = []
    clips: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    for file in files:
        seen: dict[str, Json] = {"docking": docking, "position": file.position, "sha256": file.sha256}
        second: dict[str, Json] = {} if file.sm3 is None else {"sm3": file.sm3}
        found = known.get((file.path, file.sha256))
        if found is not None:
            clip, earlier = found
            acts: list[tuple[Act, dict[str, Json]]] = [
                (Act.DUPLICATE_SEEN, {**seen, **second, "size": file.size, "state": file.state.value, "medium": file.medium})
            ]
        else:
            clip, earlier = ClipId(commit.new_id()), None
            clips.append(_clip_row(commit, docking, device, clip, file))
            acts = [(Act.COPIED, _copied({**seen, **second}, device, file)), (_ACT[file.state], _kept(seen, file))]
        for act, what in acts:
            commit.append(Draft(act, subject_clip(clip), what, fresh=act is Act.COPIED))
        rows.append(_sighting_row(commit, docking, clip, file, [what for _, what in acts]))
        sighted.append(Sighted(file.position, clip, file.state, earlier))
    if clips:
        commit.connection.execute(insert(schema.clip), clips)
    if rows:
        commit.connection.execute(insert(schema.sighting), rows)
    for anew in _blobs_placed(commit, files):
        recalled(commit, anew.sha256, anew.size, subject_docking(docking), medium=anew.medium, vaults=anew.vaults)
    return sighted


def file_unreadable(commit: Commit, docking: DockingId, file: Unread) -> None:
    """Not one byte of a file could be read."""
    what: dict[str, Json] = {"position": file.position, "reason": file.reason}
    commit.append(Draft(Act.UNREADABLE, subject_docking(docking), what))
    commit.connection.execute(
        insert(schema.sighting).values(
            station=commit.station,
            docking=docking,
            position=file.position,
            clip=None,
            state=UNREADABLE,
            sha256=None,
            sm3=None,
            size=0,
            outcome=_outcome([what]),
            record=None,
        )
    )


@dataclass(frozen=True, slots=True)
class SecondSeal:
    """An SM2 signature over the same manifest, and the key of role ``seal-gm`` that made it."""

    signature: bytes
    key: KeyId


def sealed(
    commit: Commit,
    docking: DockingId,
    manifest: SealedManifest,
    signature: bytes,
    key: KeyId,
    second: SecondSeal | None = None,
) -> None:
    """The docking is complete: its manifest is signed and its clips know when they were recorded."""
    what: dict[str, Json] = {
        "manifest_sha256": digest(manifest.body),
        "key": key,
        "clips": len(manifest.clips),
        "files": len(manifest.records),
        "bytes": manifest.bytes,
        **({} if second is None else {"key_gm": second.key}),
    }
    commit.append(Draft(Act.SEALED, subject_docking(docking), what))
    connection, station = commit.connection, commit.station
    signature_gm = None if second is None else second.signature
    connection.execute(
        insert(schema.manifest).values(
            station=station, docking=docking, body=manifest.body, signature=signature, signature_gm=signature_gm
        )
    )
    sighting, clip = schema.sighting, schema.clip
    if manifest.records:
        by_position = update(sighting).where(
            sighting.c.station == station, sighting.c.docking == docking, sighting.c.position == _bind("at", sighting.c.position)
        )
        connection.execute(
            by_position.values(record=_bind("bytes", sighting.c.record)),
            [{"at": position, "bytes": record} for position, record in manifest.records],
        )
    taken_here = [one for one in manifest.clips if one.first_taken_here]
    if taken_here:
        by_clip = update(clip).where(clip.c.station == station, clip.c.id == _bind("which", clip.c.id))
        connection.execute(
            by_clip.values(
                recorded_at=_bind("begun", clip.c.recorded_at),
                duration_ms=_bind("lasting", clip.c.duration_ms),
                recording=_bind("part_of", clip.c.recording),
            ),
            [_sealed_clip(one) for one in taken_here],
        )
    if manifest.recordings:
        connection.execute(
            insert(schema.recording),
            [
                {"station": station, "id": one.id, "docking": docking, "segments": canonical(one.segments).decode()}
                for one in manifest.recordings
            ],
        )
    _move(commit, docking, DockingState.SEALED, {"sealed_at": commit.utc, "manifest_sha256": digest(manifest.body)})


def _sealed_clip(facts: ClipFacts) -> dict[str, object]:
    return {"which": facts.clip, "begun": facts.recorded_at, "lasting": facts.duration_ms, "part_of": facts.recording}


def _bind(name: str, column: Any) -> Any:  # noqa: ANN401  # SQLAlchemy's bind parameters carry the column's type at run time
    return bindparam(name, type_=column.type)


def _docking(commit: Commit, docking: DockingId) -> Any:  # noqa: ANN401  # an Update on the docking table
    return update(schema.docking).where(schema.docking.c.station == commit.station, schema.docking.c.id == docking)


def _move(commit: Commit, docking: DockingId, after: DockingState, values: dict[str, object]) -> None:
    table = schema.docking
    before = commit.connection.execute(
        select(table.c.state).where(table.c.station == commit.station, table.c.id == docking)
    ).scalar_one()
    check_move(docking, DockingState(before), after)
    commit.connection.execute(_docking(commit, docking).values(state=after.value, **values))


def _known_clips(
    commit: Commit, device: DeviceKey, files: Sequence[Taken]
) -> dict[tuple[bytes, Digest], tuple[ClipId, DockingId]]:
    clip = schema.clip
    rows = commit.connection.execute(
        select(clip.c.path, clip.c.sha256, clip.c.id, clip.c.docking).where(
            clip.c.station == commit.station, clip.c.device == device, clip.c.sha256.in_({file.sha256 for file in files})
        )
    )
    return {(bytes(row.path), Digest(row.sha256)): (ClipId(row.id), DockingId(row.docking)) for row in rows}


def _clip_row(commit: Commit, docking: DockingId, device: DeviceKey, clip: ClipId, file: Taken) -> dict[str, object]:
    return {
        "station": commit.station,
        "id": clip,
        "device": device,
        "path": file.path,
        "sha256": file.sha256,
        "size": file.size,
        "state": file.state.value,
        "docking": docking,
        "taken_at": commit.utc,
        "category": UNCLASSIFIED,
    }


def _copied(seen: dict[str, Json], device: DeviceKey, file: Taken) -> dict[str, Json]:
    return {
        **seen,
        "device": device,
        "size": file.size,
        "resumed_at": file.resumed_at,
        "changed": file.changed,
    }


def _kept(seen: dict[str, Json], file: Taken) -> dict[str, Json]:
    if file.state is ClipState.EMPTY:
        return {"docking": seen["docking"], "position": file.position}
    kept: dict[str, Json] = {**seen, "size": file.size, "medium": file.medium, "vaults": file.vaults}
    if file.state is ClipState.DAMAGED:
        kept |= {"ranges": [list(one) for one in file.ranges], "reason": file.reason}
    return kept


_OUTCOME = ("changed", "medium", "ranges", "reason", "resumed_at", "vaults")


def _outcome(whats: list[dict[str, Json]]) -> str:
    return canonical({key: what[key] for what in whats for key in _OUTCOME if key in what}).decode()


def _sighting_row(
    commit: Commit, docking: DockingId, clip: ClipId, file: Taken, whats: list[dict[str, Json]]
) -> dict[str, object]:
    return {
        "station": commit.station,
        "docking": docking,
        "position": file.position,
        "clip": clip,
        "state": file.state.value,
        "sha256": file.sha256,
        "sm3": file.sm3,
        "size": file.size,
        "outcome": _outcome(whats),
        "record": None,
    }


def _blobs_placed(commit: Commit, files: Sequence[Taken]) -> list[Taken]:
    """Contents that lie in the vault now. Returns one file for each that had been let go of, and is back with this docking."""
    contents = {file.sha256: file for file in files if file.state is not ClipState.EMPTY}
    if not contents:
        return []
    blob = schema.blob
    mine = (blob.c.station == commit.station) & blob.c.sha256.in_(contents)
    known = {
        row.sha256: row.evicted_at for row in commit.connection.execute(select(blob.c.sha256, blob.c.evicted_at).where(mine))
    }
    sizes = {sha256: file.size for sha256, file in contents.items() if sha256 not in known}
    if sizes:
        commit.connection.execute(
            insert(blob),
            [
                {
                    "station": commit.station,
                    "sha256": sha256,
                    "size": size,
                    "placed_at": commit.utc,
                    "last_verified_at": commit.utc,
                }
                for sha256, size in sizes.items()
            ],
        )
    return [contents[Digest(sha256)] for sha256, evicted_at in known.items() if evicted_at is not None]
