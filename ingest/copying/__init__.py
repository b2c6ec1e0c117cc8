"""Copying footage into the vault."""
