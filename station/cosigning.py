"""Cosignatures for the newest head: witnesses asked side by side, and what each answered.

Nobody waits for a witness: whatever is not answered within ``PATIENCE`` seconds is left to the next time. What a witness says
against the log is another matter. One that knows more entries than there are, or whose head ours does not extend, saw another
history than this one: that is a contradiction as a checkpoint in the store can be one, and never passed over.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import Literal

from evidence.canonical import JsonObject
from evidence.catalogue import outbox
from evidence.catalogue.connect import reading
from evidence.catalogue.proofs import StoredTree
from evidence.catalogue.queries import LogHead
from evidence.errors import Exit
from station.messages import fault_text
from station.rooms import Rooms
from station.settings import witnesses_of
from uploader.cosigning import Cosigned, Inconsistent, Witness, ask
from uploader.errors import UploadError, WitnessUnreachable
from uploader.http import Trust

PATIENCE = 10.0
"""Seconds for all witnesses together: they are asked at the same time."""
ATTEMPTS = 3
"""Questions to one witness: others of this station may be asking it at the same time."""

Result = Literal["cosigned", "unreachable", "refused", "rolled-back", "forked"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of asking one witness. ``size``: entries of the head that it is about."""

    witness: str
    result: Result
    size: int
    detail: str | None = None
    line: str | None = None

    @property
    def status(self) -> Exit:
        """The exit status that it calls for where cosignatures are what was asked for."""
        match self.result:
            case "cosigned":
                return Exit.OK
            case "unreachable":
                return Exit.UNREACHABLE
            case "refused":
                return Exit.REFUSED
            case _:
                return Exit.TAMPERED

    @property
    def contradicts(self) -> bool:
        """Whether the witness saw another history."""
        return self.status is Exit.TAMPERED

    def document(self) -> JsonObject:
        """As a command answers it."""
        return {"witness": self.witness, "result": self.result, "size": self.size, "detail": self.detail, "line": self.line}


def cosign(rooms: Rooms) -> list[Outcome]:
    """Ask every witness of the settings for its cosignature on the newest head, and keep what they sign."""
    witnesses = [Witness(key, url) for key, url in witnesses_of(rooms.settings)]
    if not witnesses:
        return []
    ca_file = rooms.settings.witness_ca_file
    trust = Trust(ca_file=str(rooms.home.root / ca_file) if ca_file else "")
    answers: queue.SimpleQueue[Outcome | Exception] = queue.SimpleQueue()

    def work(witness: Witness) -> None:
        try:
            answers.put(_asked(rooms, witness, trust))
        except Exception as error:  # noqa: BLE001  # a thread hands over whatever went wrong; it is raised below
            answers.put(error)

    for witness in witnesses:
        threading.Thread(target=work, args=(witness,), name=f"witness {witness.key.name}", daemon=True).start()
    found: dict[str, Outcome] = {}
    until = time.monotonic() + PATIENCE
    while len(found) < len(witnesses):
        try:
            outcome = answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(outcome, Exception):
            raise outcome
        found[outcome.witness] = outcome
    return [found.get(one.key.name) or _silent(rooms, one) for one in witnesses]


def _asked(rooms: Rooms, witness: Witness, trust: Trust) -> Outcome:
    """The conversation with one witness: from the size that it last cosigned, or that it says it knows."""
    name = witness.key.name
    with rooms.queries() as queries:
        head = queries.head()
        old = min(queries.newest_cosigned(head.epoch, name) or 0, head.size)
    for _ in range(ATTEMPTS):
        try:
            answer = ask(witness, old, _proof(rooms, head, old), head.note, trust)
        except WitnessUnreachable as fault:
            return _said(rooms, name, "unreachable", head, fault)
        except UploadError as fault:
            return _said(rooms, name, "refused", head, fault)
        if isinstance(answer, Cosigned):
            with_line = outbox.Outbox(rooms.catalogue, rooms.station)
            with_line.cosigned(head.epoch, head.size, name, answer.line, rooms.clock().utc)
            return Outcome(name, "cosigned", head.size, line=answer.line)
        if isinstance(answer, Inconsistent):
            return Outcome(name, "forked", head.size, f"it cosigned another log of {old} entries, which this one does not extend")
        if answer.size == head.size == old:
            return Outcome(name, "forked", head.size, f"it cosigned another root at {head.size} entries")
        if answer.size > head.size:
            with rooms.queries() as queries:
                head = queries.head()  # somebody else of this station may have had a later head cosigned
            if answer.size > head.size:
                return Outcome(name, "rolled-back", head.size, f"it cosigned {answer.size} entries, {head.size} are here")
        old = answer.size
    return _said(rooms, name, "unreachable", head, WitnessUnreachable(witness=name, rule="its head changes all the time"))


def _proof(rooms: Rooms, head: LogHead, old: int) -> list[bytes]:
    with reading(rooms.catalogue) as connection:
        return StoredTree(connection, rooms.station, head.epoch).consistency(old, head.size)


def _silent(rooms: Rooms, witness: Witness) -> Outcome:
    with rooms.queries() as queries:
        head = queries.head()
    rule = f"no answer within {PATIENCE:.0f} s"
    return _said(rooms, witness.key.name, "unreachable", head, WitnessUnreachable(witness=witness.key.name, rule=rule))


def _said(rooms: Rooms, name: str, result: Result, head: LogHead, fault: UploadError) -> Outcome:
    return Outcome(name, result, head.size, fault_text(fault.code, fault.fields, rooms.settings.language))
