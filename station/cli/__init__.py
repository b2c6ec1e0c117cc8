"""``evidence-station``: the command line. One file a command group; ``--json`` prints exactly one document on stdout."""

import gc

gc.disable()  # what is imported stays: looking through it for garbage takes a tenth of a short command's time

from station.cli.main import main  # noqa: E402  # the collector has to be off before

gc.freeze()
gc.enable()

__all__ = ["main"]
