"""The clerk's desk: tags, categories, cases, incidents, holds."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "incident-unfit": ("{name} of an incident cannot be {text!r}: {rule}", "警情的 {name} 不能是 {text!r}: {rule}"),
    "incident-known": (
        "there is an incident {number} already ({id}); 'incidents change' corrects it",
        "警情 {number} 已登记 ({id}); 用 incidents change 更正",
    ),
    "no-such-incident": (
        "there is no incident {incident}; 'incidents list' lists them",
        "没有警情 {incident}; 用 incidents list 查看",
    ),
    "case-form-unfit": (
        "the form {form!r} of case numbers cannot be: character {position}: {rule}",
        "案件编号格式 {form!r} 不可用: 第 {position} 个字符: {rule}",
    ),
    "case-number-unfit": (
        "case number {number!r}: character {position} is {found!r}, and {expected} belongs there (form {form})",
        "案件编号 {number!r}: 第 {position} 个字符是 {found!r}, 应为 {expected} (格式 {form})",
    ),
    "case-number-short": (
        "case number {number!r} ends too early: {expected} belongs at character {position} (form {form})",
        "案件编号 {number!r} 不完整: 第 {position} 个字符应为 {expected} (格式 {form})",
    ),
    "case-number-long": (
        "case number {number!r} goes on too long: nothing belongs at character {position}, where {found!r} is (form {form})",
        "案件编号 {number!r} 过长: 第 {position} 个字符 {found!r} 起为多余 (格式 {form})",
    ),
    "category-unknown": (
        "there is no category {category!r}; the nearest: {nearest}; 'categories list' shows the tree",
        "没有类别 {category!r}; 相近的: {nearest}; 用 categories list 查看类别树",
    ),
    "category-retired": ("the category {category!r} is out of use", "类别 {category!r} 已停用"),
    "category-unfit": ("{name} of the category {category!r} must be {rule}", "类别 {category!r} 的 {name} 必须是 {rule}"),
    "tag-unfit": ("{name} cannot be {text!r}; allowed: {allowed}", "{name} 不能是 {text!r}; 允许: {allowed}"),
    "nothing-before": (
        "there is no clip before {clip} of its camera or officer; name one with --same-as",
        "片段 {clip} 之前没有同一设备或警员的片段; 请用 --same-as 指定",
    ),
    "no-such-tag": (
        "no tag stands at {entry} of the log; 'history CLIP' shows the places",
        "日志 {entry} 处没有标注; 用 history 片段 查看",
    ),
    "tag-undone": ("the tag at {entry} was taken back already, by {by}", "{entry} 处的标注已由 {by} 撤销"),
    "tag-overwritten": (
        "{field} of clip {clip} was changed after {entry}, by {by}; look at 'history', then undo that first, or say --anyway",
        "片段 {clip} 的 {field} 在 {entry} 之后已由 {by} 更改; 请先查看 history 并撤销后者, 或加 --anyway",
    ),
    "tag-erased": (
        "what {field} of clip {clip} was before {entry} was erased lawfully; nothing leads back to it",
        "片段 {clip} 的 {field} 在 {entry} 之前的值已依法删除, 无法恢复",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "recorded_by": ("recorded by", "记录人"),
    "incident": ("incident", "警情"),
    "importance": ("importance", "重要程度"),
    "sensitivity": ("sensitivity", "敏感类别"),
    "place": ("place", "地点"),
    "progress-tag": ("tagged: {done_items} of {total_items}", "已标注: {done_items} / {total_items}"),
    "tagged-many": ("clips: {clips}, changed: {changed}", "片段: {clips}, 更改: {changed}"),
    "tagged-from": ("  {field}, was {old}: {clips}", "  {field}, 原为 {old}: {clips}"),
    "tagged-from-others": ("  {field}, was something else: {clips}", "  {field}, 原为其他值: {clips}"),
    "tagged-dry-run": ("nothing was written (--dry-run)", "未写入任何内容 (--dry-run)"),
    "erased": ("(erased)", "(已删除)"),
    "history-undoes": ("undoes {entry}", "撤销 {entry}"),
    "history-undone_by": ("undone by {entry}", "已由 {entry} 撤销"),
}
