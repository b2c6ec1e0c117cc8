"""Other systems that may call: let in, listed, revoked."""

from __future__ import annotations

from evidence.errors import Exit
from station.clients import ClientUnfit, NoSuchClient
from station.commands import Command
from station.commands.clients import AdmitClient, ListClients, RevokeClient
from tests.contract.tried.form import Asked, Faults, House

WANTED = AdmitClient("dispatch", "sha256:" + "ab" * 32, "clerk", ("clips:read",))


def admitted(house: House) -> str:
    return str(house.ask(WANTED).document["name"])


ASKED: Asked = {
    ListClients: (lambda *_: ListClients(), "clients", Exit.OK),
    AdmitClient: (lambda *_: WANTED, "scopes", Exit.OK),
    RevokeClient: (lambda house, _: RevokeClient(admitted(house), "its contract ended"), "state", Exit.OK),
}
FAULTS: Faults = {
    AdmitClient: (AdmitClient("dispatch", "sha256:" + "ab" * 32, "clerk", ("clips:steal",)), ClientUnfit),
    RevokeClient: (RevokeClient("dispatch", "gone"), NoSuchClient),
}
EVERY: tuple[Command, ...] = (ListClients(), WANTED, RevokeClient("dispatch", "gone"))
ELSEWHERE: frozenset[type[Command]] = frozenset()
