"""Pieces of the system that some tests need: a test without its piece is skipped and names it, and fails under CI=true.

A skip that nobody reads hides a hole, so continuous integration, where packaging/run has installed everything, skips nothing.
"""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing(piece: str) -> NoReturn:
    """Skip this test, or fail it under CI, because a piece is not there. ``piece`` says what to install or to allow."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing, and CI skips nothing: {piece}", pytrace=False)
    pytest.skip(f"missing: {piece}")


def lacking(piece: str) -> NoReturn:
    """Skip this test, under CI too: this machine's kernel lacks a piece that nobody can install. The dock lab's kernel has it."""
    pytest.skip(f"lacking: {piece}")


def need_program(program: str, package: str) -> str:
    """The path of a program of the system, or skip and name the Debian package that brings it."""
    found = shutil.which(program, path=SYSTEM_PATH)
    return found or missing(f"{program} (Debian package {package})")


def need_root(why: str) -> None:
    """Skip unless this runs as root; ``why`` says what only root may do."""
    if os.geteuid() != 0:
        missing(f"root, to {why}")
