"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

from tests.station.typed.form import Failure, Names, Success

SUCCESS: Success = {}
FAILURE: Failure = {}
NAMES: Names = {}
