"""Every command by its name: the module that has it, and its line of help. A subject is loaded when somebody runs one of its commands.

Listing and completing look nothing up but this table, and a test holds it to the commands themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import click
from click.shell_completion import CompletionItem

SUBJECTS: dict[str, tuple[str, str]] = {
    "init": ("homes", "Make a station: settings, catalogue, vault, keys. 初始化工作站。"),
    "status": ("homes", "How the station is. 工作站状态。"),
    "settings": ("homes", "Show and change settings. 查看和更改设置。"),
    "recover": ("homes", "Begin a new epoch of the log after a restore from backup. 从备份恢复后开始新的日志纪元。"),
    "serve": ("service", "Run the station as a service, until stopped. 以服务方式运行工作站, 直到停止。"),
    "slots": ("slots", "Which USB port is which slot of the dock. 采集坞插槽与 USB 端口的对应关系。"),
    "ingest": ("intake", "Take what lies on a card or in a folder; several at once are taken side by side. 采集存储卡或文件夹。"),
    "seal": ("intake", "Seal an unfinished docking whose card does not come back. 封存无法再次接入的未完成采集。"),
    "watch": (
        "intake",
        "While the service runs: show the board of slots. Otherwise: take what is dropped into the drop folder. 显示槽位或采集投放文件。",
    ),
    "recorders": ("recorders", "Which recorders can be controlled, and how that was tried. 可控制的记录仪及其验证方式。"),
    "clips": ("clips", "List clips. 列出片段。"),
    "show": ("clips", "Everything known about one clip. 显示一个片段的全部信息。"),
    "dockings": ("clips", "List dockings. 列出接入记录。"),
    "export": ("clips", "Write a clip, or a docking's manifest and signature, into a folder. 导出片段, 或某次接入的清单与签名。"),
    "tag": ("tagging", "Tie clips to a case, classify them, say what is known of them. 关联案件、分类、标注。"),
    "untag": ("tagging", "Take a tag back: ENTRY is its place in the log, as 'history' tells it. 撤销标注。"),
    "history": ("tagging", "What was said of a clip, field by field. 片段标注履历。"),
    "package": ("packages", "Write a court package: originals and everything that proves them. 制作证据包: 原件及其全部证明。"),
    "verify-package": ("packages", "Check a court package; needs no station and no network. 核验证据包, 无需工作站与网络。"),
    "erase": ("space", "Erase what was taken and confirmed from a card that is mounted for writing. 清空已确认的存储卡文件。"),
    "evict": ("space", "Let go of local copies that the store holds, until there is room. 移除存储端已有的本地副本以腾出空间。"),
    "recall": ("space", "Fetch clips whose bytes lie in the store alone. 从存储端取回片段。"),
    "forecast": ("space", "When cameras and the vault are full, and whether the line catches up. 预测存储卡与保管库何时存满。"),
    "devices": ("devices", "Cameras and recorders of the station. 本站设备登记。"),
    "alarms": ("supervising", "What somebody has to look at. 告警。"),
    "custody": ("log", "The custody log. 保管链日志。"),
    "checkpoint": (
        "log",
        "The current signed head of the log, to print, mail or keep elsewhere. 当前签名检查点, 供打印、邮寄或异地保存。",
    ),
    "verify": ("log", "Check every byte, signature, entry and row; never writes. 核验全部数据, 不做任何写入。"),
    "scrub": ("log", "Re-read what was not re-read for longest. 巡检最久未核验的数据。"),
    "upload": ("delivery", "Send what waits: the index first, then footage. 上传待办: 先索引, 后录像。"),
    "cosign": ("delivery", "Have the witnesses cosign the current head of the log. 请见证方会签当前日志头。"),
    "uploads": ("delivery", "What waits to be sent, and why. 待上传项目及原因。"),
    "receipts": ("delivery", "What the store confirmed. 存储回执。"),
    "stamp": ("delivery", "Fetch the time stamps that wait. 获取待办的时间戳。"),
    "stamps": ("delivery", "Time stamps: given and awaited, with how late each came. 时间戳: 已获得与待获取, 及其间隔。"),
    "key": ("keys", "The station's keys. 本站密钥。"),
    "slip": ("papers", "Print a docking's slip for the officer. 打印接入凭单。"),
    "shift": ("papers", "Print the head of the log, to be signed at the end of a shift. 打印交班日志头。"),
    "witness": ("witness", "Be a witness for the logs of stations. 为各工作站日志作见证。"),
    "sign-in": ("people", "Sign in; PIN or password are typed, or read from stdin. 登录; PIN 或密码由键盘输入或从标准输入读取。"),
    "sign-out": ("people", "End your session. 退出登录。"),
    "whoami": ("people", "Who acts, and what that person may see. 当前操作人及其权限范围。"),
    "people": ("people", "People and what they may. 人员与权限。"),
    "units": ("people", "Units, and which stands below which. 单位及其隶属关系。"),
    "approvals": ("people", "What needs a second person. 双人批准。"),
    "categories": ("categories", "The tree of categories. 类别树。"),
    "cases": ("desk", "Cases. 案件。"),
    "incidents": ("desk", "Dispatch records. 警情。"),
    "feeds": ("matching", "Where dispatch records and rosters come from. 警情与排班数据源。"),
    "matches": ("matching", "Which footage belongs to which incident. 录像与警情的关联。"),
    "search": (
        "searching",
        "Find clips: 'officer:012345 category:traffic 酒驾 -missing:case after:2026-05-01'. After -- where it begins with '-'. 检索片段。",
    ),
    "searches": ("searching", "Searches that are kept. 已保存的检索。"),
    "reindex": ("searching", "Make the search index again; nothing that is evidence is touched. 重建检索索引。"),
    "disposals": ("disposals", "Removing every copy of what is due, on the word of two people. 处置销毁 (双人)。"),
    "rules": ("keeping", "How long footage is kept, by which law. 保存期限规则。"),
    "holds": ("keeping", "What must not be disposed of, whatever the rules say. 保全 (暂停处置)。"),
    "due": ("keeping", "What is due or comes up for review: why, and since when. 已到期与待复核的素材。"),
    "derive": ("derived", "Make a viewing copy of a clip. 制作浏览副本。"),
    "derivatives": ("derived", "What was made of originals. 衍生件。"),
    "redactions": ("derived", "What is hidden in copies for others. 遮蔽方案与副本。"),
    "figures": ("supervising", "Figures for supervision. 监督统计。"),
    "samples": ("supervising", "Review samples that nobody chooses. 由日志随机抽取的抽查样本。"),
    "webhooks": ("joining", "What another system is told. 通知外部系统。"),
    "index": ("joining", "The index for the city's platform. 向上级平台提供的索引。"),
    "link": ("joining", "The link to a clip, or where a link leads. 录像的固定链接, 或链接所指。"),
    "import": ("joining", "Bring footage of an older system along. 导入旧系统的录像。"),
    "catalogue": ("sharing", "Share one PostgreSQL catalogue among stations. 多个工作站共用一个 PostgreSQL 目录。"),
    "clients": ("clients", "Other systems that may call. 可调用接口的外部系统。"),
    "gui": ("window", "Open the window: desk, or kiosk; without a service it starts one and ends it. 打开图形界面。"),
    "openapi": ("clients", "Print the description of the resource API (OpenAPI 3.1). 输出接口描述。"),
}


class Subjects(click.Group):
    """The commands of :data:`SUBJECTS`, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(SUBJECTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SUBJECTS:
            return None
        commands: tuple[click.Command, ...] = import_module(f"station.cli.{SUBJECTS[cmd_name][0]}").COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        click.Group(commands=list(_stand_ins())).format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [one for one in _stand_ins() if str(one.name).startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(one.name, help=one.get_short_help_str()) for one in found), *options]


def _stand_ins() -> Iterator[click.Command]:
    """What is listed: commands that have a name and a line of help."""
    return (click.Command(name, help=line) for name, (_, line) in sorted(SUBJECTS.items()))
