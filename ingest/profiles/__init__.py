"""Profiles: declarative knowledge about families of recorders. One TOML file a family; ``README.md`` has the schema.

Everything here but ``library`` is a function of values.
"""

from ingest.profiles.belonging import Bundle, Sidecar, bundles, numbered, sidecars
from ingest.profiles.choice import Chosen, Sign, best_readings, choose, identify
from ingest.profiles.library import load_profile, load_profiles
from ingest.profiles.names import NameReading, read_name
from ingest.profiles.schema import Profile

__all__ = [
    "Bundle",
    "Chosen",
    "NameReading",
    "Profile",
    "Sidecar",
    "Sign",
    "best_readings",
    "bundles",
    "choose",
    "identify",
    "load_profile",
    "load_profiles",
    "numbered",
    "read_name",
    "sidecars",
]
