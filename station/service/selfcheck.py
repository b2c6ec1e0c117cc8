"""What the service looks at before it begins, by a written rule. The table of the rule stands in ``station/README.md``.

Each check passes, warns or stops. **Stops** is what makes the next entry of the log wrong or impossible: a home that cannot be
opened, a key that cannot sign or is not in force, a log that does not agree with its own newest checkpoint, with the catalogue or
with a checkpoint kept elsewhere, a vault that cannot be written. **Warns** is what a person should look at and collecting can live with: a link
that is down, a disk that fills up, a clock that nobody synchronises, settings edited by hand. An unattended station that refuses
to collect for comfort's sake loses evidence; one that goes on after its log was turned back makes it worthless.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from evidence.canonical import JsonObject, digest
from evidence.catalogue.connect import reading
from evidence.catalogue.keyring import certificate_in_force
from evidence.catalogue.proofs import StoredTree
from evidence.certificates import public_der
from evidence.custody.checkpoint import is_signed_by
from evidence.custody.entry import Act
from evidence.errors import Exit, Fault
from evidence.signing import key_id
from station import cosigning
from station.handlers.intake import vaults_of
from station.home import StationError
from station.messages import fault_text
from station.rooms import Rooms
from station.settings import SettingsNotAccepted
from station.startup import LogTurnedBack, check_not_turned_back, prepare_vaults
from station.storing import StoreNotSet
from uploader.errors import UploadError

CLOCK_BEHIND_SECONDS = 2.0
"""A clock may stand so much before the newest entry; the ledger logs a larger jump (``evidence/catalogue/ledger.py``)."""


class CatalogueContradicts(StationError):
    """The catalogue and the log do not agree. Fields: ``rule``."""

    code = "catalogue-contradicts"
    status = Exit.TAMPERED


class SpaceShort(StationError):
    """A vault's disk has less free than the reserve. Fields: ``vault``, ``free``, ``reserve``."""

    code = "space-short"
    status = Exit.PARTIAL


class ClockDoubtful(StationError):
    """The clock cannot be relied on. Fields: ``rule``."""

    code = "clock-doubtful"
    status = Exit.PARTIAL


class Outcome(StrEnum):
    """What a check came to."""

    PASSES = "passes"
    WARNS = "warns"
    STOPS = "stops"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check with its outcome, and the fault behind it."""

    check: str
    outcome: Outcome
    fault: Fault | None = None

    @property
    def stops(self) -> bool:
        """Whether the service must not begin."""
        return self.outcome is Outcome.STOPS

    def document(self, language: str) -> JsonObject:
        """As ``/health`` and ``status`` show it."""
        fault = self.fault
        if fault is None:
            return {"check": self.check, "outcome": self.outcome.value, "code": None, "message": None}
        message = fault_text(fault.code, fault.fields, language)
        return {"check": self.check, "outcome": self.outcome.value, "code": fault.code, "message": message}


Check = Callable[[Rooms], None]


def self_check(rooms: Rooms) -> Iterator[Checked]:
    """Every check in order; after one that stops the others are still made, so that a person sees everything at once."""
    for name, check in (*CHECKS, *LIGHT):
        yield looked_at(rooms, name, check)


def light_check(rooms: Rooms) -> list[Checked]:
    """The checks whose outcome changes while the service runs, and that cost nothing."""
    return [looked_at(rooms, name, check) for name, check in LIGHT]


def looked_at(rooms: Rooms, name: str, check: Check) -> Checked:
    """One check."""
    try:
        check(rooms)
    except WARNINGS.get(name, ()) as fault:
        return Checked(name, Outcome.WARNS, fault)
    except Fault as fault:
        return Checked(name, Outcome.WARNS if fault.status in HARMLESS else Outcome.STOPS, fault)
    return Checked(name, Outcome.PASSES)


HARMLESS = frozenset({Exit.PARTIAL, Exit.UNREACHABLE})
"""Exit statuses of faults that only warn."""


def _catalogue(rooms: Rooms) -> None:
    """It opens, it is of this program's version, and a change of settings that a power cut struck is finished."""
    rooms.prepare_to_write()


def _keys(rooms: Rooms) -> None:
    """Both keys can be used, and the log says that they are in force. Each signs something, as an HSM may open and not sign."""
    for role, signer in (("log", rooms.log_signer), ("seal", rooms.seal_signer)):
        signer.sign(b"evidence-station self-check\n")
        with reading(rooms.catalogue) as connection:
            certificate_in_force(connection, rooms.station, key_id(signer.public_der()), role)


def _log(rooms: Rooms) -> None:
    """The tree over all entries has the root of the newest checkpoint, which a key of this log signed."""
    from cryptography.x509 import load_der_x509_certificate

    with rooms.queries() as queries:
        head = queries.head()
        keys = [public_der(load_der_x509_certificate(der)) for role, _, der in queries.certificates() if role == "log"]
        entries = queries.log_size(head.epoch)
    if not any(is_signed_by(head.note, key) for key in keys):
        raise LogTurnedBack(kind="forked", detail=f"no key of this log signed its checkpoint at {head.size} entries")
    if entries != head.size:
        raise CatalogueContradicts(rule=f"{entries} entries, and a checkpoint over {head.size}")
    with reading(rooms.catalogue) as connection:
        if StoredTree(connection, rooms.station, head.epoch).root(head.size).hex() != head.root:
            raise CatalogueContradicts(rule=f"another root than the checkpoint's over {head.size} entries")


def _facts(rooms: Rooms) -> None:
    """As many rows as entries that make them: what lies in the catalogue beside the log, cheaply. ``verify`` compares every one."""
    with rooms.queries() as queries:
        written = queries.entries_by_type()
        for table, act in COUNTED.items():
            rows, entries = queries.count(table), written.get(act.value, 0)
            if rows != entries:
                raise CatalogueContradicts(rule=f"{rows} rows of {table}, and {entries} entries that made some")


COUNTED = {"docking": Act.DOCKED, "manifest": Act.SEALED, "receipt": Act.RECEIVED, "time_stamp": Act.TIME_STAMPED}
"""Tables with the act that makes one row of each."""


def _far(rooms: Rooms) -> None:
    """The newest checkpoint in the store does not contradict the log. A store that cannot be asked warns."""
    check_not_turned_back(rooms)


def _witnesses(rooms: Rooms) -> None:
    """No witness contradicts the log. Those that cannot be asked are the affair of the room that asks them again."""
    for one in cosigning.cosign(rooms):
        if one.contradicts:
            raise LogTurnedBack(kind=one.result, detail=f"{one.witness}: {one.detail}")


def _vaults(rooms: Rooms) -> None:
    """The vaults are there and can be written; work in progress of dockings that have ended is cleared away."""
    prepare_vaults(rooms, vaults_of(rooms))


def _settings(rooms: Rooms) -> None:
    """The settings file is the one that the log knows."""
    with rooms.home.faults():
        found = digest(rooms.home.settings.read_bytes())
    with rooms.queries() as queries:
        accepted = queries.settings_sha256()
    if found != accepted:
        raise SettingsNotAccepted(path=rooms.home.settings.name)


def _disk(rooms: Rooms) -> None:
    """More than the reserve is free in every vault. With less, cards are refused and what waits is still sent."""
    for vault in vaults_of(rooms):
        free = vault.free_bytes()
        if free < rooms.settings.vault_reserve:
            raise SpaceShort(vault=os.fsdecode(vault.root), free=free, reserve=rooms.settings.vault_reserve)


def _clock(rooms: Rooms) -> None:
    """The kernel holds the clock synchronised, and it does not stand before what the log has written already."""
    now = rooms.clock()
    with rooms.queries() as queries:
        newest = queries.newest_moment()
    behind = (datetime.fromisoformat(newest) - datetime.fromtimestamp(now.unix_ns / 1e9, UTC)).total_seconds()
    if behind > CLOCK_BEHIND_SECONDS:
        raise ClockDoubtful(rule=f"{behind:.0f} s before the newest entry of the log")
    if now.clock.value != "synchronised":
        raise ClockDoubtful(rule=f"{now.clock.value}")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("catalogue", _catalogue),
    ("keys", _keys),
    ("log", _log),
    ("facts", _facts),
    ("store", _far),
    ("witnesses", _witnesses),
    ("vaults", _vaults),
)
LIGHT: tuple[tuple[str, Check], ...] = (("settings", _settings), ("disk", _disk), ("clock", _clock))
WARNINGS: dict[str, tuple[type[Fault], ...]] = {"settings": (SettingsNotAccepted,), "store": (StoreNotSet, UploadError)}
"""Faults that would stop by their exit status, and in this check do not."""
