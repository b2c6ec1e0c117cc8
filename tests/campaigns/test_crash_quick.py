"""The crash campaign's sample, in the ordinary suite: a few trials of every kind, and every broken build."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.campaigns import crash
from tests.campaigns.crashing import powerloss, proof, seccomp
from tests.pieces import missing

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)  # under a minute on two idle cores; parallel runs share them
def test_whatever_strikes_the_end_is_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    if piece := seccomp.missing_piece() or proof.missing_piece():
        missing(piece)
    no_power = powerloss.missing_piece()
    status = crash.main(["--quick", "--without-power"] if no_power else ["--quick"])
    assert status == 0, capfd.readouterr().out
    if no_power:
        missing(no_power)


@pytest.mark.timeout(600)  # a few seconds of an idle core
def test_a_campaign_in_the_background_that_is_interrupted_says_so_and_leaves_nothing() -> None:
    if piece := seccomp.missing_piece() or proof.missing_piece():
        missing(piece)
    before = _lying()
    campaign = [sys.executable, "-m", "tests.campaigns", "crash", "--scenario", "settings", "--without-power"]
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *campaign]  # as a shell starts what is to run in the background
    with subprocess.Popen(ignoring, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        begun = next(line for line in running.stdout if line.startswith("undisturbed"))
        running.send_signal(signal.SIGINT)
        told = running.stdout.read()
    assert begun
    assert running.returncode == 128 + signal.SIGINT
    assert "counts for nothing" in told.splitlines()[-1]
    assert _lying() == before


def _lying() -> set[Path]:
    return {*Path(tempfile.gettempdir()).glob("evidence-station-crash.*"), *Path("/dev/shm").glob("evidence-station-crash.*")}
