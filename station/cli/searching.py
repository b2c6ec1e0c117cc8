"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import click

from evidence.errors import Exit
from station.cli.clips import clip_row
from station.cli.output import Context, Voice, json_option, table
from station.commands.searching import ListSearches, OrderName, Reindex, RemoveSearch, SaveSearch, Search
from station.messages import plain

_ORDERS = click.Choice(get_args(OrderName))
_HEADS = ("id", "recorded", "path", "size", "state", "category", "case", "sent", "kept_in")


@click.command()
@click.argument("query", nargs=-1)
@click.option("--saved", help="A saved search, besides (its name or id). 已保存的检索。")
@click.option("--sort", "order", type=_ORDERS, default="taken", show_default=True, help="Sorted by. 排序依据。")
@click.option("--ascending", is_flag=True, help="Smallest or oldest first. 升序。")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Clips a page. 每页条数。")
@click.option("--after", help="Go on where a page said so. 续页位置。")
@click.option("--count-by", "values", multiple=True, help="Count the values of a field; may be given again. 按字段统计, 可多次。")
@json_option
@click.pass_obj
def search(
    context: Context,
    /,
    query: tuple[str, ...],
    saved: str | None,
    order: OrderName,
    after: str | None,
    values: tuple[str, ...],
    *,
    ascending: bool,
    limit: int,
    as_json: bool,
) -> Exit:
    """Find clips: 'officer:012345 category:traffic 酒驾 -missing:case after:2026-05-01'. After -- where it begins with '-'. 检索片段。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        table([clip_row(clip, voice) for clip in answer["clips"]], [voice(code) for code in _HEADS])
        voice.line("search-found", number=answer["count"]["shown"])
        for field, counted in answer["values"].items():
            for one in counted["counts"]:
                click.echo(f"{field}:{plain(one['value'])}  {one['shown']}")
            if counted["of_newest"] is not None:
                voice.line("search-of-newest", number=counted["of_newest"])
        if not answer["complete"]:
            voice.line("search-incomplete")
        if answer["next"] is not None:
            voice.line("search-next", after=answer["next"])

    command = Search(" ".join(query), (), saved, order, ascending, limit, after, values=values)
    return context.ask(command, as_json=as_json, tell=tell)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def searches(context: click.Context, as_json: bool) -> Exit | None:
    """Searches that are kept. 已保存的检索。"""
    return _list(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@searches.command("list")
@json_option
@click.pass_obj
def searches_list(context: Context, as_json: bool) -> Exit:
    """One's own, and the shared ones. 本人的及共享的。"""
    return _list(context, as_json=as_json)


@searches.command("save")
@click.argument("name")
@click.argument("query", nargs=-1, required=True)
@click.option("--sort", "order", type=_ORDERS, default="taken", show_default=True, help="Sorted by. 排序依据。")
@click.option("--ascending", is_flag=True, help="Smallest or oldest first. 升序。")
@click.option("--shared", is_flag=True, help="For everybody. 共享给所有人。")
@json_option
@click.pass_obj
def searches_save(
    context: Context, name: str, query: tuple[str, ...], order: OrderName, *, ascending: bool, shared: bool, as_json: bool
) -> Exit:
    """Keep a search under a name. 保存检索。"""
    command = SaveSearch(name, " ".join(query), order, ascending, shared)
    return context.ask(command, as_json=as_json, tell=lambda one, voice: voice.line("search-saved", **_plainly(one)))


@searches.command("remove")
@click.argument("search_id", metavar="ID")
@json_option
@click.pass_obj
def searches_remove(context: Context, search_id: str, as_json: bool) -> Exit:
    """Keep it no more. 删除已保存的检索。"""
    return context.ask(
        RemoveSearch(search_id), as_json=as_json, tell=lambda answer, voice: voice.line("search-removed", id=answer["removed"])
    )


@click.command()
@click.option("--check", is_flag=True, help="Only compare it with the facts. 仅核对。")
@json_option
@click.pass_obj
def reindex(context: Context, *, check: bool, as_json: bool) -> Exit:
    """Make the search index again; nothing that is evidence is touched. 重建检索索引。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        code = "reindexed" if answer["same"] is None else "index-same" if answer["same"] else "index-differs"
        voice.line(code, clips=answer["clips"])

    return context.ask(Reindex(check), as_json=as_json, tell=tell)


def _list(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["searches"]:
            voice.line("search-line", **_plainly(one), kind=voice("search-shared" if one["shared"] else "search-private"))

    return context.ask(ListSearches(), as_json=as_json, tell=tell)


def _plainly(one: Mapping[str, Any]) -> dict[str, str]:
    return {name: plain(one[name]) for name in ("id", "name", "query")}


COMMANDS: tuple[click.Command, ...] = (search, searches, reindex)
