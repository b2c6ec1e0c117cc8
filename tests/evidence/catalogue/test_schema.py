"""The tables: what is declared, what migrations make, and how a catalogue is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, Integer, MetaData, Table, inspect, text

from evidence.catalogue import schema
from evidence.catalogue.connect import (
    REVISION,
    CatalogueNewer,
    CatalogueOfAnotherVersion,
    CatalogueOutdated,
    CatalogueUnusable,
    check_revision,
    connect,
    reading,
    sqlite_url,
    writing,
)
from evidence.catalogue.migrate import configuration, upgrade
from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.errors import Exit
from evidence.ids import StationId

TABLES = sorted(schema.metadata.tables)
OPERATIONAL_TABLES = {
    "upload",
    "upload_part",
    "witnessed",
    "stamp_request",
    "cosignature",
    "sheet_index",
    "derivative",
    "webhook",
    "webhook_cursor",
    "search_state",
    "search_clip",
    "search_term",
    "search_word",
    "index_given",
    "credential",
    "session",
    "sign_in_try",
}


def undeclared(metadata: MetaData) -> list[str]:
    """Columns that are declared neither evidential nor operational."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.info.get("standing") not in {schema.EVIDENTIAL, schema.OPERATIONAL}
    ]


def test_every_column_is_declared() -> None:
    assert undeclared(schema.metadata) == []


def test_an_undeclared_column_is_found() -> None:
    metadata = MetaData()
    Table("clip", metadata, Column("station", Integer, info={"standing": schema.EVIDENTIAL}), Column("added_in_haste", Integer))
    assert undeclared(metadata) == ["clip.added_in_haste"]


def test_what_is_operational_is_known_by_name() -> None:
    found = {
        f"{table.name}.{column.name}"
        for table in schema.metadata.tables.values()
        if table.name not in OPERATIONAL_TABLES
        for column in table.columns
        if column.info["standing"] == schema.OPERATIONAL
    }
    assert found == {"blob.last_verified_at", "docking.card_sha256", "device.last_seen_at", "device.last_slot"}
    for name in OPERATIONAL_TABLES:
        assert {column.info["standing"] for column in schema.metadata.tables[name].columns} == {schema.OPERATIONAL}


@pytest.mark.parametrize("name", TABLES)
def test_the_station_begins_every_primary_key_and_every_index(name: str) -> None:
    table = schema.metadata.tables[name]
    assert next(iter(table.primary_key.columns)).name == "station"
    for index in table.indexes:
        assert next(iter(index.columns)).name == "station"


@pytest.mark.parametrize("name", TABLES)
def test_no_column_is_numbered_by_the_database(name: str) -> None:
    table = schema.metadata.tables[name]
    for column in table.columns:
        assert column.autoincrement is False
        assert column.default is None
        assert column.server_default is None
        assert column.identity is None


def test_nothing_made_in_the_database_numbers_rows(engine: Engine) -> None:
    with reading(engine) as connection:
        found = inspect(connection)
        for name in TABLES:
            assert found.get_pk_constraint(name)["constrained_columns"][0] == "station"
            for column in found.get_columns(name):
                assert not column.get("default"), (name, column)
                assert not column.get("identity"), (name, column)
        if engine.dialect.name == "postgresql":
            assert found.get_sequence_names() == []
        else:
            made = connection.execute(text("SELECT sql FROM sqlite_master")).scalars()
            assert not [one for one in made if one and "AUTOINCREMENT" in one.upper()]


def test_the_migrations_make_the_tables_of_the_models(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_there_is_one_head_and_it_is_the_revision_this_program_knows(engine: Engine) -> None:
    with reading(engine) as connection:
        script = ScriptDirectory.from_config(configuration(connection))
        assert script.get_heads() == [REVISION]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISION
    check_revision(engine)


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    check_revision(engine)


# Opening


def test_a_database_without_a_catalogue_is_refused(database_url: str) -> None:
    engine = connect(database_url)
    with pytest.raises(CatalogueUnusable) as caught:
        check_revision(engine)
    assert caught.value.status is Exit.REFUSED
    engine.dispose()


@pytest.mark.parametrize(("found", "fault"), [("0000", CatalogueOutdated), ("9999", CatalogueNewer)])
def test_a_catalogue_of_another_revision_is_refused(
    engine: Engine, catalogue_url: str, found: str, fault: type[CatalogueOfAnotherVersion]
) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    with pytest.raises(fault) as caught:
        check_revision(engine)
    assert (caught.value.fields["found"], caught.value.fields["known"]) == (found, REVISION)
    with pytest.raises(fault) as read, ReadOnlyCatalogue(catalogue_url, StationId("S-1")).snapshot():
        pass  # the verifier judges nothing by tables that it does not know
    assert read.value.fields["found"] == found


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite3").write_bytes(b"not a database, but long enough to be looked at. " * 100)
    engine = connect(sqlite_url(tmp_path / "c.sqlite3"))
    with pytest.raises(CatalogueUnusable):
        check_revision(engine)
    engine.dispose()


def test_a_server_that_is_not_there_is_said_without_its_password(tmp_path: Path) -> None:
    engine = connect(f"postgresql+psycopg://station:s3cret@/db?host={tmp_path}")
    with pytest.raises(CatalogueUnusable) as caught:
        check_revision(engine)
    assert "s3cret" not in str(caught.value)
    engine.dispose()


@pytest.mark.parametrize("url", ["nosuchdatabase://x", "", "catalogue.sqlite3"])
def test_an_address_of_no_database_is_refused(url: str) -> None:
    with pytest.raises(CatalogueUnusable):
        connect(url)


def test_sqlite_is_durable_and_takes_its_write_lock_at_once(tmp_path: Path) -> None:
    engine = connect(sqlite_url(tmp_path / "c.sqlite3"))
    upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2, "FULL"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    other = sqlite3.connect(tmp_path / "c.sqlite3", timeout=0, isolation_level=None)
    with reading(engine):
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    with writing(engine), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()


def test_a_failed_upgrade_leaves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(config: Config, revision: str) -> None:
        real(config, revision)
        raise ConnectionAbortedError

    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", cut)
    engine = connect(database_url)
    with pytest.raises(ConnectionAbortedError):
        upgrade(engine)
    with reading(engine) as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
