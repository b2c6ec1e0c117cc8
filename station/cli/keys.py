"""Commands about keys: list, init, csr, import, rotate, revoke."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, say, table
from station.commands import ImportCertificates, KeyRole, ListKeys, MakeKey, RequestCertificate, RevokeKey, RotateKey
from station.files import write_new

_role = click.option(
    "--role", required=True, type=click.Choice(["seal", "seal-gm", "log"]), help="What the key signs. 密钥用途。"
)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def key() -> None:
    """The station's keys. 本站密钥。"""


@key.command("list")
@json_option
@click.pass_obj
def key_list(context: Context, as_json: bool) -> Exit:
    """Every key that the log knows, and those that wait. 日志中的全部密钥及待启用的密钥。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        table(
            [
                [
                    one["key"][:16],
                    one["role"],
                    one["introduced_at"][:19] + "Z",
                    "–" if one["revoked_at"] is None else one["revoked_at"][:19] + "Z",
                    "–" if one["reason"] is None else voice(f"ending-{one['reason']}"),
                    one["not_after"][:10],
                    one["uri"] or "–",
                ]
                for one in answer["keys"]
            ],
            [voice(head) for head in ("id", "key-role", "key-since", "key-until", "key-reason", "key-expires", "key-place")],
        )
        for one in answer["waiting"]:
            voice.line("key-waiting-certified" if one["certified"] else "key-waiting", **one)
        _tell_anchors(answer, voice)

    return context.ask(ListKeys(), as_json=as_json, tell=tell)


@key.command("init")
@_role
@click.option("--uri", help="Where to make it: file:… or pkcs11:… (RFC 7512). 生成位置。")
@json_option
@click.pass_obj
def key_init(context: Context, role: KeyRole, uri: str | None, as_json: bool) -> Exit:
    """Make the key that is to succeed the one in force. 生成后继密钥。"""
    return context.ask(
        MakeKey(role, uri),
        as_json=as_json,
        tell=lambda answer, voice: voice.line("key-made" if answer["made"] else "key-found", **answer),
    )


@key.command("csr")
@_role
@click.option("--out", type=click.Path(path_type=Path), help="Write it to a new file. 写入新文件。")
@json_option
@click.pass_obj
def key_csr(context: Context, role: KeyRole, out: Path | None, as_json: bool) -> Exit:
    """The signing request for the key that waits. 待启用密钥的证书请求。"""
    answer, voice = context.fetch(RequestCertificate(role))
    if out is not None:
        write_new(out, str(answer.document["request"]).encode())

    def tell(document: Mapping[str, Any], voice: Voice) -> None:
        if out is None:
            click.echo(document["request"], nl=False)
        else:
            voice.line("exported", path=out)

    return say(answer, as_json=as_json, tell=tell, voice=voice)


@key.command("import")
@click.argument("certificates", nargs=-1, type=_file)
@click.option("--chain", type=_file, help="The authority's chain up to its root (PEM). 认证机构证书链。")
@json_option
@click.pass_obj
def key_import(context: Context, certificates: tuple[Path, ...], chain: Path | None, as_json: bool) -> Exit:
    """Take what an authority issued. 导入签发的证书。"""
    if not certificates and chain is None:
        raise click.UsageError("Name a certificate, or a chain with --chain. 请指定证书或 --chain。")
    command = ImportCertificates(
        tuple((path.name, path.read_bytes()) for path in certificates),
        None if chain is None else (chain.name, chain.read_bytes()),
    )

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["authorities"]:
            voice.line("key-authority", **one)
        for one in answer["certified"]:
            voice.line("key-certified", **one)
        _tell_anchors(answer, voice)

    return context.ask(command, as_json=as_json, tell=tell)


@key.command("rotate")
@_role
@click.option(
    "--reason",
    type=click.Choice(["superseded", "lost", "compromised"]),
    default="superseded",
    show_default=True,
    help="Why the key of before ends. 旧密钥停用原因。",
)
@json_option
@click.pass_obj
def key_rotate(context: Context, role: KeyRole, reason: Literal["superseded", "lost", "compromised"], as_json: bool) -> Exit:
    """Put the key that waits in force and end the one of before. 启用新密钥并停用旧密钥。"""
    return context.ask(
        RotateKey(role, reason),
        as_json=as_json,
        tell=lambda answer, voice: voice.line(_rotated(answer), **answer),
    )


def _rotated(answer: Mapping[str, Any]) -> str:
    """What to say of a rotation: a first key of its role has none before it."""
    if not answer["ended"]:
        return "key-in-force"
    return "key-rotated" if answer["rotated"] else "key-rotated-before"


@key.command("revoke")
@click.argument("name", metavar="KEY")
@click.option(
    "--reason",
    required=True,
    type=click.Choice(["superseded", "ceased", "lost", "compromised"]),
    help="Why it ends. 吊销原因。",
)
@json_option
@click.pass_obj
def key_revoke(
    context: Context, name: str, reason: Literal["superseded", "ceased", "lost", "compromised"], as_json: bool
) -> Exit:
    """End a key: it signs no more. 吊销密钥。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("key-revoked-done", key=answer["key"], role=answer["role"], why=voice(f"ending-{answer['reason']}"))

    return context.ask(RevokeKey(name, reason), as_json=as_json, tell=tell)


def _tell_anchors(answer: Mapping[str, Any], voice: Voice) -> None:
    for anchor in answer["anchors"]:
        voice.line("key-anchor", anchor=anchor)


COMMANDS = (key,)
