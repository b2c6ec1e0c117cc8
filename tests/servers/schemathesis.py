"""Schemathesis as a program, against a real service: what it finds between the description of the API and what the API does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.pieces import missing

SETTINGS = """
continue-on-failure = true
headers = { Authorization = "Bearer ${STATION_TOKEN}" }

[generation]
allow-x00 = true

# A request that has the described form is never told that it has not (400): it may be about what is not there, or break a rule of the matter.
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "304", "401", "403", "404", "409", "412", "416", "422", "429"]
negative_data_rejection.expected-statuses = ["400", "401", "404", "405", "413", "415", "422", "429"]
"""
NOT_TRIED = "/v1/events"
"""A stream without an end."""


def tried(description: Path, url: str, token: str, *options: str, seconds: float) -> tuple[int, str]:
    """Exit status and report of one run. Skips where it is not installed."""
    program = Path(sys.executable).parent / "schemathesis"
    if not program.exists():
        missing("schemathesis (Python package, of the test dependencies)")
    settings = description.with_name("schemathesis.toml")
    settings.write_text(SETTINGS, encoding="utf-8")
    done = subprocess.run(
        [
            program,
            "--config-file",
            settings,
            "--no-color",
            "run",
            description,
            "--url",
            url,
            "--exclude-path",
            NOT_TRIED,
            *options,
        ],
        cwd=description.parent,
        env={**os.environ, "STATION_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
