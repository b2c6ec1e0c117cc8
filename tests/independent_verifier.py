"""A second verifier, from ``evidence/FORMATS.md`` alone: no line of it is shared with the station or its own verifier.

It reads a home with SQLite and the standard library, checks heads with ``cryptography`` and certificates and manifests with
``openssl``, holds everything in memory and answers with the kinds of problems. Slow and plain on purpose.

    python tests/independent_verifier.py HOME [--checkpoint FILE]… [--anchor FINGERPRINT]…
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

OUTCOME = ("changed", "medium", "ranges", "reason", "resumed_at", "vaults")
RECORDED = ("recorded_at", "duration_ms", "recording")
NOTE = re.compile(r"(?P<text>(?P<origin>\S+)\n(?P<size>\d+)\n(?P<root>\S+)\n)\n— (?P<name>\S+) (?P<signature>\S+)\n")
KEYS = {
    "log": ["epoch"], "signing_key": ["id"], "settings": ["station"], "docking": ["id"], "inventory": ["docking"], "clip": ["id"],
    "sighting": ["docking", "position"], "recording": ["id"], "blob": ["sha256"], "manifest": ["docking"], "receipt": ["id"],
    "personal_value": ["entry", "field"],
}  # fmt: skip
Row = dict[str, Any]


def hx(data: object) -> str:
    return sha256(data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogateescape")).hexdigest()


def dumps(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parsed(body: bytes) -> Row:
    """An entry, or nothing when the bytes are not canonical JSON."""
    try:
        value: Row = json.loads(body)
    except ValueError:
        return {}
    return value if dumps(value).encode() == body else {}


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Verification:
    def __init__(self, home: Path, checkpoints: list[bytes], anchors: list[str]) -> None:
        self.home, self.witnesses, self.anchors = home, checkpoints, {one.lower().replace(":", "") for one in anchors}
        self.found: set[str] = set()
        self.doubted: set[object] = set()  # subjects, entry ids and contents of which an altered entry speaks
        self.trusted = True  # False once entries are missing: then the log explains no rows
        with tempfile.TemporaryDirectory() as copy:
            for name in ("catalogue.sqlite3", "catalogue.sqlite3-wal"):
                if (home / name).exists():
                    (Path(copy) / name).write_bytes((home / name).read_bytes())
            database = sqlite3.connect(Path(copy) / "catalogue.sqlite3")
            if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                self.found.add("catalogue-differs")
            database.row_factory = sqlite3.Row
            self.db = {table: list(map(dict, database.execute(f"SELECT * FROM {table}"))) for table in (*KEYS, "custody_entry", "checkpoint")}
            database.close()
        self.station: str = self.db["checkpoint"][0]["station"] if self.db["checkpoint"] else self.db["custody_entry"][0]["station"]
        self.log: list[tuple[int, Row]] = []
        self.ends: dict[int, tuple[list[bytes], bool]] = {}
        self.roles: dict[str, tuple[str, str, x509.Certificate | None]] = {}  # key id to role, certificate digest, certificate
        certificates = {row["id"]: row["certificate"] for row in self.db["signing_key"]}
        for row in self.db["custody_entry"]:
            if row["type"] == "key-introduced" and isinstance(row["body"], bytes) and (body := parsed(row["body"])):
                key, what = row["subject"].removeprefix("key:"), body["what"]
                raw = certificates.get(key)
                right = isinstance(raw, bytes) and hx(raw) == what["certificate_sha256"]
                self.roles[key] = (what["role"], what["certificate_sha256"], x509.load_der_x509_certificate(raw) if right else None)

    def kinds(self) -> set[str]:
        for epoch in sorted({row["epoch"] for row in self.db["custody_entry"] + self.db["checkpoint"]}):
            self.epoch(epoch)
        openings = {epoch: body["what"] for epoch, body in self.log if body["type"] == "recovered"}
        if any(len(self.ends.get(epoch - 1, ([], True))[0]) < what["previous"]["size"] for epoch, what in openings.items()):
            self.missing()
        self.chains()
        self.witness(openings)
        accepted = [body["what"]["sha256"] for _, body in self.log if body["type"] == "settings-changed"]
        file = self.home / "station.toml"
        if self.trusted and "settings" not in self.doubted and (not file.exists() or hx(file.read_bytes()) not in accepted[-1:]):
            self.found.add("settings-unexplained")
        contents = self.rows() if self.trusted else {row["sha256"] for row in self.db["blob"]}
        files = {path.name: path for path in (self.home / "vault" / "blobs").glob("*/*")}
        odd = [path for path in (self.home / "vault" / "blobs").glob("*") if not path.is_dir() or not re.fullmatch("[0-9a-f]{2}", path.name)]
        if odd or files.keys() - contents or any(path.parent.name != name[:2] for name, path in files.items()):
            self.found.add("vault-extra")
        for name in contents:
            if name not in files or files[name].is_symlink():
                self.found.add("vault-missing")
            elif hx(files[name].read_bytes()) != name:
                self.found.add("vault-digest")
        return self.found

    def missing(self) -> None:
        self.found.add("log-missing")
        self.trusted = False

    def chains(self) -> None:
        """Every certificate by ``openssl verify``, at the first and the last moment of the log."""
        if self.anchors - {digest for role, digest, _ in self.roles.values() if role == "ca"}:
            self.found.add("foreign-key")
        authorities = [certificate for role, _, certificate in self.roles.values() if role == "ca"]
        if None in authorities:
            return
        moments = [body["when"]["utc"] for _, body in self.log] or ["2026-11-21T12:00:00Z"]
        with tempfile.TemporaryDirectory() as folder:
            cas, one = Path(folder) / "cas", Path(folder) / "one"
            cas.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in authorities if certificate))
            for _, _, certificate in self.roles.values():
                one.write_bytes(certificate.public_bytes(Encoding.PEM) if certificate else b"")
                for moment in {moments[0], moments[-1]} if certificate else ():
                    at = str(int(datetime.fromisoformat(moment).timestamp()))
                    command = ["openssl", "verify", "-attime", at, "-CAfile", cas, "-partial_chain", one]
                    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value if certificate else None
                    signs = usage is not None and (usage.digital_signature or usage.key_cert_sign)
                    if not signs or subprocess.run(command, capture_output=True, check=False).returncode:
                        self.found.add("certificate-chain")

    def head(self, untrusted: object, origin: str | None = None, size: int | None = None) -> tuple[str, str, int, bytes] | None:
        """``(good | bad | foreign | unknown, origin, size, root)`` of a signed note; None when it is none."""
        note = NOTE.fullmatch(untrusted) if isinstance(untrusted, str) else None
        if note is None or note["origin"] != note["name"] or origin not in (None, note["origin"]) or size not in (None, int(note["size"])):
            return None
        raw, text = base64.b64decode(note["signature"]), note["text"].encode()
        verdict = "unknown" if any(role == "log" and not certificate for role, _, certificate in self.roles.values()) else "foreign"
        for public, name in [(one[2].public_key(), sha256(spki(one[2])).digest()) for one in self.roles.values() if one[2]]:
            try:
                if isinstance(public, Ed25519PublicKey):
                    name = sha256(note["origin"].encode() + b"\n\x01" + public.public_bytes_raw()).digest()  # noqa: PLW2901
                if name[:4] == raw[:4]:
                    verdict = "bad"
                    if isinstance(public, Ed25519PublicKey):
                        public.verify(raw[4:], text)
                    elif isinstance(public, ec.EllipticCurvePublicKey):
                        public.verify(raw[4:], text, ec.ECDSA(hashes.SHA256()))
                    verdict = "good"
                    break
            except InvalidSignature:
                pass
        return verdict, note["origin"], int(note["size"]), base64.b64decode(note["root"])

    def epoch(self, epoch: int) -> None:
        rows = sorted((row for row in self.db["custody_entry"] if row["epoch"] == epoch), key=lambda row: row["seq"])
        heads = sorted((row for row in self.db["checkpoint"] if row["epoch"] == epoch), key=lambda row: row["size"])
        if [row["seq"] for row in rows] != list(range(len(rows))) or not all(isinstance(row["body"], bytes) for row in rows):
            self.found |= {"log-altered"} if any(not isinstance(row["body"], bytes) for row in rows) else set()
            return self.missing()
        leaves = [sha256(b"\0" + row["body"]).digest() for row in rows]
        bodies = [parsed(row["body"]) for row in rows]
        moved = {seq: body["seq"] for seq, body in enumerate(bodies) if body.get("seq", seq) != seq}
        swapped, down = set(moved) == set(moved.values()), all(moved.get(seq) == seq + 1 for seq in range(min(moved, default=0), len(rows)))
        strange = {seq for seq, body in enumerate(bodies) if body.get("seq") != seq or rows[seq]["hashes"][:32] != leaves[seq]}
        revoked = [seq for seq, row in enumerate(rows) if row["type"] == "key-revoked"]
        proven, sound = 0, not moved
        for row in heads:
            head = self.head(row["note"], f"evidence-station/{self.station}/{epoch}", row["size"])
            if head is None or head[0] == "bad" or row["root"] != head[3].hex() or any(seq < proven for seq in revoked):
                self.found.add("log-altered")
            if head is not None and head[0] == "foreign":
                self.found.add("foreign-key")
            if head is None or head[0] != "good":
                sound = False
            elif head[2] > len(rows):
                self.missing()
            elif mth(leaves[: head[2]]) == head[3]:
                proven = head[2]
            else:
                strange |= set(range(proven, head[2])) if sound and not strange & set(range(proven, head[2])) else set()
                sound = False
        covered = max((row["size"] for row in heads), default=0)
        whens = [body.get("when") if seq not in strange else None for seq, body in enumerate(bodies)]
        ended = {seq for seq in range(1, len(rows)) if seq < covered and None not in whens[seq - 1 : seq + 1] and whens[seq] != whens[seq - 1]}
        self.found |= {"log-missing"} if ended - {row["size"] for row in heads} else set()
        self.found |= {"log-altered"} if covered < len(rows) else set()
        for seq, (row, body) in enumerate(zip(rows, bodies, strict=True)):
            if seq in strange:
                self.doubted |= {row["subject"], row["id"]}
                continue
            whole = b"".join(mth(leaves[seq + 1 - (1 << k) : seq + 1]) for k in range((~seq & seq + 1).bit_length()))
            columns = (row["id"], row["type"], row["subject"], row["at"]) == (body["id"], body["type"], body["subject"], body["when"]["utc"])
            self.found |= {"log-altered"} if not columns or (sound and whole != row["hashes"] and not strange) else set()
            self.log.append((epoch, body))
        if moved and (swapped or down):
            self.found.add("log-order" if swapped else "log-missing")
            self.trusted &= swapped
            strange -= set(moved)
        self.found |= {"log-altered"} if strange else set()
        self.ends[epoch] = (leaves, sound)
        return None

    def witness(self, openings: dict[int, Row]) -> None:
        for raw in self.witnesses:
            head = self.head(raw.decode(errors="replace"))
            match = re.fullmatch(rf"evidence-station/{re.escape(self.station)}/(\d+)", head[1]) if head else None
            if head is None or match is None or head[0] in ("bad", "unknown"):
                continue
            leaves, sound = self.ends.get(int(match[1]), ([], self.trusted))
            named = openings.get(int(match[1]) + 1, {}).get("witnessed")
            if head[0] == "foreign":
                self.found.add("foreign-key")
            elif sound and not (named and (named["size"] > head[2] or (named["size"], named["root"]) == (head[2], head[3].hex()))):
                fits = head[2] <= len(leaves)
                self.found |= {"rolled-back"} if not fits else {"forked"} if mth(leaves[: head[2]]) != head[3] else set()
        self.found -= {"rolled-back"} if "forked" in self.found else set()  # what was lost before it went on

    def rows(self) -> set[str]:
        """Fold the log, compare with the catalogue, and return what the vault must hold."""
        want: dict[tuple[object, ...], Row] = {}
        last: dict[object, str] = {}
        committed: dict[tuple[str, str], str] = {}
        erased = {(body["what"]["entry"], body["what"]["field"]) for _, body in self.log if body["type"] == "erased"}
        values = {(row["entry"], row["field"]): row["value"] for row in self.db["personal_value"]} | dict.fromkeys(erased)

        def personal(entry: str, field: str, said: Row | None, column: str) -> Row:
            """The column that repeats a value, if the value can be known."""
            if not isinstance(said, dict):
                return {column: said}
            committed[entry, field] = said["commitment"]
            return {column: values[entry, field]} if (entry, field) in values else {column: ...}

        for epoch, body in self.log:
            what, act, at, subject, entry = body["what"], body["type"], body["when"]["utc"], body["subject"], body["id"]
            name = subject.partition(":")[2]
            if body["prev"] != last.get((epoch, subject)) and subject not in self.doubted:
                self.found.add("log-missing")
                self.doubted.add(subject)
            last[epoch, subject] = sha256(b"\0" + dumps(body).encode()).hexdigest()
            personal(entry, "actor", body["actor"].get("person"), "")
            if act in ("initialised", "recovered"):
                want["log", epoch] = {"unit": what["unit"], "created_at": at}
            elif act == "key-introduced":
                row = {"role": what["role"], "#certificate": what["certificate_sha256"], "introduced_at": at, "revoked_at": None}
                want["signing_key", name] = row
            elif act == "key-revoked":
                want["signing_key", name]["revoked_at"] = at
            elif act == "settings-changed":
                want["settings", self.station] = {"sha256": what["sha256"], "accepted_at": at}
            elif act == "docked":
                row = {key: what[key] for key in ("device", "source", "profile")} | personal(entry, "officer", what["officer"], "officer")
                row |= {"acquisition": dumps(what["acquisition"]), "state": "open", "opened_at": at}
                want["docking", name] = row | dict.fromkeys(("sealed_at", "listing_sha256", "manifest_sha256"))
            elif act == "inventory":
                want["docking", name]["listing_sha256"] = what["listing_sha256"]
                want["inventory", name] = {"#listing": what["listing_sha256"]}
            elif act == "copied":
                row = {key: what[key] for key in ("device", "size", "sha256", "docking")} | {"#path": what["path_sha256"], "taken_at": at}
                want["clip", name] = row | {"category": "unclassified"} | dict.fromkeys((*RECORDED, "case_number", "note"))
                want["sighting", what["docking"], what["position"]] = {"outcome": what, "record": None}
            elif act in ("verified", "damaged", "empty", "duplicate-seen", "unreadable"):
                seen = want.setdefault(("sighting", what.get("docking", name), what["position"]), {"outcome": {}, "record": None})
                seen |= {"state": what.get("state", act), "size": what.get("size", 0), "outcome": seen["outcome"] | what}
                digest = hx(b"") if act == "empty" else what.get("sha256")
                seen |= {"clip": None if act == "unreadable" else name, "sha256": digest}
                if act in ("verified", "damaged", "empty") and ("clip", name) in want:
                    want["clip", name]["state"] = act
                if act in ("verified", "damaged"):
                    want.setdefault(("blob", what["sha256"]), {"size": what["size"], "placed_at": at})
            elif act == "tagged":
                for change in what["changes"]:
                    personal(entry, f"{change['field']}.old", change["old"], "")
                    want.get(("clip", name), {}).update(personal(entry, f"{change['field']}.new", change["new"], change["field"]))
            elif act == "received":
                want["receipt", what["receipt"]] = {"subject": subject, "#body": what["receipt_sha256"], "at": at}
            elif act == "sealed" and ("docking", name) in want:
                want["docking", name] |= {"state": "sealed", "sealed_at": at, "manifest_sha256": what["manifest_sha256"]}
                self.sealed(want, name, what)
        want |= {("personal_value", *key): {"commitment": said} for key, said in committed.items() if key not in erased}
        self.compare(want)
        return {str(key[1]) for key in want if key[0] == "blob"} | {row["sha256"] for row in self.db["blob"] if row["sha256"] in self.doubted}

    def sealed(self, want: dict[tuple[object, ...], Row], docking: str, what: Row) -> None:
        """The seal by ``openssl``; what the manifest says of files and clips into the expected rows."""
        want["manifest", docking] = {}
        row = next((row for row in self.db["manifest"] if row["docking"] == docking), {"body": b"", "signature": b""})
        genuine = hx(row["body"]) == what["manifest_sha256"]
        self.found |= {"manifest-altered"} if row["body"] and not genuine else set()
        with tempfile.TemporaryDirectory() as folder:
            body, signature, signer = (Path(folder) / name for name in ("body", "signature", "signer"))
            body.write_bytes(row["body"])
            signature.write_bytes(row["signature"])
            command = ["openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", signature, "-content", body]
            done = subprocess.run([*command, "-signer", signer, "-out", "/dev/null"], capture_output=True, check=False).returncode
            certificate = x509.load_pem_x509_certificate(signer.read_bytes()) if not done else None
        role, digest, _ = self.roles.get(what["key"], ("", "", None))
        if certificate is not None and hx(spki(certificate)) != what["key"]:
            self.found.add("foreign-key")
        elif (certificate is None and genuine) or (certificate is not None and not genuine):
            self.found.add("manifest-signature")
        elif genuine and certificate is not None and role and hx(certificate.public_bytes(Encoding.DER)) != digest:
            self.found.add("manifest-signature")
        said = json.loads(row["body"]) if genuine else {"records": [], "recordings": [], "skipped": []}
        self.doubted |= set() if genuine else {("manifest", docking)}
        listed = {one["position"]: one["record_sha256"] for one in said["records"]}
        records = {row["position"]: row["record"] for row in self.db["sighting"] if row["docking"] == docking}
        listing = next((row["listing"] for row in self.db["inventory"] if row["docking"] == docking), b"")
        if genuine and hx(listing) == said["listing_sha256"]:
            named = listed.keys() | {one["position"] for one in said["skipped"]}
            files = {at for at, item in enumerate(json.loads(listing)["items"]) if item["kind"] == "file"}
            self.found |= {"manifest-altered"} if files - named else set()
        for key, seen in want.items():
            if key[:2] == ("sighting", docking):
                seen |= {"#record": listed.get(key[2]), "record": ...} if genuine else {"record": ...}
                record = json.loads(records[key[2]]) if genuine and hx(records.get(key[2])) == listed.get(key[2]) else None
                if record is None or not record["duplicate"]:
                    want.get(("clip", seen["clip"]), {}).update({name: record[name] if record else ... for name in RECORDED})
        want |= {("recording", one["id"]): {"docking": docking, "segments": dumps(one["segments"])} for one in said["recordings"]}

    def compare(self, want: dict[tuple[object, ...], Row]) -> None:
        for row in self.db["clip"]:
            self.doubted |= {row["sha256"]} if f"clip:{row['id']}" in self.doubted else set()
        for table, columns in KEYS.items():
            have = {(table, *(row[column] for column in columns)): row for row in self.db[table]}
            for key in have.keys() | {key for key in want if key[0] == table}:
                row, expected = have.get(key), want.get(key)
                about = {"signing_key": "key", "inventory": "docking", "manifest": "docking", "sighting": "docking"}.get(table, table)
                subjects = {key[1], f"{about}:{key[1]}", {"log": "station", "settings": "settings"}.get(table)}
                for one in (row or {}, expected or {}):
                    subjects |= {one.get("subject"), f"clip:{one.get('clip')}"}
                    if table == "recording":
                        subjects |= {f"docking:{one.get('docking')}", ("manifest", one.get("docking"))}
                if self.doubted & (subjects - {None}):
                    continue
                if row is None or expected is None:
                    extra = "foreign-key" if table == "signing_key" else "catalogue-extra-row"
                    self.found.add("catalogue-missing-row" if row is None else extra)
                elif not all(self.holds(row, column, value) for column, value in expected.items()):
                    self.found.add("catalogue-differs")

    @staticmethod
    def holds(row: Row, column: str, value: object) -> bool:
        if column == "commitment":
            salt = bytes.fromhex(row["salt"]) if re.fullmatch("[0-9a-f]{32}", str(row["salt"])) else b""
            return hx(b"evidence-station/commitment/v1\0" + salt + row["field"].encode() + b"\0" + str(row["value"]).encode()) == value
        if column == "outcome" and isinstance(value, dict):
            value = dumps({key: value[key] for key in OUTCOME if key in value})
        return value is ... or (hx(row[column[1:]]) if column[0] == "#" else row[column]) == value


def kinds(home: Path, checkpoints: list[bytes], anchors: list[str]) -> set[str]:
    """What is wrong with a home, by kind."""
    return Verification(home, checkpoints, anchors).kinds()


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("home", type=Path)
    arguments.add_argument("--checkpoint", type=Path, action="append", default=[])
    arguments.add_argument("--anchor", action="append", default=[])
    given = arguments.parse_args()
    found = kinds(given.home, [path.read_bytes() for path in given.checkpoint], given.anchor)
    print(json.dumps({"ok": not found, "kinds": sorted(found)}))
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
