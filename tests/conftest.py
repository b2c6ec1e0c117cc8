"""What every test can ask for: a clean environment, a home of its own, and the two databases the catalogue must run on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.pieces import missing
from tests.servers import postgresql as postgresql_server
from tests.servers import softhsm
from tests.typed import program

LONG = (
    *("test_crash_quick", "test_cli", "test_readme", "test_tamper_quick", "test_client", "test_house", "test_making"),
    *("test_demo", "test_stamps", "test_resources", "test_key_ceremony", "test_sharing", "test_access_table", "test_worker"),
)
"""Files that take long, the longest first. They begin the run: what is left for its end is short, and no worker is alone with it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; within one nothing moves."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


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
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH whose ``evidence-station`` is a fork of a program that was imported once (tests/typed.py)."""
    with program(tmp_path_factory.mktemp("program")) as folder:
        yield folder


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


def _brought_up(url: str) -> None:
    from evidence.catalogue.connect import connect
    from evidence.catalogue.migrate import upgrade

    engine = connect(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with no row, brought up once; nobody writes to it."""
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite3"
    _brought_up(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgresql_catalogue(postgresql: postgresql_server.PostgreSQL) -> Iterator[str]:
    """The name of such a catalogue in PostgreSQL; nobody is connected to it, so that it can be copied."""
    with postgresql.database() as url:
        _brought_up(url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def sqlite_catalogue_url(_sqlite_catalogue: Path, sqlite_url: str) -> str:
    """The same on SQLite alone."""
    shutil.copy(_sqlite_catalogue, sqlite_url.removeprefix("sqlite:///"))
    return sqlite_url


@pytest.fixture
def postgresql_catalogue_url(postgresql: postgresql_server.PostgreSQL, _postgresql_catalogue: str) -> Iterator[str]:
    """The same on PostgreSQL alone."""
    with postgresql.database(_postgresql_catalogue) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def catalogue_url(request: pytest.FixtureRequest) -> str:
    """The address of a catalogue of this test's own, on both databases: its tables are there, and no row.

    The migrations ran once, and each test has a copy of what they made. Those that are about them take ``database_url``.
    """
    url: str = request.getfixturevalue(f"{request.param}_catalogue_url")
    return url


@pytest.fixture(scope="session")
def _softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with softhsm.configured(tmp_path_factory.mktemp("softhsm")) as found:
        yield found


@pytest.fixture
def token(_softhsm: tuple[str, Path], tmp_path: Path) -> softhsm.Token:
    """A PKCS#11 token of this test's own, with nothing in it."""
    return softhsm.make_token(*_softhsm, tmp_path)
