"""The composition root: what a station is made of, built once and passed in. Nothing below knows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from evidence.canonical import digest
from evidence.catalogue.connect import Catalogue, check_revision, connect, reading, sqlite_url
from evidence.catalogue.ledger import Ledger
from evidence.catalogue.queries import Queries
from evidence.custody.entry import Actor
from evidence.ids import StationId
from station import clock, durable
from station.home import Home, NoHome
from station.settings import Settings, parse

if TYPE_CHECKING:
    from evidence.signing import Signer


class Rooms:
    """One open home."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self.home = home
        self.settings = settings
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

    @property
    def operator(self) -> Actor:
        """Who acts until people sign in."""
        return Actor(self.settings.operator, self.settings.operator_role)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue's engine; nothing is opened before it is used."""
        return connect(self.settings.catalogue_url or sqlite_url(self.home.catalogue))

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
