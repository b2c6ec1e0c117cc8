"""The crash campaign's sample, in the ordinary suite: a few trials of every kind, and every broken build."""

import pytest

from tests.campaigns import crash
from tests.campaigns.crashing import powerloss, proof, seccomp
from tests.pieces import missing


@pytest.mark.timeout(900)  # under a minute on two idle cores; parallel runs share them
def test_whatever_strikes_the_end_is_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    if piece := seccomp.missing_piece() or proof.missing_piece():
        missing(piece)
    no_power = powerloss.missing_piece()
    status = crash.main(["--quick", "--without-power"] if no_power else ["--quick"])
    assert status == 0, capfd.readouterr().out
    if no_power:
        missing(no_power)
