"""Practice: a throw-away home with some days in it, filled by the station's own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from station.practice.month import OFFICERS, made, planted_in
from tests.pieces import need_program
from tests.station.stations import Document, run

pytestmark = pytest.mark.timeout(300)


def practice(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    need_program("ffmpeg", "ffmpeg")
    command = [sys.executable, "-m", "station.practice", "--home", str(home), *options]
    return subprocess.run(command, env={**os.environ}, capture_output=True, text=True, timeout=250, check=False)


def asked(forked: Path, home: Path, *arguments: str) -> Document:
    return run("--home", home, *arguments, "--json", program=[forked / "evidence-station"]).document


def test_some_days_are_filled_and_everything_in_them_proves_itself(
    home: Path, forked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = practice(home, "--days", "2", "--language", "zh", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["dockings"] > 2
    assert {one["kind"] for one in told["planted"]} >= {"broken-clip"}
    assert {one["role"] for one in told["people"]} == {"officer", "clerk", "supervisor", "auditor", "administrator"}
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    administrator = told["people"][0]
    sign_in = run(
        "--home",
        home,
        "sign-in",
        administrator["badge"],
        lines=administrator["pin"] + "\n",
        program=[forked / "evidence-station"],
    )
    assert sign_in.status == 0, sign_in
    assert asked(forked, home, "verify")["problems"] == []
    clips = asked(forked, home, "clips")["clips"]
    assert len(clips) == told["clips"]
    assert {one["recorded_by"] or one["officer"] for one in clips} <= set(OFFICERS)
    assert any(one["case"] for one in clips)
    assert asked(forked, home, "samples")["samples"][0]["wanted"] == 5
    assert {one["name"]: one["value"] for one in asked(forked, home, "settings", "show")["settings"]}["language"] == "zh"
    again = practice(home, "--days", "2")
    assert again.returncode == 5, "a home that is there is nobody's to fill"
    assert len(asked(forked, home, "clips")["clips"]) == told["clips"]


def test_a_month_has_what_supervision_is_for() -> None:
    month = made(datetime(2026, 11, 21, 12, tzinfo=UTC), 30, ZoneInfo("Asia/Shanghai"))
    delays = [dock.at - shot.at for dock in month.docks for shot in dock.shots]
    assert len(month.docks) > 60
    assert sum(one.total_seconds() > 86400 for one in delays) > 3
    assert any(call.footage is None for call in month.calls)
    assert {one.kind for one in planted_in(month)} == {"docked-late", "number-missing", "no-footage"}
    assert all(dock.at > shot.at for dock in month.docks for shot in dock.shots)
    assert month == made(datetime(2026, 11, 21, 12, tzinfo=UTC), 30, ZoneInfo("Asia/Shanghai"))
