"""Bringing the past along: footage of an older system, with what that system said of it, taken in by the ordinary way and claimed no more than was seen."""
