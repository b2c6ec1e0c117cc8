"""The service: the station at work by itself, until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice
from station.messages import plain

if TYPE_CHECKING:
    from station.service.selfcheck import Checked


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of this machine to listen on. 本机监听地址。")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes any. 端口, 0 为任意。")
@click.pass_obj
def serve(context: Context, host: str, port: int) -> Exit:
    """Run the station as a service, until stopped. 以服务方式运行工作站, 直到停止。"""
    from station.api.server import Server
    from station.board import Board
    from station.service.selfcheck import Outcome
    from station.service.service import Service, opened

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with opened(context.home) as rooms:
        context.language = context.chosen or rooms.settings.language
        voice = Voice(context.language)

        def checked(one: Checked) -> None:
            if one.outcome is Outcome.PASSES:
                return
            told = one.document(voice.language)
            _say(voice, f"self-check-{one.outcome.value}", check=one.check, message=plain(told["message"]))

        service = Service(rooms, Board(0))
        server = Server(rooms.home, service, host, port)
        whole = service.run(server, stop, checked, lambda: _say(voice, "service-ready", station=rooms.station, url=server.url))
        _say(voice, "service-stopped" if whole else "service-cut-off", station=rooms.station)
    if not whole:
        sys.stderr.flush()
        os._exit(Exit.OK if stop.is_set() else Exit.INTERNAL)  # threads that are still at work are left behind: they lose nothing
    return Exit.OK


def _say(voice: Voice, code: str, **fields: object) -> None:
    voice.line(code, **fields)
    sys.stdout.flush()


COMMANDS = (serve,)
