"""Other systems that may call: let in, listed, revoked."""

from __future__ import annotations

from evidence.access import Guarded
from evidence.custody.entry import Actor
from station import approvals, paged
from station.clients import Client, admitted, clients, revoked
from station.commands import Answer, Report
from station.commands.clients import AdmitClient, ListClients, RevokeClient
from station.rooms import Rooms


def list_clients(rooms: Rooms, command: ListClients, _actor: Actor, _report: Report) -> Answer:
    """All of them. They are few: the page is cut from the whole list."""
    after = "".join(paged.texts(command.after))
    with rooms.sheets() as sheets:
        found = [one for one in clients(sheets) if str(one.id) > after]
    return Answer(paged.page("clients", found, command.limit, lambda one: (str(one.id),), Client.document))


def admit(rooms: Rooms, command: AdmitClient, actor: Actor, _report: Report) -> Answer:
    """Let a system in. Once there are accounts, a second person has to agree: ``raise-rights``, ``client:NAME``."""
    wanted = Client(
        name=command.name,
        certificate=command.certificate,
        role=command.role,
        scopes=tuple(sorted(set(command.scopes))),
        rate=command.rate,
        units=tuple(sorted(set(command.units))),
        sensitivities=tuple(sorted(set(command.sensitivities))),
    )
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        found = admitted(commit, wanted, actor)
        approvals.required(commit, Guarded.RAISE_RIGHTS, f"client:{command.name}"[:128], actor)
    return Answer(found.document())


def revoke(rooms: Rooms, command: RevokeClient, actor: Actor, _report: Report) -> Answer:
    """Whoever may change settings may close a door alone."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        found = revoked(commit, command.name, command.reason, actor)
    return Answer(found.document())
