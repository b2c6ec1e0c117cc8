"""``verify`` as a command: what the verifier is given, and its verdict as an answer. Opens nothing for writing."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from evidence.canonical import Json
from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.custody.cosignature import COSIGNATURE, read_vkey
from evidence.errors import Exit, Fault
from evidence.facts import DockingState
from evidence.verify import Home, Kind, Progress, Stage, Untrusted, verify
from ingest.vault import Vault
from station.commands import Answer, Report, Verify
from station.commands import Progress as Told
from station.messages import fault_text
from station.rooms import Rooms
from station.setup import catalogue_url


def verdict(rooms: Rooms, command: Verify, report: Report) -> Answer:
    """Everything this station holds, against its log, the given checkpoints and those in the store."""
    for witness in command.witnesses:
        read_vkey(witness, COSIGNATURE)  # a mistyped key is a fault of the command, not of the evidence
    catalogue = ReadOnlyCatalogue(catalogue_url(rooms.home, rooms.settings), rooms.station)
    notes: list[Json] = []
    checkpoints = [Untrusted(label, note) for label, note in command.checkpoints]
    authorities = [Untrusted(label, roots) for label, roots in command.authorities]
    try:
        checkpoints += _far(rooms)
    except Fault as fault:
        notes.append(
            {
                "kind": "store-not-asked",
                "subject": "store",
                "detail": fault_text(fault.code, fault.fields, rooms.settings.language),
            }
        )
    second = rooms.settings.second_vault
    vaults = (rooms.home.vault, *([Path(second)] if second else []))
    home = Home(vaults, rooms.home.settings, lambda: _explained(vaults, catalogue), rooms.settings_draft)
    total = sum(blob.size for vault in vaults for blob in Vault(vault).blobs())

    def told(progress: Progress) -> None:
        if progress.stage is Stage.VAULT:
            report(Told("verify", "vault", min(progress.done, total), total))

    found = verify(
        catalogue,
        rooms.station,
        home,
        checkpoints=checkpoints,
        anchors=command.anchors,
        authorities=authorities,
        witnesses=command.witnesses,
        progress=told,
    )
    problems: list[Json] = [{"kind": one.kind.value, "subject": one.subject, "detail": one.detail} for one in found.problems]
    problems += [
        {"kind": Kind.VAULT_EXTRA.value, "subject": name, "detail": "work in progress of no open docking"}
        for name in _strays(vaults, catalogue)
    ]
    notes += [{"kind": one.kind.value, "subject": one.subject, "detail": one.detail} for one in found.notes]
    return Answer(
        {
            "ok": not problems,
            "anchored": found.anchored,
            "witnessed_until": found.witnessed_until,
            "witnessed_by": [asdict(one) for one in found.witnessed_by],
            "checked": dict(found.checked),
            "problems": problems,
            "notes": notes,
        },
        Exit.TAMPERED if problems else Exit.OK,
    )


def _far(rooms: Rooms) -> list[Untrusted]:
    from station.witnessing import far_checkpoints

    return [Untrusted(label, note) for label, note in far_checkpoints(rooms)]


def _strays(vaults: tuple[Path, ...], catalogue: ReadOnlyCatalogue) -> list[str]:
    """What lies among the work in progress and belongs to no open docking. One that is sealed meanwhile is gone at the second look."""
    found = [path for root in vaults if (root / "partial").is_dir() for path in sorted((root / "partial").iterdir())]
    with catalogue.snapshot() as rows:
        interrupted = {docking for docking, state in rows.each("docking", ("id", "state")) if state == DockingState.OPEN}
    return [
        f"partial/{os.fsencode(path.name).decode(errors='replace')}"
        for path in found
        if path.name not in interrupted and os.path.lexists(path)
    ]


def _explained(vaults: tuple[Path, ...], catalogue: ReadOnlyCatalogue) -> frozenset[str]:
    """Digests that intents of interrupted dockings account for: placed in the vault, and not yet in the ledger.

    The intents are read first: one whose docking was sealed in between has its blobs in the catalogue by then.
    """
    intents = [intent for root in vaults for intent in Vault(root).intents()]
    with catalogue.snapshot() as rows:
        interrupted = {docking for docking, state in rows.each("docking", ("id", "state")) if state == DockingState.OPEN}
    files = (file for intent in intents if intent.docking in interrupted for file in intent.files)
    return frozenset(file.sha256 for file in files if file.sha256 is not None)
