"""Derivatives: what is made from footage for viewing."""
