"""Sending: the queue, one run of the courier, receipts."""

from __future__ import annotations

import msgspec

from evidence.canonical import Json
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.outbox import Outbox
from evidence.custody.entry import Actor, subject_clip
from evidence.errors import Exit, worst
from evidence.ids import ClipId
from evidence.uploads import QueuedUpload
from station import cosigning, looking, paged
from station.commands import Answer, Cosign, ListReceipts, ListUploads, Progress, Report, Upload
from station.home import StationError
from station.messages import fault_text
from station.rooms import Rooms


class NoWitnesses(StationError):
    """No witness stands in the settings. Fields: ``name`` (of the setting)."""

    code = "no-witnesses"
    status = Exit.USAGE


def upload(rooms: Rooms, command: Upload, _actor: Actor, report: Report) -> Answer:
    """Send what is due; with ``until_idle`` also what comes due while waiting a little. Nothing is sent for a log that was turned back."""
    from station.delivering import courier_of
    from station.handlers.stamping import fetch
    from uploader.courier import CourierLimits
    from uploader.courier import Progress as Sent
    from uploader.stores import StoreKind

    rooms.prepare_to_write()

    def told(sent: Sent) -> None:
        report(Progress("upload", sent.upload.object_key.rsplit("/", 1)[-1][-16:], sent.bytes_done, sent.upload.size))

    outbox = Outbox(rooms.catalogue, rooms.station)
    with courier_of(rooms, CourierLimits().patience if command.until_idle else 0.0, told) as (courier, store):
        summary = courier.run_until_idle(hasten=True)
        trial = store.kind is StoreKind.TRIAL
    stamped = fetch(rooms, until_idle=False)  # afterwards: an authority that is slow or dead delays no evidence
    witnesses = cosigning.cosign(rooms) if summary.witnessed is not None else []
    language = rooms.settings.language
    faults: list[Json] = [
        {"code": fault.code, "message": fault_text(fault.code, fault.fields, language), **fault.fields}
        for fault in summary.faults
    ]
    document: dict[str, Json] = {
        "received": summary.received,
        "bytes": summary.bytes_received,
        "trial": trial,
        "witnessed": summary.witnessed,
        "cosignatures": [one.document() for one in witnesses],
        "waiting": [_queued(one) for one in outbox.queued()],
        "faults": faults,
        "stamps": stamped.document,
    }
    contradicted = [one.status for one in witnesses if one.contradicts]  # a witness that is silent fails nothing
    return Answer(document, worst([summary.status, *contradicted]))


def cosign(rooms: Rooms, _command: Cosign, _actor: Actor, _report: Report) -> Answer:
    """Ask the witnesses for the newest head. Raises :class:`NoWitnesses`."""
    found = cosigning.cosign(rooms)
    if not found:
        raise NoWitnesses(name="witnesses")
    return Answer({"cosignatures": [one.document() for one in found]}, worst([one.status for one in found]))


def uploads(rooms: Rooms, command: ListUploads, _actor: Actor, _report: Report) -> Answer:
    """What waits, in the order in which it would go."""
    after = paged.place(command.after, int, str, str)
    found = Outbox(rooms.catalogue, rooms.station).queued(after, paged.wanted(command.limit))
    return Answer(paged.page("uploads", found, command.limit, lambda one: (int(one.rank), one.queued_at, one.id), _queued))


def receipts(rooms: Rooms, command: ListReceipts, actor: Actor, _report: Report) -> Answer:
    """What the store confirmed, of all that the actor may see or of one clip."""
    with rooms.queries() as queries:
        subjects: tuple[str, ...] = ()
        if command.clip is not None:
            clip = ClipId(command.clip)
            if queries.clip(clip) is None:
                raise NoSuchClip(clip=clip)
            looking.may_have(rooms, [clip], actor)
            subjects = (subject_clip(clip),)
        found = queries.receipts(
            *subjects, after=paged.texts(command.after, 2), limit=paged.wanted(command.limit), reach=actor.reach
        )
        return Answer(
            paged.page("receipts", found, command.limit, lambda one: (one.at, one.id), lambda one: {**one.body, "at": one.at})
        )


def _queued(one: QueuedUpload) -> dict[str, Json]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "subject": one.subject,
        "object_key": one.object_key,
        "size": one.size,
        "state": one.state.value,
        "attempts": one.attempts,
        "next_try_at": one.next_try_at,
        "reason": None if one.reason is None else msgspec.json.decode(one.reason)["code"],
        "detail": None if one.reason is None else msgspec.json.decode(one.reason),
    }
