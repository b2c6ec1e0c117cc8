"""packaging/run: what it says and where, and how it leaves. (Its set-up is what started this test run.)"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "packaging" / "run"
NEEDED = ("apt-get", "bash", "cat", "python3", "readlink", "sha256sum", "setpriv")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RUN, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_help_is_an_answer_and_goes_to_stdout() -> None:
    done = run("help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(command in done.stdout for command in ("demo", "test", "station", "campaign", "bench"))


@pytest.mark.parametrize("arguments", [(), ("dmeo",)])
def test_a_wrong_command_is_a_usage_error_and_stdout_stays_empty(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: packaging/run" in done.stderr


@pytest.fixture
def clone() -> Iterator[Path]:
    """A checkout that any user may read, with a folder of the few programs of a system that has no ffmpeg and no openssl."""
    # Not pytest's folder: that one is closed to other users.
    with tempfile.TemporaryDirectory(prefix="evidence-station-run-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        programs = folder / "bin"
        programs.mkdir()
        for program in NEEDED:
            (programs / program).symlink_to(f"/usr/bin/{program}")
        shutil.copytree(ROOT / "packaging", folder / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield folder


@pytest.mark.skipif(not all(Path("/usr/bin", name).exists() for name in NEEDED), reason="missing: Debian's python3, apt-get")
def test_a_user_who_may_not_install_gets_the_exact_line(clone: Path) -> None:
    as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_user, "bash", clone / "packaging" / "run", "station", "status"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": str(clone / "bin"), "EVIDENCE_STATION_VENV": str(clone / "venv"), "HOME": str(clone)},
        check=False,
    )
    assert (done.returncode, done.stdout) == (5, "")
    line = next(line for line in done.stderr.splitlines() if line.startswith("sudo "))
    assert line.startswith("sudo apt-get install -y --no-install-recommends ")
    assert {"ffmpeg", "openssl"} <= set(line.split())
    assert not (clone / "venv.d").exists()
