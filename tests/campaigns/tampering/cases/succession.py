"""Attacks on keys that succeed each other: rotation, revocation, chains. Each begins with an honest change of keys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.campaigns.tampering.cases.keys import Certificates, issue, pem
from tests.campaigns.tampering.forging import forged
from tests.campaigns.tampering.homes import SHOP, Pattern, make_card
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim

Changed = dict[str, Any]


def _rotated(victim: Victim, role: str, reason: str = "superseded") -> tuple[str, str]:
    """The ids of the key of before and of its successor."""
    before = str(victim.one("SELECT id FROM signing_key WHERE role = ? AND revoked_at IS NULL", role))
    made: Changed = victim.must("key", "rotate", "--role", role, "--reason", reason)
    return before, str(made["key"])


def _goes_on(victim: Victim) -> None:
    victim.must("tag", str(victim.one("SELECT id FROM clip ORDER BY id")), "--category", "traffic")


def _docks(victim: Victim, broken: Callable[[], None] | None = None) -> None:
    victim.run("ingest", str(make_card(victim.folder / "card", SHOP)), broken=broken)


def _unguarded() -> None:
    """Software that does not ask whether a key is in force."""
    import_module("evidence.catalogue.ledger").__dict__["check_log_key"] = lambda *_given: None


def sealing_with_what_ended() -> None:
    from sqlalchemy import select

    from evidence.catalogue import schema

    def any_certificate(connection: Any, _station: object, key: str, _role: str) -> bytes:  # noqa: ANN401  # a connection
        return bytes(
            connection.execute(select(schema.signing_key.c.certificate).where(schema.signing_key.c.id == key)).scalar_one()
        )

    import_module("station.book").__dict__["certificate_in_force"] = any_certificate


def _honest(roles: tuple[str, ...], reason: str, victim: Victim) -> Expected:
    for role in roles:
        _rotated(victim, role, reason)
    _docks(victim)
    found = {"log": "heads-unproven", "seal": "seal-unproven"}
    return clean(*(found[role] for role in roles if reason == "compromised"), anchored=None if victim.alone else True)


def _unrevoked(victim: Victim) -> Expected:
    key, _ = _rotated(victim, "seal", "compromised")
    victim.sql("UPDATE signing_key SET revoked_at = NULL WHERE id = ?", key)
    return tampered(("catalogue-differs", f"signing_key:{key}"))


def _revoked_later(victim: Victim) -> Expected:
    key, _ = _rotated(victim, "log")
    victim.sql("UPDATE signing_key SET revoked_at = '2036-01-01T00:00:00.000000Z' WHERE id = ?", key)
    return tampered(("catalogue-differs", f"signing_key:{key}"))


def _milder(victim: Victim) -> Expected:
    """The reason of a revocation is made a harmless one."""
    _rotated(victim, "seal", "compromised")
    seq, body = victim.rows("SELECT seq, body FROM custody_entry WHERE type = 'key-revoked'")[0]
    said = json.loads(body)
    said["what"]["reason"] = "superseded"
    changed = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    victim.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", changed, seq)
    return tampered(("log-altered", f"entry:1/{seq}"))


def _successor_gone(role: str, victim: Victim) -> Expected:
    _, key = _rotated(victim, role)
    _goes_on(victim)
    _docks(victim)
    victim.sql("DELETE FROM signing_key WHERE id = ?", key)
    return tampered(("catalogue-missing-row", f"signing_key:{key}"), also={"manifest-signature", "foreign-key", "log-altered"})


def _old_key_goes_on(victim: Victim) -> Expected:
    """A thief with the log key of before, and software that does not ask."""
    _rotated(victim, "log", "compromised")
    victim.environment |= {"EVIDENCE_STATION_LOG_KEY": "file:keys/log.key.pem"}
    victim.run("tag", str(victim.one("SELECT id FROM clip ORDER BY id")), "--category", "traffic", broken=_unguarded)
    victim.environment.clear()
    return tampered(either={"log-altered"}, also={"log-missing"})


def _old_key_is_refused(role: str, victim: Victim) -> Expected:
    """The same with software that asks: nothing comes of it."""
    _rotated(victim, role)
    victim.environment |= {f"EVIDENCE_STATION_{role.upper()}_KEY": f"file:keys/{role}.key.pem"}
    said = victim.run("seal" if role == "seal" else "tag", *_to_refuse(victim, role))
    victim.environment.clear()
    if said.error() != "key-not-in-force":
        raise AssertionError(said.told())
    return clean()


def _to_refuse(victim: Victim, role: str) -> tuple[str, ...]:
    if role == "seal":
        return (str(victim.one("SELECT id FROM docking WHERE state = 'open'")),)
    return str(victim.one("SELECT id FROM clip ORDER BY id")), "--category", "traffic"


def _sealed_after_the_end(victim: Victim) -> Expected:
    _rotated(victim, "seal")
    victim.environment |= {"EVIDENCE_STATION_SEAL_KEY": "file:keys/seal.key.pem"}
    _docks(victim, broken=sealing_with_what_ended)
    victim.environment.clear()
    docking = str(victim.one("SELECT id FROM docking WHERE state = 'sealed' ORDER BY opened_at DESC"))
    return tampered(("manifest-signature", f"manifest:{docking}"))


def _settings_back(victim: Victim) -> Expected:
    """The settings file as it was before the rotation, so that it names the key that ended."""
    shutil.copyfile(victim.home / "station.toml", victim.folder / "before.toml")
    _rotated(victim, "log")
    shutil.copyfile(victim.folder / "before.toml", victim.home / "station.toml")
    return tampered(("settings-unexplained", "station.toml"))


def _own_chain(victim: Victim) -> Expected:
    """An administrator certifies himself: with an anchor from outside nothing of it is proven."""
    authority = forged("p256", authority=True, name="mine")
    victim.must("key", "init", "--role", "seal")
    request = victim.must("key", "csr", "--role", "seal")["request"]
    public = x509.load_pem_x509_csr(str(request).encode()).public_key()
    (victim.folder / "leaf.pem").write_bytes(pem(issue(public, authority, Certificates())))
    (victim.folder / "chain.pem").write_bytes(pem(authority.certificate))
    victim.must("key", "import", str(victim.folder / "leaf.pem"), "--chain", str(victim.folder / "chain.pem"))
    victim.must("key", "rotate", "--role", "seal")
    return clean("unanchored", anchored=False)


def _certificate_swapped(victim: Victim) -> Expected:
    """The successor's key under a certificate that says another thing."""
    _, key = _rotated(victim, "log")
    der = victim.one("SELECT certificate FROM signing_key WHERE id = ?", key)
    made = issue(x509.load_der_x509_certificate(der).public_key(), forged("p256", authority=True, name="x"), Certificates())
    victim.sql("UPDATE signing_key SET certificate = ? WHERE id = ?", made.public_bytes(serialization.Encoding.DER), key)
    return tampered(("catalogue-differs", f"signing_key:{key}"))


def _planted(victim: Victim) -> Expected:
    """The station's log key is exchanged for another on the disk: it refuses to go on, and nothing is altered."""
    _exchange(victim)
    said = victim.run("tag", str(victim.one("SELECT id FROM clip ORDER BY id")), "--category", "traffic")
    if said.error() != "key-not-in-force":
        raise AssertionError(said.told())
    return clean()


def _planted_unguarded(victim: Victim) -> Expected:
    """The same with software that does not ask, and the station goes on."""
    _exchange(victim)
    victim.run("tag", str(victim.one("SELECT id FROM clip ORDER BY id")), "--category", "traffic", broken=_unguarded)
    return tampered(either={"foreign-key"}, also={"log-altered"})


def _exchange(victim: Victim) -> None:
    file = victim.home / "keys" / "log.key.pem"
    file.unlink()
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(Ed25519PrivateKey.generate().private_bytes(*private))
    file.chmod(0o400)


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found = [
        Case("nothing", f"{' and '.join(roles)} key rotated: {reason}", partial(_honest, roles, reason), on_disk=True)
        for roles, reason in (
            (("log",), "superseded"),
            (("seal",), "superseded"),
            (("seal", "log"), "superseded"),
            (("log",), "compromised"),
            (("seal",), "compromised"),
            (("log",), "lost"),
        )
    ]
    found += [
        Case("nothing", f"the {role} key of before is refused by the station", partial(_old_key_is_refused, role), on_disk=True)
        for role in ("seal", "log")
    ]
    found += [
        Case("nothing", "a planted log key is refused by the station", _planted),
        Case("nothing", "an authority of his own, held to the anchor", _own_chain),
        Case("foreign-key", "a planted log key, and the station goes on", _planted_unguarded),
        Case("catalogue-differs", "a revocation taken back in its row", _unrevoked, quick=True),
        Case("catalogue-differs", "a revocation moved to a later day", _revoked_later),
        Case("catalogue-differs", "the successor under another certificate", _certificate_swapped),
        Case(
            "catalogue-missing-row",
            "the successor of the log key gone",
            partial(_successor_gone, "log"),
            on_disk=True,
            lenient=True,
        ),
        Case(
            "catalogue-missing-row",
            "the successor of the seal key gone",
            partial(_successor_gone, "seal"),
            on_disk=True,
            lenient=True,
        ),
        Case("log-altered", "a revocation made a harmless one", _milder, quick=True),
        Case("log-altered", "the log key of before goes on", _old_key_goes_on, quick=True, lenient=True),
        Case("manifest-signature", "sealed with the key of before", _sealed_after_the_end, on_disk=True, lenient=True),
        Case("settings-unexplained", "the settings of before a rotation", _settings_back),
    ]
    return found
