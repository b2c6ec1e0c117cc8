"""Bringing a catalogue to this program's schema. Apart from opening one, because Alembic takes time to import."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from evidence.catalogue.connect import writing
from evidence.catalogue.search.making import bring_up


def configuration(connection: Connection) -> Config:
    """Alembic's settings for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Create or upgrade the catalogue's tables in one transaction: a power cut leaves the old schema or the new one.

    A search index that is not there, or has another form than this program's, is made in it, too.
    """
    with writing(engine) as connection:
        command.upgrade(configuration(connection), "head")
        bring_up(connection)
