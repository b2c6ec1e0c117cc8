"""Keys in the ledger: introduced, ended, and never signing outside that, on both databases."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.catalogue.acts import foundation
from evidence.catalogue.acts.foundation import Ending
from evidence.catalogue.connect import reading
from evidence.catalogue.keyring import KeyNotInForce, certificate_in_force
from evidence.catalogue.queries import KeyRow, Queries
from evidence.ids import Digest, KeyId
from evidence.signing import FileSigner, key_id
from tests.evidence.catalogue.worlds import OPERATOR, World

SEAL = KeyId("ab" * 32)
DIGEST = Digest("cd" * 32)


def log_key(world: World) -> KeyId:
    return key_id(FileSigner(world.key).public_der())


def keys(world: World) -> list[KeyRow]:
    with reading(world.engine) as connection:
        return Queries(connection, world.station).keys()


@pytest.fixture
def introduced(world: World) -> World:
    """A station with its log key and a seal key."""
    with world.ledger.commit() as commit:
        foundation.key_introduced(commit, log_key(world), "log", b"log certificate")
        foundation.key_introduced(commit, SEAL, "seal", b"seal certificate", OPERATOR)
    return world


def test_a_key_is_in_force_until_it_is_revoked_and_only_in_its_role(introduced: World) -> None:
    with reading(introduced.engine) as connection:
        assert certificate_in_force(connection, introduced.station, SEAL, "seal") == b"seal certificate"
        with pytest.raises(KeyNotInForce):
            certificate_in_force(connection, introduced.station, SEAL, "log")
    with introduced.ledger.commit() as commit:
        foundation.key_revoked(commit, SEAL, Ending.LOST, OPERATOR)
        with pytest.raises(KeyNotInForce):
            certificate_in_force(commit.connection, introduced.station, SEAL, "seal")
    (found,) = [one for one in keys(introduced) if one.id == SEAL]
    assert (found.reason, found.revoked_at is not None, found.certificate) == ("lost", True, b"seal certificate")


def test_the_newest_revocation_of_a_key_is_told(introduced: World) -> None:
    with introduced.ledger.commit() as commit:
        foundation.key_revoked(commit, SEAL, Ending.SUPERSEDED, OPERATOR)
    with introduced.ledger.commit() as commit:
        foundation.key_revoked(commit, SEAL, Ending.COMPROMISED, OPERATOR)
        at = commit.utc
    (found,) = [one for one in keys(introduced) if one.id == SEAL]
    assert (found.reason, found.revoked_at) == ("compromised", at)


def test_a_log_key_that_the_log_does_not_know_signs_nothing(introduced: World) -> None:
    before = introduced.everything()
    introduced.key = Ed25519PrivateKey.generate()
    with pytest.raises(KeyNotInForce), introduced.ledger.commit() as commit:
        foundation.repaired(commit, DIGEST)
    assert introduced.everything() == before


def test_a_log_key_may_sign_its_own_end_and_nothing_after_it(introduced: World) -> None:
    successor = FileSigner(Ed25519PrivateKey.generate())
    with introduced.ledger.commit() as commit:
        foundation.key_introduced(commit, key_id(successor.public_der()), "log", b"next certificate")
        foundation.key_revoked(commit, log_key(introduced), Ending.SUPERSEDED, OPERATOR, signs_this=True)
    with pytest.raises(KeyNotInForce), introduced.ledger.commit() as commit:
        foundation.repaired(commit, DIGEST)
    with introduced.ledger.commit(successor) as commit:
        foundation.repaired(commit, DIGEST)


def test_a_compromised_log_key_does_not_sign_its_own_end(introduced: World) -> None:
    before = introduced.everything()
    successor = FileSigner(Ed25519PrivateKey.generate())

    def end(signer: FileSigner | None) -> None:
        with introduced.ledger.commit(signer) as commit:
            foundation.key_introduced(commit, key_id(successor.public_der()), "log", b"next certificate")
            foundation.key_revoked(commit, log_key(introduced), Ending.COMPROMISED, OPERATOR)

    with pytest.raises(KeyNotInForce):
        end(None)
    assert introduced.everything() == before
    end(successor)
    assert [one.reason for one in keys(introduced) if one.role == "log"] == ["compromised", None]
