"""The station as a service: one home, one copy worker, one board, and rooms that work by themselves."""
