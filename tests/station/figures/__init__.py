"""Figures for supervision, and samples for review."""
