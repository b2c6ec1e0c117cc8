"""The listening socket, the token, the address that clients look for, and uvicorn on a thread of its own.

Loopback only. The token is new at every start: 256 bits in ``run/token``, which the owner and the group of the home's ``run/`` may read
(0640). ``run/service.json`` comes last, when connections are taken, and goes first.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import socket
import threading

import uvicorn

from evidence.errors import Exit
from station import durable, wire
from station.api.app import make_app
from station.api.desk import Desk
from station.api.protocol import Connection
from station.home import Home, StationError

START_SECONDS = 20.0
GROUP_READS = 0o640


class ServeFailed(StationError):
    """The service cannot listen there. Fields: ``listen``, ``rule``."""

    code = "serve-failed"
    status = Exit.USAGE


class Server:
    """The API's server for one home."""

    def __init__(self, home: Home, desk: Desk, host: str, port: int) -> None:
        """Takes the address. Raises :class:`ServeFailed`."""
        self._home = home
        self._socket = bound(host, port)
        self._port = int(self._socket.getsockname()[1])
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._port}"
        self._token = secrets.token_urlsafe(32)
        names = {shown, "localhost"}
        app = make_app(desk, self._token, frozenset(f"{name}:{self._port}" for name in names))
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            http=Connection,
            ws="none",
            loop="asyncio",
        )
        self._server = _Quiet(config)
        self._thread = threading.Thread(target=self._serve, name="api", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Take connections, then say where. Raises :class:`ServeFailed`."""
        self._thread.start()
        if not self._server.begun.wait(START_SECONDS) or not self._thread.is_alive():
            raise ServeFailed(listen=self.url, rule="its server did not start")
        with self._home.faults():
            self._home.run.chmod(0o750)  # whatever the umask of an earlier command made of it
            durable.replace(self._home.run / "token", f"{self._token}\n".encode(), GROUP_READS)
            told = {"url": self.url, "pid": os.getpid()}
            (self._home.run / "token").chmod(GROUP_READS)
            durable.replace(self._home.run / "service.json", wire.encode(told) + b"\n", GROUP_READS)
            (self._home.run / "service.json").chmod(GROUP_READS)

    @property
    def alive(self) -> bool:
        """Whether its thread is there."""
        return self._thread.is_alive()

    def responds(self, seconds: float) -> bool:
        """Whether its loop turns within so many seconds."""
        loop = self._loop
        if loop is None:
            return False
        turned = threading.Event()
        loop.call_soon_threadsafe(turned.set)
        return turned.wait(seconds)

    def hide(self) -> None:
        """Clients find nothing from here on, and wait for the lock."""
        for name in ("service.json", "token"):
            (self._home.run / name).unlink(missing_ok=True)

    def stop(self, seconds: float) -> bool:
        """End connections and the loop, answers under way first. Whether that was done in time."""
        self._server.should_exit = True
        self._thread.join(seconds)
        self._socket.close()
        return not self._thread.is_alive()

    def _serve(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve([self._socket])

        asyncio.run(serve())


class _Quiet(uvicorn.Server):
    """Says when it takes connections. Signals are the main thread's affair: uvicorn leaves them alone on another one."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens on loopback. Raises :class:`ServeFailed`."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ServeFailed(listen=f"{host}:{port}", rule="an address of this machine alone, such as 127.0.0.1")
    try:
        made = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise ServeFailed(listen=f"{host}:{port}", rule=str(error)) from error
    return made
