"""The index for the city's platform, and links to clips."""

from __future__ import annotations

import re
from base64 import b64encode

from cryptography.x509 import load_der_x509_certificate

from evidence import certificates, cms
from evidence.canonical import Json, JsonObject, canonical, digest
from evidence.catalogue.acts.sheets import noted
from evidence.catalogue.connect import reading
from evidence.catalogue.indexing import Indexing, IndexRow
from evidence.catalogue.keyring import certificate_in_force
from evidence.catalogue.reaching import check_clip
from evidence.catalogue.sheets import Sheets
from evidence.custody.entry import SUBJECT_STATION, Actor
from evidence.errors import Exit
from evidence.ids import ClipId, origin
from evidence.signing import key_id
from ingest.times import station_zone
from station import cityindex
from station.cityindex import Place
from station.commands import Answer, Report
from station.commands.joining import IndexAnswer, IndexBatch, ShowLink
from station.home import StationError
from station.rooms import Rooms

_LINK = re.compile(r"(?:evidence-station:(?P<station>[^/]+)/clips/|https?://\S+/go/clips/)?(?P<clip>[0-9a-f-]{36})")


class NothingToGive(StationError):
    """The platform has everything already."""

    code = "nothing-to-give"
    status = Exit.REFUSED


class NoSuchBatch(StationError):
    """No batch of that number was given, or all of its records were given anew since. Fields: ``batch``."""

    code = "no-such-batch"
    status = Exit.USAGE


class LinkMalformed(StationError):
    """The text is neither the id of a clip nor a link to one of this station. Fields: ``text``."""

    code = "link-malformed"
    status = Exit.USAGE


def make_batch(rooms: Rooms, command: IndexBatch, actor: Actor, _report: Report) -> Answer:
    """A batch as bytes and its detached CMS signature, sealed as manifests are; that it was made is noted. Raises :class:`NothingToGive`."""
    place = place_of(rooms)
    chosen = _chosen(rooms, command, place)
    if not chosen:
        raise NothingToGive
    rooms.prepare_to_write()
    signer = rooms.seal_signer
    with rooms.queries() as queries:
        authorities = [load_der_x509_certificate(der) for role, _, der in queries.certificates() if role == "ca"]
    with rooms.ledger.commit() as commit:
        sealing = certificate_in_force(commit.connection, commit.station, key_id(signer.public_der()), "seal")
        certificate = load_der_x509_certificate(sealing)
        number = commit.new_id()
        head: JsonObject = {"origin": origin(commit.station, commit.epoch), "size": commit.size}
        new = [record for row, record in chosen if row.given is None]
        changed = [record for row, record in chosen if row.given is not None]
        body = cityindex.batch(number, place, head, new, changed)
        above = certificates.chain(certificate, authorities)
        signature = cms.seal(body, signer, certificate, [one for one in above if one.issuer != one.subject])
        Indexing(commit.connection, commit.station).give(
            number, [(row.clip, digest(canonical(record))) for row, record in chosen]
        )
        told: dict[str, Json] = {"batch": number, "sha256": digest(body), "new": len(new), "changed": len(changed)}
        noted(commit, SUBJECT_STATION, "index-given", actor, what=told)
    return Answer({**told, "body_b64": b64encode(body).decode(), "signature_b64": b64encode(signature).decode()})


def take_answer(rooms: Rooms, command: IndexAnswer, _actor: Actor, _report: Report) -> Answer:
    """The platform's answer: what it took or knew already is not given again until it changes. Raises :class:`NoSuchBatch`."""
    rooms.prepare_to_write()
    with rooms.ledger.commit() as commit:
        index = Indexing(commit.connection, commit.station)
        if not index.has_batch(command.batch):
            raise NoSuchBatch(batch=command.batch)
        count = index.accepted(command.batch, [*command.accepted, *command.known])
    again: list[Json] = [*command.failed]
    return Answer({"batch": command.batch, "settled": count, "again": again}, Exit.PARTIAL if again else Exit.OK)


def show_link(rooms: Rooms, command: ShowLink, actor: Actor, _report: Report) -> Answer:
    """Where a link leads: the clip, its docking, case and incident. Raises :class:`LinkMalformed` and the faults of a clip that is not seen."""
    found = _LINK.fullmatch(command.clip.strip())
    if found is None or found["station"] not in (None, rooms.station):
        raise LinkMalformed(text=command.clip)
    clip = ClipId(found["clip"])
    with rooms.queries() as queries, reading(rooms.catalogue) as connection:
        check_clip(connection, rooms.station, clip, actor.reach)
        row = queries.clip(clip)
        assert row is not None
        case = [one.id for one in Sheets(connection, rooms.station).found("case", "number", row.case_number or "")]
    place = place_of(rooms)
    return Answer(
        {
            "link": cityindex.link(place.public_url, place.station, clip),
            "uri": cityindex.link("", place.station, clip),
            "clip": clip,
            "docking": row.docking,
            "case_number": row.case_number,
            "case": next(iter(case), None),
            "incident": row.incident,
            "resource": f"/v1/clips/{clip}",
        }
    )


def place_of(rooms: Rooms) -> Place:
    """What every record says of this station."""
    settings = rooms.settings
    with rooms.queries() as queries:
        unit = settings.unit or queries.unit()
    return Place(rooms.station, unit, station_zone(settings.time_zone), settings.public_url)


def _chosen(rooms: Rooms, command: IndexBatch, place: Place) -> list[tuple[IndexRow, JsonObject]]:
    """The first clips whose record the platform does not have, or has otherwise."""
    chosen: list[tuple[IndexRow, JsonObject]] = []
    with rooms.queries() as _, reading(rooms.catalogue) as connection:
        for row in Indexing(connection, rooms.station).rows():
            record = cityindex.record(row, place)
            if command.everything or row.given != digest(canonical(record)):
                chosen.append((row, record))
                if len(chosen) >= max(1, command.limit):
                    break
    return chosen
