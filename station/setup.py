"""Making a home: settings, keys, catalogue, first log entries.

Every step keeps what an earlier run left, so that init after a power cut, at any instant, finishes what was begun; a key is
never overwritten. The home is a station from the moment the first ledger commit is there.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from evidence import certificates
from evidence.canonical import digest
from evidence.catalogue.acts import foundation
from evidence.catalogue.connect import Catalogue, connect, reading, sqlite_url
from evidence.catalogue.ledger import Ledger, NoLog
from evidence.catalogue.queries import Queries
from evidence.custody.entry import Actor
from evidence.errors import Exit
from evidence.ids import Digest, StationId
from evidence.signing import Signer, key_id, open_signer
from station import clock, durable, holding
from station.home import Home, StationError
from station.settings import Settings, SettingsInvalid, initial, parse
from station.software import software

KEY_KINDS = {"ca": "p256", "seal": "p256", "seal-gm": "sm2", "log": "ed25519"}
ROLES = ("ca", "seal", "log")
"""What every station has from its first commit on; one that begins in the suite ``gm`` has a ``seal-gm`` key, too."""
AWAITING = "awaiting-certificates"
"""Marks a home whose keys a real authority is to certify: it must not become its own authority meanwhile."""


class OtherStation(StationError):
    """The home belongs to another station or unit. Fields: ``home``, ``found``, ``asked``."""

    code = "other-station"
    status = Exit.REFUSED


@dataclass(frozen=True, slots=True)
class Given:
    """Certificates from a real authority: PEM files of the authority (its chain up to the root) and of this station's two keys."""

    ca: Path
    seal: Path
    log: Path


@dataclass(frozen=True, slots=True)
class Made:
    """What init made. ``anchor`` is the authority's fingerprint; None while certificates for ``requests`` are awaited."""

    station: StationId
    anchor: Digest | None
    requests: tuple[Path, ...]


def init(home: Home, station: str | None, unit: str | None, given: Given | None = None, *, request: bool = False) -> Made:
    """Make a station, or finish making it.

    By default the station is its own small authority. With ``request`` it makes keys and signing requests and waits; a later
    call with ``given`` takes what a real authority issued for them. Raises :class:`~station.home.HomeUnusable` and the
    catalogue's faults, too.
    """
    begun = initial(f"station-{secrets.token_hex(4)}" if station is None else station, unit or "")
    parse(begun, {}, "init")  # what cannot be is refused before anything is made
    with home.faults():
        durable.make_folder(home.root, 0o750)
        with home.exclusive():
            return _init(home, begun, (station, unit), given, request=request)


def _init(home: Home, begun: bytes, asked_for: tuple[str | None, str | None], given: Given | None, *, request: bool) -> Made:
    from evidence.catalogue.migrate import upgrade  # loads Alembic, which nothing but init needs

    for folder in (home.keys, home.vault, home.profiles):
        durable.make_folder(folder, 0o700 if folder == home.keys else 0o750)
    holding.prepare(home)
    for folder in (home.root, home.keys):
        durable.sweep(folder)
    durable.place_new(home.settings, begun, 0o640)
    settings = parse(home.settings.read_bytes(), os.environ)
    for found, asked in zip((settings.station, settings.unit), asked_for, strict=True):
        if asked is not None and found != asked:
            raise OtherStation(home=str(home.root), found=found, asked=asked)
    name = StationId(settings.station)
    real = request or given is not None or _awaits_certificates(home)
    if settings.suite == "gm" and real:
        rule = "a station under a real authority begins as standard; then 'key init --role seal-gm', and 'settings set suite gm'"
        raise SettingsInvalid(where="suite", rule=rule)
    requests = _keys(home, name)
    if given is not None:
        _take_certificates(home, given)
    if not home.certificate("ca").exists():
        if request or _awaits_certificates(home):
            durable.place_new(home.keys / AWAITING, b"", 0o444)
            return Made(name, None, requests)
        _own_authority(home, name)
    if not all(home.certificate(role).exists() for role in ROLES):
        _own_certificates(home, name)
    engine = connect(catalogue_url(home, settings))
    try:
        upgrade(engine)
        ledger = Ledger(engine, name, lambda: open_signer(settings.log_key, home.root), clock.now, os.urandom)
        if not _has_log(engine, name):
            if settings.suite == "gm":
                _second_seal(home, name)
            _first_commit(home, settings, ledger)
    finally:
        engine.dispose()
    return Made(name, certificates.fingerprint(certificates.root(load_certificates(home.certificate("ca")))), requests)


def catalogue_url(home: Home, settings: Settings) -> str:
    """Where the catalogue lies."""
    return settings.catalogue_url or sqlite_url(home.catalogue)


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a file in PEM. Raises :class:`~evidence.certificates.CertificateUnfit`."""
    return load_certificates(path)[0]


def load_certificates(path: Path) -> list[x509.Certificate]:
    """All certificates of a file in PEM. Raises :class:`~evidence.certificates.CertificateUnfit`."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise certificates.CertificateUnfit(path=str(path), rule=error.strerror or "unreadable") from error
    except ValueError as error:
        raise certificates.CertificateUnfit(path=str(path), rule="an X.509 certificate in PEM") from error


def _keys(home: Home, station: StationId) -> tuple[Path, ...]:
    """The station's two keys and their signing requests; what is there stays."""
    requests = []
    for role in ("seal", "log"):
        if not home.private_key(role).exists():
            durable.place_new(home.private_key(role), certificates.new_private_key(KEY_KINDS[role]), 0o400)
        asked = home.keys / f"{role}.csr.pem"
        if not asked.exists():
            durable.place_new(asked, certificates.request(_signer(home, role), role, station), 0o444)
        requests.append(asked)
    return tuple(requests)


def _awaits_certificates(home: Home) -> bool:
    return (home.keys / AWAITING).exists()


def _own_authority(home: Home, station: StationId) -> None:
    if not home.private_key("ca").exists():
        durable.place_new(home.private_key("ca"), certificates.new_private_key(KEY_KINDS["ca"]), 0o400)
    made = certificates.make_authority(home.private_key("ca").read_bytes(), station, datetime.fromisoformat(clock.now().utc))
    durable.place_new(home.certificate("ca"), certificates.pem(made), 0o444)


def _own_certificates(home: Home, station: StationId) -> None:
    authority_key, authority = home.private_key("ca").read_bytes(), load_certificate(home.certificate("ca"))
    for role in ("seal", "log"):
        public = _signer(home, role).public_der()
        made = certificates.issue(authority_key, authority, public, role, station, datetime.fromisoformat(clock.now().utc))
        durable.place_new(home.certificate(role), certificates.pem(made), 0o444)


def _second_seal(home: Home, station: StationId) -> None:
    """The SM2 key of the suite ``gm`` and its certificate by the station's own authority; what is there stays."""
    role = "seal-gm"
    if not home.private_key(role).exists():
        durable.place_new(home.private_key(role), certificates.new_private_key(KEY_KINDS[role]), 0o400)
    if not home.certificate(role).exists():
        authority = load_certificate(home.certificate("ca"))
        public = _signer(home, role).public_der()
        made = certificates.issue(
            home.private_key("ca").read_bytes(), authority, public, role, station, datetime.fromisoformat(clock.now().utc)
        )
        durable.place_new(home.certificate(role), certificates.pem(made), 0o444)


def _take_certificates(home: Home, given: Given) -> None:
    """Check what the authority issued against our keys, then keep it; the authority's own certificate last of all."""
    authorities = load_certificates(given.ca)
    for role, path in (("seal", given.seal), ("log", given.log)):
        certificate = load_certificate(path)
        if certificates.public_der(certificate) != _signer(home, role).public_der():
            raise certificates.CertificateUnfit(path=str(path), rule=f"it certifies another key than this station's {role} key")
        if not certificates.chain(certificate, authorities):
            raise certificates.CertificateUnfit(path=str(path), rule=f"it was not issued by {given.ca}")
        _keep(home.certificate(role), [certificate])
    _keep(home.certificate("ca"), authorities)


def _keep(path: Path, found: list[x509.Certificate]) -> None:
    data = b"".join(map(certificates.pem, found))
    if not durable.place_new(path, data, 0o444) and load_certificates(path) != found:
        raise certificates.CertificateUnfit(path=str(path), rule="another certificate is in use; it is not replaced")


def _signer(home: Home, role: str) -> Signer:
    return open_signer(f"file:{home.private_key(role).relative_to(home.root)}", home.root)


def _has_log(engine: Catalogue, station: StationId) -> bool:
    with reading(engine) as connection:
        try:
            Queries(connection, station).head()
        except NoLog:
            return False
    return True


def _first_commit(home: Home, settings: Settings, ledger: Ledger) -> None:
    actor = Actor(settings.operator, settings.operator_role)
    with ledger.begin_log(settings.unit, 1) as commit:
        foundation.initialised(commit, settings.unit, software(), actor)
        for role in (*ROLES, *(("seal-gm",) if settings.suite == "gm" else ())):
            for certificate in load_certificates(home.certificate(role)):
                key = key_id(certificates.public_der(certificate))
                foundation.key_introduced(commit, key, role, certificates.der(certificate))
        foundation.settings_changed(commit, digest(home.settings.read_bytes()), None, [], actor)
