"""The quick cards: what one does at each desk, in six sentences at most."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "card-pages": ("Pages", "页面"),
    "card-keys": ("Keys", "快捷键"),
    "card-kiosk": ("Docking a camera", "接入记录仪"),
    "card-kiosk-1": ("Put the camera into any free slot. Nothing has to be pressed.", "将记录仪插入任一空闲槽位, 无需任何操作。"),
    "card-kiosk-2": ("Blue means that the station works on it: leave it there.", "蓝色表示正在处理: 请勿取下。"),
    "card-kiosk-3": (
        "Green and “Take it”: everything was copied, read back and written down. Take the camera.",
        "绿色“可取走”: 已全部复制、回读核对并登记, 可取走。",
    ),
    "card-kiosk-4": (
        "Red: tap the slot. It says what is wrong, and what is missing when it was pulled too early; put it back.",
        "红色: 点击槽位查看原因; 若过早取下, 请放回。",
    ),
    "card-kiosk-5": (
        "Hold your card to the reader, or type badge and PIN, to see your files.",
        "刷卡或输入警号和 PIN, 可查看本人文件。",
    ),
    "card-kiosk-6": (
        "Press “I am done”, or walk away: after a minute nothing of yours is left on the screen.",
        "点击“我已完成”或直接离开: 一分钟后屏幕上不留任何信息。",
    ),
    "card-clerk": ("The clerk's desk", "证据管理员工作台"),
    "card-clerk-1": (
        "Find: what stands on a page is what you may see, newest first or last as its head says.",
        "查找: 页面只显示您有权查看的内容。",
    ),
    "card-clerk-2": (
        "Watch: opening and playing are written into the log with your badge.",
        "观看: 打开和播放都会以您的警号记入日志。",
    ),
    "card-clerk-3": (
        "Tag: case, incident, category, note. Ctrl+Z takes the last one back, and both stand in the log.",
        "标注: 案号、警情、类别、备注。Ctrl+Z 撤销上一步, 两者均入日志。",
    ),
    "card-clerk-4": ("Hold: what a case or a hold covers is not disposed of.", "保全: 案件或保全涉及的内容不会被处置。"),
    "card-clerk-5": ("Package: the court's copy, with its proofs; give the reason.", "打包: 移送副本及其证明材料, 须填写用途。"),
    "card-clerk-6": (
        "When somebody else's word is needed, ask for it with a reason, and go on with something else.",
        "需他人批准时, 填写理由提出申请, 可先处理其他工作。",
    ),
    "card-supervisor": ("The supervisor's desk", "主管工作台"),
    "card-supervisor-1": (
        "Look through the alarms first, and acknowledge what was dealt with.",
        "先查看告警, 确认已处理的事项。",
    ),
    "card-supervisor-2": (
        "Give or refuse what others asked for. Nobody gives his own.",
        "批准或驳回他人的申请, 不能批准自己的申请。",
    ),
    "card-supervisor-3": (
        "Figures: late docking, dispatches without footage, clips without a category.",
        "统计: 迟交、出警无录像、未分类片段。",
    ),
    "card-supervisor-4": ("Holds and disposals need two people, always.", "解除保全和处置始终需要两人。"),
    "card-auditor": ("The auditor's desk", "审计员工作台"),
    "card-auditor-1": ("Everything can be seen here and nothing changed.", "可查看全部内容, 不能作任何更改。"),
    "card-auditor-2": (
        "The custody log says who did what to which clip, when, and before and after.",
        "保管日志记录何人何时对何片段做了什么, 以及前后值。",
    ),
    "card-auditor-3": (
        "Verify reads everything again; its result names the first fault there is.",
        "核验会重新读取全部内容, 结果指出第一处错误。",
    ),
    "card-auditor-4": (
        "Keep checkpoints of your own: a log that was rewritten contradicts them.",
        "请自行留存检查点: 被改写的日志必与其矛盾。",
    ),
    "card-auditor-5": ("To play a clip, ask for somebody's word first.", "播放片段前须先申请批准。"),
    "card-administrator": ("The administrator's desk", "系统管理员工作台"),
    "card-administrator-1": (
        "People: enter, disable, give a first PIN, grant. You touch neither evidence nor log.",
        "人员: 登记、停用、发放初始 PIN、授权。不接触证据和日志。",
    ),
    "card-administrator-2": (
        "Devices and slots: admit a camera; teach which port is which slot.",
        "设备与槽位: 准入设备, 登记端口对应的槽位。",
    ),
    "card-administrator-3": (
        "Settings: each has a line of help. One that weakens the station needs a second person.",
        "设置: 每项均有说明, 降低安全性的更改需第二人批准。",
    ),
    "card-administrator-4": (
        "Storage and line: until when there is room, what waits and why.",
        "存储与线路: 剩余可用时间, 待传内容及原因。",
    ),
}
