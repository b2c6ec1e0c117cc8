"""The custody log: its entries and its current head."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.queries import PAGE, EntryRow
from evidence.certificates import public_der
from evidence.custody.checkpoint import read_head
from evidence.custody.cosignature import log_key, with_lines
from evidence.custody.entry import Actor, subject_clip, subject_docking
from evidence.errors import Exit
from evidence.ids import ClipId
from station import looking, paged
from station.commands import Answer, Custody, Report, ShowCheckpoint
from station.home import StationError
from station.rooms import Rooms


class NotCosigned(StationError):
    """No head of this log was cosigned yet. Fields: ``origin``."""

    code = "not-cosigned"
    status = Exit.REFUSED


def custody(rooms: Rooms, command: Custody, actor: Actor, _report: Report) -> Answer:
    """Entries in log order; those of one clip come with the entries of the dockings that saw it.

    Entries name nobody, and everybody who reads the log sees all of them; the personal values beside those of a clip or docking that is out of
    the reader's reach are left out.
    """
    with rooms.queries() as queries:
        subjects: list[str] = []
        if command.clip is not None:
            clip = ClipId(command.clip)
            if queries.clip(clip) is None:
                raise NoSuchClip(clip=clip)
            looking.may_have(rooms, [clip], actor)
            subjects = [subject_clip(clip), *(subject_docking(one.docking) for one in queries.sightings(clip=clip))]
        epoch, seq = paged.place(command.after, int, int) or (0, -1)
        found = queries.entries(*subjects, after=(int(epoch), int(seq)), page=paged.wanted(command.limit) or PAGE)
        return Answer(paged.page("entries", found, command.limit, lambda entry: (entry.epoch, entry.seq), _Shown(rooms, actor)))


def checkpoint(rooms: Rooms, command: ShowCheckpoint, _actor: Actor, _report: Report) -> Answer:
    """The signed head, to print, mail or keep elsewhere, and the key by which a witness knows the log from here on."""
    with rooms.queries() as queries:
        head = queries.head()
        size, note = head.size, head.note
        if command.cosigned:
            size = queries.newest_cosigned(head.epoch) or 0
            note = queries.checkpoint_at(head.epoch, size) or ""
        lines = queries.cosignatures(head.epoch, size)
        certificates = queries.certificates()
    if not note:
        raise NotCosigned(origin=head.origin)
    from cryptography.x509 import load_der_x509_certificate

    # The key introduced last: right after a rotation the newest head is still the old key's, and every later one this key's.
    newest = [der for role, _, der in certificates if role == "log"][-1]
    public = public_der(load_der_x509_certificate(newest))
    cosignatures: list[Json] = [{"witness": witness, "line": line} for witness, line in lines]
    return Answer(
        {
            "origin": head.origin,
            "size": size,
            "root": read_head(note).root.hex(),
            "note": with_lines(note, [line for _, line in lines]),
            "vkey": log_key(head.origin, public).text(),
            "cosignatures": cosignatures,
        }
    )


class _Shown:
    """Shows entries to somebody."""

    def __init__(self, rooms: Rooms, actor: Actor) -> None:
        self._rooms = rooms
        self._actor = actor
        self._whole = looking.knows_everything(actor)
        self._known: dict[str, bool] = {}

    def __call__(self, entry: EntryRow) -> dict[str, Json]:
        personal = entry.personal if self._whole or self._near(entry.body["subject"]) else {}
        return {"epoch": entry.epoch, **entry.body, "personal": personal}

    def _near(self, subject: str) -> bool:
        if subject not in self._known:
            self._known[subject] = looking.subject_seen(self._rooms, subject, self._actor)
        return self._known[subject]
