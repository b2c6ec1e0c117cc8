"""The clerk's desk: cases and incidents; tags stand in ``tagging``, the tree of categories in ``categories``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from evidence.errors import Exit
from evidence.reach import Sensitivity
from station.cli import categories, tagging
from station.cli.output import Context, Voice, human_bytes, json_option, table
from station.commands import Command
from station.commands.desk import (
    AddIncident,
    ChangeCase,
    ChangeIncident,
    CloseCase,
    ListCases,
    ListIncidents,
    MergeCase,
    OpenCase,
    ReopenCase,
    ShowCase,
    ShowIncident,
    SplitCase,
)
from station.messages import plain

_after = click.option("--after", help="Where the page before ended: its 'next'. 上一页的 next。")
_limit = click.option("--limit", type=click.IntRange(1, 1000), help="Rows of a page. 每页行数。")
_reason = click.option("--reason", help="Why; the log only commits to it. 原因。")
_SENSITIVITY = click.Choice(["", *(one.value for one in Sensitivity)])


# Cases


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def cases(context: click.Context, as_json: bool) -> Exit | None:
    """Cases. 案件。"""
    if context.invoked_subcommand is not None:
        return None
    found: Exit = context.obj.ask(ListCases(), as_json=as_json, tell=_tell_cases)
    return found


@cases.command("list")
@click.option("--state", type=click.Choice(["open", "closed", "merged"]), help="Only these. 仅此状态。")
@_after
@_limit
@json_option
@click.pass_obj
def cases_list(context: Context, state: str | None, after: str | None, limit: int | None, as_json: bool) -> Exit:
    """Cases, the newest first. 案件列表。"""
    return context.ask(ListCases(state, after, limit), as_json=as_json, tell=_tell_cases)


@cases.command("show")
@click.argument("case")
@_after
@_limit
@json_option
@click.pass_obj
def cases_show(context: Context, case: str, after: str | None, limit: int | None, as_json: bool) -> Exit:
    """The page of a case: people, incidents, footage, holds, packages, history. 案件页。"""
    return context.ask(ShowCase(case, after, limit), as_json=as_json, tell=_tell_case_page)


_person = click.option(
    "--person", "people", multiple=True, metavar="ROLE:NAME", help="Somebody in it, as suspect:NAME. 涉案人员。"
)
_sensitive = click.option("--sensitivity", type=_SENSITIVITY, help="Who may see it at all; empty: as others. 敏感类别。")


@cases.command("open")
@click.argument("number")
@click.option("--title", required=True, help="What it is about. 案由。")
@click.option("--unit", help="Code of the unit; the station's own otherwise. 办案单位。")
@_sensitive
@_person
@_reason
@json_option
@click.pass_obj
def cases_open(context: Context, /, number: str, title: str, people: tuple[str, ...], as_json: bool, **given: str | None) -> Exit:
    """Open a case. 立案。"""
    return context.ask(OpenCase(number, title, people=people, **given), as_json=as_json, tell=_tell_case)


@cases.command("change")
@click.argument("case")
@click.option("--number", help="Another number; its clips get it, too. 更改编号。")
@click.option("--title", help="What it is about. 案由。")
@click.option("--unit", help="Code of the unit. 办案单位。")
@_sensitive
@_person
@click.option("--without", multiple=True, metavar="ROLE:NAME", help="Somebody who is not in it. 移除涉案人员。")
@_reason
@json_option
@click.pass_obj
def cases_change(
    context: Context, /, case: str, people: tuple[str, ...], without: tuple[str, ...], as_json: bool, **given: str | None
) -> Exit:
    """Change a case, or give it another number. 更改案件。"""
    return _ask_case(context, ChangeCase(case, people=people, without=without, version=None, **given), as_json=as_json)


@cases.command("close")
@click.argument("case")
@_reason
@json_option
@click.pass_obj
def cases_close(context: Context, case: str, reason: str | None, as_json: bool) -> Exit:
    """Put a case to rest. 结案。"""
    return _ask_case(context, CloseCase(case, reason), as_json=as_json)


@cases.command("reopen")
@click.argument("case")
@_reason
@json_option
@click.pass_obj
def cases_reopen(context: Context, case: str, reason: str | None, as_json: bool) -> Exit:
    """Go on with a closed case. 重新办理。"""
    return _ask_case(context, ReopenCase(case, reason), as_json=as_json)


@cases.command("merge")
@click.argument("case")
@click.option("--into", required=True, help="The case that it becomes part of. 并入的案件。")
@_reason
@json_option
@click.pass_obj
def cases_merge(context: Context, case: str, into: str, reason: str | None, as_json: bool) -> Exit:
    """Make a case part of another, its clips with it. 并案。"""
    return _ask_case(context, MergeCase(case, into, reason), as_json=as_json)


@cases.command("split")
@click.argument("case")
@click.option("--number", required=True, help="Number of the new case. 新案件编号。")
@click.option("--title", required=True, help="What it is about. 案由。")
@click.option("--clip", "clips", multiple=True, required=True, help="A clip that goes with it. 随之转入的片段。")
@_reason
@json_option
@click.pass_obj
def cases_split(
    context: Context, case: str, number: str, title: str, clips: tuple[str, ...], reason: str | None, as_json: bool
) -> Exit:
    """Make some clips of a case a case of their own. 分案。"""
    return _ask_case(context, SplitCase(case, number, title, clips, reason), as_json=as_json)


def _ask_case(context: Context, command: Command, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        _tell_case(answer, voice)
        if answer["clips_tagged"]:
            voice.line("case-clips-tagged", clips=answer["clips_tagged"])

    return context.ask(command, as_json=as_json, tell=tell)


def _tell_cases(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["cases"]:
        _tell_case(one, voice)
    _tell_next(answer, voice)


def _tell_case(one: Mapping[str, Any], voice: Voice) -> None:
    earlier = voice("case-earlier", numbers=", ".join(plain(number) for number in one["earlier"])) if one["earlier"] else ""
    state, sensitivity = voice(f"case-{one['state']}"), f" [{one['sensitivity']}]" if one["sensitivity"] else ""
    number, title, unit = (plain(one[name]) for name in ("number", "title", "unit"))
    voice.line("case-line", number=number, title=title, state=state + sensitivity, unit=unit, earlier=earlier)


def _tell_case_page(answer: Mapping[str, Any], voice: Voice) -> None:
    _tell_case(answer, voice)
    for one in answer["people"]:
        click.echo(f"  {voice('party-' + one['role'])}: {plain(one['name'])}")
    voice.line("case-clips", clips=answer["clips"])
    if answer["clips_out_of_reach"]:
        voice.line("case-clips-hidden", clips=answer["clips_out_of_reach"])
    for one in answer["incidents"]:
        _tell_incident(one, voice)
    _tell_footage(answer, voice)
    for one in answer["packages"]:
        voice.line(
            "case-package", package=one["package"], at=one["at"][:19] + "Z", clips=one["clips"], by=plain(one["by"] or "–")
        )
    _tell_history(answer, voice)


# Incidents


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def incidents(context: click.Context, as_json: bool) -> Exit | None:
    """Dispatch records. 警情。"""
    if context.invoked_subcommand is not None:
        return None
    found: Exit = context.obj.ask(ListIncidents(), as_json=as_json, tell=_tell_incidents)
    return found


@incidents.command("list")
@click.option("--since", help="Beginning from this moment on. 起始时间。")
@click.option("--until", help="Beginning not after this moment. 截止时间。")
@click.option("--officer", help="Somebody who was sent (badge number). 出警人警号。")
@_after
@_limit
@json_option
@click.pass_obj
def incidents_list(context: Context, /, limit: int | None, as_json: bool, **given: str | None) -> Exit:
    """Incidents by their beginning. 警情列表。"""
    return context.ask(ListIncidents(limit=limit, **given), as_json=as_json, tell=_tell_incidents)


@incidents.command("show")
@click.argument("incident")
@_after
@_limit
@json_option
@click.pass_obj
def incidents_show(context: Context, incident: str, after: str | None, limit: int | None, as_json: bool) -> Exit:
    """The dispatch record beside all its footage on one time line. 警情页: 出警记录与全部录像。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        _tell_incident(answer, voice)
        for name in ("officers", "devices", "cases"):
            if answer[name]:
                click.echo(f"  {voice('told-' + name)}: {', '.join(plain(one) for one in answer[name])}")
        if answer["text"]:
            click.echo(f"  {plain(answer['text'])}")
        _tell_footage(answer, voice)
        _tell_history(answer, voice)

    return context.ask(ShowIncident(incident, after, limit), as_json=as_json, tell=tell)


_MEMBERS: tuple[Callable[[Any], Any], ...] = (
    click.option("--ends", "ends_at", help="When it ended. 结束时间。"),
    click.option("--place", "location", help="Place. 地点。"),
    click.option("--category", help="Word of the dispatch desk. 警情类别。"),
    click.option("--text", help="What was said. 报警内容。"),
    click.option("--unit", help="Code of the unit that was sent. 出警单位。"),
    click.option("--officer", "officers", multiple=True, help="Somebody who was sent (badge number). 出警人警号。"),
    click.option("--device", "devices", multiple=True, help="A recorder that was there (key). 设备。"),
)


def _members(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_MEMBERS):
        command = option(command)
    return command


@incidents.command("add")
@click.argument("number")
@click.option("--begins", "begins_at", required=True, help="When it began, as 2026-11-21T10:00:03. 开始时间。")
@_members
@json_option
@click.pass_obj
def incidents_add(
    context: Context,
    /,
    number: str,
    begins_at: str,
    officers: tuple[str, ...],
    devices: tuple[str, ...],
    as_json: bool,
    **given: str | None,
) -> Exit:
    """Enter a dispatch record. 登记警情。"""
    command = AddIncident(number, begins_at, officers=officers, devices=devices, **given)
    return context.ask(command, as_json=as_json, tell=_tell_incident)


@incidents.command("change")
@click.argument("incident")
@click.option("--number", help="Another number. 更改编号。")
@click.option("--begins", "begins_at", help="When it began. 开始时间。")
@_members
@_reason
@json_option
@click.pass_obj
def incidents_change(
    context: Context, /, incident: str, officers: tuple[str, ...], devices: tuple[str, ...], as_json: bool, **given: str | None
) -> Exit:
    """Correct a dispatch record; officers and devices replace those of before. 更正警情。"""
    command = ChangeIncident(incident, officers=officers or None, devices=devices or None, version=None, **given)
    return context.ask(command, as_json=as_json, tell=_tell_incident)


def _tell_incidents(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["incidents"]:
        _tell_incident(one, voice)
    _tell_next(answer, voice)


def _tell_incident(one: Mapping[str, Any], voice: Voice) -> None:
    end = "–" if one["ends_at"] is None else one["ends_at"][:19] + "Z"
    about = {name: plain(one[name] or "–") for name in ("number", "place", "category", "source")}
    voice.line("incident-line", begin=one["begins_at"][:19] + "Z", end=end, **about)


# What both pages have


def _tell_footage(answer: Mapping[str, Any], voice: Voice) -> None:
    rows = [
        [
            "–" if one["recorded_at"] is None else one["recorded_at"][:19] + "Z",
            _between(one["begins"]),
            "–" if one["duration_ms"] is None else f"{one['duration_ms'] / 1000:.0f} s",
            one["device"],
            one["officer"] or "–",
            one["category"],
            "–" if one["overlap"] is None else voice(f"overlap-{one['overlap']}"),
            human_bytes(one["size"]),
            one["clip"],
        ]
        for one in answer["footage"]
    ]
    if rows:
        heads = ("recorded", "footage-begins", "duration", "device", "recorded_by", "category", "footage-overlap", "size", "id")
        table(rows, [voice(head) for head in heads])
    _tell_next(answer, voice)
    for one in answer["holds"]:
        told = {name: plain(one[name] or "–") for name in ("on", "value", "clause")}
        voice.line("page-hold", state=voice(f"page-hold-{one['state']}"), **told)


def _between(begins: Mapping[str, str | None]) -> str:
    low, high = ("…" if begins[side] is None else str(begins[side])[:19] + "Z" for side in ("at_least", "at_most"))
    return f"{low}–{high}"


def _tell_history(answer: Mapping[str, Any], voice: Voice) -> None:
    if answer["history_left_out"]:
        voice.line("history-left-out", count=answer["history_left_out"])
    for one in answer["history"]:
        changed = ", ".join(plain(change["field"]) for change in one["changes"])
        parts = [one["entry"], one["at"][:19] + "Z", plain(one["by"] or one["role"]), voice(f"did-{one['did']}"), changed]
        click.echo("  " + "  ".join(part for part in [*parts, plain(one["reason"] or "")] if part))


def _tell_next(answer: Mapping[str, Any], voice: Voice) -> None:
    if answer.get("next") is not None:
        voice.line("page-next", after=plain(answer["next"]))


COMMANDS: tuple[click.Command, ...] = (*tagging.COMMANDS, *categories.COMMANDS, cases, incidents)
