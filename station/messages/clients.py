"""Other systems that may call, and what a request can be refused with."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "client-unfit": ("no system can be let in like that; wanted: {rule}", "不能这样准入外部系统; 要求: {rule}"),
    "client-known": (
        "{client}, or whoever bears that certificate, is let in already; 'clients revoke' first",
        "{client} 或该证书的持有者已获准入; 请先用 clients revoke 吊销",
    ),
    "door-unfit": (
        "other systems cannot be let in: {setting}: {rule}",
        "无法开放外部接口: {setting}: {rule}",
    ),
    "no-such-client": (
        "no system {client} is let in; 'clients list' lists them",
        "没有获准入的系统 {client}; 用 clients list 查看",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "client-line": (
        "{name} ({role}, {rate} a minute): {state}\n  {certificate}\n  {scopes}",
        "{name} ({role}, 每分钟 {rate} 次): {state}\n  {certificate}\n  {scopes}",
    ),
    "client-admitted": ("let in", "已准入"),
    "client-revoked": ("revoked", "已吊销"),
    "noted-called": ("another system called", "外部系统调用"),
}
