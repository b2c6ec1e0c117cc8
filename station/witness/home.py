"""The home of a witness: its key, the logs it trusts, and the newest head that it cosigned of each.

* A head is on the disk, with the folder's entry for it, before its cosignature leaves the witness.
* Looking at the head, judging and replacing it is one step: a lock of the kernel's is held, against other threads and other
  processes alike. So no two heads are cosigned that contradict each other, not even when two servers run on one home.
* A head is never replaced by a smaller one, and never removed: the head of a log that a station recovered from stays.
* A home that comes back from a backup would have forgotten heads: a witness that was lost is made anew, with a new key.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from evidence.custody.checkpoint import ECDSA, ED25519, Head, NotACheckpoint, read_head
from evidence.custody.cosignature import COSIGNATURE, NotAVerifierKey, VerifierKey, read_vkey
from evidence.custody.merkle import EMPTY_ROOT
from evidence.errors import Exit
from station import durable
from station.home import StationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class NoWitness(StationError):
    """There is no witness at that place. Fields: ``home``."""

    code = "no-witness"
    status = Exit.USAGE


class WitnessThere(StationError):
    """A witness of another name is there already. Fields: ``home``, ``name``."""

    code = "witness-there"
    status = Exit.REFUSED


class WitnessDamaged(StationError):
    """A file of the witness is not what it wrote; nothing is cosigned. Fields: ``path``, ``rule``."""

    code = "witness-damaged"
    status = Exit.TAMPERED


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log that the witness cosigns: its origin, its keys (more than one after a rotation), its newest head if there is one."""

    origin: str
    keys: tuple[VerifierKey, ...]
    head: Head | None


class WitnessHome:
    """One witness's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._vkey, self._key = root / "witness.vkey", root / "witness.key.pem"
        self._logs, self._heads = root / "logs", root / "heads"

    def create(self, name: str) -> VerifierKey:
        """Make a witness, or finish what a power cut interrupted. Raises :class:`WitnessThere` and ``NotAVerifierKey``."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        read_vkey(VerifierKey(name, COSIGNATURE, bytes(32)).text(), COSIGNATURE)  # the name is one that can stand in a line
        for folder in (self.root, self._logs, self._heads):
            durable.make_folder(folder, 0o700)
        durable.sweep(self.root)
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        durable.place_new(self._key, made, 0o600)
        vkey = VerifierKey(name, COSIGNATURE, self.key().public_key().public_bytes_raw())
        durable.place_new(self._vkey, f"{vkey.text()}\n".encode(), 0o644)
        if self.vkey() != vkey:
            raise WitnessThere(home=str(self.root), name=self.vkey().name)
        return vkey

    def vkey(self) -> VerifierKey:
        """Name and public key. Raises :class:`NoWitness`."""
        try:
            return read_vkey(self._vkey.read_text(encoding="utf-8").rstrip("\n"), COSIGNATURE)
        except FileNotFoundError as error:
            raise NoWitness(home=str(self.root)) from error
        except (NotAVerifierKey, UnicodeDecodeError) as error:
            raise WitnessDamaged(path=str(self._vkey), rule="a verifier key") from error

    def key(self) -> Ed25519PrivateKey:
        """The key that cosigns. Raises :class:`NoWitness`, :class:`WitnessDamaged`."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            found = load_pem_private_key(self._key.read_bytes(), None)
        except FileNotFoundError as error:
            raise NoWitness(home=str(self.root)) from error
        except (ValueError, TypeError) as error:
            raise WitnessDamaged(path=str(self._key), rule="a PKCS #8 key in PEM") from error
        if not isinstance(found, Ed25519PrivateKey):
            raise WitnessDamaged(path=str(self._key), rule="an Ed25519 key")
        return found

    def trust(self, origin: str, key: VerifierKey) -> TrustedLog:
        """Cosign this log from now on; another key of a log that is trusted already counts beside the first."""
        self.vkey()
        with self.exclusive():
            known = self.log(origin)
            keys = tuple(dict.fromkeys((*(known.keys if known else ()), key)))
            document = {"origin": origin, "keys": [one.text() for one in keys]}
            durable.replace(self._logs / _file(origin, "json"), json.dumps(document, indent=1).encode() + b"\n", 0o644)
            return TrustedLog(origin, keys, known.head if known else None)

    def logs(self) -> list[TrustedLog]:
        """Every trusted log, by origin."""
        self.vkey()
        found = [self._read(path) for path in self._logs.glob("[!.]*.json")]
        return sorted(found, key=lambda log: log.origin)

    def log(self, origin: str) -> TrustedLog | None:
        """One log; None when it is not trusted. Raises :class:`WitnessDamaged`."""
        path = self._logs / _file(origin, "json")
        return self._read(path) if path.exists() else None

    def keep(self, head: Head, untrusted_note: str) -> None:
        """Make a head the newest of its log, durably; only inside :meth:`exclusive`."""
        durable.replace(self._heads / _file(head.origin, "note"), untrusted_note.encode(), 0o644)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Nobody else looks at heads to change them; the kernel lets go when the process dies."""
        handle = os.open(self._heads, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def sweep(self) -> None:
        """Remove drafts that a power cut left."""
        for folder in (self.root, self._logs, self._heads):
            durable.sweep(folder)

    def _read(self, path: Path) -> TrustedLog:
        try:
            document = json.loads(path.read_bytes())
            origin, texts = document["origin"], document["keys"]
            keys = tuple(read_vkey(text, ED25519, ECDSA) for text in texts)
        except (ValueError, TypeError, KeyError, NotAVerifierKey) as error:
            raise WitnessDamaged(path=str(path), rule="origin and verifier keys of a log") from error
        return TrustedLog(origin, keys, self._head(origin))

    def _head(self, origin: str) -> Head | None:
        path = self._heads / _file(origin, "note")
        try:
            head = read_head(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (NotACheckpoint, UnicodeDecodeError) as error:
            raise WitnessDamaged(path=str(path), rule="a checkpoint") from error
        if head.origin != origin:
            raise WitnessDamaged(path=str(path), rule="the newest head of its log")
        return head


def empty(origin: str) -> Head:
    """What a witness that never saw a log takes as its head: nothing contradicts it."""
    return Head(origin, 0, EMPTY_ROOT)


def _file(origin: str, kind: str) -> str:
    return f"{sha256(origin.encode()).hexdigest()}.{kind}"
