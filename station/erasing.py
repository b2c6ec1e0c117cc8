"""A card erased by the records of its docking: the only step that mounts a card for writing.

What may go decides :mod:`evidence.erasure` from the listing that was logged, the sightings, and receipts that the log bears out. How
it goes, :mod:`ingest.erasing`. Here both meet the ledger: the plan is an entry before the first file goes, the end is one when every
removal is durable and the card was still there. Between them a crash, or a pulled card, leaves a beginning without an end; docking the
card again plans anew and goes on.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from evidence import erasure
from evidence.canonical import Json, JsonObject
from evidence.catalogue.acts import erasing as acts
from evidence.catalogue.queries import DockingRow, SightingRow
from evidence.custody.entry import Act, Actor, subject_docking
from evidence.erasure import Erased, EraseRule, Plan, ReceiptFacts, Stays, TakenFile
from evidence.errors import Exit
from evidence.facts import ClipState, DockingState
from evidence.ids import DockingId, EntryId
from evidence.inventory import Inventory, decode, path_members
from ingest import erasing
from ingest.copying.medium import Resident, digest_from_medium
from ingest.errors import CardBusy
from ingest.listing import Card, list_card, open_card
from ingest.profiles.belonging import bundles
from ingest.profiles.library import load_profiles
from ingest.source import acquisition
from station.commands import Answer, Progress, Report, silent
from station.exporting import NotSealed
from station.handlers.intake import refuse_own_home, vaults_of
from station.home import NoSuchDocking, StationError
from station.receipted import receipts_of
from station.rooms import Rooms
from station.startup import warn_or_refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.docks.facts import Mounter, Volume


class EraseNotAllowed(StationError):
    """The setting ``erase`` says never. Fields: ``name`` (of the setting)."""

    code = "erase-not-allowed"
    status = Exit.REFUSED


class CardReadOnly(StationError):
    """The card is mounted read-only, or cannot be written. Fields: ``path``."""

    code = "card-read-only"
    status = Exit.REFUSED


class CardOther(StationError):
    """What lies there is not the card of that docking. Fields: ``path``, ``docking``, ``found``, ``expected`` (volume ids)."""

    code = "card-other"
    status = Exit.REFUSED


def erase(
    rooms: Rooms,
    actor: Actor,
    docking: DockingId,
    volume: Volume,
    mounter: Mounter,
    *,
    begins: Callable[[], None] = lambda: None,
    report: Report = silent,
) -> Answer | None:
    """Erase the card of a sealed docking as the settings allow; None when nothing of it may go, and then it is not mounted.

    ``begins`` is told before the card can be written to. The read-only mount of the docking must be gone: what is read again must
    come from the card. Raises as :func:`erase_at`.
    """
    rule = EraseRule(rooms.settings.erase)
    if rule is EraseRule.NEVER:
        return None
    _, listed, taken = _records(rooms, docking, rule)
    if not erasure.plan(rule, None, listed, listed, taken).files and _unfinished(rooms, docking) is None:
        return None
    begins()
    point = mounter.mount_writable(volume)
    try:
        return erase_at(rooms, actor, docking, point, confirmed=True, report=report)
    finally:
        mounter.unmount(point)


def erase_at(rooms: Rooms, actor: Actor, docking: DockingId, point: bytes, *, confirmed: bool, report: Report = silent) -> Answer:
    """Erase what the records allow of a card that is mounted for writing; not ``confirmed``: only say what would go.

    Raises :class:`EraseNotAllowed`, :class:`CardReadOnly`, :class:`CardOther`, ``NotSealed``, ``NoSuchDocking``, the card's faults,
    and :class:`~station.startup.LogTurnedBack`: records of a log that was turned back allow nothing.
    """
    rule = EraseRule(rooms.settings.erase)
    if rule is EraseRule.NEVER and confirmed:
        raise EraseNotAllowed(name="erase")
    refuse_own_home(rooms, point)
    row, listed, taken = _records(rooms, docking, rule)
    with open_card(point) as card:
        try:
            fcntl.flock(card.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CardBusy(path=os.fsdecode(point)) from error
        _check_card(card, row, confirmed=confirmed)
        now = list_card(card, rooms.clock().utc)
        plan = erasure.plan(
            EraseRule.AFTER_RECEIPT if rule is EraseRule.NEVER else rule,
            rooms.settings.erase_waiver,
            listed,
            now,
            taken,
            protected=erasing.write_protected(card, now.items),
            whole=_kept_whole(rooms, listed),
        )
        if not confirmed:
            return _answer(docking, plan, listed, None)
        warn_or_refuse(rooms)
        begun = _unfinished(rooms, docking)
        if not plan.files and begun is None:
            return _answer(docking, plan, listed, Erased(kept=_listed(plan), gone=list(plan.gone), unlisted=plan.unlisted))
        if plan.files:
            with rooms.ledger.commit() as commit:
                begun = acts.erase_begun(commit, docking, plan, actor)
        assert begun is not None
        erased = erasing.erase(card, plan, lambda done: report(Progress("erase", docking[-12:], done, plan.bytes)))
        with rooms.ledger.commit() as commit:
            acts.erase_ended(commit, docking, begun, erased, actor)
    return _answer(docking, plan, listed, erased)


def _check_card(card: Card, row: DockingRow, *, confirmed: bool) -> None:
    """The very card, as far as it says which it is, and one that can be written."""
    path = os.fsdecode(card.root)
    device = acquisition(card).device
    before: JsonObject = row.acquisition.get("device") or {}
    found, expected = None if device is None else device.udev.volume_id, before.get("volume_id")
    if isinstance(expected, str) and found is not None and found != expected:
        raise CardOther(path=path, docking=row.id, found=found, expected=expected)
    if confirmed and (os.statvfs(card.descriptor).f_flag & os.ST_RDONLY or not os.access(card.root, os.W_OK)):
        raise CardReadOnly(path=path)


def _records(rooms: Rooms, docking: DockingId, rule: EraseRule) -> tuple[DockingRow, Inventory, dict[int, TakenFile]]:
    """A sealed docking, its listing, and what the records say of each file. Raises ``NoSuchDocking``, ``NotSealed``."""
    with rooms.queries() as queries:
        row, listing = queries.docking(docking), queries.listing(docking)
        if row is None:
            raise NoSuchDocking(docking=docking)
        if row.state != DockingState.SEALED or listing is None:
            raise NotSealed(docking=docking)
        seen = list(queries.sightings(docking=docking))
        receipts = receipts_of(queries, (one.clip for one in seen if one.clip is not None))
        away = set(queries.evicted())
    taken = {}
    for one in seen:
        mine = receipts.get(one.clip, []) if one.clip is not None else []
        facts = tuple(ReceiptFacts(each.id, each.sha256, each.size, each.proof.value, each.trial) for each in mine)
        alone = rule is EraseRule.AFTER_VAULT and one.state == ClipState.VERIFIED and one.sha256 not in away
        safe = _safe_vaults(rooms, one) if alone and all(each.stays is not None for each in facts) else 0
        changed = one.outcome.get("changed") is not None
        taken[one.position] = TakenFile(one.position, one.state, one.sha256, one.size, changed, facts, safe)
    return row, decode(listing)[0], taken


def _safe_vaults(rooms: Rooms, one: SightingRow) -> int:
    """In how many vaults the copy is whole, read from the medium just now."""
    count = 0
    for vault in vaults_of(rooms):
        try:
            count += digest_from_medium(vault.blob_path(str(one.sha256)))[0] == one.sha256
        except (OSError, Resident):
            continue
    return count


def _kept_whole(rooms: Rooms, listed: Inventory) -> tuple[bytes, ...]:
    """Folders whose files belong together, by every profile there is: the one of the docking may have been changed since."""
    profiles = load_profiles(rooms.home.profiles)
    return tuple(sorted({bundle.folder for profile in profiles for bundle in bundles(profile, listed.items)}))


def _unfinished(rooms: Rooms, docking: DockingId) -> EntryId | None:
    """The beginning of an erasure of this docking's card that has no end."""
    open_one: EntryId | None = None
    with rooms.queries() as queries:
        for entry in queries.entries(subject_docking(docking)):
            if entry.body["type"] == Act.ERASE_BEGUN.value:
                open_one = EntryId(entry.body["id"])
            elif entry.body["type"] == Act.ERASE_ENDED.value:
                open_one = None
    return open_one


def _listed(plan: Plan) -> dict[Stays, list[int]]:
    return {reason: list(positions) for reason, positions in plan.kept.items()}


def _answer(docking: DockingId, plan: Plan, listed: Inventory, erased: Erased | None) -> Answer:
    def path(position: int) -> dict[str, Json]:
        return {"position": position, **path_members(listed.items[position].path)}

    kept = _listed(plan) if erased is None else erased.kept
    document: dict[str, Json] = {
        "docking": docking,
        "rule": plan.rule.value,
        "dry_run": erased is None,
        "plan_sha256": plan.sha256,
        "planned": [path(one.position) for one in plan.files],
        "planned_bytes": plan.bytes,
        "removed": [] if erased is None else [path(position) for position in erased.removed],
        "removed_bytes": 0 if erased is None else erased.freed,
        "kept": [{**path(position), "reason": reason.value} for reason in sorted(kept) for position in kept[reason]],
        "gone": len(plan.gone if erased is None else erased.gone),
        "unlisted": [path_members(one) for one in plan.unlisted],
    }
    whole = erased is None or len(erased.removed) == len(plan.files)
    return Answer(document, Exit.OK if whole else Exit.PARTIAL)
