"""A home made from ``FORMATS.md`` alone: neither the station's writer nor its verifier takes part.

Everything is deterministic but the keys, so a test that plants a fault plants it in a known place.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, create_engine, event, insert, text, update

from evidence.catalogue import schema
from evidence.catalogue.connect import REVISION

STATION = "S-1"
START = datetime(2026, 11, 21, 10, tzinfo=UTC)

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Certified:
    """A key with its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def id(self) -> str:
        return digest(self.spki)


def certify(
    name: str,
    kind: str,
    issuer: Certified | None = None,
    *,
    authority: bool = False,
    days: tuple[int, int] = (-1, 3650),
    may_sign: bool = True,
    path_length: int | None = 0,
) -> Certified:
    """A fresh key, certified by ``issuer`` or by itself."""
    key: PrivateKey = Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START + timedelta(days=days[0]))
        .not_valid_after(START + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length if authority else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority and may_sign,
                content_commitment=not authority and may_sign,
                key_cert_sign=authority,
                crl_sign=authority,
                **usage,
            ),
            critical=True,
        )
    )
    signing = key if issuer is None else issuer.key
    algorithm = None if isinstance(signing, Ed25519PrivateKey) else hashes.SHA256()
    return Certified(key, made.sign(signing, algorithm))


@dataclass(frozen=True)
class Keys:
    """What a station has; made once a run, because making keys takes time."""

    ca: Certified
    seal: Certified
    log: Certified


@cache
def keys(which: str = "own", log_kind: str = "ed25519") -> Keys:
    ca = certify(f"{which} authority", "p256", authority=True)
    return Keys(ca, certify(f"{which} seal", "p256", ca), certify(f"{which} log", log_kind, ca))


class Tree:
    """RFC 6962, leaf after leaf."""

    def __init__(self) -> None:
        self.size = 0
        self.stack: list[bytes] = []

    def append(self, body: bytes) -> list[bytes]:
        made = [sha256(b"\0" + body).digest()]
        for _ in range((~self.size & self.size + 1).bit_length() - 1):
            made.append(sha256(b"\1" + self.stack.pop() + made[-1]).digest())
        self.stack.append(made[-1])
        self.size += 1
        return made

    def root(self) -> bytes:
        if not self.stack:
            return sha256(b"").digest()
        found = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            found = sha256(b"\1" + left + found).digest()
        return found


def note(origin: str, size: int, root: bytes, signer: Certified, name: str | None = None) -> str:
    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    if isinstance(signer.key, Ed25519PrivateKey):
        public = signer.key.public_key().public_bytes_raw()
        signed = sha256(origin.encode() + b"\n\x01" + public).digest()[:4] + signer.key.sign(text.encode())
    else:
        signed = sha256(signer.spki).digest()[:4] + signer.key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    return f"{text}\n— {name or origin} {b64encode(signed).decode()}\n"


def seal(body: bytes, signer: Certified) -> bytes:
    assert isinstance(signer.key, ec.EllipticCurvePrivateKey)
    builder = PKCS7SignatureBuilder().set_data(body).add_signer(signer.certificate, signer.key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])


@dataclass
class File:
    """A file of a card. ``damaged``: its unreadable ranges; without content it could not be read at all."""

    path: bytes
    content: bytes | None
    damaged: list[list[int]] = field(default_factory=list)
    reason: str | None = None
    """The rule by which it is skipped."""
    of_first_days: bool = False
    """Whether its entry also has the digest of its path, as the format's first entries had."""


class Sample:
    """A station's home in the making."""

    def __init__(self, home: Path, url: str | None = None, ring: Keys | None = None) -> None:
        self.home = home
        self.url = url or f"sqlite:///{home / 'catalogue.sqlite3'}"
        self.keys = ring or keys()
        self.random = random.Random(6962)
        self.now = START
        self.epoch = 1
        self.tree = Tree()
        self.last: dict[str, str] = {}
        self.clips: dict[tuple[str, bytes, str], str] = {}
        self.blobs: set[str] = set()
        self.officer_of: dict[str, Any] = {}
        self.settings: str | None = None
        self.rows: list[tuple[str, dict[str, Any]]] = []
        self.updates: list[Any] = []
        home.mkdir(parents=True, exist_ok=True)
        (home / "vault" / "blobs").mkdir(parents=True)
        self.engine = engine(self.url)
        schema.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:known)"), {"known": REVISION})

    @property
    def origin(self) -> str:
        return f"evidence-station/{STATION}/{self.epoch}"

    def id(self) -> str:
        text = (
            f"{int(self.now.timestamp() * 1000):012x}7{self.random.randrange(1 << 12):03x}8{self.random.randrange(1 << 60):015x}"
        )
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def salt(self) -> bytes:
        return self.random.randbytes(16)

    def row(self, table: str, **values: object) -> None:
        self.rows.append((table, {"station": STATION, **values}))

    def change(self, table: str, which: dict[str, Any], **values: object) -> None:
        target = schema.metadata.tables[table]
        statement = update(target).where(target.c.station == STATION)
        for column, value in which.items():
            statement = statement.where(target.c[column] == value)
        self.updates.append(statement.values(**values))

    def commit(self) -> None:
        """Everything since the last commit, under one signed head."""
        if not self.rows:
            return
        self.row(
            "checkpoint",
            epoch=self.epoch,
            size=self.tree.size,
            root=self.tree.root().hex(),
            note=note(self.origin, self.tree.size, self.tree.root(), self.keys.log),
        )
        with self.engine.begin() as connection:
            by_table: dict[str, list[dict[str, Any]]] = {}
            for table, values in self.rows:
                by_table.setdefault(table, []).append(values)
            for table, values_of_all in by_table.items():
                connection.execute(insert(schema.metadata.tables[table]), values_of_all)
            for statement in self.updates:
                connection.execute(statement)
        self.rows, self.updates = [], []
        self.now += timedelta(seconds=1)

    def head(self) -> bytes:
        """The signed head to keep elsewhere."""
        return note(self.origin, self.tree.size, self.tree.root(), self.keys.log).encode()

    def entry(
        self,
        act: str,
        subject: str,
        what: dict[str, Any],
        *,
        person: str | None = None,
        personal: Iterable[tuple[str, str, bytes]] = (),
    ) -> str:
        entry_id = self.id()
        values = list(personal)
        actor: dict[str, Any] = {"system": "station"}
        if person is not None:
            values.append(("actor", person, self.salt()))
            actor = {"person": committed(*values[-1]), "role": "operator"}
        body = canonical(
            {
                "v": 1,
                "seq": self.tree.size,
                "id": entry_id,
                "type": act,
                "subject": subject,
                "actor": actor,
                "what": what,
                "when": {
                    "utc": moment(self.now),
                    "clock": "synchronised",
                    "boot": "8a7b",
                    "mono_ns": str(int((self.now - START).total_seconds() * 1e9)),
                },
                "prev": self.last.get(subject),
                "salt": self.salt().hex(),
            }
        )
        made = self.tree.append(body)
        self.last[subject] = made[0].hex()
        self.row(
            "custody_entry",
            epoch=self.epoch,
            seq=self.tree.size - 1,
            id=entry_id,
            type=act,
            subject=subject,
            at=moment(self.now),
            body=body,
            hashes=b"".join(made),
        )
        for name, value, salt in values:
            self.row("personal_value", entry=entry_id, field=name, value=value, salt=salt.hex())
        return entry_id

    def initialise(self) -> None:
        about = {
            "station": STATION,
            "unit": "U-1",
            "epoch": 1,
            "origin": self.origin,
            "software": {"name": "sample", "version": "0"},
        }
        self.row("log", epoch=1, unit="U-1", created_at=moment(self.now))
        self.entry("initialised", "station", about, person="administrator")
        for role, one in (("ca", self.keys.ca), ("seal", self.keys.seal), ("log", self.keys.log)):
            self.introduce(role, one)
        self.accept_settings(b'language = "en"\n')

    def introduce(self, role: str, key: Certified) -> None:
        self.entry("key-introduced", f"key:{key.id}", {"role": role, "certificate_sha256": digest(key.der)})
        self.row("signing_key", id=key.id, role=role, certificate=key.der, introduced_at=moment(self.now), revoked_at=None)

    def accept_settings(self, content: bytes) -> None:
        (self.home / "station.toml").write_bytes(content)
        previous, self.settings = self.settings, digest(content)
        salt, name = self.salt(), "responsible.new"
        changes = [
            {"key": "language", "old": None, "new": "en"},
            {"key": "responsible", "old": None, "new": committed(name, "somebody", salt)},
        ]
        what = {"sha256": self.settings, "previous": previous, "changes": changes}
        self.entry("settings-changed", "settings", what, personal=[(name, "somebody", salt)])
        if previous is None:
            self.row("settings", sha256=self.settings, accepted_at=moment(self.now))
        else:
            self.change("settings", {}, sha256=self.settings, accepted_at=moment(self.now))
        self.commit()

    def recover(self, witnessed: dict[str, Any] | None, lost: tuple[dict[str, Any], ...] = ()) -> None:
        """A new epoch that names how this one ended, what had been seen of it, and later ones of which nothing is left."""
        previous = {"origin": self.origin, "size": self.tree.size, "root": self.tree.root().hex()}
        self.epoch += 1 + len(lost)
        self.tree, self.last = Tree(), {}
        about = {
            "station": STATION,
            "unit": "U-1",
            "epoch": self.epoch,
            "origin": self.origin,
            "software": {"name": "sample", "version": "0"},
        }
        self.row("log", epoch=self.epoch, unit="U-1", created_at=moment(self.now))
        gap = {"reason": "restored", "previous": previous, "witnessed": witnessed} | ({"lost": list(lost)} if lost else {})
        self.entry("recovered", "station", {**about, **gap})
        self.commit()

    # -- a docking --

    def dock(self, files: list[File], *, device: str = "cam-1", officer: str | None = "12345", sealed: bool = True) -> str:
        docking, salt = self.id(), self.salt()
        acquisition = {"kind": "folder", "read_only": False}
        what = {
            "device": device,
            "source": "body-camera",
            "profile": "generic",
            "acquisition": acquisition,
            "officer": None if officer is None else committed("officer", officer, salt),
        }
        self.entry(
            "docked", f"docking:{docking}", what, person="clerk", personal=[] if officer is None else [("officer", officer, salt)]
        )
        listing = self._listing(docking, files)
        counts = {"files": len(files), "bytes": 0, "taken": len(files), "skipped": 0, "free_bytes": 0, "numbering": []}
        self.entry("inventory", f"docking:{docking}", {"listing_sha256": digest(listing), **counts})
        self.officer_of[docking] = what["officer"]
        self.row(
            "docking",
            id=docking,
            device=device,
            source="body-camera",
            profile="generic",
            officer=officer,
            acquisition=canonical(acquisition).decode(),
            state="open",
            opened_at=moment(self.now),
            listing_sha256=digest(listing),
        )
        self.row("inventory", docking=docking, listing=listing)
        opened = moment(self.now)
        self.commit()
        taken = [self._file(docking, device, position, file) for position, file in enumerate(files) if file.reason is None]
        self.commit()
        if sealed:
            skipped = [
                {"position": position, "reason": file.reason} for position, file in enumerate(files) if file.reason is not None
            ]
            self._seal(docking, device, acquisition, opened, digest(listing), taken, skipped)
        return docking

    def _listing(self, docking: str, files: list[File]) -> bytes:
        items = []
        for file in files:
            item: dict[str, Any] = {"path": file.path.decode(), "kind": "file", "size": len(file.content or b""), "mtime_ns": "0"}
            items.append(item | ({} if file.reason is None else {"reason": file.reason}))
        return canonical(
            {"v": 1, "docking": docking, "salt": self.salt().hex(), "taken_at": moment(self.now), "space": None, "items": items}
        )

    def _file(self, docking: str, device: str, position: int, file: File) -> dict[str, Any]:
        seen: dict[str, Any] = {"docking": docking, "position": position}
        if file.content is None:
            self.entry("unreadable", f"docking:{docking}", {"position": position, "reason": "EIO"})
            self.row("sighting", **seen, clip=None, state="unreadable", sha256=None, size=0, outcome='{"reason":"EIO"}')
            return {**seen, "clip": None, "path": file.path, "size": 0, "sha256": None, "state": "unreadable", "duplicate": False}
        found, size = digest(file.content), len(file.content)
        state = "damaged" if file.damaged else "verified" if file.content else "empty"
        known = self.clips.get((device, file.path, found))
        clip = known or self.id()
        whats: list[dict[str, Any]] = []
        if known:
            whats.append({**seen, "sha256": found, "size": size, "state": state, "medium": "direct"})
            self.entry("duplicate-seen", f"clip:{clip}", whats[-1])
        else:
            self.clips[device, file.path, found] = clip
            whats.append(
                {
                    **seen,
                    "device": device,
                    "size": size,
                    "sha256": found,
                    "resumed_at": 0,
                    "changed": None,
                    **({"path_sha256": digest(file.path)} if file.of_first_days else {}),
                }
            )
            self.entry("copied", f"clip:{clip}", whats[-1])
            kept = {"sha256": found, "size": size, "medium": "direct", "vaults": 1}
            kept |= {"ranges": file.damaged, "reason": "EIO"} if file.damaged else {}
            whats.append({**seen, **(kept if file.content else {})})
            self.entry(state, f"clip:{clip}", whats[-1])
            values = {"id": clip, "device": device, "path": file.path, "sha256": found, "size": size, "state": state}
            self.row("clip", **values, docking=docking, taken_at=moment(self.now), category="unclassified")
            if file.content and found not in self.blobs:
                self._place(found, file.content)
        names = ("changed", "medium", "ranges", "reason", "resumed_at", "vaults")
        outcome = canonical({name: what[name] for what in whats for name in names if name in what}).decode()
        self.row("sighting", **seen, clip=clip, state=state, sha256=found, size=size, outcome=outcome)
        return {**seen, "clip": clip, "path": file.path, "size": size, "sha256": found, "state": state, "duplicate": bool(known)}

    def _place(self, found: str, content: bytes) -> None:
        self.blobs.add(found)
        self.row("blob", sha256=found, size=len(content), placed_at=moment(self.now), last_verified_at=moment(self.now))
        folder = self.home / "vault" / "blobs" / found[:2]
        folder.mkdir(exist_ok=True)
        (folder / found).write_bytes(content)
        (folder / found).chmod(0o440)

    def _seal(
        self,
        docking: str,
        device: str,
        acquisition: dict[str, Any],
        opened: str,
        listing: str,
        taken: list[dict[str, Any]],
        skipped: list[dict[str, Any]],
    ) -> None:
        recording = self.id()
        segments = [one["clip"] for one in taken if one["clip"] is not None and not one["duplicate"]]
        listed = []
        for one in taken:
            part = one["clip"] in segments
            recorded = moment(self.now) if part else None
            about = {"recorded_at": recorded, "duration_ms": 1000 if part else None, "recording": recording if part else None}
            path = {"path": one["path"].decode()}
            empty: dict[str, Any] = {
                "derived": None,
                "times": [],
                "name": None,
                "media": None,
                "segment": None,
                "gap_before_ms": None,
                "warnings": [],
            }
            facts = {key: value for key, value in one.items() if key != "path"}
            record = canonical(
                {"v": 1, "salt": self.salt().hex(), "mtime_ns": "0", "unreadable_ranges": [], **facts, **path, **about, **empty}
            )
            listed.append({"position": one["position"], "record_sha256": digest(record)})
            self.change("sighting", {"docking": docking, "position": one["position"]}, record=record)
            if part:
                self.change("clip", {"id": one["clip"]}, **about)
        joined = [{"clip": clip, "gap_before_ms": None if clip == segments[0] else 0} for clip in segments]
        total = sum(one["size"] for one in taken)
        body = canonical(
            {
                "v": 1,
                "station": STATION,
                "unit": "U-1",
                "docking": docking,
                "device": device,
                "source": "body-camera",
                "profile": {"name": "generic", "digest": digest(b"generic")},
                "acquisition": acquisition,
                "officer": self.officer_of[docking],
                "opened_at": opened,
                "sealed_at": moment(self.now),
                "listing_sha256": listing,
                "software": {"name": "sample", "version": "0", "digest": None},
                "records": listed,
                "skipped": skipped,
                "recordings": [{"id": recording, "segments": joined}] if segments else [],
                "bytes": total,
                "log": {"origin": self.origin, "size": self.tree.size},
            }
        )
        counts = {"clips": len(segments), "files": len(taken), "bytes": total}
        self.entry("sealed", f"docking:{docking}", {"manifest_sha256": digest(body), "key": self.keys.seal.id, **counts})
        self.row("manifest", docking=docking, body=body, signature=seal(body, self.keys.seal))
        if segments:
            self.row("recording", id=recording, docking=docking, segments=canonical(joined).decode())
        self.change("docking", {"id": docking}, state="sealed", sealed_at=moment(self.now), manifest_sha256=digest(body))
        self.commit()

    # -- afterwards --

    def tag(self, clip: str, *, case: str, category: str) -> None:
        salt = self.salt()
        changes = [
            {"field": "category", "old": "unclassified", "new": category},
            {"field": "case_number", "old": None, "new": committed("case_number.new", case, salt)},
        ]
        self.entry("tagged", f"clip:{clip}", {"changes": changes}, person="officer", personal=[("case_number.new", case, salt)])
        self.change("clip", {"id": clip}, category=category, case_number=case)
        self.commit()

    def deliver(self, clip: str) -> str:
        receipt, body = self.id(), canonical({"clip": clip, "store": "far"}).decode()
        self.entry("sent", f"clip:{clip}", {"store": "far", "object_key": "k", "sha256": "0", "size": 1, "version": None})
        said = {"receipt": receipt, "receipt_sha256": digest(body.encode()), "proof": "full", "trial": False}
        self.entry("received", f"clip:{clip}", said)
        self.row("receipt", id=receipt, subject=f"clip:{clip}", body=body, at=moment(self.now))
        self.commit()
        return receipt

    def clip(self, path: bytes) -> str:
        return next(clip for (_, known, _), clip in self.clips.items() if known == path)


def engine(url: str) -> Engine:
    made = create_engine(url)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode = WAL").close())
    return made


def committed(name: str, value: str, salt: bytes) -> dict[str, str]:
    return {"commitment": digest(b"evidence-station/commitment/v1\0" + salt + name.encode() + b"\0" + value.encode())}


CARD = [
    File(b"DCIM/0001.MP4", b"first clip " * 1000),
    File(b"DCIM/0002.MP4", b"second clip " * 2000),
    File(b"DCIM/0002.TXT", b""),
    File(b"DCIM/0003.MP4", b"torn clip " * 3000, damaged=[[4096, 4096]]),
    File(b"DCIM/0004.MP4", None),
    File(b"System Volume Information/x", b"x", reason="system-folder"),
    File("DCIM/\N{EM DASH}5.MP4".encode(), b"fifth " * 100),
]


def standard(home: Path, url: str | None = None, ring: Keys | None = None) -> Sample:
    """A station with two sealed dockings (one clip seen twice), a tag, a delivery."""
    made = Sample(home, url, ring)
    made.initialise()
    made.dock(CARD)
    made.tag(made.clip(b"DCIM/0001.MP4"), case="C-7", category="assault")
    made.dock([CARD[0], File(b"DCIM/0009.MP4", b"ninth clip", of_first_days=True)], officer=None)
    made.deliver(made.clip(b"DCIM/0001.MP4"))
    return made
