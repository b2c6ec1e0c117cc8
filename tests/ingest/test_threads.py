"""Many visits begin at once: what they share for the first time must bear it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, threading
from pathlib import Path
from ingest.profiles.library import load_profiles
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
def visit():
    together.wait()
    load_profiles(Path("/nonexistent"))
threads = [threading.Thread(target=visit) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
RUNS = 6
"""Without the care that is taken, three in ten of them crash."""


def test_profiles_can_be_read_by_many_threads_at_once_from_the_first_time_on() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [subprocess.Popen([sys.executable, "-P", "-c", PROGRAM], env=environment, stderr=subprocess.PIPE) for _ in range(RUNS)]
    ended = [(run.communicate(timeout=60)[1], run.returncode) for run in runs]
    assert ended == [(b"", 0)] * RUNS
