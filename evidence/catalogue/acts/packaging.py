"""The act of packaging: one ``exported`` entry for each clip and docking that a court package holds, all in one commit.

These entries are the newest of the log when they are written, so that each pins, by its ``prev``, where the list of entries about
its subject ends: whoever leaves an entry out of a package breaks a chain that leads to one of them. What no entry of this commit
is about (keys, and subjects in the logs of earlier epochs) is pinned by hash in their details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from evidence.canonical import Json
from evidence.catalogue import schema
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.ledger import Commit
from evidence.custody import merkle
from evidence.custody.entry import Act, Actor, Draft, subject_clip, subject_docking, subject_key, subject_sheet
from evidence.ids import ClipId, DockingId, KeyId, SheetId


def packaged(
    commit: Commit,
    clips: Sequence[ClipId],
    dockings: Sequence[DockingId],
    actor: Actor,
    purpose: str | None,
    redacted: Mapping[ClipId, tuple[SheetId, str]] | None = None,
) -> str:
    """Clips and the dockings that saw them leave the vault together; returns the package's id.

    ``redacted``: of clips that leave as redacted copies only, the sheet of the redaction and the digest of the copy. Raises :class:`~evidence.catalogue.acts.desk.NoSuchClip`, :class:`~evidence.facts.TextUnfit`.
    """
    package = commit.new_id()
    _check(commit, clips)
    keys = {key: _ends(commit, subject_key(KeyId(key)), commit.epoch + 1) for key in _keys(commit)}
    count = len(clips) + len(dockings)
    for docking in dockings:
        _append(commit, subject_docking(docking), actor, purpose, {"package": package, "subjects": count, "keys": keys})
    for clip in clips:
        _append(
            commit, subject_clip(clip), actor, purpose, {"package": package, "subjects": count, **_copy(commit, clip, redacted)}
        )
    return package


def _copy(commit: Commit, clip: ClipId, redacted: Mapping[ClipId, tuple[SheetId, str]] | None) -> dict[str, Json]:
    """What goes in place of the original, and where the list of entries about its redaction ends."""
    if redacted is None:
        return {}
    sheet, sha256 = redacted[clip]
    return {"redacted": {"sheet": sheet, "sha256": sha256, "ends": _ends(commit, subject_sheet(sheet), commit.epoch + 1)}}


def packaged_again(commit: Commit, clips: Sequence[ClipId], package: str, at: int, actor: Actor, purpose: str | None) -> None:
    """The same package was written once more, as it was when the log had ``at`` entries. Raises as :func:`packaged`."""
    _check(commit, clips)
    for clip in clips:
        personal = (commit.personal("purpose", purpose),) if purpose else ()
        what: dict[str, Json] = {"purpose": personal[0].committed() if personal else None, "package": package, "at": at}
        commit.append(Draft(Act.EXPORTED, subject_clip(clip), what, actor, personal))


def _append(commit: Commit, subject: str, actor: Actor, purpose: str | None, details: dict[str, Json]) -> None:
    personal = (commit.personal("purpose", purpose),) if purpose else ()
    what: dict[str, Json] = {
        "purpose": personal[0].committed() if personal else None,
        "earlier": _ends(commit, subject, commit.epoch),
        **details,
    }
    commit.append(Draft(Act.EXPORTED, subject, what, actor, personal))


def _check(commit: Commit, clips: Sequence[ClipId]) -> None:
    table = schema.clip
    for clip in clips:
        mine = (table.c.station == commit.station) & (table.c.id == clip)
        if commit.connection.execute(select(table.c.id).where(mine)).first() is None:
            raise NoSuchClip(clip=clip)


def _keys(commit: Commit) -> list[str]:
    table = schema.signing_key
    return list(
        commit.connection.execute(select(table.c.id).where(table.c.station == commit.station).order_by(table.c.id)).scalars()
    )


def _ends(commit: Commit, subject: str, before: int) -> dict[str, Json]:
    """By epoch, the leaf hash of the newest entry about a subject, in the logs before one."""
    entry = schema.custody_entry
    rows = commit.connection.execute(
        select(entry.c.epoch, entry.c.hashes)
        .where(entry.c.station == commit.station, entry.c.subject == subject, entry.c.epoch < before)
        .order_by(entry.c.epoch, entry.c.seq)
    )
    return {str(row.epoch): merkle.completed(row.hashes, 0).hex() for row in rows}
