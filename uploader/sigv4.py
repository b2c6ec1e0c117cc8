"""Signing requests: AWS Signature Version 4, as S3-compatible stores ask for it. A function of values.

Specification: "Signature Version 4 signing process" and "Authenticating Requests: Using the Authorization Header" of the S3 API
reference; the examples published there are the tests. The body's SHA-256 is always part of what is signed, so a body that was
changed on its way does not verify. Names of steps follow the specification.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Access keys of a store. The secret shows in no representation of it."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for."""

    region: str
    service: str = "s3"


def sign(
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    payload_sha256: str,
    credentials: Credentials,
    scope: Scope,
    now: datetime,
) -> str:
    """The value of the ``Authorization`` header.

    ``path`` is not encoded yet, ``headers`` must hold ``host`` and every header to be signed, ``now`` is UTC and equals the
    ``x-amz-date`` among them. S3 rules: the path is encoded once and not normalised.
    """
    names = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed = ";".join(sorted(names))
    canonical_request = "\n".join(
        [
            method,
            encoded_path(path),
            encoded_query(query),
            "".join(f"{name}:{names[name]}\n" for name in sorted(names)),
            signed,
            payload_sha256,
        ]
    )
    day = now.strftime("%Y%m%d")
    credential_scope = f"{day}/{scope.region}/{scope.service}/aws4_request"
    string_to_sign = "\n".join([ALGORITHM, amz_date(now), credential_scope, sha256(canonical_request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for step in (day, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, step)
    signature = _hmac(key, string_to_sign).hex()
    return f"{ALGORITHM} Credential={credentials.access_key}/{credential_scope},SignedHeaders={signed},Signature={signature}"


def amz_date(now: datetime) -> str:
    """The moment as ``x-amz-date`` writes it."""
    return now.strftime("%Y%m%dT%H%M%SZ")


def encoded_path(path: str) -> str:
    """A path as it is signed and sent."""
    return quote(path, safe=f"/{_UNRESERVED}")


def encoded_query(query: Iterable[tuple[str, str]]) -> str:
    """A query string as it is signed and sent: sorted, everything reserved encoded."""
    pairs = sorted((quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED)) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
