"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evidence.errors import Exit
from station.cityanswer import read_answer
from station.cli.output import Context, Voice, human_bytes, json_option, print_json
from station.commands.joining import ImportFolder, IndexAnswer, IndexBatch, ListWebhooks, RetryWebhooks, ShowLink, TryWebhook
from station.files import check_folder, write_new
from station.messages import plain


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def webhooks(context: click.Context, as_json: bool) -> Exit | None:
    """What another system is told. 通知外部系统。"""
    return _list(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@webhooks.command("list")
@json_option
@click.pass_obj
def webhooks_list(context: Context, as_json: bool) -> Exit:
    """What waits, and what is dead. 待发及已放弃的通知。"""
    return _list(context, as_json=as_json)


@webhooks.command("test")
@json_option
@click.pass_obj
def webhooks_test(context: Context, as_json: bool) -> Exit:
    """Send a notice that nothing caused. 发送测试通知。"""
    return context.ask(TryWebhook(), as_json=as_json, tell=_tell_tried)


@webhooks.command("retry")
@click.argument("notice", required=False)
@json_option
@click.pass_obj
def webhooks_retry(context: Context, notice: str | None, as_json: bool) -> Exit:
    """Try again at once: one notice, or all. 立即重试一条或全部。"""
    return context.ask(RetryWebhooks(notice), as_json=as_json, tell=_tell_tried)


def _list(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        if answer["url"] is None:
            voice.line("webhooks-none")
        else:
            voice.line("webhooks-to", url=answer["url"], events=", ".join(answer["events"]))
        _tell_notices(answer, voice)

    return context.ask(ListWebhooks(), as_json=as_json, tell=tell)


def _tell_tried(answer: Mapping[str, Any], voice: Voice) -> None:
    voice.line("webhooks-tried", taken=answer["taken"], failed=answer["failed"])
    _tell_notices(answer, voice)


def _tell_notices(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["notices"]:
        told = {name: one[name] for name in ("id", "event", "attempts")}
        voice.line("webhook-line", **told, state=voice(f"webhook-{one['state']}"), next=one["next_try_at"])
        if one["reason"]:
            click.echo(f"  {plain(one['reason'])}")


@click.group()
def index() -> None:
    """The index for the city's platform. 向上级平台提供的索引。"""


@index.command("batch")
@click.argument("folder", type=click.Path(file_okay=False, path_type=bytes))
@click.option("--limit", type=click.IntRange(1, 10000), default=1000, show_default=True, help="Records at most. 最多条数。")
@click.option("--everything", is_flag=True, help="Also what the platform has. 包括平台已有的。")
@json_option
@click.pass_obj
def index_batch(context: Context, folder: bytes, limit: int, everything: bool, as_json: bool) -> Exit:
    """Write the next batch and its signature into FOLDER. 生成下一批索引及签名。"""
    place = Path(os.fsdecode(os.path.abspath(folder)))
    check_folder(place)  # a batch that was made counts as given: one that could not be written would be missing at the platform
    answer, voice = context.fetch(IndexBatch(limit, everything))
    document = dict(answer.document)
    body, signature = b64decode(str(document.pop("body_b64"))), b64decode(str(document.pop("signature_b64")))
    path = place / f"index-{document['batch']}.json"
    write_new(path.with_suffix(".p7s"), signature)
    write_new(path, body)
    document["file"], document["signature"] = str(path), str(path.with_suffix(".p7s"))
    if as_json:
        print_json(document)
    else:
        voice.line("index-given", **document)
        voice.line("exported", path=plain(document["file"]))
    return answer.status


@index.command("answer")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def index_answer(context: Context, file: Path, as_json: bool) -> Exit:
    """Take in what the platform answered (JSON: batch, accepted, known, failed). 登记平台应答。"""
    said = read_answer(file)
    lists = {name: tuple(getattr(said, name)) for name in ("accepted", "known", "failed")}

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("index-settled", batch=answer["batch"], settled=answer["settled"], again=len(answer["again"]))

    return context.ask(IndexAnswer(said.batch, **lists), as_json=as_json, tell=tell)


@click.command()
@click.argument("clip")
@json_option
@click.pass_obj
def link(context: Context, clip: str, as_json: bool) -> Exit:
    """The link to a clip, or where a link leads. 录像的固定链接, 或链接所指。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        click.echo(plain(answer["link"]))
        told = {name: plain(answer[name] or "–") for name in ("clip", "incident")}
        voice.line("link-to", case=plain(answer["case_number"] or "–"), **told)

    return context.ask(ShowLink(clip), as_json=as_json, tell=tell)


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=bytes))
@click.option(
    "--metadata",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=bytes),
    help="The older system's table (CSV). 旧系统数据表。",
)
@click.option(
    "--mapping",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How its columns are called (TOML). 列对应文件。",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be taken. 仅预演。")
@json_option
@click.pass_obj
def import_folder(context: Context, folder: bytes, metadata: bytes, mapping: Path, dry_run: bool, as_json: bool) -> Exit:
    """Bring footage of an older system along. 导入旧系统的录像。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        told = {name: answer[name] for name in ("taken", "known", "refused", "unnamed")}
        voice.line("import-would" if answer["dry_run"] else "import-done", bytes=human_bytes(answer["bytes"]), **told)
        for one in answer["refused_rows"]:
            voice.line("import-refused", row=one["row"], path=plain(one["path"] or "–"), rule=plain(one["rule"]))

    paths = os.path.abspath(folder), os.path.abspath(metadata)
    return context.ask(ImportFolder(*paths, mapping.read_bytes(), dry_run), as_json=as_json, tell=tell)


COMMANDS = (webhooks, index, link, import_folder)
