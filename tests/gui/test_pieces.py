"""What the other tests of this folder need; without it they are left out, and this one says so."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.pieces import missing


@pytest.mark.parametrize("module", ["PySide6", "pytestqt"])
def test_the_environment_can_draw_windows(module: str) -> None:
    if find_spec(module) is None:
        missing(f"{module} (packaging/run test makes an environment that has it)")
