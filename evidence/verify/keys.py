"""Which keys count: introduced in the log, certified, in force when they signed.

* A key counts from the checkpoint that covers its ``key-introduced`` up to the one that covers its first ``key-revoked``.
* Revoked as ``compromised``, what it signed before is proof only where something else shows that it is older: a time stamp
  from before the revocation, for heads also a witness. The rest is noted; that it stands earlier in the log is the log's word.
* Its certificate chains (X.509, RFC 5280), over intermediates or not, to a ``ca`` certificate that the log introduced; each was
  valid when it signed, and no authority on the way was revoked before the key was introduced.
* The result is anchored when every chain ends at, or passes, a certificate whose fingerprint was given from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.verify.der import SEQUENCE, elements
from evidence.verify.signednote import Checkpoint, PublicKey, key_hash, signed_by
from evidence.verify.verdict import Findings, Kind, NoteKind

CHAIN_LIMIT = 8
COMPROMISED = "compromised"
"""The reason of a revocation after which nothing that only this key proves is proven."""
PRESUMED = "presumed"
"""Role of a key whose introduction cannot be read."""

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

Place = tuple[int, int]
"""Epoch and entry number: where in the logs of a station something was said."""


@dataclass(slots=True)
class Introduced:
    """A key as the log introduced it, and its certificate where the catalogue still has the right one."""

    id: str
    role: str
    certificate_sha256: str
    since: Place
    at: str
    until: Place | None = None
    compromised_at: str | None = None
    """When it was revoked as compromised; None while it was not."""
    certificate: x509.Certificate | None = None
    public: PublicKey | None = None
    spki: bytes = b""
    first_use: str | None = None
    last_use: str | None = None
    last_use_clock: str = "synchronised"

    def named_in(self, checkpoint: Checkpoint) -> bool:
        """Whether the signature line names this key."""
        return self.public is not None and key_hash(checkpoint.origin, self.public, self.spki) == checkpoint.key_hash

    def used(self, at: str, clock: str) -> None:
        """It signed something at this moment."""
        self.first_use = at if self.first_use is None else min(at, self.first_use)
        if self.last_use is None or at >= self.last_use:
            self.last_use, self.last_use_clock = at, clock


class Keyring:
    """The keys of one station, filled as its log is read."""

    def __init__(self, rows: Iterable[tuple[Any, Any]], findings: Findings) -> None:
        """``rows`` are ``(id, certificate)`` of the table ``signing_key``; the log decides what they are worth."""
        self._stored: dict[str, bytes] = {
            key: certificate for key, certificate in rows if isinstance(key, str) and isinstance(certificate, bytes)
        }
        self._findings = findings
        self.introduced: dict[str, Introduced] = {}

    def introduce(self, place: Place, key: str, role: str, certificate_sha256: str, at: str) -> None:
        """The log introduces a key."""
        made = Introduced(key, role, certificate_sha256, place, at)
        stored = self._stored.get(key, b"")
        if sha256(stored).hexdigest() == certificate_sha256:
            self._certify(made, stored)
        self.introduced[key] = made

    def presume(self, place: Place, key: str) -> None:
        """The entry that introduced this key is itself altered: for want of better, what its certificate says."""
        stored = self._stored.get(key)
        if stored is None or key in self.introduced:
            return
        made = Introduced(key, PRESUMED, sha256(stored).hexdigest(), place, "")
        self._certify(made, stored, quiet=True)
        if made.certificate is not None and sha256(made.spki).hexdigest() == key:
            constraints = _extension(made.certificate, x509.BasicConstraints)
            made.role = "ca" if constraints is not None and constraints.ca else PRESUMED
            self.introduced[key] = made

    def revoke(self, place: Place, key: str, reason: str, at: str) -> None:
        """The log revokes a key. One that has ended can be found compromised later; it ended when it ended."""
        one = self.introduced.get(key)
        if one is None:
            return
        one.until = place if one.until is None else one.until
        if reason == COMPROMISED and one.compromised_at is None:
            one.compromised_at = at

    def compromised(self) -> list[Introduced]:
        """The keys that were revoked as compromised."""
        return [key for key in self.introduced.values() if key.compromised_at is not None]

    def checkpoint_key(self, checkpoint: Checkpoint, after: Place, upto: Place) -> Introduced | None:
        """The log key, in force for the commit of the entries ``after``..``upto``, that the signature line names."""
        for key in self.log_keys():
            if key.since <= upto and (key.until is None or key.until >= after) and key.named_in(checkpoint):
                return key
        return None

    def log_keys(self) -> list[Introduced]:
        """Every key that was ever introduced to sign heads."""
        return [key for key in self.introduced.values() if key.role in ("log", PRESUMED)]

    def any_key(self, checkpoint: Checkpoint) -> Introduced | None:
        """The log key, of whatever time, that made this signature."""
        return next((key for key in self.log_keys() if key.public is not None and signed_by(checkpoint, key.public)), None)

    def lacks_certificate(self, role: str) -> bool:
        """Whether a key of this role was introduced whose right certificate is gone (named where rows are compared)."""
        return any(key.role == role and key.certificate is None for key in self.introduced.values())

    def stored_name(self, checkpoint: Checkpoint) -> str:
        """How to call an unknown key that signed: by its id if its certificate lies in the catalogue, else by its hash."""
        for key, certificate in self._stored.items():
            stranger = Introduced(key, "", "", (0, 0), "")
            self._certify(stranger, certificate, quiet=True)
            if stranger.named_in(checkpoint):
                return f"key:{key}"
        return f"key-hash:{checkpoint.key_hash.hex()}"

    def check_chains(self, anchors: Iterable[str]) -> bool:
        """Check every certificate; the answer is whether the station is anchored."""
        given = {anchor.strip().lower().replace(":", "") for anchor in anchors}
        authorities = [key for key in self.introduced.values() if key.role == "ca"]
        known = {key.certificate_sha256 for key in authorities}
        for stranger in sorted(given - known):
            self._findings.problem(
                Kind.FOREIGN_KEY, f"anchor:{stranger}", "no authority of this catalogue has the fingerprint given from outside"
            )
        if self.lacks_certificate("ca"):
            return False
        certified = [key for key in self.introduced.values() if key.certificate is not None]
        reached = [self._chain(key, authorities) for key in certified]
        for key in self.introduced.values():
            self._check_validity(key)
        if given:
            for key, chain in zip(certified, reached, strict=True):
                if chain is not None and not given & chain:
                    self._findings.note(
                        NoteKind.UNANCHORED,
                        f"key:{key.id}",
                        f"role {key.role}: its chain passes no fingerprint given from outside",
                    )
        return bool(given) and bool(reached) and all(chain is not None and bool(given & chain) for chain in reached)

    def _certify(self, key: Introduced, certificate: bytes, *, quiet: bool = False) -> None:
        try:
            key.certificate = x509.load_der_x509_certificate(certificate)
            key.spki, public = _certified(key.certificate)
        except (ValueError, IndexError, x509.InvalidVersion):
            if not quiet:
                self._findings.problem(Kind.CERTIFICATE_CHAIN, f"key:{key.id}", "its certificate cannot be read")
            return
        if isinstance(public, Ed25519PublicKey) or (
            isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)
        ):
            key.public = public
        if not quiet and sha256(key.spki).hexdigest() != key.id:
            self._findings.problem(Kind.CERTIFICATE_CHAIN, f"key:{key.id}", "its certificate is for another key")
            key.public = None

    def _chain(self, key: Introduced, authorities: list[Introduced]) -> set[str] | None:
        """Fingerprints of the authorities on the way up, the key's own included if it is one; None with a problem named."""
        certificate = key.certificate
        assert certificate is not None
        authority = key.role == "ca"
        passed = {key.certificate_sha256} if authority else set()
        try:
            _check_use(certificate, authority=authority)
            for below in range(int(authority), CHAIN_LIMIT):
                above = _issuer(certificate, authorities)
                if above is None and not passed:
                    raise _Broken("no authority of this log issued its certificate")
                if above is None or above.certificate is None or above.certificate_sha256 in passed:
                    return passed
                _check_use(above.certificate, authority=True, below=below)
                if above.until is not None and above.until < key.since:
                    raise _Broken("an authority of its chain had been revoked before the log introduced it")
                passed.add(above.certificate_sha256)
                certificate = above.certificate
            raise _Broken("its chain is too long")
        except (_Broken, ValueError, x509.DuplicateExtension) as error:
            self._findings.problem(Kind.CERTIFICATE_CHAIN, f"key:{key.id}", str(error))
            return None

    def _check_validity(self, key: Introduced) -> None:
        certificate = key.certificate
        if certificate is None:
            return
        used = [moment for moment in (key.at, key.first_use, key.last_use) if moment]
        outside = [
            moment
            for moment in used
            if not certificate.not_valid_before_utc <= datetime.fromisoformat(moment) <= certificate.not_valid_after_utc
        ]
        if not outside:
            return
        detail = f"used at {outside[-1]}, valid {certificate.not_valid_before_utc.isoformat()} to {certificate.not_valid_after_utc.isoformat()}"
        if key.last_use_clock == "synchronised":
            self._findings.problem(Kind.CERTIFICATE_CHAIN, f"key:{key.id}", detail)
        else:
            self._findings.note(NoteKind.CLOCK_DOUBTED, f"key:{key.id}", f"{detail}; the clock was {key.last_use_clock}")


class _Broken(ValueError):
    """A rule of the chain that does not hold."""


def _certified(certificate: x509.Certificate) -> tuple[bytes, object]:
    """The SubjectPublicKeyInfo, and the key where ``cryptography`` knows its kind; those of SM2 it does not. Raises ``ValueError``."""
    try:
        public = certificate.public_key()
    except UnsupportedAlgorithm:
        (whole,) = elements(certificate.tbs_certificate_bytes)
        members = whole.children(SEQUENCE)
        return members[6 if members[0].tag == 0xA0 else 5].whole, None  # RFC 5280, section 4.1: after an explicit version
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), public


def _issuer(certificate: x509.Certificate, authorities: list[Introduced]) -> Introduced | None:
    """Who issued it. An authority that certified its own key anew is two; the one still in force is asked first."""
    for authority in sorted(authorities, key=lambda one: one.until is not None):
        if authority.certificate is None:
            continue
        try:
            certificate.verify_directly_issued_by(authority.certificate)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return authority
    return None


def _check_use(certificate: x509.Certificate, *, authority: bool, below: int = 0) -> None:
    """``below``: authorities between this one and the end of the chain (RFC 5280, section 4.2.1.9)."""
    usage = _extension(certificate, x509.KeyUsage)
    if not authority:
        if usage is not None and not (usage.digital_signature or usage.content_commitment):
            raise _Broken("a key that may not sign (key usage)")
        return
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise _Broken("issued by what is no authority (basic constraints)")
    if usage is not None and not usage.key_cert_sign:
        raise _Broken("issued by what may not issue (key usage)")
    if constraints.path_length is not None and below > constraints.path_length:
        raise _Broken("issued by an authority under one that allows none (path length)")


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
