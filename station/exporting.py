"""Copies that leave the vault: verified on the way out, never over something that is there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from cryptography.x509 import load_der_x509_certificate

from evidence import certificates
from evidence.canonical import Json
from evidence.catalogue.acts import desk
from evidence.catalogue.queries import ClipRow
from evidence.custody.entry import Actor, subject_docking
from evidence.errors import Exit
from evidence.facts import ClipState
from evidence.ids import DockingId
from evidence.pem import pem
from station import durable
from station.commands import Answer, Export, Progress, Report
from station.files import TargetExists, TargetUnusable, write_new
from station.home import StationError
from station.rooms import Rooms

BLOCK = 1 << 20
NAME_BYTES = 250


class BlobUnsound(StationError):
    """The vault's copy is missing or no longer has its digest. Fields: ``sha256``, ``clip``."""

    code = "blob-unsound"
    status = Exit.TAMPERED


class NotSealed(StationError):
    """The docking has no manifest yet. Fields: ``docking``."""

    code = "not-sealed"
    status = Exit.REFUSED


def export_clip(rooms: Rooms, row: ClipRow, command: Export, actor: Actor, report: Report) -> Answer:
    """One clip under its own name, prefixed by its id; the entry stands in the log before the copy is complete."""
    folder = Path(os.fsdecode(command.folder))
    target = folder / os.fsdecode(_name(row))
    if row.evicted_at is not None:
        from station.space import recall  # loads the copy engine and the store, which most exports do without

        recall(rooms, [row], actor, report)
    with rooms.ledger.commit() as commit:
        desk.exported(commit, row.id, actor, command.purpose)
    try:
        durable.make_folder(folder, 0o750)
        _copy(rooms, row, target, report)
    except FileExistsError as error:
        raise TargetExists(path=str(target)) from error
    except OSError as error:
        raise TargetUnusable(path=str(target), error=error.strerror) from error
    return Answer({"id": row.id, "files": [str(target)], "sha256": row.sha256})


def export_docking(rooms: Rooms, docking: DockingId, command: Export, actor: Actor) -> Answer:
    """The manifest, its signature, the records it lists and the authority's certificate: what ``openssl cms -verify`` needs.

    Time stamps over the signature go with it, for ``openssl ts -verify -data ….p7s -in ….tsr``; so do, from the suite ``gm``, the SM2
    signature and its key, for ``openssl pkeyutl -verify``.
    """
    folder = Path(os.fsdecode(command.folder))
    with rooms.queries() as queries:
        manifest = queries.manifest(docking)
        records = queries.records(docking)
        listing = queries.listing(docking)
        stamps = queries.time_stamps(subject_docking(docking))
        second = queries.signature_gm(docking)
        sealed = queries.newest_entry(subject_docking(docking), "sealed")
    if manifest is None or listing is None:
        raise NotSealed(docking=docking)
    with rooms.ledger.commit() as commit:
        desk.papers_exported(commit, docking, actor, command.purpose)
    try:
        durable.make_folder(folder, 0o750)
    except OSError as error:
        raise TargetUnusable(path=str(folder), error=error.strerror) from error
    files = {
        f"{docking}.json": manifest[0],
        f"{docking}.p7s": manifest[1],
        f"{docking}.listing.json": listing,
        f"{docking}.records.jsonl": b"".join(record + b"\n" for record in records),
        **{f"{docking}.{one.authority}.tsr": one.response for one in stamps},
    }
    if second is not None and sealed is not None:
        files |= {f"{docking}.sm2": second, f"{docking}.sm2.pub.pem": _public_key(rooms, sealed["what"]["key_gm"])}
    authorities = _authorities(rooms, manifest[1])
    shared = folder / "ca.pem"
    taken = shared.exists() and shared.read_bytes() != authorities  # by a docking that another authority's key sealed
    files[f"{docking}.ca.pem" if taken else "ca.pem"] = authorities
    for name, data in files.items():
        if not (name == "ca.pem" and shared.exists()):
            write_new(folder / name, data)
    written: list[Json] = [str(folder / name) for name in files]
    return Answer({"id": docking, "files": written})


def _authorities(rooms: Rooms, signature: bytes) -> bytes:
    """The chain above the certificate that sealed (PEM), up to the root whose fingerprint is the anchor."""
    with rooms.queries() as queries:
        known = queries.certificates()
    above = [load_der_x509_certificate(der) for role, _, der in known if role == "ca"]
    seals = {der for role, _, der in known if role == "seal"}
    sealed = next((one for one in load_der_pkcs7_certificates(signature) if certificates.der(one) in seals), None)
    return b"".join(map(certificates.pem, above if sealed is None else certificates.chain(sealed, above)))


def _public_key(rooms: Rooms, key: str) -> bytes:
    """A key of the log (PEM SubjectPublicKeyInfo)."""
    with rooms.queries() as queries:
        known = queries.certificates()
    certificate = next(der for _, name, der in known if name == key)
    return pem("PUBLIC KEY", certificates.public_der(load_der_x509_certificate(certificate)))


def _name(row: ClipRow) -> bytes:
    """The clip's id and as much of the end of its own name as leaves room for the draft's (255 bytes on most file systems)."""
    whole = row.path.rsplit(b"/", 1)[-1]
    own = whole[-(NAME_BYTES - len(row.id) - 1) :]
    while own != whole and own[:1] and own[0] & 0xC0 == 0x80:
        own = own[1:]  # the rest of a character that was cut
    return row.id.encode() + b"-" + own


def _copy(rooms: Rooms, row: ClipRow, target: Path, report: Report) -> None:
    if row.state == ClipState.EMPTY:
        durable.place_new(target, b"", 0o440)
        return
    source = rooms.home.vault / "blobs" / row.sha256[:2] / row.sha256
    if not source.exists():
        raise BlobUnsound(sha256=row.sha256, clip=row.id)
    draft = target.with_name(f".{target.name}.new")
    total = hashlib.sha256()
    done = 0
    try:
        with source.open("rb") as reading, draft.open("xb") as writing:
            while block := reading.read(BLOCK):
                total.update(block)
                writing.write(block)
                done += len(block)
                report(Progress("export", row.id, done, row.size))
            writing.flush()
            os.fsync(writing.fileno())
        if total.hexdigest() != row.sha256:
            raise BlobUnsound(sha256=row.sha256, clip=row.id)
        os.link(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    durable.sync_folder(target.parent)
