"""What every test can ask for: a clean environment, a home of its own, and the two databases the catalogue must run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pieces import missing
from tests.servers import postgresql as postgresql_server
from tests.servers import softhsm


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's own settings must not reach a test."""
    for name in [name for name in os.environ if name.startswith("EVIDENCE_STATION_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a station's home may be made; nothing is there yet."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgresql_server.PostgreSQL]:
    """A PostgreSQL server, started once for the run."""
    programs = postgresql_server.binaries()
    if programs is None:
        missing("PostgreSQL's server (Debian package postgresql)")
    with postgresql_server.running(programs) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: postgresql_server.PostgreSQL) -> Iterator[str]:
    """The address of an empty PostgreSQL database of this test's own."""
    with postgresql.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database of this test's own; the file is not there yet."""
    return f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once on SQLite and once on PostgreSQL: every catalogue test runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def _softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with softhsm.configured(tmp_path_factory.mktemp("softhsm")) as found:
        yield found


@pytest.fixture
def token(_softhsm: tuple[str, Path], tmp_path: Path) -> softhsm.Token:
    """A PKCS#11 token of this test's own, with nothing in it."""
    return softhsm.make_token(*_softhsm, tmp_path)
