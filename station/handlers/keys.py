"""Keys: made, certified, put in force, ended. What the log must know of it is one ledger commit each time."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from cryptography import x509

from evidence import certificates
from evidence.access import Guarded
from evidence.canonical import Json, JsonObject, digest
from evidence.catalogue.acts import foundation
from evidence.catalogue.acts.foundation import Ending, SettingChange
from evidence.catalogue.queries import KeyRow
from evidence.certificates import CertificateUnfit
from evidence.custody.entry import SUBJECT_SETTINGS, Act, Actor
from evidence.errors import Exit
from evidence.ids import Digest, KeyId
from evidence.pkcs11uri import redacted
from evidence.signing import key_id
from station import approvals, durable, keyring
from station.commands import (
    Answer,
    ImportCertificates,
    ListKeys,
    MakeKey,
    Report,
    RequestCertificate,
    RevokeKey,
    RotateKey,
)
from station.home import StationError
from station.rooms import Rooms
from station.settings import SettingsNotAccepted, key_setting, parse, with_value

ROLES = ("seal", "seal-gm", "log")
SHORTEST = 8
"""Digits of a key id that name a key."""


class NoSuchKey(StationError):
    """No key, or more than one, has an id that begins so. Fields: ``key``."""

    code = "no-such-key"
    status = Exit.USAGE


class KeyEnded(StationError):
    """The key has ended already. Fields: ``key``, ``at``, ``reason``."""

    code = "key-ended"
    status = Exit.REFUSED


class LogKeyNeeded(StationError):
    """The log cannot be written without a key. Fields: ``reason``."""

    code = "log-key-needed"
    status = Exit.REFUSED


def list_keys(rooms: Rooms, _command: ListKeys, _actor: Actor, _report: Report) -> Answer:
    """Every key, and what waits. No key is opened: a token need not be there."""
    rows = keyring.known_keys(rooms)
    keys: list[Json] = [_told(rooms, row, rows) for row in rows]
    waiting: list[Json] = [
        {"role": role, "uri": redacted(uri), "certified": rooms.home.next_certificate(role).exists()}
        for role in ROLES
        if (uri := keyring.noted(rooms.home, role)) is not None
    ]
    return Answer({"keys": keys, "waiting": waiting, "anchors": _anchors(rows)})


def init(rooms: Rooms, command: MakeKey, _actor: Actor, _report: Report) -> Answer:
    """Make the key that is to succeed the one of its role."""
    rooms.prepare_to_write()
    with rooms.home.faults(), rooms.home.exclusive():
        found, made = keyring.make(rooms, command.role, command.uri)
    return Answer({"role": found.role, "key": found.key, "uri": found.uri, "algorithm": found.signer.algorithm, "made": made})


def csr(rooms: Rooms, command: RequestCertificate, _actor: Actor, _report: Report) -> Answer:
    """The request that an authority certifies the key that waits."""
    rooms.prepare_to_write()
    with rooms.home.faults(), rooms.home.exclusive():
        found = keyring.waiting(rooms, command.role)
    if found is None:
        raise keyring.NoKeyWaits(role=command.role)
    made = certificates.request(found.signer, found.role, rooms.station)
    return Answer({"role": found.role, "key": found.key, "request": made.decode()})


def import_certificates(rooms: Rooms, command: ImportCertificates, actor: Actor, _report: Report) -> Answer:
    """Certificates for keys that wait stay beside them; new authorities of their chain are introduced in the log."""
    rooms.prepare_to_write()
    with rooms.home.faults(), rooms.home.exclusive():
        rows = keyring.known_keys(rooms)
        given = [] if command.chain is None else _certificates(*command.chain)
        leaves: list[tuple[str, x509.Certificate]] = []
        for name, untrusted_pem in command.certificates:
            first, *above = _certificates(name, untrusted_pem)
            leaves.append((name, first))
            given += [one for one in above if one not in given]
        new = _new_authorities(rows, given, command.chain[0] if command.chain else "--chain")
        authorities = [*keyring.authorities(rows), *new]
        now = datetime.now(UTC)
        matched: list[tuple[keyring.Waiting, x509.Certificate]] = []
        waiting = [one for role in ROLES if (one := keyring.waiting(rooms, role)) is not None] if leaves else []
        for name, leaf in leaves:
            mine = next((one for one in waiting if one.signer.public_der() == certificates.public_der(leaf)), None)
            if mine is None:
                raise CertificateUnfit(path=name, rule="it certifies no key that waits here; 'key list' shows them")
            if (flaw := certificates.chain_flaw(leaf, certificates.chain(leaf, authorities), now)) is not None:
                raise CertificateUnfit(path=name, rule=flaw)
            matched.append((mine, leaf))
        if new:
            with rooms.ledger.commit() as commit:
                for authority in new:
                    key = key_id(certificates.public_der(authority))
                    foundation.key_introduced(commit, key, "ca", certificates.der(authority), actor)
        for mine, leaf in matched:
            mine.certify(leaf)
    imported: list[Json] = [_introduced("ca", one) for one in new]
    certified: list[Json] = [_introduced(mine.role, leaf) for mine, leaf in matched]
    return Answer({"authorities": imported, "certified": certified, "anchors": _anchors(keyring.known_keys(rooms))})


def rotate(rooms: Rooms, command: RotateKey, actor: Actor, _report: Report) -> Answer:
    """The new key and the end of the old one, with the setting that names it, in one commit.

    The key of before signs that commit, and so vouches for the one after it; one that was lost or compromised does not. The
    files come first, then the commit, then the settings file takes its place (as every change of a setting does). Typed again after
    a power cut, it says what it did the first time, and does not do it twice.
    """
    rooms.prepare_to_write()
    role, name = command.role, key_setting(command.role)
    with rooms.home.faults(), rooms.home.exclusive():
        waits, struck = keyring.look(rooms, role)
        rows = keyring.known_keys(rooms)
        if waits is None and (before := _done_before(rooms, command, rows, struck)) is not None:
            return before
        found, _ = keyring.make(rooms, role, None)
        file = rooms.home.settings.read_bytes()
        with rooms.queries() as queries:
            accepted = queries.settings_sha256()
        if digest(file) != accepted:
            raise SettingsNotAccepted(path=rooms.home.settings.name)
        certificate = found.certificate or keyring.own_certificate(rooms, found, rows)
        above = certificates.chain(certificate, keyring.authorities(rows))
        if (flaw := certificates.chain_flaw(certificate, above, datetime.now(UTC))) is not None:
            raise CertificateUnfit(path=str(rooms.home.next_certificate(role)), rule=flaw)
        after = with_value(file, name, found.uri)
        old = getattr(parse(file, {}), name)
        ended = [row for row in rows if row.role == role and row.revoked_at is None]
        vouching = role == "log" and command.reason == "superseded"
        durable.replace(rooms.settings_draft, after, 0o640)
        with rooms.ledger.commit(found.signer if role == "log" and not vouching else None) as commit:
            approvals.required(commit, Guarded.ROTATE_KEY.value, f"key:{role}", actor)
            foundation.key_introduced(commit, found.key, role, certificates.der(certificate), actor)
            for row in ended:
                foundation.key_revoked(commit, row.id, Ending(command.reason), actor, signs_this=vouching)
            change = SettingChange(name, old, found.uri)
            foundation.settings_changed(commit, digest(after), Digest(accepted), [change], actor)
        rooms.settings_draft.replace(rooms.home.settings)
        durable.sync_folder(rooms.home.root)
        rooms.settings = parse(after, os.environ)
        found.settle()
    return Answer(_rotation(role, found.key, found.uri, ended, old, above, rotated=True))


def _done_before(rooms: Rooms, command: RotateKey, rows: list[KeyRow], struck: KeyId | None) -> Answer | None:
    """What the same command did when it ran before and was struck, or was typed twice; None when there is a key to be rotated.

    It did when nothing else has happened since it put the key in force: a key of which nothing was asked needs no successor. Or when
    it left that key's note, whatever happened since. Whoever wants another key all the same makes one: that waits.
    """
    role, name = command.role, key_setting(command.role)
    key = next((row for row in rows if row.role == role and row.revoked_at is None), None)
    if key is None:
        return None
    with rooms.queries() as queries:
        head = queries.head()
        newest = queries.made_at(f"{head.origin}/{head.size}")
        said = queries.newest_entry(SUBJECT_SETTINGS, Act.SETTINGS_CHANGED.value, key.introduced_at)
    change = next((one for one in said["what"]["changes"] if one["key"] == name), None) if said is not None else None
    ended = [row for row in rows if row.role == role and row.revoked_at == key.introduced_at]
    if change is None or any(row.reason != command.reason for row in ended) or (key.id != struck and key.introduced_at != newest):
        return None
    above = certificates.chain(x509.load_der_x509_certificate(key.certificate), keyring.authorities(rows))
    return Answer(_rotation(role, key.id, change["new"], ended, change["old"], above, rotated=False))


def _rotation(
    role: str, key: KeyId, uri: str, ended: list[KeyRow], previous: str, above: list[x509.Certificate], *, rotated: bool
) -> JsonObject:
    gone: list[Json] = [row.id for row in ended]
    return {
        "role": role,
        "key": key,
        "uri": uri,
        "ended": gone,
        "previous_uri": redacted(previous),
        "anchor": _anchor(above),
        "rotated": rotated,
    }


def revoke(rooms: Rooms, command: RevokeKey, actor: Actor, _report: Report) -> Answer:
    """A key signs no more. One that has ended may still be found compromised."""
    rooms.prepare_to_write()
    with rooms.home.faults(), rooms.home.exclusive():
        rows = keyring.known_keys(rooms)
        row = _named(rows, command.key)
        worse = command.reason == "compromised" and row.reason != "compromised"
        if row.revoked_at is not None and not worse:
            raise KeyEnded(key=row.id, at=row.revoked_at, reason=row.reason)
        if (
            row.role == "log"
            and row.revoked_at is None
            and sum(one.role == "log" and one.revoked_at is None for one in rows) == 1
        ):
            raise LogKeyNeeded(reason=command.reason)
        with rooms.ledger.commit() as commit:
            approvals.required(commit, Guarded.REVOKE_KEY.value, f"key:{row.id}", actor)
            foundation.key_revoked(commit, row.id, Ending(command.reason), actor)
    return Answer({"key": row.id, "role": row.role, "reason": command.reason, "anchors": _anchors(keyring.known_keys(rooms))})


def _certificates(name: str, untrusted_pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(untrusted_pem)
    except ValueError as error:
        raise CertificateUnfit(path=name, rule="X.509 certificates in PEM") from error


def _new_authorities(rows: list[KeyRow], given: list[x509.Certificate], name: str) -> list[x509.Certificate]:
    """What of a chain the log does not know yet, the root first."""
    known = {row.id: row for row in rows}
    now = datetime.now(UTC)
    authorities = [*given, *keyring.authorities(rows)]
    new: list[tuple[int, x509.Certificate]] = []
    for one in given:
        row = known.get(key_id(certificates.public_der(one)))
        if row is not None and (row.certificate != certificates.der(one) or row.revoked_at is not None):
            raise CertificateUnfit(
                path=name, rule=f"the log knows the key of {one.subject.rfc4514_string()} otherwise, or revoked it"
            )
        if row is not None or any(one == other for _, other in new):
            continue
        above = certificates.chain(one, authorities)
        if (flaw := certificates.authority_flaw(one, above, now)) is not None:
            raise CertificateUnfit(path=name, rule=flaw)
        new.append((len(above), one))
    return [one for _, one in sorted(new, key=lambda pair: pair[0])]


def _told(rooms: Rooms, row: KeyRow, rows: list[KeyRow]) -> JsonObject:
    certificate = x509.load_der_x509_certificate(row.certificate)
    uri = getattr(rooms.settings, key_setting(row.role)) if row.role in ROLES and row.revoked_at is None else None
    above = [x509.load_der_x509_certificate(one.certificate) for one in rows if one.role == "ca"]
    return {
        "key": row.id,
        "role": row.role,
        "uri": None if uri is None else redacted(uri),
        "subject": certificate.subject.rfc4514_string(),
        "certificate_sha256": digest(row.certificate),
        "anchor": _anchor([certificate, *certificates.chain(certificate, above)]),
        "not_after": certificate.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        "introduced_at": row.introduced_at,
        "revoked_at": row.revoked_at,
        "reason": row.reason,
    }


def _introduced(role: str, certificate: x509.Certificate) -> JsonObject:
    return {
        "role": role,
        "key": key_id(certificates.public_der(certificate)),
        "certificate_sha256": certificates.fingerprint(certificate),
        "subject": certificate.subject.rfc4514_string(),
    }


def _anchor(above: list[x509.Certificate]) -> str:
    return certificates.fingerprint(above[-1])


def _anchors(rows: list[KeyRow]) -> list[Json]:
    """Fingerprints of the roots that are in force."""
    return [certificates.fingerprint(one) for one in keyring.authorities(rows) if one.issuer == one.subject]


def _named(rows: list[KeyRow], key: str) -> KeyRow:
    fitting = [row for row in rows if row.id.startswith(key.lower())]
    if len(key) < SHORTEST or len(fitting) != 1:
        raise NoSuchKey(key=key)
    return fitting[0]
