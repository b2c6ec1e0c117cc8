"""Commands about proof: custody, checkpoint, verify, scrub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option, say
from station.commands import Custody, Scrub, ShowCheckpoint, Verify
from station.deeds import deed
from station.files import write_new
from station.messages import plain

_checkpoints = click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept elsewhere. 异地保存的检查点。",
)


@click.command()
@click.option("--clip", help="Only what concerns this clip. 仅与此片段有关的记录。")
@click.option("--subject", help="An object as the log names it, its id, or a kind as 'clip'. 对象、其编号或类别, 如 clip。")
@click.option("--act", "acts", multiple=True, help="Only this act, as 'tagged'; may be repeated. 仅此类操作, 如 tagged; 可重复。")
@click.option("--person", help="Only what this badge did. 仅此警号的操作。")
@click.option("--since", help="From this moment on (ISO 8601). 自此时刻起 (ISO 8601)。")
@click.option("--until", help="Before this moment (ISO 8601). 此时刻之前 (ISO 8601)。")
@json_option
@click.pass_obj
def custody(
    context: Context,
    clip: str | None,
    subject: str | None,
    acts: tuple[str, ...],
    person: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
) -> Exit:
    """The custody log. 保管链日志。"""
    command = Custody(clip, subject=subject, acts=acts, person=person, since=since, until=until)

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for entry in answer["entries"]:
            actor = entry["personal"].get("actor") or entry["actor"].get("system")
            did = deed(entry["type"], entry["what"], voice.language)
            click.echo(f"{entry['epoch']}/{entry['seq']}  {entry['when']['utc']}  {did}  {entry['subject']}  {plain(actor)}")

    return context.ask(command, as_json=as_json, tell=tell)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write it to a new file. 写入新文件。")
@click.option("--cosigned", is_flag=True, help="The newest one that a witness cosigned. 见证方会签过的最新检查点。")
@click.option("--key", is_flag=True, help="The log's verifier key, for 'witness add'. 日志验证密钥, 供 witness add 使用。")
@json_option
@click.pass_obj
def checkpoint(context: Context, out: Path | None, cosigned: bool, key: bool, as_json: bool) -> Exit:
    """The current signed head of the log, to print, mail or keep elsewhere. 当前签名检查点, 供打印、邮寄或异地保存。"""
    answer, voice = context.fetch(ShowCheckpoint(cosigned))
    if out is not None:
        write_new(out, str(answer.document["note"]).encode())

    def tell(document: Mapping[str, Any], voice: Voice) -> None:
        if key:
            click.echo(document["vkey"])
        elif out is None:
            click.echo(document["note"], nl=False)
        else:
            voice.line("exported", path=out)

    return say(answer, as_json=as_json, tell=tell, voice=voice)


@click.command()
@_checkpoints
@click.option("--anchor", "anchors", multiple=True, help="Fingerprint printed by init. 初始化时打印的指纹。")
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Root certificates of a time-stamp authority (PEM). 时间戳机构的根证书 (PEM)。",
)
@click.option("--witness", "witnesses", multiple=True, help="Verifier key of a witness that cosigns. 会签见证方的验证密钥。")
@json_option
@click.pass_obj
def verify(
    context: Context,
    checkpoints: tuple[Path, ...],
    anchors: tuple[str, ...],
    authorities: tuple[Path, ...],
    witnesses: tuple[str, ...],
    as_json: bool,
) -> Exit:
    """Check every byte, signature, entry and row; never writes. 核验全部数据, 不做任何写入。"""
    given, roots = (tuple((path.name, path.read_bytes()) for path in paths) for paths in (checkpoints, authorities))
    command = Verify(given, anchors, roots, witnesses)
    return context.ask(command, as_json=as_json, tell=_tell_verdict)


@click.command()
@click.option("--budget", type=click.IntRange(min=1), help="Bytes to re-read at most. 最多重读的字节数。")
@json_option
@click.pass_obj
def scrub(context: Context, budget: int | None, as_json: bool) -> Exit:
    """Re-read what was not re-read for longest. 巡检最久未核验的数据。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("scrubbed", blobs=answer["blobs"], bytes=human_bytes(answer["bytes"]))
        _tell_problems(answer["problems"], voice)

    return context.ask(Scrub(budget), as_json=as_json, tell=tell)


def _tell_verdict(answer: Mapping[str, Any], voice: Voice) -> None:
    for what, count in answer["checked"].items():
        voice.line("checked", what=voice(f"checked-{what}"), count=count)
    _tell_problems(answer["problems"], voice)
    for note in answer["notes"]:
        click.echo(f"  · {voice('note-' + note['kind'])} [{note['kind']}] {plain(note['subject'])}: {plain(note['detail'])}")
    for one in answer["witnessed_by"]:
        voice.line("verify-witnessed", **{**one, "witness": plain(one["witness"])})
    if answer["problems"]:
        voice.line("verify-failed", count=len(answer["problems"]))
    else:
        voice.line("verify-anchored" if answer["anchored"] else "verify-consistent")


def _tell_problems(problems: list[Mapping[str, Any]], voice: Voice) -> None:
    for one in problems:
        click.echo(f"  ✖ {voice('problem-' + one['kind'])} [{one['kind']}] {plain(one['subject'])}: {plain(one['detail'])}")


COMMANDS = (custody, checkpoint, verify, scrub)
