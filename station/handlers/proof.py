"""Proof: verify everything, re-read a part of the vault, begin anew after a restore."""

from __future__ import annotations

from evidence.canonical import Json
from evidence.catalogue.acts import foundation
from evidence.catalogue.queries import Queries
from evidence.catalogue.upkeep import blobs_verified
from evidence.custody.checkpoint import Head, read_head
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import origin
from ingest.copying.medium import Resident, aligned_block, digest_from_medium
from station.commands import Answer, Progress, Recover, Report, Scrub, Verify
from station.handlers.intake import vaults_of
from station.rooms import Rooms
from station.software import software
from station.witnessing import far_checkpoints

SCRUB_PAGE = 256
"""Blobs that are marked as re-read together: what a power cut may make the next scrub read again."""


def verify(rooms: Rooms, command: Verify, _actor: Actor, report: Report) -> Answer:
    """Everything, without writing anything."""
    from station.verifying import verdict

    return verdict(rooms, command, report)


def scrub(rooms: Rooms, command: Scrub, _actor: Actor, report: Report) -> Answer:
    """Re-read the blobs that were not re-read for longest, in every vault, until the budget is used up."""
    rooms.prepare_to_write()
    budget = rooms.settings.scrub_budget if command.budget is None else command.budget
    begun = rooms.clock().utc
    block = aligned_block()
    problems: list[Json] = []
    blobs = done = 0
    while done < budget:
        with rooms.queries() as queries:
            due = [one for one in queries.blobs_longest_unverified(SCRUB_PAGE) if one[2] < begun]
        if not due:
            break
        sound: list[str] = []
        unsound = 0
        for sha256, size, _ in due:
            found = [_flaw(vault.blob_path(sha256), sha256, block) for vault in vaults_of(rooms)]
            flaws: list[Json] = [{"kind": kind, "subject": sha256, "detail": detail} for kind, detail in filter(None, found)]
            problems += flaws
            blobs, done = blobs + 1, done + size * len(found)
            if flaws:
                unsound += 1
            else:
                sound.append(sha256)
            report(Progress("verify", "vault", min(done, budget), budget))
            if done >= budget:
                break
        if sound:
            blobs_verified(rooms.catalogue, rooms.station, sound, rooms.clock().utc)
        if unsound:
            break  # what is damaged stays first in line until somebody has mended it
    return Answer({"blobs": blobs, "bytes": done, "problems": problems}, Exit.TAMPERED if problems else Exit.OK)


def recover(rooms: Rooms, command: Recover, actor: Actor, _report: Report) -> Answer:
    """Begin a new epoch whose first entry names the gap that a restore left in the log."""
    rooms.prepare_to_write()
    with rooms.queries() as queries:
        head = queries.head()
        unit, origins = queries.unit(), queries.origins()
    heads = [read_head(note.decode(errors="replace")) for _, note in command.checkpoints]
    heads += [read_head(note.decode(errors="replace")) for _, note in far_checkpoints(rooms, origins)]
    mine = [one for one in heads if one.origin == head.origin]
    witnessed = max(mine, key=lambda one: one.size, default=None)
    with rooms.ledger.begin_log(unit, head.epoch + 1) as commit:
        head = Queries(commit.connection, rooms.station).head()
        previous = Head(head.origin, head.size, bytes.fromhex(head.root))
        foundation.recovered(commit, unit, software(), command.reason, previous, witnessed, actor)
    return Answer(
        {
            "origin": origin(rooms.station, head.epoch + 1),
            "previous": head.size,
            "witnessed": None if witnessed is None else witnessed.size,
        }
    )


def _flaw(path: bytes, sha256: str, block: memoryview) -> tuple[str, str] | None:
    try:
        found, size, _ = digest_from_medium(path, block)
    except FileNotFoundError:
        return "vault-missing", "the blob is not there"
    except OSError as error:
        return "vault-digest", f"the blob cannot be read: {error.strerror}"
    except Resident:
        return None  # a file system in memory has no medium to read from; verify says the same of its bytes
    return None if found == sha256 else ("vault-digest", f"{size} bytes with digest {found}")
