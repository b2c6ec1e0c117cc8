"""Kept heads with a witness's line: lines forged, exchanged and moved, and a witness that alone knows what was turned back."""

from __future__ import annotations

import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.campaigns.tampering.cases.turned_back import restored
from tests.campaigns.tampering.forging import forged
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import ORIGIN, Victim
from tests.evidence.verify.sample import note

NAME = "city.example/w1"
KEY, FORGER = (Ed25519PrivateKey.from_private_bytes(seed * 32) for seed in (b"w", b"f"))
AT = 1_780_000_000
LOG = f"log:{ORIGIN}"


def _key_id(key: Ed25519PrivateKey) -> bytes:
    return sha256(NAME.encode() + b"\n\x04" + key.public_key().public_bytes_raw()).digest()[:4]


def vkey(key: Ed25519PrivateKey) -> str:
    """The witness's verifier key, by the text of the specification."""
    return f"{NAME}+{_key_id(key).hex()}+{b64encode(bytes([4]) + key.public_key().public_bytes_raw()).decode()}"


def line(head: str, key: Ed25519PrivateKey = KEY) -> str:
    """Its cosignature over a head."""
    text = head.partition("\n\n")[0] + "\n"
    signature = key.sign(f"cosignature/v1\ntime {AT}\n{text}".encode())
    return f"— {NAME} {b64encode(_key_id(key) + AT.to_bytes(8, 'big') + signature).decode()}\n"


def _flipped(genuine: str, byte: int) -> str:
    start, _, encoded = genuine.rstrip("\n").rpartition(" ")
    data = bytearray(b64decode(encoded))
    data[byte] ^= 1
    return f"{start} {b64encode(data).decode()}\n"


def _given(lines: Callable[[Victim, str], str], *notes: str) -> Callable[[Victim], Expected]:
    """The head of the very end, kept with these lines after its own; the witness's true key is what the verifier is told."""

    def plant(victim: Victim) -> Expected:
        head = victim.pattern.final.read_text()
        _keep(victim, head + lines(victim, head))
        return clean(*notes)

    return plant


def _keep(victim: Victim, cosigned: str) -> None:
    file = victim.folder / "cosigned.checkpoint"
    file.write_text(cosigned)
    victim.checkpoints.append(file)
    victim.witnesses = (vkey(KEY),)


def _moved(victim: Victim, _head: str) -> str:
    """Genuine, and made over another head of the same log."""
    return line(victim.pattern.kept[0].read_text())


def _only_the_witness_knows(genuine: bool, victim: Victim) -> Expected:
    """Turned back; of the head that was kept the log's own line is spoiled, so only the witness's can vouch for it."""
    head = victim.pattern.final.read_text()
    restored("before-settings", victim)
    shutil.rmtree(victim.far)
    victim.checkpoints = []
    text, _, own = head.rpartition("\n\n")
    _keep(victim, f"{text}\n\n{_flipped(own, 20)}{line(head, KEY if genuine else FORGER)}")
    if genuine:
        return tampered(("rolled-back", LOG))
    return clean("cosignature-unproven", "checkpoint-unproven", "unwitnessed")


def _another_history(victim: Victim) -> Expected:
    """A forger's log, headed by his own key and cosigned by a witness of his own under the true one's name."""
    head = note(ORIGIN, 9999, bytes(32), forged("ed25519", forged("p256", authority=True)))
    _keep(victim, head + line(head, FORGER))
    return tampered(either={"foreign-key"}, notes=("cosignature-unproven",))


def cases(_patterns: dict[str, Pattern]) -> list[Case]:
    unproven = "cosignature-unproven"
    return [
        Case("nothing", "a kept head with a witness's line", _given(lambda _, head: line(head)), quick=True),
        Case("cosignature", "a forged line", _given(lambda _, head: _flipped(line(head), 30), unproven), quick=True),
        Case("cosignature", "the time in the line altered", _given(lambda _, head: _flipped(line(head), 11), unproven)),
        Case("cosignature", "the witness's key swapped", _given(lambda _, head: line(head, FORGER), unproven), quick=True),
        Case("cosignature", "a line of another head", _given(_moved, unproven), quick=True),
        Case("foreign-key", "a forged head with a forged line", _another_history),
        Case(
            "rolled-back",
            "the log's line spoiled, and only a witness vouches for the head",
            lambda victim: _only_the_witness_knows(True, victim),
            quick=True,
            lenient=True,
        ),
        Case(
            "cosignature",
            "the log's line spoiled, and a forged one beside it",
            lambda victim: _only_the_witness_knows(False, victim),
        ),
    ]
