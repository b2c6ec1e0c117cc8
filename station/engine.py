"""The engine: takes a command, asks whether the actor may, and hands it to the room that does it. It only composes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from evidence import access
from evidence.custody.entry import Actor
from station.commands import (
    AcknowledgeAlarm,
    AddDevice,
    AdmitDevice,
    Answer,
    ChangeDevice,
    Command,
    Cosign,
    Custody,
    Erase,
    Evict,
    Export,
    Forecast,
    ForgetSlot,
    ImportCertificates,
    Ingest,
    IssueDevice,
    LearnSlot,
    ListAlarms,
    ListClips,
    ListDevices,
    ListDockings,
    ListKeys,
    ListReceipts,
    ListRecorders,
    ListSlots,
    ListStamps,
    ListUploads,
    MakeKey,
    Package,
    PrintShift,
    PrintSlip,
    Recall,
    Recover,
    Report,
    RequestCertificate,
    RetireDevice,
    ReturnDevice,
    RevokeKey,
    RotateKey,
    Scrub,
    Seal,
    SettingsCommand,
    ShowCheckpoint,
    ShowClip,
    ShowDevice,
    Stamp,
    Status,
    Tag,
    Upload,
    Verify,
    Watch,
)
from station.rooms import Rooms

Handler = Callable[[Rooms, Command, Actor, Report], Answer]

HANDLERS: dict[type[Command], str] = {
    Ingest: "intake:ingest",
    ListRecorders: "recorders:list_recorders",
    Seal: "intake:seal",
    Watch: "dropping:watch",
    ListClips: "clips:list_clips",
    ShowClip: "clips:show",
    ListDockings: "clips:list_dockings",
    Tag: "clips:tag",
    Export: "clips:export",
    Package: "packages:package",
    ListDevices: "devices:list_devices",
    ShowDevice: "devices:show",
    AddDevice: "devices:add",
    ChangeDevice: "devices:change",
    AdmitDevice: "devices:admit",
    RetireDevice: "devices:retire",
    IssueDevice: "devices:issue",
    ReturnDevice: "devices:take_back",
    ListAlarms: "alarms:list_alarms",
    AcknowledgeAlarm: "alarms:acknowledge",
    Erase: "space:erase",
    Evict: "space:evict",
    Recall: "space:recall",
    Forecast: "space:forecast",
    Custody: "log:custody",
    Status: "overview:status",
    Upload: "delivery:upload",
    Stamp: "stamping:stamp",
    ListStamps: "stamping:stamps",
    ListReceipts: "delivery:receipts",
    ListUploads: "delivery:uploads",
    SettingsCommand: "configuration:settings",
    ListSlots: "slots:list_slots",
    LearnSlot: "slots:learn",
    ForgetSlot: "slots:forget",
    Verify: "proof:verify",
    Scrub: "proof:scrub",
    ShowCheckpoint: "log:checkpoint",
    Cosign: "delivery:cosign",
    PrintSlip: "printing:slip",
    PrintShift: "printing:shift",
    Recover: "proof:recover",
    ListKeys: "keys:list_keys",
    MakeKey: "keys:init",
    RequestCertificate: "keys:csr",
    ImportCertificates: "keys:import_certificates",
    RotateKey: "keys:rotate",
    RevokeKey: "keys:revoke",
}
"""Which function carries a command out. Named, not imported: ``status`` must not wait for what ``ingest`` needs."""


class Engine:
    """One station, in this process."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def carry_out(self, command: Command, actor: Actor, report: Report) -> Answer:
        """Carry out one command for an actor. Raises faults; :class:`~evidence.access.PermissionDenied` before anything else."""
        access.check(actor, command.permission)
        module, function = HANDLERS[type(command)].split(":")
        handler = cast("Handler", getattr(import_module(f"station.handlers.{module}"), function))
        return handler(self._rooms, command, actor, report)
