"""A station whose case goes to court, and what a forger with or without its keys makes of the package."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import insert

from evidence import package_verifier
from evidence.canonical import Json, digest
from evidence.catalogue import schema
from evidence.catalogue.acts.stamping import time_stamped
from evidence.catalogue.connect import writing
from evidence.catalogue.ledger import Ledger
from evidence.custody.entry import Act, Draft, Moment, subject_key
from evidence.ids import KeyId
from station import clock
from station.client import InProcess
from station.commands import Answer, Command, Ingest, Package, RotateKey, SettingsCommand, Tag
from station.engine import Engine
from station.home import Home
from station.rooms import Rooms
from station.setup import init
from tests.court.authority import Authority, Witness, openssl

CASE = "A-2026-17"
LATER_NS = 1_100_000_000
"""Above a second, and below what the ledger takes for a clock that was set."""


def do(home: Path, command: Command) -> Any:  # noqa: ANN401  # a JSON document
    """Carry out one command."""
    return carry_out(home, command).document


def carry_out(home: Path, command: Command) -> Answer:
    rooms = Rooms.open(Home(home))
    try:
        return InProcess(Engine(rooms), rooms.operator).call(command)
    finally:
        rooms.close()


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Stage:
    """Everything that was made once: nobody writes to it."""

    home: Path
    before: Path
    package: Path
    checkpoint: Path
    anchor: str
    authority: Authority
    witness: Witness
    clips: tuple[str, ...]
    other_clip: str
    dockings: tuple[str, ...]


def build(folder: Path, *, gm: bool = False) -> Stage:
    """A card docked twice and a second card, time stamps, a cosigned checkpoint kept elsewhere, and the package of one case.

    ``gm``: all of it in that suite.
    """
    home = folder / "home"
    init(Home(home), "s1", "unit-1")
    if gm:
        do(home, RotateKey("seal-gm"))
        do(home, SettingsCommand("set", "suite", "gm"))
    card = folder / "card"
    (card / "DCIM").mkdir(parents=True)
    for name in ("a.mp4", "b.exe", "c.mp4"):
        (card / "DCIM" / name).write_bytes(f"footage {name}".encode() * 20)
    (card / "empty.txt").write_bytes(b"")
    first = do(home, Ingest((os.fsencode(card),), "badge 7"))
    again = do(home, Ingest((os.fsencode(card),), "badge 8"))
    by_path = {one["path"]: one["id"] for one in first["clips"]}
    other = by_path.pop("DCIM/c.mp4")
    authority, witness = Authority(folder / "authority"), Witness("witness.example", Ed25519PrivateKey.generate())
    rooms = Rooms.open(Home(home))
    for docking in (first["docking"], again["docking"]):
        stamp(rooms, authority, docking)
    clips = tuple(sorted(by_path.values()))
    do(home, Tag(clips, case_number=CASE, note="knife, 刀"))
    with rooms.queries() as queries:
        head = queries.head()
    with writing(rooms.catalogue) as connection:
        connection.execute(
            insert(schema.cosignature).values(
                station="s1", epoch=1, size=head.size, witness=witness.name, line=witness.line(head.note), at="2026"
            )
        )
    response, at = authority.stamp(head.note.encode())
    with rooms.ledger.commit() as commit:
        time_stamped(commit, f"{head.origin}/{head.size}", "tsa", digest(head.note.encode()), response, at, 0)
    do(home, Tag(clips[:1], category="evidence"))
    rooms.close()
    checkpoint = folder / "kept.checkpoint"
    rooms = Rooms.open(Home(home))
    with rooms.queries() as queries:
        checkpoint.write_text(queries.head().note)
    rooms.close()
    shutil.copytree(home, folder / "before")
    do(home, Package(os.fsencode(folder / "package"), CASE, purpose="hearing of 3 December"))
    anchor = openssl("x509", "-in", home / "keys" / "ca.pem", "-noout", "-fingerprint", "-sha256").decode()
    return Stage(
        *(home, folder / "before", folder / "package", checkpoint, anchor.strip().partition("=")[2], authority, witness),
        *(clips, other, (first["docking"], again["docking"])),
    )


def stamp(rooms: Rooms, authority: Authority, docking: str) -> None:
    with rooms.queries() as queries:
        sealed = queries.manifest(docking)  # type: ignore[arg-type]  # an id out of an answer
    assert sealed is not None
    response, at = authority.stamp(sealed[1])
    with rooms.ledger.commit() as commit:
        time_stamped(commit, f"docking:{docking}", "tsa", digest(sealed[1]), response, at, 0)


def revoke(home: Path, role: str, reason: str = "superseded") -> None:
    """The log says that a key is revoked, a second after everything else: a time stamp knows whole seconds."""
    rooms = Rooms.open(Home(home))

    def later() -> Moment:
        now = clock.now()
        return replace(now, unix_ns=now.unix_ns + LATER_NS, mono_ns=now.mono_ns + LATER_NS)

    ledger = Ledger(rooms.catalogue, rooms.station, lambda: rooms.log_signer, later, os.urandom)
    with rooms.queries() as queries:
        key = next(key for found, key, _ in queries.certificates() if found == role)
    what: dict[str, Json] = {"reason": reason}
    with ledger.commit() as commit:
        commit.append(Draft(Act.KEY_REVOKED, subject_key(KeyId(key)), what))
    rooms.close()


def judge(stage: Stage, folder: Path, *, anchored: bool = True, **given: Any) -> package_verifier.Verdict:  # noqa: ANN401  # as verify takes them
    """The verdict of somebody who has everything from elsewhere."""
    whole: dict[str, Any] = {
        "anchors": (stage.anchor,) if anchored else (),
        "checkpoints": (stage.checkpoint,),
        "witnesses": (stage.witness.verifier_key,),
        "authorities": (stage.authority.certificate,),
        **given,
    }
    return package_verifier.verify(folder, **whole)


def kinds(verdict: package_verifier.Verdict) -> set[str]:
    return {one["kind"] for one in verdict.problems}


class Forgery:
    """A package in a forger's hands."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.root = folder
        shutil.copytree(stage.package, folder)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def path(self, pattern: str, which: int = 0) -> Path:
        return sorted(self.root.glob(pattern))[which]

    def json(self, pattern: str, change: Callable[[Any], object], which: int = 0) -> None:
        """Change a JSON file; it stays canonical."""
        path = self.path(pattern, which)
        value = json.loads(path.read_bytes())
        change(value)
        path.write_bytes(canonical(value))

    def entries(self) -> list[Any]:
        return [json.loads(line) for line in self.path("data/custody/log-1.jsonl").read_bytes().splitlines()]

    def write_entries(self, entries: list[Any]) -> None:
        """Write entries back; proofs and personal values of those that are gone go, too."""
        self.path("data/custody/log-1.jsonl").write_bytes(b"".join(canonical(one) + b"\n" for one in entries))
        left = {f"1/{one['seq']}" for one in entries}
        ids = {one["id"] for one in entries}
        self.json(
            "data/custody/proofs.json",
            lambda value: value.update(inclusion={name: proof for name, proof in value["inclusion"].items() if name in left}),
        )
        self.json(
            "data/custody/personal.json",
            lambda value: value.__setitem__(slice(None), [one for one in value if one["entry"] in ids]),
        )

    def flip(self, path: Path, at: int = -1, mask: int = 1) -> None:
        data = bytearray(path.read_bytes())
        data[at] ^= mask
        path.write_bytes(bytes(data))

    def relist(self) -> None:
        """Manifests that fit what is there now."""
        listed = {path: sha256(path.read_bytes()).hexdigest() for path in self.root.glob("data/**/*") if path.is_file()}
        names = {path.relative_to(self.root).as_posix(): found for path, found in listed.items()}
        (self.root / "manifest-sha256.txt").write_text("".join(f"{names[name]}  {name}\n" for name in sorted(names)))
        info = (self.root / "bag-info.txt").read_text().splitlines()[:-1]
        total = sum(path.stat().st_size for path in listed)
        (self.root / "bag-info.txt").write_text("\n".join([*info, f"Payload-Oxum: {total}.{len(listed)}"]) + "\n")
        self.relist_tags()

    def relist_tags(self) -> None:
        tags = ("HOW-TO-VERIFY.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "verify_package.py")
        lines = [f"{sha256((self.root / name).read_bytes()).hexdigest()}  {name}\n" for name in tags]
        (self.root / "tagmanifest-sha256.txt").write_text("".join(lines))

    def sign(self, home: Path | None = None) -> None:
        """As somebody who has the station's log key."""
        key = load_pem_private_key(((home or self.stage.home) / "keys" / "log.key.pem").read_bytes(), None)
        assert isinstance(key, Ed25519PrivateKey)
        signature = key.sign((self.root / "tagmanifest-sha256.txt").read_bytes())
        (self.root / "tagmanifest-sha256.txt.sig").write_bytes(signature)
