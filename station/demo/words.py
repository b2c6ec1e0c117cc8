"""Every sentence of the demo, in English and Chinese, by its code; what the station itself says stays in its messages."""

from __future__ import annotations

import click

from station.cli.output import Voice

WORDS: dict[str, tuple[str, str]] = {
    "demo-intro": (
        (
            "This makes a body camera's card with real media, takes it in, seals it, sends it to a store, and proves all of it.\n"
            "Every line that begins with $ is a command you can run yourself. Nothing outside these folders is touched:\n"
            "  station's home  {home}\n  results         {results}"
        ),
        (
            "本演示用真实媒体制作一张执法记录仪存储卡, 然后采集、封存、上传并逐项证明。\n"
            "以 $ 开头的行是您可以自行运行的命令。除下列文件夹外不触及任何内容:\n"
            "  工作站主目录  {home}\n  结果          {results}"
        ),
    ),
    "demo-done": ("All {passed} checks hold, in {seconds} s.", "全部 {passed} 项检查成立, 用时 {seconds} 秒。"),
    "demo-failed": (
        "{failed} of {total} checks do not hold. This station must not be trusted with footage until that is understood:",
        "{total} 项检查中有 {failed} 项不成立。查明原因之前, 不可将录像交给本工作站:",
    ),
    "demo-where": (
        (
            "Where everything lies:\n"
            "  {results}\n"
            "      anchor.txt           fingerprint of the station's authority: paper in a safe, in real life\n"
            "      {stamp}/\n"
            "        manifest/          manifest, signature, listing, records, certificate: what a court gets\n"
            "        clip/              the exported clip\n"
            "        checkpoint.txt     signed head of the custody log: mailed to somebody else, in real life\n"
            "        receipts.json      what the store confirmed\n"
            "        verdict.json       what verify said\n"
            "  {home}\n"
            "      vault/               the footage, read-only, named by its digest\n"
            "      store/               the embedded store, standing in for the city's\n"
            "Run it again: the next card joins the same station, and its log is held against today's checkpoint.\n"
            "To remove it all, delete both folders."
        ),
        (
            "各项内容的位置:\n"
            "  {results}\n"
            "      anchor.txt           工作站根证书指纹: 实际使用中应抄在纸上并锁存\n"
            "      {stamp}/\n"
            "        manifest/          清单、签名、列表、记录、证书: 提交法庭的材料\n"
            "        clip/              导出的片段\n"
            "        checkpoint.txt     保管链日志的签名检查点: 实际使用中应寄存他处\n"
            "        receipts.json      存储端的确认\n"
            "        verdict.json       核验结论\n"
            "  {home}\n"
            "      vault/               录像, 只读, 以摘要命名\n"
            "      store/               内置存储, 代替市级存储\n"
            "可再次运行: 新卡进入同一工作站, 其日志将与今日的检查点比对。\n"
            "如需清除, 删除以上两个文件夹即可。"
        ),
    ),
    "progress-media": ("making media: {done_items} of {total_items} files", "制作媒体: {done_items}/{total_items} 个文件"),
    "media-not-made": ("{program} could not make {path}: {detail}", "{program} 无法制作 {path}: {detail}"),
    # 1
    "step-card": ("A card comes back from a shift", "一张值勤归来的存储卡"),
    "why-card": (
        (
            "Three segments of one recording, a recording marked important with its thumbnail, a photo, an audio note, the camera's\n"
            "log; a film cut short when the battery died, one that never got a byte, and a file some computer left on the card.\n"
            "No file has the number {missing}: somebody, or the camera, deleted one."
        ),
        (
            "一段录像的三个分段, 一段标为重要的录像及其缩略图, 一张照片, 一段录音, 设备日志;\n"
            "一个因断电而截断的录像, 一个零字节文件, 以及某台电脑留在卡上的文件。\n"
            "没有编号为 {missing} 的文件: 有人或设备删除过一个。"
        ),
    ),
    "on-card": (
        "{files} files, {bytes}; their digests are noted before anything touches them",
        "{files} 个文件, {bytes}; 先记下其摘要",
    ),
    # 2
    "step-home": ("A station is made", "建立工作站"),
    "why-home": (
        (
            "Settings, catalogue, vault and keys of its own. The anchor is the fingerprint of its authority. Whoever keeps it can\n"
            "prove later which station something came from, so it is kept outside the station."
        ),
        "设置、目录库、保管库和自有密钥。锚定指纹即其根证书的指纹: 持有者日后可证明材料出自哪个工作站, 故须存放于站外。",
    ),
    "anchor-same": (
        "the station has the anchor {anchor}… that was noted when it was made",
        "工作站的锚定指纹仍为建立时记下的 {anchor}…",
    ),
    # 3
    "step-ingest": ("The card goes in", "存储卡接入"),
    "why-ingest": (
        (
            "The whole card is listed and the listing signed into the log first: a camera pulled out now still leaves proof of what\n"
            "it held. Each file is read once, written, read again from the disk below the cache and compared. Only then it counts."
        ),
        (
            "先列出整卡并将列表写入签名日志: 即使此刻拔下设备, 卡上有什么也已留证。\n"
            "每个文件读取一次、写入, 再绕过缓存从磁盘重读比对, 一致才算数。"
        ),
    ),
    "clips-all": ("each of the {count} files is there exactly once, none is left out", "{count} 个文件各出现一次, 无一遗漏"),
    "clips-digests": (
        "size and SHA-256 of each are those noted before, computed by this demo from the card",
        "每个文件的大小和 SHA-256 与演示程序事先从卡上计算的一致",
    ),
    "clips-blobs": (
        "the vault holds those bytes, read-only, under their digest; computed again by this demo",
        "保管库以摘要命名、只读保存这些字节; 演示程序已重新计算",
    ),
    "clips-empty": ("the file without a byte is a clip of state 'empty', not a gap", "零字节文件记为 empty 状态的片段, 而非缺失"),
    "clips-truncated": (
        "the film cut short is taken byte for byte; that no player can open it is noted, not hidden",
        "截断的录像逐字节采集; 无法播放一事如实记录",
    ),
    "clips-skipped": (
        "the computer's file is left out by a written rule ({reason}), and the inventory says so",
        "电脑遗留文件按成文规则 ({reason}) 跳过, 并列入清单",
    ),
    "clips-officer": (
        "device {device} and officer {officer} were read from the names on the card",
        "设备 {device} 与警员 {officer} 由卡上文件名识别",
    ),
    "clips-joined": (
        "the three segments are one recording; the gaps between them are {gaps} ms",
        "三个分段合为一段录像; 其间隔为 {gaps} 毫秒",
    ),
    "clips-time": (
        "the published start is the one in the name, in the station's zone ({zone}), with its uncertainty",
        "公布的开始时间取自文件名, 按工作站时区 ({zone}), 并注明误差",
    ),
    "clips-important": ("the camera's mark 'important' is in the signed record", "设备的“重要”标记在签名记录中"),
    "clips-gap": ("the missing number {missing} stands in the log", "缺失的编号 {missing} 已写入日志"),
    "card-untouched": ("the card is as it was: same files, same bytes, same times", "卡保持原样: 文件、字节、时间均未变"),
    # 4
    "step-again": ("The same card is docked again", "同一张卡再次接入"),
    "why-again": (
        "It happens every day. One clip stays one piece of evidence, with two entries in its custody.",
        "这每天都会发生。一个片段仍是一件证据, 只是保管链上多一条记录。",
    ),
    "again-duplicates": (
        "all {count} files are known: each names the clip it equals, and the vault did not grow",
        "{count} 个文件均已存在: 各自指明所等同的片段, 保管库未增大",
    ),
    "again-entry": ("the clip's custody says 'duplicate seen'", "该片段的保管链上记有“再次出现”"),
    # 5
    "step-tag": ("The clerk ties the important clip to a case", "内勤将重要片段关联到案件"),
    "why-tag": (
        "Old and new value go into the log. The signed manifest is never changed.",
        "新旧值写入日志, 已签名的清单永不改动。",
    ),
    "tag-there": ("the clip belongs to case {case}, category {category}", "片段已属案件 {case}, 类别 {category}"),
    # 6
    "step-export": ("The manifest, checked with a tool that is not ours", "用第三方工具检验清单"),
    "why-export": (
        "Each docking has a manifest in plain JSON with a CMS signature. OpenSSL knows nothing about this station.",
        "每次接入有一份 JSON 清单及 CMS 签名。OpenSSL 与本工作站毫无关系。",
    ),
    "openssl-accepts": ("openssl accepts the signature: {said}", "openssl 认可签名: {said}"),
    "openssl-refuses": (
        "openssl refuses it after one byte of a copy of the manifest is changed: {said}",
        "将清单副本改动一个字节后, openssl 拒绝: {said}",
    ),
    "manifest-lists": (
        "the manifest lists the digest of each of the {count} clip records, and they agree",
        "清单列出 {count} 条片段记录各自的摘要, 均相符",
    ),
    "clip-exported": ("the exported clip is bit for bit the one that was on the card", "导出的片段与卡上的逐位相同"),
    # 7
    "step-upload": ("What waits is sent to the store", "将待办上传到存储"),
    "why-upload": (
        (
            "A signed checkpoint of the log and the index go first, so that the city knows within seconds what exists. A receipt is\n"
            "written only after the far end has read back what it holds. This store is a folder: its receipts are for trial only."
        ),
        (
            "先上传日志检查点和索引, 市级平台数秒内即知有何证据; 存储端读回核对之后才写回执。\n"
            "此存储只是一个文件夹: 其回执仅供试用。"
        ),
    ),
    "upload-all": ("all {count} objects of this run are confirmed, nothing waits", "本次 {count} 个对象全部确认, 无待办"),
    "upload-receipts": (
        "each clip with bytes and each of the four index files of each docking has one receipt, with the right digest",
        "每个有内容的片段, 以及每次接入的四个索引文件, 各有一份摘要正确的回执",
    ),
    "upload-trial-only": (
        "each receipt says that it is a trial one: nothing may be erased for it",
        "每份回执均标明试用: 不得据此删除任何内容",
    ),
    "upload-bytes": (
        "the store's files have those digests; computed again by this demo",
        "存储中文件的摘要相符; 演示程序已重新计算",
    ),
    "upload-witnessed": (
        "the store holds a checkpoint of the whole log, {size} entries, the receipts included",
        "存储端持有整个日志 ({size} 条, 含回执) 的检查点",
    ),
    # 8
    "step-verify": ("Everything is checked", "全面核验"),
    "why-verify": (
        (
            "Every byte in the vault, every signature, the whole log, and every row of the catalogue against the log; the log against\n"
            "the checkpoints in the store and those you kept. It writes nothing."
        ),
        "保管库的每个字节、每个签名、整个日志、目录库逐行与日志比对;\n日志再与存储端及您保存的检查点比对。此过程不做任何写入。",
    ),
    "verify-ok": ("no problem was found", "未发现问题"),
    "verify-anchor": ("every signature leads to the anchor that was kept outside", "所有签名均可追溯到站外保存的锚定指纹"),
    "verify-witness": ("the log is the one that was witnessed, until {until}", "日志与异地见证一致, 见证至 {until}"),
    "verify-kept": (
        "it also agrees with the {count} checkpoint(s) kept by earlier runs",
        "并与此前运行保存的 {count} 个检查点一致",
    ),
    "verify-silent": ("verify changed nothing in the home", "核验未改动主目录中的任何内容"),
    # 9
    "step-tamper": ("And if somebody changes one byte?", "如果有人改动一个字节?"),
    "why-tamper": (
        (
            "In a copy of the home, one bit of the important clip is changed, as somebody with root could do. Then verify looks at\n"
            "the copy. (A check that cannot fail proves nothing.)"
        ),
        "在主目录的副本中改动重要片段的一个比特, 如同拥有 root 权限的人所为, 再对副本核验。\n(不会失败的检查什么也证明不了。)",
    ),
    "tamper-found": (
        "verify names exactly that clip's bytes ([vault-digest]) and nothing else, with exit status 3",
        "核验恰好指出该片段的字节 ([vault-digest]), 别无其他, 退出码为 3",
    ),
}


class Teller(Voice):
    """The demo's voice: its own sentences, and the station's."""

    def __init__(self, language: str, *, to_stderr: bool) -> None:
        super().__init__(language)
        self._to_stderr = to_stderr
        self._steps = 0

    def __call__(self, code: str, **fields: object) -> str:
        """A sentence in this language."""
        if code not in WORDS:
            return super().__call__(code, **fields)
        return WORDS[code][self.language == "zh"].format(**fields)

    def write(self, text: str) -> None:
        """Print a line."""
        click.echo(text, err=self._to_stderr)

    def line(self, code: str, **fields: object) -> None:
        """Print a sentence as a line."""
        self.write(self(code, **fields))

    def step(self, name: str, **fields: object) -> None:
        """Begin a step: its number and title, and why it is done."""
        self._steps += 1
        self.write(f"\n{self._steps}. {self(f'step-{name}')}")
        self.line(f"why-{name}", **fields)

    def command(self, *words: str) -> None:
        """Say which command does the same."""
        self.write(f"  $ {' '.join(words)}")
