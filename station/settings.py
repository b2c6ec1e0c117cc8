"""Settings: typed, in one file, each with a line of help in both languages that CLI, window and README share.

``station.toml`` is flat, so that one setting is one line. The environment overrides it (``EVIDENCE_STATION_<NAME>``). An
unknown name is an error that names the nearest valid one. Changing the file is an act in the log; a file that was edited by
hand is a problem for ``verify`` until ``settings accept``.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from evidence.access import Role
from evidence.casenumbers import CaseFormUnfit, case_forms
from evidence.custody.cosignature import COSIGNATURE, NotAVerifierKey, VerifierKey, read_vkey
from evidence.errors import Exit
from evidence.ids import InvalidStationId, parse_station_id
from evidence.learned import learned
from evidence.pkcs11uri import redacted
from ingest.docks.slots import SlotsMalformed, parse_slots
from station.authorities import parse_authorities, sound_address
from station.home import StationError

ENVIRONMENT = "EVIDENCE_STATION_"
_NOT_SETTINGS = frozenset({"HOME", "SESSION", "VENV", "PYTHON", "BENCH_PEERS", "S3_ACCESS_KEY", "S3_SECRET_KEY"})
"""Names under the prefix that are no settings: where the home lies, who is signed in, and secrets, which never stand in a settings file."""


class SettingsInvalid(StationError):
    """A setting is wrong. Fields: ``where``, ``rule``."""

    code = "settings-invalid"
    status = Exit.USAGE


class UnknownSetting(StationError):
    """There is no such setting. Fields: ``name``, ``where``, ``nearest``."""

    code = "unknown-setting"
    status = Exit.USAGE


class SettingsNotAccepted(StationError):
    """The settings file was edited by hand and nobody accepted it. Fields: ``path``."""

    code = "settings-not-accepted"
    status = Exit.REFUSED


Bytes = Annotated[int, Meta(ge=0, le=1 << 60)]
Days = Annotated[int, Meta(ge=0, le=36500)]
Hours = Annotated[int, Meta(ge=1, le=8760)]
Seconds = Annotated[int, Meta(ge=1, le=86400)]
PartSize = Annotated[int, Meta(ge=5 << 20, le=1 << 30)]
"""S3 refuses parts below 5 MiB."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings of a station with their defaults."""

    station: str = "station"
    unit: Annotated[str, Meta(max_length=64)] = ""
    language: Literal["en", "zh"] = "en"
    time_zone: str = "Asia/Shanghai"
    operator: str = "operator"
    operator_role: Literal["officer", "clerk", "supervisor", "administrator", "auditor"] = "administrator"
    approval_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    session_idle_minutes: Annotated[int, Meta(ge=1, le=480)] = 15
    session_hours: Annotated[int, Meta(ge=1, le=24)] = 12
    card_pin: bool = True
    catalogue_url: str = ""
    seal_key: str = "file:keys/seal.key.pem"
    log_key: str = "file:keys/log.key.pem"
    suite: Literal["standard", "gm"] = "standard"
    seal_gm_key: str = "file:keys/seal-gm.key.pem"
    second_vault: str = ""
    vault_reserve: Bytes = 64 << 20
    vault_low_bytes: Bytes = 0
    erase: Literal["never", "after-receipt", "after-vault"] = "never"
    erase_waiver: Annotated[str, Meta(max_length=200)] = ""
    disposal_undo_days: Annotated[int, Meta(ge=1, le=365)] = 7
    drain_seconds: Annotated[int, Meta(ge=1, le=600)] = 30
    double_read: bool = False
    recorder_password_file: str = ""
    slots: str = ""
    dock_write_block: bool = True
    dock_power_off: bool = False
    unknown_devices: Literal["take", "quarantine", "refuse"] = "quarantine"
    clock_tolerance_seconds: Seconds = 60
    probe_seconds: Seconds = 20
    scrub_budget: Bytes = 16 << 30
    derived_budget: Bytes = 20 << 30
    api_listen: Annotated[str, Meta(max_length=200)] = ""
    api_tls_certificate: str = ""
    api_tls_key: str = ""
    api_client_ca: str = ""
    store: Literal["folder", "s3"] = "folder"
    store_endpoint: str = ""
    store_bucket: str = ""
    store_region: str = "us-east-1"
    store_ca_file: str = ""
    store_client_certificate: str = ""
    store_client_key: str = ""
    store_credentials_file: str = "keys/s3.json"
    store_read_back: bool = False
    store_retention_days: Days = 183
    store_part_size: PartSize = 5 << 20
    store_parts_in_flight: Annotated[int, Meta(ge=1, le=2)] = 2
    timestamp_authorities: str = ""
    timestamp_interval: Seconds = 3600
    timestamp_ca_file: str = ""
    witnesses: str = ""
    witness_ca_file: str = ""
    case_forms: str = ""
    drop_folder: str = ""
    drop_settle_seconds: Seconds = 10
    drop_marker: str = ".done"
    drop_polling: bool = False
    feed_interval: Annotated[int, Meta(ge=0, le=86400)] = 300
    match_policy: Literal["propose", "accept"] = "propose"
    late_docking_hours: Hours = 24
    untagged_hours: Hours = 72
    overdue_days: Annotated[int, Meta(ge=1, le=3650)] = 7
    supervision_alarms: str = ""
    alarm_escalation: str = ""
    public_url: str = ""
    webhook_url: str = ""
    webhook_secret_file: str = "keys/webhook.secret"  # noqa: S105  # where the secret lies, not the secret
    webhook_ca_file: str = ""
    webhook_events: str = "docking-sealed alarm-raised alarm-acknowledged escalation-raised"


_SETTINGS: Final = learned(Settings)


@dataclass(frozen=True, slots=True)
class Help:
    """One line about a setting, in both languages."""

    en: str
    zh: str


HELP: dict[str, Help] = {
    "station": Help(
        "Id of this station; stands in the log's origin and cannot change after init", "本站编号; 写入日志来源, 初始化后不可更改"
    ),
    "unit": Help("Code of the unit the station belongs to", "所属单位代码"),
    "language": Help("Language of messages: en or zh", "界面语言: en 或 zh"),
    "time_zone": Help(
        "Zone in which cameras without a zone keep their clocks (IANA name)", "无时区摄像机时钟所在的时区 (IANA 名称)"
    ),
    "operator": Help("Who acts at this station until people sign in", "登录启用之前在本站操作的人"),
    "operator_role": Help("Role of the operator: officer, clerk, supervisor, administrator, auditor", "操作人的角色"),
    "approval_hours": Help(
        "Hours after which an approval that was asked for and not used is void", "批准自申请起多少小时内未使用即失效"
    ),
    "session_idle_minutes": Help("Minutes without a command after which a session ends", "会话无操作多少分钟后结束"),
    "session_hours": Help("Hours after which a session ends, whatever is done in it", "会话无论是否使用, 多少小时后结束"),
    "card_pin": Help(
        "Ask for the PIN beside a card; false: the card alone opens", "刷卡登录时还须输入 PIN; false 表示仅凭卡登录"
    ),
    "catalogue_url": Help(
        "SQLAlchemy URL of a PostgreSQL catalogue; empty: SQLite in the home",
        "PostgreSQL 目录库的 URL; 留空则用主目录中的 SQLite",
    ),
    "seal_key": Help("Key that seals manifests, as a URI: file:… or pkcs11:…", "清单签名密钥 (URI): file:… 或 pkcs11:…"),
    "log_key": Help(
        "Key that signs the log's checkpoints, as a URI: file:… or pkcs11:…", "日志检查点签名密钥 (URI): file:… 或 pkcs11:…"
    ),
    "suite": Help(
        "Algorithms: standard, or gm: SM3 beside SHA-256 and an SM2 signature beside the seal",
        "算法套件: standard, 或 gm: 在 SHA-256 之外加算 SM3, 在封签之外加 SM2 签名",
    ),
    "seal_gm_key": Help(
        "SM2 key of the second seal in the suite gm, as a URI: file:…", "gm 套件下第二封签的 SM2 密钥 (URI): file:…"
    ),
    "second_vault": Help(
        "Folder on another disk that gets a second verified copy; empty: none", "另一磁盘上的第二保管库; 留空则不用"
    ),
    "vault_reserve": Help("Bytes of the vault's disk that stay free", "保管库磁盘保留的空闲字节数"),
    "vault_low_bytes": Help(
        "Free bytes of the vault's disk below which copies that the store holds are let go of; 0: never",
        "保管库磁盘剩余低于此字节数时移除存储端已有的副本; 0 表示从不",
    ),
    "erase": Help(
        "When a card may be erased: never, after-receipt, or after-vault (needs a second vault and erase_waiver)",
        "何时可清空存储卡: never 从不, after-receipt 收到回执后, after-vault 双库保存后 (需第二保管库与 erase_waiver)",
    ),
    "erase_waiver": Help(
        "Who takes it upon himself that cards are erased before the store has the footage, and why; for after-vault",
        "由谁、以何理由承担在存储端收到之前清空存储卡的责任; 用于 after-vault",
    ),
    "disposal_undo_days": Help(
        "Days after the second person's word in which a disposal can still be undone", "处置获批后仍可撤销的天数"
    ),
    "drain_seconds": Help(
        "Seconds that the service has to come to rest when it is told to stop", "服务收到停止指令后完成收尾的时限 (秒)"
    ),
    "double_read": Help(
        "Read every source twice to find one that answers differently", "每个源文件读两遍, 以发现读数不一致的介质"
    ),
    "recorder_password_file": Help(
        "File (mode 0600) with the password of recorders in control mode; empty: the factory's",
        "记录仪控制模式密码文件 (权限 0600); 留空则用出厂密码",
    ),
    "slots": Help(
        "Slots of the dock: NUMBER=PORT, a comma between them; 'slots learn' writes it",
        "采集坞的插槽: 编号=端口, 以逗号分隔; 由 slots learn 写入",
    ),
    "dock_write_block": Help(
        "Take no card whose block device the kernel would still write to; false waives that",
        "不采集内核仍可写入其块设备的存储卡; false 表示放弃此要求",
    ),
    "dock_power_off": Help(
        "Switch a device off once it is safe to take; it does not charge then", "可取走后关闭设备电源; 之后不再充电"
    ),
    "unknown_devices": Help(
        "What becomes of a docked device that nobody registered: take, quarantine (wait until it is admitted) or refuse",
        "未登记的设备接入时: take 采集, quarantine 隔离待准入, refuse 拒绝",
    ),
    "clock_tolerance_seconds": Help(
        "Seconds by which a recorder's clock may be off before it is called wrong", "记录仪时钟偏差超过多少秒视为不准"
    ),
    "probe_seconds": Help("Time limit for reading one file's media facts", "读取单个文件媒体信息的时限 (秒)"),
    "scrub_budget": Help("Bytes that one scrub re-reads at most", "一次巡检最多重读的字节数"),
    "derived_budget": Help(
        "Bytes of viewing copies (proxies, strips, waveforms, working copies) that are kept; 0: none is made by itself",
        "保留的浏览副本 (代理文件、缩略图条、波形、工作副本) 总字节数; 0 表示不自动生成",
    ),
    "api_listen": Help(
        "Address (HOST:PORT) at which other systems may call over TLS with client certificates; empty: none; waits for a restart",
        "允许外部系统以 TLS 与客户端证书调用的监听地址 (主机:端口); 留空则不开放; 重启后生效",
    ),
    "api_tls_certificate": Help("Certificate and chain (PEM) that this station shows there", "该地址出示的证书及证书链 (PEM)"),
    "api_tls_key": Help("Private key (PEM, mode 0600) of that certificate", "该证书的私钥 (PEM, 权限 0600)"),
    "api_client_ca": Help(
        "Authorities (PEM) to which the certificates of calling systems must chain", "调用方证书必须信任的颁发机构 (PEM)"
    ),
    "store": Help("Store that receives the evidence: folder (trial) or s3", "接收证据的存储: folder (试用) 或 s3"),
    "store_endpoint": Help("Address of the S3 store (https://…)", "S3 存储地址"),
    "store_bucket": Help("Bucket of the S3 store", "S3 存储桶"),
    "store_region": Help("Region used in S3 signatures", "S3 签名使用的区域"),
    "store_ca_file": Help(
        "Certificates that the store's TLS certificate must chain to; empty: the system's",
        "存储 TLS 证书的信任链文件; 留空用系统的",
    ),
    "store_client_certificate": Help(
        "Certificate (PEM) that this station shows the store in TLS; empty: none",
        "本站在 TLS 中出示的客户端证书 (PEM); 留空则不出示",
    ),
    "store_client_key": Help("Private key (PEM, mode 0600) of that certificate", "该客户端证书的私钥 (PEM, 权限 0600)"),
    "store_read_back": Help("Fetch every object again after it was sent and compare it in full", "发送后取回每个对象并完整比对"),
    "store_credentials_file": Help("File (mode 0600) with the store's access keys", "存储访问密钥文件 (权限 0600)"),
    "store_retention_days": Help("Days for which the store locks an object against deletion", "存储锁定对象不可删除的天数"),
    "store_part_size": Help("Bytes of one part of an upload", "上传分片大小 (字节)"),
    "store_parts_in_flight": Help("Parts that are sent at the same time: 1 or 2", "同时发送的分片数: 1 或 2"),
    "timestamp_authorities": Help(
        "Time-stamp authorities (RFC 3161), a blank between two: name=https://…;FILE, FILE with the roots of its tokens (PEM)",
        "时间戳机构 (RFC 3161), 以空格分隔: 名称=https://…;文件, 文件为其令牌的根证书 (PEM)",
    ),
    "timestamp_interval": Help(
        "Seconds that lie at least between two time stamps over checkpoints of the log",
        "两次为日志检查点加盖时间戳至少相隔的秒数",
    ),
    "timestamp_ca_file": Help(
        "Certificates that the authorities' TLS certificates must chain to; empty: the system's",
        "时间戳机构 TLS 证书的信任链文件; 留空用系统的",
    ),
    "witnesses": Help(
        "Witnesses that cosign the log: verifier key, blank, address, for each; a comma between them; empty: none",
        "会签日志的见证方: 每个写作 验证密钥 空格 地址, 用逗号分隔; 留空则没有",
    ),
    "witness_ca_file": Help(
        "Certificates that the witnesses' TLS certificates must chain to; empty: the system's",
        "见证方 TLS 证书的信任链文件; 留空用系统的",
    ),
    "case_forms": Help(
        "Forms of case numbers: UNIT=FORM, a blank between two, UNIT the beginning of a unit's code or *; {4d} is four digits, "
        "{2A} two capitals, {1h} a Chinese character (station/guide/desk.md); empty: any number",
        "案件编号格式: 单位=格式, 以空格分隔, 单位为单位代码的开头或 *; {4d} 为四位数字, {2A} 两位大写字母, {1h} 汉字 (station/guide/desk.md); 留空则不限",
    ),
    "drop_folder": Help(
        "Folder into which other recorders drop files; empty: none", "其他录音录像系统投放文件的文件夹; 留空则不用"
    ),
    "drop_settle_seconds": Help(
        "Seconds without a change after which a dropped file counts as whole", "投放文件无变化多少秒后视为完整"
    ),
    "drop_marker": Help("Ending of the marker file that names a dropped file as whole", "标记投放文件已完整的文件后缀"),
    "drop_polling": Help(
        "Poll the drop folder instead of waiting for kernel events (network folders)",
        "轮询投放文件夹而不等待内核事件 (网络文件夹)",
    ),
    "feed_interval": Help(
        "Seconds between two looks at the feeds of dispatch records and rosters; 0: only when asked",
        "两次读取警情与排班数据源之间的秒数; 0 表示仅在要求时读取",
    ),
    "match_policy": Help(
        "What becomes of a match the station is sure of: propose (a person accepts it), or accept (the clip is tagged at once)",
        "采集站有把握的关联如何处理: propose 待人工确认, accept 自动关联",
    ),
    "late_docking_hours": Help(
        "Hours after the end of a duty within which footage has to come in", "执勤结束后应在多少小时内导入"
    ),
    "untagged_hours": Help(
        "Hours for which a clip may be here without anybody having said what it shows", "录像入库后允许未标注的小时数"
    ),
    "overdue_days": Help(
        "Days after which a device that is issued and not returned, or not docked, is overdue",
        "设备领用未还或未接入超过多少天视为逾期",
    ),
    "supervision_alarms": Help(
        "Which figures raise an alarm by themselves, a blank between two: docking-late device-overdue; empty: none",
        "哪些统计项自动产生告警, 以空格分隔: docking-late device-overdue; 留空则不产生",
    ),
    "alarm_escalation": Help(
        "To whom an alarm goes that nobody acknowledged, after so many minutes: supervisor=60 administrator=480; empty: to nobody",
        "告警多少分钟未确认后升级给何角色: supervisor=60 administrator=480; 留空则不升级",
    ),
    "public_url": Help(
        "Address under which other systems reach this station (https://…); empty: links have the form evidence-station:…",
        "其他系统访问本站的地址 (https://…); 留空则链接形如 evidence-station:…",
    ),
    "webhook_url": Help(
        "Address that is told what happens here (https://…); empty: none", "通知外部系统的地址 (https://…); 留空则不通知"
    ),
    "webhook_secret_file": Help(
        "File (mode 0600) with the secret that signs what it is told", "签名通知所用密钥的文件 (权限 0600)"
    ),
    "webhook_ca_file": Help(
        "Certificates that its TLS certificate must chain to; empty: the system's", "该地址 TLS 证书的信任链文件; 留空用系统的"
    ),
    "webhook_events": Help(
        "What it is told, a blank between two: docking-sealed, alarm-raised, tagged, or KIND-DID of a sheet",
        "通知哪些事件, 以空格分隔: docking-sealed, alarm-raised, tagged, 或 类别-动作",
    ),
}

NAMES: tuple[str, ...] = Settings.__struct_fields__
FIXED = frozenset({"station"})
"""What init decided for good."""
KEYS = frozenset({"seal_key", "seal_gm_key", "log_key"})
"""URIs of the keys that are in force: another place for the same key may be set, another key comes with ``key rotate``."""
_VALUE = r"""[ \t]*(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^#\n]*?)([ \t]*#.*)?[ \t]*"""
"""The rest of a line after ``=``: a value of one line, then perhaps a comment (captured)."""
PRIVATE = frozenset({"operator", "erase_waiver", "catalogue_url", "webhook_url"})
"""What names a person or may hold a password: the log only commits to it."""


def parse(untrusted_file: bytes, environment: Mapping[str, str], where: str = "station.toml") -> Settings:
    """Settings from a file's bytes, overridden by the environment. Raises a fault that names the rule."""
    try:
        values: dict[str, Any] = tomllib.loads(untrusted_file.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(where=where, rule=str(error)) from error
    for name in values:
        _known(name, where)
    for variable, text in sorted(environment.items()):
        if variable.startswith(ENVIRONMENT) and variable.removeprefix(ENVIRONMENT) not in _NOT_SETTINGS:
            name = variable.removeprefix(ENVIRONMENT).lower()
            _known(name, variable)
            values[name] = from_text(name, text)
    return _checked(values, where)


def from_text(name: str, text: str) -> object:
    """A setting's value from what a person typed or an environment variable holds."""
    _known(name, "settings")
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
            raise SettingsInvalid(where=name, rule="true or false")
        return text.lower() in {"true", "1", "yes"}
    if isinstance(default, int):
        if not re.fullmatch(r"[0-9]{1,19}", text):
            raise SettingsInvalid(where=name, rule="a whole number")
        return int(text)
    return text


def with_value(file: bytes, name: str, value: object) -> bytes:
    """The file with one setting on its line changed, added at the end if it had none; comments stay."""
    _known(name, "settings")
    if name in FIXED:
        raise SettingsInvalid(where=name, rule="decided at init for good")
    if name in KEYS and "pin-value" in str(value):
        raise SettingsInvalid(where=name, rule="no PIN in it; put it into a file of mode 0600 and name that as pin-source")
    if name == "catalogue_url" and urlsplit(str(value)).password is not None:
        raise SettingsInvalid(where=name, rule="no password in it; PostgreSQL reads one from the file that PGPASSFILE names")
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"  # for text, whole numbers and booleans, JSON is TOML
    try:
        changed, times = re.subn(rf"(?m)^[ \t]*{name}[ \t]*={_VALUE}$", lambda found: line + (found[1] or ""), file.decode())
        made = (changed if times else f"{changed.rstrip()}\n{line}\n").encode()
        _checked(tomllib.loads(made.decode()), name)
    except ValueError as error:  # text that TOML cannot hold, or a file written in a way this does not change by line
        raise SettingsInvalid(where=name, rule=str(error)) from error
    return made


def witnesses_of(settings: Settings) -> list[tuple[VerifierKey, str]]:
    """Key and address of every witness. Raises :class:`SettingsInvalid`."""
    found: list[tuple[VerifierKey, str]] = []
    for one in filter(None, (part.strip() for part in settings.witnesses.split(","))):
        key, _, url = one.partition(" ")
        try:
            found.append((read_vkey(key, COSIGNATURE), url.strip()))
            address = urlsplit(url.strip())
            whole = address.scheme in {"http", "https"} and address.hostname is not None and (address.port or 1) > 0
        except NotAVerifierKey as error:
            raise SettingsInvalid(where="witnesses", rule=f"{error.fields['text']!r}: {error.fields['rule']}") from error
        except ValueError:
            whole = False
        if not whole or set(url.strip()) & set(" ?#@"):
            raise SettingsInvalid(where="witnesses", rule="VERIFIERKEY https://host[:port][/path], a comma between witnesses")
    names = [key.name for key, _ in found]
    if len(set(names)) < len(names):
        raise SettingsInvalid(where="witnesses", rule="a name of its own for each witness")
    return found


def initial(station: str, unit: str) -> bytes:
    """The settings file of a new station: what init decided, and every other setting as a comment with its help."""
    lines = ["# Settings of this evidence station. Change them with `evidence-station settings set NAME VALUE`.", ""]
    decided = {"station": station, "unit": unit}
    for name in NAMES:
        lines.append(f"# {HELP[name].en} / {HELP[name].zh}")
        value = json.dumps(decided.get(name, getattr(Settings(), name)), ensure_ascii=False)
        lines += [f"{name} = {value}" if name in decided else f"#{name} = {value}", ""]
    return "\n".join(lines).encode()


def key_setting(role: str) -> str:
    """The setting that says where the key of a role lies."""
    return f"{role.replace('-', '_')}_key"


def as_text(value: object) -> str:
    """A setting's value as a person would type it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(name: str, value: object) -> object:
    """A setting's value as it may be shown: a password or a PIN that somebody put into an address stays hidden."""
    if name == "catalogue_url" and (password := urlsplit(str(value)).password):
        return str(value).replace(f":{password}@", ":***@")
    return redacted(str(value)) if name in KEYS else value


def _known(name: str, where: str) -> None:
    if name not in NAMES:
        nearest = difflib.get_close_matches(name, NAMES, 1, 0.0)
        raise UnknownSetting(name=name, where=where, nearest=nearest[0])


def _checked(values: dict[str, Any], where: str) -> Settings:
    try:
        made = msgspec.convert(values, _SETTINGS)
        parse_station_id(made.station)
        ZoneInfo(made.time_zone)
        _check_authorities(made, where)
        witnesses_of(made)
        if made.erase == "after-vault" and not (made.second_vault and made.erase_waiver.strip()):
            raise SettingsInvalid(where=where, rule="erase = after-vault needs second_vault and erase_waiver to be set first")
        _check_slots(made, where)
        case_forms(made.case_forms)
        _check_joining(made, where)
        _check_listen(made, where)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(where=where, rule=str(error)) from error
    except CaseFormUnfit as error:
        told = f"case_forms: {error.fields['form']!r}, character {error.fields['position']}: {error.fields['rule']}"
        raise SettingsInvalid(where=where, rule=told) from error
    except InvalidStationId as error:
        raise SettingsInvalid(where=where, rule=f"station id {error.fields['value']!r}") from error
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones, or too long a name
        raise SettingsInvalid(where=where, rule=f"time_zone: {error}") from error
    return made


def _check_slots(made: Settings, where: str) -> None:
    try:
        parse_slots(made.slots)
    except SlotsMalformed as error:
        raise SettingsInvalid(where=where, rule=f"slots: {error}") from error


def escalations_of(settings: Settings) -> list[tuple[Role, timedelta]]:
    """To whom an alarm goes that nobody acknowledged, and after how long, the soonest first. Raises :class:`SettingsInvalid`."""
    found: dict[Role, timedelta] = {}
    for one in settings.alarm_escalation.replace(",", " ").split():
        role, _, minutes = one.partition("=")
        if role not in set(Role) or not re.fullmatch(r"[1-9][0-9]{0,5}", minutes) or role in found:
            raise SettingsInvalid(where="alarm_escalation", rule=f"{one!r}: ROLE=MINUTES, each role once")
        found[Role(role)] = timedelta(minutes=int(minutes))
    return sorted(found.items(), key=lambda one: (one[1], one[0]))


SUPERVISED = frozenset({"docking-late", "device-overdue"})
"""What supervision may raise an alarm for."""


def _check_joining(made: Settings, where: str) -> None:
    escalations_of(made)
    if unknown := set(made.supervision_alarms.replace(",", " ").split()) - SUPERVISED:
        raise SettingsInvalid(
            where=where, rule=f"supervision_alarms: {min(unknown)!r} is none of {', '.join(sorted(SUPERVISED))}"
        )
    if made.webhook_url and not sound_address(made.webhook_url):
        raise SettingsInvalid(where=where, rule="webhook_url: https://… (plain http only on this machine), no password in it")
    if made.public_url and (not sound_address(made.public_url) or urlsplit(made.public_url).query):
        raise SettingsInvalid(where=where, rule="public_url: https://host[:port][/path]")
    if made.webhook_url and not made.webhook_secret_file:
        raise SettingsInvalid(where=where, rule="webhook_url needs webhook_secret_file")


def _check_listen(made: Settings, where: str) -> None:
    if not made.api_listen:
        return
    host, _, port = made.api_listen.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise SettingsInvalid(where=where, rule="api_listen: HOST:PORT, such as 0.0.0.0:8443 or [::]:8443")
    if not (made.api_tls_certificate and made.api_tls_key and made.api_client_ca):
        raise SettingsInvalid(
            where=where, rule="api_listen needs api_tls_certificate, api_tls_key and api_client_ca to be set first"
        )


def _check_authorities(made: Settings, where: str) -> None:
    try:
        parse_authorities(made.timestamp_authorities)
    except ValueError as error:
        raise SettingsInvalid(where=where, rule=f"timestamp_authorities: {error}") from error
