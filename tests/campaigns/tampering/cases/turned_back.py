"""The log turned back: restored from an old backup, cut off together with its rows, and gone on from there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.campaigns.tampering.forging import forged
from tests.campaigns.tampering.homes import EVENING, Pattern, clone, make_card
from tests.campaigns.tampering.judging import Case, Expected, clean, tampered
from tests.campaigns.tampering.victim import ORIGIN, Victim
from tests.evidence.verify.sample import note

LOG = f"log:{ORIGIN}"
OUT_OF_REACH = {
    "EVIDENCE_STATION_STORE": "s3",
    "EVIDENCE_STATION_STORE_ENDPOINT": "http://127.0.0.1:1",
    "EVIDENCE_STATION_STORE_BUCKET": "evidence",
    "EVIDENCE_STATION_S3_ACCESS_KEY": "station",
    "EVIDENCE_STATION_S3_SECRET_KEY": "no secret",
}
"""A store that does not answer: nothing listens at that port."""


def restored(backup: str, victim: Victim) -> Expected:
    """Everything in the home as it was then; the store lies elsewhere and has gone on."""
    victim.restore(victim.pattern.backups[backup])
    return tampered(("rolled-back", LOG))


def _only_given(victim: Victim) -> Expected:
    restored("before-settings", victim)
    shutil.rmtree(victim.far)
    return tampered(("rolled-back", LOG))


def _only_in_the_store(victim: Victim) -> Expected:
    restored("before-settings", victim)
    victim.checkpoints = []
    return tampered(("rolled-back", LOG))


def _catalogue_alone(victim: Victim) -> Expected:
    """The catalogue and the settings are old, the vault is not."""
    old = victim.pattern.backups["before-settings"] / "home"
    shutil.copyfile(old / "catalogue.sqlite3", victim.catalogue)
    shutil.copyfile(old / "station.toml", victim.home / "station.toml")
    with_old = {digest for (digest,) in victim.rows("SELECT sha256 FROM blob")}
    lying = {path.name for path in (victim.home / "vault" / "blobs").glob("*/*")}
    extra = [("vault-extra", f"{vault}{digest}") for vault in ("", "second:") for digest in sorted(lying - with_old)]
    return tampered(("rolled-back", LOG), *extra, causes=1 + len(extra))


def cut_off(victim: Victim, *, rows: bool = True) -> int:
    """The last act, a tag, goes with its entry, head, personal values and what it wrote. What is left is a state that really was."""
    seq, entry, subject, body = victim.rows(
        "SELECT seq, id, subject, body FROM custody_entry WHERE epoch = 1 AND type = 'tagged' ORDER BY seq DESC"
    )[0]
    assert seq == victim.one("SELECT max(seq) FROM custody_entry")
    victim.sql("DELETE FROM custody_entry WHERE seq = ?", seq)
    victim.sql("DELETE FROM checkpoint WHERE size = ?", seq + 1)
    victim.sql("DELETE FROM personal_value WHERE entry = ?", entry)
    for change in json.loads(body)["what"]["changes"] if rows else ():
        assert change["old"] is None
        victim.sql(f"UPDATE clip SET {change['field']} = NULL WHERE id = ?", subject.removeprefix("clip:"))
    return int(seq)


def _cut_off_witnessed(victim: Victim) -> Expected:
    cut_off(victim)
    victim.checkpoints = [victim.pattern.final]
    return tampered(("rolled-back", LOG))


def _cut_off_unwitnessed(victim: Victim) -> Expected:
    """No head over the tail ever left the station, so nothing can tell: what is not witnessed is named as such."""
    cut_off(victim)
    return clean("unwitnessed")


def _restored_alone(victim: Victim) -> Expected:
    victim.restore(victim.pattern.backups["first-day"])
    return clean("unwitnessed", "unanchored")


def _newest_far_heads_removed(victim: Victim) -> Expected:
    restored("before-settings", victim)
    for file in (victim.far / ORIGIN).iterdir():
        if int(file.name) > 60:
            file.unlink()
    return tampered(("rolled-back", LOG))


# -- gone on --


def gone_on(victim: Victim, *, further: bool) -> None:
    """From an old backup the station works on, with the store out of reach; ``further``: beyond all that was ever witnessed."""
    victim.restore(victim.pattern.backups["before-settings"])
    aside = victim.folder / "store-aside"
    (victim.home / "store").rename(aside)
    clip = victim.one("SELECT id FROM clip ORDER BY id")
    rounds = range(30) if further else range(2)
    for number in rounds:
        victim.must("tag", clip, "--note", f"round {number}", "--category", ("traffic", "dispute", "assault")[number % 3])
    if further:
        for number in range(4):
            card = make_card(
                victim.folder / f"card{number}",
                {path + b"%d" % number: content + b"%d" % number for path, content in EVENING.items()},
            )
            victim.must("ingest", str(card))
    shutil.rmtree(victim.home / "store", ignore_errors=True)
    aside.rename(victim.home / "store")


def _gone_on_further(victim: Victim) -> Expected:
    gone_on(victim, further=True)
    return tampered(("forked", LOG))


def _gone_on_short(victim: Victim) -> Expected:
    """It has not reached the newest witnessed size yet, but differs below none: so it is only known to have been turned back."""
    gone_on(victim, further=False)
    return tampered(("rolled-back", LOG))


def _gone_on_unwitnessed(victim: Victim) -> Expected:
    gone_on(victim, further=False)
    shutil.rmtree(victim.far)
    victim.checkpoints = [victim.pattern.kept[0]]
    return clean("unwitnessed")


# -- after a recovery --


def _before_the_recovery(victim: Victim) -> Expected:
    """The log of the second epoch goes as if nobody had ever recovered. Its heads lie in the store, and one was kept."""
    victim.restore(victim.pattern.backups["before-recovery"])
    return tampered(either={"rolled-back"})


def _before_a_recovery_that_lost_nothing(victim: Victim) -> Expected:
    """Recovered with nothing lost, worked on, sent; then turned back to the end of the first epoch. Only the store knows of the second."""
    before = victim.folder / "before"
    victim.must("upload", "--until-idle")
    clone(victim.home, before / "home")
    clone(victim.second, before / "second")
    victim.must("recover", "--reason", "a new disk")
    victim.must("tag", victim.one("SELECT id FROM clip ORDER BY id"), "--category", "traffic")
    victim.must("upload", "--until-idle")
    victim.restore(before)
    victim.checkpoints = []
    return tampered(either={"rolled-back"})


def _second_epoch_removed(heads: bool, victim: Victim) -> Expected:
    victim.sql("DELETE FROM custody_entry WHERE epoch = 2")
    if heads:
        victim.sql("DELETE FROM checkpoint WHERE epoch = 2")
        # what the second epoch explained is unexplained now, row by row
        return tampered(
            either={"rolled-back", "log-missing"}, also={"catalogue-differs", "catalogue-extra-row", "vault-extra"}, causes=12
        )
    return tampered(("log-missing", "entry:2"), also={"rolled-back"})


def _first_epoch_removed(victim: Victim) -> Expected:
    victim.sql("DELETE FROM custody_entry WHERE epoch = 1")
    victim.sql("DELETE FROM checkpoint WHERE epoch = 1")
    victim.sql("DELETE FROM log WHERE epoch = 1")
    return tampered(("log-missing", "entry:1"), also={"foreign-key", "rolled-back"})


def _end_of_first_epoch_cut_off(victim: Victim) -> Expected:
    """The second epoch says where the first one ended."""
    last = victim.one("SELECT max(seq) FROM custody_entry WHERE epoch = 1")
    size = victim.rows("SELECT size FROM checkpoint WHERE epoch = 1 ORDER BY size DESC")[1][0]
    victim.sql("DELETE FROM custody_entry WHERE epoch = 1 AND seq >= ?", size)
    victim.sql("DELETE FROM checkpoint WHERE epoch = 1 AND size > ?", size)
    return tampered(("log-missing", f"entry:1/{size}-{last}"))


def _epochs_exchanged(victim: Victim) -> Expected:
    for table in ("custody_entry", "checkpoint"):
        victim.sql(f"UPDATE {table} SET epoch = -epoch")
        victim.sql(f"UPDATE {table} SET epoch = 3 + epoch")
    return tampered(
        either={"log-altered", "log-order", "log-missing"},
        also={"forked", "rolled-back", "foreign-key", "manifest-signature", "catalogue-differs"},
        causes=3,
    )


# -- heads far away --


def _far_head(change: Callable[[Path], None], *notes: str) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        change(max((victim.far / ORIGIN).iterdir(), key=lambda file: int(file.name)))
        return clean(*notes)

    return plant


def _garbage(file: Path) -> None:
    file.unlink()
    file.write_bytes(b"\xff garbage \n")


def _spoil(file: Path) -> None:
    text = file.read_text()
    head, _, line = text.rpartition(" ")
    file.unlink()
    file.write_text(f"{head} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}")


def _all_far_heads_removed(victim: Victim) -> Expected:
    shutil.rmtree(victim.far)
    return clean("unwitnessed")


def _far_heads_removed_and_none_given(victim: Victim) -> Expected:
    shutil.rmtree(victim.far)
    victim.checkpoints = []
    return clean("unwitnessed")


def _given(text: Callable[[Victim], str], *notes: str) -> Callable[[Victim], Expected]:
    def plant(victim: Victim) -> Expected:
        file = victim.folder / "given.checkpoint"
        file.write_text(text(victim))
        victim.checkpoints.append(file)
        return clean(*notes)

    return plant


def _forged_far_head(victim: Victim) -> Expected:
    """Somebody who can write to the store lays in a head of our log, larger than ours, signed by a key of his own."""
    signer = forged("ed25519", forged("p256", authority=True))
    (victim.far / ORIGIN / "9999").write_text(note(ORIGIN, 9999, bytes(32), signer))
    return tampered(either={"foreign-key"})


def _unreachable(victim: Victim) -> Expected:
    """A store that cannot be asked is no problem of this home's."""
    victim.environment.update(OUT_OF_REACH)
    return clean("store-not-asked")


def cases(patterns: dict[str, Pattern]) -> list[Case]:
    found = [
        Case("rolled-back", f"everything as it was: {name}", partial(restored, name), quick=name == "before-settings")
        for name in ("first-day", "before-settings")
    ]
    found += [
        Case("rolled-back", "only the store knows", _only_in_the_store, quick=True),
        Case("rolled-back", "only a kept head knows", _only_given),
        Case("rolled-back", "the newest heads gone from the store", _newest_far_heads_removed),
        Case("rolled-back", "the catalogue alone", _catalogue_alone),
        Case("rolled-back", "log, rows and head cut off together", _cut_off_witnessed, quick=True),
        Case("nothing", "log, rows and head cut off where nothing was witnessed", _cut_off_unwitnessed),
        Case("nothing", "everything as it was, and no witness at all", _restored_alone, alone=True),
        Case("forked", "turned back and gone on beyond what was witnessed", _gone_on_further, quick=True, on_disk=True),
        Case("rolled-back", "turned back and gone on a little", _gone_on_short),
        Case("nothing", "turned back and gone on, and no witness of what was lost", _gone_on_unwitnessed),
        Case("rolled-back", "to before a recovery", _before_the_recovery, "recovered"),
        Case("rolled-back", "to before a recovery that lost nothing", _before_a_recovery_that_lost_nothing),
        Case("log-missing", "the second epoch", partial(_second_epoch_removed, False), "recovered"),
        Case("log-missing", "the second epoch and its heads", partial(_second_epoch_removed, True), "recovered"),
        Case("log-missing", "the first epoch, its heads and its row", _first_epoch_removed, "recovered"),
        Case("log-missing", "the end of the first epoch with its head", _end_of_first_epoch_cut_off, "recovered"),
        Case("log-missing", "the end of the first epoch with its head", _end_of_first_epoch_cut_off, "recovered", alone=True),
        Case("log-altered", "the epochs exchanged", _epochs_exchanged, "recovered"),
        Case("foreign-key", "a forged head in the store", _forged_far_head, quick=True),
        Case("nothing", "far heads: one is garbage", _far_head(_garbage, "checkpoint-unreadable"), quick=True),
        Case("nothing", "far heads: one with a bad signature", _far_head(_spoil, "checkpoint-unproven")),
        Case("nothing", "far heads: all removed", _all_far_heads_removed),
        Case("nothing", "far heads: all removed and none given", _far_heads_removed_and_none_given),
        Case("nothing", "a given head of another station", _given(_of_another_station, "checkpoint-elsewhere"), quick=True),
        Case("nothing", "a given head that is none", _given(lambda _: "hello\n", "checkpoint-unreadable")),
        Case("nothing", "the store is out of reach", _unreachable, quick=True),
    ]
    return found


def _of_another_station(victim: Victim) -> str:
    return note("evidence-station/T-2/1", 3, bytes(32), forged("ed25519", forged("p256", authority=True)))
