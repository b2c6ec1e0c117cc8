"""Dockings against the log: their row, listing, sightings, manifest and recordings, one docking at a time.

Held in memory: one docking with its files. What a good manifest says of clips that were first taken goes to the spool for
the comparison of clips.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evidence.verify import fold
from evidence.verify.compare import Comparison, Expected, Row, Value, aligned
from evidence.verify.entries import canonical_text
from evidence.verify.fold import EMPTY_DIGEST, About, Seen, outcome_text
from evidence.verify.manifests import Claims, Listing, Manifests, listing_flaw, read_listing
from evidence.verify.spool import Spool
from evidence.verify.verdict import Findings, Kind, NoteKind

_DOCKING = (
    "device",
    "source",
    "profile",
    "officer",
    "acquisition",
    "state",
    "opened_at",
    "sealed_at",
    "listing_sha256",
    "manifest_sha256",
)
_SIGHTING = ("position", "clip", "state", "sha256", "sm3", "size", "outcome", "record")


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the catalogue has of one docking."""

    docking: Row | None
    inventory: Row | None
    manifest: Row | None
    recordings: list[Row]
    sightings: dict[object, Row]


class Dockings:
    """The part of the comparison that goes docking by docking."""

    def __init__(self, comparison: Comparison, spool: Spool, manifests: Manifests, findings: Findings) -> None:
        self._comparison = comparison
        self._spool = spool
        self._manifests = manifests
        self._findings = findings

    def check(self) -> None:
        """Walk every docking."""
        table = self._comparison.keyed
        streams: tuple[Iterator[tuple[str, Any]], ...] = (
            self._spool.groups(fold.DOCKINGS, About),
            self._spool.groups(fold.DOCKING_VALUES, Value),
            self._spool.groups(fold.SIGHTINGS, Seen),
            table("docking", "id", _DOCKING),
            table("inventory", "docking", ("listing",)),
            table("manifest", "docking", ("body", "signature", "signature_gm")),
            table("recording", "docking", ("id", "segments"), ("docking", "id")),
            table("sighting", "docking", _SIGHTING),
        )
        for docking, (abouts, values, seen, row, inventory, manifest, recordings, sightings) in aligned(*streams):
            self._findings.checked["dockings"] += bool(row)
            self._findings.checked["sightings"] += len(sightings)
            facts: list[About] = abouts[0] if abouts else []
            stored = _Rows(_one(row), _one(inventory), _one(manifest), recordings, {one["position"]: one for one in sightings})
            if self._comparison.doubted(f"docking:{docking}", facts) or not self._comparison.chained(f"docking:{docking}", facts):
                self._comparison.unread_dockings.add(docking)
            else:
                self._docking(docking, facts, values[0] if values else [], _by_position(seen[0] if seen else []), stored)

    def _docking(self, docking: str, facts: list[About], values: list[Value], seen: dict[int, list[Seen]], stored: _Rows) -> None:
        last = {fact.act: fact for fact in facts}
        docked = next((fact for fact in facts if fact.act == "docked"), None)
        sealed, inventory = last.get("sealed"), last.get("inventory")
        listing_sha256 = None if inventory is None or inventory.what is None else inventory.what["listing_sha256"]
        expected = (
            None if docked is None else self._expected(docked, sealed, listing_sha256, refused="refused" in last, values=values)
        )
        self._comparison.compare("docking", docking, expected, stored.docking)
        wanted: Expected | None = (
            None if listing_sha256 is None else {"listing": lambda held: fold.is_digest(held, listing_sha256)}
        )
        self._comparison.compare("inventory", docking, wanted, stored.inventory)
        listing = None if stored.inventory is None else read_listing(stored.inventory["listing"], listing_sha256)
        claims: Claims | None = None
        if sealed is None or docked is None:
            self._comparison.compare("manifest", docking, None, stored.manifest)
            if docked is not None and "refused" not in last:
                self._findings.note(NoteKind.OPEN_DOCKING, f"docking:{docking}", "not sealed yet")
        else:
            claims = self._manifests.check(docking, docked, sealed, listing_sha256, stored.manifest)
            if claims is None:
                self._comparison.unread_dockings.add(docking)
            elif listing is not None and (flaw := listing_flaw(listing, claims)) is not None:
                self._findings.problem(Kind.MANIFEST_ALTERED, f"manifest:{docking}", flaw)
        self._erasing(docking, facts, seen)
        self._sightings(docking, seen, stored.sightings, listing, claims, sealed=sealed is not None)
        if sealed is None or claims is not None:
            self._recordings(docking, claims, stored.recordings)

    def _erasing(self, docking: str, facts: list[About], seen: dict[int, list[Seen]]) -> None:
        """Whether what was erased from the card was planned, and planned of files that were verified."""
        sealed, begun = False, None
        for fact in facts:
            sealed = sealed or fact.act == "sealed"
            what = fact.what
            if what is None or fact.act not in ("erase-begun", "erase-ended"):
                continue
            if fact.act == "erase-begun":
                begun, planned = fact, _positions(what["positions"], len(seen))
                sound = sealed and planned is not None and all(_may_go(seen.get(position)) for position in planned)
                if not sound or (what["rule"] == "after-vault") != (what["waiver"] is not None):
                    self._out_of_order(docking, fact, "erases what no entry says was verified and sealed")
                elif what["rule"] != "after-vault":
                    for clip in {one.clip for position in planned or () for one in seen[position] if one.clip is not None}:
                        self._spool.add(fold.ERASED, clip, 0, fold.Erased(fact.epoch, fact.seq, docking))
                continue
            allowed = None if begun is None or begun.what is None else _positions(begun.what["positions"], len(seen))
            removed = _positions(what["removed"], len(seen))
            if begun is None or what["begun"] != begun.entry:
                self._out_of_order(docking, fact, "ends what no entry began")
            elif allowed is not None and (removed is None or not removed <= allowed):
                self._out_of_order(docking, fact, "erased more than was planned")
            begun = None
        if begun is not None:
            detail = f"begun at {begun.utc}, and no entry says how it ended: the card may have lost any of what was planned"
            self._findings.note(NoteKind.ERASE_UNFINISHED, f"docking:{docking}", detail)

    def _out_of_order(self, docking: str, fact: About, detail: str) -> None:
        self._findings.problem(Kind.LOG_MISSING, f"docking:{docking}", f"entry {fact.epoch}/{fact.seq} {detail}")

    def _expected(
        self, docked: About, sealed: About | None, listing_sha256: str | None, *, refused: bool, values: list[Value]
    ) -> Expected:
        what = docked.what
        assert what is not None
        return {
            "device": what["device"],
            "source": what["source"],
            "profile": what["profile"],
            "officer": None if what["officer"] is None else self._comparison.personal(values, docked.entry, "officer"),
            "acquisition": canonical_text(what["acquisition"]),
            "state": "sealed" if sealed is not None else "refused" if refused else "open",
            "opened_at": docked.utc,
            "sealed_at": None if sealed is None else sealed.utc,
            "listing_sha256": listing_sha256,
            "manifest_sha256": None if sealed is None or sealed.what is None else sealed.what["manifest_sha256"],
        }

    def _sightings(
        self,
        docking: str,
        seen: dict[int, list[Seen]],
        rows: dict[object, Row],
        listing: Listing | None,
        claims: Claims | None,
        *,
        sealed: bool,
    ) -> None:
        doubted = self._findings.doubt.subjects
        for position, facts in seen.items():
            row = rows.pop(position, None)
            path = None if listing is None else listing.path(position)
            if path is not None and facts[0].clip is not None:
                self._spool.add(fold.PATHS, facts[0].clip, 0, self._comparison.masked(path))
            if any(f"clip:{fact.clip}" in doubted for fact in facts):
                continue
            expected = _sighting(facts)
            if expected is None:
                continue  # an entry is missing, which is named at the clip
            if not sealed:
                expected["record"] = None
            elif claims is not None:
                digest = claims.records.get(position)
                expected["record"] = lambda held, digest=digest: fold.is_digest(held, digest)
            self._comparison.compare("sighting", f"{docking}/{position}", expected, row)
            if claims is not None:
                genuine = row is not None and fold.is_digest(row["record"], claims.records.get(position))
                self._record(docking, position, facts, expected, path, row["record"] if row is not None and genuine else None)
        for unexplained, row in rows.items():
            if f"clip:{row['clip']}" not in doubted:
                self._comparison.compare("sighting", f"{docking}/{unexplained}", None, row)
        if claims is not None:
            silent = claims.records.keys() - seen.keys()
            silent -= {
                position for position, row in rows.items() if f"clip:{row['clip']}" in doubted and isinstance(position, int)
            }
            for position in sorted(silent):
                self._findings.problem(
                    Kind.LOG_MISSING,
                    f"sighting:{docking}/{position}",
                    "the manifest has a record of a file of which no entry speaks",
                )

    def _record(
        self, docking: str, position: int, facts: list[Seen], expected: Expected, path: bytes | None, record: bytes | None
    ) -> None:
        """What a genuine record says of the clip; nothing is known of it where there is none, which is named at the sighting."""
        said = None if record is None else self._manifests.record(docking, position, expected, path, record)
        if facts[0].act == "copied" and facts[0].clip is not None:
            told = () if said is None else (said.recorded_at, said.duration_ms, said.recording)
            self._spool.add(fold.RECORDS, facts[0].clip, 0, told)

    def _recordings(self, docking: str, claims: Claims | None, rows: list[Row]) -> None:
        claimed = {} if claims is None else dict(claims.recordings)
        for row in rows:
            segments = claimed.pop(row["id"], None)
            self._comparison.compare("recording", str(row["id"]), None if segments is None else {"segments": segments}, row)
        for missing in claimed:
            self._comparison.compare("recording", missing, {"segments": "", "docking": docking}, None)


def _one(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None


def _positions(runs: list[list[int]], limit: int) -> set[int] | None:
    """The positions of runs; None for more of them than a docking has files."""
    if sum(count for _, count in runs) > limit:
        return None
    return {position for first, count in runs for position in range(first, first + count)}


def _may_go(facts: list[Seen] | None) -> bool:
    """Whether a file's copy is whole and verified: what is damaged has its only source on the card."""
    return any(fact.state == "verified" for fact in facts or ())


def _by_position(seen: list[Seen]) -> dict[int, list[Seen]]:
    found: dict[int, list[Seen]] = {}
    for fact in seen:
        found.setdefault(fact.position, []).append(fact)
    return found


def _sighting(facts: list[Seen]) -> Expected | None:
    ended = next((fact for fact in reversed(facts) if fact.state is not None), None)
    if ended is None:
        return None
    empty = ended.state == "empty"
    return {
        "clip": ended.clip,
        "state": ended.state,
        "sha256": EMPTY_DIGEST if empty else ended.sha256,
        "sm3": next((fact.sm3 for fact in facts if fact.sm3 is not None), None),
        "size": 0 if empty else ended.size,
        "outcome": outcome_text(facts),
    }
