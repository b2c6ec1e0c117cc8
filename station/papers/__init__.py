"""Papers for people: what is printed, signed by hand and kept in a file. Loaded only by the commands that print."""
