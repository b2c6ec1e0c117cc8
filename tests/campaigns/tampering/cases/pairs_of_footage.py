"""Cunning pairs about footage: blobs, clips and what vouches for them, changed together."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

from tests.campaigns.tampering.cases.manifests import first_docking, manifest_of
from tests.campaigns.tampering.cases.rewritten import ROOTED, without_key
from tests.campaigns.tampering.cases.vault import PLANTED, PLANTED_SHA256, flipped
from tests.campaigns.tampering.forging import Body, body_of, entries, first_seq, put_body
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import Victim
from tests.evidence.verify.sample import canonical

Plant = Callable[[Victim], Expected]


def blob_and_row(victim: Victim) -> Expected:
    """Other footage under its own digest, and the clip and blob rows to match."""
    clip, old = victim.rows("SELECT id, sha256 FROM clip WHERE device = 'shop:17' ORDER BY id")[0]
    place = victim.blob(PLANTED_SHA256)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(PLANTED)
    victim.sql("UPDATE clip SET sha256 = ?, size = ? WHERE id = ?", PLANTED_SHA256, len(PLANTED), clip)
    victim.sql("UPDATE blob SET sha256 = ?, size = ? WHERE sha256 = ?", PLANTED_SHA256, len(PLANTED), old)
    return tampered(
        ("vault-extra", PLANTED_SHA256), ("catalogue-differs", f"clip:{clip}"), ("catalogue-missing-row", f"blob:{old}"),
        ("catalogue-extra-row", f"blob:{PLANTED_SHA256}"), causes=2,
    )  # fmt: skip


def blob_rows_and_old_removed(victim: Victim) -> Expected:
    found = blob_and_row(victim)
    old = found.named[2][1].removeprefix("blob:")
    for second in (False, True):
        victim.blob(old, second=second).unlink()
    victim.sql("UPDATE sighting SET sha256 = ?, size = ? WHERE sha256 = ?", PLANTED_SHA256, len(PLANTED), old)
    docking, position = victim.rows("SELECT docking, position FROM sighting WHERE sha256 = ?", PLANTED_SHA256)[0]
    named = (("vault-missing", old), ("vault-missing", f"second:{old}"), ("catalogue-differs", f"sighting:{docking}/{position}"))
    return tampered(*found.named, *named, causes=3)


def blob_row_and_entries(victim: Victim) -> Expected:
    """Footage exchanged, and rows and entries say so; the hashes over the entries do not."""
    old = blob_rows_and_old_removed(victim).named[2][1].removeprefix("blob:")
    seqs = []
    for body in entries(victim):
        if body["type"] in {"copied", "verified"} and body["what"].get("sha256") == old:
            seqs.append(body["seq"])
            put_body(victim, body["seq"], {**body, "what": {**body["what"], "sha256": PLANTED_SHA256, "size": len(PLANTED)}})
    return tampered(
        ("log-altered", f"entry:1/{seqs[0]}-{seqs[-1]}" if len(seqs) > 1 else f"entry:1/{seqs[0]}"),
        also={"vault-extra", "vault-missing", "catalogue-extra-row", "catalogue-missing-row", "catalogue-differs", "log-missing", "manifest-altered"},
        causes=3,
    )  # fmt: skip


def two_clips_exchanged(victim: Victim) -> Expected:
    """Two clips change their footage: the blobs stay, the rows of clips and sightings say the other's digest."""
    pair = victim.rows("SELECT id, sha256, size FROM clip WHERE device = 'shop:17' ORDER BY id LIMIT 2")
    seen = {clip: victim.rows("SELECT docking, position FROM sighting WHERE clip = ?", clip)[0] for clip, _, _ in pair}
    for (clip, _, _), (_, digest, size) in zip(pair, reversed(pair), strict=True):
        victim.sql("UPDATE clip SET sha256 = ?, size = ? WHERE id = ?", digest, size, clip)
        victim.sql("UPDATE sighting SET sha256 = ?, size = ? WHERE clip = ?", digest, size, clip)
    named = [("catalogue-differs", f"clip:{clip}") for clip, _, _ in pair]
    named += [("catalogue-differs", f"sighting:{docking}/{position}") for docking, position in seen.values()]
    return tampered(*named, causes=2)


def two_clips_exchange_paths(victim: Victim) -> Expected:
    pair = victim.rows("SELECT id, path FROM clip WHERE device = 'shop:17' ORDER BY id LIMIT 2")
    for (clip, _), (_, path) in zip(pair, reversed(pair), strict=True):
        victim.sql("UPDATE clip SET path = ? WHERE id = ?", path, clip)
    return tampered(*(("catalogue-differs", f"clip:{clip}") for clip, _ in pair), causes=2)


def clip_moved_to_another_docking(victim: Victim) -> Expected:
    """A clip with its sighting as if another visit had brought it."""
    clip = victim.one("SELECT id FROM clip WHERE device = 'shop:17' ORDER BY id")
    docking, position = victim.rows("SELECT docking, position FROM sighting WHERE clip = ?", clip)[0]
    other = first_docking(victim)
    victim.sql("UPDATE clip SET docking = ? WHERE id = ?", other, clip)
    victim.sql("UPDATE sighting SET docking = ?, position = 70 WHERE clip = ?", other, clip)
    named = [("catalogue-differs", f"clip:{clip}"), ("catalogue-missing-row", f"sighting:{docking}/{position}")]
    return tampered(*named, ("catalogue-extra-row", f"sighting:{other}/70"))


def damaged_made_whole(victim: Victim) -> Expected:
    """A damaged clip as if it were whole: state of clip and sighting, the ranges gone from the outcome, and the record to match."""
    (clip,) = victim.rows("SELECT id FROM clip WHERE state = 'damaged'")[0]
    docking, position, outcome, record = victim.rows(
        "SELECT docking, position, outcome, record FROM sighting WHERE clip = ?", clip
    )[0]
    told = {name: value for name, value in json.loads(outcome).items() if name not in {"ranges", "reason"}}
    whole = canonical({**json.loads(record), "state": "verified", "unreadable_ranges": []})
    victim.sql("UPDATE clip SET state = 'verified' WHERE id = ?", clip)
    victim.sql(
        "UPDATE sighting SET state = 'verified', outcome = ?, record = ? WHERE clip = ?", canonical(told).decode(), whole, clip
    )
    return tampered(("catalogue-differs", f"clip:{clip}"), ("catalogue-differs", f"sighting:{docking}/{position}"))


def unreadable_forgotten(victim: Victim) -> Expected:
    """The file that could not be read goes from sightings, the listing and the manifest, as if it had never been on the card."""
    docking, position = victim.rows("SELECT docking, position FROM sighting WHERE state = 'unreadable'")[0]
    listing = json.loads(victim.one("SELECT listing FROM inventory WHERE docking = ?", docking))
    listing["items"] = [item for number, item in enumerate(listing["items"]) if number != position]
    manifest = manifest_of(victim, docking)
    manifest["records"] = [one for one in manifest["records"] if one["position"] != position]
    manifest["listing_sha256"] = sha256(canonical(listing)).hexdigest()
    victim.sql("UPDATE inventory SET listing = ? WHERE docking = ?", canonical(listing), docking)
    victim.sql("UPDATE manifest SET body = ? WHERE docking = ?", canonical(manifest), docking)
    digests = (manifest["listing_sha256"], sha256(canonical(manifest)).hexdigest())
    victim.sql("UPDATE docking SET listing_sha256 = ?, manifest_sha256 = ? WHERE id = ?", *digests, docking)
    victim.sql("DELETE FROM sighting WHERE docking = ? AND position = ?", docking, position)
    named = [("catalogue-differs", f"inventory:{docking}"), ("manifest-altered", f"manifest:{docking}")]
    named += [("catalogue-differs", f"docking:{docking}"), ("catalogue-missing-row", f"sighting:{docking}/{position}")]
    return tampered(*named, causes=2)


def clip_forgotten(victim: Victim) -> Expected:
    """A clip goes with everything: entries, personal values, rows, record and footage in both vaults."""
    clip, digest = victim.rows("SELECT id, sha256 FROM clip WHERE device = 'shop:17' ORDER BY id")[0]
    seqs = [seq for (seq,) in victim.rows("SELECT seq FROM custody_entry WHERE subject = ? ORDER BY seq", f"clip:{clip}")]
    victim.sql("DELETE FROM custody_entry WHERE subject = ?", f"clip:{clip}")
    for table, column in (("clip", "id"), ("sighting", "clip")):
        victim.sql(f"DELETE FROM {table} WHERE {column} = ?", clip)
    victim.sql("DELETE FROM receipt WHERE subject = ?", f"clip:{clip}")
    victim.sql("DELETE FROM blob WHERE sha256 = ?", digest)
    for second in (False, True):
        victim.blob(digest, second=second).unlink()
    runs = [f"{seqs[0]}-{seqs[1]}", f"{seqs[2]}-{seqs[3]}"]
    return tampered(*(("log-missing", f"entry:1/{run}") for run in runs), causes=2)


def entry_altered_and_blob_removed(victim: Victim) -> Expected:
    seq = first_seq(victim, "viewed")
    put_body(victim, seq, {**body_of(victim, seq), "salt": "0" * 32})
    digest = victim.one("SELECT sha256 FROM clip WHERE device = 'shop:17' ORDER BY id")
    victim.blob(digest).unlink()
    return tampered(("log-altered", f"entry:1/{seq}"), ("vault-missing", digest), causes=2)


def verified_entry_altered_and_blob_flipped(victim: Victim) -> Expected:
    """The entry that vouches for a content is spoiled so that the content is not looked at; it has to be all the same."""
    clip, digest = victim.rows("SELECT id, sha256 FROM clip WHERE device = 'shop:17' ORDER BY id")[0]
    seq = victim.one("SELECT seq FROM custody_entry WHERE subject = ? AND type = 'verified'", f"clip:{clip}")
    victim.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", b"{}", seq)
    victim.edit(victim.blob(digest), flipped(9))
    return tampered(("log-altered", f"entry:1/{seq}"), ("vault-digest", digest), causes=2)


def both_entries_altered_and_blob_removed(victim: Victim) -> Expected:
    clip, digest = victim.rows("SELECT id, sha256 FROM clip WHERE device = 'shop:17' ORDER BY id")[0]
    seqs = [seq for (seq,) in victim.rows("SELECT seq FROM custody_entry WHERE subject = ? ORDER BY seq LIMIT 2", f"clip:{clip}")]
    for seq in seqs:
        victim.sql("UPDATE custody_entry SET body = ? WHERE seq = ?", b"{}", seq)
    victim.blob(digest).unlink()
    return tampered(("log-altered", f"entry:1/{seqs[0]}-{seqs[1]}"), ("vault-missing", digest), causes=2)


def log_recomputed_and_blob_exchanged(victim: Victim) -> Expected:
    """Footage exchanged, every row and entry to match, all hashes and roots anew under the old signatures."""
    old = blob_rows_and_old_removed(victim).named[2][1].removeprefix("blob:")

    def change(bodies: list[Body]) -> list[Body]:
        for number, body in enumerate(bodies):
            if body["what"].get("sha256") == old and body["type"] in {"copied", "verified"}:
                bodies[number] = {**body, "what": {**body["what"], "sha256": PLANTED_SHA256, "size": len(PLANTED)}}
        return bodies

    without_key(victim, ROOTED, change)
    also = {"vault-missing", "manifest-altered", "catalogue-differs"}  # the second copy, and the sealed record
    return tampered(either={"log-altered"}, also=also, causes=3)


PAIRS: tuple[Plant, ...] = (
    blob_and_row, blob_rows_and_old_removed, blob_row_and_entries, two_clips_exchanged, two_clips_exchange_paths,
    clip_moved_to_another_docking, damaged_made_whole, unreadable_forgotten, clip_forgotten, entry_altered_and_blob_removed,
    verified_entry_altered_and_blob_flipped, both_entries_altered_and_blob_removed, log_recomputed_and_blob_exchanged,
)  # fmt: skip
QUICK = {blob_and_row, two_clips_exchanged, clip_forgotten, verified_entry_altered_and_blob_flipped}


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    return [Case("pairs", plant.__name__.replace("_", " "), plant, quick=plant in QUICK) for plant in PAIRS]
