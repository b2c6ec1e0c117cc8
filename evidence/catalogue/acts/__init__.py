"""The acts of the log: each function writes one fact and the entry that explains it, on an open ledger commit.

Which rows an act explains is written in ``FORMATS.md``; ``verify`` folds the log by that table and compares.
"""
