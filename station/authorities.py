"""Time-stamp authorities as the settings name them: one line of text, because a setting is one line.

``name=URL;ROOTS`` for each, with a blank between two: ``city=https://tsa.example/tsa;keys/tsa-city.pem``. ``ROOTS`` is a PEM file with
the certificates that the authority's tokens must chain to; a relative one lies in the home.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?").fullmatch


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority: what it is called in the log, where it is asked, and the file with its roots."""

    name: str
    url: str
    roots: str


def parse_authorities(text: str) -> tuple[Authority, ...]:
    """The authorities of the setting, in its order. Raises ``ValueError`` with the rule that is broken."""
    found: dict[str, Authority] = {}
    for item in text.split():
        name, equals, rest = item.partition("=")
        url, _, roots = rest.rpartition(";")
        if not equals or not _NAME(name) or not roots:
            raise ValueError(f"{item!r} is not of the form name=URL;FILE")
        if name in found:
            raise ValueError(f"{name!r} is named twice")
        if not sound_address(url):
            raise ValueError(f"the address of {name!r} is not https://… (plain http only on this machine)")
        found[name] = Authority(name, url, roots)
    return tuple(found.values())


def sound_address(url: str) -> bool:
    """Whether an address may be asked: https, or plain http on this machine; no user, no fragment."""
    try:
        address = urlsplit(url)
        host, port = address.hostname or "", address.port
    except ValueError:
        return False
    if not host or port == 0 or address.username is not None or address.fragment:
        return False
    return address.scheme == "https" or (address.scheme == "http" and _on_this_machine(host))


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
