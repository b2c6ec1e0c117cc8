"""Commands in the guest, over ssh: output and exit status come back, pipes stay open for those that go on."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from tests.dock.faults import LabError
from tests.dock.image import Image

Done = subprocess.CompletedProcess[str]
LONG_SECONDS = 300.0
"""How long a command may take unless it says otherwise: under emulation everything that computes is slow."""


class Shell:
    """The way into one running guest. Commands are words of a shell, and run as root."""

    def __init__(self, image: Image, port: int, folder: Path) -> None:
        self._folder = folder
        self._ssh = [
            *("ssh", "-F", "none", "-p", str(port), "-i", str(image.file("id_ed25519"))),
            *_options(
                UserKnownHostsFile=str(image.file("known_hosts")),
                HostKeyAlias="docklab",
                IdentitiesOnly="yes",
                BatchMode="yes",
                LogLevel="ERROR",
                ControlMaster="auto",  # one key exchange, which takes a second under emulation
                ControlPath=str(folder / "ssh.sock"),
                ControlPersist="600",
                ConnectTimeout="60",
                ConnectionAttempts="5",
                ServerAliveInterval="15",
                ServerAliveCountMax="8",
            ),
            "root@127.0.0.1",
        ]

    def run(self, command: str, *, input: str | None = None, timeout: float = LONG_SECONDS, check: bool = True) -> Done:  # noqa: A002  # as subprocess names it
        """Run a command to its end. Raises :class:`LabError` when it fails, unless told not to ``check``."""
        try:
            done = subprocess.run(
                [*self._ssh, command], input=input or "", text=True, capture_output=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"guest: {command!r} took more than {timeout:.0f} s") from error
        if check and done.returncode:
            raise LabError(f"guest: {command!r} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def text(self, command: str) -> str:
        """What a command prints, without the last newline."""
        return self.run(command).stdout.rstrip("\n")

    def start(self, command: str) -> subprocess.Popen[str]:
        """Start a command, which reads nothing. Its output is ours to read; it ends when our side of its input is closed.

        Ending ssh alone does not end it: without a terminal nobody tells it.
        """
        script = f"{command} </dev/null & child=$!; {{ cat; kill $child; }} <&3 >/dev/null 2>&1 & wait $child"
        return subprocess.Popen(
            [*self._ssh, f"exec 3<&0; {script}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def put(self, text: str, place: str) -> None:
        """Write a file in the guest."""
        self.run(f"mkdir -p $(dirname {shlex.quote(place)}) && cat > {shlex.quote(place)}", input=text)

    def reach(self, port: int, host_port: int) -> None:
        """From now on, what the guest asks of its own 127.0.0.1:``port`` is answered by this machine's ``host_port``."""
        forward = ["-O", "forward", "-R", f"127.0.0.1:{port}:127.0.0.1:{host_port}"]
        subprocess.run([*self._ssh[:-1], *forward, self._ssh[-1]], check=True, stdout=subprocess.DEVNULL)

    def close(self) -> None:
        """Let the connection go."""
        if (self._folder / "ssh.sock").exists():
            subprocess.run([*self._ssh, "-O", "exit"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _options(**options: str) -> list[str]:
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
