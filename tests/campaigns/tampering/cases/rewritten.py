"""The log written anew by somebody who has read the format: entries, links, hashes and roots all follow. Only the keys are lacking."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from tests.campaigns.tampering.command import must
from tests.campaigns.tampering.forging import Body, Heads, body_of, chain, entries, first_seq, forged, own_keys, rebuild
from tests.campaigns.tampering.homes import SHIFT, STATION, UNIT, Pattern, make_card
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import Victim
from tests.evidence.verify.sample import Keys, canonical, note, seal

LEFT_OVER = {"catalogue-extra-row"}
"""Who tagged is a personal value, which no entry commits to any more."""

LEFT, ROOTED = Heads(), Heads(rooted=True)


def without_key(victim: Victim, heads: Heads, change: Callable[[list[Body]], list[Body]] | None = None) -> None:
    """One entry says something else (by default who tagged first, when), and everything over it is computed anew."""
    bodies = entries(victim)
    if change is None:
        seq = first_seq(victim, "tagged")
        bodies[seq] = {**bodies[seq], "actor": {"system": "station"}}
    else:
        bodies = change(bodies)
    rebuild(victim, chain(bodies), heads)


def _recomputed(heads: str, victim: Victim) -> Expected:
    match heads:
        case "left":
            without_key(victim, LEFT)
        case "rooted":
            without_key(victim, ROOTED)
        case _:
            without_key(victim, Heads(forged("ed25519", forged("p256", authority=True))))
            return tampered(either={"foreign-key"}, also=LEFT_OVER)
    return tampered(either={"log-altered"}, also=LEFT_OVER)


def _entry_left_out(heads: Heads, victim: Victim) -> Expected:
    """An entry is gone, the later ones are numbered and chained anew, heads and sizes follow."""
    seq = first_seq(victim, "tagged")
    bodies = entries(victim)
    del bodies[seq]
    rebuild(victim, chain(bodies), heads, moved=lambda size: size - 1 if size > seq else size)
    return tampered(
        either={"foreign-key"} if heads.signer else {"log-altered"}, also={"catalogue-differs", "catalogue-extra-row"}, causes=2
    )


def _entry_put_in(heads: Heads, victim: Victim) -> Expected:
    seq = first_seq(victim, "sealed")
    bodies = entries(victim)
    bodies.insert(seq, {**body_of(victim, first_seq(victim, "viewed")), "id": "01a00000-0000-7000-8000-000000000000"})
    rebuild(victim, chain(bodies), heads, moved=lambda size: size + 1 if size > seq else size)
    also = {"catalogue-missing-row", "log-missing"}  # the name of who is said to have looked, and the head of its commit
    return tampered(either={"foreign-key"} if heads.signer else {"log-altered"}, also=also)


def _not_chained(victim: Victim) -> Expected:
    """Hashes and heads follow, the links of the subject's later entries do not."""
    bodies = entries(victim)
    seq = first_seq(victim, "tagged")
    bodies[seq] = {**bodies[seq], "salt": "0" * 32}
    rebuild(victim, bodies, Heads(forged("ed25519", forged("p256", authority=True))))
    return tampered(either={"foreign-key"}, also={"log-missing"})


def _stranger_introduced(victim: Victim) -> Expected:
    """The forger's key stands in the log as if it had been introduced, and signs everything after; its certificate is the forger's own."""
    ring = own_keys()
    bodies = entries(victim)
    seq = first_seq(victim, "docked")
    introduced = {**bodies[3], "id": "01a00000-0000-7000-8000-000000000000", "subject": f"key:{ring.log.id}"}
    introduced["what"] = {"role": "log", "certificate_sha256": sha256(ring.log.der).hexdigest()}
    introduced["when"] = bodies[seq]["when"]
    bodies.insert(seq, introduced)
    rebuild(victim, chain(bodies), Heads(ring.log), moved=lambda size: size + 1 if size > seq else size)
    at = introduced["when"]["utc"]
    victim.sql("INSERT INTO signing_key VALUES (?, ?, 'log', ?, ?, NULL)", STATION, ring.log.id, ring.log.der, at)
    if victim.alone:
        return tampered(("certificate-chain", f"key:{ring.log.id}"))
    return tampered(("certificate-chain", f"key:{ring.log.id}"), either={"forked", "rolled-back"})


# -- a new authority, and everything signed again --


def all_anew(victim: Victim, change: Callable[[Body], Body] | None = None) -> Keys:
    """The whole home by the keys of a forger: introductions, seals, entries, heads. What ``change`` makes of an entry goes in as well."""
    ring = own_keys()
    mine = {"ca": ring.ca, "seal": ring.seal, "log": ring.log}
    bodies = [change(body) if change is not None else body for body in entries(victim)]
    for number, body in enumerate(bodies):
        if body["type"] == "key-introduced":
            key = mine[body["what"]["role"]]
            what = {**body["what"], "certificate_sha256": sha256(key.der).hexdigest()}
            bodies[number] = {**body, "subject": f"key:{key.id}", "what": what}
            victim.sql("UPDATE signing_key SET id = ?, certificate = ? WHERE role = ?", key.id, key.der, body["what"]["role"])
        elif body["type"] == "sealed":
            docking = body["subject"].removeprefix("docking:")
            manifest = victim.one("SELECT body FROM manifest WHERE docking = ?", docking)
            victim.sql("UPDATE manifest SET signature = ? WHERE docking = ?", seal(manifest, ring.seal), docking)
            bodies[number] = {**body, "what": {**body["what"], "key": ring.seal.id}}
    rebuild(victim, chain(bodies), Heads(ring.log, rooted=True))
    return ring


def _all_anew(victim: Victim) -> Expected:
    all_anew(victim)
    if victim.alone:
        return clean("unanchored", "unwitnessed", anchored=False)
    # a head that nobody's key here explains cannot witness anything but that: another key signed for this station
    return tampered(("foreign-key", f"anchor:{victim.pattern.anchor}"), also={"foreign-key", "forked"})


def _all_anew_with_the_anchor_only(victim: Victim) -> Expected:
    all_anew(victim)
    shutil.rmtree(victim.far)
    victim.checkpoints = []
    return tampered(("foreign-key", f"anchor:{victim.pattern.anchor}"))


def _all_anew_with_a_far_head_only(victim: Victim) -> Expected:
    all_anew(victim)
    victim.anchors, victim.checkpoints = (), []
    return tampered(either={"foreign-key", "forked"})


def _all_anew_and_another_officer(victim: Victim) -> Expected:
    """The forger makes use of it: another officer, in the log, the manifest and the rows."""
    docking, salt = "", "11" * 16
    committed = sha256(b"evidence-station/commitment/v1\0" + bytes.fromhex(salt) + b"officer\0" + b"000000").hexdigest()
    entry, docking = victim.rows("SELECT id, substr(subject, 9) FROM custody_entry WHERE type = 'docked' ORDER BY seq")[0]
    manifest = json.loads(victim.one("SELECT body FROM manifest WHERE docking = ?", docking))
    manifest["officer"] = {"commitment": committed}
    victim.sql("UPDATE manifest SET body = ? WHERE docking = ?", canonical(manifest), docking)
    digest = sha256(canonical(manifest)).hexdigest()
    victim.sql("UPDATE docking SET officer = '000000', manifest_sha256 = ? WHERE id = ?", digest, docking)
    victim.sql("UPDATE personal_value SET value = '000000', salt = ? WHERE entry = ? AND field = 'officer'", salt, entry)

    def change(body: Body) -> Body:
        if body["id"] == entry:
            return {**body, "what": {**body["what"], "officer": {"commitment": committed}}}
        if body["type"] == "sealed" and body["subject"] == f"docking:{docking}":
            return {**body, "what": {**body["what"], "manifest_sha256": digest}}
        return body

    all_anew(victim, change)
    if victim.alone:
        return clean("unanchored", "unwitnessed", anchored=False)
    return tampered(("foreign-key", f"anchor:{victim.pattern.anchor}"), also={"foreign-key", "forked"})


def _another_station_of_the_same_name(victim: Victim) -> Expected:
    """A station set up afresh under the same name takes a doctored card, and is put where the real one was."""
    shutil.rmtree(victim.second)
    (victim.home / "store").rename(victim.folder / "store")
    shutil.rmtree(victim.home)
    must(victim.home, "init", "--station", STATION, "--unit", UNIT)
    card = make_card(victim.folder / "card", {**SHIFT, b"DCIM/added.MP4": b"never filmed"})
    must(victim.home, "ingest", str(card), "--officer", "004567", settings=victim.settings)
    (victim.folder / "store").rename(victim.home / "store")
    return tampered(("foreign-key", f"anchor:{victim.pattern.anchor}"), also={"foreign-key", "rolled-back", "forked"})


def _heads_by_a_stranger(victim: Victim) -> Expected:
    """The log is as it was; only the heads are somebody else's."""
    signer = forged("ed25519", forged("p256", authority=True))
    for size, root, text in victim.rows("SELECT size, root, note FROM checkpoint WHERE epoch = 1"):
        victim.sql(
            "UPDATE checkpoint SET note = ? WHERE size = ?", note(text.splitlines()[0], size, bytes.fromhex(root), signer), size
        )
    return tampered(either={"foreign-key"})


def _one_head_by_a_stranger(victim: Victim) -> Expected:
    signer = forged("ed25519", forged("p256", authority=True))
    size, root, text = victim.rows("SELECT size, root, note FROM checkpoint WHERE epoch = 1 ORDER BY size")[9]
    victim.sql(
        "UPDATE checkpoint SET note = ? WHERE size = ?", note(text.splitlines()[0], size, bytes.fromhex(root), signer), size
    )
    return tampered(either={"foreign-key"})


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    stranger = Heads(forged("ed25519", forged("p256", authority=True)))
    anew: list[tuple[str, str, Callable[[Victim], Expected], bool]] = [
        ("log-altered", "recomputed, the heads left", partial(_recomputed, "left"), True),
        ("log-altered", "recomputed, new roots under the old signatures", partial(_recomputed, "rooted"), True),
        ("foreign-key", "recomputed, signed by a stranger", partial(_recomputed, "signed"), True),
        ("log-altered", "an entry left out and all recomputed", partial(_entry_left_out, ROOTED), False),
        ("foreign-key", "an entry left out and all recomputed, signed by a stranger", partial(_entry_left_out, stranger), False),
        ("log-altered", "an entry put in and all recomputed", partial(_entry_put_in, ROOTED), False),
        ("foreign-key", "an entry put in and all recomputed, signed by a stranger", partial(_entry_put_in, stranger), False),
        ("foreign-key", "recomputed but for the links, signed by a stranger", _not_chained, False),
        ("certificate-chain", "recomputed, the stranger's key introduced", _stranger_introduced, False),
        ("foreign-key", "all heads by a stranger", _heads_by_a_stranger, False),
        ("foreign-key", "one head by a stranger", _one_head_by_a_stranger, False),
    ]
    found = [Case(group, name, plant, quick=quick, alone=alone) for group, name, plant, quick in anew for alone in (False, True)]
    found += [
        Case("foreign-key", "a new authority and everything signed anew", _all_anew, quick=True),
        Case("nothing", "a new authority and everything signed anew", _all_anew, alone=True),
        Case("foreign-key", "everything signed anew, only the anchor is known", _all_anew_with_the_anchor_only),
        Case("foreign-key", "everything signed anew, only the store is known", _all_anew_with_a_far_head_only),
        Case("foreign-key", "everything signed anew, and another officer", _all_anew_and_another_officer),
        Case("nothing", "everything signed anew, and another officer", _all_anew_and_another_officer, alone=True),
        Case("foreign-key", "another station of the same name", _another_station_of_the_same_name, on_disk=True),
    ]
    return found
