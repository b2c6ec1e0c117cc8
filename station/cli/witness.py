"""The witness: a neighbour's or the city's own small server, and no part of a station."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, print_json, table
from station.messages import plain

_home = click.option(
    "--home", "folder", type=click.Path(path_type=Path), required=True, help="The witness's folder. 见证方主目录。"
)


@click.group()
def witness() -> None:
    """Be a witness for the logs of stations. 为各工作站日志作见证。"""


@witness.command("init")
@_home
@click.option("--name", required=True, help="Name in its signature lines, like city.example/witness. 签名行中的名称。")
@json_option
@click.pass_obj
def witness_init(context: Context, folder: Path, name: str, as_json: bool) -> Exit:
    """Make a witness with a key of its own. 新建见证方及其密钥。"""
    from station.witness.home import WitnessHome

    made = WitnessHome(folder.absolute()).create(name)
    return _say(context, "witness-made", {"home": str(folder.absolute()), "vkey": made.text()}, as_json=as_json)


@witness.command("add")
@_home
@click.argument("origin")
@click.argument("vkey")
@json_option
@click.pass_obj
def witness_add(context: Context, folder: Path, origin: str, vkey: str, as_json: bool) -> Exit:
    """Trust a log, or another key of one. 信任某日志, 或其新密钥。"""
    from evidence.custody.checkpoint import ECDSA, ED25519
    from evidence.custody.cosignature import NotAVerifierKey, read_vkey
    from station.witness.home import WitnessHome

    key = read_vkey(vkey, ED25519, ECDSA)
    if key.name != origin:
        raise NotAVerifierKey(text=vkey[:300], rule=f"a key whose name is the origin {origin}")
    log = WitnessHome(folder.absolute()).trust(origin, key)
    return _say(context, "witness-trusts", {"origin": origin, "keys": len(log.keys)}, as_json=as_json)


@witness.command("list")
@_home
@json_option
@click.pass_obj
def witness_list(context: Context, folder: Path, as_json: bool) -> Exit:
    """The logs that are trusted, and the newest head of each. 所信任的日志及其最新日志头。"""
    from station.witness.home import WitnessHome

    home = WitnessHome(folder.absolute())
    logs = home.logs()
    if as_json:
        document = [
            {
                "origin": log.origin,
                "keys": [key.text() for key in log.keys],
                "size": log.head.size if log.head else None,
                "root": log.head.root.hex() if log.head else None,
            }
            for log in logs
        ]
        print_json({"vkey": home.vkey().text(), "logs": document})
        return Exit.OK
    voice = Voice(context.language)
    rows = [
        [log.origin, str(log.head.size) if log.head else "–", log.head.root.hex() if log.head else "–", str(len(log.keys))]
        for log in logs
    ]
    table(rows, [voice("log"), voice("entries"), voice("root"), voice("keys")])
    return Exit.OK


@witness.command("serve")
@_home
@click.option("--listen", default="127.0.0.1:8417", show_default=True, help="HOST:PORT; port 0 takes any. 监听地址。")
@click.option("--certificate", type=click.Path(path_type=Path), help="TLS certificate chain (PEM). TLS 证书链。")
@click.option("--key", type=click.Path(path_type=Path), help="Its private key (PEM). 证书私钥。")
@click.pass_obj
def witness_serve(context: Context, folder: Path, listen: str, certificate: Path | None, key: Path | None) -> Exit:
    """Cosign what stations submit, until stopped. 受理各站提交的检查点并会签, 直到停止。"""
    from station.witness.home import WitnessHome
    from station.witness.server import Certificate, Server, Witness

    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key come together")
    home = WitnessHome(folder.absolute())
    tls = Certificate(certificate, key) if certificate and key else None
    voice = Voice(context.language)

    def told(origin: str, status: int, size: int | None) -> None:
        shown = "–" if size is None else size
        click.echo(voice("witness-judged", origin=plain(origin) or "–", size=shown, status=status))
        sys.stdout.flush()

    with Server(listen, Witness(home), tls, told=told) as server:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        voice.line("witness-listens", url=server.url, vkey=home.vkey().text())
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return Exit.OK
    return Exit.OK


def _say(context: Context, phrase: str, document: dict[str, str | int], *, as_json: bool) -> Exit:
    if as_json:
        print_json(document)
    else:
        Voice(context.language).line(phrase, **document)
    return Exit.OK


COMMANDS = (witness,)
