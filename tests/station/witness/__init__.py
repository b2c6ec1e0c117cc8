"""The witness: what it judges, what it keeps, and what it bears."""
