"""The window. It comes with a later capability; nothing else is here yet."""
