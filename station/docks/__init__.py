"""The docks at work: what is plugged in becomes a docking, and the board says when it may be taken away.

``runner`` hears what arrives and leaves, ``visitor`` takes one device through its visit, ``pace``
says how long it will take, ``here`` puts together the docks of this machine.
"""

from station.docks.here import board_of, docks_here
from station.docks.runner import Docks

__all__ = ["Docks", "board_of", "docks_here"]
