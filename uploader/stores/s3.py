"""An S3-compatible store: multipart uploads driven by ourselves, every part checked by the store before it counts.

Three layers of checks. Each part carries its SHA-256 as a checksum header and in the signature, so the store refuses wrong
bytes and one part goes again; at the end the composite checksum that the store computed must be the one computed here; the
whole file's SHA-256, which S3 does not know, was recomputed from the very bytes that were sent. Where the store shows no
checksum, the object is read back.

An object is created with ``If-None-Match: *``, so nothing is ever overwritten. Where the bucket has Object Lock, it is created
locked in compliance mode. Parts are recognised by ETag = MD5, so a bucket that encrypts with keys of its own (SSE-KMS) does
not serve. Addresses are path-style.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import md5, sha256
from xml.etree.ElementTree import Element

from evidence.facts import EMPTY_DIGEST
from evidence.ids import Digest
from evidence.uploads import Part
from uploader import moments, sigv4
from uploader.errors import ObjectLocked, ObjectMissing, StoreConflict, StoreDisagrees, StoreFailing, UploadGone
from uploader.http import Answer, Body, Http
from uploader.stores import MIB, Confirmed, Content, Found, HeldPart, Listed, Lock, Proof, StoreKind, Told
from uploader.stores import s3_answers as answers

_Query = Sequence[tuple[str, str]]
_CHECKSUM = "x-amz-checksum-sha256"
_PART_SIZE = "x-amz-meta-part-size"


@dataclass(frozen=True, slots=True)
class S3Options:
    """Part size in bytes; how many parts are in flight; whether every object is read back whole before it counts."""

    part_size: int = 5 * MIB
    streams: int = 2
    read_back: bool = False


class S3:
    """A bucket of an S3-compatible store."""

    kind = StoreKind.STORE

    def __init__(
        self,
        http: Http,
        bucket: str,
        scope: sigv4.Scope,
        credentials: sigv4.Credentials,
        now: Callable[[], datetime],
        options: S3Options = S3Options(),
    ) -> None:
        self.name = f"s3:{http.host}/{bucket}"
        self.part_size = options.part_size
        self.streams = options.streams
        self._http = http
        self._bucket = bucket
        self._scope = scope
        self._credentials = credentials
        self._now = now
        self._read_back = options.read_back

    @cached_property
    def locks(self) -> bool:
        """Whether the bucket has Object Lock. A store that will not say is refused: what it locks must never be a guess."""
        answer = self._ask("GET", "", [("object-lock", "")])
        if (answer.status == 404 and answers.error_code(answer) != "NoSuchBucket") or answer.status == 501:
            return False
        root = self._xml("read Object Lock", "", self._accepted(answer, "read Object Lock", ""))
        return answers.text(root, "ObjectLockEnabled") == "Enabled"

    def put(self, key: str, data: bytes, content: Content, retain_until: datetime | None) -> Confirmed:
        headers = {_CHECKSUM: content.checksum, "if-none-match": "*", **self._locked(retain_until)}
        try:
            answer = self._call("put an object", "PUT", key, headers=headers, body=data, digest=content.sha256)
        except StoreConflict:
            return self._already_there(key, content, retain_until)
        return self.confirm(key, _version(answer), content, retain_until)

    def find(self, key: str) -> Found | None:
        try:
            headers = self._call("find an object", "HEAD", key).headers
        except ObjectMissing:
            return None
        hint = headers.get(_PART_SIZE, "")
        part_size = int(hint) if hint.isdecimal() and len(hint) < 12 else 0
        return Found(_version_in(headers.get("x-amz-version-id")), _length(headers.get("content-length")), part_size or None)

    def confirm(self, key: str, version: str | None, content: Content, retain_until: datetime | None) -> Confirmed:
        held = self._held(key, version)
        until = answers.read_lock_date(held.get("x-amz-object-lock-retain-until-date"))
        if self.locks and retain_until is not None and (until is None or until < retain_until.replace(microsecond=0)):
            self._extend_lock(key, version, retain_until)
            held = self._held(key, version)
            until = answers.read_lock_date(held.get("x-amz-object-lock-retain-until-date"))
            self._agreed(key, "locked until", answers.lock_date(retain_until), answers.lock_date(until) if until else "no lock")
        if until is not None:
            self._agreed(key, "lock", "COMPLIANCE", held.get("x-amz-object-lock-mode", ""))
        self._agreed(key, "size", str(content.size), held.get("content-length", ""))
        if version is not None:
            self._agreed(key, "version", version, held.get("x-amz-version-id", ""))
        proof = Proof.COMPOSITE
        if _CHECKSUM in held:
            self._agreed(key, "checksum", content.checksum, held[_CHECKSUM])
        if self._read_back or _CHECKSUM not in held:
            self._agreed(key, "bytes", content.sha256, self._digest_of_stored(key, version))
            proof = Proof.FULL
        stored_at = answers.read_http_date(held.get("last-modified"))
        return Confirmed(
            version=version or _version_in(held.get("x-amz-version-id")),
            size=content.size,
            checksum=content.checksum,
            etag=answers.etag(held.get("etag", "")) or None,
            proof=proof,
            stored_at=moments.written(stored_at) if stored_at else None,
            retain_until=moments.written(until) if until else None,
        )

    def locked(self, key: str, version: str | None) -> Lock:
        if not self.locks:
            self._held(key, version)
            return Lock()
        held = self._held(key, version)
        until = answers.read_lock_date(held.get("x-amz-object-lock-retain-until-date"))
        return Lock(until, held.get("x-amz-object-lock-legal-hold", "OFF") == "ON")

    def lock(self, key: str, version: str | None, wanted: Lock) -> Lock:
        found = self.locked(key, version)
        if not self.locks:
            return found
        until = None if wanted.until is None else wanted.until.replace(microsecond=0)
        if until is not None and (found.until is None or found.until < until):
            self._extend_lock(key, version, until)
        if wanted.hold is not found.hold:
            self._put_under(key, version, "legal-hold", answers.legal_hold(on=wanted.hold))
        found = self.locked(key, version)
        self._agreed(key, "legal hold", str(wanted.hold), str(found.hold))
        if until is not None and (found.until is None or found.until < until):
            self._agreed(
                key, "locked until", answers.lock_date(until), answers.lock_date(found.until) if found.until else "no lock"
            )
        return found

    def remove(self, key: str) -> int:
        # Every version is asked for its lock before the first one goes: a delete without a version would only hide the object.
        there = [one.version for one in self.list(key) if one.key == key]
        now = self._now()
        for version in there:
            lock = self.locked(key, version)
            if lock.keeps(now):
                raise ObjectLocked(store=self.name, object_key=key, until="hold" if lock.hold else str(lock.until))
        for version in there:
            query = [("versionId", version)] if version else []
            self._call("remove an object", "DELETE", key, query)
        if any(one.key == key for one in self.list(key)):
            raise StoreFailing(store=self.name, action="remove an object", answer="said to be removed, and still listed")
        return len(there)

    def open_upload(self, key: str, size: int, part_size: int, retain_until: datetime | None) -> str:
        headers = {
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-type": "COMPOSITE",
            _PART_SIZE: str(part_size),
            **self._locked(retain_until),
        }
        answer = self._call("open an upload", "POST", key, [("uploads", "")], headers)
        token = answers.text(self._xml("open an upload", key, answer), "UploadId")
        if not token:
            raise StoreFailing(store=self.name, action="open an upload", answer="no upload id")
        return token

    def send_part(self, key: str, token: str, part: Part, data: memoryview, told: Told) -> str:
        query = [("partNumber", str(part.number)), ("uploadId", token)]
        headers = {_CHECKSUM: answers.base64_of(part)}
        try:
            answer = self._call("send a part", "PUT", key, query, headers, Body(data, told), part.sha256, part.number)
        except ObjectMissing as error:
            raise UploadGone(store=self.name, object_key=key) from error
        found = answers.etag(answer.headers.get("etag", ""))
        self._agreed(key, f"part {part.number}", part.md5, found)
        return found

    def list_parts(self, key: str, token: str) -> tuple[HeldPart, ...]:
        held: list[HeldPart] = []
        marker = "0"
        while True:
            query = [("uploadId", token), ("max-parts", "1000"), ("part-number-marker", marker)]
            try:
                root = self._xml("list parts", key, self._call("list parts", "GET", key, query))
            except ObjectMissing as error:
                raise UploadGone(store=self.name, object_key=key) from error
            for part in answers.children(root, "Part"):
                number, size = (_length(answers.text(part, name)) for name in ("PartNumber", "Size"))
                held.append(HeldPart(number, size, answers.etag(answers.text(part, "ETag"))))
            following = answers.text(root, "NextPartNumberMarker")
            if answers.text(root, "IsTruncated") != "true" or following == marker:
                return tuple(dict.fromkeys(held))  # SeaweedFS lists a part that came twice twice
            marker = following

    def finish(self, key: str, token: str, content: Content, retain_until: datetime | None) -> Confirmed:
        body = answers.completion(content)
        headers = {"if-none-match": "*", "content-type": "application/xml"}
        try:
            answer = self._call("complete an upload", "POST", key, [("uploadId", token)], headers, body)
        except ObjectMissing as error:
            raise UploadGone(store=self.name, object_key=key) from error
        except StoreConflict:
            confirmed = self._already_there(key, content, retain_until)
            self.abort(key, token)
            return confirmed
        told = answers.text(self._xml("complete an upload", key, answer), "ChecksumSHA256") or answer.headers.get(_CHECKSUM, "")
        if told:
            self._agreed(key, "checksum", content.checksum, told)
        return self.confirm(key, _version(answer), content, retain_until)

    def abort(self, key: str, token: str) -> None:
        try:
            self._call("abort an upload", "DELETE", key, [("uploadId", token)])
        except (ObjectMissing, UploadGone):
            return

    def unfinished(self, prefix: str) -> Sequence[tuple[str, str]]:
        pages = self._pages(
            "list uploads", "uploads", prefix, ("key-marker", "NextKeyMarker"), ("upload-id-marker", "NextUploadIdMarker")
        )
        found = (one for root in pages for one in answers.children(root, "Upload"))
        return sorted((answers.text(one, "Key"), answers.text(one, "UploadId")) for one in found)

    def list(self, prefix: str) -> Iterator[Listed]:
        # Versions, not objects: a delete marker hides an object from a plain listing, and that is how one would be hidden.
        for root in self._pages(
            "list", "versions", prefix, ("key-marker", "NextKeyMarker"), ("version-id-marker", "NextVersionIdMarker")
        ):
            for one in answers.children(root, "Version"):
                version = _version_in(answers.text(one, "VersionId"))
                yield Listed(answers.text(one, "Key"), version, _length(answers.text(one, "Size")))

    def fetch(self, key: str, version: str | None, limit: int) -> bytes:
        received = bytearray()
        for block in self._stored(key, version):
            received += block
            if len(received) > limit:
                raise StoreDisagrees(store=self.name, object_key=key, what="size", expected=f"at most {limit}", found="more")
        return bytes(received)

    def stream(self, key: str, version: str | None) -> Iterator[bytes]:
        return self._stored(key, version)

    def _already_there(self, key: str, content: Content, retain_until: datetime | None) -> Confirmed:
        """An object stands under the key: fine when it holds these very bytes."""
        found = self.find(key)
        if found is None:
            raise StoreFailing(store=self.name, action="find an object", answer="said to be there, and not found")
        try:
            return self.confirm(key, found.version, content, retain_until)
        except StoreDisagrees as error:
            raise StoreConflict(store=self.name, object_key=key) from error

    def _held(self, key: str, version: str | None) -> dict[str, str]:
        query = [("versionId", version)] if version else []
        return dict(self._call("confirm an object", "HEAD", key, query, {"x-amz-checksum-mode": "ENABLED"}).headers)

    def _extend_lock(self, key: str, version: str | None, until: datetime) -> None:
        self._put_under(key, version, "retention", answers.retention(until))

    def _put_under(self, key: str, version: str | None, name: str, body: bytes) -> None:
        headers = {
            "content-md5": b64encode(md5(body, usedforsecurity=False).digest()).decode(),
            "content-type": "application/xml",
        }
        query = [(name, ""), *([("versionId", version)] if version else [])]
        self._call("lock an object", "PUT", key, query, headers, body)

    def _digest_of_stored(self, key: str, version: str | None) -> str:
        digest = sha256()
        for block in self._stored(key, version):
            digest.update(block)
        return digest.hexdigest()

    def _stored(self, key: str, version: str | None) -> Iterator[bytes]:
        query = [("versionId", version)] if version else []
        target, headers = self._signed("GET", key, query, {}, EMPTY_DIGEST)
        with self._http.stream(target, headers) as (answer, blocks):
            if (fault := answers.fault(answer, self.name, "read an object", key, 0)) is not None:
                raise fault
            yield from blocks

    def _pages(self, action: str, listing: str, prefix: str, *markers: tuple[str, str]) -> Iterator[Element]:
        at: list[tuple[str, str]] = []
        while True:
            root = self._xml(action, "", self._call(action, "GET", "", [(listing, ""), ("prefix", prefix), *at]))
            yield root
            following = [(asked, answers.text(root, told)) for asked, told in markers]
            if answers.text(root, "IsTruncated") != "true" or following == at:
                return
            at = following

    def _locked(self, retain_until: datetime | None) -> dict[str, str]:
        if retain_until is None or not self.locks:
            return {}
        return {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": answers.lock_date(retain_until)}

    def _agreed(self, key: str, what: str, expected: str, found: str) -> None:
        if expected != found:
            raise StoreDisagrees(store=self.name, object_key=key, what=what, expected=expected, found=found[:128])

    def _call(
        self,
        action: str,
        method: str,
        key: str,
        query: _Query = (),
        headers: dict[str, str] | None = None,
        body: bytes | Body = b"",
        digest: Digest | None = None,
        number: int = 0,
    ) -> Answer:
        """One request that must succeed: the only place where answers become faults."""
        return self._accepted(self._ask(method, key, query, headers, body, digest), action, key, number)

    def _ask(
        self,
        method: str,
        key: str,
        query: _Query = (),
        headers: dict[str, str] | None = None,
        body: bytes | Body = b"",
        digest: Digest | None = None,
    ) -> Answer:
        if digest is None:
            assert isinstance(body, bytes)
            digest = Digest(sha256(body).hexdigest())
        target, signed = self._signed(method, key, query, headers or {}, digest)
        return self._http.request(method, target, signed, body)

    def _accepted(self, answer: Answer, action: str, key: str, number: int = 0) -> Answer:
        if (fault := answers.fault(answer, self.name, action, key, number)) is not None:
            raise fault
        return answer

    def _signed(
        self, method: str, key: str, query: _Query, headers: dict[str, str], digest: Digest
    ) -> tuple[str, dict[str, str]]:
        now = self._now().astimezone(UTC)
        path = f"/{self._bucket}/{key}" if key else f"/{self._bucket}"
        whole = {**headers, "host": self._http.host, "x-amz-content-sha256": digest, "x-amz-date": sigv4.amz_date(now)}
        authorization = sigv4.sign(method, path, query, whole, digest, self._credentials, self._scope, now)
        asked = sigv4.encoded_query(query)
        return f"{sigv4.encoded_path(path)}{'?' if asked else ''}{asked}", {**whole, "authorization": authorization}

    def _xml(self, action: str, key: str, answer: Answer) -> Element:
        try:
            return answers.parse(answer.untrusted_body)
        except answers.NotXml as error:
            raise StoreFailing(store=self.name, action=action, answer="not XML") from error


def _version(answer: Answer) -> str | None:
    return _version_in(answer.headers.get("x-amz-version-id"))


def _version_in(untrusted_version: str | None) -> str | None:
    """A version id; S3 calls the version of an unversioned object ``null``."""
    return untrusted_version if untrusted_version and untrusted_version != "null" else None


def _length(untrusted_number: str | None) -> int:
    """A whole number from the wire; -1, which nothing agrees with, for what is none."""
    return int(untrusted_number) if untrusted_number and untrusted_number.isdecimal() and len(untrusted_number) < 20 else -1
