"""Making a home: settings, keys, catalogue, first log entries.

Every step keeps what an earlier run left, so that init after a power cut, at any instant, finishes what was begun; a key is
never overwritten. The home is a station from the moment the first ledger commit is there.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from evidence import certificates
from evidence.canonical import digest
from evidence.catalogue.acts import foundation
from evidence.catalogue.connect import connect, reading, sqlite_url
from evidence.catalogue.ledger import Ledger, NoLog
from evidence.catalogue.migrate import upgrade
from evidence.catalogue.queries import Queries
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import Digest, StationId
from evidence.signing import key_id, open_signer
from station import clock, durable
from station.home import Home, StationError
from station.settings import Settings, initial, parse
from station.software import software

KEY_KINDS = {"ca": "p256", "seal": "p256", "log": "ed25519"}
ROLES = ("ca", "seal", "log")


class OtherStation(StationError):
    """The home belongs to another station or unit. Fields: ``home``, ``found``, ``asked``."""

    code = "other-station"
    status = Exit.REFUSED


def init(home: Home, station: str | None, unit: str | None) -> tuple[StationId, Digest]:
    """Make a station, or finish making it; returns its id and the anchor: the fingerprint of its authority."""
    durable.make_folder(home.root, 0o750)
    for folder in (home.keys, home.vault, home.profiles):
        durable.make_folder(folder, 0o700 if folder == home.keys else 0o750)
    durable.place_new(home.settings, initial(station or f"station-{secrets.token_hex(4)}", unit or ""), 0o640)
    settings = parse(home.settings.read_bytes(), os.environ)
    for found, asked in ((settings.station, station), (settings.unit, unit)):
        if asked is not None and found != asked:
            raise OtherStation(home=str(home.root), found=found, asked=asked)
    name = StationId(settings.station)
    authority = _keys_and_certificates(home, name)
    engine = connect(catalogue_url(home, settings))
    try:
        upgrade(engine)
        ledger = Ledger(engine, name, lambda: open_signer(settings.log_key, home.root), clock.now, os.urandom)
        with reading(engine) as connection:
            try:
                Queries(connection, name).head()
            except NoLog:
                begun = False
            else:
                begun = True
        if not begun:
            _first_commit(home, settings, ledger)
    finally:
        engine.dispose()
    return name, certificates.fingerprint(authority)


def catalogue_url(home: Home, settings: Settings) -> str:
    """Where the catalogue lies."""
    return settings.catalogue_url or sqlite_url(home.catalogue)


def load_certificate(path: Path) -> x509.Certificate:
    """A certificate in PEM. Raises :class:`~evidence.certificates.CertificateUnfit`."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise certificates.CertificateUnfit(path=str(path), rule=error.strerror or "unreadable") from error
    except ValueError as error:
        raise certificates.CertificateUnfit(path=str(path), rule="an X.509 certificate in PEM") from error


def _keys_and_certificates(home: Home, station: StationId) -> x509.Certificate:
    now = datetime.now(UTC)
    for role, kind in KEY_KINDS.items():
        if not home.private_key(role).exists():
            durable.place_new(home.private_key(role), certificates.new_private_key(kind), 0o400)
    authority_key = home.private_key("ca").read_bytes()
    if not home.certificate("ca").exists():
        durable.place_new(
            home.certificate("ca"), certificates.pem(certificates.make_authority(authority_key, station, now)), 0o444
        )
    authority = load_certificate(home.certificate("ca"))
    for role in ("seal", "log"):
        if not home.certificate(role).exists():
            public = open_signer(f"file:{home.private_key(role).relative_to(home.root)}", home.root).public_der()
            made = certificates.issue(authority_key, authority, public, role, station, now)
            durable.place_new(home.certificate(role), certificates.pem(made), 0o444)
            durable.place_new(
                home.keys / f"{role}.csr.pem", certificates.request(home.private_key(role).read_bytes(), role, station), 0o444
            )
    return authority


def _first_commit(home: Home, settings: Settings, ledger: Ledger) -> None:
    actor = Actor(settings.operator, settings.operator_role)
    with ledger.begin_log(settings.unit, 1) as commit:
        foundation.initialised(commit, settings.unit, software(), actor)
        for role in ROLES:
            certificate = load_certificate(home.certificate(role))
            key = key_id(certificates.public_der(certificate))
            foundation.key_introduced(commit, key, role, certificates.der(certificate))
        foundation.settings_changed(commit, digest(home.settings.read_bytes()), None, [], actor)
