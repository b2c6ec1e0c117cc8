"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

from tests.station.typed.form import Failure, Names, Success

SUCCESS: Success = {}
FAILURE: Failure = {}
NAMES: Names = {}
