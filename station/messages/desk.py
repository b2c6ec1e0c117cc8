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
}

PHRASES: dict[str, tuple[str, str]] = {}
