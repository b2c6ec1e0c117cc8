"""Asking witnesses for their cosignatures: the client's side of C2SP tlog-witness, one request and one answer at a time.

What comes back is untrusted: a line counts only when it is the witness's signature over the very note that was sent. Time-outs
are short, because a cosignature is never worth waiting for.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from evidence.custody.cosignature import VerifierKey, cosigned_at
from uploader.errors import StoreFault, WitnessRefused, WitnessUnreachable
from uploader.http import Http, HttpLimits, Trust

LIMITS = HttpLimits(connect=3.0, silence=5.0, answer=16 << 10)
_PATH = "/add-checkpoint"
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its verifier key, and the address under which it takes checkpoints."""

    key: VerifierKey
    url: str


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness's signature line, checked, and when it signed (seconds since 1970)."""

    line: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """The witness's newest head has this size, and is not the one that was taken for it."""

    size: int


@dataclass(frozen=True, slots=True)
class Inconsistent:
    """The witness finds that the proof does not lead from its newest head to this one."""


def ask(witness: Witness, old: int, proof: Sequence[bytes], note: str, trust: Trust) -> Cosigned | Conflict | Inconsistent:
    """Submit a checkpoint that extends the witness's head of ``old`` entries. Raises ``WitnessUnreachable``, ``WitnessRefused``."""
    address = urlsplit(witness.url)
    lines = [f"old {old}", *(b64encode(one).decode() for one in proof)]
    body = ("\n".join(lines) + "\n\n" + note).encode()
    try:
        with Http(f"{address.scheme}://{address.netloc}", witness.key.name, LIMITS, trust, 1) as http:
            answer = http.request("POST", address.path.rstrip("/") + _PATH, {"Content-Type": "text/plain; charset=utf-8"}, body)
    except StoreFault as fault:
        raise WitnessUnreachable(witness=witness.key.name, rule=str(fault.fields.get("rule"))) from fault
    said = answer.untrusted_body.decode(errors="replace")
    match answer.status:
        case 200:
            for line in said.splitlines():
                seconds = cosigned_at(line, witness.key, note)
                if seconds is not None:
                    return Cosigned(line, seconds)
            raise WitnessRefused(witness=witness.key.name, answer="200 without a signature of its key")
        case 409 if (found := _SIZE.fullmatch(said)) is not None:
            return Conflict(int(found[1]))
        case 422:
            return Inconsistent()
        case status if status >= 500:
            raise WitnessUnreachable(witness=witness.key.name, rule=f"HTTP {status}")
        case status:
            meaning = {403: "403, the log's key is not one it trusts", 404: "404, it does not know the log"}
            raise WitnessRefused(witness=witness.key.name, answer=meaning.get(status, f"HTTP {status}"))
