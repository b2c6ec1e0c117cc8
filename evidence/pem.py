"""PEM (RFC 7468) for what ``cryptography`` has no object for."""

from __future__ import annotations

import base64
import binascii
import re


def pem(label: str, der: bytes) -> bytes:
    """DER between its two lines."""
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def unpem(label: str, untrusted_pem: bytes) -> bytes:
    """The DER of the first block with that label; text around it is passed over. Raises ``ValueError``."""
    name = re.escape(label.encode())
    found = re.search(rb"-----BEGIN %b-----\s+([A-Za-z0-9+/=\s]+)-----END %b-----" % (name, name), untrusted_pem)
    if found is None:
        raise ValueError(f"no {label} in PEM")
    try:
        return base64.b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
