"""``evidence-station``: the command line. One file a command group; ``--json`` prints exactly one document on stdout."""

from station.cli.main import main

__all__ = ["main"]
