"""The pinned packages as files, for a guest that has no network: fetched by pip once for a lock file, and kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tests.dock.faults import LabError
from tests.dock.image import cache

LOCK = Path(__file__).resolve().parents[2] / "packaging" / "lock" / "station.txt"
PYTHON = "3.11"
"""Debian 12's, whatever Python fetches them."""
GLIBC_MINORS = range(36, 4, -1)
"""Debian 12 has glibc 2.36, and takes what was built for an older one."""


def wheels() -> Path:
    """A folder with everything in the station's lock file. Raises :class:`LabError` when it cannot be fetched."""
    folder = cache() / f"wheels-{sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in GLIBC_MINORS] + ["--platform=manylinux2014_x86_64"]
        pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--require-hashes"]
        pinned = ["--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}", *platforms, "-r", str(LOCK)]
        done = subprocess.run([*pip, "--dest", str(part), *pinned], stdout=2, check=False)
        if done.returncode:
            raise LabError("the pinned packages could not be fetched")
        part.rename(folder)
    return folder
