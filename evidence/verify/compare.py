"""Every evidential column against what the log says it holds.

Facts (from ``fold.py``) and rows come in the same order and are walked together, table by table, so nothing grows with the
log. One row gives one problem at most, and a subject whose own entry is doubted gives none.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

import msgspec

from evidence.learned import learned
from evidence.verify import fold
from evidence.verify.entries import canonical_text
from evidence.verify.fold import About, Begun, Committed, Content, Disposed, Erased, Leaning, Presence, Receipt
from evidence.verify.rows import Rows
from evidence.verify.spool import Spool
from evidence.verify.verdict import Findings, Kind, NoteKind

Row = dict[str, Any]
Expected = dict[str, object]
"""Column to value; a ``callable`` decides by itself whether it accepts what the catalogue holds."""

VAULTED = "vaulted"
"""Stream of the contents that the vault must hold."""


class Value(msgspec.Struct, array_like=True):
    """What became of a personal value that a column repeats: its keyed digest, or that it cannot be told."""

    entry: str
    column: str
    digest: bytes | None
    known: bool


class Vaulted(msgspec.Struct, array_like=True):
    """A content that belongs in so many vaults, 0 while the store alone has it; every SM3 that entries say it has.

    ``uncovered``: why its being away is not covered by a receipt.
    """

    vaults: int
    sm3: list[str] = []
    uncovered: str | None = None


class _Held(msgspec.Struct):
    """What a receipt says that a store holds."""

    kind: str
    sha256: str
    size: int


_HELD: Final = learned(_Held)


def aligned(*streams: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, list[list[Any]]]]:
    """Walk streams of ascending keys together: each key once, with what each stream has under it."""
    heads = [next(stream, None) for stream in streams]
    while any(head is not None for head in heads):
        key = min(head[0] for head in heads if head is not None)
        found: list[list[Any]] = [[] for _ in streams]
        for place, stream in enumerate(streams):
            while (head := heads[place]) is not None and head[0] == key:
                found[place].append(head[1])
                heads[place] = next(stream, None)
        yield key, found


class Comparison:
    """Walks the tables of one station."""

    def __init__(self, rows: Rows, spool: Spool, findings: Findings) -> None:
        self._rows = rows
        self._spool = spool
        self._findings = findings
        self._doubted_contents: set[str] = set()
        self._uncovered: dict[str, str] = {}
        """Contents that were let go of although the receipt they lean on does not allow it, and why."""
        self._mask = os.urandom(16)  # personal values reach the spool's temporary file only as digests under this
        self.extra_contents: set[str] = set()
        """Contents that only a row speaks of."""
        self.falsely_away: set[str] = set()
        """Contents that only a row says the vault has let go of."""
        self.unread_dockings: set[str] = set()
        """Dockings whose manifest cannot be relied on, so that nothing is known of their records."""

    # -- tables, in the order in which they must be walked --

    def personal_values(self) -> None:
        """The values behind the commitments."""
        facts = self._spool.groups(fold.PERSONAL, Committed)
        rows = (
            (fold.personal_key(row["entry"], row["field"]), row)
            for row in self.table("personal_value", ("entry", "field", "value", "salt"))
        )
        for key, (groups, found) in aligned(facts, rows):
            entry, _, field = key.partition(fold.SEPARATOR)
            said = [fact for group in groups for fact in group]
            committed = next((fact for fact in said if fact.commitment is not None), None)
            row: Row | None = found[0] if found else None
            subject = f"personal_value:{entry}/{field}"
            self._findings.checked["personal_values"] += row is not None
            if committed is None:
                if row is not None and entry not in self._findings.doubt.entries:
                    self._findings.problem(Kind.CATALOGUE_EXTRA_ROW, subject, "no entry commits to it")
                continue
            erased = any(fact.commitment is None for fact in said)
            self._personal(subject, entry, field, committed, row, erased=erased)

    def _personal(self, subject: str, entry: str, field: str, said: Committed, row: Row | None, *, erased: bool) -> None:
        digest, known = None, False
        if entry in self._findings.doubt.entries:
            pass  # the entry itself is named, and what it commits to cannot be relied on
        elif erased:
            known = True
            if row is not None:
                self._findings.problem(Kind.CATALOGUE_EXTRA_ROW, subject, "the log says it was erased")
            else:
                self._findings.note(NoteKind.ERASED, subject, "lawfully removed")
        elif row is None:
            self._findings.problem(Kind.CATALOGUE_MISSING_ROW, subject, "an entry commits to it")
        elif _commitment(field, row["value"], row["salt"]) != said.commitment:
            self._findings.problem(Kind.CATALOGUE_DIFFERS, subject, "value or salt is not what the entry commits to")
        else:
            digest, known = self.masked(row["value"]), True
        if said.column is not None:
            stream, name = fold.stream_of(said.subject)
            target = _VALUES[stream]
            self._spool.add(target, name, 0, Value(entry, said.column, digest, known))

    def clips(self) -> None:
        """Clips, after dockings gave their records."""
        streams = (
            self._spool.groups(fold.CLIPS, About),
            self._spool.groups(fold.CLIP_VALUES, Value),
            self._spool.groups(fold.PATHS, bytes),
            self._spool.groups(fold.RECORDS, tuple),
            self._spool.groups(fold.ERASED, Erased),
            self.keyed("clip", "id", _CLIP),
        )
        for clip, (abouts, values, paths, records, erased, found) in aligned(*streams):
            subject = f"clip:{clip}"
            row: Row | None = found[0] if found else None
            facts: list[About] = abouts[0] if abouts else []
            self._findings.checked["clips"] += row is not None
            if self.doubted(subject, facts):
                self._doubted_contents |= {str(row["sha256"])} if row is not None else set()
                self._doubted_contents |= {
                    str(fact.what["sha256"]) for fact in facts if fact.what is not None and "sha256" in fact.what
                }
            elif self.chained(subject, facts):
                self._erased_rightly(subject, facts, erased[0] if erased else [])
                expected = None
                if facts:
                    expected = self._clip(subject, facts, values[0] if values else [], records[0][-1] if records else None)
                if expected is not None:
                    expected["path"] = partial(self._listed, paths[0] if paths else [])
                if expected is not None or not facts:
                    self.compare("clip", clip, expected, row)

    def _erased_rightly(self, subject: str, facts: list[About], erased: list[Erased]) -> None:
        """Whether a store had received a clip for good before it was to be erased from a card."""
        received = [
            (fact.epoch, fact.seq)
            for fact in facts
            if fact.act == "received" and fact.what and not fact.what["trial"] and fact.what["proof"] in ("composite", "full")
        ]
        for one in erased:
            if not any(place < (one.epoch, one.seq) for place in received):
                detail = f"entry {one.epoch}/{one.seq} erases it from a card, and no entry before says that a store received it"
                self._findings.problem(Kind.LOG_MISSING, subject, detail)

    def _clip(self, subject: str, facts: list[About], values: list[Value], record: list[Any] | None) -> Expected | None:
        taken = next((fact for fact in facts if fact.act == "copied"), None)
        state = next((fact.act for fact in facts if fact.act in ("verified", "empty", "damaged")), None)
        if taken is None or taken.what is None or state is None:
            self._findings.problem(
                Kind.LOG_MISSING,
                subject,
                "no entry says how it was taken" if taken is None else "no entry says how its copy ended",
            )
            return None
        what = taken.what
        expected: Expected = {
            "device": what["device"],
            "sha256": what["sha256"],
            "size": what["size"],
            "state": state,
            "docking": what["docking"],
            "taken_at": taken.utc,
            "category": "unclassified",
            "case_number": None,
            "note": None,
            **dict.fromkeys(("recorded_by", "incident", "importance", "sensitivity", "place", "disposed_at")),
        }
        if what["docking"] not in self.unread_dockings and (record is None or record):
            expected |= zip(("recorded_at", "duration_ms", "recording"), record or (None, None, None), strict=True)
        for fact in facts:
            if fact.act == "tagged":
                self._changes(subject, fact, values, expected)
            elif fact.act in ("disposed", "recalled"):
                expected["disposed_at"] = fact.utc if fact.act == "disposed" else None
        return expected

    def _changes(self, subject: str, fact: About, values: list[Value], expected: Expected) -> None:
        """What an entry says was changed; each change names what it found."""
        for change in (fact.what or {"changes": []})["changes"]:
            new, column = change["new"], change["field"]
            if _contradicts(change["old"], expected.get(column)):
                detail = f"entry {fact.epoch}/{fact.seq} found another {column} than the entries before it left"
                self._findings.problem(Kind.LOG_MISSING, subject, detail)
            expected[column] = self.personal(values, fact.entry, column) if isinstance(new, dict) else new

    def contents(self) -> None:
        """Blobs, after clips and receipts showed what is in doubt; and what the vault must hold."""
        streams = (
            self._spool.groups(fold.BLOBS, Content),
            self._spool.groups(fold.SM3S, str),
            self._spool.groups(fold.PRESENCE, Presence),
            self.keyed("blob", "sha256", ("size", "placed_at", "evicted_at")),
        )
        away, away_bytes, removed, removed_bytes = 0, 0, 0, 0
        for digest, (groups, sm3s, changes, found) in aligned(*streams):
            row: Row | None = found[0] if found else None
            said: list[Content] = groups[0] if groups else []
            sm3 = sorted(set(sm3s[0])) if sm3s else []
            if digest == fold.EMPTY_DIGEST and sm3 and not said and row is None:  # nothing lies in the vault for an empty file
                if sm3 != [fold.EMPTY_SM3]:
                    self._findings.problem(Kind.VAULT_DIGEST, digest, f"no bytes have the SM3 {', '.join(sm3)}")
                continue
            last: Presence | None = changes[0][-1] if changes else None
            doubted = self._findings.doubt.log is not None or digest in self._doubted_contents
            disposed = last is not None and last.disposed
            evicted = (
                disposed
                or (last is not None and last.receipt is not None)
                or (doubted and row is not None and row["evicted_at"] is not None)
            )
            if disposed:
                self._spool.add(VAULTED, digest, 0, Vaulted(0, sm3))
                removed, removed_bytes = removed + 1, removed_bytes + (said[0].size if said else 0)
            elif evicted and (doubted or digest not in self._uncovered):
                self._spool.add(VAULTED, digest, 0, Vaulted(0, sm3))
                away, away_bytes = away + 1, away_bytes + (said[0].size if said else 0)
            elif said or doubted:
                vaults = last.vaults if last is not None and not evicted else max((fact.vaults for fact in said), default=1)
                self._spool.add(VAULTED, digest, 0, Vaulted(vaults, sm3, self._uncovered.get(digest) if evicted else None))
            if not said:
                self.extra_contents.add(digest)
            if not evicted and row is not None and row["evicted_at"] is not None:
                self.falsely_away.add(digest)
            if not doubted:
                at = last.utc if evicted and last is not None else None
                expected: Expected | None = {"size": said[0].size, "placed_at": said[0].utc, "evicted_at": at} if said else None
                self.compare("blob", digest, expected, row)
        if away:
            self._findings.note(NoteKind.EVICTED, "vault", f"{away} contents, {away_bytes} bytes, lie in the store alone")
        if removed:
            self._findings.note(NoteKind.DISPOSED, "vault", f"{removed} contents, {removed_bytes} bytes, were disposed of")

    def receipts(self) -> None:
        """What stores confirmed."""
        streams = (
            self._spool.groups(fold.RECEIPTS, Receipt),
            self._spool.groups(fold.LEANING, Leaning),
            self.keyed("receipt", "id", ("subject", "body", "at")),
        )
        for key, (groups, leaning, found) in aligned(*streams):
            row: Row | None = found[0] if found else None
            said: Receipt | None = groups[0][0] if groups else None
            for one in leaning[0] if leaning else []:
                if (flaw := _uncovered(one, said, row)) is not None:
                    self._uncovered[one.content] = flaw
            if said is None and row is None:
                continue  # only leaned on, which is named at the content
            self._findings.checked["receipts"] += row is not None
            if not self._doubts(said.subject if said is not None else row and row["subject"]):
                self.compare("receipt", key, _receipt(said), row)

    def devices(self) -> None:
        """The registry: what each device became by its entries."""
        streams = (
            self._spool.groups(fold.DEVICES, About),
            self._spool.groups(fold.DEVICE_VALUES, Value),
            self.keyed("device", "id", _DEVICE),
        )
        for device, (abouts, values, found) in aligned(*streams):
            subject = f"device:{device}"
            row: Row | None = found[0] if found else None
            facts: list[About] = abouts[0] if abouts else []
            self._findings.checked["devices"] += row is not None
            if not self.doubted(subject, facts) and self.chained(subject, facts):
                expected = self._device(subject, facts, values[0] if values else []) if facts else None
                if expected is not None or not facts:
                    self.compare("device", device, expected, row)

    def _device(self, subject: str, facts: list[About], values: list[Value]) -> Expected | None:
        expected: Expected = {}
        for fact in facts:
            what = fact.what
            if what is None:
                continue
            if fact.act == "device-registered":
                expected = {**what, "key": what["device"], "issued_to": None, "issued_at": None, "registered_at": fact.utc}
                del expected["device"]
                expected |= {name: self.personal(values, fact.entry, name) for name in ("assigned_to", "note") if what[name]}
            elif not expected:
                self._findings.problem(Kind.LOG_MISSING, subject, "no entry says how it joined the registry")
                return None
            elif fact.act == "device-changed":
                self._changes(subject, fact, values, expected)
            elif (expected["issued_at"] is None) is not (fact.act == "device-issued"):
                detail = f"entry {fact.epoch}/{fact.seq} found it in other hands than the entries before it left it in"
                self._findings.problem(Kind.LOG_MISSING, subject, detail)
                return None
            elif fact.act == "device-issued":
                expected |= {"issued_to": self.personal(values, fact.entry, "issued_to"), "issued_at": fact.utc}
            else:
                expected |= {"issued_to": None, "issued_at": None}
        return expected or None

    def alarms(self) -> None:
        """Alarms: what was raised, and what a person acknowledged."""
        streams = (
            self._spool.groups(fold.ALARMS, About),
            self._spool.groups(fold.ALARM_VALUES, Value),
            self.keyed("alarm", "id", _ALARM),
        )
        for alarm, (abouts, values, found) in aligned(*streams):
            subject = f"alarm:{alarm}"
            row: Row | None = found[0] if found else None
            facts: list[About] = abouts[0] if abouts else []
            self._findings.checked["alarms"] += row is not None
            if not self.doubted(subject, facts) and self.chained(subject, facts):
                expected = self._alarm(facts, values[0] if values else [])
                if facts and expected is None:
                    self._findings.problem(Kind.LOG_MISSING, subject, "no entry says that it was raised")
                else:
                    self.compare("alarm", alarm, expected, row)

    def _alarm(self, facts: list[About], values: list[Value]) -> Expected | None:
        raised = next((fact for fact in facts if fact.act == "alarm-raised"), None)
        if raised is None or raised.what is None:
            return None
        what = raised.what
        expected: Expected = {"kind": what["kind"], "subject": what["subject"], "fields": canonical_text(what["fields"])}
        expected |= {"raised_at": raised.utc, "acknowledged_at": None, "acknowledged_by": None, "note": None}
        for fact in facts:
            if fact.act == "alarm-acknowledged" and fact.what is not None:
                note = self.personal(values, fact.entry, "note") if fact.what["note"] is not None else None
                by = self.personal(values, fact.entry, "acknowledged_by")
                expected |= {"acknowledged_at": fact.utc, "acknowledged_by": by, "note": note}
        return expected

    def sheets(self) -> None:
        """What case work knows: the newest version of each sheet, and that no version was left out."""
        streams = (
            self._spool.groups(fold.SHEETS, About),
            self._spool.groups(fold.SHEET_VALUES, Value),
            self._spool.groups(fold.DISPOSED, Disposed),
            self._spool.groups(fold.BEGUN, Begun),
            self.keyed("sheet", "id", _SHEET),
        )
        for sheet, (abouts, values, disposed, begun, found) in aligned(*streams):
            subject = f"sheet:{sheet}"
            row: Row | None = found[0] if found else None
            facts: list[About] = abouts[0] if abouts else []
            self._findings.checked["sheets"] += row is not None
            if not self.doubted(subject, facts) and self.chained(subject, facts):
                self._disposed_rightly(facts, disposed[0] if disposed else [])
                self._begun_rightly(facts, begun[0] if begun else [])
                self.compare("sheet", sheet, self._sheet(subject, facts, values[0] if values else []), row)

    def _disposed_rightly(self, facts: list[About], disposed: list[Disposed]) -> None:
        """Whether the disposal had begun, and named the content, when a clip was disposed of under it."""
        for one in disposed:
            before = [fact.what for fact in facts if (fact.epoch, fact.seq) < (one.epoch, one.seq) and fact.what is not None]
            said = before[-1]["said"] if before and before[-1]["kind"] == "disposal" else {}
            named = said.get("contents") if said.get("state") == "begun" else None
            if not isinstance(named, list) or not any(isinstance(of, dict) and of.get("sha256") == one.content for of in named):
                detail = f"entry {one.epoch}/{one.seq} disposes of it, and no disposal that had begun names it"
                self._findings.problem(Kind.LOG_MISSING, one.clip, detail)

    def _begun_rightly(self, facts: list[About], begun: list[Begun]) -> None:
        """Whether what a disposal began on was a word given for that very disposal, and spent."""
        for one in begun:
            before = [fact.what for fact in facts if (fact.epoch, fact.seq) < (one.epoch, one.seq) and fact.what is not None]
            word = before[-1] if before else {"kind": None, "said": {}}
            said = [word["said"].get(name) for name in ("act", "subject", "state")]
            if word["kind"] != "approval" or said != ["dispose", one.subject, "spent"]:
                detail = f"entry {one.epoch}/{one.seq} begins it, and no second person's word had been spent on it"
                self._findings.problem(Kind.LOG_MISSING, one.subject, detail)

    def _sheet(self, subject: str, facts: list[About], values: list[Value]) -> Expected | None:
        expected: Expected | None = None
        word: object = None
        for fact in facts:
            if fact.act != "recorded" or fact.what is None:
                continue
            what = fact.what
            before = (0, what["kind"]) if expected is None else (expected["version"], expected["kind"])
            if before != (what["version"] - 1, what["kind"]):
                detail = f"entry {fact.epoch}/{fact.seq} found another version than the entries before it left"
                self._findings.problem(Kind.LOG_MISSING, subject, detail)
            if what["kind"] == "approval":
                moved, word = (word, what["said"].get("state")), what["said"].get("state")
                if moved not in _WORDS:
                    detail = f"entry {fact.epoch}/{fact.seq} says {moved[1]} of a word that was {moved[0] or 'never asked for'}"
                    self._findings.problem(Kind.LOG_MISSING, subject, detail)
            expected = {"kind": what["kind"], "version": what["version"], "at": fact.utc, "said": canonical_text(what["said"])}
            expected["kept"] = None if what["kept"] is None else self.personal(values, fact.entry, "kept")
        return expected

    def keys(self) -> None:
        """Keys and their certificates. One that the log never introduced is foreign."""
        columns = ("role", "certificate", "introduced_at", "revoked_at")
        streams = (self._spool.groups(fold.SIGNING_KEYS, About), self.keyed("signing_key", "id", columns))
        for key, (abouts, found) in aligned(*streams):
            facts: list[About] = abouts[0] if abouts else []
            row: Row | None = found[0] if found else None
            self._findings.checked["keys"] += row is not None
            if self.doubted(f"key:{key}", facts) or not self.chained(f"key:{key}", facts):
                continue
            if not facts:
                self._findings.problem(
                    Kind.FOREIGN_KEY, f"key:{key}", "lies among the station's keys, and the log never introduced it"
                )
                continue
            self.compare("signing_key", key, _key(facts), row)

    def settings_and_logs(self) -> None:
        """The accepted settings, and one row a log."""
        subjects = dict(self._spool.groups(fold.STATION, About))
        facts = subjects.get("settings", [])
        if not self.doubted("settings", facts) and self.chained("settings", facts):
            accepted = [fact for fact in facts if fact.act == "settings-changed" and fact.what is not None]
            for one, after in pairwise(accepted):
                if (after.what or {})["previous"] != (one.what or {})["sha256"]:
                    detail = f"entry {after.epoch}/{after.seq} found other settings than the entry before it left"
                    self._findings.problem(Kind.LOG_MISSING, "settings", detail)
            expected: Expected | None = None
            if accepted:
                expected = {"sha256": (accepted[-1].what or {})["sha256"], "accepted_at": accepted[-1].utc}
            row = next(self.table("settings", ("sha256", "accepted_at")), None)
            self.compare("settings", "", expected, row)
        facts = subjects.get("station", [])
        if not self.doubted("station", facts) and self.chained("station", facts):
            openings = ((f"{fact.epoch:08d}", fact) for fact in facts if fact.act in ("initialised", "recovered"))
            logs = self._numbered_logs()
            for epoch, (said, found) in aligned(openings, logs):
                expected = {"unit": said[0].what["unit"], "created_at": said[0].utc} if said else None
                self.compare("log", str(int(epoch)), expected, found[0] if found else None)

    def _numbered_logs(self) -> Iterator[tuple[str, Row]]:
        for row in self.table("log", ("epoch", "unit", "created_at")):
            if type(row["epoch"]) is int:
                yield f"{row['epoch']:08d}", row
            else:
                self._findings.problem(Kind.CATALOGUE_EXTRA_ROW, f"log:{row['epoch']!r}", "its epoch is no number")

    # -- what all of them use --

    def table(self, name: str, columns: tuple[str, ...], order: tuple[str, ...] = ()) -> Iterator[Row]:
        """Rows of a table as dictionaries."""
        for row in self._rows.each(name, columns, order):
            yield dict(zip(columns, row, strict=True))

    def keyed(self, name: str, key: str, columns: tuple[str, ...], order: tuple[str, ...] = ()) -> Iterator[tuple[str, Row]]:
        """Rows under their key. A key that is no text explains itself: the row is named, and left out."""
        for row in self.table(name, (key, *columns), order):
            if isinstance(row[key], str):
                yield row[key], row
            else:
                self._findings.problem(Kind.CATALOGUE_EXTRA_ROW, f"{name}:{row[key]!r}", "its key is no text")

    def compare(self, table: str, key: str, expected: Expected | None, row: Row | None) -> None:
        """One row with what the log says of it."""
        subject = f"{table}:{key}" if key else table
        if expected is None:
            if row is not None:
                self._findings.problem(Kind.CATALOGUE_EXTRA_ROW, subject, "the log does not explain it")
            return
        if row is None:
            self._findings.problem(Kind.CATALOGUE_MISSING_ROW, subject, "the log says it is there")
            return
        differing = []
        for column, value in expected.items():
            held = row[column]
            if (held == value and type(held) is type(value)) or (callable(value) and value(held)):
                continue
            differing.append(column)
        if differing:
            self._findings.problem(Kind.CATALOGUE_DIFFERS, subject, f"{', '.join(sorted(differing))}: not what the log says")

    def doubted(self, subject: str, facts: list[About]) -> bool:
        """Whether an entry about this subject could not be relied on, which is named elsewhere."""
        return self._doubts(subject) or any(fact.act == "" for fact in facts)

    def chained(self, subject: str, facts: list[About]) -> bool:
        """Whether each entry names the one before it about the same subject, so that none was left out."""
        leaf: bytes | None = None
        epoch = 0
        for fact in facts:
            if fact.epoch != epoch:
                epoch, leaf = fact.epoch, None
            if fact.prev != leaf and fact.prev not in self._findings.doubt.leaves:
                self._findings.problem(
                    Kind.LOG_MISSING, subject, f"entry {fact.epoch}/{fact.seq} names another as the one before it"
                )
                return False
            leaf = fact.leaf
        return True

    def personal(self, values: Iterable[Value], entry: str, column: str) -> object:
        """What a column that repeats a personal value must hold."""
        for value in values:
            if value.entry == entry and value.column == column and value.known:
                return None if value.digest is None else partial(self._repeats, value.digest)
        return lambda _held: True  # the value itself is missing or wrong, which is named at its own row

    def _repeats(self, digest: bytes, held: object) -> bool:
        return isinstance(held, str) and self.masked(held) == digest

    def _listed(self, paths: list[bytes], held: object) -> bool:
        """Whether a clip's path is the one that every card had it under. Without a genuine listing, which is named, nobody knows."""
        return isinstance(held, bytes) and all(path == self.masked(held) for path in paths)

    def masked(self, value: str | bytes) -> bytes:
        """A personal value as it may lie in a temporary file."""
        held = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return hmac.digest(self._mask, held, "sha256")

    def _doubts(self, subject: object) -> bool:
        return self._findings.doubt.log is not None or subject in self._findings.doubt.subjects


_CLIP = (
    "device",
    "path",
    "sha256",
    "size",
    "state",
    "docking",
    "taken_at",
    "recorded_at",
    "duration_ms",
    "recording",
    "category",
    "case_number",
    "note",
    "recorded_by",
    "incident",
    "importance",
    "sensitivity",
    "place",
    "disposed_at",
)


_DEVICE = ("key", "make", "model", "serial", "kind", "state", "assigned_to", "issued_to", "issued_at", "registered_at", "note")
_SHEET = ("kind", "version", "at", "said", "kept")
_WORDS = {(None, "asked"), ("asked", "given"), ("asked", "refused"), ("given", "spent"), ("given", "refused")}
"""What may become of a second person's word: it is given once, and spent once."""
_ALARM = ("kind", "subject", "fields", "raised_at", "acknowledged_at", "acknowledged_by", "note")
_VALUES = {
    fold.CLIPS: fold.CLIP_VALUES,
    fold.DOCKINGS: fold.DOCKING_VALUES,
    fold.DEVICES: fold.DEVICE_VALUES,
    fold.ALARMS: fold.ALARM_VALUES,
    fold.SHEETS: fold.SHEET_VALUES,
}
"""Where the personal values go that rows of a stream repeat."""


def _commitment(field: str, value: object, salt: object) -> str | None:
    """``FORMATS.md``, "Entry". None for what cannot be a value and its salt."""
    if not isinstance(value, str) or not isinstance(salt, str):
        return None
    try:
        salted = bytes.fromhex(salt)
    except ValueError:
        return None
    if len(salted) != 16 or salted.hex() != salt:
        return None
    text = b"evidence-station/commitment/v1\0" + salted + field.encode() + b"\0" + value.encode("utf-8", "surrogateescape")
    return sha256(text).hexdigest()


def _receipt(said: Receipt | None) -> Expected | None:
    if said is None:
        return None
    return {
        "subject": said.subject,
        "at": said.utc,
        "body": lambda body: isinstance(body, str) and sha256(body.encode("utf-8", "surrogateescape")).hexdigest() == said.sha256,
    }


def _uncovered(leaning: Leaning, said: Receipt | None, row: Row | None) -> str | None:
    """Why a receipt does not allow a content to be away; None when it does. One that a row repeats wrongly is named at the row."""
    if said is None:
        return "let go of, and no entry says that a store received it"
    if said.trial or said.proof not in ("composite", "full"):
        return f"let go of by a receipt that never allows it ({'trial' if said.trial else said.proof})"
    body = None if row is None else row["body"]
    if not isinstance(body, str) or not fold.is_digest(body.encode("utf-8", "surrogateescape"), said.sha256):
        return None
    try:
        held = msgspec.json.decode(body, type=_HELD)
    except msgspec.MsgspecError:
        return "let go of by a receipt that is none"
    if (held.sha256, held.size) != (leaning.content, leaning.size) or held.kind != "store":
        return "let go of by a receipt for something else"
    return None


def _key(facts: list[About]) -> Expected | None:
    introduced = [fact for fact in facts if fact.act == "key-introduced"]
    if not introduced or introduced[-1].what is None:
        return None
    last = introduced[-1]
    what = last.what
    assert what is not None
    revoked = [fact.utc for fact in facts if fact.act == "key-revoked" and (fact.epoch, fact.seq) > (last.epoch, last.seq)]
    return {
        "role": what["role"],
        "certificate": lambda certificate: (
            isinstance(certificate, bytes) and sha256(certificate).hexdigest() == what["certificate_sha256"]
        ),
        "introduced_at": last.utc,
        "revoked_at": revoked[-1] if revoked else None,
    }


def _contradicts(old: object, left: object) -> bool:
    """Whether a change says that it found something else than was left. A committed value may have been erased since."""
    return not isinstance(old, dict) and (callable(left) or old != left)
