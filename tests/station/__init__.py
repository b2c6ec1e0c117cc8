"""Tests of the running station."""
