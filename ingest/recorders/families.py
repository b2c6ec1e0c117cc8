"""The table of families: what can be done with each, and on what that claim rests. Read from ``families.toml``, strictly."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Final

import msgspec

from evidence.learned import learned
from ingest.docks.facts import UsbStrings
from ingest.recorders.driver import Capability

SHIPPED = Path(__file__).parent / "families.toml"

UsbId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")]


class Proof(StrEnum):
    """On what a claim rests."""

    REAL_HARDWARE = "real-hardware"
    SIMULATOR = "simulator"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family. ``route``: how its commands travel; ``driver`` None: nothing here speaks to it."""

    name: str
    title: str
    usb: tuple[UsbId, ...]
    route: str
    driver: str | None = None
    proof: Proof
    can: frozenset[Capability]

    @property
    def supported(self) -> bool:
        """Whether it may be called supported: there is a driver, and it was tried on something."""
        return self.driver is not None and self.proof is not Proof.UNTESTED


class _File(msgspec.Struct, forbid_unknown_fields=True):
    family: tuple[Family, ...]


_FILE: Final = learned(_File)


def parse(untrusted_toml: str) -> tuple[Family, ...]:
    """The families of a file, in its order. Raises ``ValueError`` that names what is wrong."""
    families = msgspec.convert(tomllib.loads(untrusted_toml), _FILE).family
    for one in families:
        if (one.driver is None or one.proof is Proof.UNTESTED) and one.can:
            raise ValueError(f"{one.name}: what was not tried cannot be claimed")
    if len({one.name for one in families}) != len(families):
        raise ValueError("two families of one name")
    return families


@cache
def families() -> tuple[Family, ...]:
    """The families that this version knows."""
    return parse(SHIPPED.read_text(encoding="utf-8"))


def family_of(usb: UsbStrings) -> Family | None:
    """The family whose id in control mode a device shows. Only a hint: the driver finds out whether it is one."""
    shown = f"{usb.vendor_id}:{usb.product_id}".lower()
    return next((one for one in families() if shown in one.usb), None)
