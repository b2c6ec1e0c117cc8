"""Key URIs of PKCS#11 tokens (RFC 7512), as far as a station needs them.

``pkcs11:token=…;object=…?module-path=/…/module.so&pin-source=file:…``. What is not understood is refused rather than ignored:
a key that answers to half of its description may be another one. A PIN never stands in a URI (``pin-value`` is refused),
because settings are read, logged and copied; :func:`redacted` keeps one that somebody wrote there out of every message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

SCHEME = "pkcs11:"
_PATH = frozenset({"token", "manufacturer", "model", "serial", "object", "id", "type"})
_QUERY = frozenset({"module-path", "pin-source"})
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=&/?|]|%[0-9A-Fa-f]{2})*")
"""RFC 7512, section 2.3: ``pk11-pchar`` and ``pk11-qchar`` in one."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Which key, in which token, through which module. None where the URI does not say."""

    module: str
    """Absolute path of the PKCS#11 module that speaks to the token."""
    token: str | None
    manufacturer: str | None
    model: str | None
    serial: str | None
    label: str | None
    """``object``: the key's label (CKA_LABEL)."""
    id: bytes | None
    """``id``: CKA_ID."""
    pin_file: str | None
    """``pin-source``: a file that holds the PIN; relative to the home."""


def parse(uri: str) -> TokenKey:
    """What the URI names. Raises ``ValueError`` with the rule that it breaks."""
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    named = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
    if named.pop("type", b"private") != b"private":
        raise ValueError("type is private, or not given")
    identity = named.pop("id", None)
    text = {name: _text(name, value) for name, value in named.items()}
    module, pin = text.get("module-path"), text.get("pin-source")
    if module is None or not module.startswith("/"):
        raise ValueError("module-path names the PKCS#11 module by its absolute path")
    if "token" not in text and "serial" not in text:
        raise ValueError("the token is named by token or serial")
    if "object" not in text and identity is None:
        raise ValueError("the key is named by object or id")
    if pin is not None and (not pin.startswith("file:") or (pin.startswith("file://") and not pin.startswith("file:///"))):
        raise ValueError("pin-source is a file: URI")
    return TokenKey(
        module,
        text.get("token"),
        text.get("manufacturer"),
        text.get("model"),
        text.get("serial"),
        text.get("object"),
        identity,
        None if pin is None else re.sub("^file:(//(?=/))?", "", pin),
    )


def redacted(uri: str) -> str:
    """The URI without a PIN that somebody may have put into it."""
    return re.sub(r"(?i)(pin-value=)[^&;]*", r"\1…", uri)


def _attributes(part: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for one in part.split(separator) if part else ():
        name, equals, value = one.partition("=")
        if name == "pin-value":
            raise ValueError(
                "no PIN in a URI: put it into a file that only the station's user reads, and name that as pin-source"
            )
        if name not in known or not equals or not value:
            raise ValueError(
                f"{', '.join(sorted(_PATH))} before the '?', {' and '.join(sorted(_QUERY))} after it, each with a value"
            )
        if name in found or not _CHARACTERS.fullmatch(value):
            raise ValueError(f"{name} once, and percent-encoded (RFC 7512, section 2.3)")
        found[name] = unquote_to_bytes(value)
    return found


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} in UTF-8") from error
