"""The tamper campaign: clean homes, attacks on copies of them, and a judge for what ``verify`` says."""
