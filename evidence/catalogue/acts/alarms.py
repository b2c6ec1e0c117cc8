"""Acts on alarms: raised, acknowledged. An alarm that is open is not raised again for the same subject."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from evidence.canonical import Json, canonical
from evidence.catalogue import schema
from evidence.catalogue.ledger import Commit
from evidence.custody.entry import STATION, Act, Actor, Draft, subject_alarm
from evidence.devices import Concern
from evidence.errors import EvidenceError, Exit
from evidence.ids import AlarmId


class NoSuchAlarm(EvidenceError):
    """No alarm of this station has that id. Fields: ``alarm``."""

    code = "no-such-alarm"
    status = Exit.USAGE


class AlarmAcknowledged(EvidenceError):
    """The alarm was acknowledged before. Fields: ``alarm``, ``at``."""

    code = "alarm-acknowledged"
    status = Exit.REFUSED


def raised(commit: Commit, concern: Concern, subject: str) -> AlarmId | None:
    """Something for a person to look at; None where the same alarm is open already. ``subject``: what it is about."""
    table = schema.alarm
    same = (table.c.station == commit.station) & (table.c.subject == subject) & (table.c.kind == concern.kind.value)
    if commit.connection.execute(select(table.c.id).where(same, table.c.acknowledged_at.is_(None)).limit(1)).first() is not None:
        return None
    alarm = AlarmId(commit.new_id())
    people = [commit.personal(f"fields.{name}", value) for name, value in concern.people.items()]
    fields: dict[str, Json] = {
        **concern.fields,
        "device": concern.device,
        **{one.field.removeprefix("fields."): one.committed() for one in people},
    }
    what: dict[str, Json] = {"kind": concern.kind.value, "subject": subject, "fields": fields}
    commit.append(Draft(Act.ALARM_RAISED, subject_alarm(alarm), what, STATION, tuple(people), fresh=True))
    commit.connection.execute(
        insert(table).values(
            station=commit.station,
            id=alarm,
            kind=concern.kind.value,
            subject=subject,
            fields=canonical(fields).decode(),
            raised_at=commit.utc,
        )
    )
    return alarm


def acknowledged(commit: Commit, alarm: AlarmId, note: str | None, actor: Actor) -> None:
    """A person has looked. Raises :class:`NoSuchAlarm`, :class:`AlarmAcknowledged`, :class:`~evidence.facts.TextUnfit`."""
    table = schema.alarm
    mine = (table.c.station == commit.station) & (table.c.id == alarm)
    row = commit.connection.execute(select(table.c.acknowledged_at).where(mine)).first()
    if row is None:
        raise NoSuchAlarm(alarm=alarm)
    if row.acknowledged_at is not None:
        raise AlarmAcknowledged(alarm=alarm, at=row.acknowledged_at)
    personal = (commit.personal("note", note),) if note else ()
    what: dict[str, Json] = {"note": personal[0].committed() if personal else None}
    commit.append(Draft(Act.ALARM_ACKNOWLEDGED, subject_alarm(alarm), what, actor, personal))
    commit.connection.execute(
        update(table).where(mine).values(acknowledged_at=commit.utc, acknowledged_by=actor.person, note=note or None)
    )
