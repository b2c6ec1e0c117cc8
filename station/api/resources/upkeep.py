"""Room, papers, copies that leave, time stamps, keys: what is done at the desk of an administrator or with a stack of paper."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from station.api.resources.evidence import given, members
from station.api.resources.form import Asked, Digest, Form, Id, Moment, Operation, Shape, Text
from station.api.resources.proof import Nothing
from station.commands import (
    Cosign,
    Evict,
    Export,
    Forecast,
    ListKeys,
    ListRecorders,
    ListStamps,
    PrintShift,
    PrintSlip,
    Recall,
    Seal,
    SettingsCommand,
    Stamp,
)


class Outlook(Shape):
    """What the last month says of the next ones: when cameras and vault are full, and whether the line catches up."""

    devices: list[dict[str, Any]]
    station: dict[str, Any]


class Stamps(Shape):
    """Time stamps of a docking: those that were given, and those that wait."""

    stamps: list[dict[str, Any]]


class Key(Shape):
    """A key that the log knows, in force or ended."""

    key: Digest
    role: str
    uri: str | None
    subject: str
    certificate_sha256: Digest
    anchor: Digest
    not_after: Moment
    introduced_at: Moment
    revoked_at: Moment | None
    reason: str | None


class Anchors(Shape):
    """Fingerprints of the roots that are in force, and the keys that wait to be put in force."""

    anchors: list[Digest]
    waiting: list[dict[str, Any]]


class Recorder(Shape):
    """A family of recorders that can be controlled, and on what that claim rests."""

    family: str
    title: str
    usb: list[Any]
    route: str
    driver: str | None
    proof: str
    supported: bool
    can: list[str]


class SettingsAccepted(Shape):
    """The digest of the file that counts now, and whether that is another one than before."""

    accepted: Digest
    changed: bool


class Purpose(Form):
    """What it is for."""

    purpose: Text | UnsetType = UNSET


class RecallWanted(Form, kw_only=True):
    """Which clips are to be fetched back from the store."""

    clips: Annotated[list[Id], Meta(min_length=1, max_length=5000)]


class Eviction(Form):
    """``dry_run``: only say what would go."""

    dry_run: bool = False


def _export(asked: Asked) -> Export:
    return Export(asked.path.get("clip") or asked.path["docking"], b"/export", given(asked.body.purpose))


OPERATIONS = (
    Operation(
        *("POST", "/v1/clips/{clip}/export", "exportClip", "A copy of a clip leaves, to be fetched as a tar archive"),
        scope="packages:write",
        command=_export,
        body=Purpose,
        job=True,
    ),
    Operation(
        *("POST", "/v1/dockings/{docking}/export", "exportDocking", "Manifest, signature and records of a docking leave"),
        scope="packages:write",
        command=_export,
        body=Purpose,
        job=True,
    ),
    Operation(
        *("POST", "/v1/dockings/{docking}/seal", "sealDocking", "Finish a docking whose source does not come back"),
        scope="dockings:write",
        command=lambda asked: Seal(asked.path["docking"]),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/dockings/{docking}/slip", "printSlip", "The slip of a docking (PDF)", "dockings:read"),
        command=lambda asked: PrintSlip(asked.path["docking"], b"/slip.pdf"),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("GET", "/v1/dockings/{docking}/stamps", "listStamps", "The time stamps of a docking", "dockings:read"),
        command=lambda asked: ListStamps(asked.path["docking"]),
        answers=Stamps,
    ),
    Operation(
        *("POST", "/v1/stamps", "stampNow", "Ask the time-stamp authorities for everything that waits", "uploads:write"),
        command=lambda _asked: Stamp(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/cosignatures", "cosignNow", "Ask the witnesses for the newest head", "uploads:write"),
        command=lambda _asked: Cosign(),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("POST", "/v1/shifts", "printShift", "The shift's head of the log (PDF)", "packages:write"),
        command=lambda _asked: PrintShift(b"/shift.pdf"),
        body=Nothing,
        job=True,
    ),
    Operation(
        *("GET", "/v1/forecast", "showForecast", "When cameras and vault are full", "status:read"),
        command=lambda _asked: Forecast(),
        answers=Outlook,
    ),
    Operation(
        *("POST", "/v1/recalls", "recall", "Fetch clips back that lie in the store alone", "uploads:write"),
        command=lambda asked: Recall(tuple(asked.body.clips)),
        body=RecallWanted,
        job=True,
    ),
    Operation(
        *("POST", "/v1/evictions", "evict", "Let go of local copies that the store holds", "uploads:write"),
        command=lambda asked: Evict(**members(asked.body)),
        body=Eviction,
        job=True,
    ),
    Operation(
        *("GET", "/v1/keys", "listKeys", "Every key that the log knows", "custody:read"),
        command=lambda _asked: ListKeys(),
        answers=Key,
        rows="keys",
        key="key",
    ),
    Operation(
        *("GET", "/v1/anchors", "showAnchors", "What a verifier trusts, and which keys wait", "custody:read"),
        command=lambda _asked: ListKeys(),
        answers=Anchors,
    ),
    Operation(
        *("GET", "/v1/recorders", "listRecorders", "Which recorders can be controlled", "devices:read"),
        command=lambda _asked: ListRecorders(),
        answers=Recorder,
        rows="recorders",
        key="family",
    ),
    Operation(
        *("POST", "/v1/settings/acceptance", "acceptSettings", "Take over what somebody wrote into the settings' file"),
        scope="settings:write",
        command=lambda _asked: SettingsCommand("accept"),
        body=Nothing,
        answers=SettingsAccepted,
    ),
)
