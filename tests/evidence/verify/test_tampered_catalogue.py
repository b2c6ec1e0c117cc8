"""Faults planted in rows, settings, manifests and keys."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from evidence.catalogue import schema
from evidence.catalogue.reading import CatalogueDamaged
from evidence.verify import Kind, NoteKind
from tests.evidence.verify.attesting import attested
from tests.evidence.verify.conftest import Station
from tests.evidence.verify.registering import case_sheet, registered
from tests.evidence.verify.sample import CARD, Keys, Sample, canonical, certify, keys, seal, standard


def rows(station: Station, query: str) -> list[tuple[Any, ...]]:
    with station.database() as connection:
        return connection.execute(query).fetchall()


def one(station: Station, query: str, *values: object) -> Any:  # noqa: ANN401  # a value of any column
    with station.database() as connection:
        return connection.execute(query, values).fetchone()[0]


@pytest.mark.parametrize(
    "column",
    [
        "device",
        "path",
        "sha256",
        "size",
        "state",
        "docking",
        "taken_at",
        "recorded_at",
        "duration_ms",
        "recording",
        "category",
        "case_number",
        "note",
    ],
)
def test_every_column_of_a_clip(station: Station, pattern: Sample, column: str) -> None:
    clip = pattern.clip(b"DCIM/0001.MP4")
    station.sql(f"UPDATE clip SET {column} = ? WHERE id = ?", b"x" if column == "path" else "x", clip)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"clip:{clip}")]


@pytest.mark.parametrize(
    "column",
    [
        "device",
        "source",
        "profile",
        "officer",
        "acquisition",
        "state",
        "opened_at",
        "sealed_at",
        "listing_sha256",
        "manifest_sha256",
    ],
)
def test_every_column_of_a_docking(station: Station, column: str) -> None:
    docking = one(station, "SELECT id FROM docking WHERE officer IS NOT NULL")
    station.sql(f"UPDATE docking SET {column} = 'x' WHERE id = ?", docking)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"docking:{docking}")]


@pytest.mark.parametrize("column", ["clip", "state", "sha256", "size", "outcome", "record"])
@pytest.mark.parametrize("position", [0, 2, 4])
def test_every_column_of_a_sighting(station: Station, column: str, position: int) -> None:
    docking = one(station, "SELECT docking FROM sighting WHERE position = 4")
    value = b"{}" if column == "record" else "x"
    station.sql(f"UPDATE sighting SET {column} = ? WHERE docking = ? AND position = ?", value, docking, position)
    assert station.problems()[0] == (Kind.CATALOGUE_DIFFERS, f"sighting:{docking}/{position}")
    if column != "record" or position == 4:
        assert len(station.problems()) == 1


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("blob", "size", 1),
        ("blob", "placed_at", "x"),
        ("log", "unit", "x"),
        ("log", "created_at", "x"),
        ("settings", "sha256", "x"),
        ("settings", "accepted_at", "x"),
        ("receipt", "subject", "x"),
        ("receipt", "body", "x"),
        ("receipt", "at", "x"),
        ("personal_value", "value", "x"),
        ("personal_value", "salt", "x"),
        ("recording", "segments", "[]"),
        ("inventory", "listing", b"x"),
        ("signing_key", "role", "x"),
        ("signing_key", "introduced_at", "x"),
        ("signing_key", "revoked_at", "x"),
        ("signing_key", "certificate", b"x"),
    ],
)
def test_other_columns(station: Station, table: str, column: str, value: object) -> None:
    which = f"rowid IN (SELECT rowid FROM {table} LIMIT 1)"
    station.sql(f"UPDATE {table} SET {column} = ? WHERE {which}", value)
    found = station.problems()
    assert len(found) == 1
    assert found[0][0] is Kind.CATALOGUE_DIFFERS
    assert found[0][1].partition(":")[0] == table


def test_operational_columns_may_change(station: Station) -> None:
    station.sql("UPDATE blob SET last_verified_at = '2030-01-01T00:00:00.000000Z'")
    station.sql("UPDATE docking SET card_sha256 = 'x'")
    assert station.problems() == []


def test_no_evidential_column_is_forgotten(tmp_path: Path) -> None:
    """Spoil each evidential column of every table in turn: each must be found."""
    made = standard(tmp_path / "home")
    attested(made)
    registered(made)
    case_sheet(made)
    made.engine.dispose()
    station = Station(made.home, made)
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            if column.info["standing"] != "evidential" or table.name in ("upload", "upload_part", "witnessed"):
                continue
            with station.database() as connection:
                rows = connection.execute(f"SELECT rowid, {column.name} FROM {table.name} ORDER BY rowid").fetchall()
                assert rows, f"the sample has no {table.name}"
                rowid, genuine = rows[-1]
                connection.execute(f"UPDATE {table.name} SET {column.name} = ? WHERE rowid = ?", (b"\x01spoiled", rowid))
            assert not station.verify().ok, f"{table.name}.{column.name}"
            with station.database() as connection:
                connection.execute(f"UPDATE {table.name} SET {column.name} = ? WHERE rowid = ?", (genuine, rowid))
    assert station.problems() == []


@pytest.mark.parametrize(
    "table",
    [
        "clip",
        "docking",
        "inventory",
        "sighting",
        "blob",
        "recording",
        "manifest",
        "receipt",
        "personal_value",
        "signing_key",
        "settings",
        "log",
    ],
)
def test_a_row_deleted(station: Station, table: str) -> None:
    station.sql(f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} LIMIT 1)")
    found = station.problems()
    assert len(found) == 1
    assert found[0][0] is Kind.CATALOGUE_MISSING_ROW
    assert found[0][1].partition(":")[0] == table


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("clip", "id"), ("docking", "id"), ("inventory", "docking"), ("sighting", "position"), ("blob", "sha256"), ("recording", "id"),
        ("manifest", "docking"), ("receipt", "id"), ("personal_value", "field"), ("log", "epoch"),
    ],
)  # fmt: skip
def test_a_row_added(station: Station, table: str, key: str) -> None:
    value: object = 77 if key in ("position", "epoch") else "00000000-0000-7000-8000-000000000000"
    columns = [column.name for column in schema.metadata.tables[table].columns]
    chosen = ", ".join("?" if column == key else column for column in columns)
    station.sql(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table} LIMIT 1", value)
    found = station.problems()
    assert len(found) == 1
    assert found[0][0] is Kind.CATALOGUE_EXTRA_ROW
    assert found[0][1].partition(":")[0] == table


def test_two_rows_are_two_problems(station: Station, pattern: Sample) -> None:
    one_clip, other = sorted((pattern.clip(b"DCIM/0001.MP4"), pattern.clip(b"DCIM/0002.MP4")))
    station.sql("UPDATE clip SET category = 'x' WHERE id = ?", one_clip)
    station.sql("DELETE FROM clip WHERE id = ?", other)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"clip:{one_clip}"), (Kind.CATALOGUE_MISSING_ROW, f"clip:{other}")]


def test_a_clip_and_all_its_rows_deleted_are_missed(station: Station, pattern: Sample) -> None:
    clip = pattern.clip(b"DCIM/0002.MP4")
    station.sql("DELETE FROM clip WHERE id = ?", clip)
    station.sql("DELETE FROM sighting WHERE clip = ?", clip)
    assert {kind for kind, _ in station.problems()} == {Kind.CATALOGUE_MISSING_ROW}


def test_many_problems_of_a_kind_are_counted(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evidence.verify.verdict.SHOWN_OF_A_KIND", 2)
    station.sql("UPDATE clip SET category = 'x'")
    verdict = station.verify()
    assert len(verdict.problems) == 2
    assert [note.detail for note in verdict.notes if note.kind is NoteKind.MORE_PROBLEMS] == ["4 more"]


def test_an_erased_value_is_a_note(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    clip = made.clip(b"DCIM/0001.MP4")
    station = Station(made.home, made)
    entry = one(station, "SELECT entry FROM personal_value WHERE field = 'case_number.new'")
    made.entry("erased", f"clip:{clip}", {"entry": entry, "field": "case_number.new"})
    made.commit()
    station.sql("DELETE FROM personal_value WHERE field = 'case_number.new'")
    station.sql("UPDATE clip SET case_number = NULL WHERE id = ?", clip)
    verdict = station.verify()
    assert verdict.problems == ()
    assert NoteKind.ERASED in {note.kind for note in verdict.notes}
    station.sql("UPDATE clip SET case_number = 'C-7' WHERE id = ?", clip)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"clip:{clip}")]


def test_personal_values_stay_out_of_the_verdict(station: Station) -> None:
    station.sql("UPDATE personal_value SET value = 'somebody else'")
    station.sql("UPDATE clip SET case_number = 'their case', note = 'their note'")
    told = repr(station.verify())
    assert not any(secret in told for secret in ("somebody else", "their case", "their note", "C-7", "12345"))


def test_text_that_is_not_utf8(station: Station) -> None:
    clips = [found for (found,) in rows(station, "SELECT id FROM clip ORDER BY id")]
    station.sql("UPDATE clip SET category = CAST(X'FF' AS TEXT) WHERE id = ?", clips[2])
    station.sql("UPDATE clip SET note = 'x' WHERE id = ?", clips[4])
    assert station.found() == [(Kind.CATALOGUE_DIFFERS, f"clip:{clips[2]}"), (Kind.CATALOGUE_DIFFERS, f"clip:{clips[4]}")]


# -- the database file itself --


def test_an_index_that_hides_a_row_is_found(station: Station) -> None:
    with station.database() as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_clip_1'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    path = station.home / "catalogue.sqlite3"
    content = bytearray(path.read_bytes())
    cells = (page - 1) * size + 3  # sqlite.org/fileformat2.html, "B-tree Pages": two bytes, number of cells
    content[cells + 1] -= 1
    path.write_bytes(content)
    assert (Kind.CATALOGUE_DIFFERS, "catalogue") in station.found()


def test_a_database_that_cannot_read_itself_says_so(station: Station) -> None:
    path = station.home / "catalogue.sqlite3"
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 40] = bytes(4096 * 37)
    path.write_bytes(content)
    with pytest.raises(CatalogueDamaged):
        station.verify()


@pytest.mark.parametrize("table", ["clip", "cosignature", "alembic_version"])
def test_a_table_that_is_gone_is_damage(station: Station, table: str) -> None:
    with station.database() as connection:
        connection.execute(f"DROP TABLE {table}")
    with pytest.raises(CatalogueDamaged) as caught:
        station.verify()
    assert table in str(caught.value.fields["rule"])


# -- settings --


def test_a_hand_edited_settings_file(station: Station) -> None:
    (station.home / "station.toml").write_text('language = "zh"\n')
    assert station.problems() == [(Kind.SETTINGS_UNEXPLAINED, "station.toml")]


def test_a_settings_file_that_is_gone(station: Station) -> None:
    (station.home / "station.toml").unlink()
    assert station.problems() == [(Kind.SETTINGS_UNEXPLAINED, "station.toml")]


def test_accepted_settings_are_explained(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    made.accept_settings(b'language = "zh"\n')
    assert Station(made.home, made).problems() == []


# -- manifests --


def manifest(station: Station) -> tuple[str, bytes]:
    with station.database() as connection:
        row: tuple[str, bytes] = connection.execute("SELECT docking, body FROM manifest ORDER BY docking LIMIT 1").fetchone()
        return row


def test_a_manifest_altered(station: Station) -> None:
    docking, body = manifest(station)
    station.sql("UPDATE manifest SET body = ? WHERE docking = ?", body.replace(b"U-1", b"U-2"), docking)
    assert station.problems() == [(Kind.MANIFEST_ALTERED, f"manifest:{docking}")]


def test_a_manifest_altered_and_sealed_again_with_the_station_s_own_key(station: Station, pattern: Sample) -> None:
    docking, body = manifest(station)
    other = body.replace(b"U-1", b"U-2")
    station.sql("UPDATE manifest SET body = ?, signature = ? WHERE docking = ?", other, seal(other, pattern.keys.seal), docking)
    assert {kind for kind, _ in station.problems()} == {Kind.MANIFEST_ALTERED, Kind.MANIFEST_SIGNATURE}


@pytest.mark.parametrize("place", [*range(0, 400, 37), *range(-400, 0, 37), -1])
def test_a_seal_with_one_byte_changed(station: Station, place: int) -> None:
    docking, _ = manifest(station)
    signature = bytearray(one(station, "SELECT signature FROM manifest WHERE docking = ?", docking))
    signature[place] ^= 1
    station.sql("UPDATE manifest SET signature = ? WHERE docking = ?", bytes(signature), docking)
    assert station.found() == [(Kind.MANIFEST_SIGNATURE, f"manifest:{docking}")]


@pytest.mark.parametrize("garbage", [b"", b"0", b"\x30\x84\xff\xff\xff\xff", bytes(range(256)) * 8])
def test_a_seal_that_is_none(station: Station, garbage: bytes) -> None:
    docking, _ = manifest(station)
    station.sql("UPDATE manifest SET signature = ? WHERE docking = ?", garbage, docking)
    assert station.problems() == [(Kind.MANIFEST_SIGNATURE, f"manifest:{docking}")]


def test_the_seal_of_another_manifest(station: Station) -> None:
    docking, _ = manifest(station)
    station.sql(
        "UPDATE manifest SET signature = (SELECT signature FROM manifest WHERE docking <> ?) WHERE docking = ?", docking, docking
    )
    assert station.problems() == [(Kind.MANIFEST_SIGNATURE, f"manifest:{docking}")]


def test_a_seal_by_a_stranger(station: Station) -> None:
    docking, body = manifest(station)
    stranger = keys("stranger").seal
    station.sql("UPDATE manifest SET signature = ? WHERE docking = ?", seal(body, stranger), docking)
    assert station.problems() == [(Kind.FOREIGN_KEY, f"key:{stranger.id}")]


def test_a_stranger_s_key_laid_beside_its_seal_is_one_problem(station: Station) -> None:
    docking, body = manifest(station)
    stranger = keys("stranger").seal
    station.sql("UPDATE manifest SET signature = ? WHERE docking = ?", seal(body, stranger), docking)
    station.sql(
        "INSERT INTO signing_key VALUES ('S-1', ?, 'seal', ?, '2026-11-21T10:00:00.000000Z', NULL)", stranger.id, stranger.der
    )
    assert station.problems() == [(Kind.FOREIGN_KEY, f"key:{stranger.id}")]


# -- keys and certificates --


def test_an_anchor_that_no_authority_has(station: Station) -> None:
    verdict = station.verify(anchors=("ab" * 32,))
    assert [(problem.kind, problem.subject) for problem in verdict.problems] == [(Kind.FOREIGN_KEY, f"anchor:{'ab' * 32}")]
    assert not verdict.anchored


def test_the_authority_s_certificate_exchanged(station: Station, pattern: Sample) -> None:
    ca = pattern.keys.ca
    station.sql("UPDATE signing_key SET certificate = ? WHERE id = ?", keys("stranger").ca.der, ca.id)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"signing_key:{ca.id}")]


@pytest.mark.parametrize("role", ["seal", "log"])
def test_a_signing_key_s_certificate_exchanged(station: Station, pattern: Sample, role: str) -> None:
    key = getattr(pattern.keys, role)
    station.sql("UPDATE signing_key SET certificate = ? WHERE id = ?", keys("stranger").seal.der, key.id)
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"signing_key:{key.id}")]


CA = certify("ca", "p256", authority=True)


@pytest.mark.parametrize(
    ("which", "ring"),
    [
        ("log", lambda: Keys(CA, certify("seal", "p256", CA), certify("log", "ed25519"))),
        ("seal", lambda: Keys(CA, certify("seal", "p256", keys("stranger").ca), certify("log", "ed25519", CA))),
        ("seal", lambda: Keys(CA, certify("seal", "p256", CA, may_sign=False), certify("log", "ed25519", CA))),
        ("seal", lambda: Keys(CA, certify("seal", "p256", CA, days=(-9, -2)), certify("log", "ed25519", CA))),
        ("log", lambda: Keys(CA, certify("seal", "p256", CA), certify("log", "ed25519", CA, days=(9, 99)))),
    ],
    ids=["issued by itself", "issued by a stranger", "may not sign", "expired", "not yet valid"],
)
def test_a_certificate_that_does_not_hold(tmp_path: Path, which: str, ring: object) -> None:
    assert callable(ring)
    made = standard(tmp_path / "home", ring=ring())
    assert Station(made.home, made).problems() == [(Kind.CERTIFICATE_CHAIN, f"key:{getattr(made.keys, which).id}")]


def test_an_authority_that_is_none(tmp_path: Path) -> None:
    ca = certify("no authority", "p256")
    made = standard(tmp_path / "home", ring=Keys(ca, certify("seal", "p256", ca), certify("log", "ed25519", ca)))
    assert {kind for kind, _ in Station(made.home, made).problems()} == {Kind.CERTIFICATE_CHAIN}


def test_a_chain_through_an_authority_above(tmp_path: Path) -> None:
    top = certify("top", "p256", authority=True, path_length=1)
    ca = certify("middle", "p256", top, authority=True)
    made = Sample(tmp_path / "home", ring=Keys(ca, certify("seal", "p256", ca), certify("log", "ed25519", ca)))
    made.introduce("ca", top)
    made.rows, rows = [], made.rows
    assert rows  # the authority above is introduced after the log began: the first entry must be `initialised`
    made = Sample(tmp_path / "other", ring=made.keys)
    made.initialise()
    made.introduce("ca", top)
    made.commit()
    made.dock(CARD)
    station = Station(made.home, made)
    assert station.problems() == []
    assert station.verify(anchors=(sha256(top.der).hexdigest(),)).anchored


def test_an_authority_under_one_that_allows_none(tmp_path: Path) -> None:
    top = certify("top", "p256", authority=True, path_length=0)
    ca = certify("middle", "p256", top, authority=True)
    made = Sample(tmp_path / "home", ring=Keys(ca, certify("seal", "p256", ca), certify("log", "ed25519", ca)))
    made.initialise()
    made.introduce("ca", top)
    made.commit()
    assert {kind for kind, _ in Station(made.home, made).found()} == {Kind.CERTIFICATE_CHAIN}


def test_a_head_by_a_key_that_was_revoked(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    made.entry("key-revoked", f"key:{made.keys.log.id}", {"reason": "lost"})
    made.change("signing_key", {"id": made.keys.log.id}, revoked_at=made.rows[0][1]["at"])
    made.commit()  # the commit that revokes a key may still be signed with it
    station = Station(made.home, made)
    assert station.problems() == []
    made.now += timedelta(minutes=1)
    made.deliver(made.clip(b"DCIM/0001.MP4"))
    assert station.found() == [(Kind.LOG_ALTERED, f"checkpoint:1/{made.tree.size}")]


def test_a_new_log_key_takes_over(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    old = made.keys
    made.introduce("log", renewed := certify("next log", "ed25519", old.ca))
    made.keys = Keys(old.ca, old.seal, renewed)
    made.commit()
    made.deliver(made.clip(b"DCIM/0001.MP4"))
    assert Station(made.home, made).problems(made.head()) == []


def ended(made: Sample, key: str, reason: str) -> None:
    made.entry("key-revoked", f"key:{key}", {"reason": reason})
    made.change("signing_key", {"id": key}, revoked_at=made.rows[-1][1]["at"])
    made.commit()


def test_two_seal_keys_in_force_at_once(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    own = made.keys
    made.introduce("seal", second := certify("second seal", "p256", own.ca))
    made.commit()
    for sealing in (second, own.seal):
        made.keys = Keys(own.ca, sealing, own.log)
        made.dock(CARD)
    assert Station(made.home, made).problems() == []


def test_a_seal_after_its_key_was_revoked(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    ended(made, made.keys.seal.id, "superseded")
    made.dock(CARD)
    station = Station(made.home, made)
    assert {kind for kind, _ in station.found()} == {Kind.MANIFEST_SIGNATURE}


def test_a_key_whose_authority_had_been_revoked(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    ended(made, made.keys.ca.id, "compromised")
    station = Station(made.home, made)
    assert station.found() == [], "what was introduced before stays"
    made.introduce("seal", later := certify("later seal", "p256", made.keys.ca))
    made.commit()
    assert Station(made.home, made).found() == [(Kind.CERTIFICATE_CHAIN, f"key:{later.id}")]


def test_a_key_that_ended_and_was_found_compromised_later(tmp_path: Path) -> None:
    made = standard(tmp_path / "home")
    seal = made.keys.seal
    ended(made, seal.id, "superseded")
    made.now += timedelta(days=1)
    ended(made, seal.id, "compromised")
    station = Station(made.home, made)
    assert station.problems() == []
    assert NoteKind.SEAL_UNPROVEN in {note.kind for note in station.verify().notes}


# -- what the writer might get wrong: signed, and still not what the log says --


def test_a_manifest_that_leaves_a_file_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Sample(tmp_path / "home")
    made.initialise()
    genuine = made._seal

    def forgetful(
        docking: str, device: str, acquisition: dict[str, Any], opened: str, listing: str, taken: list[Any], skipped: list[Any]
    ) -> None:
        genuine(docking, device, acquisition, opened, listing, taken[:-1], skipped)

    monkeypatch.setattr(made, "_seal", forgetful)
    docking = made.dock(CARD)
    assert (Kind.MANIFEST_ALTERED, f"manifest:{docking}") in Station(made.home, made).problems()


def test_canonical_text_in_rows_is_compared_as_text(station: Station) -> None:
    docking = one(station, "SELECT id FROM docking LIMIT 1")
    station.sql(
        "UPDATE docking SET acquisition = ? WHERE id = ?",
        canonical({"kind": "folder", "read_only": False}).decode() + " ",
        docking,
    )
    assert station.problems() == [(Kind.CATALOGUE_DIFFERS, f"docking:{docking}")]
