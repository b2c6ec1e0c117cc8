"""Quick services for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidence.custody.entry import Actor
from station.httpclient import HttpClient
from tests.station.service.serving import Hatchery

Served = Callable[[Path], HttpClient]


@pytest.fixture(scope="module")
def hatchery() -> Iterator[Hatchery]:
    made = Hatchery()
    yield made
    made.close()


@pytest.fixture
def served(hatchery: Hatchery) -> Iterator[Served]:
    """Starts the service of a home; the operator acts. It ends with the test."""
    homes: list[Path] = []

    def start(home: Path) -> HttpClient:
        homes.append(home)
        return hatchery.client(home, Actor("operator", "administrator"))

    yield start
    for home in homes:
        hatchery.stop(home)
