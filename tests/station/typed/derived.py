"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

from tests.station.typed.form import Failure, Names, Success

SUCCESS: Success = {}
FAILURE: Failure = {}
NAMES: Names = {}
