"""Other systems that may call over TLS: each is a sheet, known by its certificate, in a role, with scopes, and bounded in rate and reach.

Rules kept here: who shows a certificate is found by its fingerprint, otherwise by its subject, and is somebody only while the sheet that says so is
what the log says too; one that was revoked is nobody from that very moment. An outside system never administers, and sees no clip with a
sensitivity unless that was granted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evidence.canonical import Json
from evidence.catalogue.acts.sheets import Sheet, written
from evidence.catalogue.sheets import SheetRow, Sheets
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import SheetId
from evidence.reach import Reach
from station.home import StationError

if TYPE_CHECKING:
    from evidence.catalogue.ledger import Commit

KIND = "client"
SUBJECTS = (
    *(
        "alarms",
        "approvals",
        "cases",
        "categories",
        "clips",
        "custody",
        "derivatives",
        "devices",
        "disposals",
        "dockings",
        "events",
    ),
    *("feeds", "figures", "holds", "incidents", "index", "jobs", "media", "packages", "people", "redactions", "search"),
    *("settings", "slots", "status", "tags", "uploads", "verification", "webhooks"),
)
SCOPES = frozenset(f"{subject}:{what}" for subject in SUBJECTS for what in ("read", "write"))
"""What can be given: the subjects of the resource API, to read or to change."""
ROLES = ("officer", "clerk", "supervisor", "auditor")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


class ClientUnfit(StationError):
    """A system cannot be let in like that. Fields: ``rule``."""

    code = "client-unfit"
    status = Exit.USAGE


class ClientKnown(StationError):
    """A system of that name, or with that certificate, is admitted already. Fields: ``client``."""

    code = "client-known"
    status = Exit.USAGE


class NoSuchClient(StationError):
    """No system of that name is admitted. Fields: ``client``."""

    code = "no-such-client"
    status = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Client:
    """A system. ``certificate``: ``sha256:`` and a fingerprint, or ``subject:`` and a name (RFC 4514). ``rate``: requests a minute.

    ``units``: codes of units whose clips it sees; none: all. ``sensitivities``: those it may see.
    """

    name: str
    certificate: str
    role: str
    scopes: tuple[str, ...]
    rate: int
    units: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()
    state: str = "admitted"
    id: SheetId | None = None
    version: int = 0

    @property
    def actor(self) -> Actor:
        """As whom it acts."""
        units = frozenset(self.units) if self.units else None
        return Actor(f"client:{self.name}", self.role, Reach(units=units, sensitivities=frozenset(self.sensitivities)))

    def document(self) -> dict[str, Json]:
        """As every answer shows it."""
        return {"id": self.id, **self.said()}

    def said(self) -> dict[str, Json]:
        """What its sheet says: nobody is named."""
        return {
            "name": self.name,
            "certificate": self.certificate,
            "role": self.role,
            "scopes": list(self.scopes),
            "rate": self.rate,
            "units": list(self.units),
            "sensitivities": list(self.sensitivities),
            "state": self.state,
        }


def admitted(commit: Commit, client: Client, actor: Actor) -> Client:
    """Let a system in. Raises :class:`ClientUnfit`, :class:`ClientKnown`."""
    _check(client)
    sheets = Sheets(commit.connection, commit.station)
    for name, value in (("name", client.name), ("certificate", client.certificate)):
        if any(one.state == "admitted" for one in _found(sheets, name, value)):
            raise ClientKnown(client=client.name)
    return replace(client, id=written(commit, _sheet(client), "admitted", actor), version=1)


def revoked(commit: Commit, name: str, reason: str, actor: Actor) -> Client:
    """It is let in no more. Raises :class:`NoSuchClient`."""
    sheets = Sheets(commit.connection, commit.station)
    found = _named(sheets, name)
    over = replace(found, state="revoked")
    written(commit, _sheet(over), "revoked", actor, of=found.id, version=found.version, reason=reason)
    return over


def clients(sheets: Sheets) -> Iterator[Client]:
    """All that there ever were, oldest first."""
    for row in sheets.sheets(KIND):
        if (found := _client(sheets, row)) is not None:
            yield found


def bearer(sheets: Sheets, fingerprint: str, subject: str) -> Client | None:
    """Who shows a certificate with this fingerprint and subject; None for nobody who is admitted."""
    for value in (f"sha256:{fingerprint}", f"subject:{subject}"):
        for one in _found(sheets, "certificate", value):
            if one.state == "admitted":
                return one
    return None


def _check(client: Client) -> None:
    if not _NAME.fullmatch(client.name):
        raise ClientUnfit(rule="a name of up to 64 lower-case letters, digits, '.' and '-'")
    subject = client.certificate.removeprefix("subject:")
    if not _FINGERPRINT.fullmatch(client.certificate) and not (
        client.certificate.startswith("subject:") and 0 < len(subject) <= 200 and subject.isprintable()
    ):
        raise ClientUnfit(rule="a certificate, or the subject of one as RFC 4514 writes it")
    if client.role not in ROLES:
        raise ClientUnfit(rule=f"a role of {', '.join(ROLES)}")
    if not client.scopes or set(client.scopes) - SCOPES:
        raise ClientUnfit(rule=f"scopes such as clips:read; subjects are {', '.join(SUBJECTS)}, each with read or write")
    if not 1 <= client.rate <= 100_000:
        raise ClientUnfit(rule="1 to 100000 requests a minute")
    if any(not one or len(one) > 64 or not one.isprintable() for one in (*client.units, *client.sensitivities)):
        raise ClientUnfit(rule="codes of units, and words for sensitivities, of up to 64 characters")


def _sheet(client: Client) -> Sheet:
    found_by = (("name", client.name), ("certificate", client.certificate), ("state", client.state))
    return Sheet(KIND, client.said(), found_by=found_by)


def _named(sheets: Sheets, name: str) -> Client:
    found = [one for one in _found(sheets, "name", name) if one.state == "admitted"]
    if not found:
        raise NoSuchClient(client=name)
    return found[-1]


def _found(sheets: Sheets, name: str, value: str) -> Iterator[Client]:
    for row in sheets.found(KIND, name, value):
        found = _client(sheets, row)
        if found is not None and found.said().get(name) == value:
            yield found


def _client(sheets: Sheets, row: SheetRow) -> Client | None:
    """What a row says, if the log says it too."""
    if not sheets.is_logged(row):
        return None
    said: dict[str, Any] = row.said
    return Client(
        name=said["name"],
        certificate=said["certificate"],
        role=said["role"],
        scopes=tuple(said["scopes"]),
        rate=said["rate"],
        units=tuple(said["units"]),
        sensitivities=tuple(said["sensitivities"]),
        state=said["state"],
        id=row.id,
        version=row.version,
    )
