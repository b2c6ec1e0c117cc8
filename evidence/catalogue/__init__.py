"""The catalogue: tables, migrations, the ledger that alone writes, and the queries that read. The only room with SQLAlchemy."""
