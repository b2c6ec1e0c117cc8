"""The short part of the tamper campaign, as everybody runs it: every kind once at least, a few broken builds, one recovery."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pieces import need_program

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(300)
def test_every_kind_of_tampering_is_named() -> None:
    need_program("fusermount3", "fuse3")
    need_program("openssl", "openssl")
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns", "tamper", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{done.stdout}\n{done.stderr}", pytrace=False)
