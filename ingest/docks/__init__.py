"""Docks: what is plugged in where, decided from the kernel's words, and mounted so that nothing can write to it.

Pure values in ``facts``; who speaks to udev, to the mount and to UDisks2 is a module of its own.
"""
