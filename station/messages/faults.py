"""What is said when something was refused or went wrong, by the fault's code: English, Chinese."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "internal": (
        "an internal error; nothing that was acknowledged is lost. Please report the trace above",
        "内部错误; 已确认的数据不会丢失。请上报以上跟踪信息",
    ),
    "interrupted": ("stopped on request; run the same command again to go on", "已按要求停止; 再次运行同一命令即可继续"),
    "invalid-station-id": (
        "{value!r} cannot be a station id: use 1 to 64 letters, digits, '.', '_' or '-', a letter or digit at both ends",
        "{value!r} 不能作为工作站编号: 请用 1 到 64 个字母、数字、'.'、'_' 或 '-', 首尾须为字母或数字",
    ),
    "not-a-checkpoint": ("this is not a checkpoint; missing: {rule}", "这不是检查点; 不符合: {rule}"),
    "key-unusable": ("the key {uri} cannot be used: {rule}", "密钥 {uri} 无法使用: {rule}"),
    "key-not-in-force": (
        "the log does not know key {key} as a {role} key in force; see 'key list', and put a new one in force with 'key rotate --role {role}'",
        "日志中没有有效的 {role} 密钥 {key}; 请用 key list 查看, 用 key rotate --role {role} 启用新密钥",
    ),
    "key-waits": (
        "another {role} key waits already ({uri}); finish with 'key rotate --role {role}', or remove {path} to give it up",
        "已有另一 {role} 密钥待启用 ({uri}); 请用 key rotate --role {role} 完成, 或删除 {path} 放弃",
    ),
    "no-key-waits": (
        "no {role} key waits for a certificate; make one with 'key init --role {role}'",
        "没有待签发证书的 {role} 密钥; 请先运行 key init --role {role}",
    ),
    "certificate-awaited": (
        "the new {role} key has no certificate; have the authority sign what 'key csr --role {role}' prints, then run 'key import'",
        "新的 {role} 密钥尚无证书; 请将 key csr --role {role} 的输出交认证机构签发, 然后运行 key import",
    ),
    "no-such-key": (
        "no key, or more than one, has an id that begins with {key!r}; give at least 8 digits, 'key list' shows them",
        "没有或有多个密钥编号以 {key!r} 开头; 请至少给出 8 位, 用 key list 查看",
    ),
    "key-ended": (
        "the key {key} ended at {at} already ({reason}); only 'compromised' can still be said of it",
        "密钥 {key} 已于 {at} 停用 ({reason}); 之后只能再登记 compromised",
    ),
    "gm-key-needed": (
        "the suite gm seals with an SM2 key too, and none is in force; 'key rotate --role seal-gm' makes one and puts it in force",
        "gm 套件还需 SM2 密钥封签, 目前没有有效的; 请用 key rotate --role seal-gm 生成并启用",
    ),
    "log-key-needed": (
        "the log cannot be written without its key ({reason}); 'key rotate --role log' ends it and puts a new one in force",
        "没有日志密钥就无法写入日志 ({reason}); 请用 key rotate --role log 停用并启用新密钥",
    ),
    "certificate-unfit": ("the certificate {path} cannot be used: {rule}", "证书 {path} 无法使用: {rule}"),
    "catalogue-failed": (
        "the catalogue {url} fails: {rule}. What was acknowledged is in it; try again when the cause is gone",
        "目录库 {url} 出现故障: {rule}。已确认的内容均已保存; 排除原因后请重试",
    ),
    "catalogue-unusable": ("the catalogue {url} cannot be opened: {rule}", "目录库 {url} 无法打开: {rule}"),
    "catalogue-outdated": (
        "the catalogue {url} was made by an earlier version (schema {found}, now {known}); run 'init' once: it upgrades it and changes no evidence",
        "目录库 {url} 由本程序的较早版本建立 (结构 {found}, 现为 {known}); 请运行一次 init: 只升级目录库, 不改动证据",
    ),
    "catalogue-newer": (
        "the catalogue {url} was made by a later version of this program (schema {found}, this one knows {known}); use that version",
        "目录库 {url} 由本程序的较新版本建立 (结构 {found}, 本程序只认 {known}); 请使用该版本",
    ),
    "catalogue-damaged": (
        "the catalogue's own file is damaged ({rule}); do not write to it: keep a copy, restore from backup, then run 'recover'",
        "目录库文件已损坏 ({rule}); 请勿写入: 先留存副本, 再从备份恢复, 然后运行 recover",
    ),
    "catalogue-disturbed": (
        "other programs kept changing the catalogue while it was verified ({attempts} attempts); run 'verify' again when they are done",
        "核验期间其他程序一直在更改目录库 (尝试 {attempts} 次); 请待其结束后再运行 verify",
    ),
    "courier-busy": (
        "an upload of the station in {home} is under way already; wait until it is done",
        "{home} 的工作站正在上传; 请等待其完成",
    ),
    "no-log": ("station {station} has no log here; run 'init' first", "此处没有工作站 {station} 的日志; 请先运行 init"),
    "illegal-move": ("docking {docking} cannot go from {before} to {after}", "接入 {docking} 不能从 {before} 变为 {after}"),
    "no-such-device": ("the registry has no device {device}; 'devices' lists them", "登记中没有设备 {device}; 用 devices 查看"),
    "device-known": (
        "{device} is registered already, or no key that a device can have; 'devices' lists them",
        "{device} 已登记, 或不能作为设备标识; 用 devices 查看",
    ),
    "device-not-in-service": (
        "{device} is not in service ({state}); 'devices admit {device}' puts it there",
        "{device} 不在使用中 ({state}); 用 devices admit {device} 准入",
    ),
    "device-issued": (
        "{device} was issued at {at} and has not come back; 'devices return {device}' notes that it has",
        "{device} 已于 {at} 领用且未归还; 请先用 devices return {device} 登记归还",
    ),
    "device-not-issued": (
        "{device} is not issued to anybody; 'devices show {device}' tells its history",
        "{device} 未被领用; 用 devices show {device} 查看履历",
    ),
    "device-unknown": (
        "the device {device} is not registered and nothing was taken from it; 'devices add {device}' registers it, and it goes on where it is docked; take it out and dock it again when no service runs",
        "设备 {device} 未登记, 未采集任何内容; 请用 devices add {device} 登记, 登记后在原槽位自动继续; 未运行服务时需重新接入",
    ),
    "device-unrecognised": (
        "nothing tells this device from others, and nothing was taken from it; a person can take it with 'ingest PATH' where the settings allow it",
        "无法识别此设备, 未采集任何内容; 在设置允许时可由人员用 ingest PATH 采集",
    ),
    "device-quarantined": (
        "the device {device} is new here and waits; 'devices admit {device}' lets it in, and it goes on where it is docked; take it out and dock it again when no service runs",
        "设备 {device} 首次接入, 等待准入; 请用 devices admit {device} 准入, 准入后在原槽位自动继续; 未运行服务时需重新接入",
    ),
    "device-retired": (
        "the device {device} is out of service and nothing was taken from it; 'devices admit {device}' puts it back into service",
        "设备 {device} 已停用, 未采集任何内容; 用 devices admit {device} 可恢复使用",
    ),
    "not-a-time": (
        "{text!r} is no time; type what the display shows as 2026-11-21T10:00:03",
        "{text!r} 不是时间; 请按 2026-11-21T10:00:03 的格式输入屏幕所示时间",
    ),
    "no-such-sheet": ("there is no {kind} {id}", "没有 {kind} {id}"),
    "sheet-changed": (
        "somebody else changed {kind} {id} meanwhile (it is at version {version}); look at it again, then repeat what you did",
        "{kind} {id} 已被他人修改 (当前版本 {version}); 请重新查看后再操作",
    ),
    "index-too-long": ("{name} is longer than {limit} characters; shorten it", "{name} 超过 {limit} 个字符; 请缩短"),
    "no-such-alarm": ("there is no alarm {alarm}; 'alarms' lists them", "没有告警 {alarm}; 用 alarms 查看"),
    "alarm-acknowledged": (
        "the alarm {alarm} was acknowledged at {at} already; 'alarms list --open' shows those that wait",
        "告警 {alarm} 已于 {at} 确认; 用 alarms list --open 查看未确认的",
    ),
    "text-unfit": ("this {name} cannot be kept: {rule}", "此 {name} 无法保存: {rule}"),
    "no-such-clip": ("there is no clip {clip}; 'clips' lists them", "没有片段 {clip}; 用 clips 命令查看列表"),
    "permission-denied": (
        "the role {role!r} may not do this (it lacks {permission})",
        "角色 {role!r} 无权执行此操作 (缺少 {permission})",
    ),
    "home-unusable": (
        "the station's home cannot be written: {path}: {error}",
        "工作站主目录无法写入: {path}: {error}",
    ),
    "font-missing": (
        "papers are printed with a font that is not installed: {path}. Install the Debian package {package}",
        "打印单据所需的字体未安装: {path}。请安装 Debian 软件包 {package}",
    ),
    "not-a-verifier-key": (
        "{text!r} is no verifier key; missing: {rule}",
        "{text!r} 不是验证密钥; 不符合: {rule}",
    ),
    "no-witness": ("no witness at {home}; make one with 'witness init'", "{home} 处没有见证方; 请用 witness init 新建"),
    "witness-there": (
        "there is a witness {name} at {home} already; a name is for good",
        "{home} 处已有见证方 {name}; 名称不可更改",
    ),
    "witness-damaged": (
        "{path} is not what the witness wrote (missing: {rule}); nothing of that log is cosigned. Make a new witness with a new key",
        "{path} 不是见证方所写的内容 (不符合: {rule}); 不再会签该日志。请以新密钥新建见证方",
    ),
    "listen-failed": (
        "the witness cannot listen on {listen}; missing: {rule}",
        "见证方无法在 {listen} 监听; 缺少: {rule}",
    ),
    "witness-unreachable": (
        "the witness {witness} cannot be reached: {rule}. The log stands without its cosignature until the next try",
        "无法联系见证方 {witness}: {rule}。在下次尝试之前日志没有其会签",
    ),
    "witness-refused": (
        "the witness {witness} does not cosign this log: {answer}. Ask whoever runs it",
        "见证方 {witness} 不会签此日志: {answer}。请联系其管理方",
    ),
    "no-such-recording": (
        "there is no recording {recording}; a clip names the one it belongs to",
        "没有录像 {recording}; 片段会标明其所属录像",
    ),
    "no-such-proxy": (
        "nothing of the kind is here for viewing of clip {clip}; the service makes what was let go of again: ask later, or play the original",
        "此处没有片段 {clip} 的此类预览版本; 已清理的会由服务重新生成: 请稍后再试, 或播放原件",
    ),
    "footage-elsewhere": (
        "the bytes of clip {clip} lie in the store alone; 'recall {clip}' fetches them",
        "片段 {clip} 的内容仅在存储端; 请先用 recall {clip} 取回",
    ),
    "method-not-allowed": ("{path} takes {allowed}, not {method}", "{path} 只接受 {allowed}, 不接受 {method}"),
    "media-type-unsupported": (
        "the body is {given}, and this address takes {wanted}",
        "请求正文为 {given}, 此地址只接受 {wanted}",
    ),
    "range-unsatisfiable": ("there are {size} bytes, and the asked range lies beyond them", "共 {size} 字节, 请求的范围超出"),
    "ticket-invalid": (
        "the ticket is not for this, or has expired; ask for a new one",
        "票据无效或已过期; 请重新申请",
    ),
    "request-slow": ("the request did not arrive within {seconds} s; send it again", "请求未在 {seconds} 秒内送达; 请重新发送"),
    "too-many-requests": (
        "more than {limit} requests a minute; try again in {seconds} s",
        "每分钟请求超过 {limit} 次; 请在 {seconds} 秒后重试",
    ),
    "too-many-jobs": (
        "{limit} pieces of long work are under way already; begin this one when one of them has ended",
        "已有 {limit} 项长任务在进行; 请待其中一项结束后再开始",
    ),
    "scope-missing": (
        "{client} was not given the scope {scope}; 'clients admit' gives it",
        "{client} 没有 {scope} 权限范围; 用 clients admit 授予",
    ),
    "client-unknown": (
        "nobody admitted who bears the certificate {fingerprint}, or it was revoked; 'clients admit' lets a system in",
        "证书 {fingerprint} 的持有者未获准入或已被吊销; 用 clients admit 准入",
    ),
    "no-such-job": (
        "there is no work {job} of yours here; it is kept for a while after its end",
        "此处没有您的任务 {job}; 任务结束后只保留一段时间",
    ),
    "no-such-page": (
        "no page of this list begins at {after!r}; take the address that the page before gives as the next one",
        "此列表没有从 {after!r} 开始的页; 请使用上一页给出的下一页地址",
    ),
    "no-such-docking": ("there is no docking {docking}; 'dockings' lists them", "没有接入 {docking}; 用 dockings 命令查看列表"),
    "no-such-entry": (
        "the log has no entry {seq} in epoch {epoch}; 'custody' lists them",
        "日志第 {epoch} 代没有条目 {seq}; 用 custody 命令查看列表",
    ),
    "log-time-unfit": (
        "'{text}' is no moment to look {name}: it has to be {rule}",
        "“{text}” 不能作为查询时间 ({name}): 须为 {rule}",
    ),
    "not-cosigned": (
        "no witness cosigned {origin} yet; 'cosign' asks them",
        "尚无见证方会签 {origin}; 用 cosign 请求会签",
    ),
    "no-witnesses": (
        "no witness is set; 'settings set {name} \"VKEY URL, …\"' names them",
        '未设置见证方; 用 settings set {name} "VKEY URL, …" 设置',
    ),
    "home-held": (
        "the station in {home} is in use by process {pid} ({program}); wait until that is done, or stop it",
        "{home} 的工作站正由进程 {pid} ({program}) 使用; 请等待其结束或将其停止",
    ),
    "service-unreachable": (
        "the service of the station in {home} does not answer: {rule}. Look at its journal; what was acknowledged is safe",
        "{home} 的工作站服务没有应答: {rule}。请查看其日志; 已确认的内容均安全",
    ),
    "no-service": (
        "no service runs in {home}, and only a service has slots; start one with 'serve'",
        "{home} 没有运行中的服务, 槽位只在服务中才有; 请用 serve 启动",
    ),
    "command-left": (
        "left; the service goes on with {command}. 'status', 'dockings' and 'watch' show how far it is",
        "已离开; 服务继续执行 {command}。可用 status、dockings、watch 查看进度",
    ),
    "service-stopping": (
        "the service of the station in {home} is stopping and takes no more commands; try again in a moment",
        "{home} 的工作站服务正在停止, 不再接受命令; 请稍后重试",
    ),
    "service-busy": (
        "{limit} commands are under way already, and the service takes no more; try again when one is done",
        "已有 {limit} 个命令在执行, 服务暂不接受更多; 请待其完成后重试",
    ),
    "service-watches": (
        "the service watches the drop folder itself; 'watch --once' takes at once what is whole, 'watch' shows the slots",
        "服务自行监视投放文件夹; watch --once 立即采集已完整的文件, watch 显示槽位",
    ),
    "serve-failed": (
        "the service cannot listen on {listen}; missing: {rule}",
        "服务无法在 {listen} 监听; 缺少: {rule}",
    ),
    "request-malformed": (
        "what was sent is no command: {rule}; /openapi.json describes them",
        "所发内容不是命令: {rule}; /openapi.json 中有说明",
    ),
    "request-unauthorised": (
        "the token is missing or wrong; it lies in run/token of the home, for the service's group",
        "令牌缺失或错误; 令牌在主目录的 run/token 中, 仅服务所属组可读",
    ),
    "request-misdirected": (
        "{host!r} is not this service's address; use the one in run/service.json",
        "{host!r} 不是本服务的地址; 请使用 run/service.json 中的地址",
    ),
    "request-too-large": (
        "a request may have {limit} bytes; send fewer checkpoints or certificates at a time",
        "请求不得超过 {limit} 字节; 请减少一次发送的检查点或证书",
    ),
    "request-unknown": (
        "there is nothing at {path} for this method; /openapi.json lists what there is",
        "{path} 不支持此请求; /openapi.json 列出可用接口",
    ),
    "catalogue-contradicts": (
        "the catalogue and the log do not agree: {rule}. Do not write to it: run 'verify'",
        "目录库与日志不一致: {rule}。请勿写入: 先运行 verify",
    ),
    "space-short": (
        "{vault} has {free} bytes free, less than the reserve of {reserve}; make room, or cards are refused",
        "{vault} 剩余 {free} 字节, 低于保留值 {reserve}; 请腾出空间, 否则将拒绝采集",
    ),
    "clock-doubtful": (
        "the clock cannot be relied on: {rule}. Check the time and its synchronisation",
        "时钟不可靠: {rule}。请检查时间及其同步",
    ),
    "scrub-found": (
        "re-reading the vault found {count} damaged or missing blobs, {subject} among them; run 'verify'",
        "巡检发现 {count} 个受损或缺失的文件, 其中有 {subject}; 请运行 verify",
    ),
    "drop-not-taken": (
        "the drop {name} could not be taken ({reason}) and is tried again",
        "投放的 {name} 未能采集 ({reason}), 稍后重试",
    ),
    "no-home": (
        "no station at {home}; name one with --home or EVIDENCE_STATION_HOME, or make one with 'init'",
        "{home} 处没有工作站; 请用 --home 或 EVIDENCE_STATION_HOME 指定, 或用 init 新建",
    ),
    "source-is-home": (
        "{path} holds this station's own home, or lies in it ({home}); name the card's folder",
        "{path} 包含本站主目录或位于其中 ({home}); 请指定存储卡的文件夹",
    ),
    "other-station": (
        "{home} belongs to {found!r}, not to {asked!r}; choose another folder",
        "{home} 属于 {found!r}, 不是 {asked!r}; 请另选文件夹",
    ),
    "settings-invalid": ("{where}: {rule}", "{where}: {rule}"),
    "unknown-setting": (
        "{where}: there is no setting {name!r}; did you mean {nearest!r}?",
        "{where}: 没有设置项 {name!r}; 是否指 {nearest!r}?",
    ),
    "no-such-slot": ("there is no slot {slot}; 'slots list' shows them", "没有插槽 {slot}; 用 slots list 查看"),
    "slot-unfit": ("that cannot be a slot: {rule}", "不能作为插槽: {rule}"),
    "settings-not-accepted": (
        "{path} was edited by hand; look at it, then run 'settings accept' or restore it",
        "{path} 被手工修改过; 请检查后运行 settings accept, 或将其恢复",
    ),
    "target-exists": (
        "{path} is there already and is not overwritten; choose another place",
        "{path} 已存在, 不会覆盖; 请另选位置",
    ),
    "target-unusable": ("{path} cannot be written: {error}", "{path} 无法写入: {error}"),
    "erase-not-allowed": (
        "no card is erased at this station; 'settings set {name} after-receipt' allows it for what the store has confirmed",
        "本站不清空存储卡; 用 settings set {name} after-receipt 允许清空存储端已确认的内容",
    ),
    "card-read-only": (
        "{path} cannot be written; mount the card for writing, with nothing else using it, and run the same command again",
        "{path} 无法写入; 请以可写方式挂载存储卡 (且无其他程序使用), 再次运行同一命令",
    ),
    "card-other": (
        "{path} is another card (volume {found}) than the one of docking {docking} (volume {expected}); nothing was erased",
        "{path} 不是接入 {docking} 的存储卡 (卷 {found}, 应为 {expected}); 未清空任何内容",
    ),
    "erase-broken": (
        "the card failed while {path} was removed ({error}); dock it again: what is still there is planned anew",
        "删除 {path} 时存储卡出错 ({error}); 请重新接入: 将对剩余文件重新计划",
    ),
    "nowhere-to-recall": (
        "the bytes of clip {clip} lie in {held_by}, and the settings name {store}; set that store again to fetch them",
        "片段 {clip} 的数据位于 {held_by}, 而设置的存储为 {store}; 请恢复该存储设置后取回",
    ),
    "blob-unsound": (
        "the vault's copy of clip {clip} is missing or altered ({sha256}); run 'verify'",
        "片段 {clip} 在保管库中的副本缺失或被改动 ({sha256}); 请运行 verify",
    ),
    "not-sealed": (
        "docking {docking} is not sealed yet; dock its card again to finish it",
        "接入 {docking} 尚未封存; 请重新接入其存储卡以完成",
    ),
    "no-such-package": (
        "no package of these clips was made when the log had {at} entries; leave --at out to make one now",
        "日志为 {at} 条时没有制作过这些片段的证据包; 去掉 --at 可立即制作",
    ),
    "key-came-later": (
        "the log key of today came after {at} entries, so a package of then cannot prove its signature; leave --at out to make one now",
        "现用的日志密钥在 {at} 条之后才启用, 彼时的证据包无法证明其签名; 去掉 --at 可立即制作",
    ),
    "nothing-to-package": (
        "no clip belongs to case {case_number}; 'clips' lists them, 'tag --case' assigns them",
        "没有属于案件 {case_number} 的片段; 用 clips 查看, 用 tag --case 关联",
    ),
    "nothing-redacted": (
        "clip {clip} has no redacted copy that was approved, and a package for disclosure holds nothing else; see 'redactions add', 'make' and 'approve'",
        "片段 {clip} 没有已批准的遮蔽副本, 而披露包只含遮蔽副本; 请用 redactions add、make 与 approve",
    ),
    "part-too-small": (
        "clip {clip} with its proofs takes {needed} bytes, more than the {limit} of a part; give a larger --split",
        "片段 {clip} 连同证明需 {needed} 字节, 超过每份 {limit}; 请加大 --split",
    ),
    "no-openssl": (
        "the program openssl (3.0 or newer) did not do its work ({detail}); install it and try again",
        "openssl 程序 (3.0 或更新) 未能运行 ({detail}); 请安装后重试",
    ),
    "not-a-witness-key": (
        "{value} is no witness's verifier key: {rule}; give it as name+hash+key",
        "{value} 不是见证方的验证公钥: {rule}; 格式为 name+hash+key",
    ),
    "inventory-malformed": (
        "a stored card inventory cannot be read ({detail}); run 'verify'",
        "保存的存储卡清单无法读取 ({detail}); 请运行 verify",
    ),
    "log-turned-back": (
        "a checkpoint kept elsewhere contradicts this log ({kind}: {detail}); run 'verify', and after a restore from backup 'recover'",
        "异地检查点与本日志矛盾 ({kind}: {detail}); 请运行 verify; 若是从备份恢复, 请运行 recover",
    ),
    "not-open": ("there is no open docking {docking}; 'dockings' lists them", "没有未完成的接入 {docking}; 用 dockings 命令查看"),
    "no-drop-folder": (
        "no drop folder is set; name one with 'settings set drop_folder FOLDER'",
        "未设置投放文件夹; 请用 settings set drop_folder 指定",
    ),
    "checkpoint-foreign": (
        "{name} was not signed with a key of this station; give a checkpoint of its own log",
        "{name} 不是由本站密钥签名; 请提供本站日志的检查点",
    ),
    "store-not-set": (
        "the store needs the setting {name}; give it with 'settings set {name} VALUE'",
        "存储端需要设置项 {name}; 请用 settings set {name} 设定",
    ),
    "card-missing": (
        "{path} is no source that can be opened ({error}); name the card's folder, gphoto2:usb:BBB,DDD, or with --image a device",
        "{path} 不是可打开的采集源 ({error}); 请指定存储卡的文件夹、gphoto2:usb:BBB,DDD, 或用 --image 指定设备",
    ),
    "card-gone": (
        "{path} went away while it was read ({error}); connect it again and run the same command to go on",
        "{path} 在读取时断开 ({error}); 请重新连接并再次运行同一命令以继续",
    ),
    "card-unreadable": (
        "{path} cannot be read ({error}); check that this user may read it, then try again",
        "{path} 无法读取 ({error}); 请确认当前用户有读取权限后重试",
    ),
    "card-too-large": (
        "{path} lists more than {limit} entries, most likely a damaged directory; ingest its folders one by one",
        "{path} 的条目超过 {limit}, 目录很可能已损坏; 请逐个文件夹采集",
    ),
    "protocol-missing": (
        "{protocol} needs a library that is not installed; install the extra {extra!r} (pip install 'evidence-station[{extra}]')",
        "{protocol} 所需的库未安装; 请安装附加组件 {extra!r} (pip install 'evidence-station[{extra}]')",
    ),
    "device-writable": (
        "{path} is not imaged while it could be written to: {reason}; unmount it, use a write blocker, or run this as root",
        "{path} 仍可被写入, 不制作镜像: {reason}; 请卸载它、使用写保护设备, 或以 root 运行",
    ),
    "recorder-gone": (
        "the recorder at {device} left the bus; plug it in again",
        "位于 {device} 的记录仪已断开; 请重新插入",
    ),
    "recorder-silent": (
        "the recorder at {device} did not answer {command} within {seconds} s; plug it in again",
        "位于 {device} 的记录仪在 {seconds} 秒内未应答 {command}; 请重新插入",
    ),
    "recorder-unclear": (
        "what the recorder at {device} says is no answer to {command}; set disk mode on the recorder by hand",
        "位于 {device} 的记录仪对 {command} 的应答无法识别; 请在记录仪上手动设为U盘模式",
    ),
    "recorder-refused": (
        "the recorder at {device} refuses {command}; check its password (setting recorder_password_file)",
        "位于 {device} 的记录仪拒绝 {command}; 请检查其密码 (设置项 recorder_password_file)",
    ),
    "recorder-cannot": (
        "no command for {capability} is known for the recorder at {device} ({family}); read it once it is a disk",
        "位于 {device} 的记录仪 ({family}) 没有已知的 {capability} 命令; 请在U盘模式下读取",
    ),
    "recorder-password-unusable": (
        "the recorder password in {path} cannot be used: {rule}",
        "{path} 中的记录仪密码无法使用: {rule}",
    ),
    "profile-invalid": ("profile {file}, {rule}: {detail}", "设备配置 {file}, {rule}: {detail}"),
    "zone-unknown": (
        "there is no time zone {zone!r} on this system; set time_zone to an IANA name such as Asia/Shanghai",
        "本系统没有时区 {zone!r}; 请将 time_zone 设为 IANA 名称, 如 Asia/Shanghai",
    ),
    "child-missing": ("{program} is not installed; install it and try again", "未安装 {program}; 请安装后重试"),
    "child-timed-out": ("{program} took longer than {seconds} s and was stopped", "{program} 超过 {seconds} 秒未完成, 已中止"),
    "child-too-talkative": ("{program} wrote more than {limit} bytes and was stopped", "{program} 输出超过 {limit} 字节, 已中止"),
    "drop-folder-missing": (
        "the drop folder {path} cannot be read ({error}); make it or correct the setting drop_folder",
        "投放文件夹 {path} 无法读取 ({error}); 请创建它或更正设置 drop_folder",
    ),
    "drop-folder-unwatchable": (
        "the kernel refuses to watch {path} ({error}); set drop_polling to true",
        "内核拒绝监视 {path} ({error}); 请将 drop_polling 设为 true",
    ),
    "vault-full": (
        "the vault's disk is full: {vault} needs {needed} bytes, {free} are free. Make room and run the same command to go on",
        "保管库磁盘已满: {vault} 还需 {needed} 字节, 剩余 {free}。请腾出空间后再次运行同一命令以继续",
    ),
    "vault-failed": (
        "the vault's disk fails: {vault} {error} {detail}. Check the disk; what was acknowledged is in the log",
        "保管库磁盘出错: {vault} {error} {detail}。请检查磁盘; 已确认的内容均在日志中",
    ),
    "copy-differs": (
        "the copy of file {position} read back differently from {vault} at byte {offset}; replace that disk, then dock the card again",
        "第 {position} 个文件的副本从 {vault} 读回时在字节 {offset} 处不一致; 请更换磁盘后重新接入存储卡",
    ),
    "cache-not-bypassed": (
        "copies on {vault} cannot be proved, because its file system only answers from memory; move the vault to a real disk",
        "{vault} 的文件系统只从内存作答, 无法证明副本; 请将保管库移到真实磁盘",
    ),
    "blob-missing": ("the vault {vault} lacks {sha256}; run 'verify'", "保管库 {vault} 缺少 {sha256}; 请运行 verify"),
    "recall-differs": (
        "what came back for {sha256} has other bytes ({bytes}, digest {found}, from {where}); nothing was taken back. Run 'verify' and ask the store's administrator",
        "取回的 {sha256} 内容不符 ({bytes} 字节, 摘要 {found}, 来自 {where}); 未入库。请运行 verify 并联系存储管理员",
    ),
    "worker-lost": (
        "the copy process ended (status {status}); nothing acknowledged is lost. Run the same command to go on",
        "复制进程已结束 (状态 {status}); 已确认的数据不会丢失。请再次运行同一命令以继续",
    ),
    "copy-broken": (
        "the copy process failed ({detail}); nothing acknowledged is lost. Run the same command to go on, and report this",
        "复制进程出错 ({detail}); 已确认的数据不会丢失。请再次运行同一命令以继续, 并上报此问题",
    ),
    "card-busy": (
        "{path} is being collected already; wait until that is done",
        "{path} 正在采集; 请等待其完成",
    ),
    "docking-busy": (
        "docking {docking} is being worked on already; wait until that is done",
        "接入 {docking} 正在处理; 请等待其完成",
    ),
    "docking-stopped": (
        "docking {docking} was stopped before its last file; dock the card again to go on",
        "接入 {docking} 在最后一个文件之前停止; 请重新接入存储卡以继续",
    ),
    "space-missing": (
        "{vault} has {free} bytes free and needs {needed} ({promised} of them for other dockings): {missing} are missing. Nothing was taken; make room ('evict' does) and try again",
        "{vault} 剩余 {free} 字节, 需要 {needed} (其中 {promised} 用于其他接入): 还缺 {missing}。未采集任何内容; 请腾出空间 (可用 evict) 后重试",
    ),
    "volume-untouched": (
        "{node} is left alone by a rule ({rule}): somebody else of this machine uses it. Let go of it there, then plug it in again",
        "按规则不处理 {node} ({rule}): 本机其他程序正在使用它。请先在那里释放, 然后重新插入",
    ),
    "volume-busy": (
        "{node} is in use and stayed so ({detail}); close what has it open, then plug it in again",
        "{node} 一直被占用 ({detail}); 请关闭占用它的程序后重新插入",
    ),
    "file-system-unknown": (
        "{node} holds no file system that is read here ({fs_type}); take FAT, exFAT, ext or NTFS, or an image with 'ingest --image'",
        "{node} 上没有可读取的文件系统 ({fs_type}); 支持 FAT、exFAT、ext、NTFS, 或用 ingest --image 采集整盘镜像",
    ),
    "mount-failed": (
        "{node} ({fs_type}) cannot be mounted: {detail}. Plug it in again; a damaged card can be taken as an image",
        "{node} ({fs_type}) 无法挂载: {detail}。请重新插入; 损坏的存储卡可采集整盘镜像",
    ),
    "mount-not-allowed": (
        "this user may not mount {node} ({detail}); install the polkit rule that comes with the station",
        "当前用户无权挂载 {node} ({detail}); 请安装随工作站提供的 polkit 规则",
    ),
    "write-block-missing": (
        "the kernel would still write to {node}; install the udev rule that comes with the station, or waive this with 'settings set dock_write_block false'",
        "内核仍可写入 {node}; 请安装随工作站提供的 udev 规则, 或用 settings set dock_write_block false 放弃此要求",
    ),
    "no-mounter": (
        "nothing here can mount a card: {detail}. Install udisks2, or run the station as root",
        "无法挂载存储卡: {detail}。请安装 udisks2, 或以 root 运行工作站",
    ),
    "store-unreachable": (
        "the store {store} cannot be reached: {rule}. What waits is sent at the next 'upload'",
        "无法连接存储端 {store}: {rule}。待上传内容将在下次 upload 时发送",
    ),
    "store-failing": (
        "the store {store} fails at '{action}': {answer}. What waits is sent at the next 'upload'",
        "存储端 {store} 在 '{action}' 时出错: {answer}。待上传内容将在下次 upload 时发送",
    ),
    "store-refused": (
        "the store {store} does not allow '{action}': {answer}. Ask its administrator for that right",
        "存储端 {store} 不允许 '{action}': {answer}。请向其管理员申请权限",
    ),
    "store-full": ("the store {store} is full; ask its administrator for room", "存储端 {store} 已满; 请向其管理员申请空间"),
    "store-unusable": (
        "the store {store} is not set up as it must be: {rule}. Ask its administrator",
        "存储端 {store} 的配置不符合要求: {rule}。请联系其管理员",
    ),
    "store-credentials": (
        "the store's access keys in {where} cannot be used: {rule}",
        "{where} 中的存储访问密钥无法使用: {rule}",
    ),
    "store-disagrees": (
        "the store {store} does not hold what was sent as {object_key}: its {what} is {found}, not {expected}. No receipt was made",
        "存储端 {store} 持有的 {object_key} 与所发不符: {what} 为 {found}, 应为 {expected}。未生成回执",
    ),
    "store-conflict": (
        "the store {store} holds other bytes as {object_key}, and nothing there is overwritten; run 'verify' and ask its administrator",
        "存储端 {store} 的 {object_key} 已有不同内容, 不会覆盖; 请运行 verify 并联系其管理员",
    ),
    "part-rejected": (
        "part {number} of {object_key} arrived altered at {store} twice; check the link, it is tried again",
        "{object_key} 的分片 {number} 两次到达 {store} 时内容有变; 请检查链路, 稍后会重试",
    ),
    "part-lost": (
        "the store {store} lost a part of {object_key}; it is sent again at the next try",
        "存储端 {store} 丢失了 {object_key} 的一个分片; 下次尝试时重发",
    ),
    "upload-gone": (
        "the store {store} forgot the unfinished upload of {object_key}; it begins anew at the next try",
        "存储端 {store} 已不存在 {object_key} 的未完成上传; 下次尝试时重新开始",
    ),
    "authority-unreadable": (
        "{name} holds no certificates; give a time-stamp authority's roots in PEM",
        "{name} 中没有证书; 请提供时间戳机构的根证书 (PEM)",
    ),
    "authority-unreachable": (
        "the time-stamp authority {authority} cannot be reached: {rule}. What waits is asked for at the next 'upload' or 'stamp'",
        "无法连接时间戳机构 {authority}: {rule}。待办的时间戳将在下次 upload 或 stamp 时获取",
    ),
    "authority-failing": (
        "the time-stamp authority {authority} fails: {answer}. What waits is asked for at the next 'upload' or 'stamp'",
        "时间戳机构 {authority} 出错: {answer}。待办的时间戳将在下次 upload 或 stamp 时获取",
    ),
    "authority-not-set": (
        "a time stamp waits for the authority {authority}, which the setting timestamp_authorities does not name",
        "有时间戳等待机构 {authority}, 而设置 timestamp_authorities 中没有它",
    ),
    "authority-roots-unusable": (
        "the roots of a time-stamp authority in {path} cannot be used: {rule}; correct the setting timestamp_authorities or the file",
        "{path} 中的时间戳机构根证书无法使用: {rule}; 请更正设置 timestamp_authorities 或该文件",
    ),
    "token-refused": (
        "the answer of the time-stamp authority {authority} does not count ({flaw}: {detail}); ask its administrator",
        "时间戳机构 {authority} 的应答无效 ({flaw}: {detail}); 请联系其管理员",
    ),
    "nothing-to-stamp": (
        "a time stamp waits over {covers}, which is not in the catalogue; run 'verify'",
        "有时间戳等待 {covers}, 而目录库中没有它; 请运行 verify",
    ),
    "object-missing": (
        "the store {store} has no {object_key}, which it confirmed; run 'verify' and ask its administrator",
        "存储端 {store} 没有其已确认的 {object_key}; 请运行 verify 并联系其管理员",
    ),
    "vault-digest": (
        "the vault's copy for {object_key} is altered (digest {found}, sealed {sha256}); nothing was sent. Run 'verify'",
        "{object_key} 在保管库中的副本被改动 (摘要 {found}, 封存时 {sha256}); 未发送。请运行 verify",
    ),
    "vault-unreadable": (
        "the vault's copy for {object_key} cannot be read: {reason}. Check the disk and run 'verify'",
        "{object_key} 在保管库中的副本无法读取: {reason}。请检查磁盘并运行 verify",
    ),
    "receipt-unreadable": ("a stored receipt is not one ({rule}); run 'verify'", "保存的回执无效 ({rule}); 请运行 verify"),
}
