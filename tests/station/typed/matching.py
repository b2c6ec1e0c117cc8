"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

from tests.station.typed.form import Failure, Names, Success

SUCCESS: Success = {}
FAILURE: Failure = {}
NAMES: Names = {}
