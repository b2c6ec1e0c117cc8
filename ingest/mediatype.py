"""Is it media? By the name's extension and by the first bytes, either of which is enough.

The rule this serves: media is never skipped. So both tables lean towards yes; saying "media" of something else costs one
copied file, saying "not media" of footage may cost a case.
"""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 1024
"""How many of the first bytes :func:`by_content` wants: enough for two packets of an AVCHD transport stream."""

VIDEO: Final = frozenset(
    b"mp4 m4v mov qt avi mkv webm mts m2ts m2t ts tod mod mpg mpeg vob wmv asf flv 3gp 3g2 dv mxf lrv lrf 360 insv "
    b"dav h264 h265 264 265 hevc ivf ps braw r3d ogv rmvb rm f4v trp".split()
)
AUDIO: Final = frozenset(
    b"wav bwf rf64 mp3 m4a aac ac3 amr awb flac ogg oga opus wma dss ds2 msv dvf aif aiff caf au mp2 mka ape wv spx qcp".split()
)
PICTURE: Final = frozenset(
    b"jpg jpeg jpe png heic heif hif tif tiff bmp gif webp avif dng cr2 cr3 crw nef nrw arw sr2 srf orf rw2 raf pef srw "
    b"gpr insp thm mpo".split()
)

COMPANIONS: Final = frozenset(b"lrv lrf thm".split())
"""Small copies and thumbnails of a clip that lies beside them."""

_AT_START: Final = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM (RFC 8794, EBML)
    b"\x00\x00\x01\xba",  # MPEG program stream (ISO 13818-1)
    b"\x00\x00\x01\xb3",  # MPEG video sequence
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV, WMA
    b"FLV\x01",
    b"ID3",
    b"fLaC",
    b"OggS",
    b"#!AMR",
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"II*\x00",  # TIFF and most raw pictures
    b"MM\x00*",
    b"\x06\x0e\x2b\x34",  # MXF (SMPTE ST 377-1 partition pack)
    b"\x1f\x07\x00",  # DV, first DIF block
    b"DHAV",
    b"IMKH",
    b"\x02dss",
    b"\x03dss",
    b"\x03ds2",
    b"\x04ds2",
    b"caff",
    b".snd",
    b"wvpk",
    b"MS_VOICE",
    b".RMF",
)
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot", b"styp", b"moof")
_RIFF: Final = (b"AVI ", b"WAVE", b"WEBP", b"AVIX")
_TS_PACKETS: Final = ((0, 188), (4, 192), (0, 204))
_START_CODES: Final = (b"\x00\x00\x00\x01", b"\x00\x00\x01")
_PARAMETER_SETS: Final = frozenset((b"\x67", b"\x27", b"\x47", b"\x09", b"\x40", b"\x46"))
"""First byte after the start code in a bare H.264 or H.265 stream: parameter set or access unit delimiter."""


def extension(path: bytes) -> bytes:
    """The extension of a path in lower case, without its dot; empty when there is none."""
    name = path.rpartition(b"/")[2]
    stem, dot, suffix = name.rpartition(b".")
    return suffix.lower() if dot and stem else b""


def by_name(path: bytes) -> bool:
    """Whether the extension says video, sound or picture."""
    suffix = extension(path)
    return suffix in VIDEO or suffix in AUDIO or suffix in PICTURE


def is_recording(path: bytes) -> bool:
    """Whether the extension says moving pictures or sound, and no small copy of them."""
    suffix = extension(path)
    return (suffix in VIDEO or suffix in AUDIO) and suffix not in COMPANIONS


def by_content(untrusted_head: bytes) -> bool:
    """Whether the first bytes (:data:`HEAD_BYTES` of them, fewer if the file is shorter) say video, sound or picture."""
    head = untrusted_head
    return (
        head.startswith(_AT_START)
        or head[4:8] in _BOXES
        or (head[:4] in (b"RIFF", b"RF64") and head[8:12] in _RIFF)
        or (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"))
        or _is_transport_stream(head)
        or _is_mpeg_audio(head)
        or any(head.startswith(code) and head[len(code) : len(code) + 1] in _PARAMETER_SETS for code in _START_CODES)
    )


def _is_transport_stream(head: bytes) -> bool:
    """Three sync bytes at packet distance (ISO 13818-1, section 2.4.3.2; BDAV puts 4 bytes before each packet)."""
    return any(
        len(head) > offset + 2 * packet and all(head[offset + step * packet] == 0x47 for step in range(3))
        for offset, packet in _TS_PACKETS
    )


def _is_mpeg_audio(head: bytes) -> bool:
    """An MPEG audio or ADTS frame header with no reserved value in it (ISO 11172-3, section 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if layer == 0:
        return head[1] & 0xF6 == 0xF0  # ADTS: 12 sync bits, layer 0
    return version != 1 and rate not in (0, 15) and frequency != 3
