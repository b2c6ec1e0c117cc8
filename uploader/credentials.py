"""A store's access keys: from the environment, or from a file that only its owner may read. Never logged, never shown.

The file is JSON: ``{"access_key": "…", "secret_key": "…"}``, mode 0600.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from evidence.learned import learned
from uploader.errors import CredentialsUnusable
from uploader.sigv4 import Credentials

ACCESS_KEY = "EVIDENCE_STATION_S3_ACCESS_KEY"
SECRET_KEY = "EVIDENCE_STATION_S3_SECRET_KEY"  # noqa: S105  # the variable's name, not the secret
_LONGEST_FILE = 4096

_Key = Annotated[str, Meta(min_length=1, max_length=1024, pattern=r"^[\x21-\x7e]+$")]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    access_key: _Key
    secret_key: _Key


_FILE: Final = learned(_File)


def load(environment: Mapping[str, str], file: Path) -> Credentials:
    """The keys: both variables of the environment where they are set, else the file. Raises ``CredentialsUnusable``."""
    access, secret = environment.get(ACCESS_KEY), environment.get(SECRET_KEY)
    if access and secret:
        return Credentials(access, secret)
    if access or secret:
        raise CredentialsUnusable(where=f"{ACCESS_KEY}, {SECRET_KEY}", rule="one of the two is missing")
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            untrusted = opened.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise CredentialsUnusable(where=str(file), rule=error.strerror or "cannot be read") from error
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
        raise CredentialsUnusable(where=str(file), rule=f"mode {stat.S_IMODE(mode):04o}, must be a file of mode 0600")
    try:
        found = msgspec.json.decode(untrusted, type=_FILE)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # The parser's message could repeat what stands in the file.
        raise CredentialsUnusable(where=str(file), rule='{"access_key": …, "secret_key": …} and nothing else') from None
    return Credentials(found.access_key, found.secret_key)
