"""Recorders that can be told something before they become a disk: who they are, what time they think it is, to become a disk.

``driver`` is what the station needs of a recorder; each family with a public protocol has a module of its own behind it, over a
``pipe`` of bytes. ``families.toml`` says which family can do what, and on what that claim rests. ``clock`` and ``zfy`` are values.

Rules: nothing a recorder says is believed before it was parsed; a password comes from a file of mode 0600, goes to the recorder and
nowhere else; no clock is corrected before the measurement of it is in the log; untested is never called supported.
"""
