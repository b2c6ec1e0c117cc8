"""Verify a court package: ``python3 verify_package.py DIR --anchor FINGERPRINT``. This one file is all of the verifier.

It imports nothing of the program that made the package: Python 3.9's standard library, and the program ``openssl`` (3.0 or newer)
for every signature and certificate. What it checks is written in PACKAGE.md and FORMATS.md. Every package carries a copy of it; a
suspicious reader takes his own copy, or writes another.

Rules it keeps:

* everything in the package is hostile: bounded reads, strict JSON, no link followed, no path taken from the package's own lists;
* nothing is written but in a temporary folder; no network;
* what is wrong is named by a stable kind, and everything is looked at as far as it can still be read;
* without an anchor that came from elsewhere a package can only be consistent in itself: exit status 4, never 0.

Exit status: 0 proven, 2 usage, 3 something is wrong, 4 consistent but the origin, or what was asked for, is not proven.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import calendar
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

KINDS = (
    *("bag-malformed", "bag-path", "bag-link", "bag-duplicate", "bag-case", "too-large"),
    *("file-missing", "file-extra", "file-altered", "package-malformed", "package-signature", "package-index"),
    *("foreign-key", "certificate-chain", "key-not-in-force", "checkpoint-signature", "forked", "proof-altered"),
    *("entry-altered", "entry-missing", "entry-extra", "record-altered", "personal-altered", "manifest-altered"),
    *("manifest-signature", "clip-altered", "clip-missing", "time-stamp-other", "time-stamp-signature", "cosignature"),
)
"""Everything that can be wrong with a package."""
NOTES = (
    *("unanchored", "withheld", "docking-open", "clock-doubted", "time-stamped", "time-stamp-unproven", "checkpoint-elsewhere"),
    *("checkpoint-later", "checkpoint-agrees", "not-witnessed", "witnessed", "cosignature-unproven", "recovered", "key-revoked"),
    *("clip-elsewhere", "seal-unproven", "second-seal-unproven", "gm-unchecked", "redacted"),
)
"""What is worth saying although nothing is wrong."""

SMALL = 64 << 20
"""Bytes of the largest file that is read as a whole; footage is streamed."""
LEAVES = 1 << 30
FILES = 200_000
LINE = 4 << 20
DEPTH = 64
STAMPS = 16
TOKEN = 1 << 20
PROBLEMS = 200
BLOCK = 1 << 20
OPENSSL_SECONDS = 120

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
HEX = re.compile(r"[0-9a-f]{64}")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{6}Z")
SIGNATURE_LINE = re.compile("— (?P<name>[^ +\n]{1,255}) (?P<data>[A-Za-z0-9+/]+=*)")
TAG_FILES = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "HOW-TO-VERIFY.txt", "verify_package.py"}
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.sig"
PAYLOAD = re.compile(
    rf"data/(package\.json|case\.jsonld|clips/{UUID}\.[a-z0-9]{{1,8}}|(playable|redacted)/{UUID}\.mp4|records/{UUID}-\d{{1,9}}\.json"
    rf"|manifests/{UUID}(\.json|\.p7s|\.sm2|(\.\d{{1,3}})?\.tsr)|papers/[a-z0-9-]{{1,64}}\.pdf"
    rf"|certificates/((ca|seal|seal-gm|log)-[0-9a-f]{{16}}|seal-gm-[0-9a-f]{{16}}\.pub|ca|chain)\.pem"
    rf"|custody/(personal|proofs)\.json|custody/(log|leaves)-\d{{1,6}}\.(jsonl|bin)"
    rf"|custody/\d{{1,6}}-\d{{1,18}}\.(checkpoint|cosigned|tsr|\d{{1,3}}\.tsr))"
)
"""Every file that a package may hold under ``data/``."""
ENTRY = {"v", "seq", "id", "type", "subject", "actor", "what", "when", "prev", "salt"}
SM2_ID = "1234567812345678"
"""The signer's id that goes into what is signed with SM2 (GM/T 0009, section 10)."""
SM2_KEY = bytes.fromhex(
    "3059301306072a8648ce3d020106082a811ccf5501822d0342000421961d743386367d105ddc1c023b7f6fbcac7600e6f7fe453679727380555ab8"
    "54f806460f85d097f9941d05f355e0e07a57caea13c17a912d24bab1fbb15d7d"
)
SM2_SIGNATURE = bytes.fromhex(
    "304502205fbf3117962756f837f60876f1ecbd322f28ccd56e96960cfee8b9f36cd3ab6a022100c93384187fdbe3fc93a7b5b471d4b6e8a2c7424d"
    "0e034cbd2759b38ff51990c6"
)
"""A key, and its good signature over ``known answer``: some builds of openssl leave SM2 out, and would call every signature bad."""
COSIGNATURE_TYPE = 4
ED25519_TYPE = 1
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, section 4)."""


class Flaw(Exception):
    """Something of the package is wrong, so far that this part cannot be looked at any further."""

    def __init__(self, kind: str, subject: str, detail: str) -> None:
        super().__init__(f"{kind} {subject}: {detail}")
        self.kind, self.subject, self.detail = kind, subject, detail


class NoOpenSSL(Exception):
    """The program openssl is not there, or did not come back."""


class Verdict:
    """What was found."""

    def __init__(self) -> None:
        self.problems: list[dict[str, str]] = []
        self.notes: list[dict[str, str]] = []
        self.unproven = False
        self.anchored = False
        self.about: dict[str, Any] = {"package": None, "station": None, "made_at": None, "log": None, "clips": [], "seals": []}

    def problem(self, kind: str, subject: str, detail: str) -> None:
        """Something is wrong."""
        one = {"kind": kind, "subject": subject, "detail": detail}
        if one not in self.problems and len(self.problems) < PROBLEMS:
            self.problems.append(one)

    def note(self, kind: str, subject: str, detail: str, *, unproven: bool = False) -> None:
        """Something to know; ``unproven`` keeps the verdict from being 0."""
        self.notes.append({"kind": kind, "subject": subject, "detail": detail})
        self.unproven = self.unproven or unproven

    @property
    def status(self) -> int:
        """The exit status."""
        return 3 if self.problems else 0 if self.anchored and not self.unproven else 4

    def document(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        return {
            "ok": not self.problems,
            "anchored": self.anchored,
            "unproven": self.unproven,
            **self.about,
            "problems": self.problems,
            "notes": self.notes,
        }


# Strict reading


def strict_json(untrusted: bytes, subject: str, *, kind: str = "package-malformed") -> Any:  # noqa: ANN401  # any JSON value
    """Canonical JSON (RFC 8785 as FORMATS.md bounds it): each member once, no float, one spelling. Raises :class:`Flaw`."""
    depth = deepest = 0
    for character in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", untrusted):
        depth += (character in b"[{") - (character in b"]}")
        deepest = max(deepest, depth)
    if deepest > DEPTH:
        raise Flaw(kind, subject, f"nested deeper than {DEPTH}")

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(members)
        if len(found) != len(members) or not all(key.isascii() for key in found):
            raise ValueError("a member twice, or with a name that is not ASCII")
        return found

    def whole(digits: str) -> int:
        if len(digits) > 17:
            raise ValueError("a number of the formats is below 2^53")
        return int(digits)

    def never(text: str) -> NoReturn:
        raise ValueError(f"{text} is no number of the formats")

    try:
        value = json.loads(
            untrusted.decode("utf-8"), object_pairs_hook=pairs, parse_int=whole, parse_float=never, parse_constant=never
        )
        if canonical(value) != untrusted:
            raise ValueError("not in canonical form")
    except (ValueError, RecursionError) as error:
        raise Flaw(kind, subject, f"not canonical JSON: {error}") from error
    return value


def canonical(value: Any) -> bytes:  # noqa: ANN401  # any JSON value
    """The one spelling of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def sha256(data: bytes) -> str:
    """The digest as hex."""
    return hashlib.sha256(data).hexdigest()


def unbase64(text: str) -> bytes:
    """Base64 in its one spelling. Raises ``ValueError``."""
    found = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("another spelling of base64")
    return found


def seconds(moment: object) -> int:
    """Whole seconds since 1970 of a moment of the formats. Raises ``ValueError``."""
    found = MOMENT.fullmatch(moment) if isinstance(moment, str) else None
    if found is None:
        raise ValueError("not a moment of the formats")
    return calendar.timegm(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S"))


def utc(at: int) -> str:
    """Seconds since 1970 as RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


# The bag (RFC 8493)


class Bag:
    """The files of a package, found by looking, never by what a list in it says."""

    def __init__(self, root: Path, verdict: Verdict) -> None:
        self.root = root
        self.verdict = verdict
        self.sizes: dict[str, int] = {}
        self.digests: dict[str, str] = {}
        self._look()

    def _look(self) -> None:
        waiting, seen = [""], 0
        while waiting:
            folder = waiting.pop()
            lower: set[str] = set()
            for entry in sorted(os.scandir(self.root / folder), key=lambda one: os.fsencode(one.name)):
                seen += 1
                if seen > FILES:
                    raise Flaw("too-large", "package", f"more than {FILES} files")
                path = folder + entry.name
                shown = os.fsencode(path).decode("utf-8", "backslashreplace")
                if not NAME.fullmatch(entry.name) or path.count("/") > 3:
                    self.verdict.problem("bag-path", shown, "a name that no package has")
                    continue
                if entry.name.lower() in lower:
                    self.verdict.problem("bag-case", shown, "two names that differ in capitals only")
                lower.add(entry.name.lower())
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path + "/")
                elif stat.S_ISREG(status.st_mode):
                    self.sizes[path] = status.st_size
                else:
                    self.verdict.problem("bag-link", shown, "a link or a special file")

    def has(self, path: str) -> bool:
        """Whether the file is there."""
        return path in self.sizes

    def read(self, path: str, limit: int = SMALL) -> bytes:
        """A whole small file. Raises :class:`Flaw`."""
        if path not in self.sizes:
            raise Flaw("file-missing", path, "it is not there")
        if self.sizes[path] > limit:
            raise Flaw("too-large", path, f"more than {limit} bytes")
        try:
            with open(self.root / path, "rb", opener=no_links) as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Flaw("file-missing", path, f"it cannot be read: {error.strerror}") from error
        if len(data) > limit:
            raise Flaw("too-large", path, f"more than {limit} bytes")
        return data

    def digest(self, path: str) -> str:
        """SHA-256 of a file of any size. Raises :class:`Flaw`."""
        if path not in self.digests:
            total, left = hashlib.sha256(), self.sizes[path]
            try:
                with open(self.root / path, "rb", opener=no_links) as file:
                    while block := file.read(BLOCK):
                        total.update(block)
                        left -= len(block)
                        if left < 0:
                            raise Flaw("too-large", path, "it grows while it is read")
            except OSError as error:
                raise Flaw("file-missing", path, f"it cannot be read: {error.strerror}") from error
            self.digests[path] = total.hexdigest()
        return self.digests[path]

    def check(self) -> None:
        """The bag's own rules: what it declares, that every file is listed once, and has the digest listed."""
        if (
            not self.has("bagit.txt")
            or self.read("bagit.txt", 1024) != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        ):
            self.verdict.problem("bag-malformed", "bagit.txt", "not the declaration of RFC 8493, section 2.1.1")
        tags = self._listed(TAG_MANIFEST)
        payload = self._listed("manifest-sha256.txt")
        for name in sorted(TAG_FILES - tags.keys()):
            self.verdict.problem("file-missing", name, "the tag manifest does not list it")
        for name in sorted(tags.keys() - TAG_FILES):
            self.verdict.problem("bag-path", name, "the tag manifest lists what is no tag file of a package")
        for name in sorted(payload):
            if not PAYLOAD.fullmatch(name):
                self.verdict.problem("bag-path", name, "the payload manifest lists what no package holds")
        for path in sorted(self.sizes):
            if path not in tags and path not in payload and path not in (TAG_MANIFEST, SIGNATURE):
                self.verdict.problem("file-extra", path, "no manifest lists it")
        for path, listed in sorted({**payload, **tags}.items()):
            if path not in self.sizes:
                self.verdict.problem("file-missing", path, "a manifest lists it, and it is not there")
            elif self.digest(path) != listed:
                self.verdict.problem("file-altered", path, f"its digest is {self.digest(path)}, listed {listed}")
        self._oxum(payload)

    def _oxum(self, payload: dict[str, str]) -> None:
        if not self.has("bag-info.txt"):
            return
        held = sum(self.sizes.get(path, 0) for path in payload)
        found = re.findall(rb"^Payload-Oxum: (\d{1,20})\.(\d{1,9})$", self.read("bag-info.txt", 1 << 20), re.MULTILINE)
        if found != [(str(held).encode(), str(len(payload)).encode())]:
            self.verdict.problem("bag-malformed", "bag-info.txt", "Payload-Oxum is not what the bag holds")

    def _listed(self, manifest: str) -> dict[str, str]:
        found: dict[str, str] = {}
        lower: set[str] = set()
        try:
            text = self.read(manifest).decode("utf-8")
        except UnicodeDecodeError:
            self.verdict.problem("bag-malformed", manifest, "not UTF-8")
            return found
        except Flaw as flaw:
            self.verdict.problem(flaw.kind, flaw.subject, flaw.detail)
            return found
        lines = text.split("\n")
        if lines.pop() != "":
            self.verdict.problem("bag-malformed", manifest, "its last line does not end")
        for line in lines:
            digest, blanks, path = line[:64], line[64:66], line[66:]
            if not HEX.fullmatch(digest) or blanks != "  ":
                self.verdict.problem("bag-malformed", manifest, f"not a line of a manifest: {line[:100]!r}")
            elif not path or not all(NAME.fullmatch(part) for part in path.split("/")):
                self.verdict.problem("bag-path", manifest, f"a path that no package has: {path[:100]!r}")
            elif path in found:
                self.verdict.problem("bag-duplicate", path, f"{manifest} lists it twice")
            elif path.lower() in lower:
                self.verdict.problem("bag-case", path, f"{manifest} lists names that differ in capitals only")
            else:
                found[path] = digest
                lower.add(path.lower())
        return found


def no_links(path: str, flags: int) -> int:
    """Open without following a link, and without waiting for a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


# openssl


class OpenSSL:
    """The program openssl, on files in a temporary folder or in the package."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._count = 0
        self._sm2: bool | None = None

    def check_version(self) -> None:
        """Older ones cannot check Ed25519, and would call what is good bad. Raises :class:`NoOpenSSL`."""
        _, text, _ = self.run("version")
        if not re.match(rb"OpenSSL ([3-9]|[1-9][0-9])\.", text):
            raise NoOpenSSL(f"OpenSSL 3.0 or newer is needed, here is {text.decode('ascii', 'replace').strip() or 'none'}")

    def keep(self, data: bytes) -> str:
        """Lay bytes down for openssl to read."""
        self._count += 1
        path = self.scratch / f"{self._count}"
        path.write_bytes(data)
        return str(path)

    def run(self, *arguments: str) -> tuple[bool, bytes, str]:
        """Whether it succeeded, what it wrote, and its complaint in one line. Raises :class:`NoOpenSSL`."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "OPENSSL_CONF": os.devnull, "LC_ALL": "C"}
        environment.update({name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ})
        try:
            done = subprocess.run(
                ["openssl", *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=OPENSSL_SECONDS,
                env=environment,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoOpenSSL(str(error)) from error
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return done.returncode == 0, done.stdout, next((one for one in told if "error" in one.lower()), "refused")[:200]

    def public_key(self, certificate: bytes, subject: str) -> bytes:
        """SubjectPublicKeyInfo (DER) of a certificate (DER). Raises :class:`Flaw`."""
        good, pem, told = self.run("x509", "-inform", "DER", "-in", self.keep(certificate), "-noout", "-pubkey")
        found = re.fullmatch(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n", pem)
        if not good or found is None:
            raise Flaw("certificate-chain", subject, f"not a certificate: {told}")
        return base64.b64decode(found[1])

    def signed(self, spki: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the key made this signature: Ed25519, or ECDSA with SHA-256."""
        key = self.keep(pem_of(spki, "PUBLIC KEY"))
        if spki.startswith(SPKI_ED25519):
            return self.run(
                *("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key),
                *("-in", self.keep(message), "-sigfile", self.keep(signature)),
            )[0]
        return self.run("dgst", "-sha256", "-verify", key, "-signature", self.keep(signature), self.keep(message))[0]

    def signed_sm2(self, spki: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the key made this signature: SM2 with SM3 (GB/T 32918.2)."""
        return self.run(
            *("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{SM2_ID}"),
            *("-pubin", "-inkey", self.keep(pem_of(spki, "PUBLIC KEY"))),
            *("-in", self.keep(message), "-sigfile", self.keep(signature)),
        )[0]

    def knows_sm2(self) -> bool:
        """Whether this openssl can check SM2 at all."""
        if self._sm2 is None:
            self._sm2 = self.signed_sm2(SM2_KEY, b"known answer", SM2_SIGNATURE)
        return self._sm2

    def sm3(self, path: Path) -> str | None:
        """SM3 of a file of any size (GB/T 32905). None where this openssl does not have it."""
        good, digest, _ = self.run("dgst", "-sm3", "-binary", str(path))
        return digest.hex() if good and len(digest) == 32 else None


def pem_of(der: bytes, label: str) -> bytes:
    """DER as PEM (RFC 7468)."""
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def ders_of(pem: bytes, subject: str) -> list[bytes]:
    """The certificates of a PEM file, which holds nothing else. Raises :class:`Flaw`."""
    found = []
    rest = pem.decode("ascii", "replace")
    while rest:
        block = re.match(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n", rest)
        if block is None:
            raise Flaw("certificate-chain", subject, "not certificates in PEM")
        der = base64.b64decode(block[1])
        if pem_of(der, "CERTIFICATE").decode() != block[0]:
            raise Flaw("certificate-chain", subject, "another spelling of PEM")
        found.append(der)
        rest = rest[block.end() :]
    return found


# RFC 6962, section 2.1


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: list[bytes]) -> bytes:
    """Root hash over leaf hashes."""
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, running = 0, leaf
        while stack and stack[-1][0] == height:
            running = node_hash(stack.pop()[1], running)
            height += 1
        stack.append((height, running))
    if not stack:
        return hashlib.sha256(b"").digest()
    running = stack.pop()[1]
    while stack:
        running = node_hash(stack.pop()[1], running)
    return running


def included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether an audit path leads from a leaf to the root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, running = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            running = node_hash(sibling, running)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            running = node_hash(running, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and running == root


def consistent(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether a proof shows that one root extends the other (RFC 9162, section 2.1.4.2)."""
    if not 0 < old < new:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


class Note:
    """A checkpoint (C2SP tlog-checkpoint): origin, size, root, and signature lines ``(name, key hash, signature)``."""

    def __init__(self, untrusted: bytes, subject: str) -> None:
        """Raises :class:`Flaw`."""
        try:
            text, blank, lines = untrusted.decode("utf-8").partition("\n\n")
            self.text = (text + "\n").encode()
            self.origin, size, root = text.split("\n")
            if not blank or not re.fullmatch(r"0|[1-9][0-9]{0,15}", size) or not lines.endswith("\n") or not self.origin:
                raise ValueError("not a signed note of three lines")
            self.size, self.root = int(size), unbase64(root)
            self.signatures = []
            for line in lines[:-1].split("\n"):
                found = SIGNATURE_LINE.fullmatch(line)
                if found is None:
                    raise ValueError("not a signature line")
                data = unbase64(found["data"])
                self.signatures.append((found["name"], data[:4], data[4:]))
            if len(self.root) != 32:
                raise ValueError("a root has 32 bytes")
        except (ValueError, binascii.Error) as error:
            raise Flaw("package-malformed", subject, f"not a checkpoint: {error}") from error


# The package


class Entry:
    """A custody entry with its place."""

    def __init__(self, body: bytes, subject: str) -> None:
        """Raises :class:`Flaw`."""
        value = strict_json(body, subject, kind="entry-altered")
        try:
            if set(value) != ENTRY or value["v"] != 1 or not isinstance(value["what"], dict):
                raise ValueError("not the members of an entry")
            self.leaf = leaf_hash(body)
            self.seq: int = value["seq"]
            self.id, self.type, self.subject = str(value["id"]), str(value["type"]), str(value["subject"])
            self.what: dict[str, Any] = value["what"]
            self.actor: dict[str, Any] = value["actor"]
            self.prev: str | None = value["prev"]
            self.utc: str = value["when"]["utc"]
            self.clock: str = value["when"]["clock"]
            self.at = seconds(self.utc)
            if (
                type(self.seq) is not int
                or not isinstance(self.actor, dict)
                or not (self.prev is None or HEX.fullmatch(self.prev))
            ):
                raise ValueError("a member of the wrong kind")
        except (KeyError, TypeError, ValueError) as error:
            raise Flaw("entry-altered", subject, f"not an entry: {error}") from error


class Key:
    """A signing key as the log introduced it. A place is ``(epoch, number of the entry)``."""

    def __init__(self, name: str, role: str, certificate_sha256: str, since: tuple[int, int]) -> None:
        self.id, self.role, self.certificate_sha256, self.since = name, role, certificate_sha256, since
        self.until: tuple[int, int] | None = None
        self.compromised: Entry | None = None
        self.certificate = self.spki = b""
        self.used: list[Entry] = []


class Package:
    """One package under examination: each ``check_`` method looks at one part and names what is wrong with it."""

    def __init__(self, bag: Bag, openssl: OpenSSL, given: argparse.Namespace, verdict: Verdict) -> None:
        self.bag, self.openssl, self.given, self.verdict = bag, openssl, given, verdict
        self.index: dict[str, Any] = {}
        self.proofs: dict[str, Any] = {}
        self.heads: dict[int, Note] = {}
        self.leaves: dict[int, list[bytes]] = {}
        self.entries: dict[int, list[Entry]] = {}
        self.about: dict[str, list[tuple[int, Entry]]] = {}
        self.tail: dict[str, Entry] = {}
        self.keys: dict[str, Key] = {}
        self.trusted: list[bytes] = []
        self.manifests: dict[str, dict[int, str]] = {}
        self.expected = {
            *("data/package.json", "data/case.jsonld", "data/custody/personal.json", "data/custody/proofs.json"),
            *("data/certificates/ca.pem", "data/certificates/chain.pem"),
        }

    def run(self) -> None:
        """Everything, in the order in which one thing rests on another."""
        for check in (
            self.read_index,
            self.read_log,
            self.check_heads,
            self.check_entries,
            self.check_tail,
            self.check_chains,
            self.check_keys,
            self.check_signature,
            self.check_witnesses,
            self.check_personal,
            self.check_dockings,
            self.check_clips,
            self.check_checkpoints,
            self.check_certificates_fit,
            self.check_nothing_else,
        ):
            try:
                check()
            except Flaw as flaw:
                self.verdict.problem(flaw.kind, flaw.subject, flaw.detail)
            except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
                # A part that an earlier flaw left out, or JSON of another shape than the format has: never passed over.
                self.verdict.problem(
                    "package-malformed", check.__name__[6:], f"not of this format: {type(error).__name__} {error}"[:200]
                )

    def read_index(self) -> None:
        """``package.json`` and the proofs."""
        self.index = strict_json(self.bag.read("data/package.json"), "data/package.json")
        self.proofs = strict_json(self.bag.read("data/custody/proofs.json"), "data/custody/proofs.json")
        if self.index.get("v") != 1 or self.proofs.get("v") != 1:
            raise Flaw("package-malformed", "package", "another version of the format")
        for name in ("package", "station", "made_at"):
            self.verdict.about[name] = str(self.index[name])

    def read_log(self) -> None:
        """Heads, leaf hashes and entries of every log (epoch) that the package draws on."""
        station = self.index["station"]
        for name, head in sorted(self.proofs["heads"].items(), key=lambda item: int(item[0])):
            epoch, size = int(name), head["size"]
            path = f"data/custody/{epoch}-{size}.checkpoint"
            self.expected.update({path, f"data/custody/log-{epoch}.jsonl", f"data/custody/leaves-{epoch}.bin"})
            note = Note(self.bag.read(path), path)
            if note.origin != f"evidence-station/{station}/{epoch}" or note.size != size:
                raise Flaw("package-index", path, "a checkpoint of another log or size")
            raw = self.bag.read(f"data/custody/leaves-{epoch}.bin", LEAVES)
            leaves = [raw[at : at + 32] for at in range(0, len(raw), 32)]
            if len(raw) != 32 * size or tree_root(leaves) != note.root:
                self.verdict.problem("proof-altered", f"log {epoch}", "the leaf hashes do not lead to the checkpoint's root")
            self.heads[epoch], self.leaves[epoch], self.entries[epoch] = note, leaves, []
            body = self.bag.read(f"data/custody/log-{epoch}.jsonl")
            if body and not body.endswith(b"\n"):
                self.verdict.problem("entry-altered", f"log {epoch}", "its last line does not end")
            for number, line in enumerate(body.split(b"\n")[:-1], 1):
                if len(line) > LINE:
                    raise Flaw("too-large", f"log {epoch}, line {number}", "an entry is small")
                try:
                    self.entries[epoch].append(Entry(line, f"log {epoch}, line {number}"))
                except Flaw as flaw:
                    self.verdict.problem(flaw.kind, flaw.subject, flaw.detail)
        if not self.heads:
            raise Flaw("package-malformed", "package", "no log")
        newest = self.heads[max(self.heads)]
        self.verdict.about["log"] = {"origin": newest.origin, "size": newest.size, "root": newest.root.hex()}

    def check_heads(self) -> None:
        """Each log begins with its first entry; a later one names how the one before ended."""
        newest = self.heads[max(self.heads)]
        if self.index["log"] != {"origin": newest.origin, "size": newest.size}:
            self.verdict.problem("package-index", "log", "not the log and size of the newest checkpoint")
        for epoch in sorted(self.heads):
            first = self.entries[epoch][0] if self.entries[epoch] else None
            if first is None or first.seq != 0 or first.type != ("initialised" if epoch == 1 else "recovered"):
                raise Flaw("entry-missing", f"log {epoch}", "the entry that begins this log")
            if any(first.what[name] != self.index[name] for name in ("station", "unit")):
                self.verdict.problem("package-index", f"log {epoch}", "of another station or unit than the index says")
            earlier = [one for one in self.heads if one < epoch]
            if first.type == "recovered":
                note = self.heads[max(earlier)]
                named = first.what["previous"]
                if named != {"origin": note.origin, "size": note.size, "root": note.root.hex()}:
                    self.verdict.problem("forked", note.origin, "the log that came after names another end of it")
                self.verdict.note("recovered", f"log {epoch}", f"begun after a restore: {first.what['reason']}"[:200])

    def check_entries(self) -> None:
        """Each entry stands where it says, and its inclusion proof leads to the checkpoint (RFC 6962, section 2.1.1)."""
        for epoch, entries in sorted(self.entries.items()):
            for one in entries:
                self.about.setdefault(one.subject, []).append((epoch, one))
        wanted = {f"{epoch}/{one.seq}" for epoch, entries in self.entries.items() for one in entries}
        for stray in sorted(set(self.proofs["inclusion"]) - wanted):
            self.verdict.problem("entry-missing", f"entry {stray}", "there is a proof for it, and it is not there")
        for epoch, entries in self.entries.items():
            head, last = self.heads[epoch], -1
            for one in entries:
                subject = f"entry {epoch}/{one.seq}"
                if one.seq <= last:
                    self.verdict.problem("entry-extra", subject, "twice, or out of order")
                last = one.seq
                if not 0 <= one.seq < head.size or self.leaves[epoch][one.seq] != one.leaf:
                    self.verdict.problem("entry-altered", subject, "the log holds another entry there")
                    continue
                path = [bytes.fromhex(step) for step in self.proofs["inclusion"].get(f"{epoch}/{one.seq}", [])]
                if not included(one.leaf, one.seq, head.size, path, head.root):
                    self.verdict.problem("proof-altered", subject, "its inclusion proof does not lead to the checkpoint")

    def check_tail(self) -> None:
        """The newest entries of the log are those of this packaging, one for each subject: so each subject's list ends there."""
        newest = max(self.heads)
        size, by_seq = self.heads[newest].size, {one.seq: one for one in self.entries[newest]}
        ours = [
            one for one in self.entries[newest] if one.type == "exported" and one.what.get("package") == self.index["package"]
        ]
        ours = [one for one in ours if "at" not in one.what]
        if not ours:
            raise Flaw("entry-missing", f"entry {newest}/{size - 1}", "the entries of this packaging")
        count = ours[0].what["subjects"]
        if type(count) is not int or not 0 < count <= size:
            raise Flaw("entry-altered", f"entry {newest}/{ours[0].seq}", "it counts subjects that cannot be")
        count = min(count, len(by_seq) + 1)  # one more than there are shows that one is missing, and more say no more
        for seq in range(size - count, size):
            one = by_seq.get(seq)
            if one is None or one not in ours or one.what["subjects"] != count:
                self.verdict.problem(
                    "entry-missing", f"entry {newest}/{seq}", "one of the entries that end this log at the packaging"
                )
            elif one.subject in self.tail:
                self.verdict.problem("entry-extra", f"entry {newest}/{seq}", "a subject ends twice")
            else:
                self.tail[one.subject] = one
        if len(ours) > count:
            self.verdict.problem("entry-extra", f"log {newest}", "more entries of this packaging than it counts")
        if any(one.utc != self.index["made_at"] for one in ours):
            self.verdict.problem("package-index", "made_at", "not the moment of the packaging's entries")

    def check_chains(self) -> None:
        """Nothing is left out between a subject's first entry and its last: each names the one before by its hash."""
        here = {f"clip:{one['clip']}" for one in self.index["clips"] if one["part"] == self.index["part"]}
        indexed = {f"clip:{one['clip']}" for one in self.index["clips"]}
        for subject in sorted({one for one in self.tail if one.startswith("clip:")} - indexed):
            self.verdict.problem("clip-missing", subject, "it was packaged, and the index does not have it")
        dockings = set()
        for entries in self.entries.values():
            dockings |= {f"docking:{one.what['docking']}" for one in entries if one.subject in here and "docking" in one.what}
        if dockings != {f"docking:{one}" for one in self.index["dockings"]}:
            self.verdict.problem("package-index", "dockings", "not those that saw the clips")
        ends: dict[str, dict[str, str]] = {}
        keys: list[dict[str, Any]] = []
        newest = max(self.heads)
        for subject in sorted(here | dockings):
            last = self.tail.get(subject)
            if last is None:
                self.verdict.problem("entry-missing", subject, "the entry that ends its list")
                continue
            ends[subject] = {**last.what["earlier"], str(newest): last.leaf.hex()}
            keys += [last.what["keys"]] if subject in dockings else []
        for subject in sorted(here & set(self.tail)):
            if "redacted" in self.tail[subject].what:
                told = self.tail[subject].what["redacted"]
                ends[f"sheet:{told['sheet']}"] = {str(epoch): str(leaf) for epoch, leaf in told["ends"].items()}
        if keys and all(one == keys[0] for one in keys):
            ends.update({f"key:{name}": found for name, found in keys[0].items()})
        else:
            self.verdict.problem("entry-missing", "keys", "what says which entries there are about keys")
        for epoch, entries in self.entries.items():
            for one in entries:
                beyond = one.subject not in ends and not (one.subject == "station" and one.seq == 0)
                if beyond and self.tail.get(one.subject) is not one:
                    self.verdict.problem(
                        "entry-extra", f"entry {epoch}/{one.seq}", f"about {one.subject[:80]}, which is not packaged"
                    )
        for subject, by_epoch in sorted(ends.items()):
            self._chain(subject, by_epoch)

    def _chain(self, subject: str, ends: dict[str, str]) -> None:
        for epoch in self.entries:
            prev = None
            for one in (entry for place, entry in self.about.get(subject, []) if place == epoch):
                if one.prev != prev:
                    self.verdict.problem("entry-missing", subject, f"the entry before {epoch}/{one.seq}")
                prev = one.leaf.hex()
            if prev != ends.get(str(epoch)):
                self.verdict.problem("entry-missing", subject, f"its newest entry in log {epoch}")
        for epoch_name in sorted(set(ends) - {str(one) for one in self.entries}):
            self.verdict.problem("entry-missing", subject, f"its entries in log {epoch_name}")

    # Keys and signatures

    def check_keys(self) -> None:
        """Keys as the log introduced and revoked them, with the certificates it names, leading to an anchor."""
        for epoch, entries in sorted(self.entries.items()):
            for one in entries:
                name = one.subject[4:]
                if one.type == "key-introduced" and one.subject.startswith("key:"):
                    key = Key(name, str(one.what["role"]), str(one.what["certificate_sha256"]), (epoch, one.seq))
                    self.keys.setdefault(name, key)
                elif one.type == "key-revoked" and name in self.keys:
                    key = self.keys[name]
                    key.until = key.until or (epoch, one.seq)  # one that has ended can be found compromised later
                    if one.what["reason"] == "compromised" and key.compromised is None:
                        key.compromised = one
                    self.verdict.note("key-revoked", one.subject, f"revoked at {one.utc}: {one.what['reason']}"[:200])
        for key in self.keys.values():
            self._certify(key)
        given = {re.sub(r"[^0-9a-f]", "", one.lower().rpartition("=")[2]) for one in self.given.anchor}
        authorities = [key for key in self.keys.values() if key.role == "ca" and key.certificate]
        known = {key.certificate_sha256 for key in authorities}
        for stranger in sorted(given - known):
            self.verdict.problem("foreign-key", f"anchor {stranger}", "no authority of this package has that fingerprint")
        self.trusted = [key.certificate for key in authorities if not given or key.certificate_sha256 in given]
        self.verdict.anchored = bool(given & known)
        if not given:
            self.verdict.note(
                "unanchored", "package", "without --anchor nothing shows which station this comes from", unproven=True
            )

    def _certify(self, key: Key) -> None:
        path = f"data/certificates/{key.role}-{key.id[:16]}.pem"
        self.expected.add(path)
        found = ders_of(self.bag.read(path), path)
        if len(found) != 1 or sha256(found[0]) != key.certificate_sha256:
            raise Flaw("foreign-key", f"key {key.id}", "its certificate is not the one that the log introduced")
        if key.role == "seal-gm":
            self.expected.add(f"{path[:-4]}.pub.pem")
            if not self.openssl.knows_sm2():
                return
        key.certificate, key.spki = found[0], self.openssl.public_key(found[0], path)
        if sha256(key.spki) != key.id:
            raise Flaw("foreign-key", f"key {key.id}", "its certificate is for another key")
        if key.role == "seal-gm" and self.bag.read(f"{path[:-4]}.pub.pem") != pem_of(key.spki, "PUBLIC KEY"):
            raise Flaw("foreign-key", f"key {key.id}", f"{path[:-4]}.pub.pem is another key")

    def _lead_to_anchor(self, key: Key, authorities: list[Key]) -> None:
        able = [one.certificate for one in authorities if one.until is None or one.until >= key.since]
        trusted = self.openssl.keep(b"".join(pem_of(one, "CERTIFICATE") for one in self.trusted if one in able))
        between = self.openssl.keep(b"".join(pem_of(one, "CERTIFICATE") for one in able))
        own = self.openssl.keep(pem_of(key.certificate, "CERTIFICATE"))
        uses = sorted(key.used, key=lambda one: one.at)
        for entry in {one.at: one for one in (uses[0], uses[-1])}.values():
            good, _, told = self.openssl.run(
                *("verify", "-purpose", "any", "-partial_chain", "-no-CApath", "-no-CAstore", "-attime", str(entry.at)),
                *("-CAfile", trusted, "-untrusted", between, own),
            )
            if not good and entry.clock != "synchronised" and ("has expired" in told or "not yet valid" in told):
                self.verdict.note("clock-doubted", f"key {key.id}", f"{told}; the clock was {entry.clock}")
            elif not good:
                self.verdict.problem("certificate-chain", f"key {key.id}", f"does not lead to the anchor at {entry.utc}: {told}")

    def _in_force(self, key: Key | None, place: tuple[int, int], role: str, subject: str) -> Key:
        """The key, if it was introduced before this place and not revoked before it."""
        if key is None or not key.spki:
            raise Flaw("foreign-key", subject, "signed by a key that the log never introduced")
        if key.role != role or key.since >= place or (key.until is not None and key.until < place):
            raise Flaw("key-not-in-force", subject, f"signed by key {key.id}, which was not in force for it")
        return key

    def check_signature(self) -> None:
        """The log's key signed the newest checkpoint, and the list of everything in the bag."""
        newest = max(self.heads)
        head = self.heads[newest]
        made = next(iter(self.tail.values()), None)
        if made is None:
            raise Flaw("entry-missing", "package", "the entries that end this log at the packaging")
        key = self._in_force(self._note_key(head), (newest, head.size), "log", "the checkpoint")
        key.used.append(made)
        signature, message = self.bag.read(SIGNATURE, 4096), self.bag.read(TAG_MANIFEST)
        able = [one for one in self.keys.values() if one.role == "log" and one.spki and (one.until is None or one is key)]
        signer = next((one for one in able if self.openssl.signed(one.spki, message, signature)), None)
        if signer is None:
            raise Flaw("package-signature", SIGNATURE, "the station's log key did not sign this list of files")
        signer.used.append(made)
        for epoch, note in self.heads.items():
            if epoch != newest and self._note_key(note) is None:
                self.verdict.problem(
                    "checkpoint-signature", f"log {epoch}", "its last checkpoint is not signed by a key of the log"
                )

    def _note_key(self, note: Note) -> Key | None:
        """The log key that signed a checkpoint. Raises :class:`Flaw` where a known one is named and did not."""
        for name, key_hash, signature in note.signatures:
            for key in self.keys.values():
                if (
                    key.role == "log"
                    and key.spki
                    and name == note.origin
                    and key_hash == hash_of_key(name, key.spki, ED25519_TYPE)
                ):
                    if not self.openssl.signed(key.spki, note.text, signature):
                        raise Flaw("checkpoint-signature", f"{note.origin}/{note.size}", "its signature does not hold")
                    return key
        return None

    def check_witnesses(self) -> None:
        """Other checkpoints of the package: consistency with the head, witnesses' lines, time stamps."""
        for one in self.proofs["consistency"]:
            epoch, old, new = one["epoch"], one["old"], one["new"]
            first, second = self._note_at(epoch, old), self._note_at(epoch, new)
            if not consistent(old, new, [bytes.fromhex(step) for step in one["proof"]], first.root, second.root):
                self.verdict.problem(
                    "proof-altered", f"consistency {old} to {new}", "the proof does not connect the two checkpoints"
                )
        proven = {(one["epoch"], one["old"]) for one in self.proofs["consistency"]}
        proven |= {(one["epoch"], one["new"]) for one in self.proofs["consistency"]}
        proven |= {(epoch, head.size) for epoch, head in self.heads.items()}
        keys = [witness_key(one) for one in self.given.witness]
        seen: set[str] = set()
        for path in sorted(self.bag.sizes):
            found = re.fullmatch(r"data/custody/(\d+)-(\d+)\.(checkpoint|cosigned|tsr|\d+\.tsr)", path)
            if found is None or (int(found[1]), int(found[2])) not in proven:
                continue
            self.expected.add(path)
            epoch, size = int(found[1]), int(found[2])
            note = self._note_at(epoch, size)
            if found[3] == "cosigned":
                seen |= self._cosigned(path, note, keys)
            elif found[3] == "checkpoint":
                self._agrees(note, epoch, path)
            else:
                self._time_stamp(path, f"data/custody/{epoch}-{size}.checkpoint", f"{note.origin}/{size}", None)
        for name in sorted({key[0] for key in keys} - seen):
            self.verdict.note("not-witnessed", name, "no checkpoint of this package bears its cosignature", unproven=True)

    def _note_at(self, epoch: int, size: int) -> Note:
        path = f"data/custody/{epoch}-{size}.checkpoint"
        note = Note(self.bag.read(path), path)
        if note.size != size or note.origin != f"evidence-station/{self.index['station']}/{epoch}":
            raise Flaw("package-index", path, "a checkpoint of another log or size")
        return note

    def _agrees(self, note: Note, epoch: int, path: str) -> None:
        if self._note_key(note) is None:
            self.verdict.problem("foreign-key", path, "signed by a key that the log never introduced")
        if note.size <= self.heads[epoch].size and tree_root(self.leaves[epoch][: note.size]) != note.root:
            self.verdict.problem("forked", path, "it is of another log than the head")

    def _cosigned(self, path: str, note: Note, keys: list[tuple[str, bytes]]) -> set[str]:
        cosigned = Note(self.bag.read(path), path)
        if cosigned.text != note.text:
            self.verdict.problem("cosignature", path, "over another checkpoint")
        seen = set()
        for name, key_hash, signature in cosigned.signatures:
            if name == note.origin:
                continue
            key = next((one for one in keys if one[0] == name and hash_of_key(name, one[1], COSIGNATURE_TYPE) == key_hash), None)
            if key is None:
                self.verdict.note("cosignature-unproven", path, f"a line of {name[:100]}, whose key was not given with --witness")
                continue
            at = int.from_bytes(signature[:8], "big")
            message = f"cosignature/v1\ntime {at}\n".encode() + note.text
            if len(signature) != 72 or not self.openssl.signed(key[1], message, signature[8:]):
                self.verdict.problem("cosignature", path, f"the line of {name[:100]} does not hold")
            else:
                seen.add(name)
                self.verdict.note("witnessed", name, f"saw {note.origin} at {note.size} entries at {utc(min(at, 1 << 38))}")
        return seen

    def _time_stamp(self, path: str, message: str, covers: str, sealed: Entry | None) -> int | None:
        """A token over a file of the package; the moment it proves, or None where no given authority stands for it."""
        self.bag.read(path, TOKEN)
        _, text, _ = self.openssl.run("ts", "-reply", "-in", str(self.bag.root / path), "-text")
        said = text.decode("utf-8", "replace")
        imprint = re.search(r"^Message data:\n((?:    [0-9a-f]{4} - .*\n)+)Serial number", said, re.MULTILINE)
        stamped = re.search(r"^Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", said, re.MULTILINE)
        if imprint is None or stamped is None:
            self.verdict.problem("time-stamp-signature", path, "not a time stamp that was granted")
            return None
        at = calendar.timegm(time.strptime(" ".join(stamped.groups()), "%b %d %H:%M:%S %Y"))
        digest = "".join(re.sub(r"[^0-9a-f]", "", line[11:59]) for line in imprint[1].splitlines())
        if "Hash Algorithm: sha256\n" in said and digest != self.bag.digest(message):
            self.verdict.problem("time-stamp-other", path, f"it attests another message than {message}")
            return None
        for authority in self.given.authority:
            good, _, _ = self.openssl.run(
                *("ts", "-verify", "-data", str(self.bag.root / message), "-in", str(self.bag.root / path), "-partial_chain"),
                *("-CAfile", str(authority), "-untrusted", str(authority), "-attime", str(at)),
            )
            if good:
                gap = "" if sealed is None else f", {at - sealed.at} s after the seal of {sealed.utc} by the station's own clock"
                self.verdict.note("time-stamped", covers, f"existed at {utc(at)}{gap}")
                return at
        if self.given.authority:
            self.verdict.problem("time-stamp-signature", path, "no given authority stands for it")
        else:
            self.verdict.note("time-stamp-unproven", covers, f"says {utc(at)}; its authority was not given with --authority")
        return None

    # What the entries speak of

    def check_personal(self) -> None:
        """Each opened value is the one that an entry committed to."""
        by_id = {one.id: one for entries in self.entries.values() for one in entries}
        opened: set[str] = set()
        for one in strict_json(self.bag.read("data/custody/personal.json"), "data/custody/personal.json"):
            subject = f"entry {one['entry']}, {one['field']}"[:120]
            salt = bytes.fromhex(one["salt"])
            hidden = b"evidence-station/commitment/v1\x00" + salt + one["field"].encode() + b"\x00" + one["value"].encode()
            entry = by_id.get(one["entry"])
            if set(one) != {"entry", "field", "salt", "value"} or len(salt) != 16:
                self.verdict.problem("personal-altered", subject, "not of the format")
            elif entry is None or sha256(hidden) not in commitments([entry.actor, entry.what], one["field"]):
                self.verdict.problem("personal-altered", subject, "the entry commits to another value")
            elif f"{one['entry']}/{one['field']}" in opened:
                self.verdict.problem("personal-altered", subject, "given twice")
            opened.add(f"{one['entry']}/{one['field']}")
        total = sum(len(commitments([one.actor, one.what], None)) for one in by_id.values())
        if total > len(opened):
            self.verdict.note("withheld", "package", f"{total - len(opened)} personal values stand as commitments only")

    def check_dockings(self) -> None:
        """Each docking's manifest is the one that was sealed, by a key in force, and says what the entries say."""
        for docking in self.index["dockings"]:
            about = self.about.get(f"docking:{docking}", [])
            seal = next(((epoch, one) for epoch, one in about if one.type == "sealed"), None)
            if seal is None:
                self.verdict.note("docking-open", docking, "it was not sealed when this package was made")
                continue
            try:
                self._docking(docking, seal, [one for _, one in about])
            except Flaw as flaw:
                self.verdict.problem(flaw.kind, flaw.subject, flaw.detail)

    def _docking(self, docking: str, seal: tuple[int, Entry], about: list[Entry]) -> None:
        epoch, sealed = seal
        body_path, seal_path = f"data/manifests/{docking}.json", f"data/manifests/{docking}.p7s"
        self.expected.update({body_path, seal_path})
        body = self.bag.read(body_path)
        if sha256(body) != sealed.what["manifest_sha256"]:
            raise Flaw("manifest-altered", docking, "not the manifest that was sealed")
        manifest = strict_json(body, body_path)
        docked = next((one for one in about if one.type == "docked"), None)
        said = {name: manifest[name] for name in ("station", "docking", "sealed_at")}
        if docked is None or said != {"station": self.index["station"], "docking": docking, "sealed_at": sealed.utc}:
            raise Flaw("manifest-altered", docking, "it does not say what the log says")
        if any(manifest[name] != docked.what[name] for name in ("device", "source", "acquisition", "officer")):
            raise Flaw("manifest-altered", docking, "it does not say of the source what the log says")
        self.manifests[docking] = {one["position"]: one["record_sha256"] for one in manifest["records"]}
        key = self._sealed_by(docking, body, self.bag.read(seal_path, TOKEN), (epoch, sealed))
        key.used.append(sealed)
        self._second_seal(docking, body, (epoch, sealed))
        stamps = [path for path in sorted(self.bag.sizes) if re.fullmatch(rf"data/manifests/{docking}(\.\d+)?\.tsr", path)]
        if len(stamps) > STAMPS:
            raise Flaw("too-large", docking, f"more than {STAMPS} time stamps")
        proven = []
        logged = {str(one.what["response_sha256"]) for one in about if one.type == "time-stamped"}
        for path in stamps:
            self.expected.add(path)
            at = self._time_stamp(path, seal_path, f"docking:{docking}", sealed)
            proven += [] if at is None else [at]
            if self.bag.digest(path) not in logged:
                self.verdict.note(
                    "time-stamp-unproven", f"docking:{docking}", "fetched after this position of the log: no entry speaks of it"
                )
        for lost in sorted(logged - {self.bag.digest(path) for path in stamps}):
            self.verdict.problem("file-missing", f"docking:{docking}", f"the time stamp with digest {lost}")
        self._weigh(key, docking, proven)
        self.verdict.about["seals"].append(
            {"docking": docking, "sealed_at": sealed.utc, "clock": sealed.clock, "time_stamps": [utc(one) for one in proven]}
        )

    def _sealed_by(self, docking: str, body: bytes, signature: bytes, seal: tuple[int, Entry]) -> Key:
        signer = str(self.openssl.scratch / "signer.pem")
        Path(signer).write_bytes(b"")
        good, _, told = self.openssl.run(
            *(
                "cms",
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-in",
                self.openssl.keep(signature),
                "-content",
                self.openssl.keep(body),
            ),
            *("-noverify", "-signer", signer, "-out", os.devnull),
        )
        if not good:
            raise Flaw("manifest-signature", docking, f"the seal does not hold: {told}")
        signers = {sha256(one) for one in ders_of(Path(signer).read_bytes(), docking)}
        key = self.keys.get(str(seal[1].what["key"]))
        if key is None or signers != {key.certificate_sha256}:
            raise Flaw("foreign-key", docking, "sealed by another key than the log names")
        return self._in_force(key, (seal[0], seal[1].seq), "seal", docking)

    def _second_seal(self, docking: str, body: bytes, seal: tuple[int, Entry]) -> None:
        """The SM2 signature over the same manifest, where the log speaks of one: beside the seal, never in its place."""
        named = seal[1].what.get("key_gm")
        if named is None:
            return
        path = f"data/manifests/{docking}.sm2"
        self.expected.add(path)
        if not self.openssl.knows_sm2():
            self.verdict.note("gm-unchecked", docking, "this openssl does not know SM2", unproven=True)
            return
        try:
            key = self._in_force(self.keys.get(str(named)), (seal[0], seal[1].seq), "seal-gm", docking)
            if not self.openssl.signed_sm2(key.spki, body, self.bag.read(path, 4096)):
                raise Flaw("manifest-signature", docking, "the SM2 signature does not hold")
        except Flaw as flaw:
            self.verdict.problem(flaw.kind, flaw.subject, flaw.detail)
            return
        key.used.append(seal[1])
        if key.compromised is not None:
            self.verdict.note(
                "second-seal-unproven", docking, f"key {key.id} was revoked as compromised at {key.compromised.utc}"
            )

    def _weigh(self, key: Key, docking: str, proven: list[int]) -> None:
        """A seal by a key that was found compromised counts where a proven time stamp is older than that."""
        found = key.compromised
        if found is not None and not any(at < found.at for at in proven):
            detail = f"key {key.id} was revoked as compromised at {found.utc}; no proven time stamp shows that the seal is older"
            self.verdict.note("seal-unproven", docking, detail, unproven=True)

    def check_clips(self) -> None:
        """Each clip's bytes are those that were copied, by every entry and every sealed record about it."""
        for one in self.index["clips"]:
            clip = one["clip"]
            if one["part"] != self.index["part"]:
                self.verdict.note("clip-elsewhere", clip, f"on part {one['part']} of {self.index['parts']}")
                continue
            try:
                if "redacted" in one or self._instead(clip) is not None:
                    self._redacted(clip, one)
                else:
                    self._clip(clip, one)
            except Flaw as flaw:
                self.verdict.problem(flaw.kind, flaw.subject, flaw.detail)
            if "playable" in one:
                self.expected.add(f"data/playable/{clip}.mp4")

    def _clip(self, clip: str, said: dict[str, Any]) -> None:
        about = [one for _, one in self.about.get(f"clip:{clip}", [])]
        copied = next((one for one in about if one.type == "copied"), None)
        kept = next((one for one in about if one.type in ("verified", "empty", "damaged")), None)
        path = said["file"]
        if not re.fullmatch(rf"data/clips/{clip}\.[a-z0-9]{{1,8}}", path):
            raise Flaw("package-index", clip, "another file name than a package gives")
        self.expected.add(path)
        if copied is None or kept is None:
            raise Flaw("entry-missing", f"clip:{clip}", "how it was copied")
        facts = {"sha256": copied.what["sha256"], "size": copied.what["size"], "state": kept.type}
        if {name: said[name] for name in facts} != facts or said["docking"] != copied.what["docking"]:
            self.verdict.problem("package-index", clip, "the index does not say what the log says")
        if not self.bag.has(path):
            raise Flaw("clip-missing", clip, f"{path} is not there")
        if self.bag.digest(path) != facts["sha256"] or self.bag.sizes[path] != facts["size"]:
            self.verdict.problem("clip-altered", clip, f"its digest is {self.bag.digest(path)}, copied {facts['sha256']}")
        else:
            self._sm3(clip, path, {str(one.what["sm3"]) for one in about if "sm3" in one.what})
        for entry in about:
            if entry.type in ("copied", "duplicate-seen"):
                self._record(clip, entry, said)
        self.verdict.about["clips"].append({"clip": clip, "file": path, **facts, "taken_at": copied.utc})

    def _instead(self, clip: str) -> Any:  # noqa: ANN401  # what the packaging's own entry says went in place of an original
        last = self.tail.get(f"clip:{clip}")
        return None if last is None else last.what.get("redacted")

    def _redacted(self, clip: str, said: dict[str, Any]) -> None:
        """A copy in place of an original: the one that was approved, of this very original, by the newest entry about its redaction."""
        path, told = f"data/redacted/{clip}.mp4", self._instead(clip)
        self.expected.add(path)
        about = [one for _, one in self.about.get(f"clip:{clip}", [])]
        copied = next((one for one in about if one.type == "copied"), None)
        kept = next((one for one in about if one.type in ("verified", "empty", "damaged")), None)
        if copied is None or kept is None or told is None:
            raise Flaw("entry-missing", f"clip:{clip}", "how it was copied, or that a redacted copy goes in its place")
        steps = [one for _, one in self.about.get(f"sheet:{told['sheet']}", []) if one.type == "recorded"]
        stands = steps[-1].what["said"] if steps else {}
        if not steps or steps[-1].what["kind"] != "redaction" or stands["state"] != "approved" or stands["clip"] != clip:
            raise Flaw("entry-missing", f"sheet:{told['sheet']}", "that the redacted copy was approved")
        facts = {"sha256": copied.what["sha256"], "size": copied.what["size"], "state": kept.type, "file": path}
        instead = {"sheet": told["sheet"], "sha256": stands["sha256"], "size": stands["size"]}
        if (
            {name: said[name] for name in facts} != facts
            or said["docking"] != copied.what["docking"]
            or said.get("redacted") != instead
        ):
            self.verdict.problem("package-index", clip, "the index does not say what the log says")
        if stands["original"] != facts["sha256"] or told["sha256"] != stands["sha256"]:
            raise Flaw("package-index", clip, "what was approved is a copy of another original, or another copy")
        if not self.bag.has(path):
            raise Flaw("clip-missing", clip, f"{path} is not there")
        if self.bag.digest(path) != stands["sha256"] or self.bag.sizes[path] != stands["size"]:
            self.verdict.problem("clip-altered", clip, f"its digest is {self.bag.digest(path)}, approved {stands['sha256']}")
        self.verdict.note(
            "redacted",
            clip,
            f"a copy that the station made of an original with SHA-256 {facts['sha256']}, approved {steps[-1].utc}",
        )
        self.verdict.about["clips"].append(
            {
                "clip": clip,
                "file": path,
                "sha256": stands["sha256"],
                "size": stands["size"],
                "state": "redacted",
                "taken_at": copied.utc,
            }
        )

    def _sm3(self, clip: str, path: str, said: set[str]) -> None:
        """The second digest, where entries have one: every one of them, against the bytes."""
        if not said:
            return
        taken = self.openssl.sm3(self.bag.root / path)
        if taken is None:
            self.verdict.note("gm-unchecked", clip, "this openssl does not know SM3", unproven=True)
        elif said != {taken}:
            self.verdict.problem("clip-altered", clip, f"its SM3 is {taken}, the entries say {', '.join(sorted(said))}"[:300])

    def _record(self, clip: str, seen: Entry, said: dict[str, Any]) -> None:
        docking, position = seen.what["docking"], seen.what["position"]
        if docking not in self.manifests:
            return  # an open docking has none, and one whose manifest does not hold is a problem already
        path = f"data/records/{docking}-{position}.json"
        self.expected.add(path)
        body = self.bag.read(path)
        if self.manifests[docking].get(position) != sha256(body):
            raise Flaw("record-altered", path, "the sealed manifest lists another record there")
        record = strict_json(body, path)
        facts = {"clip": clip, "docking": docking, "position": position, "sha256": seen.what["sha256"], "size": seen.what["size"]}
        if {name: record[name] for name in facts} != facts or record.get("sm3") != seen.what.get("sm3"):
            raise Flaw("record-altered", path, "the record does not say what the log says")
        if seen.type == "copied" and (any(record.get(name) != said.get(name) for name in ("path", "path_b64", "state"))):
            self.verdict.problem("package-index", clip, "the index names another file of the card than the record")

    def check_checkpoints(self) -> None:
        """Checkpoints that somebody kept, held against the leaf hashes of the log: any size up to the package's decides."""
        for name in self.given.checkpoint:
            data = Path(name).read_bytes()[: 1 << 20]
            try:
                note = Note(data, str(name))
            except Flaw as flaw:
                self.verdict.note("checkpoint-elsewhere", str(name), flaw.detail, unproven=True)
                continue
            epoch = next((one for one, head in self.heads.items() if head.origin == note.origin), None)
            if epoch is None:
                self.verdict.note("checkpoint-elsewhere", str(name), f"of another log: {note.origin[:100]}", unproven=True)
            elif self._note_key(note) is None:
                self.verdict.problem("foreign-key", str(name), "a checkpoint of this log by a key that the package does not have")
            elif note.size > self.heads[epoch].size:
                self.verdict.note(
                    "checkpoint-later", str(name), "the log was longer by then: this package cannot tell", unproven=True
                )
            elif tree_root(self.leaves[epoch][: note.size]) != note.root:
                self.verdict.problem("forked", str(name), f"another log than this one already at {note.size} entries")
            else:
                self.verdict.note("checkpoint-agrees", str(name), f"the same log at {note.size} entries")

    def check_certificates_fit(self) -> None:
        """Keys were certified when they signed; bundles hold nothing but authorities of the log."""
        known = {key.certificate_sha256 for key in self.keys.values() if key.role == "ca"}
        for path in ("data/certificates/ca.pem", "data/certificates/chain.pem"):
            if self.bag.has(path) and not {sha256(one) for one in ders_of(self.bag.read(path), path)} <= known:
                self.verdict.problem("foreign-key", path, "an authority that the log never introduced")
        authorities = [key for key in self.keys.values() if key.role == "ca" and key.certificate]
        for key in self.keys.values():
            if key.used and key.certificate and self.trusted:
                self._lead_to_anchor(key, authorities)

    def check_nothing_else(self) -> None:
        """Nothing lies among the originals and the proofs that nothing speaks of."""
        for path in sorted(self.bag.sizes):
            if path.startswith("data/") and path not in self.expected and not path.startswith("data/papers/"):
                self.verdict.problem("file-extra", path, "nothing in the package speaks of it")


def hash_of_key(name: str, spki: bytes, kind: int) -> bytes:
    """The key hash of a signature line (C2SP signed-note; for ECDSA the first bytes of the key's own digest)."""
    if not spki.startswith(SPKI_ED25519):
        return hashlib.sha256(spki).digest()[:4]
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + spki[len(SPKI_ED25519) :]).digest()[:4]


def witness_key(text: str) -> tuple[str, bytes]:
    """A witness's verifier key (``name+hash+base64``, C2SP signed-note), type 0x04. Raises ``ValueError``."""
    name, key_hash, encoded = text.strip().split("+", 2)
    data = unbase64(encoded)
    spki = SPKI_ED25519 + data[1:]
    if data[0] not in (COSIGNATURE_TYPE, ED25519_TYPE) or len(data) != 33:
        raise ValueError("not a witness's key")
    if key_hash not in (hash_of_key(name, spki, COSIGNATURE_TYPE).hex(), hash_of_key(name, spki, ED25519_TYPE).hex()):
        raise ValueError("its hash is not that of its key")
    return name, spki


def commitments(value: Any, field: str | None) -> list[str]:  # noqa: ANN401  # any JSON value
    """The commitments in an entry: all, or those that may stand under one field name (FORMATS.md, "Entry")."""
    found: list[str] = []
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict) and set(inner) == {"commitment"}:
                shown = {"person": "actor"}.get(name, name)
                owner = value.get("field", value.get("key"))
                shown = f"{owner}.{name}" if name in ("old", "new") else shown
                found += [str(inner["commitment"])] if field in (None, shown) else []
            else:
                found += commitments(inner, field)
    elif isinstance(value, list):
        for inner in value:
            found += commitments(inner, field)
    return found


def verify(
    folder: Path,
    anchors: tuple[str, ...] = (),
    checkpoints: tuple[Path, ...] = (),
    witnesses: tuple[str, ...] = (),
    authorities: tuple[Path, ...] = (),
) -> Verdict:
    """Examine one package. Raises :class:`NoOpenSSL`, and ``OSError`` where the folder itself cannot be read."""
    given = argparse.Namespace(anchor=anchors, checkpoint=checkpoints, witness=witnesses, authority=authorities)
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            openssl = OpenSSL(Path(scratch))
            openssl.check_version()
            bag = Bag(folder, verdict)
            bag.check()
            Package(bag, openssl, given, verdict).run()
        except Flaw as flaw:
            verdict.problem(flaw.kind, flaw.subject, flaw.detail)
    return verdict


def main(arguments: list[str] | None = None) -> int:
    """The command line of the copy that a package carries."""
    parser = argparse.ArgumentParser(description="Verify a court package; needs no network and writes nothing.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--anchor", action="append", default=[], help="fingerprint of the authority, obtained elsewhere")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="a checkpoint that was kept elsewhere")
    parser.add_argument("--witness", action="append", default=[], help="verifier key of a witness: name+hash+key")
    parser.add_argument(
        "--authority", action="append", default=[], type=Path, help="certificates (PEM) of a time-stamp authority"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        for one in given.witness:
            witness_key(one)
        found = verify(
            given.folder,
            tuple(given.anchor),
            tuple(given.checkpoint),
            tuple(given.witness),
            tuple(one.absolute() for one in given.authority),
        )
    except (OSError, ValueError, NoOpenSSL) as error:
        sys.stderr.write(f"verify_package: {error}\n")
        return 2
    if given.json:
        sys.stdout.write(json.dumps(found.document()) + "\n")
        return found.status
    for one in found.about["clips"]:
        sys.stdout.write(f"  {one['clip']} {one['sha256']} {one['state']} taken {one['taken_at']}\n")
    for one in found.notes:
        sys.stdout.write(f"  - [{one['kind']}] {plain(one['subject'])}: {plain(one['detail'])}\n")
    for one in found.problems:
        sys.stdout.write(f"  x [{one['kind']}] {plain(one['subject'])}: {plain(one['detail'])}\n")
    sys.stdout.write(
        {0: "proven", 3: "NOT as it was", 4: "consistent, origin or what was asked for unproven"}[found.status] + "\n"
    )
    return found.status


def plain(text: str) -> str:
    """Untrusted text as one line of ASCII."""
    return "".join(one if one.isprintable() and one.isascii() else repr(one.encode("unicode_escape"))[2:-1] for one in text)


if __name__ == "__main__":
    sys.exit(main())
