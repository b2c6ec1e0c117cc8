"""Sealed manifests: their bytes, their seal, and that they say what the log and the card's listing say.

The digest in the ``sealed`` entry decides which is at fault: other bytes are ``manifest-altered``; a seal that does not
hold over the right bytes is ``manifest-signature``; a seal by somebody else's key is ``foreign-key``.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.verify.canonical import NotCanonical, decode
from evidence.verify.cms import BadSignature, open_seal
from evidence.verify.compare import Expected, Row
from evidence.verify.compromise import EarliestTokens
from evidence.verify.entries import Commitment, canonical_text
from evidence.verify.fold import About, is_digest
from evidence.verify.gm import BadSm2, check_sm2
from evidence.verify.keys import PRESUMED, Keyring
from evidence.verify.verdict import Findings, Kind, NoteKind

INTERRUPTED = "interrupted"
"""Why a file was not taken that no rule skips: its docking was cut short, and sealed without it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good manifest says: record digests and skipping reasons by position, recordings by id."""

    records: dict[int, str]
    skipped: dict[int, str | None]
    recordings: dict[str, str]


class _Record(msgspec.Struct):
    docking: str
    position: int
    path: str
    clip: str | None
    size: int
    sha256: str | None
    state: str
    recorded_at: str | None
    duration_ms: int | None
    recording: str | None
    path_b64: str | None = None
    sm3: str | None = None


class Manifests:
    """Checks manifests of one station."""

    def __init__(self, station: str, keyring: Keyring, findings: Findings, tokens: EarliestTokens) -> None:
        """``tokens``: the time stamps over seals, asked only for seals by keys that were compromised."""
        self._station = station
        self._keyring = keyring
        self._findings = findings
        self._tokens = tokens

    def check(self, docking: str, docked: About, sealed: About, listing_sha256: str | None, row: Row | None) -> Claims | None:
        """One sealed docking. What its manifest claims, or None when that cannot be relied on."""
        subject = f"manifest:{docking}"
        assert sealed.what is not None
        assert docked.what is not None
        if row is None:
            self._findings.problem(Kind.CATALOGUE_MISSING_ROW, subject, "the log says it is there")
            return None
        self._findings.checked["manifests"] += 1
        self._check_seal(subject, sealed, row["signature"])
        body = row["body"]
        self._check_second_seal(subject, sealed, body, row["signature_gm"])
        if not is_digest(body, sealed.what["manifest_sha256"]):
            self._findings.problem(Kind.MANIFEST_ALTERED, subject, "its bytes are not those that were sealed")
            return None
        try:
            manifest = decode(body, _MANIFEST)
        except NotCanonical as error:
            self._findings.problem(Kind.MANIFEST_ALTERED, subject, f"not a manifest of this format: {error}")
            return None
        wrong = self._contradictions(manifest, docking, docked, sealed, listing_sha256)
        if wrong:
            self._findings.problem(Kind.MANIFEST_ALTERED, subject, f"{', '.join(wrong)}: not what the log says")
        return Claims(
            {record.position: record.record_sha256 for record in manifest.records},
            {skipped.position: skipped.reason for skipped in manifest.skipped},
            {recording.id: canonical_text(recording.segments) for recording in manifest.recordings},
        )

    def record(
        self, docking: str, position: int, expected: Expected, path: bytes | None, untrusted_record: bytes
    ) -> _Record | None:
        """A record whose digest the manifest lists, held to what the log says of the file and to its path on the card."""
        subject = f"sighting:{docking}/{position}"
        try:
            said = _RECORD.decode(untrusted_record)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            self._findings.problem(Kind.MANIFEST_ALTERED, subject, f"not a record of this format: {error}")
            return None
        claims = {
            "docking": docking,
            "position": position,
            **{name: expected[name] for name in ("clip", "size", "sha256", "sm3", "state")},
        }
        wrong = [name for name, value in claims.items() if getattr(said, name) != value]
        wrong += ["path"] if path is not None and _path(said) != path else []
        if wrong:
            self._findings.problem(Kind.MANIFEST_ALTERED, subject, f"the record's {', '.join(wrong)}: not what the log says")
            return None
        return said

    def _check_seal(self, subject: str, sealed: About, untrusted_signature: object) -> None:
        assert sealed.what is not None
        named: str = sealed.what["key"]
        try:
            found = open_seal(untrusted_signature if isinstance(untrusted_signature, bytes) else b"")
        except BadSignature as error:
            self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, str(error))
            return
        spki = found.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        signer = sha256(spki).hexdigest()
        key = self._keyring.introduced.get(signer)
        place = (sealed.epoch, sealed.seq)
        if signer != named:
            self._findings.problem(Kind.FOREIGN_KEY, f"key:{signer}", f"sealed {subject}, for which the log names another key")
        elif key is None:
            self._findings.problem(Kind.FOREIGN_KEY, f"key:{signer}", f"sealed {subject}, and the log never introduced it")
        elif key.role not in ("seal", PRESUMED) or key.since > place or (key.until is not None and key.until < place):
            self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, "sealed with a key that was not in force for it")
        elif sha256(found.certificate.public_bytes(Encoding.DER)).hexdigest() != key.certificate_sha256:
            self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, "it carries another certificate than the log introduced")
        elif found.digest.hex() != sealed.what["manifest_sha256"]:
            self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, "the signature is over other bytes")
        else:
            key.used(sealed.utc, sealed.clock)
            if key.compromised_at is not None:
                self._weigh(
                    subject, key.compromised_at, self._tokens.over(subject.removeprefix("manifest:"), untrusted_signature)
                )

    def _check_second_seal(self, subject: str, sealed: About, body: object, untrusted_signature: object) -> None:
        """The SM2 signature over the same bytes, where the log speaks of one. It stands beside the seal, never for it."""
        assert sealed.what is not None
        named: str | None = sealed.what.get("key_gm")
        if named is None:
            if untrusted_signature is not None:
                self._findings.problem(
                    Kind.CATALOGUE_DIFFERS, subject, "signature_gm: the log speaks of no SM2 signature over this manifest"
                )
            return
        key = self._keyring.introduced.get(named)
        place = (sealed.epoch, sealed.seq)
        if key is None:
            self._findings.problem(
                Kind.FOREIGN_KEY, f"key:{named}", f"signed {subject} with SM2, and the log never introduced it"
            )
        elif not isinstance(untrusted_signature, bytes):
            self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, "the SM2 signature that the log speaks of is not there")
        elif key.role not in ("seal-gm", PRESUMED) or key.since > place or (key.until is not None and key.until < place):
            self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, "signed with an SM2 key that was not in force for it")
        elif key.certificate is None or not is_digest(body, sealed.what["manifest_sha256"]):
            return  # named where keys are compared, and where the manifest's bytes are
        else:
            assert isinstance(body, bytes)
            try:
                check_sm2(key.spki, body, untrusted_signature)
            except BadSm2 as error:
                self._findings.problem(Kind.MANIFEST_SIGNATURE, subject, str(error))
                return
            key.used(sealed.utc, sealed.clock)
            if key.compromised_at is not None:
                detail = f"its SM2 signature is by a key that was revoked as compromised at {key.compromised_at}; the seal itself is not"
                self._findings.note(NoteKind.SECOND_SEAL_UNPROVEN, subject, detail)

    def _weigh(self, subject: str, compromised_at: str, token_at: str | None) -> None:
        """A seal by a key that was later found compromised: proven where a time stamp is older than that."""
        if token_at is not None and token_at < compromised_at:
            return
        shown = "no time stamp shows" if token_at is None else f"its earliest time stamp, of {token_at}, does not show"
        detail = f"sealed with a key that was revoked as compromised at {compromised_at}, and {shown} that the seal is older"
        self._findings.note(NoteKind.SEAL_UNPROVEN, subject, detail)

    def _contradictions(
        self, manifest: _Manifest, docking: str, docked: About, sealed: About, listing_sha256: str | None
    ) -> list[str]:
        what = docked.what or {}
        officer = what["officer"]
        pairs: dict[str, tuple[object, object]] = {
            "station": (manifest.station, self._station),
            "docking": (manifest.docking, docking),
            "device": (manifest.device, what["device"]),
            "source": (manifest.source, what["source"]),
            "profile": (manifest.profile.name, what["profile"]),
            "acquisition": (manifest.acquisition, what["acquisition"]),
            "officer": (manifest.officer and manifest.officer.commitment, officer and officer["commitment"]),
            "opened_at": (manifest.opened_at, docked.utc),
            "listing_sha256": (manifest.listing_sha256, listing_sha256),
            "bytes": (manifest.bytes, (sealed.what or {})["bytes"]),
        }
        wrong = [name for name, (said, logged) in pairs.items() if said != logged]
        positions = [record.position for record in manifest.records]
        if positions != sorted(set(positions)):
            wrong.append("order of records")
        return wrong


class _Profile(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    digest: str | None


class _Software(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    version: str
    digest: str | None


class _Listed(msgspec.Struct, forbid_unknown_fields=True):
    position: int
    record_sha256: str


class _Skipped(msgspec.Struct, forbid_unknown_fields=True):
    position: int
    reason: str | None


class _Recording(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    segments: list[dict[str, Any]]


class _Log(msgspec.Struct, forbid_unknown_fields=True):
    origin: str
    size: int


class _Manifest(msgspec.Struct, forbid_unknown_fields=True):
    v: int
    station: str
    unit: str
    docking: str
    device: str
    source: str
    profile: _Profile
    acquisition: dict[str, Any]
    officer: Commitment | None
    opened_at: str
    sealed_at: str
    listing_sha256: str
    software: _Software
    records: list[_Listed]
    skipped: list[_Skipped]
    recordings: list[_Recording]
    bytes: int
    log: _Log


_MANIFEST = msgspec.json.Decoder(_Manifest)
_RECORD = msgspec.json.Decoder(_Record)


class _Item(msgspec.Struct):
    path: str
    kind: str
    path_b64: str | None = None
    reason: str | None = None


class _Listing(msgspec.Struct):
    docking: str
    items: list[_Item]


_LISTING = msgspec.json.Decoder(_Listing)


@dataclass(frozen=True, slots=True)
class Listing:
    """A card as it was listed before the first byte was copied."""

    items: list[_Item]

    def path(self, position: int) -> bytes:
        """The path of a file on the card; for a position that is not on it, what no path can be."""
        return _path(self.items[position]) if 0 <= position < len(self.items) else b"/"


def read_listing(untrusted_listing: object, listing_sha256: str | None) -> Listing | None:
    """The listing whose digest the log has; None for other bytes, which are named where rows are compared."""
    if not is_digest(untrusted_listing, listing_sha256):
        return None
    assert isinstance(untrusted_listing, bytes)
    try:
        return Listing(_LISTING.decode(untrusted_listing).items)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Listing([])  # the log has the digest of what is no listing: nothing of this docking is on it


def listing_flaw(listing: Listing, claims: Claims) -> str | None:
    """What of the card's listing is not accounted for: every file taken, skipped by a rule, or unreadable; None if all is."""
    items = listing.items
    for position, item in enumerate(items):
        taken = position in claims.records or claims.skipped.get(position) == INTERRUPTED
        if item.kind == "file" and item.reason is None and not taken:
            return f"file {position} of the card is in no record"
        if item.reason is not None and claims.skipped.get(position) != item.reason:
            return f"entry {position} of the card was skipped by a rule, and the manifest does not say so"
    beyond = [position for position in (*claims.records, *claims.skipped) if not 0 <= position < len(items)]
    return f"position {beyond[0]} is not on the card" if beyond else None


def _path(item: _Item | _Record) -> bytes:
    if item.path_b64 is None:
        return item.path.encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(item.path_b64, validate=True)
    except binascii.Error:
        return b""
