"""Other systems: the index for the city, deep links, webhooks, bringing the past along, practice."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "no-webhook": (
        "The settings name no system to tell: set webhook_url and put the secret into webhook_secret_file.",
        "未设置要通知的系统: 请设置 webhook_url, 并把密钥写入 webhook_secret_file。",
    ),
    "webhook-secret-unusable": (
        "The secret of the webhook cannot be used: {path}: {rule}.",
        "无法使用通知密钥: {path}: {rule}。",
    ),
    "no-such-notice": (
        "No notice that waits or is dead has the id {notice}; 'webhooks' lists them.",
        "没有编号为 {notice} 的待发通知; 可用 webhooks 列出。",
    ),
    "nothing-to-give": (
        "The platform has the index of everything here; --everything gives it again.",
        "平台已有全部索引; 可用 --everything 重新提供。",
    ),
    "no-such-batch": (
        "No batch {batch} was given, or all its records were given anew since.",
        "没有编号为 {batch} 的批次, 或其记录均已重新提供。",
    ),
    "link-malformed": (
        "{text} is neither the id of a clip nor a link to one of this station.",
        "{text} 既不是录像编号, 也不是本站录像的链接。",
    ),
    "mapping-malformed": ("The mapping cannot be read: {rule}.", "无法读取列对应文件: {rule}。"),
    "metadata-unreadable": (
        "{path} cannot be read as the table of an older system: {rule}.",
        "无法将 {path} 读作旧系统的数据表: {rule}。",
    ),
    "home-there": (
        "There is something at {home} already; practice only fills a home that it makes: name another place with --home.",
        "{home} 已存在; 练习只填充自己新建的主目录: 请用 --home 指定其他位置。",
    ),
    "answer-malformed": (
        "{path} is no answer to a batch: {rule}.",
        "{path} 不是批次的应答: {rule}。",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "index-given": (
        "batch {batch}: {new} new records, {changed} changed",
        "批次 {batch}: 新增 {new} 条, 变更 {changed} 条",
    ),
    "index-settled": (
        "batch {batch}: {settled} records settled, {again} come again",
        "批次 {batch}: 确认 {settled} 条, {again} 条将重新提供",
    ),
    "link-to": ("clip {clip}, case {case}, incident {incident}", "录像 {clip}, 案件 {case}, 警情 {incident}"),
    "progress-import": ("brought along: {done_items} files", "已导入 {done_items} 个文件"),
    "import-would": (
        "{taken} files would be taken ({bytes}), {known} were taken before, {refused} rows are refused, {unnamed} files are in no row",
        "将导入 {taken} 个文件 ({bytes}), 此前已导入 {known}, 拒绝 {refused} 行, 未列入数据表的文件 {unnamed}",
    ),
    "import-done": (
        "{taken} files taken ({bytes}), {known} were taken before, {refused} rows refused, {unnamed} files are in no row",
        "已导入 {taken} 个文件 ({bytes}), 此前已导入 {known}, 拒绝 {refused} 行, 未列入数据表的文件 {unnamed}",
    ),
    "import-refused": ("  row {row}: {path}: {rule}", "  第 {row} 行: {path}: {rule}"),
    "practice-progress": ("dockings: {done} of {total}", "接入: {done} / {total}"),
    "practice-person": ("  {badge}  {role}  PIN {pin}", "  {badge}  {role}  PIN {pin}"),
    "practice-pins": (
        "These PINs are told once, and open nothing but this home. All but the first are changed at the first sign-in: 'sign-in BADGE --change'.",
        "以上 PIN 仅显示一次, 且只能用于此练习主目录。除第一个外, 首次登录时须更换: sign-in 警号 --change",
    ),
    "practice-planted": ("  ! {kind}: {what} ({shown_by})", "  ! {kind}: {what} ({shown_by})"),
    "practice-planted-count": (
        "{count} things are wrong in it, for you to find; --answers lists them",
        "其中预设了 {count} 处问题供查找; --answers 可列出",
    ),
    "planted-docked-late": ("docked late", "逾时导入"),
    "planted-number-missing": ("a number is missing", "编号缺失"),
    "planted-no-footage": ("a dispatch without footage", "有警情无录像"),
    "planted-broken-clip": ("a clip that is cut off", "录像不完整"),
    "practice-done": (
        (
            "A month to practise on lies in {home} ({seconds} s): {days} days, {dockings} dockings, {clips} clips, {incidents} dispatches, "
            "{tagged} clips tagged. Nothing in it is real; throw it away when you are done. To begin with:"
        ),
        (
            "练习用的一个月数据位于 {home} (用时 {seconds} 秒): {days} 天, 接入 {dockings} 次, 录像 {clips} 段, 警情 {incidents} 起, "
            "已标注 {tagged} 段。内容均为虚构, 用毕可整体删除。可先试:"
        ),
    ),
    "webhooks-none": ("No system is told: webhook_url is empty.", "未设置通知地址 (webhook_url 为空)。"),
    "webhooks-to": ("{url} is told: {events}", "通知 {url}: {events}"),
    "webhook-line": (
        "{id}  {event}: {state}, tried {attempts} times, next {next}",
        "{id}  {event}: {state}, 已尝试 {attempts} 次, 下次 {next}",
    ),
    "webhook-waiting": ("waits", "等待"),
    "webhook-dead": ("dead", "已放弃"),
    "webhooks-tried": ("{taken} taken, {failed} not", "已送达 {taken}, 未送达 {failed}"),
}
