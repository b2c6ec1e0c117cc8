"""A whole home to plant faults in, and the ways to plant them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from evidence.catalogue.reading import ReadOnlyCatalogue
from evidence.ids import StationId
from evidence.verify import Home, Kind, Untrusted, Verdict, verify
from tests import independent_verifier
from tests.evidence.verify.sample import STATION, Sample, digest, standard


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The standard home, made once; a test takes a copy."""
    made = standard(tmp_path_factory.mktemp("pattern") / "home")
    made.engine.dispose()
    return made


class Station:
    """A copy of the standard home that may be damaged, and its verdict."""

    def __init__(self, home: Path, made: Sample) -> None:
        self.home = home
        self.made = made

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.home / "catalogue.sqlite3", isolation_level=None)) as connection:
            yield connection

    def sql(self, statement: str, *values: object) -> int:
        """Edit the catalogue behind everybody's back. How many rows that touched; none is a mistake of the test."""
        with self.database() as connection:
            touched = connection.execute(statement, values).rowcount
        assert touched != 0
        return touched

    def blob(self, content: bytes) -> Path:
        name = digest(content)
        return self.home / "vault" / "blobs" / name[:2] / name

    def verify(self, *checkpoints: bytes, anchors: tuple[str, ...] = (), second: Path | None = None) -> Verdict:
        catalogue = ReadOnlyCatalogue(f"sqlite:///{self.home / 'catalogue.sqlite3'}", StationId(STATION))
        vaults = (self.home / "vault",) if second is None else (self.home / "vault", second)
        given = tuple(Untrusted(f"checkpoint {number}", untrusted) for number, untrusted in enumerate(checkpoints))
        return verify(catalogue, StationId(STATION), Home(vaults, self.home / "station.toml"), checkpoints=given, anchors=anchors)

    def found(self) -> list[tuple[Kind, str]]:
        """Kinds and subjects by our verifier alone, where the second one is too slow or less strict."""
        return [(problem.kind, problem.subject) for problem in self.verify().problems]

    def problems(self, *checkpoints: bytes, anchors: tuple[str, ...] = ()) -> list[tuple[Kind, str]]:
        """Kinds and subjects; the independent verifier must agree."""
        found = self.verify(*checkpoints, anchors=anchors)
        assert found.ok == (not found.problems)
        ours = {problem.kind.value for problem in found.problems}
        theirs = independent_verifier.Verification(self.home, list(anchors)).kinds(list(checkpoints))
        if any(kind.startswith("log-") for kind in theirs):  # it compares no rows then
            assert theirs <= ours
            assert {kind for kind in theirs ^ ours if kind.startswith("log-")} == set()
        else:
            assert theirs == ours
        return [(problem.kind, problem.subject) for problem in found.problems]


@pytest.fixture
def station(pattern: Sample, tmp_path: Path) -> Station:
    home = tmp_path / "home"
    shutil.copytree(pattern.home, home)
    return Station(home, pattern)
