from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import mediatype
from tests.ingest.cards import AVI, JPEG, MP4, MTS, WAV


@pytest.mark.parametrize(
    "head",
    [
        MP4,
        JPEG,
        WAV,
        MTS,
        AVI,
        (b"\x47" + bytes(187)) * 4,
        b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat",
        b"\x1aE\xdf\xa3\x01",
        b"\x00\x00\x01\xba\x44",
        b"ID3\x03",
        b"\xff\xfb\x90\x00",
        b"\xff\xf1\x50\x80",
        b"#!AMR\n",
        b"DHAV\xfd",
        b"\x03ds2",
        b"\x00\x00\x00\x01\x67\x42",
        b"\x00\x00\x01\x09\x10",
        b"FORM\x00\x00\x00\x00AIFF",
        b"II*\x00",
        b"\x1f\x07\x00\x3f",
    ],
)
def test_media_by_content(head: bytes) -> None:
    assert mediatype.by_content(head)


@pytest.mark.parametrize(
    "head",
    [b"", b"\x00", b"MZ\x90", b"{}", b"\x47" + bytes(600), b"RIFF\x00\x00\x00\x00RMID", b"\xff\xff\xff\xff", b"\x00\x00\x01"],
)
def test_not_media_by_content(head: bytes) -> None:
    assert not mediatype.by_content(head)


@given(st.binary(max_size=mediatype.HEAD_BYTES))
def test_any_bytes_have_an_answer(head: bytes) -> None:
    assert mediatype.by_content(head) in (True, False)


def test_by_name() -> None:
    assert mediatype.by_name(b"DCIM/CLIP.MP4")
    assert mediatype.by_name(b"a.b/x.Wav")
    assert not mediatype.by_name(b"a.mp4/readme")
    assert not mediatype.by_name(b".mp4")
    assert mediatype.is_recording(b"a.MTS")
    assert not mediatype.is_recording(b"a.LRV")
    assert not mediatype.is_recording(b"a.jpg")
