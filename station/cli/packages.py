"""Commands about court packages: package, and verify-package, which needs no station."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, human_bytes, json_option, say
from station.commands import Answer, Package
from station.home import StationError
from station.messages import plain

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class NoOpenSSL(StationError):
    """The program that checks signatures is not there. Fields: ``detail``."""

    code = "no-openssl"
    status = Exit.REFUSED


class NotAWitnessKey(StationError):
    """What was given as a witness's key is none. Fields: ``value``, ``rule``."""

    code = "not-a-witness-key"
    status = Exit.USAGE


@click.command()
@click.argument("folder", metavar="DEST", type=click.Path(path_type=bytes))
@click.option("--case", "case_number", help="The clips of this case. 此案件的片段。")
@click.option("--clip", "clips", multiple=True, help="A clip; may be given again. 片段, 可多次给出。")
@click.option("--purpose", help="What the package is for. 用途。")
@click.option("--disclosure", is_flag=True, help="Redacted copies only. 仅含遮蔽副本。")
@click.option("--playable", is_flag=True, help="Playable copies too, marked as derivatives. 另附可播放的衍生副本。")
@click.option("--split", type=click.IntRange(min=1), help="Bytes of one disc: one bag for each. 每张光盘的字节数, 分卷。")
@click.option("--at", type=click.IntRange(min=1), help="Once more, as at this log size. 重新制作日志位置为此值的证据包。")
@json_option
@click.pass_obj
def package(
    context: Context,
    folder: bytes,
    case_number: str | None,
    clips: tuple[str, ...],
    purpose: str | None,
    disclosure: bool,
    playable: bool,
    split: int | None,
    at: int | None,
    as_json: bool,
) -> Exit:
    """Write a court package: originals and everything that proves them. 制作证据包: 原件及其全部证明。"""
    if (case_number is None) == (not clips):
        raise click.UsageError("give either --case or --clip")

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line(
            "packaged", package=answer["package"], clips=len(answer["clips"]), size=answer["size"], folder=plain(answer["folder"])
        )
        for one in answer["parts"]:
            voice.line("packaged-part", folder=one["folder"], clips=one["clips"], bytes=human_bytes(one["bytes"]))
        for clip in answer["unplayable"]:
            voice.line("packaged-unplayable", id=clip)

    command = Package(os.path.abspath(folder), case_number, clips, purpose, disclosure, playable, split, at)
    return context.ask(command, as_json=as_json, tell=tell)


@click.command("verify-package")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--anchor", "anchors", multiple=True, help="Fingerprint obtained elsewhere. 站外取得的锚定指纹。")
@click.option("--checkpoint", "checkpoints", multiple=True, type=_file, help="A checkpoint kept elsewhere. 异地保存的检查点。")
@click.option("--witness", "witnesses", multiple=True, help="Verifier key of a witness. 见证方的验证公钥。")
@click.option("--authority", "authorities", multiple=True, type=_file, help="Time-stamp authority (PEM). 时间戳机构证书。")
@json_option
@click.pass_obj
def verify_package(
    context: Context,
    folder: Path,
    anchors: tuple[str, ...],
    checkpoints: tuple[Path, ...],
    witnesses: tuple[str, ...],
    authorities: tuple[Path, ...],
    as_json: bool,
) -> Exit:
    """Check a court package; needs no station and no network. 核验证据包, 无需工作站与网络。"""
    from evidence import package_verifier

    for one in witnesses:
        try:
            package_verifier.witness_key(one)
        except ValueError as error:
            raise NotAWitnessKey(value=one, rule=str(error)) from error
    try:
        found = package_verifier.verify(folder, anchors, checkpoints, witnesses, tuple(one.absolute() for one in authorities))
    except package_verifier.NoOpenSSL as error:
        raise NoOpenSSL(detail=str(error)) from error
    return say(Answer(found.document(), Exit(found.status)), as_json=as_json, tell=_tell_verdict, voice=Voice(context.language))


def _tell_verdict(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["clips"]:
        voice.line("package-clip", id=plain(one["clip"]), sha256=plain(one["sha256"]), state=plain(one["state"]))
    for one in answer["seals"]:
        stamps = ", ".join(one["time_stamps"]) or "–"
        voice.line(
            "package-seal", docking=plain(one["docking"]), sealed_at=one["sealed_at"], clock=plain(one["clock"]), stamps=stamps
        )
    for one in answer["notes"]:
        click.echo(f"  · {voice('remark-' + one['kind'])} [{one['kind']}] {plain(one['subject'])}: {plain(one['detail'])}")
    for one in answer["problems"]:
        click.echo(f"  ✖ {voice('flaw-' + one['kind'])} [{one['kind']}] {plain(one['subject'])}: {plain(one['detail'])}")
    if answer["problems"]:
        voice.line("verify-failed", count=len(answer["problems"]))
    elif not answer["anchored"]:
        voice.line("package-consistent")
    else:
        voice.line("package-unproven" if answer["unproven"] else "package-proven")


COMMANDS = (package, verify_package)
