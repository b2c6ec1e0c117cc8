"""Commands about keeping: rules, holds, what is due, disposal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from evidence.retention import HoldOn
from station.cli import disposals
from station.cli.output import Context, Voice, human_bytes, json_option, table
from station.commands.keeping import (
    AddRule,
    ChangeRule,
    LiftHold,
    ListDue,
    ListHolds,
    ListRules,
    PlaceHold,
    RebuildHolds,
    RetireRule,
    ShowRule,
)
from station.messages import plain

_name = click.argument("name")
_category = click.option("--category", help="Category, with all below it; none: every one. 类别 (含下级); 不填为全部。")
_besides = click.option("--besides", multiple=True, help="Category that it does not speak of; repeat. 除外的类别, 可重复。")
_importance = click.option("--importance", help="1, 2 or 3; none: any. 重要程度。")
_unit = click.option("--unit", help="Unit, with all below it. 单位 (含下级)。")
_law = click.option("--law", help="What allows it to keep shorter than the law's six months. 允许短于法定六个月的依据。")
_reason = click.option("--reason", help="Why. 理由。")
_preview = click.option("--preview", is_flag=True, help="Only show what it would make due. 仅预览将到期的内容。")
_yes = click.option("--yes", "confirmed", is_flag=True, help="Although it makes footage due at once. 确认会使素材立即到期。")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def rules(context: click.Context, as_json: bool) -> Exit | None:
    """How long footage is kept, by which law. 保存期限规则。"""
    return _list_rules(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@rules.command("list")
@json_option
@click.pass_obj
def rules_list(context: Context, as_json: bool) -> Exit:
    """The rules in force. 现行规则。"""
    return _list_rules(context, as_json=as_json)


@rules.command("show")
@_name
@json_option
@click.pass_obj
def rules_show(context: Context, name: str, as_json: bool) -> Exit:
    """One rule with its versions. 规则及其历次版本。"""
    return context.ask(ShowRule(name), as_json=as_json, tell=_tell_rule_history)


@rules.command("add")
@_name
@click.option("--period", required=True, help="15d, 6m, permanent. 期限: 15d, 6m, permanent。")
@click.option("--clause", required=True, help="The law or order that says so. 依据条款。")
@_category
@_besides
@_importance
@_unit
@_law
@_preview
@_yes
@json_option
@click.pass_obj
def rules_add(context: Context, /, name: str, period: str, clause: str, as_json: bool, **given: Any) -> Exit:  # noqa: ANN401  # click's options
    """Another rule. 新增规则。"""
    return context.ask(AddRule(name, period, clause, **given), as_json=as_json, tell=_tell_effect)


@rules.command("change")
@_name
@click.option("--period", help="15d, 6m, permanent. 期限。")
@click.option("--clause", help="The law or order that says so. 依据条款。")
@_category
@_besides
@_importance
@_unit
@_law
@_reason
@_preview
@_yes
@json_option
@click.pass_obj
def rules_change(context: Context, /, name: str, besides: tuple[str, ...], as_json: bool, **given: Any) -> Exit:  # noqa: ANN401  # click's options
    """Another version of a rule; an empty text clears a member. 更改规则; 空文本为清除。"""
    left_out = tuple(filter(None, besides)) if besides else None
    return context.ask(ChangeRule(name, besides=left_out, **given), as_json=as_json, tell=_tell_effect)


@rules.command("retire")
@_name
@_law
@_reason
@_preview
@_yes
@json_option
@click.pass_obj
def rules_retire(context: Context, /, name: str, as_json: bool, **given: Any) -> Exit:  # noqa: ANN401  # click's options
    """A rule counts no more. 停用规则。"""
    return context.ask(RetireRule(name, **given), as_json=as_json, tell=_tell_effect)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def holds(context: click.Context, as_json: bool) -> Exit | None:
    """What must not be disposed of, whatever the rules say. 保全 (暂停处置)。"""
    return _list_holds(context.obj, lifted=False, as_json=as_json) if context.invoked_subcommand is None else None


@holds.command("list")
@click.option("--all", "lifted", is_flag=True, help="Those that were lifted, too. 含已解除的。")
@json_option
@click.pass_obj
def holds_list(context: Context, lifted: bool, as_json: bool) -> Exit:
    """The holds in force. 现行保全。"""
    return _list_holds(context, lifted=lifted, as_json=as_json)


@holds.command("place")
@click.argument("on", type=click.Choice([one.value for one in HoldOn]))
@click.argument("value")
@click.option("--clause", required=True, help="The law or order that asks for it. 依据。")
@click.option("--reason", required=True, help="Why. 理由。")
@click.option("--asked-by", help="Who asked for it. 由谁提出。")
@click.option("--since", help="Of a device: first moment, with its zone. 设备: 起始时刻 (含时区)。")
@click.option("--until", help="Of a device: last moment. 设备: 截止时刻。")
@json_option
@click.pass_obj
def holds_place(context: Context, /, on: str, value: str, as_json: bool, **given: Any) -> Exit:  # noqa: ANN401  # click's options
    """Suspend disposal of a clip, case, incident, device or officer, with what is still to come. 设置保全。"""
    return context.ask(PlaceHold(HoldOn(on), value, **given), as_json=as_json, tell=_tell_hold)


@holds.command("lift")
@click.argument("hold")
@click.option("--reason", required=True, help="Why. 理由。")
@json_option
@click.pass_obj
def holds_lift(context: Context, hold: str, reason: str, as_json: bool) -> Exit:
    """Ask that it be lifted; asked by a second person, it is. 解除保全 (双人)。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        _tell_hold(answer, voice)
        if not answer["lifted"]:
            voice.line("hold-waits")

    return context.ask(LiftHold(hold, reason), as_json=as_json, tell=tell)


@holds.command("rebuild")
@json_option
@click.pass_obj
def holds_rebuild(context: Context, as_json: bool) -> Exit:
    """Make the holds anew from the log alone. 仅凭日志重建保全。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("holds-rebuilt", restored=len(answer["restored"]), count=answer["in_force"])

    return context.ask(RebuildHolds(), as_json=as_json, tell=tell)


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Clips at most. 最多条数。")
@click.option("--after", help="Go on after this: 'next' of the page before. 接上一页的 next。")
@json_option
@click.pass_obj
def due(context: Context, limit: int, after: str | None, as_json: bool) -> Exit:
    """What is due or comes up for review: why, and since when. 已到期与待复核的素材。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("due-total", count=answer["clips"], size=human_bytes(answer["bytes"]))
        _table_of_due(answer["due"], voice)
        if answer["next"] is not None:
            voice.line("due-next", after=answer["next"])

    return context.ask(ListDue(limit, after), as_json=as_json, tell=tell)


def _list_rules(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = ("rule-name", "rule-period", "rule-scope", "rule-version", "rule-clause")
        rows = [
            [one["name"], _period(one["period"], voice), _scope(one, voice), str(one["version"]), one["clause"]]
            for one in answer["rules"]
        ]
        table(rows, [voice(head) for head in heads])

    return context.ask(ListRules(), as_json=as_json, tell=tell)


def _list_holds(context: Context, *, lifted: bool, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["holds"]:
            _tell_hold(one, voice)

    return context.ask(ListHolds(lifted), as_json=as_json, tell=tell)


def _tell_hold(one: Mapping[str, Any], voice: Voice) -> None:
    voice.line(
        "hold-line",
        id=one["id"],
        state=voice(f"hold-{one['state']}"),
        on=voice(f"hold-on-{one['on']}"),
        value="?" if one["value"] is None else plain(one["value"]),
        count=one["clips"],
        clause=plain(one["clause"]),
        at=one["at"],
    )


def _tell_rule_history(answer: Mapping[str, Any], voice: Voice) -> None:
    click.echo(f"{answer['name']}  {_period(answer['period'], voice)}  {_scope(answer, voice)}  {plain(answer['clause'])}")
    for entry in answer["history"]:
        said = entry["what"]
        who = entry["personal"].get("actor") or entry["actor"].get("system", "–")
        click.echo(f"{entry['when']['utc']}  {voice('rule-' + said['did'])}  {said['version']}  {plain(who)}")


def _tell_effect(answer: Mapping[str, Any], voice: Voice) -> None:
    if answer["clips"]:
        code = "rule-would-make-due" if answer["preview"] else "rule-made-due"
        voice.line(code, count=answer["clips"], size=human_bytes(answer["bytes"]))
        _table_of_due(answer["made_due"], voice)
    else:
        voice.line("rule-makes-nothing-due")
    if answer["rule"] is not None and not answer["preview"]:
        one = answer["rule"]
        click.echo(f"{one['name']}  {_period(one['period'], voice)}  {_scope(one, voice)}  {plain(one['clause'])}")


def _table_of_due(found: list[Mapping[str, Any]], voice: Voice) -> None:
    if not found:
        return
    heads = ("id", "due-fate", "due-since", "rule-name", "category", "path")
    rows = [
        [one["id"], voice(f"fate-{one['fate']}"), one["until"][:10], one["rule"], one["category"], one["path"]] for one in found
    ]
    table(rows, [voice(head) for head in heads])


def _period(text: str, voice: Voice) -> str:
    number, _, unit = text.rpartition(" ")
    return voice(f"period-{unit}", count=number)


def _scope(one: Mapping[str, Any], voice: Voice) -> str:
    parts = [plain(one["category"] or voice("rule-all"))]
    parts += [voice("rule-besides", categories=plain(", ".join(one["besides"])))] if one["besides"] else []
    parts += [voice("rule-importance", importance=one["importance"])] if one["importance"] else []
    parts += [voice("rule-unit", unit=plain(one["unit"]))] if one["unit"] else []
    return " ".join(parts)


COMMANDS = (rules, holds, due, *disposals.COMMANDS)
