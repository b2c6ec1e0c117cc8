"""Which device is this? What its content, its USB strings and its volume say, weighed. Pure.

Rules it keeps:

* the content of the card comes first, because it moves with the footage; then what the device says over USB; then the volume's id;
* a serial number over USB is never a key alone: makers give one to a whole series, or none (device facts, section 8). Make, product
  and serial together are one, where nothing better is there; those of a card reader are none, because they are the reader's;
* a label is shown and decides nothing; vendor and product ids are a hint;
* keys that :func:`ingest.source.device_key` gives stay what they are: evidence lies under them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from evidence.canonical import JsonObject
from evidence.ids import DeviceKey
from ingest.docks.facts import Plugged, UsbStrings
from ingest.docks.hints import hint_of
from ingest.source import Acquisition, CardIdentity, KeyBasis, device_key

if TYPE_CHECKING:
    from ingest.sources import Provenance

TEXT_CHARACTERS = 40
"""Longer texts of a device are cut: three of them make a key."""


class Strength(StrEnum):
    """How much a key is worth."""

    STRONG = "strong"
    MIDDLING = "middling"
    WEAK = "weak"
    """A clone or a format gives it to another."""
    NONE = "none"


_STRENGTH = {
    KeyBasis.GIVEN: Strength.STRONG,
    KeyBasis.CONTENT: Strength.STRONG,
    KeyBasis.USB: Strength.MIDDLING,
    KeyBasis.VOLUME: Strength.WEAK,
    KeyBasis.NOTHING: Strength.NONE,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """The device that a source seems to be of: its key, what that rests on, and what else was said. Texts are one line each."""

    key: DeviceKey
    basis: KeyBasis
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    label: str | None = None
    volume_id: str | None = None
    usb: UsbStrings | None = None
    hint: str | None = None

    @property
    def strength(self) -> Strength:
        """How much the key is worth."""
        return _STRENGTH[self.basis]

    def document(self) -> JsonObject:
        """As it stands in the log."""
        usb = self.usb
        return {
            "key": self.key,
            "basis": self.basis.value,
            "strength": self.strength.value,
            "make": self.make,
            "model": self.model,
            "serial": self.serial,
            "label": self.label,
            "volume_id": self.volume_id,
            "usb": None if usb is None else usb_document(usb),
            "hint": self.hint,
        }


def candidate(plugged: Plugged | None, content: CardIdentity | None, how: Provenance, given: str | None = None) -> Candidate:
    """Which device a source is of. ``given``: the key that a person named."""
    known = device_key(given, content, how.volume_id)
    key, basis = known.key, known.basis
    udev = how.device.udev if isinstance(how, Acquisition) and how.device is not None else None
    usb = None if plugged is None else plugged.usb
    hint = None if usb is None else hint_of(usb)
    volume = None if plugged is None or not plugged.volumes else plugged.volumes[0]
    if basis is KeyBasis.NOTHING and usb is not None and (hint is None or hint.kind != "reader"):
        parts = [clean(one) for one in (usb.maker, usb.product, usb.serial)]
        if all(parts) and _tells_apart(parts[2] or ""):
            key, basis = DeviceKey(f"usb:{':'.join(one or '' for one in parts)}"), KeyBasis.USB
    make: str | None
    model: str | None
    serial: str | None
    if content is not None:
        make, model, serial = content.maker, content.model, content.serial
    elif usb is not None:
        make, model, serial = usb.maker, usb.product, usb.serial
    else:
        make, model, serial = (None, None, None) if udev is None else (udev.vendor, udev.model, udev.serial)
    return Candidate(
        key,
        basis,
        clean(make),
        clean(model),
        clean(serial),
        clean(udev.label if udev is not None and udev.label else None if volume is None else volume.label),
        clean(udev.volume_id if udev is not None and udev.volume_id else None if volume is None else volume.volume_id),
        usb,
        None if hint is None else hint.meaning,
    )


def usb_document(usb: UsbStrings) -> JsonObject:
    """What a device says of itself over USB, as it stands in the log."""
    return {
        "vendor_id": clean(usb.vendor_id),
        "product_id": clean(usb.product_id),
        "maker": clean(usb.maker),
        "product": clean(usb.product),
        "serial": clean(usb.serial),
    }


def clean(untrusted_text: str | None) -> str | None:
    """A device's text as one line that every catalogue can hold; None where nothing is left of it."""
    if untrusted_text is None:
        return None
    text = "".join(one if one.isprintable() else " " for one in untrusted_text[: 4 * TEXT_CHARACTERS])
    return " ".join(text.split())[:TEXT_CHARACTERS] or None


def _tells_apart(serial: str) -> bool:
    """Whether a serial number can be one at all: not a filler that a maker left in."""
    digits = "".join(one for one in serial if one.isalnum())
    return len(digits) >= 4 and len(set(digits)) > 2 and digits.lower() not in "0123456789abcdef"
