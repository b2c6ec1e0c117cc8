"""A second verifier, from FORMATS.md alone and in memory: ``independent_verifier.py HOME [CHECKPOINT-FILE | ANCHOR]…``."""

import base64
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from functools import cache, partial
from hashlib import algorithms_available, new, sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

OUTCOME, RECORDED = ("changed", "medium", "ranges", "reason", "resumed_at", "vaults"), ("recorded_at", "duration_ms", "recording")
TAGS = ("case_number", "note", "recorded_by", "incident", "importance", "sensitivity", "place", "disposed_at")
NOTE = re.compile(r"(?P<text>(?P<origin>\S+)\n(?P<size>\d+)\n(\S+)\n)\n— (?P<name>\S+) (\S+)\n(?P<more>(?:— \S+ \S+\n)*)")
KEYS = {"log": ["epoch"], "settings": ["station"], "sighting": ["docking", "position"], "personal_value": ["entry", "field"]}
KEYS |= {"inventory": ["docking"], "manifest": ["docking"], "blob": ["sha256"]}
KEYS |= {table: ["id"] for table in ("signing_key", "docking", "clip", "recording", "receipt", "device", "alarm", "sheet")}
SM2 = "pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 -certin -inkey SIGNER -sigfile"
CMS = "cms -verify -noverify -binary -inform DER -out /dev/null -signer SIGNER -content"
LOG, GM = ("custody_entry", "checkpoint"), "sm3" in algorithms_available
WORDS = {(None, "asked"), ("asked", "given"), ("asked", "refused"), ("given", "spent"), ("given", "refused")}
GONE, LATER = ("evicted", "recalled", "disposed"), ("sealed_at", "listing_sha256", "manifest_sha256")
# what an act's entry says of a row: columns that hold a member of that name, or ``column=member``, and null where there is none
DEVICE = ("make", "model", "serial", "kind", "state", "assigned_to", "note", "key=device", "issued_to", "issued_at")
ROWS = {"device-registered": ("registered_at=at", *DEVICE), "device-issued": ("issued_at=at", "issued_to=officer")}
ROWS |= {"initialised": ("created_at=at", "unit"), "recovered": ("created_at=at", "unit"), "key-revoked": ("revoked_at=at",)}
ROWS |= {"key-introduced": ("introduced_at=at", "role", "#certificate=certificate_sha256", "revoked_at")}
ROWS |= {"settings-changed": ("accepted_at=at", "sha256"), "recorded": ("at", "kind", "version", "said", "kept")}
ROWS |= {"alarm-raised": ("raised_at=at", "kind", "subject", "fields", "acknowledged_at", "acknowledged_by", "note")}
ROWS |= {"alarm-acknowledged": ("acknowledged_at=at", "acknowledged_by=actor", "note"), "recalled": ("evicted_at",)}
ROWS |= {"docked": ("opened_at=at", "device", "source", "profile", "acquisition", "officer", "state=open", *LATER)}
ROWS |= {"inventory": ("listing_sha256",), "received": ("at", "subject=about", "#body=receipt_sha256")}
ROWS |= {"copied": ("taken_at=at", "path", "device", "size", "sha256", "docking", "category=unclassified", *RECORDED, *TAGS)}
ROWS |= {"sealed": ("sealed_at=at", "manifest_sha256", "state=act"), "refused": ("state=act",)}
ROWS |= {"evicted": ("evicted_at=at",), "disposed": ("evicted_at=at",), "device-returned": ("issued_to", "issued_at")}
Row = dict[str, Any]
dumps = partial(json.dumps, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hx(data: object) -> str:
    return sha256(data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogateescape")).hexdigest()


def parsed(body: bytes) -> Row:
    with suppress(ValueError):
        return value if isinstance(value := json.loads(body), dict) and dumps(value).encode() == body else {}
    return {}


def mth(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


@cache
def openssl(untrusted: bytes, beside: object, command: str, key: bytes = b"") -> bytes | None:
    with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile() as signer:
        Path(file.name).write_bytes(beside if isinstance(beside, bytes) else b"")
        Path(signer.name).write_bytes(key)
        names = [signer.name if one == "SIGNER" else one for one in command.split()]
        done = subprocess.run(["openssl", *names, file.name], input=untrusted, capture_output=True, check=False)
        return Path(signer.name).read_bytes() if done.returncode == 0 else None


class Verification:
    def __init__(self, home: Path, anchors: list[str]) -> None:
        self.home, self.anchors, self.found = home, {one.lower() for one in anchors}, set[str]()
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(home, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("vault", "store", "keys"))
            with closing(sqlite3.connect(Path(copy) / "catalogue.sqlite3")) as database:
                self.say("catalogue-differs", database.execute("PRAGMA integrity_check").fetchall() != [("ok",)])
                database.row_factory = sqlite3.Row
                self.db = {name: list(map(dict, database.execute(f"SELECT * FROM {name}"))) for name in (*KEYS, *LOG)}
        self.station: str = max(of := [row["station"] for row in self.db["checkpoint"] + self.db["custody_entry"]], key=of.count)
        self.db = {table: [row for row in rows if row["station"] == self.station] for table, rows in self.db.items()}
        self.entries = [row if isinstance(row["body"], bytes) else row | {"body": b""} for row in self.db["custody_entry"]]
        self.log, self.ends = list[tuple[int, Row]](), dict[str, tuple[list[bytes], bool]]()
        self.want, self.keys = dict[tuple[object, ...], Row](), dict[str, tuple[Row, x509.Certificate | None]]()
        stored = {row["id"]: row["certificate"] for row in self.db["signing_key"] if isinstance(row["certificate"], bytes)}
        for body, name in [(parsed(row["body"]), row["subject"][4:]) for row in self.entries if row["type"][:4] == "key-"]:
            if "certificate_sha256" in body.get("what", {}):
                raw, what = stored.get(name, b""), body["what"] | {"since": body["when"]["utc"]}
                self.keys[name] = what, x509.load_der_x509_certificate(raw) if hx(raw) == what["certificate_sha256"] else None
            elif body and name in self.keys:
                self.keys[name][0].setdefault("until", body["when"]["utc"])

    def say(self, kind: str, condition: object) -> None:
        self.found |= {kind} if condition else set()

    def kinds(self, witnesses: list[bytes]) -> set[str]:
        for epoch in sorted({row["epoch"] for row in self.entries + self.db["checkpoint"]}):
            self.epoch(epoch)
        gaps = [body["what"] for _, body in self.log if body["type"] == "recovered"]
        ends = {origin: len(leaves) for origin, (leaves, _) in self.ends.items()}
        self.say("log-missing", any(ends.get(gap["previous"]["origin"], 0) < gap["previous"]["size"] for gap in gaps))
        named = {one["origin"]: one for gap in gaps for one in (gap["witnessed"], *gap.get("lost", [])) if one}
        contents = {one["sha256"]: one["evicted_at"] for one in self.db["blob"]} if "log-" in "".join(self.found) else self.rows()
        authorities = {what["certificate_sha256"]: one for what, one in self.keys.values() if what["role"] == "ca"}
        self.say("foreign-key", self.anchors - authorities.keys())
        cas = b"".join(one.public_bytes(Encoding.PEM) for one in authorities.values() if one)
        for what, one in [(what, one) for what, one in self.keys.values() if one and None not in authorities.values()]:
            for at in {what["since"], what.get("until", max((one["when"]["utc"] for _, one in self.log), default=what["since"]))}:
                purpose = "" if what["role"] == "ca" else "-purpose smimesign"
                command = f"verify -attime {int(datetime.fromisoformat(at).timestamp())} {purpose} -partial_chain -CAfile"
                self.say("certificate-chain", openssl(one.public_bytes(Encoding.PEM), cas, command) is None)
        for witness in witnesses:
            self.witness(witness.decode(errors="replace"), named)
        self.found -= {"rolled-back"} if "forked" in self.found else set()  # what was lost before it went on
        blobs = self.home / "vault" / "blobs"
        lying = [path for path in blobs.glob("*/*") if not path.parent.is_symlink()]
        files = {path.name: path for path in lying if path.parent.name == path.name[:2]}
        odd = len(files) < len(lying) or any(not path.is_dir() or path.is_symlink() for path in blobs.glob("*"))
        self.say("vault-extra", files.keys() - contents.keys() or odd)
        whole = {name: path for name, path in files.items() if name in contents and path.is_file() and not path.is_symlink()}
        self.say("vault-missing", {name for name, away in contents.items() if not away} - whole.keys())
        self.say("vault-digest", any(hx(path.read_bytes()) != name for name, path in whole.items()))
        gm = {one["sha256"]: one["sm3"] for one in self.want.values() if one.get("sm3") and one.get("sha256") in whole}
        self.say("vault-digest", GM and any(new("sm3", whole[name].read_bytes()).hexdigest() != one for name, one in gm.items()))
        return self.found

    def head(self, untrusted: object, origin: str | None = None, size: int | None = None) -> tuple[str, str, int, bytes] | None:
        """``(good | bad | foreign | unknown, origin, size, root)`` of a signed note; None when it is none."""
        if (note := NOTE.fullmatch(str(untrusted))) is None or {origin or note["origin"], note["name"]} != {note["origin"]}:
            return None
        if size is not None and (note["more"] or size != int(note["size"])):
            return None
        raw, text = base64.b64decode(note[6]), note["text"].encode()
        verdict = "unknown" if any(what["role"] == "log" and not one for what, one in self.keys.values()) else "foreign"
        for key, (what, one) in self.keys.items():
            public = one.public_key() if one and what["role"] != "seal-gm" else None
            name, how = bytes.fromhex(key), [ec.ECDSA(hashes.SHA256())]
            if isinstance(public, ed25519.Ed25519PublicKey):
                name, how = sha256(note["origin"].encode() + b"\n\x01" + public.public_bytes_raw()).digest(), []
            if public is not None and name[:4] == raw[:4]:
                verdict = "bad"
                with suppress(InvalidSignature):
                    public.verify(raw[4:], text, *how)  # type: ignore[arg-type,union-attr]  # the key kind decided
                    verdict = "good"
        return verdict, note["origin"], int(note["size"]), base64.b64decode(note[4])

    def epoch(self, epoch: int) -> None:
        rows = sorted((row for row in self.entries if row["epoch"] == epoch), key=lambda row: row["seq"])
        heads = sorted((row for row in self.db["checkpoint"] if row["epoch"] == epoch), key=lambda row: row["size"])
        if [row["seq"] for row in rows] != list(range(len(rows))) or not rows:
            self.found.add("log-missing")
            return
        leaves, bodies = [sha256(b"\0" + row["body"]).digest() for row in rows], [parsed(row["body"]) for row in rows]
        moved = {seq: body["seq"] for seq, body in enumerate(bodies) if body.get("seq", seq) != seq}
        swapped = moved and set(moved) == set(moved.values())
        down = moved and all(moved.get(seq) == seq + 1 for seq in range(min(moved), len(rows)))
        self.found |= {"log-order" if swapped else "log-missing" if down else "log-altered"} if moved else set()
        sound, origin = not moved, f"evidence-station/{self.station}/{epoch}"
        for row in heads:
            good = (head := self.head(row["note"], origin, row["size"])) is not None and head[0] == "good"
            self.say("log-altered", head is None or head[0] == "bad" or row["root"] != head[3].hex())
            self.say("foreign-key", head and head[0] == "foreign")
            self.say("log-missing", good and row["size"] > len(rows) and not down)
            fits = good and head is not None and (mth(leaves[: head[2]]) == head[3] or head[2] > len(rows))
            self.say("log-altered", good and not fits and not moved)
            sound &= fits
        covered = max((row["size"] for row in heads), default=0)
        self.say("log-altered", covered < len(rows) or not all(bodies))
        for seq, (row, body) in enumerate(zip(rows, bodies, strict=True)):
            if body and not moved:
                whole = b"".join(mth(leaves[seq + 1 - (1 << k) : seq + 1]) for k in range((~seq & seq + 1).bit_length()))
                columns = [body["id"], body["type"], body["subject"], body["when"]["utc"], whole]
                self.say("log-altered", columns != [row[name] for name in ("id", "type", "subject", "at", "hashes")])
                ended = 0 < seq < covered and bodies[seq - 1].get("when") != body["when"] and sound
                self.say("log-missing", ended and seq not in {row["size"] for row in heads})
                self.log.append((epoch, body))
        self.ends[origin] = (leaves, sound)

    def witness(self, untrusted: str, lost: dict[str, Row]) -> None:
        verdict, origin, size, root = self.head(untrusted) or ("", "", 0, b"")
        verdict = verdict if origin.startswith(f"evidence-station/{self.station}/") else ""
        (leaves, sound), named = self.ends.get(origin, ([], True)), lost.get(origin, {"size": -1, "root": ""})
        self.say("foreign-key", verdict == "foreign")
        if verdict == "good" and sound and named["size"] <= size and (named["size"], named["root"]) != (size, root.hex()):
            self.say("forked" if size <= len(leaves) else "rolled-back", mth(leaves[:size]) != root)

    def rows(self) -> dict[str, bool]:  # what the vault must hold, or (true) may be without
        want, paths, last, hidden = self.want, dict[str, dict[int, bytes]](), dict[object, str](), dict[tuple[str, str], Row]()
        for epoch, body in self.log:
            what, subject = body["what"], body["subject"]
            self.say("log-missing", body["prev"] != last.get((epoch, subject)))
            last[epoch, subject] = sha256(b"\0" + dumps(body).encode()).hexdigest()
            said = (
                {"actor": body["actor"].get("person")} | what | {f"fields.{k}": one for k, one in what.get("fields", {}).items()}
            )
            changes = [(one.get("field") or one["key"], one) for one in what.get("changes", [])]
            said |= {f"{name}.{side}": one[side] for name, one in changes for side in ("old", "new")}
            hidden |= {(body["id"], key): one for key, one in said.items() if isinstance(one, dict) and [*one] == ["commitment"]}
            hidden.pop((what.get("entry", ""), what.get("field", "")), None)  # erased
        self.given = {body["what"]["receipt"]: body["what"] for _, body in self.log if body["type"] == "received"}
        self.held, self.away = {row["id"]: row["body"] for row in self.db["receipt"]}, dict[str, bool]()
        values: dict[object, Any] = dict.fromkeys(hidden, ...)  # what cannot be known is named at its own row
        values |= {both: row["value"] for row in self.db["personal_value"] if (both := (row["entry"], row["field"])) in hidden}
        for epoch, body in self.log:
            what, act, at, (kind, _, name) = body["what"], body["type"], body["when"]["utc"], body["subject"].partition(":")
            place = {"station": ("log", epoch), "settings": ("settings", self.station), "key": ("signing_key", name)}
            place |= {"received": ("receipt", what.get("receipt"))} | dict.fromkeys(GONE, ("blob", what.get("sha256")))
            thing = place.get(act, place.get(kind, (kind, name)))
            own = {key: values.get((body["id"], key)) for key in ("actor", "officer", "assigned_to", "note", "kept")}
            path = paths.get(what.get("docking"), {}).get(what.get("position"), ...)
            own |= {"act": act, "at": at, "about": body["subject"], "path": path, "open": "open", "unclassified": "unclassified"}
            facts, outcome = what | own, {key: what[key] for key in OUTCOME if key in what}
            bare: Row = {"outcome": outcome, "record": None, "sm3": what.get("sm3")}
            self.say("log-missing", act == "recorded" and want.get(thing, {"version": 0})["version"] + 1 != what["version"])
            self.say("log-missing", act == "recorded" and self.unworded(thing, what["kind"], what["said"]))
            if act in ROWS and (act != "refused" or name):
                pairs = [one.partition("=") for one in ROWS[act]]
                want.setdefault(thing, {}).update({column: facts.get(member or column) for column, _, member in pairs})
            if act in GONE:
                self.gone(act, name, what, at)
            elif act == "inventory":
                want["inventory", name] = {"#listing": what["listing_sha256"]}
                listed = [one["listing"] for one in self.db["inventory"] if hx(one["listing"]) == what["listing_sha256"]]
                items = enumerate(json.loads(listed[0])["items"] if listed else [])
                paths[name] = {at: base64.b64decode(one.get("path_b64", "")) or one["path"].encode() for at, one in items}
            elif act == "copied":
                want["sighting", what["docking"], what["position"]] = bare
            elif act in ("verified", "damaged", "empty", "duplicate-seen", "unreadable"):
                seen = want.setdefault(("sighting", what.get("docking", name), what["position"]), bare)
                seen |= {"state": what.get("state", act), "size": what.get("size", 0), "outcome": seen["outcome"] | outcome}
                digest = what.get("sha256", hx(b"") if act == "empty" else None)
                seen |= {"clip": name if act != "unreadable" else None, "sha256": digest}
                want.get(("clip", name), {}).update({} if act == "duplicate-seen" else {"state": act})
                if act in ("verified", "damaged"):
                    want.setdefault(("blob", what["sha256"]), {"size": what["size"], "placed_at": at, "evicted_at": None})
            elif act in ("tagged", "device-changed"):
                for change in what["changes"]:
                    known = values.get((body["id"], f"{change['field']}.new"))
                    want[thing][change["field"]] = known if isinstance(change["new"], dict) else change["new"]
            elif act == "sealed":
                self.sealed(name, what)
        want |= {("personal_value", *field): one for field, one in hidden.items()}
        for table, columns in KEYS.items():
            have = {(table, *(row[column] for column in columns)): row for row in self.db[table]}
            wanted = {key for key in want if key[0] == table}
            self.say("foreign-key" if table == "signing_key" else "catalogue-extra-row", have.keys() - wanted)
            self.say("catalogue-missing-row", wanted - have.keys())
            for key in wanted & have.keys():
                self.say("catalogue-differs", not all(holds(have[key], column, value) for column, value in want[key].items()))
        file, accepted = self.home / "station.toml", want.get(("settings", self.station), {}).get("sha256")
        self.say("settings-unexplained", not file.exists() or hx(file.read_bytes()) != accepted)
        return dict.fromkeys((str(key[1]) for key in want if key[0] == "blob"), False) | self.away

    def unworded(self, sheet: tuple[object, ...], kind: str, said: Row) -> bool:  # a second person's word: given once, spent once
        on = ("sheet", said.get("approval")) if kind == "disposal" else sheet
        now, was = said.get("state"), {"state": None} | self.want.get(on, {}).get("said", {})
        spent = was.items() >= {"act": "dispose", "subject": ":".join(map(str, sheet)), "state": "spent"}.items()
        return (kind == "disposal" and now == "begun" and not spent) or (kind == "approval" and (was["state"], now) not in WORDS)

    def gone(self, act: str, clip: str, what: Row, at: str) -> None:  # whether what it leans on covers it
        if act != "evicted":
            self.want.setdefault(("clip", clip), {})["disposed_at"] = at if act == "disposed" else None
        begun = self.want.get(("sheet", what.get("disposal")), {}).get("said", {})
        named = begun.get("state") == "begun" and what["sha256"] in [one["sha256"] for one in begun["contents"]]
        self.say("log-missing", act == "disposed" and not named)
        said, body = self.given.get(what.get("receipt"), {"trial": True}), self.held.get(what.get("receipt"))
        facts = {"sha256": what["sha256"], "size": what["size"], "kind": "store"}
        good = hx(body) != said.get("receipt_sha256") or parsed(str(body).encode()).items() >= facts.items()
        self.away[what["sha256"]] = act == "disposed" or (good and not said["trial"] and said["proof"] in ("composite", "full"))

    def sealed(self, docking: str, what: Row) -> None:
        """The seal by ``openssl``; what the manifest says of files and clips into the expected rows."""
        want, mine = self.want, {table: [row for row in self.db[table] if docking in row.values()] for table in KEYS}
        want["manifest", docking] = {} if "key_gm" in what else {"signature_gm": None}
        row = mine["manifest"][0] if mine["manifest"] else {"body": b"", "signature": b"", "signature_gm": b""}
        genuine = hx(row["body"]) == what["manifest_sha256"]
        second, held = self.keys.get(what.get("key_gm", ""), ({}, None))[1], row["signature_gm"]
        good = second and openssl(row["body"], held, SM2, key=second.public_bytes(Encoding.PEM))
        self.say("manifest-signature", genuine and second and good is None)
        signer = None
        with suppress(ValueError):
            signer = x509.load_pem_x509_certificate(openssl(row["signature"], row["body"], CMS) or b"")
        foreign = signer and hx(signer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) != what["key"]
        other = signer and hx(signer.public_bytes(Encoding.DER)) != self.keys[what["key"]][0]["certificate_sha256"]
        self.say("manifest-altered", row["body"] and not genuine)
        self.say("foreign-key", foreign)
        self.say("manifest-signature", not foreign and ((signer is not None) != genuine or other))
        said = json.loads(row["body"]) if genuine else {"records": [], "recordings": [], "skipped": []}
        listed = {one["position"]: one["record_sha256"] for one in said["records"]}
        if genuine and mine["inventory"] and hx(listing := mine["inventory"][0]["listing"]) == said["listing_sha256"]:
            files = {at for at, item in enumerate(json.loads(listing)["items"]) if item["kind"] == "file"}
            self.say("manifest-altered", files - listed.keys() - {one["position"] for one in said["skipped"]})
        records = {row["position"]: row["record"] for row in mine["sighting"]}
        for key in (key for key in want if key[:2] == ("sighting", docking)):
            want[key] |= {"#record": listed.get(key[2]), "record": ...} if genuine else {"record": ...}
            known = genuine and hx(records.get(key[2])) == listed.get(key[2])
            record = json.loads(records[key[2]]) if known else {"duplicate": False} | dict.fromkeys(RECORDED, ...)
            if not record["duplicate"] and want[key]["clip"] is not None:
                want["clip", want[key]["clip"]] |= {name: record[name] for name in RECORDED}
        want |= {("recording", one["id"]): {"docking": docking, "segments": dumps(one["segments"])} for one in said["recordings"]}
        want |= {} if genuine else {("recording", row["id"]): {} for row in mine["recording"]}


def holds(row: Row, column: str, value: object) -> bool:
    """Whether a row holds what the log says: ``#column`` is known by its digest, ``commitment`` so, ``...`` not at all."""
    if column == "commitment":
        salt = bytes.fromhex(row["salt"]) if re.fullmatch("[0-9a-f]{32}", str(row["salt"])) else b""
        return hx(b"evidence-station/commitment/v1\0" + salt + f"{row['field']}\0{row['value']}".encode()) == value
    told = dumps(value) if isinstance(value, dict) else value
    return told is ... or (hx(row[column[1:]]) if column[0] == "#" else row[column]) == told


if __name__ == "__main__":
    heads, anchors = [one for one in sys.argv[2:] if Path(one).exists()], [one for one in sys.argv[2:] if not Path(one).exists()]
    wrong = Verification(Path(sys.argv[1]), anchors).kinds([Path(one).read_bytes() for one in heads])
    print(json.dumps({"ok": not wrong, "kinds": sorted(wrong)}))
    sys.exit(3 if wrong else 0)
