"""Attacks on keys and certificates, and on the settings file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from tests.campaigns.tampering.command import must
from tests.campaigns.tampering.forging import forged
from tests.campaigns.tampering.homes import SHOP, STATION, UNIT, Pattern, make_card
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim
from tests.evidence.verify.sample import Certified


@dataclass(frozen=True, slots=True)
class Certificates:
    """How the certificates differ from good ones that a station starts out with."""

    days: tuple[int, int] = (-1, 3650)
    may_sign: bool = True
    stranger: bool = False
    other_key: bool = False
    authority: bool = True
    which: tuple[str, ...] = ("seal",)


def issue(public: CertificatePublicKeyTypes, issuer: Certified, how: Certificates) -> x509.Certificate:
    """A certificate for a key that is somebody else's."""
    now = datetime.now(UTC)
    others = dict.fromkeys(
        (
            "content_commitment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "station")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=how.days[0]))
        .not_valid_after(now + timedelta(days=how.days[1]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=how.may_sign, key_encipherment=not how.may_sign, **others), critical=True)
    )
    assert not isinstance(issuer.key, Ed25519PrivateKey)
    return made.sign(issuer.key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _clock(synchronised: bool) -> None:
    """What the kernel says of its clock, so that the outcome is the same on every machine."""
    from evidence.custody.entry import ClockState
    from station import clock

    clock._state = lambda: ClockState.SYNCHRONISED if synchronised else ClockState.UNSYNCHRONISED


def _certified(how: Certificates, victim: Victim, *, synchronised: bool = True) -> Expected:
    """A station whose certificates were bad from its first day on: laid in place before init could make good ones."""
    shutil.rmtree(victim.home)
    shutil.rmtree(victim.second)
    must(victim.home, "init", "--station", STATION, "--unit", UNIT, "--request", status=4)
    keys = victim.home / "keys"
    authority = forged("p256", authority=how.authority)
    stranger = forged("p256", authority=True, name="stranger")
    named = []
    for role in ("seal", "log"):
        request = x509.load_pem_x509_csr((keys / f"{role}.csr.pem").read_bytes())
        public = request.public_key()
        spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        mine = how if role in how.which else Certificates()
        (keys / f"{role}.crt.pem").write_bytes(pem(issue(public, stranger if mine.stranger else authority, mine)))
        if role in how.which:
            named.append(("certificate-chain", f"key:{hashes_of(spki)}"))
    (keys / "ca.pem").write_bytes(pem(authority.certificate))
    clock = partial(_clock, synchronised)
    must(victim.home, "init", "--station", STATION, "--unit", UNIT, settings=victim.settings, broken=clock)
    must(victim.home, "ingest", str(make_card(victim.folder / "card", SHOP)), settings=victim.settings, broken=clock)
    victim.checkpoints, victim.anchors = [], ()
    if how == Certificates():
        return clean("unanchored")
    if not synchronised:
        return clean("unanchored", "clock-doubted")
    return tampered(*named, also={"certificate-chain"} if not how.authority else ())


def hashes_of(spki: bytes) -> str:
    from hashlib import sha256

    return sha256(spki).hexdigest()


def _wrong_anchor(victim: Victim) -> Expected:
    victim.anchors = ("ab" * 32,)
    return tampered(("foreign-key", f"anchor:{'ab' * 32}"))


def _anchor_with_colons(victim: Victim) -> Expected:
    anchor = victim.pattern.anchor.upper()
    victim.anchors = (":".join(anchor[at : at + 2] for at in range(0, 64, 2)),)
    return Expected(anchored=True)


def _same_key_other_certificate(role: str, victim: Victim) -> Expected:
    """The station's own public key under a certificate by somebody else, in the place of the real one."""
    key, der = victim.rows("SELECT id, certificate FROM signing_key WHERE role = ?", role)[0]
    public = x509.load_der_x509_certificate(der).public_key()
    made = issue(public, forged("p256", authority=True, name="stranger"), Certificates())
    victim.sql("UPDATE signing_key SET certificate = ? WHERE id = ?", made.public_bytes(serialization.Encoding.DER), key)
    return tampered(("catalogue-differs", f"signing_key:{key}"))


def _settings(change: Callable[[bytes], bytes], victim: Victim) -> Expected:
    victim.edit(victim.home / "station.toml", change)
    return tampered(("settings-unexplained", "station.toml"))


def _settings_unusable(more: bytes, code: str, status: int, victim: Victim) -> Expected:
    """A file with which no command begins: what is wrong with it is said instead of a verdict."""
    victim.edit(victim.home / "station.toml", lambda content: content + more)
    return Expected(refused=(code, status))


def _another_station(change: Callable[[bytes], bytes], victim: Victim) -> Expected:
    """The file names a station of which the catalogue knows nothing."""
    victim.edit(victim.home / "station.toml", change)
    return tampered(either={"settings-unexplained", "log-missing"}, also={"foreign-key"})


def _settings_from_before(victim: Victim) -> Expected:
    """A file that was accepted once, and is not what was accepted last."""
    shutil.copyfile(victim.pattern.backups["before-settings"] / "home" / "station.toml", victim.home / "station.toml")
    return tampered(("settings-unexplained", "station.toml"))


def _settings_gone(victim: Victim) -> Expected:
    (victim.home / "station.toml").unlink()
    return Expected(refused=("no-home", 2))


def _settings_and_their_row(victim: Victim) -> Expected:
    file = victim.home / "station.toml"
    victim.edit(
        file,
        lambda content: content + b"probe_seconds = 9\n" if b"probe_seconds" not in content else content.replace(b"= 7", b"= 9"),
    )
    victim.sql("UPDATE settings SET sha256 = ?", hashes_of(file.read_bytes()))
    return tampered(("settings-unexplained", "station.toml"), ("catalogue-differs", "settings"))


def _settings_touched(victim: Victim) -> Expected:
    os.utime(victim.home / "station.toml", (1, 1))
    return clean()


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    bad = {
        "the seal's expired": Certificates(days=(-30, -2)),
        "the log's expired": Certificates(days=(-30, -2), which=("log",)),
        "the seal's not in force yet": Certificates(days=(2, 30)),
        "the seal's may not sign": Certificates(may_sign=False),
        "the log's may not sign": Certificates(may_sign=False, which=("log",)),
        "the seal's by a stranger": Certificates(stranger=True),
        "both by a stranger": Certificates(stranger=True, which=("seal", "log")),
        "the authority is none": Certificates(authority=False, which=()),
    }
    found = [
        Case("certificate-chain", name, partial(_certified, how), quick=name == "the seal's by a stranger", on_disk=True)
        for name, how in bad.items()
    ]
    found = [
        case
        if case.name != "the authority is none"
        else Case(case.group, case.name, partial(_no_authority, bad[case.name]), on_disk=True)
        for case in found
    ]
    found.append(Case("nothing", "good certificates laid in place", partial(_certified, Certificates()), on_disk=True))
    doubted = partial(_certified, bad["the seal's expired"], synchronised=False)
    found.append(Case("nothing", "expired by a clock that nobody set", doubted, on_disk=True, lenient=True))
    found += [
        Case("foreign-key", "an anchor that no authority has", _wrong_anchor, quick=True),
        Case("nothing", "the anchor in capitals with colons", _anchor_with_colons, lenient=True),
    ]
    found += [
        Case("catalogue-differs", f"the {role} key under a stranger's certificate", partial(_same_key_other_certificate, role))
        for role in ("seal", "log")
    ]
    edits: dict[str, Callable[[bytes], bytes]] = {
        "a setting changed": lambda content: content.replace(b'unit = "U-7"', b'unit = "U-8"'),
        "a comment put on": lambda content: content + b"# nothing\n",
        "line ends": lambda content: content.replace(b"\n", b"\r\n"),
    }
    unusable: dict[str, tuple[bytes, str, int]] = {
        "another catalogue": (b'catalogue_url = "sqlite:////nowhere"\n', "catalogue-unusable", 5),
        "no TOML any more": (b"= = =\n", "settings-invalid", 2),
        "an unknown setting": (b"colour = 1\n", "unknown-setting", 2),
    }
    for name, (more, code, status) in unusable.items():
        plant = partial(_settings_unusable, more, code, status)
        found.append(Case("settings-unexplained", name, plant))
    found.append(
        Case(
            "settings-unexplained",
            "another station",
            partial(_another_station, lambda content: content.replace(b'"T-1"', b'"T-2"')),
            lenient=True,
        )
    )
    found.append(Case("settings-unexplained", "emptied", partial(_another_station, lambda _: b""), lenient=True))
    found += [
        Case("settings-unexplained", name, partial(_settings, change), quick=name == "a setting changed")
        for name, change in edits.items()
    ]
    found += [
        Case("settings-unexplained", "the file as it was before", _settings_from_before, quick=True),
        Case("settings-unexplained", "the file is gone", _settings_gone),
        Case("settings-unexplained", "with its row to match", _settings_and_their_row, quick=True),
        Case("nothing", "the settings file merely touched", _settings_touched),
    ]
    return found


def _no_authority(how: Certificates, victim: Victim) -> Expected:
    _certified(how, victim)
    return tampered(either={"certificate-chain"})
