"""What a request can be refused with before any command sees it, and the HTTP status of every fault on the way out of ``/v1``.

``/v1`` tells three things apart that the exit status calls one: what does not fit the described form (400), what fits it and breaks a rule
(422), and what is not there (404, by the code).
"""

from __future__ import annotations

from evidence.errors import Exit, Fault
from station import wire
from station.home import StationError


class RequestUnknown(StationError):
    """There is nothing at that path, or not for that method. Fields: ``path``."""

    code = "request-unknown"
    status = Exit.USAGE


class MethodNotAllowed(StationError):
    """The path is there, and not for that method. Fields: ``method``, ``path``, ``allowed``."""

    code = "method-not-allowed"
    status = Exit.USAGE


class MediaTypeUnsupported(StationError):
    """A body that is not what the path takes. Fields: ``given``, ``wanted``."""

    code = "media-type-unsupported"
    status = Exit.USAGE


class RangeUnsatisfiable(StationError):
    """The asked range lies outside the bytes that there are. Fields: ``size``."""

    code = "range-unsatisfiable"
    status = Exit.USAGE


class TicketInvalid(StationError):
    """A ticket that was not made here, or for something else, or that has expired. No fields."""

    code = "ticket-invalid"
    status = Exit.REFUSED


class RequestSlow(StationError):
    """The body of a request did not arrive in time. Fields: ``seconds``."""

    code = "request-slow"
    status = Exit.USAGE


class TooManyRequests(StationError):
    """More requests than this caller may make. Fields: ``limit`` (a minute), ``seconds`` (until the next one)."""

    code = "too-many-requests"
    status = Exit.REFUSED


class ScopeMissing(StationError):
    """The system that called was not given this scope. Fields: ``client``, ``scope``."""

    code = "scope-missing"
    status = Exit.REFUSED


class ClientUnknown(StationError):
    """The certificate is good, and nobody admitted who bears it. Fields: ``fingerprint``."""

    code = "client-unknown"
    status = Exit.REFUSED


STATUSES = {
    "method-not-allowed": 405,
    "media-type-unsupported": 415,
    "range-unsatisfiable": 416,
    "ticket-invalid": 401,
    "request-slow": 408,
    "too-many-jobs": 429,
    "too-many-requests": 429,
    "scope-missing": 403,
    "client-unknown": 403,
    "request-malformed": 400,
}


def status_of(fault: Fault) -> int:
    """The HTTP status of a fault in ``/v1`` (RFC 9110, section 15)."""
    if fault.code in STATUSES:
        return STATUSES[fault.code]
    if fault.code not in wire.OWN_STATUSES and fault.status is Exit.USAGE:
        return 404 if fault.code.startswith("no-such-") else 422
    return wire.http_status(fault)
