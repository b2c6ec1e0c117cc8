"""What an S3 store answers, and which of our faults it is. Functions of values; everything from the wire is untrusted.

Codes are those of the S3 API reference ("Error responses"); some stores add their own for a full disk. A 200 may carry an
error too: CompleteMultipartUpload sends its headers before it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from evidence.uploads import Part
from uploader.errors import (
    ObjectMissing,
    PartLost,
    PartRejected,
    StoreConflict,
    StoreFailing,
    StoreFull,
    StoreRefused,
    StoreUnusable,
    UploadError,
    UploadGone,
)
from uploader.http import Answer
from uploader.stores import Content

_WRONG_BYTES = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody"}
_LOST_PART = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}
_FULL = {
    "InsufficientStorage",
    "XMinioStorageFull",
    "QuotaExceeded",
    "XMinioAdminBucketQuotaExceeded",
    "StorageFull",
    "EntityTooLarge",
}
_TRY_AGAIN = {
    "RequestTimeout",
    "SlowDown",
    "OperationAborted",
    "ConditionalRequestConflict",
    "ServiceUnavailable",
    "InternalError",
}


class NotXml(ValueError):
    """An answer that should be XML is not."""


def parse(untrusted_body: bytes) -> ET.Element:
    """The root element. Raises :class:`NotXml`; a document type is refused, so that no entity can be declared."""
    if b"<!DOCTYPE" in untrusted_body or b"<!ENTITY" in untrusted_body or b"\0" in untrusted_body:  # NUL: UTF-16 would hide one
        raise NotXml("a document type")
    try:
        return ET.fromstring(untrusted_body)  # noqa: S314  # without a document type there is nothing to expand; size is limited
    except ET.ParseError as error:
        raise NotXml(str(error)) from error


def text(element: ET.Element, name: str) -> str:
    """The text of a child, whatever its namespace; empty when there is none."""
    return next((child.text or "" for child in element if local(child) == name), "")


def children(element: ET.Element, *names: str) -> Iterator[ET.Element]:
    """Children of some names, whatever their namespace."""
    return (child for child in element if local(child) in names)


def local(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def error_code(answer: Answer) -> str:
    """The error code in an answer's body; empty when it holds none."""
    try:
        root = parse(answer.untrusted_body) if answer.untrusted_body.lstrip().startswith(b"<") else None
    except NotXml:
        return ""
    return text(root, "Code")[:64] if root is not None and local(root) == "Error" else ""


def fault(answer: Answer, store: str, action: str, key: str, number: int) -> UploadError | None:
    """The fault that an answer means; None when it means that all is well."""
    code = error_code(answer)
    if 200 <= answer.status < 300 and not code:
        return None
    said = code or f"HTTP {answer.status}"
    if code in _WRONG_BYTES:
        return PartRejected(store=store, object_key=key, number=number)
    if code in _LOST_PART:
        return PartLost(store=store, object_key=key)
    if code == "NoSuchUpload":
        return UploadGone(store=store, object_key=key)
    if code == "NoSuchBucket":
        return StoreUnusable(store=store, rule="the bucket is not there")
    if answer.status == 404:
        return ObjectMissing(store=store, object_key=key)
    if answer.status == 412:
        return StoreConflict(store=store, object_key=key)
    if code in _FULL or answer.status == 507:
        return StoreFull(store=store)
    if code in _TRY_AGAIN or answer.status >= 500 or answer.status in {200, 408, 429}:
        return StoreFailing(store=store, action=action, answer=said)
    return StoreRefused(store=store, action=action, answer=said)


def completion(content: Content) -> bytes:
    """The body of CompleteMultipartUpload: every part by number, ETag (its MD5) and SHA-256."""
    parts = "".join(
        f"<Part><PartNumber>{part.number}</PartNumber><ETag>&quot;{part.md5}&quot;</ETag>"
        f"<ChecksumSHA256>{base64_of(part)}</ChecksumSHA256></Part>"
        for part in content.parts
    )
    return f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{parts}</CompleteMultipartUpload>'.encode()


def retention(until: datetime) -> bytes:
    """The body of PutObjectRetention."""
    return (
        '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
        f"<RetainUntilDate>{escape(lock_date(until))}</RetainUntilDate></Retention>"
    ).encode()


def legal_hold(*, on: bool) -> bytes:
    """The body of PutObjectLegalHold."""
    return f'<LegalHold xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>{"ON" if on else "OFF"}</Status></LegalHold>'.encode()


def base64_of(part: Part) -> str:
    """A part's SHA-256 as S3 writes it."""
    return Content(part.size, part.sha256).checksum


def lock_date(until: datetime) -> str:
    """The end of a lock as it is asked for: UTC, whole seconds."""
    return until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_lock_date(untrusted_text: str | None) -> datetime | None:
    """The end of a lock as a store tells it; None when it tells none or something that is no date."""
    try:
        return datetime.fromisoformat(untrusted_text).astimezone(UTC) if untrusted_text else None
    except ValueError:
        return None


def read_http_date(untrusted_text: str | None) -> datetime | None:
    """The moment in a ``Last-Modified`` header; None when there is none."""
    try:
        return parsedate_to_datetime(untrusted_text).astimezone(UTC) if untrusted_text else None
    except (ValueError, TypeError):
        return None


def etag(untrusted_text: str) -> str:
    """An ETag without its quotes."""
    return untrusted_text.strip().strip('"')
