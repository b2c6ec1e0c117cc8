"""A clerk's morning at a station that is asked over HTTP alone, under a clock that a benchmark sets."""
