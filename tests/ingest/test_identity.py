"""Which device a source is of: content before USB strings before the volume, and what is never a key."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.catalogue.schema import DEVICE_CHARACTERS
from evidence.ids import UNIDENTIFIED
from ingest.docks.facts import Plugged, UsbStrings, Volume
from ingest.docks.hints import hint_of, hints
from ingest.identity import Strength, candidate, clean
from ingest.source import Acquisition, AcquisitionKind, BlockDevice, CardIdentity, KeyBasis, device_key
from ingest.udev import UdevFacts

CONTENT = CardIdentity("dsj", "DSJ0042", "names", officer="004217")
CAMERA = UsbStrings("1234", "5678", "Falcon", "F2", "SN-000417")
READER = replace(CAMERA, vendor_id="05E3")
FOLDER = Acquisition(AcquisitionKind.FOLDER, b"/x", None, None)


def disk(volume_id: str | None = "1A2B-3C4D", label: str | None = "CAM01") -> Acquisition:
    udev = UdevFacts(vendor="Falcon", model="F2", serial="SN-000417", bus="usb", label=label, volume_id=volume_id)
    return Acquisition(AcquisitionKind.BLOCK_DEVICE, b"/x", None, BlockDevice("8:1", "sda1", 1, True, True, udev))


def plugged(usb: UsbStrings = CAMERA, *volumes: Volume) -> Plugged:
    return Plugged("/devices/x", "1-1", usb, volumes)


def test_the_content_comes_first_whatever_else_is_there() -> None:
    found = candidate(plugged(), CONTENT, disk())
    assert (found.key, found.basis, found.strength) == ("dsj:DSJ0042", KeyBasis.CONTENT, Strength.STRONG)
    assert (found.make, found.serial, found.label) == ("dsj", "DSJ0042", "CAM01")


def test_the_volume_stays_the_key_that_it_was() -> None:
    found = candidate(plugged(), None, disk())
    assert (found.key, found.basis, found.strength) == ("volume:1A2B-3C4D", KeyBasis.VOLUME, Strength.WEAK)
    assert (found.make, found.model, found.serial) == ("Falcon", "F2", "SN-000417")


@settings(deadline=None)
@given(st.booleans(), st.booleans(), st.sampled_from([None, "given:1"]), st.sampled_from([None, CAMERA, READER]))
def test_no_key_of_before_becomes_another(content: bool, whole: bool, given_key: str | None, usb: UsbStrings | None) -> None:
    how, said = disk() if whole else FOLDER, CONTENT if content else None
    before = device_key(given_key, said, how.volume_id)
    found = candidate(None if usb is None else plugged(usb), said, how, given_key)
    if before.basis is not KeyBasis.NOTHING:
        assert (found.key, found.basis) == (before.key, before.basis)


def test_usb_strings_are_a_key_where_nothing_better_is_and_only_together() -> None:
    found = candidate(plugged(), None, FOLDER)
    assert (found.key, found.basis, found.strength) == ("usb:Falcon:F2:SN-000417", KeyBasis.USB, Strength.MIDDLING)
    for lacking in (replace(CAMERA, maker=None), replace(CAMERA, product=None), replace(CAMERA, serial=None)):
        assert candidate(plugged(lacking), None, FOLDER).key == UNIDENTIFIED


@pytest.mark.parametrize("serial", ["0", "00000000", "111111", "0123456789ABCDEF", "12345678", "  ", "FFFFFFFF", "A-B"])
def test_a_filler_is_no_serial_number(serial: str) -> None:
    usb = replace(CAMERA, serial=serial)
    found = candidate(plugged(usb), None, FOLDER)
    assert (found.key, found.strength) == (UNIDENTIFIED, Strength.NONE)


def test_a_card_reader_is_not_the_camera_whose_card_is_in_it() -> None:
    found = candidate(plugged(READER), None, disk(volume_id=None))
    assert found.key == UNIDENTIFIED
    assert found.hint is not None
    assert "reader" in found.hint


def test_a_label_is_no_identity() -> None:
    assert candidate(None, None, disk(volume_id=None)).key == UNIDENTIFIED
    volume = Volume("/dev/sda1", 1, "/devices/x/sda1", 1, "vfat", "CAM01", "1A2B-3C4D")
    found = candidate(plugged(replace(CAMERA, serial=None), volume), None, FOLDER)
    assert (found.key, found.label, found.volume_id) == (UNIDENTIFIED, "CAM01", "1A2B-3C4D")


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_hostile_strings_make_one_line_that_every_catalogue_holds(maker: str, product: str, serial: str) -> None:
    found = candidate(plugged(UsbStrings("12ab", "34cd", maker, product, serial)), None, FOLDER)
    assert len(found.key) <= DEVICE_CHARACTERS
    for text in (found.key, found.make or "", found.model or "", found.serial or ""):
        assert text.isprintable()
        text.encode()


def test_what_is_clean_is_left_alone() -> None:
    assert clean(" Falcon  F2 ") == "Falcon F2"
    assert clean("\0\n") is None
    assert clean(None) is None


def test_every_hint_says_what_it_hints_at_and_where_that_stands() -> None:
    assert len(hints()) >= 15
    for one in hints().values():
        assert one.meaning
        assert one.source
        assert re.fullmatch("[0-9a-f]{4}(:[0-9a-f]{4})?", one.id)


def test_a_product_s_hint_comes_before_its_vendor_s() -> None:
    assert (hint_of(UsbStrings("4255", "0001")) or hints()["2672"]).kind == "control"
    assert hint_of(UsbStrings("4255", "1000")) is None, "Ambarella's ids are in cameras of several makers"
    assert (hint_of(UsbStrings("2672", "ffff")) or hints()["05e3"]).kind == "camera"
