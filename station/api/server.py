"""The listening sockets, the token, the address that clients look for, and uvicorn on a thread for each socket.

Loopback; and where the settings ask for it another address, over TLS (``outside.py``). The token is new at every start: 256 bits in ``run/token``, which the owner and the group of the home's ``run/`` may read
(0640). ``run/service.json`` comes last, when connections are taken, and goes first.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import socket
import ssl
import threading

import uvicorn

from evidence.errors import Exit
from station import durable, wire
from station.api.app import make_app, make_outside
from station.api.calls import Calls
from station.api.desk import Desk
from station.api.guard import App
from station.api.outside import context_of
from station.api.protocol import Connection
from station.home import Home, StationError

START_SECONDS = 20.0
GROUP_READS = 0o640


class ServeFailed(StationError):
    """The service cannot listen there. Fields: ``listen``, ``rule``."""

    code = "serve-failed"
    status = Exit.USAGE


class Server:
    """The API's servers for one home: the one of this machine, and the one for other systems where the settings ask for it."""

    def __init__(self, home: Home, desk: Desk, host: str, port: int) -> None:
        """Takes the addresses. Raises :class:`ServeFailed`, :class:`~station.api.outside.DoorUnfit`."""
        self._home = home
        self._token = secrets.token_urlsafe(32)
        own = bound(host, port)
        shown = f"[{host}]" if ":" in host else host
        number = int(own.getsockname()[1])
        self.url = f"http://{shown}:{number}"
        names = {shown, "localhost"}
        app = make_app(desk, self._token, frozenset(f"{name}:{number}" for name in names))
        self._listening = [Listening("api", own, app, None)]
        self._calls: Calls | None = None
        settings = desk.rooms.settings
        self.outside = settings.api_listen or None
        if settings.api_listen:
            self._calls = calls = Calls(desk.rooms)
            told = context_of(settings, home.root, lambda why: calls.called(None, None, refused=why))
            there = bound_outside(settings.api_listen)
            self.outside = f"https://{settings.api_listen.rpartition(':')[0]}:{there.getsockname()[1]}"
            self._listening.append(Listening("outside", there, make_outside(desk, calls), told))

    def start(self) -> None:
        """Take connections, then say where. Raises :class:`ServeFailed`."""
        for one in self._listening:
            one.start()
        with self._home.faults():
            self._home.run.chmod(0o750)  # whatever the umask of an earlier command made of it
            durable.replace(self._home.run / "token", f"{self._token}\n".encode(), GROUP_READS)
            told = {"url": self.url, "pid": os.getpid(), **({} if self.outside is None else {"outside": self.outside})}
            (self._home.run / "token").chmod(GROUP_READS)
            durable.replace(self._home.run / "service.json", wire.encode(told) + b"\n", GROUP_READS)
            (self._home.run / "service.json").chmod(GROUP_READS)

    @property
    def alive(self) -> bool:
        """Whether all its threads are there."""
        return all(one.alive for one in self._listening)

    def responds(self, seconds: float) -> bool:
        """Whether its loops turn within so many seconds."""
        return all(one.responds(seconds) for one in self._listening)

    def hide(self) -> None:
        """Clients find nothing from here on, and wait for the lock."""
        for name in ("service.json", "token"):
            (self._home.run / name).unlink(missing_ok=True)

    def stop(self, seconds: float) -> bool:
        """End connections and the loops, answers under way first. Whether that was done in time."""
        for one in self._listening:
            one.end()
        whole = True
        for one in self._listening:
            whole = one.ended(seconds) and whole
        if self._calls is not None:
            self._calls.close()
        return whole


class Listening:
    """One address, with uvicorn on a thread of its own."""

    def __init__(self, name: str, taken: socket.socket, app: App, tls: ssl.SSLContext | None) -> None:
        self._socket = taken
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
        config.load()
        config.ssl = tls
        self._server = _Quiet(config)
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Take connections. Raises :class:`ServeFailed`."""
        self._thread.start()
        if not self._server.begun.wait(START_SECONDS) or not self._thread.is_alive():
            raise ServeFailed(listen=self._thread.name, rule="its server did not start")

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

    def end(self) -> None:
        """No new connection."""
        self._server.should_exit = True

    def ended(self, seconds: float) -> bool:
        """Whether it had ended in time."""
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


def bound_outside(listen: str) -> socket.socket:
    """A socket that listens where the settings say. Raises :class:`ServeFailed`."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError, ValueError) as error:
        raise ServeFailed(listen=listen, rule=str(error)) from error
