"""The profiles a station knows: those shipped beside this file, and those an administrator put into its home.

A home's profile replaces a shipped one of the same name, so a family can be corrected without waiting for a release.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ingest.errors import ProfileInvalid
from ingest.profiles.parsing import parse
from ingest.profiles.schema import Profile

SHIPPED = Path(__file__).parent
LARGEST = 256 << 10


def load_profiles(home_folder: Path | None = None) -> tuple[Profile, ...]:
    """All profiles, by name. ``home_folder`` may be absent. Raises :class:`~ingest.errors.ProfileInvalid`."""
    profiles = {profile.name: profile for profile in _folder(SHIPPED)}
    if home_folder is not None and home_folder.is_dir():
        added: dict[str, str] = {}
        for profile, file in ((load_profile(path), path.name) for path in sorted(home_folder.glob("*.toml"))):
            if profile.name in added:
                raise ProfileInvalid(
                    file=file, rule="name", detail=f"{added[profile.name]} has this name already; choose another"
                )
            added[profile.name] = file
            profiles[profile.name] = profile
    return tuple(profiles[name] for name in sorted(profiles))


def load_profile(file: Path) -> Profile:
    """One profile from its file. Raises :class:`~ingest.errors.ProfileInvalid`."""
    try:
        with file.open("rb") as stream:
            untrusted_toml = stream.read(LARGEST + 1)
    except OSError as error:
        raise ProfileInvalid(file=file.name, rule="file", detail=f"cannot be read: {error.strerror}") from error
    if len(untrusted_toml) > LARGEST:
        raise ProfileInvalid(file=file.name, rule="file", detail=f"larger than {LARGEST} bytes")
    return parse(untrusted_toml, file.name, sha256(untrusted_toml).hexdigest())


def _folder(folder: Path) -> list[Profile]:
    return [load_profile(file) for file in sorted(folder.glob("*.toml"))]
