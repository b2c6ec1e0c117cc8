"""Cunning pairs: two or more things changed together, each to cover the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256

from tests.campaigns.tampering.cases.log import heads
from tests.campaigns.tampering.cases.manifests import first_docking, manifest_of
from tests.campaigns.tampering.cases.rewritten import LEFT, ROOTED, without_key
from tests.campaigns.tampering.cases.turned_back import cut_off, restored
from tests.campaigns.tampering.cases.vault import PLANTED, PLANTED_SHA256, flipped, largest
from tests.campaigns.tampering.forging import Body, body_of, entries, first_seq, own_keys, put_body, rebuild, chain, Heads
from tests.campaigns.tampering.homes import Pattern
from tests.campaigns.tampering.judging import Case, Expected, tampered
from tests.campaigns.tampering.victim import ORIGIN, Victim
from tests.evidence.verify.sample import canonical, seal

Plant = Callable[[Victim], Expected]


def commitment(field: str, value: str, salt: str) -> str:
    return sha256(b"evidence-station/commitment/v1\0" + bytes.fromhex(salt) + field.encode() + b"\0" + value.encode()).hexdigest()


def tagged_clip(victim: Victim) -> str:
    """A clip whose case number was given and never taken back."""
    return str(victim.one("SELECT id FROM clip WHERE case_number IS NOT NULL ORDER BY id DESC"))


def row_and_entry(victim: Victim) -> Expected:
    """The category, in the row and in the entry that explains it."""
    seq = first_seq(victim, "tagged", -1 - 1)
    body = body_of(victim, seq)
    changes = [{**one, "new": "harmless"} if one["field"] == "category" else one for one in body["what"]["changes"]]
    assert changes != body["what"]["changes"]
    put_body(victim, seq, {**body, "what": {"changes": changes}})
    victim.sql("UPDATE clip SET category = 'harmless' WHERE id = ?", body["subject"].removeprefix("clip:"))
    return tampered(("log-altered", f"entry:1/{seq}"))


def row_entry_and_hash(victim: Victim) -> Expected:
    row_and_entry(victim)
    seq = first_seq(victim, "tagged", -2)
    put_body(victim, seq, body_of(victim, seq), hashed=True)
    return tampered(either={"log-altered"})


def row_entry_hashes_and_links(victim: Victim) -> Expected:
    row_and_entry(victim)
    rebuild(victim, chain(entries(victim)), LEFT)
    return tampered(either={"log-altered"})


def row_entry_hashes_links_and_roots(victim: Victim) -> Expected:
    row_and_entry(victim)
    rebuild(victim, chain(entries(victim)), ROOTED)
    return tampered(either={"log-altered"})


def row_entry_hashes_links_and_own_heads(victim: Victim) -> Expected:
    row_and_entry(victim)
    rebuild(victim, chain(entries(victim)), Heads(own_keys().log))
    return tampered(either={"foreign-key"})


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


def manifest_and_digest(victim: Victim) -> Expected:
    docking = first_docking(victim)
    body = canonical({**manifest_of(victim, docking), "officer": None})
    victim.sql("UPDATE manifest SET body = ? WHERE docking = ?", body, docking)
    victim.sql("UPDATE docking SET manifest_sha256 = ?, officer = NULL WHERE id = ?", sha256(body).hexdigest(), docking)
    return tampered(("manifest-altered", f"manifest:{docking}"), ("catalogue-differs", f"docking:{docking}"))


def manifest_digest_entry_and_seal(victim: Victim) -> Expected:
    """A manifest edited and sealed by a stranger whose key the `sealed` entry now names, with the docking's digest to match."""
    docking, ring = first_docking(victim), own_keys()
    body = canonical({**manifest_of(victim, docking), "unit": "U-8"})
    digest = sha256(body).hexdigest()
    victim.sql("UPDATE manifest SET body = ?, signature = ? WHERE docking = ?", body, seal(body, ring.seal), docking)
    victim.sql("UPDATE docking SET manifest_sha256 = ? WHERE id = ?", digest, docking)
    seq = first_seq(victim, "sealed")
    entry = body_of(victim, seq)
    put_body(victim, seq, {**entry, "what": {**entry["what"], "manifest_sha256": digest, "key": ring.seal.id}})
    return tampered(("log-altered", f"entry:1/{seq}"), also={"foreign-key"})


def receipt_and_entry(victim: Victim) -> Expected:
    """A trial receipt made a real one, and the digest in its entry to match."""
    seq = first_seq(victim, "received")
    entry = body_of(victim, seq)
    receipt = json.loads(victim.one("SELECT body FROM receipt WHERE id = ?", entry["what"]["receipt"]))
    body = canonical({**receipt, "kind": "durable"})
    victim.sql("UPDATE receipt SET body = ? WHERE id = ?", body.decode(), entry["what"]["receipt"])
    put_body(victim, seq, {**entry, "what": {**entry["what"], "receipt_sha256": sha256(body).hexdigest(), "trial": False}})
    return tampered(("log-altered", f"entry:1/{seq}"))


def receipt_for_another_clip(victim: Victim) -> Expected:
    """The receipts of two clips in each other's place."""
    pair = victim.rows("SELECT id, subject, body FROM receipt WHERE subject LIKE 'clip:%' ORDER BY id LIMIT 2")
    for (receipt, _, _), (_, subject, body) in zip(pair, reversed(pair), strict=True):
        victim.sql("UPDATE receipt SET subject = ?, body = ? WHERE id = ?", subject, body, receipt)
    return tampered(*(("catalogue-differs", f"receipt:{receipt}") for receipt, _, _ in pair), causes=2)


def log_and_rows_cut_off(victim: Victim) -> Expected:
    cut_off(victim)
    victim.checkpoints = [victim.pattern.final]
    return tampered(("rolled-back", f"log:{ORIGIN}"))


def log_cut_off_and_old_head_moved_up(victim: Victim) -> Expected:
    """The tail goes, and the head before it claims the size of the one that went."""
    seq = cut_off(victim)
    before = heads(victim)[-1]
    text = victim.one("SELECT note FROM checkpoint WHERE size = ?", before).replace(f"\n{before}\n", f"\n{seq + 1}\n", 1)
    victim.sql("INSERT INTO checkpoint SELECT station, epoch, ?, root, ? FROM checkpoint WHERE size = ?", seq + 1, text, before)
    return tampered(either={"log-altered"})


def personal_value_and_row(victim: Victim) -> Expected:
    """Who recorded, in the docking's row and in the value behind the commitment."""
    docking = first_docking(victim)
    entry = victim.one("SELECT id FROM custody_entry WHERE type = 'docked' AND subject = ?", f"docking:{docking}")
    victim.sql("UPDATE docking SET officer = '000000' WHERE id = ?", docking)
    victim.sql("UPDATE personal_value SET value = '000000' WHERE entry = ? AND field = 'officer'", entry)
    return tampered(("catalogue-differs", f"personal_value:{entry}/officer"))


def personal_value_with_salt_and_row(victim: Victim) -> Expected:
    found = personal_value_and_row(victim)
    victim.sql("UPDATE personal_value SET salt = ? WHERE entry = ? AND field = 'officer'", "00" * 16, found.named[0][1][15:51])
    return found


def personal_value_entry_and_row(victim: Victim) -> Expected:
    """The same with the commitment in the entry to match."""
    docking, salt = first_docking(victim), "00" * 16
    personal_value_with_salt_and_row(victim)
    seq = first_seq(victim, "docked")
    entry = body_of(victim, seq)
    assert entry["subject"] == f"docking:{docking}"
    put_body(victim, seq, {**entry, "what": {**entry["what"], "officer": {"commitment": commitment("officer", "000000", salt)}}})
    return tampered(("log-altered", f"entry:1/{seq}"))


def value_removed_as_if_erased(victim: Victim) -> Expected:
    """A case number vanishes with its personal value, as after a lawful erasure; but no entry speaks of one."""
    clip = tagged_clip(victim)
    victim.sql("UPDATE clip SET case_number = NULL WHERE id = ?", clip)
    entry = victim.rows("SELECT id FROM custody_entry WHERE type = 'tagged' AND subject = ? ORDER BY seq", f"clip:{clip}")[-1][0]
    victim.sql("DELETE FROM personal_value WHERE entry = ? AND field = 'case_number.new'", entry)
    return tampered(("catalogue-missing-row", f"personal_value:{entry}/case_number.new"))


def value_removed_and_erasure_put_on(victim: Victim) -> Expected:
    """The same, and the log has an `erased` entry put on at its end, without a head that covers it."""
    missing = value_removed_as_if_erased(victim).named[0][1]
    entry, field = missing.removeprefix("personal_value:").split("/")
    clip = tagged_clip_of(victim, entry)
    bodies = entries(victim)
    made = {**bodies[-1], "id": "01a00000-0000-7000-8000-000000000000", "subject": clip, "type": "erased", "what": {"entry": entry, "field": field}}
    rebuild(victim, chain([*bodies, {**made, "actor": {"system": "station"}}]), LEFT)
    return tampered(either={"log-altered"}, also={"catalogue-missing-row"})


def tagged_clip_of(victim: Victim, entry: str) -> str:
    return str(victim.one("SELECT subject FROM custody_entry WHERE id = ?", entry))


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
    clip, = victim.rows("SELECT id FROM clip WHERE state = 'damaged'")[0]
    docking, position, outcome, record = victim.rows("SELECT docking, position, outcome, record FROM sighting WHERE clip = ?", clip)[0]
    told = {name: value for name, value in json.loads(outcome).items() if name not in {"ranges", "reason"}}
    whole = canonical({**json.loads(record), "state": "verified", "unreadable_ranges": []})
    victim.sql("UPDATE clip SET state = 'verified' WHERE id = ?", clip)
    victim.sql("UPDATE sighting SET state = 'verified', outcome = ?, record = ? WHERE clip = ?", canonical(told).decode(), whole, clip)
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


def settings_file_row_and_entry(victim: Victim) -> Expected:
    file = victim.home / "station.toml"
    victim.edit(file, lambda content: content.replace(b'unit = "U-7"', b'unit = "U-8"'))
    digest = sha256(file.read_bytes()).hexdigest()
    victim.sql("UPDATE settings SET sha256 = ?", digest)
    seq = first_seq(victim, "settings-changed", -1)
    entry = body_of(victim, seq)
    put_body(victim, seq, {**entry, "what": {**entry["what"], "sha256": digest}})
    return tampered(("log-altered", f"entry:1/{seq}"), also={"settings-unexplained"})


def old_backup_and_a_flipped_bit(victim: Victim) -> Expected:
    """Two things at once, and both have to be named."""
    found = restored("before-settings", victim)
    digest = largest(victim)
    victim.edit(victim.blob(digest), flipped(100))
    return tampered(*found.named, ("vault-digest", digest), causes=2)


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


def certificate_and_its_digest(victim: Victim) -> Expected:
    """Another certificate for the log key, and the digest in the entry that introduced it."""
    ring, seq = own_keys(), 3
    entry = body_of(victim, seq)
    victim.sql("UPDATE signing_key SET certificate = ? WHERE role = ?", ring.log.der, entry["what"]["role"])
    put_body(victim, seq, {**entry, "what": {**entry["what"], "certificate_sha256": sha256(ring.log.der).hexdigest()}})
    return tampered(either={"log-altered"}, also={"foreign-key", "certificate-chain"}, causes=2)


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


def far_heads_removed_and_turned_back(victim: Victim) -> Expected:
    """The store's heads go and the home is turned back; one head that lies in a drawer is enough."""
    restored("first-day", victim)
    shutil.rmtree(victim.far)
    victim.checkpoints = victim.checkpoints[1:]
    return tampered(("rolled-back", f"log:{ORIGIN}"))


def far_heads_exchanged_and_turned_back(victim: Victim) -> Expected:
    """The store's newer heads are overwritten with an old genuine one, so that every name is still there."""
    restored("first-day", victim)
    files = sorted((victim.far / ORIGIN).iterdir(), key=lambda file: int(file.name))
    for file in files[1:]:
        file.unlink()
        shutil.copyfile(files[0], file)
    return tampered(("rolled-back", f"log:{ORIGIN}"))


def edit_in_the_write_ahead_log(victim: Victim) -> Expected:
    """The edit lies only in the database's write-ahead log, which a reader at rest might pass over."""
    clip = tagged_clip(victim)
    with victim.database() as connection:
        connection.execute("UPDATE clip SET case_number = 'in the wal' WHERE id = ?", (clip,))
        kept = victim.folder / "kept"
        kept.mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{victim.catalogue}{suffix}", kept / f"c{suffix}")
    for suffix in ("", "-wal"):
        shutil.copyfile(kept / f"c{suffix}", f"{victim.catalogue}{suffix}")
    return tampered(("catalogue-differs", f"clip:{clip}"))


def own_head_over_the_tail(victim: Victim) -> Expected:
    """The last entry altered, and its head signed by a stranger."""
    ring = own_keys()
    bodies = entries(victim)
    bodies[-1] = {**bodies[-1], "salt": "0" * 32}
    rebuild(victim, bodies, Heads(ring.log))
    return tampered(either={"foreign-key"})


PAIRS: tuple[Plant, ...] = (
    row_and_entry, row_entry_and_hash, row_entry_hashes_and_links, row_entry_hashes_links_and_roots, row_entry_hashes_links_and_own_heads,
    blob_and_row, blob_rows_and_old_removed, blob_row_and_entries, manifest_and_digest, manifest_digest_entry_and_seal, receipt_and_entry,
    receipt_for_another_clip, log_and_rows_cut_off, log_cut_off_and_old_head_moved_up, personal_value_and_row,
    personal_value_with_salt_and_row, personal_value_entry_and_row, value_removed_as_if_erased, value_removed_and_erasure_put_on,
    two_clips_exchanged, two_clips_exchange_paths, clip_moved_to_another_docking, damaged_made_whole, unreadable_forgotten, clip_forgotten,
    settings_file_row_and_entry, old_backup_and_a_flipped_bit, entry_altered_and_blob_removed, verified_entry_altered_and_blob_flipped,
    both_entries_altered_and_blob_removed, certificate_and_its_digest, log_recomputed_and_blob_exchanged, far_heads_removed_and_turned_back,
    far_heads_exchanged_and_turned_back, edit_in_the_write_ahead_log, own_head_over_the_tail,
)  # fmt: skip
QUICK = {row_and_entry, blob_and_row, personal_value_and_row, two_clips_exchanged, clip_forgotten, verified_entry_altered_and_blob_flipped}


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    return [Case("pairs", plant.__name__.replace("_", " "), plant, quick=plant in QUICK) for plant in PAIRS]
