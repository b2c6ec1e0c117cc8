"""Servers that a station of the campaign asks, real ones on loopback: a time-stamp authority of OpenSSL's, a witness.

They are not disturbed, and every trial of a scenario asks the same ones: what a run that was struck had asked them for, they remember.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread

from station.witness.home import WitnessHome
from station.witness.server import Server, Witness
from tests.campaigns.crashing.scenarios import Place
from tests.servers.authority import make_authority, serving

AUTHORITIES, WITNESS, WITNESS_HOME = "authorities", "witness", "witness home"
"""Files of a place: the setting that names the authorities, the one that names the witness, and where that one's home is."""


@contextmanager
def authority(folder: Path, place: Place) -> Iterator[None]:
    """An authority that the place knows as two."""
    with serving(make_authority(folder)) as running:
        lock, reply = Lock(), running.reply

        def one_at_a_time(query: bytes) -> bytes:
            with lock:  # OpenSSL keeps the serial number in a file
                return reply(query)

        running.answer = one_at_a_time
        named = " ".join(f"{name}={running.url};{running.root}" for name in ("city", "harbour"))
        (place.root / AUTHORITIES).write_text(named, encoding="utf-8")
        yield


@contextmanager
def witness(folder: Path, place: Place) -> Iterator[None]:
    """A witness that trusts nobody yet."""
    home = WitnessHome(folder)
    key = home.create("city.example/witness")
    with Server("127.0.0.1:0", Witness(home)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        (place.root / WITNESS).write_text(f"{key.text()} {server.url}", encoding="utf-8")
        (place.root / WITNESS_HOME).write_text(str(folder), encoding="utf-8")
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
