"""Commands about the home: init, status, settings, recover."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option, print_json, table
from station.commands import Recover, SettingsCommand, Status
from station.messages import plain


@click.command()
@click.option("--station", help="Id of the station (letters, digits, . _ -). 工作站编号。")
@click.option("--unit", help="Code of the unit. 单位代码。")
@click.option("--request", is_flag=True, help="Make keys and signing requests for a real authority. 生成密钥和证书请求。")
@click.option(
    "--certificates",
    nargs=3,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it issued: CA, seal and log certificates (PEM). 签发的证书: CA、封存、日志。",
)
@click.option(
    "--administrator",
    metavar="BADGE",
    help="Make the first account; its PIN or password is typed, or read from stdin. 建立首个管理员账户。",
)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read that PIN or password from a file. 从文件读取其 PIN 或密码。",
)
@json_option
@click.pass_obj
def init(
    context: Context,
    station: str | None,
    unit: str | None,
    request: bool,
    certificates: tuple[Path, Path, Path] | None,
    administrator: str | None,
    secret_file: Path | None,
    as_json: bool,
) -> Exit:
    """Make a station: settings, catalogue, vault, keys. 初始化工作站。"""
    from station import holding
    from station.setup import Given
    from station.setup import init as make

    with holding.for_command(context.home):
        made = make(context.home, station, unit, Given(*certificates) if certificates else None, request=request)
        badge = None
        if administrator is not None and made.anchor is not None:
            from station.cli.people import first_administrator

            badge = first_administrator(context, administrator, secret_file)
    status = Exit.OK if made.anchor is not None else Exit.PARTIAL
    requests = [str(path) for path in made.requests] if made.anchor is None else []
    document = {"home": str(context.home.root), "station": made.station, "anchor": made.anchor}
    account = {} if badge is None else {"administrator": badge}
    if as_json:
        print_json({**document, **account, "requests": requests} if requests else {**document, **account})
    else:
        voice = Voice(context.language)
        voice.line("init-waits" if requests else "init-done", **document, requests=", ".join(requests))
        if badge is not None:
            voice.line("administrator-made", badge=plain(badge))
    return status


@click.command()
@json_option
@click.pass_obj
def status(context: Context, as_json: bool) -> Exit:
    """How the station is. 工作站状态。"""
    return context.ask(Status(), as_json=as_json, tell=_tell_status)


@click.group()
def settings() -> None:
    """Show and change settings. 查看和更改设置。"""


@settings.command("show")
@json_option
@click.pass_obj
def settings_show(context: Context, as_json: bool) -> Exit:
    """All settings with their help. 显示全部设置。"""
    return _settings(context, "show", None, None, as_json=as_json)


@settings.command("set")
@click.argument("name")
@click.argument("value")
@json_option
@click.pass_obj
def settings_set(context: Context, name: str, value: str, as_json: bool) -> Exit:
    """Change one setting; the change is logged. 更改一项设置并记入日志。"""
    return _settings(context, "set", name, value, as_json=as_json)


@settings.command("accept")
@json_option
@click.pass_obj
def settings_accept(context: Context, as_json: bool) -> Exit:
    """Accept a settings file that was edited by hand. 认可手工修改过的设置文件。"""
    return _settings(context, "accept", None, None, as_json=as_json)


@click.command()
@click.option("--reason", required=True, help="Why the home was restored. 恢复原因。")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept elsewhere. 异地保存的检查点。",
)
@json_option
@click.pass_obj
def recover(context: Context, reason: str, checkpoints: tuple[Path, ...], as_json: bool) -> Exit:
    """Begin a new epoch of the log after a restore from backup. 从备份恢复后开始新的日志纪元。"""
    command = Recover(reason, tuple((path.name, path.read_bytes()) for path in checkpoints))
    return context.ask(command, as_json=as_json, tell=lambda answer, voice: voice.line("recovered", **answer))


def _settings(
    context: Context, verb: Literal["show", "set", "accept"], name: str | None, value: str | None, *, as_json: bool
) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        if verb == "show":
            table(
                [[one["name"], str(one["value"]), one[voice.language]] for one in answer["settings"]],
                [voice("setting"), voice("value"), voice("meaning")],
            )
            if not answer["accepted"]:
                voice.line("settings-edited")
        else:
            voice.line(f"settings-{verb}-done", **answer)

    return context.ask(SettingsCommand(verb, name, value), as_json=as_json, tell=tell)


def _tell_status(answer: Mapping[str, Any], voice: Voice) -> None:
    voice.line("status-station", station=answer["station"], unit=answer["unit"] or "–", home=answer["home"])
    voice.line("status-log", **answer["log"])
    voice.line("status-witnessed" if answer["log"]["witnessed"] is not None else "status-unwitnessed", **answer["log"])
    if answer["log"]["cosigned"] is not None:
        voice.line("status-cosigned", **answer["log"])
    if answer["service"] is not None:
        _tell_service(answer["service"], voice)
    voice.line("status-vault", held=human_bytes(answer["vault"]["bytes"]), free=human_bytes(answer["vault"]["free_bytes"]))
    voice.line("status-counts", **answer["counts"])
    if answer["devices"]:
        states = ", ".join(f"{count} {voice('device-' + state)}" for state, count in answer["devices"].items())
        voice.line("status-devices", states=states)
    if answer["counts"]["alarm"]:
        voice.line("status-alarms", count=answer["counts"]["alarm"])
    if answer["open_dockings"]:
        voice.line("status-open", count=len(answer["open_dockings"]))
    waiting = sum(count for state, count in answer["uploads"].items() if state != "done")
    voice.line("status-uploads", waiting=waiting, store=answer["store"])
    if any(answer["stamps"].values()):
        voice.line("status-stamps", **answer["stamps"])
    clock = answer["clock"]
    voice.line("status-clock", state=voice(f"clock-{clock['state']}"))
    if clock["drift_ms"] is not None:
        voice.line("status-drift", **clock)
    if clock["set_at"] is not None:
        voice.line("status-clock-set", **clock)
    if not answer["settings_accepted"]:
        voice.line("settings-edited")


def _tell_service(service: Mapping[str, Any], voice: Voice) -> None:
    voice.line("status-service", pid=service["pid"], since=service["started_at"])
    for one in service["checks"]:
        if one["outcome"] != "passes":
            voice.line(f"self-check-{one['outcome']}", check=one["check"], message=plain(one["message"]))
    for one in service["rooms"]:
        if one["fault"] is not None:
            voice.line("status-room", room=one["room"], message=plain(one["fault"]["message"]))


COMMANDS = (init, status, settings, recover)
