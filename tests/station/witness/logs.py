"""A log in memory that can be asked for any head and any proof, honest or not."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.custody import merkle
from evidence.custody.checkpoint import ED25519, Head
from evidence.custody.cosignature import VerifierKey


class Log:
    """``leaves`` may be shared up to a point and differ from there on: that is what a fork is."""

    def __init__(self, leaves: list[bytes], origin: str = "evidence-station/s1/1", seed: int = 1) -> None:
        self.origin = origin
        self.leaves = leaves
        self._hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.vkey = VerifierKey(origin, ED25519, self._key.public_key().public_bytes_raw())

    @classmethod
    def of(cls, size: int, *, forked_at: int | None = None, branch: str = "b") -> Log:
        """The log of this many entries; one that goes another way from an entry on."""
        at = size if forked_at is None else forked_at
        return cls([(b"%d" % number if number < at else f"{branch}{number}".encode()) for number in range(size)])

    def root(self, size: int) -> bytes:
        return merkle.root(size, self._subtree)

    def note(self, size: int, root: bytes | None = None) -> str:
        text = Head(self.origin, size, root or self.root(size)).text()
        return f"{text}\n— {self.origin} {b64encode(self.vkey.id + self._key.sign(text.encode())).decode()}\n"

    def body(self, old: int, new: int) -> bytes:
        """What the log submits to a witness that knows ``old`` entries."""
        proof = merkle.consistency_proof(old, new, self._subtree)
        lines = [f"old {old}", *(b64encode(one).decode() for one in proof)]
        return ("\n".join(lines) + "\n\n" + self.note(new)).encode()

    def _subtree(self, level: int, index: int) -> bytes:
        if level == 0:
            return self._hashes[index]
        return sha256(b"\x01" + self._subtree(level - 1, 2 * index) + self._subtree(level - 1, 2 * index + 1)).digest()
