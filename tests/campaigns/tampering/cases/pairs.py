"""Cunning pairs: two or more things changed together, each to cover the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256

from tests.campaigns.tampering.cases.log import heads
from tests.campaigns.tampering.cases.manifests import first_docking, manifest_of
from tests.campaigns.tampering.cases.rewritten import LEFT, ROOTED
from tests.campaigns.tampering.cases.turned_back import cut_off, restored
from tests.campaigns.tampering.cases.vault import flipped, largest
from tests.campaigns.tampering.forging import Heads, body_of, chain, entries, first_seq, own_keys, put_body, rebuild
from tests.campaigns.tampering.homes import STATION, Pattern
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
    return tampered(either={"log-altered"}, also={"log-missing"})


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
    made = {
        **bodies[-1],
        "id": "01a00000-0000-7000-8000-000000000000",
        "subject": clip,
        "type": "erased",
        "what": {"entry": entry, "field": field},
    }
    rebuild(victim, chain([*bodies, {**made, "actor": {"system": "station"}}]), LEFT)
    return tampered(either={"log-altered"}, also={"catalogue-missing-row"})


def tagged_clip_of(victim: Victim, entry: str) -> str:
    return str(victim.one("SELECT subject FROM custody_entry WHERE id = ?", entry))


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


def certificate_and_its_digest(victim: Victim) -> Expected:
    """Another certificate for the log key, and the digest in the entry that introduced it."""
    ring, seq = own_keys(), 3
    entry = body_of(victim, seq)
    victim.sql("UPDATE signing_key SET certificate = ? WHERE role = ?", ring.log.der, entry["what"]["role"])
    put_body(victim, seq, {**entry, "what": {**entry["what"], "certificate_sha256": sha256(ring.log.der).hexdigest()}})
    return tampered(either={"log-altered"}, also={"foreign-key", "certificate-chain"}, causes=2)


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


def open_docking_sealed_by_a_stranger(victim: Victim) -> Expected:
    """An interrupted docking gets a manifest, a stranger's seal and the state to match, with no entry that says so."""
    docking, ring = victim.one("SELECT id FROM docking WHERE state = 'open'"), own_keys()
    manifest = canonical({**manifest_of(victim, first_docking(victim)), "docking": docking})
    victim.sql(
        "INSERT INTO manifest (station, docking, body, signature) VALUES (?, ?, ?, ?)",
        STATION,
        docking,
        manifest,
        seal(manifest, ring.seal),
    )
    victim.sql("UPDATE docking SET state = 'sealed', manifest_sha256 = ? WHERE id = ?", sha256(manifest).hexdigest(), docking)
    return tampered(("catalogue-differs", f"docking:{docking}"), ("catalogue-extra-row", f"manifest:{docking}"))


PAIRS: tuple[Plant, ...] = (
    row_and_entry, row_entry_and_hash, row_entry_hashes_and_links, row_entry_hashes_links_and_roots,
    row_entry_hashes_links_and_own_heads, manifest_and_digest, manifest_digest_entry_and_seal, receipt_and_entry,
    receipt_for_another_clip, log_and_rows_cut_off, log_cut_off_and_old_head_moved_up, personal_value_and_row,
    personal_value_with_salt_and_row, personal_value_entry_and_row, value_removed_as_if_erased,
    value_removed_and_erasure_put_on, settings_file_row_and_entry, old_backup_and_a_flipped_bit, certificate_and_its_digest,
    far_heads_removed_and_turned_back, far_heads_exchanged_and_turned_back, edit_in_the_write_ahead_log, own_head_over_the_tail,
    open_docking_sealed_by_a_stranger,
)  # fmt: skip
QUICK = {row_and_entry, personal_value_and_row}


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    return [Case("pairs", plant.__name__.replace("_", " "), plant, quick=plant in QUICK) for plant in PAIRS]
