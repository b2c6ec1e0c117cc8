"""An empty catalogue, and a station that has begun in one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from evidence.catalogue.connect import connect
from tests.evidence.catalogue.worlds import World


@pytest.fixture
def engine(catalogue_url: str) -> Iterator[Engine]:
    """A catalogue with its tables, on both databases."""
    made = connect(catalogue_url)
    yield made
    made.dispose()


@pytest.fixture
def world(engine: Engine) -> World:
    """A station whose log has begun."""
    return World(engine).begin()
