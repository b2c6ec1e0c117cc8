"""One catalogue for many stations."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "catalogue-not-shared": ("this catalogue is not shared: {rule}", "此目录不能或尚未共用: {rule}"),
    "role-unfit": ("the role {role} cannot be let in; it must be {rule}", "不能准入角色 {role}; 要求: {rule}"),
    "secret-in-arguments": (
        "a password does not belong on a command line, where every user of the machine can read it; put it into ~/.pgpass",
        "密码不得出现在命令行中 (本机所有用户可见); 请写入 ~/.pgpass",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "catalogue-prepared": ("{url} can be shared; {roles} roles are let in", "{url} 可供共用; 已准入 {roles} 个角色"),
    "catalogue-admitted": (
        "{role} is let in (station {station}, reads units {unit_prefix})",
        "已准入 {role} (工作站 {station}, 可读单位 {unit_prefix})",
    ),
    "catalogue-dismissed": ("{role} is let in no more", "已取消 {role} 的权限"),
    "catalogue-unknown-role": ("{role} was never let in", "{role} 未曾准入"),
    "unit-prefix": ("reads units", "可读单位"),
    "stations-station": ("station", "工作站"),
    "stations-unit": ("unit", "单位"),
    "stations-epoch": ("log", "日志"),
    "stations-entries": ("entries", "条目"),
    "stations-newest": ("newest", "最新"),
    "stations-clips": ("clips", "片段"),
    "stations-dockings": ("dockings", "接入"),
}
