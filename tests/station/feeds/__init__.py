"""Feeds of dispatch records and rosters."""
