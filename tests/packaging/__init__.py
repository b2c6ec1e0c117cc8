"""Tests of what stands in packaging/: the lock files and the script behind the commands."""
