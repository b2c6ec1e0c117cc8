"""Acts about the station itself: its logs, keys and settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, insert, update

from evidence.canonical import Json, JsonObject, digest
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.commitments import Personal
from evidence.custody.checkpoint import Head
from evidence.custody.entry import STATION, SUBJECT_SETTINGS, SUBJECT_STATION, Act, Actor, Draft, subject_key
from evidence.ids import Digest, KeyId, origin


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting before and after, as text; None where it was or is not set.

    ``private``: it names a person or holds a secret, so the entry only commits to it.
    """

    key: str
    old: str | None
    new: str | None
    private: bool = False


def initialised(commit: Commit, unit: str, software: JsonObject, actor: Actor) -> None:
    """The station begins."""
    commit.append(Draft(Act.INITIALISED, SUBJECT_STATION, _about(commit, unit, software), actor))


@dataclass(frozen=True, slots=True)
class Gap:
    """What a restore left out: where the log ends here, its newest head kept elsewhere, and those of later logs that are gone."""

    reason: str
    previous: Head
    witnessed: Head | None
    lost: list[Head]


def recovered(commit: Commit, unit: str, software: JsonObject, gap: Gap, actor: Actor) -> None:
    """A new epoch begins after a restore; the entry names the gap between what is here and what was witnessed."""
    what: dict[str, Json] = {
        **_about(commit, unit, software),
        "reason": gap.reason,
        "previous": _head(gap.previous),
        "witnessed": None if gap.witnessed is None else _head(gap.witnessed),
        "lost": [_head(one) for one in gap.lost],
    }
    commit.append(Draft(Act.RECOVERED, SUBJECT_STATION, what, actor))


def key_introduced(commit: Commit, key: KeyId, role: str, certificate_der: bytes, actor: Actor = STATION) -> None:
    """A key signs for the station from here on. Roles: ``ca``, ``seal``, ``log``."""
    what: dict[str, Json] = {"role": role, "certificate_sha256": digest(certificate_der)}
    commit.append(Draft(Act.KEY_INTRODUCED, subject_key(key), what, actor))
    commit.connection.execute(
        insert(schema.signing_key).values(
            station=commit.station, id=key, role=role, certificate=certificate_der, introduced_at=commit.utc, revoked_at=None
        )
    )


class Ending(StrEnum):
    """Why a key signs no more (FORMATS.md, "Keys and anchor")."""

    SUPERSEDED = "superseded"
    CEASED = "ceased"
    LOST = "lost"
    COMPROMISED = "compromised"


def key_revoked(commit: Commit, key: KeyId, reason: Ending, actor: Actor, *, signs_this: bool = False) -> None:
    """A key signs no more from here on; ``signs_this``: its last signature is the one under this very commit.

    A key that has ended can be found compromised later; that is a second entry.
    """
    commit.append(Draft(Act.KEY_REVOKED, subject_key(key), {"reason": reason.value}, actor))
    table = schema.signing_key
    commit.connection.execute(
        update(table).where(table.c.station == commit.station, table.c.id == key).values(revoked_at=commit.utc)
    )
    if signs_this:
        commit.ended.add(key)


def settings_changed(
    commit: Commit, new: Digest, previous: Digest | None, changes: list[SettingChange], actor: Actor = STATION
) -> None:
    """The settings file is accepted as it stands."""
    personal: list[Personal] = []
    told: list[Json] = [
        {
            "key": one.key,
            "old": _told(commit, one, "old", one.old, personal),
            "new": _told(commit, one, "new", one.new, personal),
        }
        for one in changes
    ]
    what: dict[str, Json] = {"sha256": new, "previous": previous, "changes": told}
    commit.append(Draft(Act.SETTINGS_CHANGED, SUBJECT_SETTINGS, what, actor, tuple(personal)))
    commit.connection.execute(delete(schema.settings).where(schema.settings.c.station == commit.station))
    commit.connection.execute(insert(schema.settings).values(station=commit.station, sha256=new, accepted_at=commit.utc))


def repaired(commit: Commit, sha256: Digest) -> None:
    """A blob that had other bytes than its name says was set aside in quarantine, and a good copy placed."""
    commit.append(Draft(Act.REPAIRED, SUBJECT_STATION, {"sha256": sha256}))


def _told(commit: Commit, change: SettingChange, side: str, value: str | None, personal: list[Personal]) -> Json:
    if value is None or not change.private:
        return value
    made = commit.personal(f"{change.key}.{side}", value)
    personal.append(made)
    return made.committed()


def _about(commit: Commit, unit: str, software: JsonObject) -> dict[str, Json]:
    return {
        "station": commit.station,
        "unit": unit,
        "epoch": commit.epoch,
        "origin": origin(commit.station, commit.epoch),
        "software": software,
    }


def _head(head: Head) -> JsonObject:
    return {"origin": head.origin, "size": head.size, "root": head.root.hex()}
