"""What each command does: one file a desk, functions of the rooms, the command, the actor and where to report progress."""
