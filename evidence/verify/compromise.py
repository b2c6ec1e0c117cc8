"""What keys that were later found compromised still prove.

Whoever has the key can sign with any date. So what shows that a signature is older than the revocation must come from somebody
else: a time stamp over the seal (RFC 3161; a token proves existence at its time, nothing earlier), or, for heads of the log, a
checkpoint that somebody held before. Where nothing does, a note says so: it is no sign of tampering, and no proof either.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from cryptography import x509

from evidence.verify.keys import Keyring
from evidence.verify.rows import Rows
from evidence.verify.tokens import BadToken, is_trusted, open_token
from evidence.verify.verdict import Findings, NoteKind


class EarliestTokens:
    """The time stamps over seals that somebody else vouches for. Held in memory, and so only read where a key was compromised.

    A token counts only when its authority is trusted from outside (``roots``): whoever stole a key can also make an authority.
    """

    def __init__(self, rows: Rows, roots: Sequence[x509.Certificate], *, needed: bool) -> None:
        self._earliest: dict[tuple[str, str], str] = {}
        for covers, untrusted_response in rows.each("time_stamp", ("covers", "response")) if needed else ():
            try:
                token = open_token(untrusted_response if isinstance(untrusted_response, bytes) else b"")
            except BadToken:
                continue  # named where the time stamps are checked
            if isinstance(covers, str) and is_trusted(token, roots):
                place = covers, token.imprint.hex()
                self._earliest[place] = min(token.at, self._earliest.get(place, token.at))

    def over(self, docking: str, untrusted_signature: object) -> str | None:
        """The earliest time of a token over this very signature of a docking; None without one."""
        if not isinstance(untrusted_signature, bytes):
            return None
        return self._earliest.get((f"docking:{docking}", sha256(untrusted_signature).hexdigest()))


def note_heads(keyring: Keyring, witnessed_until: str | None, findings: Findings) -> None:
    """Log keys that were compromised: what they signed is as good as the checkpoints that others held by then."""
    for key in keyring.compromised():
        if key.role == "log":
            held = (
                "no checkpoint kept elsewhere was given"
                if witnessed_until is None
                else f"the given ones cover it until {witnessed_until}"
            )
            findings.note(
                NoteKind.HEADS_UNPROVEN,
                f"key:{key.id}",
                f"revoked as compromised at {key.compromised_at}: the heads it signed prove what somebody held a checkpoint of before; {held}",
            )
