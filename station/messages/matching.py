"""Dispatch records and rosters, and which footage belongs to them."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "no-such-feed": (
        "there is no feed {feed}; its mapping would be the file feeds/{feed}.toml in the home, and 'feeds' lists those there are",
        "没有数据源 {feed}; 其映射文件应为主目录下的 feeds/{feed}.toml, 可用 feeds 查看现有数据源",
    ),
    "feed-unfit": (
        "the mapping of feed {feed} cannot be used: {rule}. Mend feeds/{feed}.toml and try it with 'feeds check {feed}'",
        "数据源 {feed} 的映射无法使用: {rule}。请修改 feeds/{feed}.toml 并用 feeds check {feed} 试运行",
    ),
    "feed-unreachable": (
        "feed {feed} cannot be read: {rule}. Nothing of it was taken; it is tried again",
        "无法读取数据源 {feed}: {rule}。未采用其任何内容; 之后会再次尝试",
    ),
    "view-unreadable": ("the view {view} of {url} cannot be read: {rule}", "无法读取 {url} 的视图 {view}: {rule}"),
    "shift-unfit": ("{name} of a shift cannot be {text!r}: {rule}", "排班的 {name} 不能是 {text!r}: {rule}"),
    "no-such-match": ("there is no match {match}; 'matches list' lists them", "没有关联 {match}; 用 matches list 查看"),
    "match-settled": (
        "clip {clip} bears another incident ({incident}), which a person set; take that back first, then accept {match}",
        "录像 {clip} 已由人工关联到另一警情 ({incident}); 请先撤销该关联, 再确认 {match}",
    ),
    "limit-unfit": ("a page has 1 to {most} lines, not {limit}", "每页为 1 至 {most} 条, 不能是 {limit}"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "feed-line": ("{feed}: {kind}, {source}; last: {last}", "{feed}: {kind}, {source}; 上次: {last}"),
    "feed-wrong": ("{feed}: {why}", "{feed}: {why}"),
    "feed-never": ("never", "从未"),
    "feed-of-incident": ("dispatch records", "警情"),
    "feed-of-shift": ("roster", "排班"),
    "feed-of-person": ("people", "人员名册"),
    "feed-leaving": ("  left, and disabled: {badges}", "  已离职并停用: {badges}"),
    "feed-would-leave": ("  would leave, and be disabled: {badges}", "  将视为离职并停用: {badges}"),
    "feed-nothing": ("{feed}: nothing new", "{feed}: 没有新内容"),
    "feed-taken": ("taken", "已采用"),
    "feed-refused": ("REFUSED, nothing of it was taken", "已拒收, 未采用任何内容"),
    "feed-would-be-taken": ("would be taken", "将采用"),
    "feed-would-be-refused": ("WOULD BE REFUSED as a whole", "将整体拒收"),
    "feed-delivery": (
        "{feed}: {delivery}: {outcome}; rows {rows}: new {added}, changed {changed}, as before {same}, corrected here {corrected}, gone {gone}, refused {refused_rows}",
        "{feed}: {delivery}: {outcome}; 共 {rows} 行: 新增 {added}, 变更 {changed}, 未变 {same}, 本站已更正 {corrected}, 已消失 {gone}, 拒收 {refused_rows}",
    ),
    "feed-refused-row": (
        "  row {row}, column {column}: {text!r} is not: {rule}",
        "  第 {row} 行, 列 {column}: {text!r} 不符合: {rule}",
    ),
    "matches-run": (
        "judged {recordings} recordings of {dockings} dockings: proposed {proposed}, accepted {accepted}, opened again {reopened}, withdrawn {withdrawn}, settled by people {rejected}, doubted {doubted}",
        "判断 {dockings} 次接入的 {recordings} 段录像: 建议 {proposed}, 自动确认 {accepted}, 重新待定 {reopened}, 撤回 {withdrawn}, 人工已定 {rejected}, 存疑 {doubted}",
    ),
    "progress-matching": ("{done_items} of {total_items} dockings judged", "已判断 {done_items} / {total_items} 次接入"),
    "match-line": (
        "{id}  clip {clip}  incident {number}  {score} %  {state}",
        "{id}  录像 {clip}  警情 {number}  {score} %  {state}",
    ),
    "match-why": ("  {why}", "  {why}"),
    "match-more": ("more: --after {after}", "更多: --after {after}"),
    "match-proposed": ("proposed", "待确认"),
    "match-accepted": ("accepted", "已确认"),
    "match-rejected": ("rejected", "已否定"),
    "match-withdrawn": ("withdrawn", "已撤回"),
    "match-doubted": ("doubtful by what is known now", "按现有信息存疑"),
    "match-by-station": ("the station", "采集站"),
    "match-score": ("proposed", "建议"),
    "match-waiting": ("proposed", "待确认"),
    "match-did-proposed": ("proposed", "建议"),
    "match-did-accepted": ("accepted", "确认"),
    "match-did-rejected": ("rejected", "否定"),
    "match-did-reopened": ("opened again", "重新待定"),
    "match-did-withdrawn": ("withdrawn", "撤回"),
    "match-did-doubted": ("doubted", "存疑"),
    "incident-number": ("incident", "警情"),
    "incident-began": ("began", "开始"),
    "incident-officers": ("officers", "民警"),
    "reason-officer-sent": ("the officer was sent there", "该民警被派往此警情"),
    "reason-unit-sent": ("the officer's unit was sent there", "该民警所在单位被派往此警情"),
    "reason-device-named": ("the record names this camera", "警情记录中列有此设备"),
    "reason-other-officer": (
        "another officer than the docking names: {fitting} of {of} recordings fit what that one was sent to",
        "与接入登记的民警不同: {of} 段录像中有 {fitting} 段符合另一民警的出警",
    ),
    "reason-officer-inferred": (
        "nobody was named at the dock: {fitting} of {of} recordings fit what one officer was sent to",
        "接入时未登记民警: {of} 段录像中有 {fitting} 段符合某一民警的出警",
    ),
    "reason-time-at-arrival": ("begins {seconds} from the arrival", "开始于到达现场的 {seconds} 处"),
    "reason-time-inside": ("begins {seconds} after the dispatch, before the end", "开始于派警后 {seconds}, 结束之前"),
    "reason-time-near": ("begins {seconds} from the dispatch or the end", "开始于派警或结束的 {seconds} 处"),
    "reason-runs-on": ("goes on {seconds} after the end", "结束后又持续 {seconds}"),
    "reason-time-unknown": (
        "the camera tells no time: it lies between two dockings",
        "设备未记录时间: 仅知在两次接入之间",
    ),
    "reason-clock-off": (
        "the camera's clock is taken to be off by {seconds}: then {fitting} of {of} recordings fit",
        "推定设备时钟偏差 {seconds}: 据此 {of} 段录像中有 {fitting} 段相符",
    ),
    "reason-clock-measured": ("the camera's clock was measured", "设备时钟已实测"),
    "reason-place-near": ("{metres} m from the place", "距案发地 {metres} 米"),
    "reason-place-far": ("{metres} m from the place, which is far", "距案发地 {metres} 米, 较远"),
    "reason-place-same": ("the same place is named", "地点一致"),
    "reason-on-duty": ("on duty by the roster", "排班显示在岗"),
    "reason-off-duty": ("off duty by the roster", "排班显示不在岗"),
    "reason-no-rival": ("no other incident comes into question", "没有其他可能的警情"),
    "reason-rival": ("another incident has {permille} %", "另一警情为 {permille} %"),
}
