"""Acts of making room: local copies let go of while a store holds the bytes, and bytes that came back.

Each clip of a content gets its own entry, so that the history of a clip, and a court package of it, tells where its bytes were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from evidence.canonical import Json
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import STATION, Act, Actor, Draft, subject_clip
from evidence.ids import ClipId, Digest


@dataclass(frozen=True, slots=True)
class LetGo:
    """A content that leaves every vault, and the receipt that this leans on. ``proof`` is how the store agreed just now."""

    sha256: Digest
    size: int
    receipt: str
    store: str
    object_key: str
    version: str | None
    proof: str


def evicted(commit: Commit, contents: Sequence[LetGo], actor: Actor = STATION) -> list[LetGo]:
    """Let go of the local copies of contents that still lie in the vault. The files go after the commit. Returns those that were."""
    gone = []
    for one in contents:
        if not _change(commit, one.sha256, None, commit.utc):
            continue
        what: dict[str, Json] = {
            "sha256": one.sha256,
            "size": one.size,
            "receipt": one.receipt,
            "store": one.store,
            "object_key": one.object_key,
            "version": one.version,
            "proof": one.proof,
        }
        _of_each_clip(commit, Act.EVICTED, one.sha256, what, actor)
        gone.append(one)
    return gone


def recalled(
    commit: Commit, sha256: Digest, size: int, source: str, *, medium: str | None, vaults: int, actor: Actor = STATION
) -> bool:
    """A content lies in the vault again: ``source`` is the store it came from, or the docking that brought it anew.

    False, and nothing is written, when it had never left.
    """
    blob = schema.blob
    mine = (blob.c.station == commit.station) & (blob.c.sha256 == sha256)
    left_at = commit.connection.execute(select(blob.c.evicted_at).where(mine)).scalar()
    if left_at is None or not _change(commit, sha256, left_at, None):
        return False
    clip = schema.clip  # what had been disposed of is evidence again
    mine = (clip.c.station == commit.station) & (clip.c.sha256 == sha256)
    commit.connection.execute(update(clip).where(mine, clip.c.disposed_at.is_not(None)).values(disposed_at=None))
    what: dict[str, Json] = {"sha256": sha256, "size": size, "source": source, "medium": medium, "vaults": vaults}
    _of_each_clip(commit, Act.RECALLED, sha256, what, actor)
    return True


def _change(commit: Commit, sha256: Digest, before: str | None, after: str | None) -> bool:
    blob = schema.blob
    mine = (blob.c.station == commit.station) & (blob.c.sha256 == sha256)
    stood = blob.c.evicted_at.is_(None) if before is None else blob.c.evicted_at == before
    return commit.connection.execute(update(blob).where(mine, stood).values(evicted_at=after)).rowcount == 1


def _of_each_clip(commit: Commit, act: Act, sha256: Digest, what: dict[str, Json], actor: Actor) -> None:
    clip = schema.clip
    mine = select(clip.c.id).where(clip.c.station == commit.station, clip.c.sha256 == sha256).order_by(clip.c.id)
    for found in commit.connection.execute(mine).scalars().all():
        commit.append(Draft(act, subject_clip(ClipId(found)), what, actor))
