"""Keys made, certified, put in force and ended at the command line; verify and an independent verifier look at the outcome."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from sqlalchemy import select

from evidence import certificates
from evidence.canonical import digest
from evidence.catalogue import schema
from evidence.catalogue.acts import stamping
from evidence.catalogue.connect import reading
from evidence.custody.checkpoint import is_signed_by
from evidence.ids import DockingId
from station import durable
from station.rooms import Rooms
from tests import independent_verifier
from tests.campaigns.tampering import command
from tests.evidence.verify.attesting import city
from tests.evidence.verify.sample import START, moment
from tests.servers.softhsm import PIN, Token
from tests.station.conftest import make_card
from tests.station.stations import Document, Station, run


def sound(station: Station, *more: str | Path) -> Document:
    """The verdict of a home in which nothing is wrong; the independent verifier agrees."""
    verdict = station.json("verify", *more)
    assert verdict["problems"] == []
    files = [Path(one).read_bytes() for one in more if isinstance(one, Path)]
    assert independent_verifier.Verification(station.folder, []).kinds(files) == set()
    return verdict


def notes(verdict: Document) -> list[tuple[str, str]]:
    return [(one["kind"], one["subject"]) for one in verdict["notes"]]


def key_of(station: Station, role: str) -> str:
    """The id of the one key of a role that is in force."""
    (found,) = [one["key"] for one in station.json("key", "list")["keys"] if one["role"] == role and one["revoked_at"] is None]
    assert isinstance(found, str)
    return found


def taken(station: Station, folder: Path, content: bytes) -> str:
    """A docking of one file."""
    folder.mkdir()
    (folder / "a.mp4").write_bytes(content)
    docking = station.json("ingest", folder)["docking"]
    assert isinstance(docking, str)
    return docking


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def cms_verified(station: Station, docking: str, folder: Path, anchor: Path | None = None) -> str:
    station.json("export", docking, folder)
    return openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-in", folder / f"{docking}.p7s"),
        *("-content", folder / f"{docking}.json", "-CAfile", anchor or folder / "ca.pem", "-purpose", "any", "-out", "/dev/null"),
    )


# Rotation


def test_the_log_key_is_rotated_and_every_checkpoint_still_holds(station: Station, card: Path, tmp_path: Path) -> None:
    kept = tmp_path / "before.txt"
    station.json("checkpoint", "--out", kept)
    old = key_of(station, "log")
    for _ in range(2):
        station.json("key", "rotate", "--role", "log")
        station.json("ingest", card)
    station.json("checkpoint", "--out", tmp_path / "after.txt")
    assert key_of(station, "log") != old
    verdict = sound(station, "--checkpoint", kept, "--checkpoint", tmp_path / "after.txt")
    assert verdict["witnessed_until"] is not None


def test_the_key_of_before_vouches_for_the_one_after_it(station: Station) -> None:
    before = station.rooms().log_signer
    station.json("key", "rotate", "--role", "log")
    entries = station.log()
    (introduced,) = [one for one in entries if one["type"] == "key-introduced" and one["what"]["role"] == "log"][1:]
    (revoked,) = [one for one in entries if one["type"] == "key-revoked"]
    assert introduced["when"] == revoked["when"] == entries[-1]["when"], "one commit"
    assert entries[-1]["type"] == "settings-changed"
    assert is_signed_by(station.json("checkpoint")["note"], before.public_der())


def test_a_log_key_that_was_lost_vouches_for_nothing(station: Station) -> None:
    (station.folder / "keys" / "log.key.pem").unlink()
    assert station.json("key", "rotate", "--role", "log", status=5)["code"] == "key-unusable"
    sound(station)
    station.json("key", "rotate", "--role", "log", "--reason", "lost")
    sound(station)
    station.json("settings", "set", "probe_seconds", "7")
    sound(station)


def test_the_seal_key_is_rotated_and_openssl_verifies_the_seals_of_both(station: Station, tmp_path: Path) -> None:
    first = taken(station, tmp_path / "one", b"one")
    station.json("key", "rotate", "--role", "seal")
    second = taken(station, tmp_path / "two", b"two")
    for docking in (first, second):
        assert "CMS Verification successful" in cms_verified(station, docking, tmp_path / docking)
    sound(station)


def test_what_a_docking_began_before_a_rotation_is_sealed_after_it(
    station: Station, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ingest.visit._copy", _cut)
        assert station("ingest", card, "--json").status == 1
    station.json("key", "rotate", "--role", "seal")
    station.json("key", "rotate", "--role", "log")
    station.json("ingest", card)
    sound(station)


def test_a_witnessed_rotation_is_no_contradiction_and_a_rollback_after_it_is_one(stocked: Station, tmp_path: Path) -> None:
    stocked.json("upload", "--until-idle")
    stocked.json("key", "rotate", "--role", "log")
    shutil.copytree(stocked.folder, tmp_path / "older")
    stocked.json("settings", "set", "probe_seconds", "7")
    stocked.json("upload", "--until-idle")
    sound(stocked)
    for path in stocked.folder.glob("catalogue.sqlite3*"):
        path.unlink()
    for path in (*(tmp_path / "older").glob("catalogue.sqlite3*"), tmp_path / "older" / "station.toml"):
        shutil.copy2(path, stocked.folder)
    assert stocked.json("ingest", make_card(tmp_path / "c"), status=3)["code"] == "log-turned-back"


def test_a_home_restored_to_before_a_rotation_recovers_and_knows_the_later_key(stocked: Station, tmp_path: Path) -> None:
    shutil.copytree(stocked.folder, tmp_path / "older")
    stocked.json("key", "rotate", "--role", "log")
    stocked.json("upload", "--until-idle")
    for path in stocked.folder.glob("catalogue.sqlite3*"):
        path.unlink()
    for path in (*(tmp_path / "older").glob("catalogue.sqlite3*"), tmp_path / "older" / "station.toml"):
        shutil.copy2(path, stocked.folder)
    assert stocked.json("ingest", make_card(tmp_path / "c"), status=3)["code"] == "log-turned-back"
    stocked.json("recover", "--reason", "the backup of yesterday")
    verdict = sound(stocked)
    assert "recovered" in {kind for kind, _ in notes(verdict)}
    stocked.json("ingest", tmp_path / "c")
    sound(stocked)


def test_another_key_does_not_come_by_a_setting(station: Station) -> None:
    made = station.json("key", "init", "--role", "log")
    for name in ("log_key", "seal_key"):
        assert station.json("settings", "set", name, made["uri"], status=5)["code"] == "key-not-in-force"
    (station.folder / "keys" / "log.key.pem").rename(station.folder / "keys" / "moved.pem")
    shutil.copy2(station.folder / "keys" / "moved.pem", station.folder / "keys" / "log.key.pem")
    station.json("settings", "set", "log_key", "file:keys/moved.pem")
    sound(station)


# Power cuts

STEPS = 15
"""Durable steps of a rotation."""


class _Cut(Exception):
    """The power fails, as far as a test inside the process can have it."""


def _cut(*_arguments: object, **_named: object) -> None:
    raise _Cut


def killed_after(place: int) -> None:
    """SIGKILL at the end of one durable step of this process."""
    left = [place]

    def struck(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: object) -> object:
            answer = real(*given)
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return answer

        return step

    for owner, name in ((durable, "place_new"), (durable, "replace"), (durable, "sync_folder"), (Path, "replace")):
        setattr(owner, name, struck(getattr(owner, name)))


@pytest.mark.parametrize(("role", "place"), [*(("log", place) for place in range(16)), ("seal", 7), ("seal", 8)])
def test_a_rotation_that_is_killed_leaves_the_old_key_or_the_new(station: Station, card: Path, role: str, place: int) -> None:
    """Struck after each durable step in turn; the home is whole as it lies, and the same command again ends where one run would have."""
    before = key_of(station, role)
    struck = command.run(station.folder, "key", "rotate", "--role", role, broken=partial(killed_after, place))
    assert struck.status == (-signal.SIGKILL if place < STEPS else 0)
    assert station.json("verify")["problems"] == []
    waits = [one["uri"] for one in station.json("key", "list")["waiting"] if one["role"] == role]
    now = key_of(station, role)
    again = station.json("key", "rotate", "--role", role)
    assert again["rotated"] is (now == before)
    assert again["ended"] == [before]
    assert again["previous_uri"] == f"file:keys/{role}.key.pem"
    assert again["uri"] in (waits or [again["uri"]])
    assert again["key"] == key_of(station, role) != before
    assert now in (before, again["key"])
    station.json("settings", "set", "probe_seconds", "7")
    station.json("ingest", card)
    sound(station)
    keys = [one for one in station.json("key", "list")["keys"] if one["role"] == role]
    assert len(keys) == 2
    assert len(list((station.folder / "keys").glob(f"{role}*.key.pem"))) == 2
    assert list((station.folder / "keys").glob("next-*")) == []


def test_a_rotation_that_was_struck_and_one_typed_twice_say_what_was_done_and_do_nothing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("station.keyring.Waiting.settle", _cut)
        assert station("key", "rotate", "--role", "log", "--json").status == 1
    station.json("settings", "set", "probe_seconds", "7")  # somebody goes on before it is typed again
    size = station.json("status")["log"]["size"]
    told = station("key", "rotate", "--role", "log")
    assert (told.status, b"nothing was changed now" in told.out) == (0, True)
    rotated = station.json("key", "rotate", "--role", "log")
    assert rotated["rotated"] is True, "its note is cleared away, and much happened since: this is another rotation"
    again = station.json("key", "rotate", "--role", "log")
    assert again == rotated | {"rotated": False}
    assert station.json("status")["log"]["size"] == size + 3


def test_whoever_wants_another_key_at_once_makes_one_or_names_another_reason(station: Station) -> None:
    first = station.json("key", "rotate", "--role", "seal")
    made = station.json("key", "init", "--role", "seal")
    second = station.json("key", "rotate", "--role", "seal")
    assert (second["key"], second["ended"], second["rotated"]) == (made["key"], [first["key"]], True)
    third = station.json("key", "rotate", "--role", "seal", "--reason", "compromised")
    assert (third["ended"], third["rotated"]) == ([second["key"]], True)
    assert station.json("key", "rotate", "--role", "seal", "--reason", "compromised")["rotated"] is False
    assert station.json("key", "rotate", "--role", "log")["rotated"] is True
    sound(station)


# Revocation


def test_a_revoked_key_seals_nothing_until_another_is_in_force(station: Station, tmp_path: Path) -> None:
    taken(station, tmp_path / "one", b"one")
    revoked = key_of(station, "seal")
    station.json("key", "revoke", revoked[:12], "--reason", "lost")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.mp4").write_bytes(b"two")
    refused = station.json("ingest", tmp_path / "two", status=5)
    assert (refused["code"], refused["key"]) == ("key-not-in-force", revoked)
    sound(station)
    station.json("key", "rotate", "--role", "seal")
    station.json("ingest", tmp_path / "two")
    sound(station)


def test_a_seal_by_a_revoked_key_is_found(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station whose software does not ask: what the writer would refuse, the verifier finds."""
    station.json("key", "revoke", key_of(station, "seal"), "--reason", "superseded")

    def any_certificate(connection: object, _station: object, key: str, _role: str) -> bytes:
        del connection
        with reading(station.rooms().catalogue) as other:
            found = other.execute(select(schema.signing_key.c.certificate).where(schema.signing_key.c.id == key)).scalar_one()
        return bytes(found)

    monkeypatch.setattr("station.book.certificate_in_force", any_certificate)
    docking = taken(station, tmp_path / "one", b"one")
    found = station.json("verify", status=3)["problems"]
    assert [(one["kind"], one["subject"]) for one in found] == [("manifest-signature", f"manifest:{docking}")]


def test_a_head_by_a_revoked_log_key_is_found(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who kept the old key and altered software goes on with it."""
    old = station.rooms().log_signer
    station.json("key", "rotate", "--role", "log")
    monkeypatch.setattr(Rooms, "log_signer", property(lambda _rooms: old))
    assert station.json("settings", "set", "probe_seconds", "7", status=5)["code"] == "key-not-in-force"
    sound(station)
    monkeypatch.setattr("evidence.catalogue.ledger.check_log_key", lambda *_given: None)
    station.json("settings", "accept")
    station.json("settings", "set", "probe_seconds", "7")
    assert {one["kind"] for one in station.json("verify", status=3)["problems"]} >= {"log-altered"}


def test_the_log_is_not_left_without_a_key(station: Station) -> None:
    key = key_of(station, "log")
    assert station.json("key", "revoke", key, "--reason", "compromised", status=5)["code"] == "log-key-needed"
    station.json("key", "rotate", "--role", "log", "--reason", "compromised")
    verdict = sound(station)
    assert ("heads-unproven", f"key:{key}") in notes(verdict)


def test_a_key_that_ended_can_be_found_compromised_later_and_nothing_else(station: Station) -> None:
    key = key_of(station, "seal")
    station.json("key", "rotate", "--role", "seal")
    assert station.json("key", "revoke", key, "--reason", "lost", status=5)["code"] == "key-ended"
    station.json("key", "revoke", key, "--reason", "compromised")
    assert station.json("key", "revoke", key, "--reason", "compromised", status=5)["code"] == "key-ended"
    sound(station)


@pytest.mark.parametrize("key", ["c0ffee", "0" * 12, "nothing-of-the-kind"])
def test_a_key_is_named_by_its_id(station: Station, key: str) -> None:
    assert station.json("key", "revoke", key, "--reason", "lost", status=2)["code"] == "no-such-key"


BEFORE, AFTER = START, START + timedelta(days=3000)


@pytest.mark.parametrize(
    ("token_at", "trusted", "proven"),
    [(None, True, False), (BEFORE, True, True), (BEFORE, False, False), (AFTER, True, False)],
    ids=["no token", "an older one", "an older one of nobody's authority", "a later one"],
)
def test_a_seal_by_a_compromised_key_counts_where_a_time_stamp_is_older(
    station: Station, tmp_path: Path, token_at: datetime | None, trusted: bool, proven: bool
) -> None:
    docking = taken(station, tmp_path / "one", b"one")
    if token_at is not None:
        with station.rooms().queries() as queries:
            manifest = queries.manifest(DockingId(docking))
        assert manifest is not None
        stamped(station, docking, manifest[1], token_at)
    station.json("key", "rotate", "--role", "seal", "--reason", "compromised")
    (tmp_path / "roots.pem").write_bytes(city().pem)
    found = station.json("verify", *(["--authority", str(tmp_path / "roots.pem")] if trusted else []))
    assert (("seal-unproven", f"manifest:{docking}") in notes(found)) is not proven
    assert found["problems"] == []


def test_a_time_stamp_over_another_signature_says_nothing_of_this_one(station: Station, tmp_path: Path) -> None:
    docking = taken(station, tmp_path / "one", b"one")
    stamped(station, docking, b"another", BEFORE)
    station.json("key", "rotate", "--role", "seal", "--reason", "compromised")
    (tmp_path / "roots.pem").write_bytes(city().pem)
    found = station.json("verify", "--authority", str(tmp_path / "roots.pem"), status=3)
    assert ("seal-unproven", f"manifest:{docking}") in notes(found)
    assert {one["kind"] for one in found["problems"]} == {"token-foreign"}


def stamped(station: Station, docking: str, message: bytes, at: datetime) -> None:
    """The log has a token over a message, said to be the docking's signature."""
    with station.rooms().ledger.commit() as commit:
        response = city().attest(message, at)
        stamping.time_stamped(commit, f"docking:{docking}", "city", digest(message), response, moment(at))


# A real authority


@dataclass(frozen=True)
class Authority:
    """The police's: a root, and an intermediate that issues."""

    root: x509.Certificate
    middle: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, public: CertificatePublicKeyTypes, days: int = 900) -> bytes:
        return _pem(_certificate("station", public, self.middle.subject, self.key, days=days))

    @property
    def anchor(self) -> str:
        return self.root.fingerprint(hashes.SHA256()).hex()


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(
    name: str,
    public: CertificatePublicKeyTypes,
    issuer: x509.Name | None,
    key: ec.EllipticCurvePrivateKey,
    *,
    path_length: int | None = None,
    authority: bool = False,
    days: int = 900,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    others = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage = x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
        **others,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1000))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def police() -> Authority:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("root", root_key.public_key(), None, root_key, authority=True, path_length=1)
    return Authority(root, _certificate("middle", key.public_key(), root.subject, root_key, authority=True, path_length=0), key)


def imported(station: Station, police: Authority, folder: Path, role: str, days: int = 900) -> tuple[str | Path, ...]:
    """The steps of the ceremony up to the import's arguments."""
    station.json("key", "init", "--role", role)
    request = folder / f"{role}.csr.pem"
    request.unlink(missing_ok=True)
    station.json("key", "csr", "--role", role, "--out", request)
    (folder / f"{role}.pem").write_bytes(police.issue(x509.load_pem_x509_csr(request.read_bytes()).public_key(), days))
    (folder / "chain.pem").write_bytes(_pem(police.middle) + _pem(police.root))
    return "key", "import", folder / f"{role}.pem", "--chain", folder / "chain.pem"


def test_a_police_authority_with_an_intermediate_certifies_the_keys(station: Station, police: Authority, tmp_path: Path) -> None:
    own = station.json("key", "list")["anchors"][0]
    before = taken(station, tmp_path / "one", b"one")
    for role in ("seal", "log"):
        answer = station.json(*imported(station, police, tmp_path, role))
        assert answer["anchors"] == [own, police.anchor]
        assert station.json("key", "rotate", "--role", role)["anchor"] == police.anchor
    after = taken(station, tmp_path / "two", b"two")
    (tmp_path / "root.pem").write_bytes(_pem(police.root))
    assert "CMS Verification successful" in cms_verified(station, after, tmp_path / "out", tmp_path / "root.pem")
    assert "CMS Verification successful" in cms_verified(station, after, tmp_path / "again")
    assert "CMS Verification successful" in cms_verified(station, before, tmp_path / "old")
    sound(station)
    both = sound(station, "--anchor", own, "--anchor", police.anchor)
    assert both["anchored"] is True
    alone = station.json("verify", "--anchor", police.anchor)
    assert alone["anchored"] is False
    assert "unanchored" in {kind for kind, _ in notes(alone)}
    introduced = [one["what"]["certificate_sha256"] for one in station.log() if one["type"] == "key-introduced"]
    assert {police.anchor, police.middle.fingerprint(hashes.SHA256()).hex()} <= set(introduced)


def test_dockings_of_two_authorities_are_exported_into_one_folder(station: Station, police: Authority, tmp_path: Path) -> None:
    before = taken(station, tmp_path / "one", b"one")
    station.json(*imported(station, police, tmp_path, "seal"))
    station.json("key", "rotate", "--role", "seal")
    after = taken(station, tmp_path / "two", b"two")
    assert "successful" in cms_verified(station, before, tmp_path / "out")
    assert "successful" in cms_verified(station, after, tmp_path / "out", tmp_path / "out" / f"{after}.ca.pem")


def test_a_station_can_begin_under_a_chain(tmp_path: Path, police: Authority, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    station = Station(tmp_path / "h", capsysbinary)
    station.json("init", "--station", "s9", "--unit", "u", "--request", status=4)
    for role in ("seal", "log"):
        request = x509.load_pem_x509_csr((station.folder / "keys" / f"{role}.csr.pem").read_bytes())
        (tmp_path / f"{role}.pem").write_bytes(police.issue(request.public_key()))
    (tmp_path / "chain.pem").write_bytes(_pem(police.middle) + _pem(police.root))
    made = station.json("init", "--certificates", tmp_path / "chain.pem", tmp_path / "seal.pem", tmp_path / "log.pem")
    assert made["anchor"] == police.anchor
    docking = taken(station, tmp_path / "one", b"one")
    assert "successful" in cms_verified(station, docking, tmp_path / "out")
    assert sound(station, "--anchor", police.anchor)["anchored"] is True


def test_what_an_authority_may_not_have_issued_is_refused_and_nothing_is_introduced(
    station: Station, police: Authority, tmp_path: Path
) -> None:
    good = imported(station, police, tmp_path, "seal")
    size = station.json("status")["log"]["size"]
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(police.issue(ec.generate_private_key(ec.SECP256R1()).public_key()))
    assert "no key that waits" in station.json("key", "import", stranger, *good[3:], status=5)["rule"]
    assert "no authority that is known" in station.json(*good[:3], status=5)["rule"]
    (tmp_path / "part.pem").write_bytes(_pem(police.middle))
    assert "no self-signed authority" in station.json(*good[:3], "--chain", tmp_path / "part.pem", status=5)["rule"]
    (tmp_path / "leaf.pem").write_bytes((tmp_path / "seal.pem").read_bytes() + _pem(police.middle) + _pem(police.root))
    assert "may not issue" in station.json("key", "import", "--chain", tmp_path / "leaf.pem", status=5)["rule"]
    old = imported(station, police, tmp_path, "seal", days=-1)
    assert "not valid now" in station.json(*old, status=5)["rule"]
    assert station.json("status")["log"]["size"] == size
    assert station.json("key", "csr", "--role", "log", status=2)["code"] == "no-key-waits"


def test_a_key_under_an_authority_that_was_revoked_is_refused(station: Station, police: Authority, tmp_path: Path) -> None:
    (own,) = [one["key"] for one in station.json("key", "list")["keys"] if one["role"] == "ca"]
    arguments = imported(station, police, tmp_path, "seal")
    station.json("key", "revoke", own, "--reason", "superseded")
    assert station.json("key", "rotate", "--role", "seal", status=5)["code"] == "certificate-awaited"
    station.json(*arguments)
    station.json("key", "rotate", "--role", "seal")
    sound(station)


# Tokens


def test_a_station_works_with_both_keys_in_a_token_and_openssl_verifies_it(
    station: Station, card: Path, token: Token, tmp_path: Path
) -> None:
    for role in ("seal", "log"):
        made = station.json("key", "init", "--role", role, "--uri", token.uri(role))
        assert made["made"] is True
        assert station.json("key", "init", "--role", role)["made"] is False, "it waits; nothing is made twice"
        station.json("key", "rotate", "--role", role)
    docking = station.json("ingest", card)["docking"]
    assert "CMS Verification successful" in cms_verified(station, docking, tmp_path / "out")
    sound(station)
    programs = run("--home", station.folder, "tag", station.json("clips")["clips"][0]["id"], "--category", "traffic", "--json")
    assert programs.status == 0, "and in a process of its own"
    sound(station)
    everything = b"".join(
        path.read_bytes() for path in station.folder.rglob("*") if path.is_file() and path.name != token.pin.name
    )
    assert PIN.encode() not in everything
    assert station.json("key", "rotate", "--role", "seal", "--reason", "lost")["uri"].startswith("file:keys/")
    station.json("ingest", card)
    sound(station)


def test_a_token_that_is_away_stops_what_must_be_signed_and_nothing_else(station: Station, token: Token, card: Path) -> None:
    station.json("key", "init", "--role", "log", "--uri", token.uri("log"))
    station.json("key", "rotate", "--role", "log")
    with token.pulled_out():
        refused = run("--home", station.folder, "ingest", card, "--json")
        assert (refused.status, refused.error["code"]) == (5, "key-unusable")
        assert station.json("verify")["problems"] == []
        assert station.json("status")["log"]["size"]
        assert len(station.json("key", "list")["keys"]) == 4
    assert run("--home", station.folder, "ingest", card, "--json").status == 0
    sound(station)


def test_a_pin_in_a_uri_is_refused_and_shown_nowhere(station: Station, token: Token) -> None:
    uri = f"{token.uri('seal')}&pin-value={PIN}"
    told = [
        station("key", "init", "--role", "seal", "--uri", uri, "--json"),
        station("settings", "set", "seal_key", uri, "--json"),
        station("settings", "set", "seal_key", uri),
        station("key", "init", "--role", "seal", "--uri", uri.replace("pkcs11", "PKCS11")),
    ]
    for one in told:
        assert one.status in (2, 5)
        assert PIN.encode() not in one.out + one.err
    assert not any(PIN.encode() in path.read_bytes() for path in station.folder.rglob("*") if path.is_file())


def test_a_key_of_the_wrong_kind_seals_nothing(station: Station, token: Token) -> None:
    station.json("key", "init", "--role", "log", "--uri", token.uri("both"))
    assert "ecdsa-p256-sha256" in station.json("key", "init", "--role", "seal", "--uri", token.uri("both"), status=5)["rule"]
    assert [one["role"] for one in station.json("key", "list")["waiting"]] == ["log"]
    assert station.json("key", "init", "--role", "log", "--uri", token.uri("other"), status=5)["code"] == "key-waits"


def test_a_log_key_that_can_only_do_p256_signs_all_the_same(station: Station, card: Path, tmp_path: Path) -> None:
    (station.folder / "keys" / "p256.pem").write_bytes(certificates.new_private_key("p256"))
    made = station.json("key", "init", "--role", "log", "--uri", "file:keys/p256.pem")
    assert (made["made"], made["algorithm"]) == (False, "ecdsa-p256-sha256")
    station.json("key", "rotate", "--role", "log")
    station.json("ingest", card)
    station.json("checkpoint", "--out", tmp_path / "kept.txt")
    assert sound(station, "--checkpoint", tmp_path / "kept.txt")["witnessed_until"] is not None
    station.json("upload", "--until-idle")
    station.json("ingest", card)


def test_what_a_person_reads_is_there_in_both_languages(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {}
    for language in ("en", "zh"):
        monkeypatch.setenv("EVIDENCE_STATION_LANGUAGE", language)
        said[language] = b"".join(
            station(*words).out
            for words in (
                ("key", "init", "--role", "log"),
                ("key", "list"),
                ("key", "rotate", "--role", "log"),
                ("key", "list"),
                ("key", "revoke", key_of(station, "seal"), "--reason", "lost"),
                ("key", "rotate", "--role", "seal"),
            )
        ).decode()
    assert "in force from here on" in said["en"]
    assert "自此启用" in said["zh"]
    assert "signs no more: lost" in said["en"]
    assert said["zh"].isascii() is False


def test_no_stray_file_is_left_of_a_rotation(station: Station) -> None:
    before = {path.name for path in (station.folder / "keys").iterdir()}
    made = station.json("key", "rotate", "--role", "log")
    new = {path.name for path in (station.folder / "keys").iterdir()} - before
    assert new == {Path(made["uri"].removeprefix("file:")).name, f"log-{made['key'][:8]}.crt.pem"}
