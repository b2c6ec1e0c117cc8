"""Other systems that may call over TLS: let in, listed, revoked; and the description of what they can call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, print_json
from station.commands.clients import AdmitClient, ListClients, RevokeClient
from station.messages import plain

_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def clients() -> None:
    """Other systems that may call. 可调用接口的外部系统。"""


@clients.command("list")
@json_option
@click.pass_obj
def clients_list(context: Context, as_json: bool) -> Exit:
    """Every system that was ever let in. 曾获准入的系统。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["clients"]:
            _tell(one, voice)

    return context.ask(ListClients(), as_json=as_json, tell=tell)


@clients.command("admit")
@click.argument("name")
@click.option("--certificate", type=_file, help="Its certificate (PEM). 其证书。")
@click.option("--subject", help="Or the subject of its certificates (RFC 4514). 或证书主题。")
@click.option("--role", default="clerk", show_default=True, help="As whom it acts. 角色。")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may: clips:read and so on. 权限范围。")
@click.option("--rate", default=600, show_default=True, help="Requests a minute. 每分钟请求数。")
@click.option("--unit", "units", multiple=True, help="Whose clips it sees; left out: all units'. 可见单位。")
@click.option("--sensitivity", "sensitivities", multiple=True, help="Restricted clips that it may see. 可见的受限类别。")
@json_option
@click.pass_obj
def clients_admit(
    context: Context,
    name: str,
    certificate: Path | None,
    subject: str | None,
    role: str,
    scopes: tuple[str, ...],
    rate: int,
    units: tuple[str, ...],
    sensitivities: tuple[str, ...],
    as_json: bool,
) -> Exit:
    """Let a system in by its certificate. 凭证书准入外部系统。"""
    if (certificate is None) == (subject is None):
        raise click.UsageError("one of --certificate and --subject")
    shown = f"subject:{subject}" if certificate is None else f"sha256:{_fingerprint(certificate)}"
    return context.ask(AdmitClient(name, shown, role, scopes, rate, units, sensitivities), as_json=as_json, tell=_tell)


@clients.command("revoke")
@click.argument("name")
@click.option("--reason", required=True, help="Why. 理由。")
@json_option
@click.pass_obj
def clients_revoke(context: Context, name: str, reason: str, as_json: bool) -> Exit:
    """Let a system in no more. 吊销外部系统的准入。"""
    return context.ask(RevokeClient(name, reason), as_json=as_json, tell=_tell)


@click.command()
@click.option("--json", is_flag=True, expose_value=False, help="It is one JSON document anyway. 总是一个 JSON 文档。")
def openapi() -> Exit:
    """Print the description of the resource API (OpenAPI 3.1). 输出接口描述。"""
    from station.api.described import described

    print_json(described())
    return Exit.OK


def _fingerprint(file: Path) -> str:
    from evidence.pem import unpem

    try:
        return hashlib.sha256(unpem("CERTIFICATE", file.read_bytes())).hexdigest()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--certificate") from error


def _tell(one: Mapping[str, Any], voice: Voice) -> None:
    told = {name: plain(one[name]) for name in ("name", "role", "rate", "certificate")}
    voice.line("client-line", **told, state=voice(f"client-{one['state']}"), scopes=plain(" ".join(one["scopes"])))


COMMANDS = (clients, openapi)
