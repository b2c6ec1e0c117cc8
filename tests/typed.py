"""Answers as ``evidence-station`` to the pages that are typed again: the program is imported once, and each command is a fork of it.

A page types twenty commands, and a new interpreter spends most of its time on importing. A fork is what the command would be: it has the
shell's own descriptors, folder and variables, and ends with the command's status. The README is typed with the program itself.

``python -m tests.typed FOLDER`` serves at the socket ``FOLDER/socket`` until its stdin ends.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import select
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLER = """#!{python} -ISs
import json, os, socket, sys
channel = socket.socket(socket.AF_UNIX)
channel.connect({socket!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(channel, [len(asked).to_bytes(4, "big")], [0, 1, 2])
channel.sendall(asked)
sys.exit(int(channel.recv(8) or b"70"))
"""


@contextlib.contextmanager
def program(folder: Path) -> Iterator[Path]:
    """A folder for PATH in which ``evidence-station`` lies, for as long as the context lasts."""
    caller = folder / "evidence-station"
    caller.write_text(CALLER.format(python=sys.executable, socket=str(folder / "socket")), encoding="utf-8")
    caller.chmod(0o755)
    arguments = [sys.executable, "-m", "tests.typed", str(folder)]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()
        yield folder
        server.stdin.close()


def main() -> None:
    """Serve until the test hangs up."""
    for package in ("station.cli", "station.handlers"):
        found = importlib.import_module(package)
        for module in pkgutil.iter_modules(found.__path__):
            importlib.import_module(f"{package}.{module.name}")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(Path(sys.argv[1]) / "socket"))
    listener.listen()
    print(flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        channel, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _become(channel)
        channel.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _become(channel: socket.socket) -> None:
    """Be the command that is asked for, say how it ended, and end."""
    status: object = 70
    try:
        head, descriptors, _, _ = socket.recv_fds(channel, 4, 3)
        with channel.makefile("rb") as incoming:
            arguments, folder, environment = json.loads(incoming.read(int.from_bytes(head, "big")))
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        from station.cli import main as command

        command(arguments)
    except SystemExit as leaving:
        status = leaving.code or 0
    except BaseException:  # noqa: BLE001  # a forked child must not return into the server's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        channel.send(str(status if isinstance(status, int) else 70).encode())
        os._exit(0)


if __name__ == "__main__":
    main()
