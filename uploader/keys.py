"""Object keys: where things lie in a store. Stable for ever, and free of names of persons: ids, digests and numbers only.

    <station>/blobs/<first two hex digits>/<sha256>      footage: equal bytes lie there once, whoever recorded them
    <station>/manifests/<docking>.json and .p7s          what was sealed, and its signature
    <station>/manifests/<docking>.sm2                    its second signature, of a station in the suite gm
    <station>/listings/<docking>.json                    the card as it was listed
    <station>/records/<docking>.jsonl                    the salted clip records, one to a line: the bytes the manifest lists by digest
    checkpoints/<origin>/<size>                          signed heads of the log

All records of a docking are one object: a card of a thousand clips costs one round trip, not a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evidence.ids import Digest, DockingId, StationId

_KEY = re.compile(r"[A-Za-z0-9._-]{1,128}(?:/[A-Za-z0-9._-]{1,128}){0,9}")
_CHECKPOINT = re.compile(
    r"checkpoints/(?P<origin>evidence-station/[A-Za-z0-9._-]{1,64}/(?P<epoch>[1-9][0-9]{0,5}))/(?P<size>0|[1-9][0-9]{0,18})"
)


def blob(station: StationId, sha256: Digest) -> str:
    """Key of footage."""
    return f"{station}/blobs/{sha256[:2]}/{sha256}"


def manifest(station: StationId, docking: DockingId) -> str:
    """Key of a docking's manifest."""
    return f"{station}/manifests/{docking}.json"


def signature(station: StationId, docking: DockingId) -> str:
    """Key of the manifest's signature."""
    return f"{station}/manifests/{docking}.p7s"


def signature_gm(station: StationId, docking: DockingId) -> str:
    """Key of the manifest's SM2 signature."""
    return f"{station}/manifests/{docking}.sm2"


def listing(station: StationId, docking: DockingId) -> str:
    """Key of a docking's listing."""
    return f"{station}/listings/{docking}.json"


def records(station: StationId, docking: DockingId) -> str:
    """Key of a docking's clip records."""
    return f"{station}/records/{docking}.jsonl"


def prefixes(station: StationId) -> tuple[str, str]:
    """What every key of a station begins with: its evidence, and the checkpoints of its logs."""
    return f"{station}/", f"checkpoints/evidence-station/{station}/"


def checkpoint(origin: str, size: int) -> str:
    """Key of a checkpoint of the log with that origin."""
    return f"{checkpoint_prefix(origin)}{size}"


def checkpoint_prefix(origin: str) -> str:
    """What the keys of a log's checkpoints begin with."""
    return f"checkpoints/{origin}/"


def checkpoint_place(untrusted_key: str) -> tuple[str, int, int] | None:
    """``(origin, epoch, tree size)`` that a checkpoint's key claims; None for a key that is none."""
    found = _CHECKPOINT.fullmatch(untrusted_key)
    return None if found is None else (found["origin"], int(found["epoch"]), int(found["size"]))


def well_formed(key: str) -> bool:
    """Whether a key is made as keys are here, so that it can also name a file: no empty, ``.`` or ``..`` component."""
    return _KEY.fullmatch(key) is not None and not any(part in {".", ".."} for part in key.split("/"))


def bundle(records_in_order: Iterable[bytes]) -> bytes:
    """The clip records of a docking as one object. Canonical JSON holds no raw line feed, so a line is exactly a record."""
    return b"".join(record + b"\n" for record in records_in_order)
