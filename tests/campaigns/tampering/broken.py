"""Builds that are broken on purpose, in a forked process only: each must be caught, or the campaign proves nothing.

A broken verifier must make a case fail that a whole one passes; a broken writer must be caught by the whole verifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaigns.tampering.command import Breaking
from tests.campaigns.tampering.homes import SHIFT, TORN, Pattern, make_card
from tests.campaigns.tampering.judging import Case, Judged
from tests.campaigns.tampering.kept import RUN, done_later
from tests.campaigns.tampering.victim import Victim
from tests.servers.badcard import mounted

Ours = Any
"""Something of the product's: a stand-in passes it on, whatever it is."""

Judge = Callable[[Case, dict[str, Pattern], Path, Breaking | None], Judged]


@dataclass(frozen=True, slots=True)
class BrokenVerifier:
    """``breaking`` breaks it; ``cases``: the beginnings of the titles of cases, of which one at least must fail then."""

    name: str
    breaking: Breaking
    cases: tuple[str, ...]
    quick: bool = False

    def uncaught(self, patterns: dict[str, Pattern], every: list[Case], folder: Path, judge: Judge) -> Iterator[str]:
        chosen = [case for title in self.cases for case in every if case.title == title]
        if len(chosen) != len(self.cases):
            yield f"cases that are not there: {set(self.cases) - {case.title for case in chosen}}"
        for number, case in enumerate(chosen):
            place = folder / str(number)
            place.mkdir()
            if not judge(case, patterns, place, self.breaking).complaints:
                yield f"passes {case.title}"


def _put(place: object, name: str, stand_in: object) -> None:
    """Put a stand-in in the place of something that is there."""
    if not hasattr(place, name):
        raise AttributeError(f"{place} has no {name} any more: the broken builds must follow the product")
    setattr(place, name, stand_in)


def _replace(where: str, name: str, stand_in: Callable[..., object]) -> Breaking:
    """Put a stand-in where a function or a method of the product is. ``where``: a module, or a class in it after a colon."""

    def breaking() -> None:
        from importlib import import_module

        module, _, owner = where.partition(":")
        place: Any = import_module(module)
        if owner:
            place = getattr(place, owner)
        _put(place, name, stand_in)

    return breaking


def _column_forgotten(column: str) -> Breaking:
    """The fold's comparison leaves a column out."""

    def breaking() -> None:
        from evidence.verify.compare import Comparison

        whole = Comparison.compare

        def forgetful(self: Ours, table: str, key: str, expected: dict[str, object] | None, row: Ours) -> None:
            if expected is not None:
                expected = {name: value for name, value in expected.items() if name != column}
            whole(self, table, key, expected, row)

        _put(Comparison, "compare", forgetful)

    return breaking


def _roots_not_compared() -> None:
    from evidence.verify.log import EpochLog

    def trusting(self: Ours, row: Ours) -> None:
        self._heads.check(row, self._origin, self._edge.root(), self._at(), certain=False)
        self._suspects, self._bodies = [], None
        self._proven, self._failing = self._edge.size, False

    _put(EpochLog, "_head", trusting)


def _stored_hashes_believed() -> None:
    """Bodies are not hashed again: the stored leaf hash is taken for right."""
    from evidence.verify import log, tree

    whole = log.EpochLog.entry

    def believing(self: Ours, row: tuple[Any, ...]) -> None:
        hashes = row[7]
        genuine = tree.leaf
        _put(tree, "leaf", lambda body: hashes[:32] if isinstance(hashes, bytes) else genuine(body))
        try:
            whole(self, row)
        finally:
            _put(tree, "leaf", genuine)

    _put(log.EpochLog, "entry", believing)


def _signatures_believed() -> None:
    from evidence.verify import heads, keys

    for module in (heads, keys):
        _put(module, "signed_by", _true)


def _sm3_not_taken() -> None:
    """The vault is held against SHA-256 alone."""
    from evidence.verify.vault import BlobReader

    whole = BlobReader.check
    _put(BlobReader, "check", lambda self, path, digest, _sm3=(): whole(self, path, digest))


def _words_believed() -> None:
    """Whatever becomes of a second person's word is taken for possible."""
    from evidence.verify import compare

    class Everything:
        def __contains__(self, _: object) -> bool:
            return True

    _put(compare, "_WORDS", Everything())


def _nothing(*_: object, **__: object) -> None:
    return None


def _true(*_: object, **__: object) -> bool:
    return True


def _chains_believed(self: Ours, anchors: object) -> bool:
    return bool(anchors)


VERIFIERS = (
    BrokenVerifier("the root comparison skipped", _roots_not_compared, ("log-altered/recomputed, the heads left",), quick=True),
    BrokenVerifier("entries not hashed again", _stored_hashes_believed, ("log-altered/docked",)),
    BrokenVerifier(
        "the signatures of heads believed",
        _signatures_believed,
        ("log-altered/a head, signature", "log-altered/recomputed, new roots under the old signatures"),
    ),
    BrokenVerifier(
        "the vault not re-read",
        _replace("evidence.verify.vault:BlobReader", "check", _nothing),
        ("vault-digest/one bit in the middle of a large blob", "vault-digest/the last byte"),
        quick=True,
    ),
    BrokenVerifier(
        "the vault not looked at",
        _replace("evidence.verify.vault:VaultCheck", "check", _nothing),
        ("vault-missing/a blob removed",),
    ),
    *(
        BrokenVerifier(
            f"the column {column} not compared",
            _column_forgotten(column),
            (f"catalogue-differs/{case}",),
            quick=column == "officer",
        )
        for column, case in (
            ("officer", "docking.officer its last character"),
            ("recorded_at", "clip.recorded_at its last character"),
            ("category", "clip.category its last character"),
            ("outcome", "sighting.outcome its last character"),
            ("record", "sighting.record one bit"),
            ("sm3", "gm: another SM3 of a sighting"),
            ("placed_at", "blob.placed_at its last character"),
            ("body", "receipt.body its last character"),
        )
    ),
    BrokenVerifier(
        "SM3 taken of no blob",
        _sm3_not_taken,
        ("vault-digest/gm: an SM3 that was logged wrongly",),
    ),
    BrokenVerifier(
        "SM2 signatures believed",
        _replace("evidence.verify.manifests", "check_sm2", _nothing),
        ("manifest-signature/gm: SM2 signature of another manifest",),
    ),
    BrokenVerifier(
        "personal values not compared",
        _replace("evidence.verify.compare:Comparison", "_personal", _nothing),
        ("pairs/personal value and row", "catalogue-differs/personal_value.salt its last character"),
    ),
    BrokenVerifier(
        "checkpoints from far away not compared",
        _replace("evidence.verify.witness:Witnesses", "check", _nothing),
        ("rolled-back/everything as it was: before-settings", "forked/turned back and gone on beyond what was witnessed"),
        quick=True,
    ),
    BrokenVerifier(
        "the settings file not compared",
        _replace("evidence.verify.examination", "check_settings", _nothing),
        ("settings-unexplained/a setting changed",),
    ),
    BrokenVerifier(
        "the manifest's seal not checked",
        _replace("evidence.verify.manifests:Manifests", "_check_seal", _nothing),
        ("manifest-signature/of another manifest", "foreign-key/a manifest sealed by a stranger"),
    ),
    BrokenVerifier(
        "time stamps not looked at",
        _replace("evidence.verify.stamps:Stamps", "check", _nothing),
        (
            "catalogue-differs/time_stamp.response one bit",
            "token-foreign/logged for another docking",
            "catalogue-missing-row/the first time_stamp",
        ),
        quick=True,
    ),
    BrokenVerifier(
        "time stamps not held to what they cover",
        _replace("evidence.verify.stamps", "is_digest", _true),
        ("token-foreign/a seal made again with the station's key",),
    ),
    BrokenVerifier(
        "the signatures of time stamps believed",
        _replace("evidence.verify.tokens", "_verify", _nothing),
        ("token-invalid/logged, its signature spoiled",),
    ),
    BrokenVerifier(
        "the certificate of a time stamp not held to be the one that is named",
        _replace("evidence.verify.tokens", "_names", _true),
        ("token-invalid/logged, its signature naming no certificate",),
    ),
    BrokenVerifier(
        "anchors and chains believed",
        _replace("evidence.verify.keys:Keyring", "check_chains", _chains_believed),
        ("foreign-key/an anchor that no authority has", "certificate-chain/the seal's by a stranger"),
    ),
    BrokenVerifier(
        "the end of a key not heeded",
        _replace("evidence.verify.keys:Keyring", "revoke", _nothing),
        (
            "manifest-signature/sealed with the key of before",
            "log-altered/the log key of before goes on",
            "nothing/seal key rotated: compromised",
        ),
    ),
    BrokenVerifier(
        "sheets not compared",
        _replace("evidence.verify.compare:Comparison", "sheets", _nothing),
        ("catalogue-differs/a hold lifted in the table only", "catalogue-missing-row/a hold deleted"),
    ),
    BrokenVerifier(
        "disposals not held to what was asked for",
        _replace("evidence.verify.compare:Comparison", "_disposed_rightly", _nothing),
        ("log-missing/a disposal of more by altered software",),
        quick=True,
    ),
    BrokenVerifier(
        "disposals not held to a second person's word",
        _replace("evidence.verify.compare:Comparison", "_begun_rightly", _nothing),
        ("log-missing/a disposal that one person agreed with himself on, by altered software",),
    ),
    BrokenVerifier(
        "words that are spent again believed",
        _words_believed,
        ("log-missing/an approval spent twice by altered software",),
    ),
)


# -- writers --


def _forgetting(act: str) -> Breaking:
    """A ledger that leaves the entries of one act out."""

    def breaking() -> None:
        from evidence.catalogue.ledger import Commit

        whole = Commit.append

        def append(self: Ours, draft: Ours) -> Ours:
            if draft.act.value != act:
                return whole(self, draft)
            return self.new_id()

        _put(Commit, "append", append)

    return breaking


@dataclass(frozen=True, slots=True)
class BrokenWriter:
    """``breaking`` breaks it for the commands of ``work``; ``kinds``: of these one must be named afterwards."""

    name: str
    breaking: Breaking
    work: Callable[[Victim, Breaking], None]
    kinds: frozenset[str]
    quick: bool = False
    pattern: str = "main"

    def uncaught(self, patterns: dict[str, Pattern], every: list[Case], folder: Path, judge: Judge) -> Iterator[str]:
        victim = Victim(patterns[self.pattern], folder)
        self.work(victim, self.breaking)
        said = victim.verify()
        kinds = {one["kind"] for one in said.document.get("problems", ())}
        if said.status != 3 or not kinds & self.kinds:
            yield f"not caught: {said.told()}"


def _tag(victim: Victim, breaking: Breaking) -> None:
    victim.run("tag", victim.one("SELECT id FROM clip ORDER BY id"), "--category", "traffic", broken=breaking)


def _tag_twice(victim: Victim, breaking: Breaking) -> None:
    _tag(victim, breaking)
    victim.must("tag", victim.one("SELECT id FROM clip ORDER BY id"), "--category", "assault")


def _ingest(victim: Victim, breaking: Breaking) -> None:
    card = make_card(victim.folder / "card", {b"one.mp4": b"one", b"two.mp4": b"", b"three.mp4": b"three"})
    victim.run("ingest", str(card), "--officer", "1", broken=breaking)


def _ingest_again(victim: Victim, breaking: Breaking) -> None:
    victim.run("ingest", str(make_card(victim.folder / "card", SHIFT)), broken=breaking)


def _ingest_torn(victim: Victim, breaking: Breaking) -> None:
    with mounted(TORN, victim.folder / "torn") as torn:
        victim.run("ingest", str(torn.path), "--device", "other", broken=breaking)


def _upload(victim: Victim, breaking: Breaking) -> None:
    victim.run("upload", "--until-idle", broken=breaking)


def _set(victim: Victim, breaking: Breaking) -> None:
    victim.run("settings", "set", "probe_seconds", "11", broken=breaking)


def _set_twice(victim: Victim, breaking: Breaking) -> None:
    """The first change is not logged; the second says what it found."""
    _set(victim, breaking)
    victim.must("settings", "set", "probe_seconds", "12")


def _recover(victim: Victim, breaking: Breaking) -> None:
    victim.run("recover", "--reason", "x", broken=breaking)
    _tag(victim, lambda: None)


def _hold(victim: Victim, breaking: Breaking) -> None:
    done_later(victim, "holds", "place", "officer", "007777", "--clause", "c", "--reason", "r", breaking=breaking)


def _dispose(victim: Victim, breaking: Breaking) -> None:
    done_later(victim, *RUN, breaking=breaking)


def _writers() -> Iterator[BrokenWriter]:
    rows = frozenset({"catalogue-differs", "catalogue-extra-row", "catalogue-missing-row"})
    acts: dict[str, tuple[Callable[[Victim, Breaking], None], frozenset[str]]] = {
        "tagged": (_tag, rows),
        "docked": (_ingest, rows),
        "inventory": (_ingest, rows),
        "copied": (_ingest, rows | {"log-missing"}),
        "verified": (_ingest, rows | {"log-missing"}),
        "empty": (_ingest, rows | {"log-missing"}),
        "damaged": (_ingest_torn, rows | {"log-missing"}),
        "unreadable": (_ingest_torn, rows | {"log-missing"}),
        "duplicate-seen": (_ingest_again, rows | {"log-missing"}),
        "sealed": (_ingest, rows),
        "received": (_upload, rows),
        "settings-changed": (_set, rows | {"settings-unexplained"}),
        "recovered": (_recover, rows | {"log-altered", "log-missing"}),
    }
    for act, (work, kinds) in acts.items():
        yield BrokenWriter(f"the entry '{act}' omitted", _forgetting(act), work, kinds, quick=act in {"tagged", "verified"})
    yield BrokenWriter("the entry 'recorded' omitted", _forgetting("recorded"), _hold, rows, pattern="kept")
    yield BrokenWriter("the entry 'disposed' omitted", _forgetting("disposed"), _dispose, rows, pattern="kept")
    lost = frozenset({"log-missing"})
    yield BrokenWriter("a tag omitted between two others", _forgetting("tagged"), _tag_twice, lost)
    yield BrokenWriter("settings changed unlogged between two changes", _forgetting("settings-changed"), _set_twice, lost)
    yield BrokenWriter("entries that do not name the one before", _chain_cut, _tag, lost)
    yield BrokenWriter(
        "a checkpoint that is not signed in a commit", _no_checkpoint, _tag, frozenset({"log-altered", "log-missing"})
    )


def _chain_cut() -> None:
    """The ledger forgets what came before about a subject."""
    from evidence.catalogue.ledger import Commit

    _put(Commit, "_previous", _nothing)


def _no_checkpoint() -> None:
    from sqlalchemy import insert

    from evidence.catalogue import schema
    from evidence.catalogue.ledger import Commit

    def close(self: Ours, _signer: object) -> None:
        self.connection.execute(insert(schema.custody_entry), self._entries)
        if self._personal:
            self.connection.execute(insert(schema.personal_value), self._personal)

    _put(Commit, "close", close)


BUILDS: tuple[BrokenVerifier | BrokenWriter, ...] = (*VERIFIERS, *_writers())
