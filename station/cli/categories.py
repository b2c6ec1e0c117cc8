"""Commands about the tree of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from evidence.errors import Exit
from station.cli.output import Context, Voice, json_option, table
from station.commands.desk import AddCategory, AdoptCategories, ChangeCategory, ListCategories
from station.messages import plain


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def categories(context: click.Context, as_json: bool) -> Exit | None:
    """The tree of categories. 类别树。"""
    return _list_categories(context.obj, as_json=as_json) if context.invoked_subcommand is None else None


@categories.command("list")
@json_option
@click.pass_obj
def categories_list(context: Context, as_json: bool) -> Exit:
    """The tree, with how many clips bear each. 类别树及各类片段数。"""
    return _list_categories(context, as_json=as_json)


@categories.command("add")
@click.argument("category", metavar="CODE")
@click.option("--en", required=True, help="Name in English. 英文名称。")
@click.option("--zh", required=True, help="Name in Chinese. 中文名称。")
@click.option("--parent", help="Code of the category it belongs to. 上级类别。")
@click.option("--keep", help="How long it keeps: permanent, or as P6M. 保存期限。")
@json_option
@click.pass_obj
def categories_add(context: Context, /, category: str, en: str, zh: str, as_json: bool, **given: str | None) -> Exit:
    """Another category. 新增类别。"""
    return context.ask(AddCategory(category, en, zh, **given), as_json=as_json, tell=_tell_category)


@categories.command("change")
@click.argument("category", metavar="CODE")
@click.option("--en", help="Name in English. 英文名称。")
@click.option("--zh", help="Name in Chinese. 中文名称。")
@click.option("--parent", help="Code of the category it belongs to; empty: none. 上级类别。")
@click.option("--keep", help="How long it keeps; empty: nothing special. 保存期限。")
@click.option("--retired/--in-use", default=None, help="Out of use, or in use again. 停用或恢复使用。")
@json_option
@click.pass_obj
def categories_change(context: Context, /, category: str, retired: bool | None, as_json: bool, **given: str | None) -> Exit:
    """Change a category; its code stays. 更改类别。"""
    return context.ask(ChangeCategory(category, retired=retired, **given), as_json=as_json, tell=_tell_category)


@categories.command("adopt")
@click.option("--parent", help="Code of the category they are to belong to. 上级类别。")
@json_option
@click.pass_obj
def categories_adopt(context: Context, parent: str | None, as_json: bool) -> Exit:
    """Take what clips bear and the tree does not have into it. 将已使用的自由文本纳入类别树。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        voice.line("categories-adopted", count=len(answer["adopted"]))
        for one in answer["adopted"]:
            click.echo(f"  {plain(one)}")

    return context.ask(AdoptCategories(parent), as_json=as_json, tell=tell)


def _list_categories(context: Context, *, as_json: bool) -> Exit:
    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        rows = [
            [
                "  " * (one["depth"] - 1) + one["category"] + (f" ({voice('category-is-retired')})" if one["retired"] else ""),
                one["zh" if voice.language == "zh" else "en"],
                voice("keep-permanent") if one["keeps"] == "permanent" else one["keeps"] or "–",
                str(one["clips"]),
            ]
            for one in answer["categories"]
        ]
        table(rows, [voice(head) for head in ("category", "category-name", "category-keeps", "category-clips")])
        voice.line("category-unclassified", clips=answer["unclassified"])
        for one in answer["not_in_tree"]:
            voice.line("category-not-in-tree", category=plain(one["category"]), clips=one["clips"])

    return context.ask(ListCategories(), as_json=as_json, tell=tell)


def _tell_category(one: Mapping[str, Any], voice: Voice) -> None:
    parent = plain(one["parent"] or "–")
    voice.line("category-line", category=plain(one["category"]), en=plain(one["en"]), zh=plain(one["zh"]), parent=parent)


COMMANDS: tuple[click.Command, ...] = (categories,)
