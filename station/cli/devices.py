"""Commands about devices and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from evidence.facts import SourceKind
from station.cli.output import Context, Voice, json_option, table
from station.commands import (
    AcknowledgeAlarm,
    AddDevice,
    AdmitDevice,
    ChangeDevice,
    Command,
    IssueDevice,
    ListAlarms,
    ListDevices,
    RetireDevice,
    ReturnDevice,
    ShowDevice,
)
from station.deeds import deed
from station.messages import plain

_key = click.argument("device", metavar="KEY")
_clock = click.option(
    "--clock-shows",
    "clock",
    help="What its display shows now, local, as 2026-11-21T10:00:03: a clock check. 设备屏幕此刻显示的时间: 校验时钟。",
)
_KINDS = click.Choice([kind.value for kind in SourceKind])


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def devices(context: click.Context, as_json: bool) -> Exit | None:
    """Cameras and recorders of the station. 本站设备登记。"""
    return _list(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@devices.command("list")
@json_option
@click.pass_obj
def devices_list(context: Context, as_json: bool) -> Exit:
    """All of them. 全部设备。"""
    return _list(context, as_json=as_json)


@devices.command("show")
@_key
@json_option
@click.pass_obj
def devices_show(context: Context, device: str, as_json: bool) -> Exit:
    """One device with its history. 设备及其履历。"""
    return context.ask(ShowDevice(device), as_json=as_json, tell=_tell_history)


@devices.command("add")
@_key
@click.option("--make", help="Maker. 厂商。")
@click.option("--model", help="Model. 型号。")
@click.option("--serial", help="Serial number. 序列号。")
@click.option("--kind", type=_KINDS, default=SourceKind.BODY_CAMERA.value, show_default=True, help="Kind. 类别。")
@click.option("--assign", "assigned_to", help="Officer whose own it is. 固定配发的人员。")
@click.option("--note", help="Note. 备注。")
@json_option
@click.pass_obj
def devices_add(context: Context, /, device: str, kind: str, as_json: bool, **given: str | None) -> Exit:
    """Register a device. 登记设备。"""
    return _ask(context, AddDevice(device, SourceKind(kind), **given), as_json=as_json)


@devices.command("change")
@_key
@click.option("--make", help="Maker; an empty text clears it. 厂商; 空文本为清除。")
@click.option("--model", help="Model. 型号。")
@click.option("--serial", help="Serial number. 序列号。")
@click.option("--kind", type=_KINDS, help="Kind. 类别。")
@click.option("--assign", "assigned_to", help="Officer whose own it is. 固定配发的人员。")
@click.option("--note", help="Note. 备注。")
@json_option
@click.pass_obj
def devices_change(context: Context, /, device: str, kind: str | None, as_json: bool, **given: str | None) -> Exit:
    """Change what is registered. 更改登记内容。"""
    return _ask(context, ChangeDevice(device, None if kind is None else SourceKind(kind), **given), as_json=as_json)


@devices.command("admit")
@_key
@json_option
@click.pass_obj
def devices_admit(context: Context, device: str, as_json: bool) -> Exit:
    """Into service, out of quarantine or retirement. 准入使用。"""
    return _ask(context, AdmitDevice(device), as_json=as_json)


@devices.command("retire")
@_key
@json_option
@click.pass_obj
def devices_retire(context: Context, device: str, as_json: bool) -> Exit:
    """Out of service: refused when it is docked. 停用。"""
    return _ask(context, RetireDevice(device), as_json=as_json)


@devices.command("issue")
@_key
@click.option("--officer", required=True, help="Who takes it (badge number). 领用人警号。")
@_clock
@json_option
@click.pass_obj
def devices_issue(context: Context, device: str, officer: str, clock: str | None, as_json: bool) -> Exit:
    """An officer takes a pooled device. 领用。"""
    return _ask(context, IssueDevice(device, officer, clock), as_json=as_json)


@devices.command("return")
@_key
@_clock
@json_option
@click.pass_obj
def devices_return(context: Context, device: str, clock: str | None, as_json: bool) -> Exit:
    """A pooled device comes back. 归还。"""
    return _ask(context, ReturnDevice(device, clock), as_json=as_json)


_open_only = click.option("--open", "open_only", is_flag=True, help="Only those that nobody acknowledged. 仅未确认的。")


@click.group(invoke_without_command=True)
@_open_only
@json_option
@click.pass_context
def alarms(context: click.Context, open_only: bool, as_json: bool) -> Exit | None:
    """What somebody has to look at. 告警。"""
    if context.invoked_subcommand is not None:
        return None
    found: Exit = context.obj.ask(ListAlarms(open_only), as_json=as_json, tell=_tell_alarms)
    return found


@alarms.command("list")
@_open_only
@json_option
@click.pass_obj
def alarms_list(context: Context, open_only: bool, as_json: bool) -> Exit:
    """All of them, oldest first. 全部告警。"""
    return context.ask(ListAlarms(open_only), as_json=as_json, tell=_tell_alarms)


@alarms.command("acknowledge")
@click.argument("alarm")
@click.option("--note", help="What came of it. 处理说明。")
@json_option
@click.pass_obj
def alarms_acknowledge(context: Context, alarm: str, note: str | None, as_json: bool) -> Exit:
    """Say that it was looked at. 确认告警。"""
    return context.ask(
        AcknowledgeAlarm(alarm, note),
        as_json=as_json,
        tell=lambda answer, voice: voice.line("alarm-acknowledged-done", **answer),
    )


def tell_alarm(one: Mapping[str, Any], voice: Voice) -> None:
    """One alarm as a line."""
    about = _about(one["kind"], one["fields"], voice)
    whose = one["fields"]["device"] or one.get("subject", "").partition(":")[2]
    voice.line("alarm-line", what=voice(f"alarm-{one['kind']}"), device=plain(whose), about=about and f" ({about})")


def _about(kind: str, fields: Mapping[str, Any], voice: Voice) -> str:
    """What an alarm rests on, in words."""
    match kind:
        case "officer-disagrees":
            said = [(name.partition("_")[0], value) for name, value in fields.items() if name.startswith(_SAYING)]
            return ", ".join(f"{voice('said-' + by)} {plain(value)}" for by, value in said)
        case "numbering-gap":
            told = {name: plain(fields[name]) for name in ("gaps", "missing", "after", "before")}
            return voice("about-gaps", **told)
        case "clock-wrong":
            return voice("about-clock", basis=voice(f"clock-by-{fields['basis']}"), **_bounds(fields))
        case "docking-late" | "device-overdue":
            return voice("about-minutes", officer=plain(fields.get("officer") or "–"), hours=round(fields["minutes"] / 60))
        case "footage-unreadable":
            return voice("about-unreadable", reason=plain(fields["reason"]))
        case "two-devices-one-identity" if "other_slot" in fields:
            return voice("about-slots", slot=plain(fields["slot"]), other=plain(fields["other_slot"]))
        case "two-devices-one-identity":
            told = {name: plain(fields[name] or "–") for name in ("serial", "serial_before")}
            return voice("about-serials", **told)
    return ""


_SAYING = ("named", "card", "registry_")
"""Fields of an alarm that hold people: who was named at the dock, who stands on the card, who had the device."""


def _bounds(clock: Mapping[str, Any]) -> dict[str, str]:
    return {side: "–" if clock[side] is None else f"{clock[side] / 1000:+.1f} s" for side in ("at_least_ms", "at_most_ms")}


def _ask(context: Context, command: Command, *, as_json: bool) -> Exit:
    return context.ask(command, as_json=as_json, tell=_tell)


def _list(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = ("device-key", "device-made", "device-state", "device-who", "device-seen", "device-slot")
        table(
            [
                [
                    one["key"],
                    " ".join(filter(None, (one["make"], one["model"], one["serial"]))) or "–",
                    voice(f"device-{one['state']}"),
                    _who(one, voice),
                    "–" if one["last_seen_at"] is None else one["last_seen_at"][:19] + "Z",
                    "–" if one["last_slot"] is None else str(one["last_slot"]),
                ]
                for one in answer["devices"]
            ],
            [voice(head) for head in heads],
        )

    return context.ask(ListDevices(), as_json=as_json, tell=tell)


def _who(one: Mapping[str, Any], voice: Voice) -> str:
    if one["issued_at"] is not None:
        return voice("device-has", officer=plain(one["issued_to"] or "–"))
    return "–" if one["assigned_to"] is None else voice("device-own", officer=plain(one["assigned_to"]))


def _tell(one: Mapping[str, Any], voice: Voice) -> None:
    made = " ".join(plain(part) for part in (one["make"], one["model"], one["serial"]) if part) or "–"
    voice.line("device-line", key=plain(one["key"]), made=made, state=voice(f"device-{one['state']}"), who=_who(one, voice))
    clock = one["clock"]
    if clock is not None:
        code = "device-clock-wrong" if clock["wrong"] else "device-clock"
        voice.line(code, at=clock["station_at"], basis=voice(f"clock-by-{clock['basis']}"), **_bounds(clock))


def _tell_history(answer: Mapping[str, Any], voice: Voice) -> None:
    _tell(answer, voice)
    for one in answer["alarms"]:
        tell_alarm(one, voice)
    for entry in answer["history"]:
        who = entry["personal"].get("actor") or entry["actor"].get("system", "–")
        about = entry["personal"].get("officer")
        tail = "" if about is None else f"  {plain(about)}"
        click.echo(
            f"{entry['when']['utc']}  {deed(entry['type'], entry['what'], voice.language)}  {entry['subject']}  {plain(who)}{tail}"
        )


def _tell_alarms(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["alarms"]:
        state = voice("alarm-open") if one["acknowledged_at"] is None else voice("alarm-seen", at=one["acknowledged_at"])
        click.echo(f"{one['id']}  {one['raised_at']}  {state}")
        tell_alarm(one, voice)
        if one["note"]:
            click.echo(f"  {plain(one['note'])}")


COMMANDS = (devices,)
