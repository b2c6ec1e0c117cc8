"""Runs commands of one build for the campaign: imports it once, and forks a fresh process for each command.

A command starts in a twentieth of the time that a new interpreter takes, so the campaign can try every step. The forked process is
what ``evidence-station`` would be: it leads a session of its own, and its copy worker is started as always.

Started as ``python -P -m tests.campaigns.crashing.zygote DESCRIPTOR``; speaks JSON over a socket, one command at a time.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from typing import Any

from tests.campaigns.crashing import seccomp
from tests.campaigns.crashing.steps import WATCHED


def main() -> None:
    """Serve until the campaign hangs up."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    _import_all()
    channel.send(b"{}")
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 1 << 16, 2)
        if not message:
            os._exit(0)
        request = json.loads(message)
        child = os.fork()
        if child == 0:
            _become(channel, request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(child, 0)
        channel.send(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())


def _import_all() -> None:
    for package in ("station.cli", "station.handlers"):
        found = importlib.import_module(package)
        for module in pkgutil.iter_modules(found.__path__):
            importlib.import_module(f"{package}.{module.name}")
    for lazy in (
        *("station.dropping", "station.setup", "station.verifying", "evidence.signing", "uploader.stores.folder"),
        *("station.stamping", "evidence.timestamps", "station.packages", "station.papers.court", "fpdf"),
        *("station.cosigning", "station.witness.server", "evidence.package_verifier"),
    ):
        try:
            importlib.import_module(lazy)
        except ModuleNotFoundError:
            continue  # named only to save time: the command itself will miss what it needs


def _become(channel: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
    os.setsid()
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[1], 2)
    environment = request["environment"]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir("/")
    listener = seccomp.install(WATCHED) if request["watched"] else None
    hello = json.dumps({"process": os.getpid()}).encode()
    if listener is None:
        channel.send(hello)
    else:
        socket.send_fds(channel, [hello], [listener])
        os.close(listener)
    channel.close()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a campaign in the background was started with it ignored
    status: object = 70
    try:
        from station.cli import main as command

        command(request["arguments"])
    except SystemExit as leaving:
        status = leaving.code
    except BaseException:  # noqa: BLE001  # a forked child must not return into the server's loop
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 70)


if __name__ == "__main__":
    main()
