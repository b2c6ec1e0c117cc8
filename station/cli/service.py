"""The service: the station at work by itself, until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, print_json
from station.messages import plain

if TYPE_CHECKING:
    from station.docks import Docks
    from station.rooms import Lender
    from station.service.selfcheck import Checked


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of this machine to listen on. 本机监听地址。")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes any. 端口, 0 为任意。")
@click.option("--check", is_flag=True, help="Only the self-check, then stop. 仅自检后退出。")
@click.option("--without-docks", is_flag=True, help="Leave alone what is plugged in. 不处理插入的设备。")
@json_option
@click.pass_obj
def serve(context: Context, host: str, port: int, check: bool, without_docks: bool, as_json: bool) -> Exit:
    """Run the station as a service, until stopped. 以服务方式运行工作站, 直到停止。"""
    from station.api.server import Server
    from station.docks import board_of, docks_here
    from station.service.selfcheck import Outcome, self_check
    from station.service.service import Service, opened

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with opened(context.home) as rooms:
        context.language = context.chosen or rooms.settings.language
        voice = Voice(context.language)
        if check:
            return _checked(rooms.station, list(self_check(rooms)), voice, as_json=as_json)

        def checked(one: Checked) -> None:
            if one.outcome is not Outcome.PASSES:
                _say(voice, one, to_stderr=as_json)

        board = board_of(rooms)

        def docks(lend: Lender) -> Docks:
            return docks_here(rooms, board, lend=lend, after_seal=lambda *_: service.wake())

        service = Service(rooms, board, docks=None if without_docks else docks)
        server = Server(rooms.home, service, host, port)

        def ready() -> None:
            if as_json:
                print_json({"station": rooms.station, "url": server.url, "pid": os.getpid()})
            else:
                voice.line("service-ready", station=rooms.station, url=server.url)
                sys.stdout.flush()

        whole = service.run(server, stop, checked, ready)
        click.echo(voice("service-stopped" if whole else "service-cut-off", station=rooms.station), err=as_json)
    if not whole:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(Exit.OK if stop.is_set() else Exit.INTERNAL)  # threads that are still at work are left behind: they lose nothing
    return Exit.OK


def _checked(station: str, found: list[Checked], voice: Voice, *, as_json: bool) -> Exit:
    """What the self-check came to, and the exit status that the service would leave with."""
    if as_json:
        print_json({"station": station, "checks": [one.document(voice.language) for one in found]})
    else:
        for one in found:
            _say(voice, one, to_stderr=False)
    return next((one.fault.status for one in found if one.stops and one.fault is not None), Exit.OK)


def _say(voice: Voice, one: Checked, *, to_stderr: bool) -> None:
    told = one.document(voice.language)
    click.echo(voice(f"self-check-{one.outcome.value}", check=one.check, message=plain(told["message"])), err=to_stderr)
    sys.stdout.flush()


COMMANDS = (serve,)
