"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, table
from station.commands.matching import (
    AcceptMatch,
    CheckFeed,
    ListFeeds,
    ListMatches,
    ListWithoutFootage,
    ListWithoutIncident,
    RejectMatch,
    RunFeeds,
    RunMatches,
    ShowMatch,
)
from station.messages import fault_text, plain

_feed = click.argument("feed", metavar="NAME")
_match = click.argument("match", metavar="MATCH")
_reason = click.option("--reason", help="Why; it stands in the log. 理由, 记入日志。")
_after = click.option("--after", help="Go on after this id. 从此编号之后继续。")
_limit = click.option("--limit", type=int, default=100, show_default=True, help="Lines at most. 最多条数。")
_STATES = click.Choice(["proposed", "accepted", "rejected", "withdrawn"])


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def feeds(context: click.Context, as_json: bool) -> Exit | None:
    """Where dispatch records and rosters come from. 警情与排班数据源。"""
    return _list_feeds(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@feeds.command("list")
@json_option
@click.pass_obj
def feeds_list(context: Context, as_json: bool) -> Exit:
    """The feeds of the home, and what came of the last run. 数据源及上次运行结果。"""
    return _list_feeds(context, as_json=as_json)


@feeds.command("check")
@_feed
@json_option
@click.pass_obj
def feeds_check(context: Context, feed: str, as_json: bool) -> Exit:
    """Dry run: what taking it would do, and what would be refused. 试运行。"""
    return context.ask(CheckFeed(feed), as_json=as_json, tell=_tell_run)


@feeds.command("run")
@click.argument("feed", metavar="NAME", required=False)
@click.option("--sure", is_flag=True, help="A roster was not cut short, however many leave. 名册完整, 无论离职多少人。")
@json_option
@click.pass_obj
def feeds_run(context: Context, feed: str | None, sure: bool, as_json: bool) -> Exit:
    """Take what a feed has, or all feeds. 读取数据源。"""
    if sure and feed is None:
        raise click.UsageError("--sure is said of one feed: NAME")

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["feeds"]:
            _tell_run(one, voice)

    return context.ask(RunFeeds(feed, sure), as_json=as_json, tell=tell)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def matches(context: click.Context, as_json: bool) -> Exit | None:
    """Which footage belongs to which incident. 录像与警情的关联。"""
    if context.invoked_subcommand is not None:
        return None
    found: Exit = context.obj.ask(ListMatches("proposed"), as_json=as_json, tell=_tell_matches)
    return found


@matches.command("list")
@click.option("--state", type=_STATES, help="Of one state. 按状态。")
@click.option("--clip", help="Of one clip. 按录像。")
@click.option("--incident", help="Of one incident (id). 按警情编号。")
@click.option("--doubted", is_flag=True, help="Accepted by a person, and doubtful now. 已人工确认但存疑的。")
@_after
@_limit
@json_option
@click.pass_obj
def matches_list(context: Context, /, as_json: bool, **given: Any) -> Exit:  # noqa: ANN401  # click's options
    """Matches, oldest first. 关联列表。"""
    return context.ask(ListMatches(**given), as_json=as_json, tell=_tell_matches)


@matches.command("show")
@_match
@json_option
@click.pass_obj
def matches_show(context: Context, match: str, as_json: bool) -> Exit:
    """One match with its history. 关联及其经过。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        _tell_match(answer, voice)
        for one in answer["history"]:
            who = plain(one["actor"] or voice("match-by-station"))
            why = f": {plain(one['reason'])}" if one["reason"] else ""
            click.echo(f"  {one['at']}  {voice('match-did-' + one['did'])}  {one['score'] / 10:.1f} %  {who}{why}")

    return context.ask(ShowMatch(match), as_json=as_json, tell=tell)


@matches.command("accept")
@_match
@_reason
@json_option
@click.pass_obj
def matches_accept(context: Context, match: str, reason: str | None, as_json: bool) -> Exit:
    """It belongs: the clip is tagged with the incident. 确认关联。"""
    return context.ask(AcceptMatch(match, reason), as_json=as_json, tell=_tell_match)


@matches.command("reject")
@_match
@_reason
@json_option
@click.pass_obj
def matches_reject(context: Context, match: str, reason: str | None, as_json: bool) -> Exit:
    """It does not belong, and is not offered again. 否定关联。"""
    return context.ask(RejectMatch(match, reason), as_json=as_json, tell=_tell_match)


@matches.command("run")
@click.option("--whole", is_flag=True, help="Everything once more, not only what changed. 全部重新判断。")
@json_option
@click.pass_obj
def matches_run(context: Context, whole: bool, as_json: bool) -> Exit:
    """Judge what has changed since the last time. 立即进行关联。"""
    return context.ask(RunMatches(whole), as_json=as_json, tell=lambda answer, voice: voice.line("matches-run", **answer))


@matches.command("without-footage")
@click.option("--hours", type=int, default=24, show_default=True, help="Not those of the last hours. 排除最近若干小时。")
@_after
@_limit
@json_option
@click.pass_obj
def matches_without_footage(context: Context, hours: int, after: str | None, limit: int, as_json: bool) -> Exit:
    """Incidents that no clip bears. 没有录像的警情。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = ("incident-number", "incident-began", "incident-officers", "match-waiting")
        rows = [
            [
                plain(one["number"] or "–"),
                one["begins_at"][:19] + "Z",
                plain(", ".join(one["officers"]) or "–"),
                str(one["proposed"]),
            ]
            for one in answer["incidents"]
        ]
        table(rows, [voice(head) for head in heads])

    return context.ask(ListWithoutFootage(hours, after, limit), as_json=as_json, tell=tell)


@matches.command("without-incident")
@_after
@_limit
@json_option
@click.pass_obj
def matches_without_incident(context: Context, after: str | None, limit: int, as_json: bool) -> Exit:
    """Clips that bear no incident. 未关联警情的录像。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        heads = ("id", "recorded_at", "officer", "device", "match-score")
        rows = [
            [
                one["id"],
                (one["recorded_at"] or "–")[:19],
                plain(one["officer"] or "–"),
                plain(one["device"]),
                "–" if one["proposed"] is None else f"{one['proposed']['score'] / 10:.1f} %",
            ]
            for one in answer["clips"]
        ]
        table(rows, [voice(head) for head in heads])

    return context.ask(ListWithoutIncident(after, limit), as_json=as_json, tell=tell)


def reason_text(one: Mapping[str, Any], voice: Voice) -> str:
    """A reason of a match as a person reads it."""
    numbers = {name: value for name, value in one.items() if name != "code"}
    if "seconds" in numbers:
        numbers["seconds"] = span(numbers["seconds"])
    if "permille" in numbers:
        numbers["permille"] = f"{numbers['permille'] / 10:.1f}"
    return voice(f"reason-{one['code']}", **numbers)


def span(seconds: int) -> str:
    """Seconds as a person reads them: 45 s, -3:20, 8:00:05."""
    sign, whole = ("-" if seconds < 0 else ""), abs(seconds)
    if whole < 60:
        return f"{sign}{whole} s"
    hours, rest = divmod(whole, 3600)
    return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{sign}{rest // 60}:{rest % 60:02}"


def _list_feeds(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["feeds"]:
            if one["error"] is not None:
                voice.line("feed-wrong", feed=one["feed"], why=_why(one["error"], voice))
                continue
            last = one["last"]
            when = voice("feed-never") if last["at"] is None else f"{last['at'][:19]}Z {voice('feed-' + last['outcome'])}"
            voice.line("feed-line", feed=one["feed"], kind=voice(f"feed-of-{one['kind']}"), source=one["source"], last=when)

    return context.ask(ListFeeds(), as_json=as_json, tell=tell)


def _why(error: Mapping[str, Any], voice: Voice) -> str:
    return fault_text(error["code"], {name: value for name, value in error.items() if name != "code"}, voice.language)


def _tell_run(one: Mapping[str, Any], voice: Voice) -> None:
    if one.get("error") is not None:
        voice.line("feed-wrong", feed=one["feed"], why=_why(one["error"], voice))
        return
    if not one["deliveries"]:
        voice.line("feed-nothing", feed=one["feed"])
    for delivery in one["deliveries"]:
        counts = {name: delivery[name] for name in ("rows", "added", "changed", "same", "corrected", "gone", "refused_rows")}
        outcome = voice(f"feed-{delivery['outcome']}")
        voice.line("feed-delivery", feed=one["feed"], delivery=plain(delivery["delivery"]), outcome=outcome, **counts)
        if delivery["leaving"]:
            badges = plain(", ".join(delivery["leaving"]))
            voice.line("feed-leaving" if delivery["outcome"] == "taken" else "feed-would-leave", badges=badges)
        for refused in delivery["refused"]:
            told = {name: plain(refused[name]) for name in ("column", "rule", "text")}
            voice.line("feed-refused-row", row=refused["row"], **told)


def _tell_matches(answer: Mapping[str, Any], voice: Voice) -> None:
    for one in answer["matches"]:
        _tell_match(one, voice)
    if answer["next"] is not None:
        voice.line("match-more", after=answer["next"])


def _tell_match(one: Mapping[str, Any], voice: Voice) -> None:
    state = voice(f"match-{one['state']}") + (f", {voice('match-doubted')}" if one["doubted"] else "")
    number = plain(one["number"] or one["incident"])
    voice.line("match-line", id=one["id"], clip=one["clip"], number=number, score=f"{one['score'] / 10:.1f}", state=state)
    voice.line("match-why", why="; ".join(reason_text(reason, voice) for reason in one["reasons"]))


COMMANDS: tuple[click.Command, ...] = (feeds, matches)
