"""Papers: what stands on them, and that nothing of it is cut off."""
