"""The ledger as a visit sees it: the ingest package's :class:`~ingest.visit.DockingBook`, kept in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography.x509 import load_der_x509_certificate

from evidence import certificates, cms, inventory, manifest
from evidence.canonical import digest
from evidence.catalogue import outbox, stampbox
from evidence.catalogue.acts import alarms, foundation
from evidence.catalogue.acts import docking as acts
from evidence.catalogue.keyring import certificate_in_force
from evidence.catalogue.ledger import Commit
from evidence.catalogue.queries import DockingRow
from evidence.custody.entry import Actor, subject_clip, subject_docking
from evidence.facts import Taken, Unread
from evidence.ids import DeviceKey, Digest, DockingId, UploadId, origin, uuid7
from evidence.inventory import Inventory
from evidence.signing import Signer, key_id
from evidence.uploads import NewUpload, UploadKind
from ingest.describing import Described, Kept
from ingest.profiles.schema import Profile
from ingest.visit import Opening
from station.authorities import parse_authorities
from station.rooms import Rooms
from station.software import software
from uploader import keys


class Book:
    """One actor's dockings in one station's catalogue."""

    def __init__(self, rooms: Rooms, actor: Actor) -> None:
        self._rooms = rooms
        self._actor = actor

    @property
    def actor(self) -> Actor:
        """Who docks."""
        return self._actor

    def interrupted(self, card_sha256: Digest) -> DockingId | None:
        """The open docking of a card with exactly this content."""
        with self._rooms.queries() as queries:
            return next((row.id for row in queries.dockings("open") if row.card_sha256 == card_sha256), None)

    def taken_before(self, card_sha256: Digest) -> bool:
        """Whether a sealed docking held exactly this content."""
        with self._rooms.queries() as queries:
            return queries.is_sealed(card_sha256)

    def open(self, opening: Opening) -> DockingId:
        """``docked`` and ``inventory`` in one commit, with the alarms that the card gave cause for."""
        listed = opening.inventory
        with self._rooms.ledger.commit() as commit:
            name = DockingId(commit.new_id())
            profile, officer = opening.profile.name, opening.officer
            acts.docked(commit, name, opening.device, opening.source, profile, opening.acquisition, officer, self._actor)
            acts.inventoried(
                commit,
                name,
                acts.Listed(
                    listing=inventory.encode(listed, name, commit.salt()),
                    card_sha256=opening.card_sha256,
                    files=sum(item.kind is inventory.Kind.FILE for item in listed.items),
                    bytes=sum(item.size for item in listed.items if item.kind is inventory.Kind.FILE),
                    taken=len(listed.wanted),
                    skipped=len(listed.skipped),
                    free_bytes=0 if listed.space is None else listed.space.free,
                    numbering=opening.breaks,
                ),
            )
            for concern in opening.concerns:
                about = replace(concern, fields={**concern.fields, "docking": name})
                alarms.raised(commit, about, concern.subject or subject_docking(name))
        return name

    def refuse(self, reason: str, numbers: dict[str, int]) -> None:
        """Nothing is taken."""
        with self._rooms.ledger.commit() as commit:
            acts.refused(commit, None, reason, numbers, self._actor)

    def opened_at(self, docking: DockingId) -> datetime:
        """When the docking was opened."""
        return datetime.fromisoformat(self._row(docking).opened_at)

    def inventory(self, docking: DockingId) -> Inventory:
        """The listing that was logged when the docking was opened."""
        with self._rooms.queries() as queries:
            listing = queries.listing(docking)
        if listing is None:
            raise ValueError("a docking has its listing from the commit that opened it")
        return inventory.decode(listing)[0]

    def kept(self, docking: DockingId) -> list[Kept]:
        """The files that have their outcome."""
        with self._rooms.queries() as queries:
            taken_here = {row.id for row in queries.clips(docking=docking)}
            return [
                Kept(
                    position=row.position,
                    clip=row.clip,
                    state=row.state,
                    sha256=None if row.sha256 is None else Digest(row.sha256),
                    size=row.size,
                    duplicate=row.clip is not None and row.clip not in taken_here,
                    sm3=None if row.sm3 is None else Digest(row.sm3),
                    ranges=tuple((int(start), int(length)) for start, length in row.outcome.get("ranges", ())),
                )
                for row in queries.sightings(docking=docking)
            ]

    def files(self, docking: DockingId, taken: Sequence[Taken], unread: Sequence[Unread], repaired: Sequence[Digest]) -> None:
        """Outcomes of a group of files, in one commit."""
        device = DeviceKey(self._row(docking).device)
        with self._rooms.ledger.commit() as commit:
            acts.files_taken(commit, docking, device, taken)
            for one in unread:
                acts.file_unreadable(commit, docking, one)
            for sha256 in repaired:
                foundation.repaired(commit, sha256)

    def seal(self, docking: DockingId, profile: Profile, described: Described, skipped: Sequence[tuple[int, str]]) -> None:
        """Sign the manifest and queue what is to be sent, in one commit. A key that was revoked seals nothing."""
        row = self._row(docking)
        with self._rooms.queries() as queries:
            officer = queries.opened_commitment(subject_docking(docking), "docked", "officer")
            unit = queries.unit()
            chain = [load_der_x509_certificate(der) for role, _, der in queries.certificates() if role == "ca"]
        signer, signer_gm = self._rooms.seal_signer, self._rooms.seal_gm_signer
        sealing = key_id(signer.public_der())
        with self._rooms.ledger.commit() as commit:
            certificate = load_der_x509_certificate(certificate_in_force(commit.connection, commit.station, sealing, "seal"))
            made = manifest.build(
                manifest.Circumstances(
                    station=commit.station,
                    unit=unit,
                    docking=docking,
                    device=DeviceKey(row.device),
                    source=row.source,
                    profile={"name": profile.name, "digest": profile.digest},
                    acquisition=row.acquisition,
                    officer=officer,
                    opened_at=row.opened_at,
                    sealed_at=commit.utc,
                    listing_sha256=Digest(row.listing_sha256 or ""),
                    software=software(),
                    log={"origin": origin(commit.station, commit.epoch), "size": commit.size},
                ),
                described.files,
                skipped,
                described.recordings,
                commit.salt,
            )
            above = certificates.chain(certificate, chain)
            signature = cms.seal(made.body, signer, certificate, [one for one in above if one.issuer != one.subject])
            second = None if signer_gm is None else _second_seal(commit, made.body, signer_gm)
            acts.sealed(commit, docking, made, signature, sealing, second)
            self._queue(commit, docking, made, signature, second)
            authorities = parse_authorities(self._rooms.settings.timestamp_authorities)
            stampbox.enqueue(
                commit.connection, commit.station, subject_docking(docking), [one.name for one in authorities], commit.utc
            )

    def new_id(self) -> str:
        """A fresh id."""
        return uuid7(self._rooms.clock().unix_ns, self._rooms.draw(8))

    def _queue(
        self,
        commit: Commit,
        docking: DockingId,
        made: manifest.SealedManifest,
        signature: bytes,
        second: acts.SecondSeal | None,
    ) -> None:
        with self._rooms.queries() as queries:
            listing = queries.listing(docking) or b""
        index = [
            (UploadKind.MANIFEST, keys.manifest(commit.station, docking), made.body),
            (UploadKind.SIGNATURE, keys.signature(commit.station, docking), signature),
            (UploadKind.LISTING, keys.listing(commit.station, docking), listing),
            (UploadKind.RECORDS, keys.records(commit.station, docking), keys.bundle(record for _, record in made.records)),
        ]
        if second is not None:
            index.append((UploadKind.SIGNATURE_GM, keys.signature_gm(commit.station, docking), second.signature))
        queued = [
            NewUpload(UploadId(commit.new_id()), kind, subject_docking(docking), key, len(data), digest(data))
            for kind, key, data in index
        ]
        queued += [
            NewUpload(
                UploadId(commit.new_id()),
                UploadKind.FOOTAGE,
                subject_clip(one.clip),
                keys.blob(commit.station, one.sha256),
                one.size,
                one.sha256,
            )
            for one in made.clips
            if one.first_taken_here and one.size
        ]
        outbox.enqueue(commit.connection, commit.station, queued, commit.utc)

    def _row(self, docking: DockingId) -> DockingRow:
        with self._rooms.queries() as queries:
            row = queries.docking(docking)
        if row is None:
            raise ValueError("a visit only asks for its own docking")
        return row


def _second_seal(commit: Commit, body: bytes, signer: Signer) -> acts.SecondSeal:
    """The SM2 signature over the manifest's bytes, by a key in force. Raises ``KeyNotInForce``."""
    key = key_id(signer.public_der())
    certificate_in_force(commit.connection, commit.station, key, "seal-gm")
    return acts.SecondSeal(signer.sign(body), key)
