"""What USB ids hint at, from the data file beside this module. A hint is shown to people; it decides nothing alone."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec

from evidence.learned import learned
from ingest.docks.facts import UsbStrings


class Hint(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line of the table. ``id`` is ``vendor:product`` or the vendor alone."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{4}(:[0-9a-f]{4})?$")]
    kind: Literal["camera", "recorder", "reader", "control", "flashing"]
    meaning: str
    source: str


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    hint: list[Hint]


_TABLE: Final = learned(_Table)


@cache
def hints() -> dict[str, Hint]:
    """The whole table by id."""
    text = files("ingest.docks").joinpath("usb-hints.toml").read_bytes()
    return {one.id: one for one in msgspec.toml.decode(text, type=_TABLE).hint}


def hint_of(usb: UsbStrings) -> Hint | None:
    """What the ids of a device hint at: its product's line, else its vendor's."""
    vendor, product = usb.vendor_id.lower(), usb.product_id.lower()
    return hints().get(f"{vendor}:{product}") or hints().get(vendor)
