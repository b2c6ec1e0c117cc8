"""One verification, start to end. It reads, and writes nothing anywhere but an unnamed temporary file.

Order: the log against itself; keys; witnesses; the log folded into rows and compared; then, with the catalogue closed, the
vault. A blob may be placed while this runs, so what the log did not explain is looked up once more at the end.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from evidence.errors import EvidenceError, Exit
from evidence.ids import StationId
from evidence.verify.compare import Comparison
from evidence.verify.compromise import EarliestTokens, note_heads
from evidence.verify.cosignatures import WitnessKey, read_key
from evidence.verify.dockings import Dockings
from evidence.verify.fold import Fold
from evidence.verify.heads import Heads
from evidence.verify.keys import Keyring
from evidence.verify.log import read_log
from evidence.verify.manifests import Manifests
from evidence.verify.rows import Catalogue, Rows
from evidence.verify.settings import check_settings
from evidence.verify.spool import Spool
from evidence.verify.stamps import Stamps
from evidence.verify.tokens import read_roots
from evidence.verify.vault import Vault, VaultCheck
from evidence.verify.verdict import Findings, Kind, NoteKind, Verdict
from evidence.verify.witness import Untrusted, Witnesses

ATTEMPTS = 3
TELL_SECONDS = 0.2


class CatalogueDisturbed(EvidenceError):
    """Other programs kept changing the catalogue's file while it was read. Fields: ``attempts``."""

    code = "catalogue-disturbed"
    status = Exit.REFUSED


class Stage(StrEnum):
    """What a verification is busy with."""

    CATALOGUE = "catalogue"
    VAULT = "vault"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is: entries for the catalogue, bytes for the vault."""

    stage: Stage
    done: int


@dataclass(frozen=True, slots=True)
class Home:
    """The files of a home.

    ``vaults``: the home's own first, then a second one. ``explained`` gives the digests that intents of interrupted
    dockings account for, read when it is called. ``settings_draft`` is where an accepted settings file waits to take its place.
    """

    vaults: tuple[Path, ...]
    settings: Path
    explained: Callable[[], frozenset[str]] = frozenset
    settings_draft: Path | None = None


def verify(
    catalogue: Catalogue,
    station: StationId,
    home: Home,
    *,
    checkpoints: Sequence[Untrusted] = (),
    anchors: Sequence[str] = (),
    authorities: Sequence[Untrusted] = (),
    witnesses: Sequence[str] = (),
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Verdict:
    """Verify one station's home.

    ``checkpoints`` came back from far away, ``anchors`` are fingerprints kept outside (hex, colons allowed), ``authorities``
    files with roots of time-stamp authorities (PEM), ``witnesses`` verifier keys of those whose cosignatures are believed.
    ``threads`` is the number of cores to use, by default all. ``progress`` is called at most five times a second, from any
    thread. Raises :class:`CatalogueDisturbed`, :class:`~evidence.verify.tokens.AuthorityUnreadable`, ``NotAWitnessKey``, and
    whatever the catalogue raises when it cannot be read.
    """
    cores = threads or len(os.sched_getaffinity(0))
    ticker = _Ticker(progress)
    roots = [root for one in authorities for root in read_roots(one.label, one.note)]
    believed = tuple(read_key(text) for text in witnesses)
    for _ in range(ATTEMPTS):
        with Spool() as spool:
            findings = Findings()
            with catalogue.snapshot() as rows, ThreadPoolExecutor(cores, "signatures") as pool:
                anchored, witnessed_until, comparison = _catalogue(
                    rows, station, home, checkpoints, anchors, roots, believed, spool, findings, pool, ticker
                )
                disturbed = rows.disturbed()
            if disturbed:
                continue
            _vaults(catalogue, home, spool, findings, cores, ticker, comparison)
            return findings.verdict(anchored=anchored, witnessed_until=witnessed_until)
    raise CatalogueDisturbed(attempts=ATTEMPTS)


def _catalogue(
    rows: Rows,
    station: StationId,
    home: Home,
    checkpoints: Sequence[Untrusted],
    anchors: Sequence[str],
    roots: Sequence[x509.Certificate],
    believed: tuple[WitnessKey, ...],
    spool: Spool,
    findings: Findings,
    pool: ThreadPoolExecutor,
    ticker: _Ticker,
) -> tuple[bool, str | None, Comparison]:
    """Whether it is anchored, until when it is witnessed, and the comparison, which knows what only a row says."""
    for flaw in rows.flaws():
        findings.problem(Kind.CATALOGUE_DIFFERS, "catalogue", f"the database finds its file damaged: {flaw}")
    witnesses = Witnesses(station, tuple(checkpoints), believed, findings)
    keyring = Keyring(((key, certificate) for key, certificate in rows.each("signing_key", ("id", "certificate"))), findings)
    heads = Heads(rows, station, keyring, findings, pool)
    fold = Fold(spool, ticker.entry)
    ends = read_log(rows, station, keyring, heads, fold, findings, witnesses.sizes())
    witnessed_until = witnesses.check(ends, keyring)
    draft = None if home.settings_draft is None else _file(home.settings_draft)
    check_settings(_file(home.settings), draft, fold.settings, fold.settings_before, findings)
    comparison = Comparison(rows, spool, findings)
    tokens = EarliestTokens(rows, roots, needed=bool(keyring.compromised()))
    note_heads(keyring, witnessed_until, findings)
    if findings.doubt.log is None:
        comparison.personal_values()
        Dockings(comparison, spool, Manifests(station, keyring, findings, tokens), findings).check()
        comparison.clips()
        comparison.devices()
        comparison.alarms()
        comparison.sheets()
        comparison.receipts()
        Stamps(station, comparison, spool, findings, roots).check()
        comparison.keys()
        comparison.settings_and_logs()
    else:
        findings.note(NoteKind.CATALOGUE_NOT_COMPARED, "catalogue", findings.doubt.log)
    comparison.contents()
    anchored = keyring.check_chains(anchors)
    if not anchored and not anchors:
        findings.note(NoteKind.UNANCHORED, f"station:{station}", "no fingerprint from outside was given to hold the keys to")
    return anchored, witnessed_until, comparison


def _vaults(
    catalogue: Catalogue, home: Home, spool: Spool, findings: Findings, cores: int, ticker: _Ticker, comparison: Comparison
) -> None:
    check = VaultCheck(spool, findings, cores, ticker.vault)
    for number, root in enumerate(home.vaults, 1):
        check.check(Vault(root, number))
    findings.checked["bytes"] = ticker.vault_bytes
    if check.missed:
        missed = {digest for _, digest, _ in check.missed}
        with catalogue.snapshot() as rows:
            columns = rows.each("blob", ("sha256", "evicted_at"))
            gone = frozenset(digest for digest, at in columns if digest in missed and at is not None)
        check.judge_missed(gone - comparison.falsely_away)
    if not check.unexplained or not findings.checked["entries"]:
        return  # where there is no log at all, nothing is explained, and that is named
    explained = home.explained()  # before the second look at the log: an intent goes only after its entries are there
    suspects = {digest for _, digest in check.unexplained} - comparison.extra_contents
    with catalogue.snapshot() as rows:
        by_now = frozenset(digest for (digest,) in rows.each("blob", ("sha256",)) if digest in suspects)
    check.judge_unexplained(explained, by_now)


def _file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


class _Ticker:
    """Passes progress on, not more often than anybody can read."""

    def __init__(self, progress: Callable[[Progress], None] | None) -> None:
        self._progress = progress
        self._entries = 0
        self._next = 0.0
        self._lock = threading.Lock()
        self.vault_bytes = 0

    def entry(self) -> None:
        """One entry of the log was read."""
        self._entries += 1
        if self._entries & 0x3FF == 0:
            self._tell(Stage.CATALOGUE, self._entries)

    def vault(self, count: int) -> None:
        """So many bytes were read, on any thread."""
        with self._lock:
            self.vault_bytes += count
        self._tell(Stage.VAULT, self.vault_bytes)

    def _tell(self, stage: Stage, done: int) -> None:
        if self._progress is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + TELL_SECONDS
        self._progress(Progress(stage, done))
