"""The story of one card: made, taken, docked again, tagged, sealed, sent, verified, and tampered with in a copy.

Everything is done through the same client as the command line's. What must be true is known from the card and computed here
again, never taken from the answer that is being checked.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from evidence.errors import Exit
from evidence.facts import EMPTY_DIGEST
from station import commands, setup
from station.cli.output import Context, Meter, human_bytes
from station.commands import Progress
from station.demo.card import BADGE, MISSING_NUMBER, SERIAL, DemoCard, make_card
from station.demo.checks import Checks
from station.demo.outside import (
    Noted,
    copy_home,
    fingerprint,
    flip_a_bit,
    is_sealed_blob,
    note,
    openssl_verifies,
    sha256,
    write_json,
)
from station.demo.words import Teller
from station.home import Home

STATION = "demo"
UNIT = "DEMO"
CASE = "A-DEMO-1"
CATEGORY = "dispute"
JOIN_TOLERANCE_MS = 1500
"""Names count whole seconds, and sound adds a frame to a film's length."""

Document = dict[str, Any]


@dataclass(slots=True)
class Story:
    """One run. ``home`` is the station's, ``results`` the folder for what it leaves, ``stamp`` the name of this run in it."""

    home: Path
    results: Path
    stamp: str
    tell: Teller
    keep_card: bool
    checks: Checks = field(init=False)

    def __post_init__(self) -> None:
        self.checks = Checks(self.tell)

    def run(self) -> None:
        """Tell it from the first step to the last. Raises the faults of the station."""
        folder = self.results / self.stamp
        folder.mkdir(parents=True)
        self.tell.line("demo-intro", home=self.home, results=self.results)
        anchor = self._make_home()
        with self._card_folder(folder) as root:
            card = self._make_card(root)
            noted = note(root)
            clips, docking = self._ingest(card, noted)
            again = self._dock_again(card, clips)
        self._tag(clips[card.important])
        self._export(folder, docking, clips[card.important], noted[card.important], [clips[path] for path in card.wanted])
        self._upload(folder, [docking, again], clips, noted)
        kept = self._kept_checkpoints()
        self._verify(folder, anchor, kept)
        self._tamper(anchor, noted[card.important].sha256)

    # ---- the steps ----

    def _make_home(self) -> str:
        self.tell.step("home")
        self.tell.command(*self._station(), "init", "--station", STATION, "--unit", UNIT)
        made = setup.init(Home(self.home), STATION, UNIT)
        anchor = made.anchor or ""
        self.tell.line("init-done", station=made.station, home=self.home, anchor=anchor)
        noted = self.results / "anchor.txt"
        if not noted.exists():
            noted.write_text(f"{anchor}\n", encoding="ascii")
        outside = noted.read_text(encoding="ascii").strip()
        self.checks.that(outside == anchor, "anchor-same", Exit.TAMPERED, anchor=outside[:12])
        return outside

    def _make_card(self, root: Path) -> DemoCard:
        self.tell.step("card", missing=MISSING_NUMBER)
        began = datetime.now(self._zone()) - timedelta(minutes=40)
        meter = Meter(self.tell)
        card = make_card(root, began, lambda done, total: meter.report(Progress("media", "", done, total)))
        size = sum((root / path).stat().st_size for path in card.wanted)
        self.tell.line("on-card", files=len(card.wanted) + 1, bytes=human_bytes(size))
        for path in (*card.wanted, card.foreign):
            self.tell.write(f"    {human_bytes((root / path).stat().st_size):>9}  {path}")
        return card

    def _ingest(self, card: DemoCard, noted: dict[str, Noted]) -> tuple[dict[str, Document], str]:
        self.tell.step("ingest")
        self.tell.command(*self._station(), "ingest", str(card.root))
        taken = self._ask(commands.Ingest((os.fsencode(card.root),)))
        must, clips = self.checks.that, {clip["path"]: clip for clip in taken["clips"]}
        paths = sorted(clip["path"] for clip in taken["clips"])
        must(paths == sorted(card.wanted) and not taken["unreadable"], "clips-all", count=len(card.wanted))
        same = all(_is_noted(clips.get(path), noted[path]) and not clips[path]["duplicate_of"] for path in card.wanted)
        must(same, "clips-digests", Exit.TAMPERED)
        blobs = {noted[path].sha256: _blob(self.home, noted[path].sha256) for path in card.wanted if noted[path].size}
        must(all(is_sealed_blob(blob, digest) for digest, blob in blobs.items()), "clips-blobs", Exit.TAMPERED)
        empty = clips[card.empty]
        nothing_kept = not _blob(self.home, EMPTY_DIGEST).exists()
        others = {clip["state"] for path, clip in clips.items() if path != card.empty}
        must(empty["state"] == "empty" and nothing_kept and others == {"verified"}, "clips-empty")
        broken = self._ask(commands.ShowClip(clips[card.truncated]["id"]))["record"]
        must(broken["state"] == "verified" and broken["media"]["failure"] == "unreadable", "clips-truncated")
        skipped = [(one["path"], one["reason"]) for one in taken["skipped"]]
        must(skipped == [(card.foreign, "system-folder")], "clips-skipped", reason=", ".join(reason for _, reason in skipped))
        known = (taken["device"], taken["officer"], taken["profile"]) == (f"dsj:{SERIAL}", BADGE, "dsj")
        must(known, "clips-officer", device=taken["device"], officer=taken["officer"])
        self._check_reading(card, clips, taken["docking"])
        must(note(card.root) == noted, "card-untouched", Exit.TAMPERED)
        return clips, taken["docking"]

    def _check_reading(self, card: DemoCard, clips: dict[str, Document], docking: str) -> None:
        """What is known about the footage: recordings, times, marks, numbers."""
        records = [self._ask(commands.ShowClip(clips[path]["id"]))["record"] for path in card.segments]
        gaps = [record["gap_before_ms"] for record in records[1:]]
        one = {clip["recording"] for clip in (clips[path] for path in card.segments)}
        others = {clip["recording"] for path, clip in clips.items() if path not in card.segments}
        joined = len(one) == 1 and None not in one and not one & others
        close = all(gap is not None and abs(gap) <= JOIN_TOLERANCE_MS for gap in gaps)
        order = [record["segment"] for record in records] == [0, 1, 2]
        self.checks.that(joined and close and order, "clips-joined", gaps=", ".join(map(str, gaps)))
        zone = self._zone()
        written = datetime.strptime(card.segments[0].split("_")[2], "%Y%m%d%H%M%S").replace(tzinfo=zone)
        published = datetime.fromisoformat(records[0]["recorded_at"])
        derived = records[0]["derived"]
        sure = derived["zone"] == zone.key and derived["uncertainty_ms"] > 0
        self.checks.that(published == written.astimezone(UTC) and sure, "clips-time", zone=zone.key)
        important = self._ask(commands.ShowClip(clips[card.important]["id"]))["record"]
        self.checks.that(important["name"]["marks"] == ["important"], "clips-important")
        inventories = self._entries(clips[card.important]["id"], "inventory", f"docking:{docking}")
        gap = [(one["kind"], one["after"], one["before"]) for entry in inventories for one in entry["what"]["numbering"]]
        self.checks.that(gap == [("gap", MISSING_NUMBER - 1, MISSING_NUMBER + 1)], "clips-gap", missing=MISSING_NUMBER)

    def _dock_again(self, card: DemoCard, clips: dict[str, Document]) -> str:
        self.tell.step("again")
        self.tell.command(*self._station(), "ingest", str(card.root))
        before = self._ask(commands.Status())
        taken = self._ask(commands.Ingest((os.fsencode(card.root),)))
        after = self._ask(commands.Status())
        named = {clip["path"]: clip["duplicate_of"] for clip in taken["clips"]}
        expected = {path: clip["id"] for path, clip in clips.items()}
        grown = [before["counts"][what] != after["counts"][what] for what in ("clip", "blob")]
        self.checks.that(named == expected and not any(grown), "again-duplicates", count=len(expected))
        important = clips[card.important]["id"]
        seen = self._entries(important, "duplicate-seen", f"clip:{important}")
        self.checks.that([entry["what"]["docking"] for entry in seen] == [taken["docking"]], "again-entry")
        docking: str = taken["docking"]
        return docking

    def _tag(self, clip: Document) -> None:
        self.tell.step("tag")
        self.tell.command(*self._station(), "tag", clip["id"], "--case", CASE, "--category", CATEGORY)
        self._ask(commands.Tag((clip["id"],), CASE, CATEGORY))
        shown = self._ask(commands.ShowClip(clip["id"]))
        logged = [
            change["field"]
            for entry in self._entries(clip["id"], "tagged", f"clip:{clip['id']}")
            for change in entry["what"]["changes"]
        ]
        right = (shown["case"], shown["category"]) == (CASE, CATEGORY) and sorted(logged) == ["case_number", "category"]
        self.checks.that(right, "tag-there", case=shown["case"], category=shown["category"])

    def _export(self, folder: Path, docking: str, clip: Document, noted: Noted, clips: list[Document]) -> None:
        self.tell.step("export")
        papers = folder / "manifest"
        self.tell.command(*self._station(), "export", docking, str(papers))
        self._ask(commands.Export(docking, os.fsencode(papers)))
        manifest = papers / f"{docking}.json"
        command, accepted, said = openssl_verifies(papers, docking, Path(manifest.name))
        self.tell.command("cd", str(papers))
        self.tell.command(*command)
        self.checks.that(accepted, "openssl-accepts", Exit.TAMPERED, said=said)
        with tempfile.TemporaryDirectory(prefix="evidence-demo-") as name:
            altered = Path(name, "altered.json")
            altered.write_bytes(manifest.read_bytes().replace(b'"unit":"DEMO"', b'"unit":"DEMX"', 1))
            command, still_accepted, said = openssl_verifies(papers, docking, altered)
            self.tell.command(*command)
            refused = altered.read_bytes() != manifest.read_bytes() and not still_accepted and "ailure" in said
        self.checks.that(refused, "openssl-refuses", said=said)
        listed = {one["record_sha256"] for one in msgspec.json.decode(manifest.read_bytes())["records"]}
        records = (papers / f"{docking}.records.jsonl").read_bytes().splitlines()
        told = {one["clip"] for one in map(msgspec.json.decode, records)}
        agree = {hashlib.sha256(record).hexdigest() for record in records} == listed and told == {one["id"] for one in clips}
        self.checks.that(agree, "manifest-lists", Exit.TAMPERED, count=len(listed))
        self.tell.command(*self._station(), "export", clip["id"], str(folder / "clip"), "--purpose", "demo")
        written = self._ask(commands.Export(clip["id"], os.fsencode(folder / "clip"), "demo"))["files"]
        self.checks.that([sha256(Path(path)) for path in written] == [noted.sha256], "clip-exported", Exit.TAMPERED)

    def _upload(self, folder: Path, dockings: list[str], clips: dict[str, Document], noted: dict[str, Noted]) -> None:
        self.tell.step("upload")
        self.tell.command(*self._station(), "upload", "--until-idle")
        sent = self._ask(commands.Upload(until_idle=True))
        footage = {f"clip:{clip['id']}": noted[path].sha256 for path, clip in clips.items() if noted[path].size}
        subjects = sorted([*footage, *(f"docking:{docking}" for docking in dockings for _ in range(4))])
        self.checks.that(sent["received"] == len(subjects) and not sent["waiting"], "upload-all", count=len(subjects))
        self.tell.command(*self._station(), "receipts")
        mine = [one for one in self._ask(commands.ListReceipts())["receipts"] if one["subject"] in subjects]
        right = all(one["sha256"] == footage.get(one["subject"], one["sha256"]) for one in mine)
        self.checks.that(sorted(one["subject"] for one in mine) == subjects and right, "upload-receipts", Exit.TAMPERED)
        trial = bool(mine) and {one["kind"] for one in mine} == {"trial"} and sent["trial"]
        self.checks.that(trial, "upload-trial-only")
        store = Home(self.home).store
        held = all(sha256(store / one["object_key"]) == one["sha256"] for one in mine)
        self.checks.that(held, "upload-bytes", Exit.TAMPERED)
        log = self._ask(commands.Status())["log"]
        self.checks.that(log["witnessed"] == log["size"], "upload-witnessed", size=log["witnessed"])
        write_json(folder / "receipts.json", mine)

    def _verify(self, folder: Path, anchor: str, kept: list[tuple[str, bytes]]) -> None:
        self.tell.step("verify")
        options = [word for name, _ in kept for word in ("--checkpoint", str(self.results / name))]
        self.tell.command(*self._station(), "verify", "--anchor", anchor, *options)
        before = fingerprint(self.home)
        verdict = self._ask(commands.Verify(tuple(kept), (anchor,)))
        unchanged = fingerprint(self.home) == before
        for what, count in verdict["checked"].items():
            self.tell.line("checked", what=self.tell(f"checked-{what}"), count=count)
        for one in verdict["notes"]:
            self.tell.write(f"  · [{one['kind']}] {one['subject']}: {one['detail']}")
        self._tell_problems(verdict["problems"])
        sound = verdict["ok"] is True and verdict["problems"] == [] and all(verdict["checked"].values())
        self.checks.that(sound, "verify-ok", Exit.TAMPERED)
        self.checks.that(verdict["anchored"] is True, "verify-anchor", Exit.TAMPERED)
        self.checks.that(verdict["witnessed_until"] is not None, "verify-witness", until=verdict["witnessed_until"])
        if kept:
            disregarded = [one for one in verdict["notes"] if one["kind"].startswith("checkpoint-")]
            agree = sound and not disregarded and verdict["checked"]["witnesses"] > len(kept)
            self.checks.that(agree, "verify-kept", Exit.TAMPERED, count=len(kept))
        self.checks.that(unchanged, "verify-silent")
        write_json(folder / "verdict.json", verdict)
        head = self._ask(commands.ShowCheckpoint())
        (folder / "checkpoint.txt").write_text(head["note"], encoding="utf-8")

    def _tamper(self, anchor: str, digest: str) -> None:
        self.tell.step("tamper")
        with tempfile.TemporaryDirectory(prefix=".tampered-", dir=self.results) as name:
            copy = Path(name, "home")
            copy_home(self.home, copy)
            flip_a_bit(_blob(copy, digest))
            answer, _ = Context(copy).fetch(commands.Verify((), (anchor,)))
            problems: Any = answer.document["problems"]
            self._tell_problems(problems)
        found = [(one["kind"], digest in one["subject"]) for one in problems]
        self.checks.that(found == [("vault-digest", True)] and answer.status == Exit.TAMPERED, "tamper-found")

    # ---- what they share ----

    def _ask(self, command: commands.Command) -> Document:
        return dict(Context(self.home).fetch(command)[0].document)

    def _tell_problems(self, problems: list[Document]) -> None:
        for one in problems:
            word = self.tell(f"problem-{one['kind']}")
            self.tell.write(f"    ✖ {word} [{one['kind']}] {one['subject']}: {one['detail']}")

    def _entries(self, clip: str, act: str, subject: str) -> list[Document]:
        entries = self._ask(commands.Custody(clip))["entries"]
        return [entry for entry in entries if entry["type"] == act and entry["subject"] == subject]

    def _station(self) -> tuple[str, ...]:
        return ("packaging/run", "station", "--home", str(self.home))

    def _zone(self) -> ZoneInfo:
        settings = self._ask(commands.SettingsCommand("show"))["settings"]
        return ZoneInfo(next(one["value"] for one in settings if one["name"] == "time_zone"))

    def _kept_checkpoints(self) -> list[tuple[str, bytes]]:
        files = sorted(self.results.glob("*/checkpoint.txt"))
        return [(str(file.relative_to(self.results)), file.read_bytes()) for file in files]

    @contextmanager
    def _card_folder(self, folder: Path) -> Iterator[Path]:
        if self.keep_card:
            yield folder / "card"
            return
        with tempfile.TemporaryDirectory(prefix="evidence-demo-") as name:
            yield Path(name, "card")


def _blob(home: Path, digest: str) -> Path:
    return Home(home).vault / "blobs" / digest[:2] / digest


def _is_noted(clip: Document | None, noted: Noted) -> bool:
    return clip is not None and (clip["size"], clip["sha256"]) == (noted.size, noted.sha256)
