"""What is made from footage for viewing: proxies, strips, stills, redacted copies."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "child-stopped": ("{program} was ended, because its work is not wanted any more", "{program} 已终止, 因为不再需要其结果"),
    "original-unusable": (
        "nothing can be made of the original {original} ({rule}); it is kept as it is, and 'export' gives it to other programs",
        "无法由原件 {original} 生成浏览副本 ({rule}); 原件保持不变, 可用 export 交给其他程序",
    ),
    "original-away": (
        "the bytes of {original} are in the store alone; bring them back with 'recall' first",
        "{original} 的内容仅在存储端; 请先用 recall 取回",
    ),
    "original-unsound": (
        "the vault's copy of {original} is missing or was altered; see 'verify'",
        "保管库中 {original} 的副本缺失或已被更改; 请运行 verify",
    ),
    "derivative-differs": (
        "the recipe {id} gave {now} now, and {before} before; another version of ffmpeg, or a damaged disk: make it anew as another version",
        "配方 {id} 现在得到 {now}, 而之前为 {before}; ffmpeg 版本不同或磁盘受损: 请作为新版本重新制作",
    ),
    "recipe-unfit": (
        "{where}: {rule}; a box is 'black PLACE:x,y,w,h PLACE:x,y,w,h' (or grey), a silence 'PLACE-PLACE', a place 12.5s, 12500ms, pts:N, start or end",
        "{where}: {rule}; 遮挡框写作 black 位置:x,y,w,h 位置:x,y,w,h (或 grey 灰色), 静音写作 位置-位置, 位置为 12.5s, 12500ms, pts:N, start 或 end",
    ),
    "fill-reversible": (
        "{fill}: nothing is hidden by a blur or a mosaic, since both are made of what they hide and can be undone; fill the box with black or grey",
        "{fill}: 模糊和马赛克由被遮挡的内容生成, 可被还原, 不能用于遮蔽; 请用 black (黑) 或 grey (灰) 填充遮挡框",
    ),
    "no-such-derivative": (
        "no derivative, or more than one, has an id that begins with {id!r}; 'derivatives list' shows them",
        "没有或有多个衍生件编号以 {id!r} 开头; 请用 derivatives list 查看",
    ),
    "redaction-not-made": (
        "the redaction {redaction} has no copy yet; make it with 'redactions make'",
        "遮蔽方案 {redaction} 尚无副本; 请先用 redactions make 制作",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "recipe-added": ("recipe recorded", "登记配方"),
    "derivative-made": ("derivative made", "制作衍生件"),
    "redaction-added": ("redaction written down", "登记遮蔽方案"),
    "redaction-changed": ("redaction changed", "更改遮蔽方案"),
    "redaction-made": ("redacted copy made", "制作遮蔽副本"),
    "redaction-approved": ("redacted copy approved", "批准遮蔽副本"),
    "noted-derived": ("something was made of it", "由其制作衍生件"),
    "noted-derivative-removed": ("derivative removed", "移除衍生件"),
    "makes-proxy": ("proxy", "代理文件"),
    "makes-filmstrip": ("filmstrip", "缩略图条"),
    "makes-filmstrip-index": ("filmstrip index", "缩略图条索引"),
    "makes-waveform": ("waveform", "波形"),
    "makes-working-copy": ("working copy", "工作副本"),
    "makes-pts-index": ("time-stamp index", "时间戳索引"),
    "makes-still": ("still", "静帧"),
    "makes-cut": ("cut", "剪辑"),
    "makes-redacted": ("redacted copy", "遮蔽副本"),
    "derived-made": ("{makes}  {bytes}  {file}", "{makes}  {bytes}  {file}"),
    "derived-frame": ("frame {frame}, {at} ms after the first", "第 {frame} 帧, 首帧之后 {at} 毫秒"),
    "derived-cut": ("{frames} frames from {at} ms after the first", "自首帧之后 {at} 毫秒起共 {frames} 帧"),
    "derived-removed": ("removed: {makes}, {bytes}", "已移除: {makes}, {bytes}"),
    "derived-none": ("not made: {reason}", "未生成: {reason}"),
    "about-unreadable": ("{reason}; the original is kept as it is", "{reason}; 原件保持不变"),
    "derived-gone": ("let go of", "已清理"),
    "derived-kind": ("what", "类型"),
    "derived-of": ("of", "原件"),
    "derived-state": ("file", "文件"),
    "redaction-line": (
        "{id}  version {version}  {state}  clip {clip}: {boxes} boxes, {mutes} silences",
        "{id}  第 {version} 版  {state}  片段 {clip}: {boxes} 个遮挡框, {mutes} 段静音",
    ),
    "redaction-drafted": ("drafted", "草稿"),
    "redaction-state-made": ("made, waits for a second person", "已制作, 待第二人批准"),
    "redaction-state-approved": ("approved", "已批准"),
}
