"""Who may do what: people, units, sign-in, sessions, approvals. No PIN, password or card number is ever an argument: they are typed, or read from stdin."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evidence.access import Role
from evidence.errors import Exit, Fault
from evidence.reach import Sensitivity
from station import sessionfile
from station.cli.approving import approvals
from station.cli.output import Context, Voice, json_option, say, table
from station.commands import Answer, Command
from station.commands.people import (
    AddPerson,
    ChangePerson,
    DisablePerson,
    EnablePerson,
    Grant,
    ListPeople,
    ListUnits,
    ResetPin,
    RevokeGrant,
    RoleName,
    SetUnit,
    SignIn,
    SignOut,
    WhoAmI,
)
from station.messages import plain

_badge = click.argument("badge")
_ROLES = click.Choice([role.value for role in Role])
_units = click.option("--unit", "units", multiple=True, help="Clips of this unit and those below. 该单位及下级单位的片段。")
_cases = click.option("--case", "cases", multiple=True, help="Clips of this case. 该案件的片段。")
_sensitivities = click.option(
    "--sensitivity",
    "sensitivities",
    multiple=True,
    type=click.Choice([one.value for one in Sensitivity]),
    help="Clips that are restricted so. 该敏感类别的片段。",
)


def read_secret(voice: Voice, prompt: str) -> str:
    """A PIN, password or card number: typed unseen at a terminal, else the next line of stdin."""
    if sys.stdin.isatty():
        typed: str = click.prompt(voice(prompt), hide_input=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


@click.command("sign-in")
@click.argument("badge", required=False)
@click.option("--card", is_flag=True, help="By a card: its number comes from the reader, then the PIN. 刷卡登录。")
@click.option("--change", is_flag=True, help="Change the PIN or password at once. 登录并更改 PIN 或密码。")
@json_option
@click.pass_obj
def sign_in(context: Context, badge: str | None, card: bool, change: bool, as_json: bool) -> Exit:
    """Sign in; PIN or password are typed, or read from stdin. 登录; PIN 或密码由键盘输入或从标准输入读取。"""
    if (badge is None) != card:
        raise click.UsageError("BADGE, or --card")
    voice = Voice(context.language)
    number = read_secret(voice, "prompt-card") if card else None
    secret = read_secret(voice, "prompt-pin")
    new = read_secret(voice, "prompt-new-pin") if change else None
    try:
        answer, voice = context.fetch(SignIn(badge, number, secret, new))
    except Fault as fault:
        if fault.code != "pin-must-change" or card or change:
            raise
        new = read_secret(voice, "prompt-new-pin")
        if not new:
            raise
        answer, voice = context.fetch(SignIn(badge, None, secret, new))
    document = dict(answer.document)
    place = sessionfile.keep(context.home, str(document.pop("session")))
    shown = Answer({**document, "session_file": str(place)})

    def tell(told: Mapping[str, Any], voice: Voice) -> None:
        voice.line(
            "signed-in",
            badge=plain(told["person"]["badge"]),
            role=voice(f"role-{told['person']['role']}"),
            ends_at=told["ends_at"],
        )

    return say(shown, as_json=as_json, tell=tell, voice=voice)


@click.command("sign-out")
@click.option("--everywhere", is_flag=True, help="End all of your sessions. 结束本人所有会话。")
@json_option
@click.pass_obj
def sign_out(context: Context, everywhere: bool, as_json: bool) -> Exit:
    """End your session. 退出登录。"""
    try:
        answer, voice = context.fetch(SignOut(sessionfile.found(context.home) or "", everywhere))
    finally:
        sessionfile.forget(context.home)
    return say(
        answer, as_json=as_json, tell=lambda told, voice: voice.line("signed-out", badge=plain(told["badge"])), voice=voice
    )


@click.command()
@json_option
@click.pass_obj
def whoami(context: Context, as_json: bool) -> Exit:
    """Who acts, and what that person may see. 当前操作人及其权限范围。"""

    def tell(told: Mapping[str, Any], voice: Voice) -> None:
        voice.line(
            "who-acts" if told["signed_in"] else "who-operates", badge=plain(told["badge"]), role=voice(f"role-{told['role']}")
        )
        if told["signed_in"]:
            for name in ("units", "cases", "sensitivities"):
                reach = voice("every") if told[name] is None else ", ".join(map(plain, told[name])) or "–"
                voice.line("reach-line", what=voice(f"reach-{name}"), reach=reach)

    return context.ask(WhoAmI(), as_json=as_json, tell=tell)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def people(context: click.Context, as_json: bool) -> Exit | None:
    """People and what they may. 人员与权限。"""
    return _list(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@people.command("list")
@json_option
@click.pass_obj
def people_list(context: Context, as_json: bool) -> Exit:
    """Everybody. 全部人员。"""
    return _list(context, as_json=as_json)


@people.command("add")
@_badge
@click.option("--role", type=_ROLES, required=True, help="Role. 角色。")
@click.option("--name", help="Name. 姓名。")
@click.option("--unit", help="Code of the unit; the station's if none is given. 所属单位代码。")
@json_option
@click.pass_obj
def people_add(context: Context, badge: str, role: RoleName, name: str | None, unit: str | None, as_json: bool) -> Exit:
    """Enter somebody; 'reset-pin' opens the door. 登记人员; 用 reset-pin 开通登录。"""
    return _ask(context, AddPerson(badge, role, name, unit), as_json=as_json)


@people.command("change")
@_badge
@click.option("--role", type=_ROLES, help="Role. 角色。")
@click.option("--name", help="Name; an empty text clears it. 姓名; 空文本为清除。")
@click.option("--unit", help="Code of the unit. 所属单位代码。")
@click.option("--card", is_flag=True, help="Read a card's number; an empty line takes it away. 读取卡号; 空行为取消。")
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="X.509 client certificate (PEM or DER); an empty file takes it away. 客户端证书; 空文件为取消。",
)
@json_option
@click.pass_obj
def people_change(
    context: Context,
    badge: str,
    role: RoleName | None,
    name: str | None,
    unit: str | None,
    card: bool,
    certificate: Path | None,
    as_json: bool,
) -> Exit:
    """Change what is known of somebody. 更改人员信息。"""
    number = read_secret(Voice(context.language), "prompt-card") if card else None
    given = None if certificate is None else certificate.read_bytes()
    return _ask(context, ChangePerson(badge, role, name, unit, number, given), as_json=as_json)


@people.command("disable")
@_badge
@click.option("--reason", help="Why. 原因。")
@json_option
@click.pass_obj
def people_disable(context: Context, badge: str, reason: str | None, as_json: bool) -> Exit:
    """Nobody signs in by that badge any more. 停用人员。"""
    return _ask(context, DisablePerson(badge, reason), as_json=as_json)


@people.command("enable")
@_badge
@json_option
@click.pass_obj
def people_enable(context: Context, badge: str, as_json: bool) -> Exit:
    """Somebody may come back, with a new PIN. 恢复人员, 须重新设定 PIN。"""
    return _ask(context, EnablePerson(badge), as_json=as_json)


@people.command("reset-pin")
@_badge
@json_option
@click.pass_obj
def people_reset_pin(context: Context, badge: str, as_json: bool) -> Exit:
    """Make a PIN to be handed over, and changed at the first sign-in. 生成初始 PIN, 首次登录须更改。"""

    def tell(one: Mapping[str, Any], voice: Voice) -> None:
        voice.line("initial-pin", badge=plain(one["badge"]), pin=one["pin"], until=one["initial_until"])

    return context.ask(ResetPin(badge), as_json=as_json, tell=tell)


@people.command("grant")
@_badge
@_units
@_cases
@_sensitivities
@json_option
@click.pass_obj
def people_grant(
    context: Context, badge: str, units: tuple[str, ...], cases: tuple[str, ...], sensitivities: tuple[str, ...], as_json: bool
) -> Exit:
    """Let somebody see more. 授权。"""
    return _ask(context, Grant(badge, units, cases, sensitivities), as_json=as_json)


@people.command("revoke")
@_badge
@_units
@_cases
@_sensitivities
@json_option
@click.pass_obj
def people_revoke(
    context: Context, badge: str, units: tuple[str, ...], cases: tuple[str, ...], sensitivities: tuple[str, ...], as_json: bool
) -> Exit:
    """Take back what was granted. 撤销授权。"""
    return _ask(context, RevokeGrant(badge, units, cases, sensitivities), as_json=as_json)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def units(context: click.Context, as_json: bool) -> Exit | None:
    """Units, and which stands below which. 单位及其隶属关系。"""
    if context.invoked_subcommand is not None:
        return None
    found: Exit = context.obj.ask(ListUnits(), as_json=as_json, tell=_tell_units)
    return found


@units.command("list")
@json_option
@click.pass_obj
def units_list(context: Context, as_json: bool) -> Exit:
    """All of them. 全部单位。"""
    return context.ask(ListUnits(), as_json=as_json, tell=_tell_units)


@units.command("set")
@click.argument("code")
@click.option("--below", "parent", help="The unit above it; none: it stands at the top. 上级单位。")
@click.option("--name", help="Name. 名称。")
@json_option
@click.pass_obj
def units_set(context: Context, code: str, parent: str | None, name: str | None, as_json: bool) -> Exit:
    """Enter a unit, or put it elsewhere. 登记单位或更改其隶属。"""

    def tell(one: Mapping[str, Any], voice: Voice) -> None:
        _tell_units({"units": [one]}, voice)

    return context.ask(SetUnit(code, parent, name), as_json=as_json, tell=tell)


def first_administrator(context: Context, badge: str, secret_file: Path | None) -> str:
    """The first administrator of a home that init made: the badge as it is kept. PIN or password from a file, typed, or from stdin."""
    from station.founding import make_administrator
    from station.rooms import Rooms

    voice = Voice(context.language)
    if secret_file is None:
        secret = read_secret(voice, "prompt-new-pin")
    else:
        secret = secret_file.read_text(encoding="utf-8").rstrip("\r\n")
    rooms = Rooms.open(context.home)
    try:
        return make_administrator(rooms, badge, secret)
    finally:
        rooms.close()


def _ask(context: Context, command: Command, *, as_json: bool) -> Exit:
    return context.ask(command, as_json=as_json, tell=_tell)


def _list(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = [voice(f"person-{name}") for name in ("badge", "name", "role", "unit", "state", "doors", "grants")]
        table([_row(one, voice) for one in answer["people"]], heads)

    return context.ask(ListPeople(), as_json=as_json, tell=tell)


def _row(one: Mapping[str, Any], voice: Voice) -> list[str]:
    doors = ", ".join(voice(f"door-{door}") for door in one["doors"]) or "–"
    grants = ", ".join([*one["units"], *one["cases"], *one["sensitivities"]]) or "–"
    state = voice(f"person-{one['state']}")
    return [one["badge"], one["name"] or "–", voice(f"role-{one['role']}"), one["unit"] or "–", state, doors, grants]


def _tell(one: Mapping[str, Any], voice: Voice) -> None:
    badge, name, role, unit, state, doors, grants = map(plain, _row(one, voice))
    voice.line("person-line", badge=badge, name=name, role=role, unit=unit, state=state, doors=doors, grants=grants)


def _tell_units(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["units"]:
        below = "" if one["parent"] is None else voice("unit-below", parent=plain(one["parent"]))
        click.echo(os.fsdecode(f"{plain(one['code'])}  {plain(one['name'] or '–')}  {below}".rstrip()))


COMMANDS = (sign_in, sign_out, whoami, people, units, approvals)
