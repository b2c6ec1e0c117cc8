"""The composition root: what a station is made of, built once and passed in. Nothing below knows it."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from evidence.canonical import JsonObject, digest
from evidence.catalogue.connect import Catalogue, check_revision, connect, reading, sqlite_url
from evidence.catalogue.ledger import Ledger
from evidence.catalogue.queries import Queries
from evidence.custody.entry import STATION, Actor
from evidence.ids import StationId
from station import clock, durable
from station.home import Home, NoHome
from station.settings import Settings, parse

if TYPE_CHECKING:
    from evidence.catalogue.desk import Desk
    from evidence.catalogue.keeping import Keeping
    from evidence.catalogue.logged import Logged
    from evidence.catalogue.registry import Registry
    from evidence.catalogue.sheets import Sheets
    from evidence.reach import Reach
    from evidence.signing import Signer
    from ingest.copying.client import CopyWorker
    from ingest.probe import Prober
    from ingest.space import Reservations
    from ingest.vault import Vault

Lender = Callable[[Sequence["Vault"]], "AbstractContextManager[CopyWorker]"]


class Rooms:
    """One open home. All that it holds may be used from any thread; ``settings`` is what a change put there last."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self.home = home
        self._in_force = [settings]
        self._language: Literal["en", "zh"] | None = None
        self.lender: Lender | None = None
        """Who lends the service's copy worker; None: each command starts one of its own."""
        self.prober: Prober | None = None
        """Who reads media facts; None: each visit asks ffprobe."""
        self.health: Callable[[str], JsonObject] | None = None
        """How the service is, told in a language, while these are a service's rooms."""
        self.dropping = threading.Lock()
        """Held while drops are taken: the service and a command would take the same one."""
        self._schema_known = False
        self._signers: dict[str, Signer] = {}
        self.station = StationId(settings.station)
        self.clock = clock.now
        self.draw = os.urandom
        self.ledger = Ledger(self.catalogue, self.station, lambda: self.log_signer, self.clock, self.draw)

    @classmethod
    def open(cls, home: Home) -> Rooms:
        """Open a home that init made. Raises :class:`~station.home.NoHome` and faults of the settings."""
        try:
            untrusted_file = home.settings.read_bytes()
        except OSError as error:
            raise NoHome(home=str(home.root)) from error
        rooms = cls(home, parse(untrusted_file, os.environ))
        if not rooms.settings.catalogue_url and not home.catalogue.exists():
            raise NoHome(home=str(home.root))
        return rooms

    def close(self) -> None:
        """Let the catalogue go."""
        self.catalogue.dispose()

    def speaking(self, language: Literal["en", "zh"] | None) -> Rooms:
        """The same rooms for somebody who asked for a language, as ``EVIDENCE_STATION_LANGUAGE`` does in one's own process."""
        if language is None:
            return self
        other = copy.copy(self)
        other._language = language  # noqa: SLF001  # its own class
        return other

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        found = self._in_force[0]
        return found if self._language is None else msgspec.structs.replace(found, language=self._language)

    @settings.setter
    def settings(self, changed: Settings) -> None:
        self._in_force[0] = changed

    @contextmanager
    def copying(self, vaults: Sequence[Vault]) -> Iterator[CopyWorker]:
        """A copy worker for these vaults: the service's one while it runs, otherwise one for this command alone."""
        from ingest.copying.client import CopyWorker

        with CopyWorker(vaults) if self.lender is None else self.lender(vaults) as worker:
            yield worker

    @property
    def operator(self) -> Actor:
        """Who acts until people sign in."""
        return Actor(self.settings.operator, self.settings.operator_role)

    @property
    def attendant(self) -> Actor:
        """Who acts when nobody typed anything (a camera was plugged in, a file was dropped): the operator while he is alone, then the station."""
        from evidence.catalogue.people import accounts_begun

        with self.sheets() as sheets:
            return STATION if accounts_begun(sheets) else self.operator

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue's engine; nothing is opened before it is used."""
        return connect(self.settings.catalogue_url or sqlite_url(self.home.catalogue))

    @cached_property
    def space(self) -> Reservations:
        """What the visits of this process were promised of the vaults' disks."""
        from ingest.space import Reservations  # only what takes footage in pays for loading the copy engine

        return Reservations()

    @property
    def log_signer(self) -> Signer:
        """The key that signs checkpoints. Raises :class:`~evidence.signing.KeyUnusable`."""
        return self._signer(self.settings.log_key)

    @property
    def seal_signer(self) -> Signer:
        """The key that seals manifests. Raises :class:`~evidence.signing.KeyUnusable`."""
        return self._signer(self.settings.seal_key)

    @property
    def seal_gm_signer(self) -> Signer | None:
        """The SM2 key of the second seal, in the suite ``gm``. Raises :class:`~evidence.signing.KeyUnusable`."""
        return self._signer(self.settings.seal_gm_key) if self.settings.suite == "gm" else None

    def _signer(self, uri: str) -> Signer:
        """The key of a URI, opened once: the settings may come to name another."""
        from evidence.signing import open_signer  # only what signs pays for loading the cryptography

        if uri not in self._signers:
            self._signers[uri] = open_signer(uri, self.home.root)
        return self._signers[uri]

    @contextmanager
    def queries(self) -> Iterator[Queries]:
        """Questions to the catalogue on one snapshot. Raises ``CatalogueUnusable`` for one of another program version."""
        self._check_schema()
        with reading(self.catalogue) as connection:
            yield Queries(connection, self.station)

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """Questions about devices and alarms on one snapshot. Raises as :meth:`queries`."""
        from evidence.catalogue.registry import Registry

        self._check_schema()
        with reading(self.catalogue) as connection:
            yield Registry(connection, self.station)

    @contextmanager
    def sheets(self) -> Iterator[Sheets]:
        """Questions about the sheets of case work on one snapshot. Raises as :meth:`queries`."""
        from evidence.catalogue.sheets import Sheets

        self._check_schema()
        with reading(self.catalogue) as connection:
            yield Sheets(connection, self.station)

    @contextmanager
    def keeping(self, reach: Reach | None = None) -> Iterator[Keeping]:
        """Questions about rules, holds and what is due, as far as a reach goes, on one snapshot. Raises as :meth:`queries`."""
        from evidence.catalogue.keeping import Keeping

        self._check_schema()
        with reading(self.catalogue) as connection:
            yield Keeping(connection, self.station, reach)

    @contextmanager
    def logged(self) -> Iterator[Logged]:
        """Questions about sheets and tags that the log alone answers, on one snapshot. Raises as :meth:`queries`."""
        from evidence.catalogue.logged import Logged

        self._check_schema()
        with reading(self.catalogue) as connection:
            yield Logged(connection, self.station)

    @contextmanager
    def desk(self, actor: Actor) -> Iterator[Desk]:
        """Questions of a person's desk on one snapshot. Raises as :meth:`queries`."""
        from evidence.catalogue.desk import Desk

        self._check_schema()
        with reading(self.catalogue) as connection:
            yield Desk(connection, self.station, actor.reach)

    def prepare_to_write(self) -> None:
        """What every writing command begins with: the schema is known, and a settings change that a power cut struck is finished."""
        self._check_schema()
        with self.home.faults():
            for folder in (self.home.root, self.home.keys):
                durable.sweep(folder)
            self._finish_settings_change()

    def _check_schema(self) -> None:
        if not self._schema_known:
            check_revision(self.catalogue)
            self._schema_known = True

    @property
    def settings_draft(self) -> Path:
        """Where a changed settings file waits for its entry to be committed."""
        return self.home.settings.with_suffix(".toml.next")

    def _finish_settings_change(self) -> None:
        if not self.settings_draft.exists():
            return
        with self.home.exclusive():
            try:
                untrusted_file = self.settings_draft.read_bytes()
            except FileNotFoundError:
                return  # it was another process's, which has finished it
            with self.queries() as queries:
                accepted = queries.settings_sha256()
            if digest(untrusted_file) == accepted:
                self.settings_draft.replace(self.home.settings)
                self.settings = parse(untrusted_file, os.environ)
            else:
                self.settings_draft.unlink()
            durable.sync_folder(self.home.root)
