"""Tests of the custody log's values."""
