"""Acts of keeping that change a clip: its bytes were disposed of, on the word of two people."""

from __future__ import annotations

from sqlalchemy import select, update

from evidence.canonical import Json
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import STATION, Act, Actor, Draft, subject_clip
from evidence.ids import ClipId, Digest, SheetId


def disposed(commit: Commit, disposal: SheetId, sha256: Digest, size: int, actor: Actor = STATION) -> list[ClipId]:
    """A content and every clip of it: from this commit on it belongs nowhere. The copies go after it. The clips that there were."""
    clip, blob = schema.clip, schema.blob
    mine = (clip.c.station == commit.station) & (clip.c.sha256 == sha256) & clip.c.disposed_at.is_(None)
    found = [ClipId(one) for one in commit.connection.execute(select(clip.c.id).where(mine).order_by(clip.c.id)).scalars()]
    what: dict[str, Json] = {"disposal": disposal, "sha256": sha256, "size": size}
    for one in found:
        commit.append(Draft(Act.DISPOSED, subject_clip(one), what, actor))
    if found:
        commit.connection.execute(update(clip).where(mine).values(disposed_at=commit.utc))
        this = (blob.c.station == commit.station) & (blob.c.sha256 == sha256)
        commit.connection.execute(update(blob).where(this).values(evicted_at=commit.utc))
    return found
