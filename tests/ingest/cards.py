"""Made-up cards, one for each shipped profile and one for no profile at all; the names follow what such devices write.

The files hold little more than a header: what is tested here is layout and names, not footage.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
MTS = b"\x00\x00\x00\x00" + (b"\x47" + bytes(191)) * 6
AVI = b"RIFF\x00\x00\x00\x00AVI LIST"
FIRST_MOMENT = 1_780_000_000


@dataclass(frozen=True)
class SampleCard:
    """Files of a card with their content, oldest first, and what reading it must give."""

    files: dict[str, bytes]
    device: str | None = None
    officer: str | None = None
    sidecars: dict[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    """Media files whose names no grammar is expected to read."""

    def make(self, root: Path) -> Path:
        """Write the card, a minute between files."""
        for number, (path, content) in enumerate(self.files.items()):
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.utime(file, (FIRST_MOMENT + 60 * number,) * 2)
        return root


VERSION = b"""{
"info version":"2.0"
,"firmware version":"H22.01.01.20.00"
,"wifi mac":"0123456789ab"
,"camera type":"HERO11 Black"
,"camera serial number":"C3470000000001",
}
"""

SAMPLES: dict[str, SampleCard] = {
    "dsj": SampleCard(
        {
            "DCIM/20260115/T000123_004567_20260115080000_0001.MP4": MP4,
            "DCIM/20260115/T000123_004567_20260115080500_0002.MP4": MP4,
            "DCIM/20260115/T000123_004567_20260115081000_0003_IMP.MP4": MP4,
            "DCIM/20260115/T000123_004567_20260115081000_0003_IMP.THM": JPEG,
            "DCIM/20260115/T000123_004567_20260115081002_0004.JPG": JPEG,
            "DCIM/20260115/T000123_004567_20260115081100_0005.WAV": WAV,
            "LOG/20260115.LOG": b"power on",
        },
        device="dsj:T000123",
        officer="004567",
        sidecars={
            "DCIM/20260115/T000123_004567_20260115081000_0003_IMP.THM": "DCIM/20260115/T000123_004567_20260115081000_0003_IMP.MP4"
        },
    ),
    "gopro": SampleCard(
        {
            "MISC/version.txt": VERSION,
            "DCIM/100GOPRO/GX010042.MP4": MP4,
            "DCIM/100GOPRO/GX010042.THM": JPEG,
            "DCIM/100GOPRO/GL010042.LRV": MP4,
            "DCIM/100GOPRO/GX020042.MP4": MP4,
            "DCIM/100GOPRO/GOPR0043.MP4": MP4,
            "DCIM/100GOPRO/GOPR0043.THM": JPEG,
            "DCIM/100GOPRO/GP010043.MP4": MP4,
            "DCIM/100GOPRO/GP010043.LRV": MP4,
            "DCIM/100GOPRO/GOPR0044.JPG": JPEG,
        },
        device="gopro:C3470000000001",
        sidecars={
            "DCIM/100GOPRO/GX010042.THM": "DCIM/100GOPRO/GX010042.MP4",
            "DCIM/100GOPRO/GL010042.LRV": "DCIM/100GOPRO/GX010042.MP4",
            "DCIM/100GOPRO/GOPR0043.THM": "DCIM/100GOPRO/GOPR0043.MP4",
            "DCIM/100GOPRO/GP010043.LRV": "DCIM/100GOPRO/GP010043.MP4",
        },
    ),
    "avchd": SampleCard(
        {
            "PRIVATE/AVCHD/BDMV/INDEX.BDM": b"INDX0100",
            "PRIVATE/AVCHD/BDMV/MOVIEOBJ.BDM": b"MOBJ0100",
            "PRIVATE/AVCHD/BDMV/PLAYLIST/00000.MPL": b"MPLS0100",
            "PRIVATE/AVCHD/BDMV/CLIPINF/00000.CPI": b"HDMV0100",
            "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS": MTS,
            "PRIVATE/AVCHD/BDMV/STREAM/00001.MTS": MTS,
            "PRIVATE/AVCHD/AVCHDTN/THUMB.TDT": b"thumbnails",
            "DCIM/100MSDCF/DSC00001.JPG": JPEG,
        },
        sidecars={"PRIVATE/AVCHD/BDMV/CLIPINF/00000.CPI": "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS"},
    ),
    "audio-recorder": SampleCard(
        {
            "REC_FILE/FOLDER01/260115_0930.mp3": b"ID3\x04",
            "REC_FILE/FOLDER01/260115_0930_01.mp3": b"ID3\x04",
            "REC_FILE/FOLDER02/260115_1000.wav": WAV,
            "STEREO/FOLDER01/STE-000.wav": WAV,
            "RECORDER/FOLDER_A/WS000001.WMA": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
            "MARK.TXT": b"0",
        }
    ),
    "generic": SampleCard(
        {
            "DCIM/Camera/VID_20260115_093000.mp4": MP4,
            "DCIM/Camera/party.mov": MP4,
            "exports/2026_0115_093000_012E.AVI": AVI,
            "exports/player.exe": b"MZ",
            "readme": b"no extension",
        },
        unread=frozenset(("DCIM/Camera/party.mov",)),
    ),
}
