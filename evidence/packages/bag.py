"""The files that make a folder a bag (RFC 8493), as bytes: no disk here. Lines end with LF, paths are ASCII and in order."""

from __future__ import annotations

from collections.abc import Mapping

from evidence.canonical import digest

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""``bagit.txt`` (section 2.1.1)."""
PAYLOAD_MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.sig"
"""The log key's signature over the tag manifest, and so over every byte of the bag; a bag may hold it beside (section 2.2.4)."""


def manifest(digests: Mapping[str, str]) -> bytes:
    """A manifest's lines (section 2.1.3), in the form that ``sha256sum -c`` reads, too."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode()


def info(fields: Mapping[str, str], sizes: Mapping[str, int]) -> bytes:
    """``bag-info.txt`` (section 2.2.2): the fields given, one on a line, then Payload-Oxum."""
    whole = {**fields, "Payload-Oxum": f"{sum(sizes.values())}.{len(sizes)}"}
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in whole.items()).encode()


def tag_files(
    payload: Mapping[str, str], sizes: Mapping[str, int], fields: Mapping[str, str], others: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Every file beside ``data/`` but the signature: ``payload`` are digests and ``sizes`` bytes by path; ``others`` come as they are."""
    made = {"bagit.txt": DECLARATION, "bag-info.txt": info(fields, sizes), PAYLOAD_MANIFEST: manifest(payload), **others}
    return {**made, TAG_MANIFEST: manifest({path: digest(data) for path, data in made.items()})}
