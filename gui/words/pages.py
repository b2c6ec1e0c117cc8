"""Names of pages and of their groups. A page ``x`` has ``page-x``, and ``page-x-about`` for one sentence of what it is for."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "group-work": ("Work", "工作"),
    "group-proof": ("Proof", "审计"),
    "group-station": ("Station", "本站"),
    "page-alarms": ("Alarms", "告警"),
    "page-alarms-about": ("What somebody has to look at, oldest first", "需要有人查看的事项, 最早的在前"),
    "page-overview": ("Overview", "概览"),
    "page-overview-about": ("How the station is, and what needs somebody today", "工作站状态与今日待办"),
    "page-board": ("Slots", "采集槽位"),
    "page-board-about": ("Every slot of the dock, as it is now", "采集坞每个槽位的当前状态"),
    "page-clips": ("Clips", "片段"),
    "page-verify": ("Verify", "核验"),
    "page-verify-about": ("Whether everything is as the log says, byte by byte", "逐字节核对全部内容是否与日志一致"),
    "page-approvals": ("Approvals", "审批"),
    "page-approvals-about": ("What needs a second person; nobody agrees to his own", "须由第二人批准的事项; 不能批准自己的申请"),
    "page-custody": ("Custody log", "保管链日志"),
    "page-custody-about": (
        "Everything that was ever done, in one signed chain; stand on an entry to see its proof",
        "全部操作记录, 逐条相连并签名; 选中一条即可查看其证明",
    ),
    "page-player": ("Player", "播放"),
    "page-player-about": ("A clip frame by frame", "逐帧查看片段"),
    "page-clips-about": ("Every clip that you may see: search, filter, tag", "您可查看的全部片段: 搜索、筛选、标注"),
    "page-untagged": ("To be tagged", "待标注"),
    "page-untagged-about": (
        "Clips without a category, the oldest first, one after the other",
        "未分类的片段, 从最早开始逐个处理",
    ),
    "page-cases": ("Cases", "案件"),
    "page-cases-about": ("Every case that you may know of, newest first", "您可查看的全部案件, 最新在前"),
    "page-case": ("Case", "案件详情"),
    "page-case-about": ("A case with everything that belongs to it", "案件及其全部内容"),
    "page-incidents": ("Incidents", "警情"),
    "page-incidents-about": ("Every dispatch record that you may know of, oldest first", "您可查看的全部警情记录, 最早在前"),
    "page-incident": ("Incident", "警情详情"),
    "page-incident-about": ("A dispatch record beside its footage from all cameras", "警情记录及所有设备的录像"),
    "page-sign-in": ("Sign in", "登录"),
}
