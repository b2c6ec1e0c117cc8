"""Commands and queries as values: everything a client can ask of the station, a file a subject.

Each names the permission it needs and the function that carries it out. They travel unchanged between the command line, the window
and the service, so they hold text, numbers and lists only. A path is bytes where it may be any file name.

A subject is loaded when one of its kinds is asked for, by its name in this package or in the subject's module: making all of them takes longer than
the whole of ``status`` may.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from station.commands.base import Answer, Command, Progress, Report, silent

if TYPE_CHECKING:
    from station.commands.clips import (
        Export,
        ListClips,
        ListDockings,
        ListRecordings,
        Play,
        ShowClip,
        ShowDocking,
        ShowRecording,
        Tag,
    )
    from station.commands.delivery import Cosign, ListReceipts, ListStamps, ListUploads, Stamp, Upload
    from station.commands.devices import (
        AcknowledgeAlarm,
        AddDevice,
        AdmitDevice,
        ChangeDevice,
        IssueDevice,
        ListAlarms,
        ListDevices,
        RetireDevice,
        ReturnDevice,
        ShowDevice,
    )
    from station.commands.homes import Recover, SettingsCommand, Status
    from station.commands.intake import Ingest, Seal, Watch
    from station.commands.keys import ImportCertificates, KeyRole, ListKeys, MakeKey, RequestCertificate, RevokeKey, RotateKey
    from station.commands.log import Custody, ProveEntry, Scrub, ShowCheckpoint, Verify
    from station.commands.packages import Package
    from station.commands.papers import PrintShift, PrintSlip
    from station.commands.recorders import ListRecorders
    from station.commands.slots import ForgetSlot, LearnSlot, ListSlots
    from station.commands.space import Erase, Evict, Forecast, Recall

    KINDS: tuple[type[Command], ...]
    """Every kind of command. To ask for it loads all subjects."""

_MAIN_LINE = {
    "homes": ("Status", "SettingsCommand", "Recover"),
    "intake": ("Ingest", "Seal", "Watch"),
    "recorders": ("ListRecorders",),
    "clips": (
        "ListClips",
        "ShowClip",
        "Play",
        "ListDockings",
        "ShowDocking",
        "ListRecordings",
        "ShowRecording",
        "Tag",
        "Export",
    ),
    "packages": ("Package",),
    "devices": (
        "ListDevices",
        "ShowDevice",
        "AddDevice",
        "ChangeDevice",
        "AdmitDevice",
        "RetireDevice",
        "IssueDevice",
        "ReturnDevice",
        "ListAlarms",
        "AcknowledgeAlarm",
    ),
    "space": ("Erase", "Evict", "Recall", "Forecast"),
    "log": ("Custody", "ProveEntry", "Verify", "Scrub", "ShowCheckpoint"),
    "delivery": ("Upload", "Stamp", "ListStamps", "ListReceipts", "ListUploads", "Cosign"),
    "slots": ("ListSlots", "LearnSlot", "ForgetSlot"),
    "papers": ("PrintSlip", "PrintShift"),
    "keys": ("KeyRole", "ListKeys", "MakeKey", "RequestCertificate", "ImportCertificates", "RotateKey", "RevokeKey"),
}
"""What the main line can be asked, and in which subject it lies: taking, sealing, sending, proving, keys, devices, space."""
_CASE_WORK = ("people", "desk", "matching", "searching", "keeping", "derived", "supervising", "joining", "clients")
"""Subjects whose kinds are named by their own modules alone."""
_SUBJECT_OF = {kind: subject for subject, named in _MAIN_LINE.items() for kind in named}


def __getattr__(name: str) -> object:
    if name == "KINDS":
        return _kinds()
    if name not in _SUBJECT_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_SUBJECT_OF[name]}"), name)


def _kinds() -> tuple[type[Command], ...]:
    subjects = [import_module(f"{__name__}.{subject}") for subject in (*_MAIN_LINE, *_CASE_WORK)]
    return tuple(kind for subject in subjects for kind in subject.COMMANDS)


__all__ = [
    "KINDS",
    "AcknowledgeAlarm",
    "AddDevice",
    "AdmitDevice",
    "Answer",
    "ChangeDevice",
    "Command",
    "Cosign",
    "Custody",
    "Erase",
    "Evict",
    "Export",
    "Forecast",
    "ForgetSlot",
    "ImportCertificates",
    "Ingest",
    "IssueDevice",
    "KeyRole",
    "LearnSlot",
    "ListAlarms",
    "ListClips",
    "ListDevices",
    "ListDockings",
    "ListKeys",
    "ListReceipts",
    "ListRecorders",
    "ListRecordings",
    "ListSlots",
    "ListStamps",
    "ListUploads",
    "MakeKey",
    "Package",
    "Play",
    "PrintShift",
    "PrintSlip",
    "Progress",
    "ProveEntry",
    "Recall",
    "Recover",
    "Report",
    "RequestCertificate",
    "RetireDevice",
    "ReturnDevice",
    "RevokeKey",
    "RotateKey",
    "Scrub",
    "Seal",
    "SettingsCommand",
    "ShowCheckpoint",
    "ShowClip",
    "ShowDevice",
    "ShowDocking",
    "ShowRecording",
    "Stamp",
    "Status",
    "Tag",
    "Upload",
    "Verify",
    "Watch",
    "silent",
]
