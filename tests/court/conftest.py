"""One station and its package, made once for all that looks at packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.court.stage import Forgery, Stage, build
from tests.pieces import need_program


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    need_program("openssl", "openssl")
    return build(tmp_path_factory.mktemp("court"))


@pytest.fixture(scope="session")
def gm_stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The same in the suite ``gm``."""
    need_program("openssl", "openssl")
    return build(tmp_path_factory.mktemp("court-gm"), gm=True)


@pytest.fixture
def gm_forgery(gm_stage: Stage, tmp_path: Path) -> Forgery:
    return Forgery(gm_stage, tmp_path / "forged")


@pytest.fixture
def forgery(stage: Stage, tmp_path: Path) -> Forgery:
    return Forgery(stage, tmp_path / "forged")
