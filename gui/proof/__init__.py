"""Pages of auditor and administrator: what proves, and who agrees."""
