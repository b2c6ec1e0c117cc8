"""A real PostgreSQL from Debian's binaries, on a unix socket in a temporary folder, for the length of a test run.

Rules it keeps: it listens on no network; it is never run as root (PostgreSQL refuses that); it dies with the process that
started it; its data are worth nothing, so it never waits for the disk.
"""

from __future__ import annotations

import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

START_SECONDS = 60
STOP_SECONDS = 30
ROLE = "station"
SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "max_connections=40",
    "timezone=UTC",
)


def binaries() -> Path | None:
    """The newest PostgreSQL server that Debian has installed here, if any."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root: Debian's own account for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _as_account(account: pwd.struct_passwd | None) -> list[str]:
    become = ["setpriv", "--pdeathsig", "QUIT"]  # QUIT: the server ends at once, its children with it
    if account:
        become += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return become


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server. Every test asks it for a database of its own."""

    sockets: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        """The address of a database, as SQLAlchemy takes it."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.sockets}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The address of a new database, a copy of ``template``; it is dropped afterwards, whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        # By way of the write-ahead log, as is usual: to copy files and to remove them again takes a checkpoint each, and seven times as long.
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield self.url(name)
        finally:
            self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.sockets), user=ROLE, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running(programs: Path) -> Iterator[PostgreSQL]:
    """Start a server from ``programs`` and stop it at the end."""
    account = _account()
    # Not pytest's folder: only its owner may enter that one, and a socket's path may have 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="evidence-station-pg-"))
    try:
        data, sockets = home / "data", home / "s"
        data.mkdir(mode=0o700)
        sockets.mkdir(mode=0o755)
        if account:
            home.chmod(0o711)
            for folder in (data, sockets):
                os.chown(folder, account.pw_uid, account.pw_gid)
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}
        options = ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run(
            [*_as_account(account), programs / "initdb", "--pgdata", data, "--username", ROLE, *options],
            check=True,
            capture_output=True,
            cwd="/",
            env=environment,
            timeout=START_SECONDS,
        )
        with _started(programs, data, sockets, account, environment) as server:
            yield server
    finally:
        shutil.rmtree(home)


@contextmanager
def _started(
    programs: Path, data: Path, sockets: Path, account: pwd.struct_passwd | None, environment: dict[str, str]
) -> Iterator[PostgreSQL]:
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    log = sockets.parent / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as readiness, log.open("wb") as output:
        told = sockets / "ready"
        readiness.bind(str(told))
        told.chmod(0o666)
        process = subprocess.Popen(
            [*_as_account(account), programs / "postgres", "-D", data, "-k", sockets, *settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**environment, "NOTIFY_SOCKET": str(told)},  # Debian's server tells systemd, or us, when it is ready
        )
        try:
            _wait_until_ready(readiness, process, log)
            yield PostgreSQL(sockets)
        finally:
            process.send_signal(signal.SIGINT)  # the fast shutdown: it waits for nobody
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def _wait_until_ready(readiness: socket.socket, process: subprocess.Popen[bytes], log: Path) -> None:
    ended = os.pidfd_open(process.pid)
    try:
        while True:
            readable, _, _ = select.select([readiness.fileno(), ended], [], [], START_SECONDS)
            if readiness.fileno() not in readable:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            if b"READY=1" in readiness.recv(4096):
                return
    finally:
        os.close(ended)
