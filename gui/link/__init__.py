"""The one module that speaks to the station."""

from gui.link.finding import Station
from gui.link.link import Asker, Link, Question
from gui.link.values import Change, LinkState, Person, Problem

__all__ = ["Asker", "Change", "Link", "LinkState", "Person", "Problem", "Question", "Station"]
