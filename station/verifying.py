"""``verify`` as a command: what the verifier is given, and its verdict as an answer. Opens nothing for writing."""

from __future__ import annotations

from pathlib import Path

from evidence.canonical import Json
from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.errors import Exit, Fault
from evidence.ids import origin
from evidence.verify import Home, Progress, Stage, Untrusted, verify
from ingest.vault import Vault
from station.commands import Answer, Report, Verify
from station.commands import Progress as Told
from station.messages import fault_text
from station.rooms import Rooms
from station.setup import catalogue_url


def verdict(rooms: Rooms, command: Verify, report: Report) -> Answer:
    """Everything this station holds, against its log, the given checkpoints and those in the store."""
    catalogue = ReadOnlyCatalogue(catalogue_url(rooms.home, rooms.settings), rooms.station)
    notes: list[Json] = []
    checkpoints = [Untrusted(label, note) for label, note in command.checkpoints]
    try:
        checkpoints += _far(rooms, catalogue)
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
    home = Home(vaults, rooms.home.settings, lambda: _explained(vaults), Path(rooms.settings_draft))
    total = sum(blob.size for vault in vaults for blob in Vault(vault).blobs())

    def told(progress: Progress) -> None:
        if progress.stage is Stage.VAULT:
            report(Told("verify", "vault", min(progress.done, total), total))

    found = verify(catalogue, rooms.station, home, checkpoints=checkpoints, anchors=command.anchors, progress=told)
    problems: list[Json] = [{"kind": one.kind.value, "subject": one.subject, "detail": one.detail} for one in found.problems]
    notes += [{"kind": one.kind.value, "subject": one.subject, "detail": one.detail} for one in found.notes]
    return Answer(
        {
            "ok": found.ok,
            "anchored": found.anchored,
            "witnessed_until": found.witnessed_until,
            "checked": dict(found.checked),
            "problems": problems,
            "notes": notes,
        },
        Exit.OK if found.ok else Exit.TAMPERED,
    )


def _far(rooms: Rooms, catalogue: ReadOnlyCatalogue) -> list[Untrusted]:
    from station.witnessing import far_checkpoints

    with catalogue.snapshot() as rows:
        epochs = [epoch for (epoch,) in rows.each("log", ("epoch",)) if isinstance(epoch, int)]
    # A home rolled back across a recovery knows nothing of the log that came after: so the next one is asked for, too.
    origins = [origin(rooms.station, epoch) for epoch in (*epochs, max(epochs, default=0) + 1)]
    return [Untrusted(label, note) for label, note in far_checkpoints(rooms, origins)]


def _explained(vaults: tuple[Path, ...]) -> frozenset[str]:
    """Digests that intents of interrupted dockings account for: placed in the vault, and not yet in the ledger."""
    files = (file for root in vaults for intent in Vault(root).intents() for file in intent.files)
    return frozenset(file.sha256 for file in files if file.sha256 is not None)
