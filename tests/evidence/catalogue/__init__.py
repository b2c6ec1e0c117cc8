"""Tests of the catalogue, each on SQLite and on PostgreSQL."""
