"""The desk: the window of clerk, auditor and administrator."""
