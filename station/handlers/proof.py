"""Proof: verify everything, re-read a part of the vault, begin anew after a restore."""

from __future__ import annotations

from evidence import certificates
from evidence.access import Guarded
from evidence.canonical import Json
from evidence.catalogue.acts import foundation
from evidence.catalogue.queries import Queries
from evidence.catalogue.upkeep import blobs_verified
from evidence.custody.checkpoint import Head
from evidence.custody.entry import SUBJECT_STATION, Actor
from evidence.errors import Exit
from evidence.ids import origin
from evidence.signing import key_id
from ingest.copying.medium import Resident, aligned_block, digest_from_medium
from station import approvals
from station.commands import Answer, Progress, Recover, Report, Scrub, Verify
from station.handlers.intake import vaults_of
from station.rooms import Rooms
from station.software import software
from station.witnessing import far_heads, given_head, successors

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
    blobs, done, problems = reread(rooms, rooms.clock().utc, budget, report)
    return Answer({"blobs": blobs, "bytes": done, "problems": problems}, Exit.TAMPERED if problems else Exit.OK)


def reread(rooms: Rooms, since: str, budget: int, report: Report) -> tuple[int, int, list[Json]]:
    """Re-read blobs that were not re-read since a moment: how many, how many bytes, and what is wrong."""
    block = aligned_block()
    problems: list[Json] = []
    blobs = done = 0
    while done < budget:
        with rooms.queries() as queries:
            due = [one for one in queries.blobs_longest_unverified(SCRUB_PAGE) if one[2] < since]
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
    return blobs, done, problems


def recover(rooms: Rooms, command: Recover, actor: Actor, _report: Report) -> Answer:
    """Begin a new epoch whose first entry names the gap that a restore left in the log.

    A log key that came into force in the gap is introduced, so that its heads are known, and ended: its introduction was lost.
    """
    rooms.prepare_to_write()
    with rooms.queries() as queries:
        before, unit = queries.head(), queries.unit()
    newest: dict[int, Head] = {}
    for one in (*(given_head(rooms, name, note) for name, note in command.checkpoints), *far_heads(rooms)):
        newest[one.epoch] = max(newest.get(one.epoch, one.head), one.head, key=lambda head: head.size)
    witnessed = newest.get(before.epoch)
    lost = [newest[epoch] for epoch in sorted(newest) if epoch > before.epoch]
    with rooms.ledger.begin_log(unit, max((before.epoch, *newest)) + 1) as commit:
        head = Queries(commit.connection, rooms.station).head()  # nothing is appended to the old log from here on
        gap = foundation.Gap(command.reason, Head(head.origin, head.size, bytes.fromhex(head.root)), witnessed, lost)
        foundation.recovered(commit, unit, software(), gap, actor)
        approvals.required(commit, Guarded.RECOVER.value, SUBJECT_STATION, actor)
        for later in successors(rooms):
            key = key_id(certificates.public_der(later))
            foundation.key_introduced(commit, key, "log", certificates.der(later), actor)
            foundation.key_revoked(commit, key, foundation.Ending.LOST, actor)
        begun = origin(rooms.station, commit.epoch)
    return Answer(
        {
            "origin": begun,
            "previous": head.size,
            "witnessed": None if witnessed is None else witnessed.size,
            "lost": [one.origin for one in lost],
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
