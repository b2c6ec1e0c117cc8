"""Figures for supervision: who docks late, which dispatch has no footage, what is untagged, whose clock drifts, which numbers are missing.

Each says from which question and which head of the log it came, and leaves out, with counts, what the station caused.
"""
