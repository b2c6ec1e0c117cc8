"""One catalogue for many stations: prepare it, let roles in, see which stations are there. It needs no home, and no station runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, print_json, table
from station.home import StationError

if TYPE_CHECKING:
    from evidence.catalogue.sharing import Shared

_url = click.option(
    "--url",
    envvar="EVIDENCE_STATION_CATALOGUE_URL",
    required=True,
    help="The database, without a password (that is for ~/.pgpass). 数据库地址, 不含密码。",
)


class SecretInArguments(StationError):
    """A password was typed where everybody on the machine can read it."""

    code = "secret-in-arguments"
    status = Exit.USAGE


@click.group()
def catalogue() -> None:
    """Share one PostgreSQL catalogue among stations. 多个工作站共用一个 PostgreSQL 目录。"""


@catalogue.command("prepare")
@_url
@json_option
@click.pass_obj
def catalogue_prepare(context: Context, url: str, as_json: bool) -> Exit:
    """Make or upgrade the tables, and close each station's rows to the others. 建立或升级数据表, 并隔离各站数据。"""
    from evidence.catalogue.migrate import upgrade
    from evidence.catalogue.sharing import granted, prepare

    engine = _engine(url)
    upgrade(engine)
    prepare(engine)
    return _say(context, "catalogue-prepared", {"url": url, "roles": len(granted(engine))}, as_json=as_json)


@catalogue.command("admit")
@_url
@click.argument("role")
@click.option("--station", help="The station that signs in under this role. 使用该角色的工作站。")
@click.option("--reads-units", "prefix", help="Reads the units whose code begins so. 可读取以此开头的单位。")
@json_option
@click.pass_obj
def catalogue_admit(context: Context, url: str, role: str, station: str | None, prefix: str | None, as_json: bool) -> Exit:
    """Let a role of the database in: a station's, or a reader's. 准入数据库角色: 工作站或读取方。"""
    from evidence.catalogue.sharing import Access, admit

    if (station is None) == (prefix is None):
        raise click.UsageError("--station, or --reads-units")
    admit(_engine(url), Access(role, station, prefix))
    return _say(context, "catalogue-admitted", {"role": role, "station": station, "unit_prefix": prefix}, as_json=as_json)


@catalogue.command("dismiss")
@_url
@click.argument("role")
@json_option
@click.pass_obj
def catalogue_dismiss(context: Context, url: str, role: str, as_json: bool) -> Exit:
    """Take away all that a role was granted. 取消角色的全部权限。"""
    from evidence.catalogue.sharing import dismiss

    gone = dismiss(_engine(url), role)
    return _say(
        context, "catalogue-dismissed" if gone else "catalogue-unknown-role", {"role": role, "dismissed": gone}, as_json=as_json
    )


@catalogue.command("access")
@_url
@json_option
@click.pass_obj
def catalogue_access(context: Context, url: str, as_json: bool) -> Exit:
    """Which roles were let in, and to what. 已准入的角色及范围。"""
    from evidence.catalogue.sharing import granted

    found = granted(_engine(url))
    if as_json:
        print_json({"roles": [{"role": one.role, "station": one.station, "unit_prefix": one.unit_prefix} for one in found]})
        return Exit.OK
    voice = Voice(context.language)
    rows = [[one.role, one.station or "–", one.unit_prefix or "–"] for one in found]
    table(rows, [voice(code) for code in ("role", "station", "unit-prefix")])
    return Exit.OK


@catalogue.command("stations")
@_url
@json_option
@click.pass_obj
def catalogue_stations(context: Context, url: str, as_json: bool) -> Exit:
    """The stations that whoever is signed in may read. 当前角色可读取的工作站。"""
    from evidence.catalogue.sharing import stations

    found = stations(_engine(url))
    members = ("station", "unit", "epoch", "entries", "newest", "clips", "dockings")
    if as_json:
        print_json({"stations": [{name: getattr(one, name) for name in members} for one in found]})
        return Exit.OK
    voice = Voice(context.language)
    rows = [[str(getattr(one, name) if getattr(one, name) is not None else "–") for name in members] for one in found]
    table(rows, [voice(f"stations-{name}") for name in members])
    return Exit.OK


COMMANDS: tuple[click.Command, ...] = (catalogue,)


def _engine(url: str) -> Shared:
    from evidence.catalogue.connect import connect
    from evidence.catalogue.sharing import holds_password

    if holds_password(url):
        raise SecretInArguments
    return connect(url)


def _say(context: Context, code: str, document: dict[str, Any], *, as_json: bool) -> Exit:
    if as_json:
        print_json(document)
    else:
        Voice(context.language).line(code, **{name: "–" if value is None else value for name, value in document.items()})
    return Exit.OK
