"""Asking a time-stamp authority over HTTP (RFC 3161, section 3.4): one POST, one answer of bounded size, in bounded time.

What comes back is untrusted bytes; ``evidence/timestamps.py`` judges them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from evidence.errors import Exit
from uploader.errors import StoreFault, UploadError
from uploader.http import Http, HttpLimits, Trust

LIMITS = HttpLimits(connect=5.0, silence=10.0, answer=1 << 16, whole=20.0)
"""A token is a few thousand bytes and takes milliseconds; who needs longer is asked again later."""


class AuthorityFault(UploadError):
    """An authority gave no token this time; the request waits."""


class AuthorityUnreachable(AuthorityFault):
    """No connection, no whole answer, or one beyond all bounds. Fields: ``authority``, ``rule``."""

    code = "authority-unreachable"
    status = Exit.UNREACHABLE


class AuthorityFailing(AuthorityFault):
    """The authority's server answers with an error or sends elsewhere. Fields: ``authority``, ``answer``."""

    code = "authority-failing"
    status = Exit.UNREACHABLE


def ask(authority: str, url: str, ca_file: str, request: bytes, limits: HttpLimits = LIMITS) -> bytes:
    """What an authority answers to a TimeStampReq. ``ca_file`` holds whom to believe in TLS; empty: the system's authorities.

    Raises :class:`AuthorityFault`. No redirect is followed.
    """
    address = urlsplit(url)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        with Http(f"{address.scheme}://{address.netloc}", authority, limits, Trust(ca_file=ca_file), 1) as http:
            answer = http.request("POST", target, headers, request)
    except StoreFault as fault:
        raise AuthorityUnreachable(authority=authority, rule=str(fault.fields["rule"])) from fault
    if answer.status != 200:
        raise AuthorityFailing(authority=authority, answer=f"HTTP {answer.status}")
    return answer.untrusted_body
