"""Finding clips: words, filters, counts, saved searches."""

from __future__ import annotations

FAULTS: dict[str, tuple[str, str]] = {
    "search-index-missing": (
        "station {station} has no search index, or one of another version, or it is just being made; wait for 'reindex', or run it: nothing that is evidence is touched",
        "站点 {station} 没有检索索引, 或索引版本不符, 或正在重建; 请等待或运行 reindex, 不影响任何证据",
    ),
    "search-index-taken": (
        "somebody else began to make the search index of station {station} anew, and goes on with it; there is nothing to do here",
        "站点 {station} 的检索索引已由另一次 reindex 接手重建; 此处无需再操作",
    ),
    "cursor-unfit": (
        "{cursor!r} does not say where this list goes on; take 'next' of the page before, with the same order, or begin anew without it",
        "{cursor!r} 不是此列表的续页位置; 请使用上一页的 next 且排序不变, 或不带它重新开始",
    ),
    "search-field-unknown": (
        "character {position}: no field is called {field!r}; there are {known}. To look for the text itself, put it in quotes",
        "第 {position} 个字符: 没有名为 {field!r} 的字段; 可用字段: {known}。若要查找该文字本身, 请加引号",
    ),
    "search-value-missing": (
        "character {position}: a value is missing here; write for example officer:012345 or -missing:case",
        "第 {position} 个字符: 此处缺少内容; 例如 officer:012345 或 -missing:case",
    ),
    "search-quote-open": (
        "character {position}: this quote is never closed; close it, or leave it out",
        "第 {position} 个字符: 引号未闭合; 请补上或删去",
    ),
    "search-value-unfit": (
        "character {position}: {field} cannot be {value!r} (it goes wrong at {character!r}); it takes {wanted}",
        "第 {position} 个字符: {field} 的值不能是 {value!r} (错在 {character!r}); 应为 {wanted}",
    ),
    "search-not-nearly": (
        "character {position}: {value!r} cannot be looked for with a character wrong; it takes one word of 4 to 32 letters or digits, or 3 to 12 Chinese characters",
        "第 {position} 个字符: {value!r} 不能容错查找; 须为一个 4 至 32 位的字母数字串, 或 3 至 12 个汉字",
    ),
    "search-too-wide": (
        "search {search} finds more than {limit} clips, and so many are tagged at once at most; narrow it, for example by day:",
        "检索 {search} 所得超过 {limit} 段, 一次最多标注这么多; 请缩小范围, 例如加上 day:",
    ),
    "no-such-search": (
        "no saved search that you may use has the name or id {search}; see 'searches list'",
        "没有你可使用的、名称或编号为 {search} 的已保存检索; 请用 searches list 查看",
    ),
    "search-not-yours": (
        "search {search} is shared by somebody else, who alone removes it; save your own with 'searches save'",
        "检索 {search} 由他人共享, 只能由其本人删除; 可用 searches save 另存",
    ),
    "search-name-unfit": ("a saved search has a name of 1 to {limit} characters", "已保存的检索须有 1 到 {limit} 个字符的名称"),
    "search-too-long": (
        "character {position}: a search has at most 2000 characters and 50 conditions (here: more than {limit})",
        "第 {position} 个字符: 检索最多 2000 个字符、50 个条件 (此处超过 {limit})",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "search-found": ("{number} found", "共 {number} 条"),
    "search-of-newest": ("(counted over the newest {number} of them)", "(仅统计其中最新的 {number} 条)"),
    "search-incomplete": (
        "not everything was looked at: go on with --after, or say more exactly what is wanted",
        "未查完全部: 请用 --after 继续, 或增加条件缩小范围",
    ),
    "search-next": ("more: --after {after}", "下一页: --after {after}"),
    "list-next": ("more: --after '{after}'", "下一页: --after '{after}'"),
    "search-saved": ("{id}  {name}: {query}", "{id}  {name}: {query}"),
    "search-line": ("{id}  {name} ({kind}): {query}", "{id}  {name} ({kind}): {query}"),
    "search-shared": ("shared", "共享"),
    "search-private": ("private", "私有"),
    "search-removed": ("{id} is kept no more", "{id} 已删除"),
    "index": ("indexing", "索引"),
    "reindexed": ("search index made of {clips} clips", "已为 {clips} 个片段重建检索索引"),
    "index-same": ("the search index is what the facts make ({clips} clips)", "检索索引与事实一致 ({clips} 个片段)"),
    "index-differs": (
        "the search index is not what the facts make ({clips} clips): run 'reindex'",
        "检索索引与事实不一致 ({clips} 个片段): 请运行 reindex",
    ),
}
