"""The custody log: its entries and its current head."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.acts.desk import NoSuchClip
from evidence.catalogue.connect import reading
from evidence.catalogue.extracts import Extracts
from evidence.catalogue.queries import PAGE, EntryRow
from evidence.catalogue.seeking import Sought
from evidence.certificates import public_der
from evidence.custody.checkpoint import is_signed_by, read_head
from evidence.custody.cosignature import log_key, with_lines
from evidence.custody.entry import Actor, subject_clip, subject_docking
from evidence.custody.merkle import check_inclusion, leaf_hash
from evidence.errors import EvidenceError, Exit
from evidence.ids import ClipId
from evidence.incidents import moment_of
from ingest.times import station_zone
from station import looking, paged
from station.commands import Answer, Custody, ProveEntry, Report, ShowCheckpoint
from station.home import StationError
from station.rooms import Rooms


class NotCosigned(StationError):
    """No head of this log was cosigned yet. Fields: ``origin``."""

    code = "not-cosigned"
    status = Exit.REFUSED


class NoSuchEntry(StationError):
    """The log has no entry there. Fields: ``epoch``, ``seq``."""

    code = "no-such-entry"
    status = Exit.USAGE


class LogTimeUnfit(EvidenceError):
    """That is no moment to look from or to. Fields: ``name``, ``text``, ``rule``."""

    code = "log-time-unfit"
    status = Exit.USAGE


_KINDS = ("clip", "docking", "device", "alarm", "sheet", "key")
"""Objects of which there are many; entries name one by its kind and its id."""


def custody(rooms: Rooms, command: Custody, actor: Actor, _report: Report) -> Answer:
    """Entries in log order, or the newest first; those of one clip come with the entries of the dockings that saw it.

    Entries name nobody, and everybody who reads the log sees all of them; the personal values beside those of a clip or docking that is out of
    the reader's reach are left out, and such an entry is not found by who acted either.
    """
    kind, subjects = _objects(command.subject)
    sought = Sought(
        kind,
        command.acts,
        command.person or None,
        _moment(rooms, "since", command.since),
        _moment(rooms, "until", command.until),
    )
    with rooms.queries() as queries:
        if command.clip is not None:
            clip = ClipId(command.clip)
            if queries.clip(clip) is None:
                raise NoSuchClip(clip=clip)
            looking.may_have(rooms, [clip], actor)
            subjects = [subject_clip(clip), *(subject_docking(one.docking) for one in queries.sightings(clip=clip))]
        place = paged.place(command.after, int, int)
        after = (int(place[0]), int(place[1])) if place else None
        page = paged.wanted(command.limit) or PAGE
        shown = _Shown(rooms, actor)
        found = queries.entries(*subjects, after=after, page=page, sought=sought, newest_first=command.newest_first)
        near = (entry for entry in found if sought.person is None or shown.whole(entry))
        return Answer(paged.page("entries", near, command.limit, lambda entry: (entry.epoch, entry.seq), shown))


def prove(rooms: Rooms, command: ProveEntry, _actor: Actor, _report: Report) -> Answer:
    """The path from an entry's bytes to the root of the newest head of its log (RFC 6962, section 2.1.1), and whether a key of the log signed that head.

    ``holds`` is the station's own word; the rest is there so that nobody need take it. Raises :class:`NoSuchEntry`.
    """
    with reading(rooms.catalogue) as connection:
        extracts = Extracts(connection, rooms.station)
        head = extracts.queries.last_checkpoint(command.epoch)
        entry = extracts.entry(command.epoch, command.seq)
        if head is None or entry is None or not 0 <= command.seq < head.size:
            raise NoSuchEntry(epoch=command.epoch, seq=command.seq)
        path = extracts.tree(command.epoch).inclusion(command.seq, head.size)
        certificates = extracts.queries.certificates()
        lines = extracts.queries.cosignatures(head.epoch, head.size)
    from cryptography.x509 import load_der_x509_certificate

    keys = {key: public_der(load_der_x509_certificate(der)) for role, key, der in certificates if role == "log"}
    key = next((one for one, public in keys.items() if is_signed_by(head.note, public)), None)
    told, leaf = read_head(head.note), leaf_hash(entry.body)
    leads = check_inclusion(leaf, command.seq, told.size, path, told.root)
    steps: list[Json] = [one.hex() for one in path]
    witnesses: list[Json] = [witness for witness, _ in lines]
    return Answer(
        {
            "epoch": command.epoch,
            "seq": command.seq,
            "entry": entry.body.decode(),
            "leaf": leaf.hex(),
            "path": steps,
            "origin": told.origin,
            "size": told.size,
            "root": told.root.hex(),
            "note": with_lines(head.note, [line for _, line in lines]),
            "key": key,
            "witnesses": witnesses,
            "holds": leads and key is not None,
        }
    )


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

    def whole(self, entry: EntryRow) -> bool:
        """Whether nothing beside an entry is left out for him."""
        return self._whole or self._near(entry.body["subject"])

    def __call__(self, entry: EntryRow) -> dict[str, Json]:
        personal = entry.personal if self.whole(entry) else {}
        return {"epoch": entry.epoch, **entry.body, "personal": personal}

    def _near(self, subject: str) -> bool:
        if subject not in self._known:
            self._known[subject] = looking.subject_seen(self._rooms, subject, self._actor)
        return self._known[subject]


def _objects(named: str | None) -> tuple[str | None, list[str]]:
    """Of which kind, and which: what an object's name, a kind or an id alone means."""
    if not named or not named.strip():
        return None, []
    wanted = named.strip()
    if wanted in _KINDS:
        return wanted, []
    return None, [wanted, *(f"{kind}:{wanted}" for kind in _KINDS if ":" not in wanted)]


def _moment(rooms: Rooms, name: str, text: str | None) -> str | None:
    if not text:
        return None
    return moment_of(text, station_zone(rooms.settings.time_zone), lambda rule: LogTimeUnfit(name=name, text=text, rule=rule))
