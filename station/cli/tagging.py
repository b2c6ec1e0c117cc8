"""Commands about tags: tag, untag, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from evidence.errors import Exit
from evidence.reach import Sensitivity
from station.cli.output import Context, Voice, json_option
from station.commands import Tag
from station.commands.desk import ShowHistory, Untag
from station.messages import plain

_SENSITIVITIES = click.Choice(["", *(one.value for one in Sensitivity)])
_FIELDS: tuple[Callable[[Any], Any], ...] = (
    click.option("--case", "case_number", help="Case number; empty clears it. 案件编号, 留空则清除。"),
    click.option("--category", help="Category of the tree; empty: unclassified. 类别, 留空为未分类。"),
    click.option("--note", help="Note; empty clears it. 备注。"),
    click.option("--officer", help="Who recorded (badge number); empty: as docked. 记录人警号。"),
    click.option("--incident", help="Incident, by number or id; empty clears it. 警情编号。"),
    click.option("--importance", type=click.Choice(["", "1", "2", "3"]), help="1 (most) to 3. 重要程度, 1 最高。"),
    click.option("--place", "location", help="Place; empty clears it. 地点。"),
    click.option("--sensitivity", type=_SENSITIVITIES, help="Who may see it at all; empty: as others. 敏感类别。"),
)


def _fields(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FIELDS):
        command = option(command)
    return command


@click.command()
@click.argument("clips", nargs=-1)
@_fields
@click.option(
    "--same-as", metavar="CLIP", help="What another clip has; 'previous': the one before. 与另一片段相同; previous 为上一段。"
)
@click.option("--search", metavar="NAME", help="All that a saved search finds (its name or id). 已保存检索所得的全部片段。")
@click.option("--from", "listed", type=click.File("r"), help="Ids from a file, one a line; - is stdin. 从文件读取片段编号。")
@click.option("--dry-run", is_flag=True, help="Only say what would change. 仅预览。")
@json_option
@click.pass_obj
def tag(
    context: Context,
    /,
    clips: tuple[str, ...],
    same_as: str | None,
    search: str | None,
    listed: Any,  # noqa: ANN401  # an open file, for which click has no type of its own
    dry_run: bool,
    as_json: bool,
    **given: str | None,
) -> Exit:
    """Tie clips to a case, classify them, say what is known of them. 关联案件、分类、标注。"""
    if same_as is None and all(value is None for value in given.values()):
        raise click.UsageError(
            "--case, --category, --note, --officer, --incident, --importance, --place, --sensitivity or --same-as"
        )
    named = (*clips, *(() if listed is None else tuple(line.strip() for line in listed if line.strip())))
    if not named and search is None:
        raise click.UsageError("CLIPS, --from FILE or --search NAME")
    command = Tag(named, same_as=same_as, dry_run=dry_run, search=search, **given)
    return context.ask(command, as_json=as_json, tell=_tell_tagged)


@click.command()
@click.argument("entry")
@click.option("--whole", is_flag=True, help="With all that its command tagged. 连同同一次操作的全部标注。")
@click.option("--anyway", is_flag=True, help="Also where it was changed since. 其后已有更改时也撤销。")
@json_option
@click.pass_obj
def untag(context: Context, entry: str, whole: bool, anyway: bool, as_json: bool) -> Exit:
    """Take a tag back: ENTRY is its place in the log, as 'history' tells it. 撤销标注。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["undone"]:
            _tell_changes(one, voice)

    return context.ask(Untag(entry, whole, anyway), as_json=as_json, tell=tell)


@click.command()
@click.argument("clip")
@json_option
@click.pass_obj
def history(context: Context, clip: str, as_json: bool) -> Exit:
    """What was said of a clip, field by field. 片段标注履历。"""

    def tell(answer: Mapping[str, Any], voice: Voice) -> None:
        for one in answer["fields"]:
            click.echo(f"{voice(one['field'])}: {plain(one['value'] or '–')}")
            for value in one["values"]:
                _tell_value(value, voice)

    return context.ask(ShowHistory(clip), as_json=as_json, tell=tell)


def _tell_tagged(answer: Mapping[str, Any], voice: Voice) -> None:
    if answer["clips"] <= _FEW:
        for one in answer["tagged"]:
            _tell_changes(one, voice)
    else:
        voice.line("tagged-many", clips=answer["clips"], changed=answer["changed"])
        for one in answer["counts"]:
            for value in one["values"]:
                voice.line("tagged-from", field=voice(one["field"]), old=plain(value["old"] or "–"), clips=value["clips"])
            if one["others"]:
                voice.line("tagged-from-others", field=voice(one["field"]), clips=one["others"])
    if answer["dry_run"]:
        voice.line("tagged-dry-run")


_FEW = 20
"""Up to so many clips a person is told each change; of more, how many had which value."""


def _tell_changes(one: Mapping[str, Any], voice: Voice) -> None:
    for change in one["changes"]:
        old, new = (plain(change[side] or "–") for side in ("old", "new"))
        voice.line("tagged", id=one["id"], field=voice(change["field"]), old=old, new=new)
    if not one["changes"]:
        voice.line("tagged-same", id=one["id"])


def _tell_value(value: Mapping[str, Any], voice: Voice) -> None:
    who = plain(value["by"] or value["role"])
    old, new = (voice("erased") if value["erased"] else plain(value[side] or "–") for side in ("old", "new"))
    marks = [voice(f"history-{name}", entry=value[name]) for name in ("undoes", "undone_by") if value[name] is not None]
    click.echo("  ".join(["", value["entry"], value["at"][:19] + "Z", who, f"{old} → {new}", *marks]))


COMMANDS: tuple[click.Command, ...] = (tag, untag, history)
