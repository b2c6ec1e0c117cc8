"""The parts of the crash campaign: how a command is watched at its durable steps, disturbed there, and judged afterwards."""
