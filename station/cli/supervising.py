"""Figures for supervision, review samples, the alarm inbox."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from evidence.errors import Exit
from station.cli.devices import alarms
from station.cli.output import Context, Voice, json_option, print_json, table
from station.commands.supervising import (
    CheckAlarms,
    CheckSample,
    DrawSample,
    FigureName,
    Form,
    ListEscalations,
    ListFigures,
    ListSamples,
    ShowFigure,
    ShowSample,
)
from station.files import write_new
from station.messages import plain


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def figures(context: click.Context, as_json: bool) -> Exit | None:
    """Figures for supervision. 监督统计。"""
    return _list(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@figures.command("list")
@json_option
@click.pass_obj
def figures_list(context: Context, as_json: bool) -> Exit:
    """Which figures there are, and their rules. 统计项及其规则。"""
    return _list(context, as_json=as_json)


@figures.command("show")
@click.argument("figure", type=click.Choice(get_args(FigureName)))
@click.option("--from", "since", help="First day, as 2026-11-01; by default 30 days. 起始日期。")
@click.option("--until", help="Last day. 截止日期。")
@click.option("--officer", help="Of this officer only (badge number). 仅某民警。")
@click.option("--unit", help="Of this unit only. 仅某单位。")
@click.option("--items", type=click.IntRange(0, 10000), default=0, help="Show so many single findings. 列出明细条数。")
@click.option("--csv", "csv_file", type=click.Path(path_type=bytes), help="Write it as CSV. 输出 CSV 文件。")
@click.option("--bom", is_flag=True, help="CSV with a byte-order mark, for Excel. CSV 带 BOM, 供 Excel 使用。")
@click.option("--pdf", "pdf_file", type=click.Path(path_type=bytes), help="Write it as PDF. 输出 PDF 文件。")
@json_option
@click.pass_obj
def figures_show(
    context: Context,
    /,
    figure: FigureName,
    csv_file: bytes | None,
    pdf_file: bytes | None,
    as_json: bool,
    **asked: Any,  # noqa: ANN401  # the options, by their names
) -> Exit:
    """One figure, by unit and officer. 按单位和民警统计一项。"""
    if csv_file is not None and pdf_file is not None:
        raise click.UsageError("--csv or --pdf, one of them.")
    form: Form = "csv" if csv_file is not None else "pdf" if pdf_file is not None else ""
    answer, voice = context.fetch(ShowFigure(figure, form=form, **asked))
    document = dict(answer.document)
    content = document.pop("csv", None), document.pop("pdf_b64", None)
    target = csv_file if csv_file is not None else pdf_file
    if target is not None:
        path = Path(os.fsdecode(os.path.abspath(target)))
        data = str(content[0]).encode() if content[1] is None else b64decode(str(content[1]))
        write_new(path, data)
        document["file"] = str(path)
    if as_json:
        print_json(document)
    else:
        _tell(document, voice)
    return answer.status


def _list(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["figures"]:
            click.echo(f"{one['figure']}  {one['title']}")
        for name, value in answer["rules"].items():
            voice.line("figure-rule", name=name, value=value)

    return context.ask(ListFigures(), as_json=as_json, tell=tell)


def _tell(answer: Mapping[str, Any], voice: Voice) -> None:
    total = answer["total"]
    voice.line(
        "figure-line",
        title=voice(f"figure-{answer['figure']}"),
        first=answer["period"]["from"],
        last=answer["period"]["until"],
        counted=total["counted"],
        flagged=total["flagged"],
        excluded=sum(total["excluded"].values()),
        unsure=sum(total["unsure"].values()),
        measure=voice(f"figure-measure-{answer['measure']}"),
    )
    names = ("unit", "officer", "counted", "flagged", "excluded", "unsure", "worst")
    if answer["rows"]:
        table(
            [[_cell(one[name], voice) for name in names] for one in answer["rows"]],
            [voice(f"figure-head-{name}") for name in names],
        )
    for one in answer["items"]:
        reason = "" if one["reason"] is None else f" ({voice('figure-because-' + one['reason'])})"
        value = "–" if one["value"] is None else one["value"]
        click.echo(f"{one['subject']}  {plain(one['officer'] or '–')}  {voice('verdict-' + one['verdict'])}{reason}  {value}")
    log = answer["log"]
    voice.line("figure-as-of", origin=log["origin"], size=log["size"], root=log["root"])
    if "file" in answer:
        voice.line("exported", path=plain(answer["file"]))


def _cell(value: Any, voice: Voice) -> str:  # noqa: ANN401  # a cell of JSON
    if isinstance(value, Mapping):
        return ", ".join(f"{voice('figure-because-' + reason)} {count}" for reason, count in value.items()) or "–"
    return "–" if value is None else plain(value)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def samples(context: click.Context, as_json: bool) -> Exit | None:
    """Review samples that nobody chooses. 由日志随机抽取的抽查样本。"""
    return _samples(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@samples.command("list")
@json_option
@click.pass_obj
def samples_list(context: Context, as_json: bool) -> Exit:
    """All of them, newest first. 全部抽样。"""
    return _samples(context, as_json=as_json)


@samples.command("draw")
@click.argument("wanted", type=int)
@click.option("--from", "since", help="First day, as 2026-11-01; by default 30 days. 起始日期。")
@click.option("--until", help="Last day. 截止日期。")
@click.option("--category", help="Only of this category. 仅某类别。")
@click.option("--officer", help="Only of this officer (badge number). 仅某民警。")
@click.option("--unit", help="Only of this unit. 仅某单位。")
@click.option("--reason", help="Why. 事由。")
@json_option
@click.pass_obj
def samples_draw(context: Context, /, wanted: int, as_json: bool, **asked: str | None) -> Exit:
    """Fix a population, and have WANTED clips drawn by the log. 确定总体并由日志抽取。"""
    return context.ask(DrawSample(wanted, **asked), as_json=as_json, tell=_tell_sample)


@samples.command("show")
@click.argument("sample")
@json_option
@click.pass_obj
def samples_show(context: Context, sample: str, as_json: bool) -> Exit:
    """One sample with its clips. 样本及其录像。"""
    return context.ask(ShowSample(sample), as_json=as_json, tell=_tell_sample)


@samples.command("check")
@click.argument("sample")
@json_option
@click.pass_obj
def samples_check(context: Context, sample: str, as_json: bool) -> Exit:
    """Draw it again from the log, and compare. 按日志重新抽取并比对。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("sample-seed", **answer["seed"])
        for one in answer["wrong"]:
            click.echo(voice("sample-wrong-" + one))
        if not answer["wrong"]:
            voice.line("sample-holds", count=len(answer["drawn"]))

    return context.ask(CheckSample(sample), as_json=as_json, tell=tell)


def _samples(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["samples"]:
            _sample_line(one, voice)

    return context.ask(ListSamples(), as_json=as_json, tell=tell)


def _sample_line(one: Mapping[str, Any], voice: Voice) -> None:
    told = {name: one[name] for name in ("wanted", "count", "since", "until", "at")}
    voice.line("sample-line", sample=one["sample"] or one["population"], **told)
    if one["sample"] is None:
        voice.line("sample-not-drawn")


def _tell_sample(answer: Mapping[str, Any], voice: Voice) -> None:
    _sample_line(answer, voice)
    if answer["seed"] is not None:
        voice.line("sample-seed", **answer["seed"])
    if answer["drawn_before"]:
        voice.line("sample-before", count=answer["drawn_before"])
    for one in answer["clips"]:
        click.echo(f"{one['number']:>4}  {one['clip']}  {plain(one.get('officer') or '–')}  {one.get('recorded_at') or '–'}")


@alarms.command("check")
@json_option
@click.pass_obj
def alarms_check(context: Context, as_json: bool) -> Exit:
    """Raise and hand on what is due, now. 立即检查并升级告警。"""
    return context.ask(CheckAlarms(), as_json=as_json, tell=lambda answer, voice: voice.line("alarms-checked", **answer))


@alarms.command("escalations")
@click.option("--open", "open_only", is_flag=True, help="Only of alarms that nobody acknowledged. 仅未确认的。")
@json_option
@click.pass_obj
def alarms_escalations(context: Context, open_only: bool, as_json: bool) -> Exit:
    """What was handed on to whom. 告警升级记录。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["escalations"]:
            what, role = voice(f"alarm-{one['kind']}"), voice(f"escalation-to-{one['to']}")
            told = {"at": one["at"], "alarm": one["alarm"], "minutes": one["after_minutes"]}
            voice.line("escalation-line", what=what, role=role, **told)
            if one["acknowledged_at"] is not None:
                voice.line("escalation-seen", at=one["acknowledged_at"])

    return context.ask(ListEscalations(open_only), as_json=as_json, tell=tell)


COMMANDS = (alarms, figures, samples)
