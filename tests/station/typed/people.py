"""Who may do what: people, sign-in, sessions, approvals."""

from __future__ import annotations

from tests.station.typed.form import Failure, Names, Success

SUCCESS: Success = {}
FAILURE: Failure = {}
NAMES: Names = {}
