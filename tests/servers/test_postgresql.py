"""The test server itself: fresh databases, nothing on the network, gone when it is stopped."""

from __future__ import annotations

import sqlalchemy

from tests.servers.postgresql import PostgreSQL


def test_a_fresh_database_on_both_engines(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.execute(sqlalchemy.text("CREATE TABLE t (n INTEGER)"))
    engine.dispose()


def test_databases_are_apart_and_can_be_copied(postgresql: PostgreSQL) -> None:
    with postgresql.database() as first:
        engine = sqlalchemy.create_engine(first)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE t (n INTEGER)"))
        engine.dispose()
        name = sqlalchemy.make_url(first).database
        assert name
        with postgresql.database(template=name) as copy, postgresql.database() as empty:
            tables = []
            for url in (copy, empty):
                engine = sqlalchemy.create_engine(url)
                tables.append(sqlalchemy.inspect(engine).get_table_names())
                engine.dispose()
    assert tables == [["t"], []]


def test_it_listens_on_no_network_and_writes_no_log_for_the_disk(postgresql_url: str) -> None:
    engine = sqlalchemy.create_engine(postgresql_url)
    with engine.connect() as connection:
        shown = [connection.execute(sqlalchemy.text(f"SHOW {name}")).scalar() for name in ("listen_addresses", "fsync")]
    engine.dispose()
    assert shown == ["", "off"]
