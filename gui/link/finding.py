"""Where the station is: the service that has the home, one at an address that was named, or one of the window's own.

A service that begins anew has another port and another token, so both are looked for at every attempt and never kept.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from evidence.errors import Exit
from station import holding, wire
from station.home import Home
from station.httpclient import Address, ServiceUnreachable, address

START_SECONDS = 60.0
"""For a service of our own to say where it listens: its self-check reads the log's tree."""
STOP_SECONDS = 90.0
LEAVE_SECONDS = 10.0
TOKEN = "EVIDENCE_STATION_TOKEN_FILE"  # noqa: S105  # the name of a variable that names a file
"""With ``--connect``: where the token of that service lies, when it is not in the home."""


@dataclass
class Station:
    """Which station the window speaks to."""

    home: Home | None
    url: str | None = None
    _own: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def shown(self) -> Home:
        """What faults name as the station's place."""
        return self.home or Home(Path(self.url or "."))

    @property
    def own(self) -> bool:
        """Whether its service is a child of ours, which ends with us."""
        return self._own is not None

    def find(self) -> Address:
        """Where it listens now. Raises :class:`~station.httpclient.ServiceUnreachable`."""
        if self.url is not None:
            return Address(self.url, self._token())
        assert self.home is not None, "one of the two was named"
        found = address(self.home)
        if found is None:
            raise ServiceUnreachable(home=str(self.home.root), rule="a running service")
        return found

    def begin(self, *options: str) -> None:
        """Start a service of our own when none has the home, and wait until it listens. Raises :class:`~station.httpclient.ServiceUnreachable`."""
        if self.home is None or self.url is not None or not self._free():
            return
        command = [sys.executable, "-P", "-c", "from station.cli import main; main()"]
        self._own = subprocess.Popen(
            [*command, "--home", str(self.home.root), "serve", "--json", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,  # ^C in the terminal ends the window, which ends the service in order
        )
        assert self._own.stdout is not None
        ready, _, _ = select.select([self._own.stdout], [], [], START_SECONDS)
        said = self._own.stdout.readline() if ready else b""
        told = wire.decode(said) if said else {}
        if "url" not in told:  # it printed why it does not begin, as every command does with --json
            own, error = self._own, told.get("error")
            with suppress(subprocess.TimeoutExpired):
                own.wait(LEAVE_SECONDS if error is not None else 0)  # its exit status goes with what it said
            self.end()
            if error is None:
                raise ServiceUnreachable(home=str(self.home.root), rule="a service that begins; what it said stands above")
            fields = {name: value for name, value in error.items() if name not in {"code", "message"}}
            raise wire.fault_of(
                {"code": error["code"], "exit": own.returncode if own.returncode > 0 else Exit.INTERNAL, "fields": fields}
            )

    def end(self) -> None:
        """Stop the service of our own, if there is one; it finishes what is under way."""
        own, self._own = self._own, None
        if own is None:
            return
        with suppress(ProcessLookupError):
            own.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            own.wait(STOP_SECONDS)
        if own.stdout is not None:
            own.stdout.close()

    def _free(self) -> bool:
        assert self.home is not None
        if not self.home.settings.exists():
            return False  # no station is there; whoever asks is told so
        with holding.shared(self.home) as held:
            return held

    def _token(self) -> str:
        named = os.environ.get(TOKEN)
        path = Path(named) if named else None if self.home is None else self.home.run / "token"
        if path is None:
            raise ServiceUnreachable(home=str(self.url), rule=f"its token: name the file in {TOKEN}, or the home")
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise ServiceUnreachable(home=str(self.url), rule=f"the right to read {path}") from error
