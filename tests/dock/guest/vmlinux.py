"""Unpack the ELF kernel out of a bzImage: it starts at once, where unpacking itself takes seconds under emulation.

``python vmlinux.py VMLINUZ OUTPUT``. Linux x86 boot protocol, section "the real-mode kernel header": the number of setup
sectors at 0x1F1, the payload's offset and length at 0x248.
"""

from __future__ import annotations

import lzma
import struct
import sys
import zlib
from pathlib import Path


def vmlinux(image: bytes) -> bytes:
    """The kernel in a bzImage. Raises :class:`ValueError` for a compression that Debian's kernels do not use."""
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = ((image[0x1F1] or 4) + 1) * 512 + offset
    payload = image[start : start + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        kernel = lzma.LZMADecompressor().decompress(payload)  # a length word follows the stream
    elif payload.startswith(b"\x1f\x8b"):
        kernel = zlib.decompressobj(31).decompress(payload)
    else:
        raise ValueError(f"a kernel packed in an unknown way: {payload[:6].hex()}")
    if not kernel.startswith(b"\x7fELF"):
        raise ValueError("what was unpacked is no kernel")
    return kernel


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(vmlinux(Path(sys.argv[1]).read_bytes()))
